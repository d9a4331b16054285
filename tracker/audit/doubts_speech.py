"""Doubts about what is spoken: something else than belongs to the port, or at an odd port."""

from tracker.audit.evidence import first
from tracker.audit.finding import Doubt
from tracker.audit.group import Circumstances, Group, service_port
from tracker.audit.spoken import UNKNOWN
from tracker.audit.subject import Subject

_FTP = frozenset(("ftp", "ftp or smtp"))
_SMTP = frozenset(("smtp", "ftp or smtp"))
_TLS, _HTTP, _DNS = frozenset(("tls",)), frozenset(("http",)), frozenset(("dns",))

#: What belongs to the ports of services that begin with octets one can tell (IANA's registry).
_EXPECTED_TCP = {
    21: _FTP,
    22: frozenset(("ssh",)),
    25: _SMTP,
    53: _DNS,
    80: _HTTP,
    110: frozenset(("pop3",)),
    143: frozenset(("imap",)),
    443: _TLS,
    465: _TLS,
    587: _SMTP,
    636: _TLS,
    853: _TLS,
    873: frozenset(("rsync",)),
    990: _TLS,
    993: _TLS,
    995: _TLS,
}
_EXPECTED_UDP = {53: _DNS, 123: frozenset(("ntp",)), 443: frozenset(("quic",))}

# Ports of TCP where even octets that nobody knows do not belong: what may begin there is known.
_STRICT = frozenset((22, 80, 443))

# What is spoken at ports of its own only, or of other services, by who hides.
_TELLING = frozenset(("ssh", "ftp", "smtp", "telnet", "vnc", "tpkt", "smb", "irc"))
_HOMES = {
    "ssh": (22,),
    "ftp": (21,),
    "smtp": (25, 465, 587),
    "telnet": (23,),
    "vnc": tuple(range(5900, 5910)),
    "tpkt": (102, 1720, 3389),
    "smb": (139, 445),
    "irc": (194, *range(6660, 6670), 7000),
}


def wrong_protocol(group: Group, _circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that a service port is spoken with something else."""
    for subject in group.subjects:
        spoken = strange(subject)
        if spoken is not None:
            port = service_port(subject)
            what = "nothing that is known" if spoken == UNKNOWN else spoken.upper()
            belongs = " or ".join(sorted(_expected(subject) or ())).upper()
            text = f"port {port} is spoken with {what}, where {belongs} belongs"
            return Doubt("wrong-protocol", text, f"{first(subject)}: {_sides(subject)}")
    return None


def strange(subject: Subject) -> str | None:
    """Return what is spoken that does not belong to the port, None where it does.

    Who opened it chose the port and counts first: the other side may only answer with an error.
    """
    expected = _expected(subject)
    if expected is None:
        return None
    spoken = [subject.local_speaks, subject.foreign_speaks]
    if subject.opened_by == "foreign":
        spoken.reverse()
    for each in spoken:
        if each is not None and each != UNKNOWN:
            return None if each in expected else each
    is_strict = subject.proto == "tcp" and service_port(subject) in _STRICT
    return UNKNOWN if is_strict and spoken[0] == UNKNOWN else None


def _expected(subject: Subject) -> frozenset[str] | None:
    """Return what may be spoken at the port, None where anything may."""
    known = _EXPECTED_TCP if subject.proto == "tcp" else _EXPECTED_UDP
    return known.get(service_port(subject))


def odd_port(group: Group, _circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that a service is spoken at a port that is not its own."""
    for subject in group.subjects:
        port = service_port(subject)
        for spoken in (subject.local_speaks, subject.foreign_speaks):
            if spoken in _TELLING and port not in _HOMES[spoken] and port not in _EXPECTED_TCP:
                text = f"{spoken.upper()} is spoken at port {port}, which is not its own"
                return Doubt("odd-port", text, f"{first(subject)}: {_sides(subject)}")
    return None


def _sides(subject: Subject) -> str:
    """Return what each side speaks."""
    return (
        f"this host speaks {subject.local_speaks or 'nothing yet'}, "
        f"the peer {subject.foreign_speaks or 'nothing yet'}"
    )
