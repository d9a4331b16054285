"""What the control connections of FTP announce: where data connections will go.

RFC 959 section 4.1.2 (PORT, PASV) and RFC 2428 (EPRT, EPSV).
"""

import re
from ipaddress import ip_address

from tracker.audit.subject import Subject
from tracker.report.text import address
from tracker.typed import NamedTuple
from tracker.wire.segment import Segment

# So many announcements are remembered, the latest; each for so long, ns.
_MOST = 4096
_LASTS = 300_000_000_000

_PORT = re.compile(rb"PORT (\d+,\d+,\d+,\d+),(\d+),(\d+)\r?\n", re.IGNORECASE)
_PASV = re.compile(rb"227 [^\r\n]*?(\d+,\d+,\d+,\d+),(\d+),(\d+)")
_EPRT = re.compile(rb"EPRT \|[12]\|([0-9A-Fa-f.:]{2,45})\|(\d{1,5})\|", re.IGNORECASE)
_EPSV = re.compile(rb"229 [^\r\n]*\(\|\|\|(\d{1,5})\|\)")


class Announced(NamedTuple):
    """A data connection that was announced.

    opener    who will open it, to the announced socket: the other end of the control connection
    time      when it was announced, ns since 1970, in `frame`
    """

    opener: str
    time: int
    frame: int


class Control:
    """What control connections announced.

    count    how many data connections, in all
    """

    def __init__(self) -> None:
        self.count = 0
        self._announced: dict[tuple[str, int], Announced] = {}

    def hear(self, segment: Segment, line: bytes) -> None:
        """Hear what a segment of a control connection says."""
        found = _announcement(line)
        if found is None:
            return
        speaker = address(segment.version, segment.source_high, segment.source_low)
        other = address(segment.version, segment.destination_high, segment.destination_low)
        where, port = found
        self.count += 1
        key = where or speaker, port
        self._announced.pop(key, None)
        self._announced[key] = Announced(other, segment.time, segment.frame)
        if len(self._announced) > _MOST:
            del self._announced[next(iter(self._announced))]

    def of(self, listening: tuple[str, int], opener: str, time: int) -> Announced | None:
        """Return what announced the connection that `opener` opened to a socket at `time` (ns)."""
        found = self._announced.get(listening)
        if found is None or found.opener != opener or not 0 <= time - found.time <= _LASTS:
            return None
        return found


def _announcement(line: bytes) -> tuple[str, int] | None:
    """Return address and port that a line announces; the address "" is the speaker's own."""
    found = _PORT.match(line) or _PASV.match(line)
    if found:
        octets, high, low = (part.decode() for part in found.groups())
        return _socket(octets.replace(",", "."), int(high) << 8 | int(low))
    found = _EPRT.match(line)
    if found:
        return _socket(found[1].decode(), int(found[2]))
    found = _EPSV.match(line)
    return _socket("", int(found[1])) if found else None


def _socket(text: str, port: int) -> tuple[str, int] | None:
    """Return an announced socket, None where it is none."""
    if not 0 < port < 1 << 16:
        return None
    try:
        return (str(ip_address(text)) if text else ""), port
    except ValueError:
        return None


def announced(control: Control | None, subject: Subject) -> bool:
    """Return whether a control connection announced the connection of `subject`: it is FTP data."""
    if control is None or not control.count or subject.proto != "tcp":
        return False
    local = subject.local_address, subject.local_port
    foreign = subject.foreign_address, subject.foreign_port
    listening, opener = (foreign, local) if subject.opened_by == "local" else (local, foreign)
    return control.of(listening, opener[0], subject.first_seen) is not None
