"""Loads at once what names need sooner or later: who gives up privileges may not read it then."""

from contextlib import suppress


def load_all() -> None:
    """Load what takes messages apart, and the libraries for it that are there."""
    import ipaddress  # noqa: F401

    from tracker.names import dhcp, dns, http, netbios, quic, tls  # noqa: F401

    with suppress(ImportError):
        _load_dnspython()
    # One datagram is enough to load what takes all of them apart; this one holds nothing.
    quic.server_name([_INITIAL])


def _load_dnspython() -> None:
    import dns.exception
    import dns.name  # noqa: F401


# An Initial packet of QUIC (RFC 9000 section 17.2.2): version 1, no connection ids, no token.
_INITIAL = b"\xc0" + b"\0\0\0\1" + b"\0\0" + b"\0" + b"\x40\x40" + bytes(64)
