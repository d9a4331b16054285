"""A connection as the auditor sees it: from the side of a local host."""

from tracker.names.name import Name
from tracker.typed import NamedTuple


class Subject(NamedTuple):
    """A connection as the auditor sees it: from the side of a local host.

    proto             "tcp" or "udp"
    local_address, foreign_address    text (RFC 5952)
    state             of the local endpoint, `State.name`; None for UDP
    pseudo_state      of UDP: "unreplied", "replied", "refused"
    opened_by         "local" or "foreign"; `basis` says how that is known (`report.sides.basis`)
    first_seen, last_seen    ns since 1970
    frame             the first frame that is evidence of it, 0 where none is known
    name              of the foreign host, with source, asker, and until when it holds
    asked             the local host itself asked for that name (DNS, mDNS, LLMNR), before it
                      connected, and the answer was valid then
    service           name of the responder's port, of config/services.yaml and /etc/services
    local_payload, foreign_payload    octets of data that each side sent
    history           Zeek's letters (`report.zeek.history`)
    notes             bits of `words.NOTES`
    local_speaks, foreign_speaks    what the first octets of each side are: "tls", "ssh", "http",
                      "dns", "ftp", "smtp", ...; None: unknown, or none seen
    program           live: process id and name of the local socket's owner
    present           whether the local host's netstat would show it at the end
    """

    proto: str
    local_address: str
    local_port: int
    foreign_address: str
    foreign_port: int
    state: str | None
    foreign_state: str | None
    pseudo_state: str | None
    opened_by: str
    basis: str
    first_seen: int
    last_seen: int
    frame: int
    name: Name | None
    asked: bool
    service: str | None
    local_packets: int
    foreign_packets: int
    local_payload: int
    foreign_payload: int
    history: str
    notes: int
    local_speaks: str | None
    foreign_speaks: str | None
    program: tuple[int, str] | None
    present: bool
