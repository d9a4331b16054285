"""Names that Windows hosts tell of themselves over NetBIOS (RFC 1001, RFC 1002)."""

import re
from collections.abc import Iterator

from tracker.names.plausible import host_name

NAME_SERVICE, DATAGRAM_SERVICE = 137, 138  # ports

# Name service (RFC 1002 section 4.2.1): number, flags, four counts of two octets each.
_HEADER = 12
_RESPONSE, _CODE = 0x8000, 0x000F
_QUERY = 0
# Registration, refresh (two numbers are in use), registration of a host with several addresses.
_CLAIMS = frozenset((5, 8, 9, 15))
_NB, _INTERNET = 0x0020, 1  # type and class of records with addresses
_GROUP = 0x8000  # in the flags of an address
_ENTRY = 6  # flags (2 octets), address (4)

# Datagram service (RFC 1002 section 4.4.1): type, flags, number (2), address (4), port (2), ...
_MESSAGES = frozenset((0x10, 0x11, 0x12))  # to one, to a group, to all
_FIRST = 0x02
_SOURCE_NAME_AT = 14

# A name (RFC 1001 section 14.1): 16 octets, two letters for each, the last one tells its use.
_ENCODED = 32
_HOSTS = b"\x00\x20"  # workstation, server
_UNPACKED = bytes.maketrans(b"ABCDEFGHIJKLMNOP", b"0123456789abcdef")
_IS_ENCODED = re.compile(rb"[A-P]{32}\Z")

Told = tuple[str, bytes]


class _EndError(Exception):
    """The octets end, or are not what they should be."""


def told(datagram: bytes, port: int) -> list[Told]:
    """Return the host names that a datagram of `port` (137, 138) tells, with IPv4 addresses.

    From positive answers, registrations and refreshes of the name service, and the senders of the
    datagram service.  Names of groups, of browsers and of users are none of hosts.
    """
    services = {NAME_SERVICE: _records, DATAGRAM_SERVICE: _sender}
    pairs: dict[Told, None] = {}  # each once, in their order
    try:
        for name, address in services[port](datagram) if port in services else ():
            text = _host(name)
            if text is not None and any(address):
                pairs[text, address] = None
    except _EndError:
        pass  # cut: what was told before that holds
    return list(pairs)


def _host(name: bytes) -> str | None:
    """Return the host's name in the 16 octets of a name that is no group's."""
    return host_name(name[:15].rstrip(b" \0")) if name[15] in _HOSTS else None


def _sender(datagram: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and address of who sent a message of the datagram service."""
    if len(datagram) > _SOURCE_NAME_AT and datagram[0] in _MESSAGES and datagram[1] & _FIRST:
        name, _ = _name(datagram, _SOURCE_NAME_AT)
        yield name, datagram[4:8]


def _records(datagram: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and address, but for groups, of the records of a name service message."""
    flags, *counts = (_number(datagram, at) for at in range(2, _HEADER, 2))
    operation = flags >> 11 & 0xF
    answers = flags & _RESPONSE and operation == _QUERY and not flags & _CODE
    if not answers and (flags & _RESPONSE or operation not in _CLAIMS):
        return
    questions, *records = counts
    at = _HEADER
    for _ in range(questions):
        _, at = _name(datagram, at)
        at += 4
    for _ in range(records[0] if answers else sum(records)):
        name, at = _name(datagram, at)
        kind, network, length = (_number(datagram, at + offset) for offset in (0, 2, 8))
        at += 10
        if (kind, network) == (_NB, _INTERNET):
            for address in _addresses(datagram[at : at + length]):
                yield name, address
        at += length


def _addresses(entries: bytes) -> Iterator[bytes]:
    """Yield the addresses of a record that belong to one host (RFC 1002 section 4.2.1.3)."""
    for at in range(0, len(entries) - _ENTRY + 1, _ENTRY):
        if not _number(entries, at) & _GROUP:
            yield entries[at + 2 : at + _ENTRY]


def _name(datagram: bytes, at: int) -> tuple[bytes, int]:
    """Return the 16 octets of the name at `at`, without its scope, and what comes behind it."""
    length = _octet(datagram, at)
    if length < 0xC0:
        return _decoded(datagram, at), _behind(datagram, at)
    target = _number(datagram, at) & 0x3FFF
    return _decoded(datagram, target), at + 2


def _decoded(datagram: bytes, at: int) -> bytes:
    """Return the 16 octets that the label at `at` spells."""
    letters = datagram[at + 1 : at + 1 + _ENCODED]
    if _octet(datagram, at) != _ENCODED or not _IS_ENCODED.match(letters):
        raise _EndError
    return bytes.fromhex(letters.translate(_UNPACKED).decode("ascii"))


def _behind(datagram: bytes, at: int) -> int:
    """Return where the name at `at` ends: with an empty label, or a pointer to more scope."""
    while length := _octet(datagram, at):
        if length >= 0xC0:
            return at + 2
        at += 1 + length
    return at + 1


def _octet(datagram: bytes, at: int) -> int:
    if at >= len(datagram):
        raise _EndError
    return datagram[at]


def _number(datagram: bytes, at: int) -> int:
    if at + 2 > len(datagram):
        raise _EndError
    return int.from_bytes(datagram[at : at + 2])
