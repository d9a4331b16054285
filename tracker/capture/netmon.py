"""Walk over the frames of a Microsoft Network Monitor file, version 1 or 2: little endian.

The header ends in where a table of the frames begins; the frames stand before it, one behind the
other.  Newer files have a trailer behind each frame, with its link type and, later, its time.
(Microsoft, Network Monitor 2.x file format; Wireshark, wiretap/netmon.c.)
"""

import calendar
import struct

from tracker.capture.errors import CaptureError
from tracker.capture.pcap_format import MAX_CAPTURED
from tracker.capture.walker import Walker
from tracker.frames import CAPACITY, Frames

MAGICS = (b"RTSS", b"GMBU")  # version 1, version 2
BEGINNING = 24  # of the header, as much as says what the file is
HEADER = 128  # octets of the whole header

# Of a frame: time since the beginning, octets on the wire, octets captured.
_RECORDS = {1: struct.Struct("<IHH"), 2: struct.Struct("<QII")}
_NS_IN_UNIT = {1: 1_000_000, 2: 1000}
_NS_IN_S = 1_000_000_000
_NS_IN_MS = 1_000_000

# Octets of the trailer by minor version of version 2, in which the last is for all later ones.
_TRAILERS = (0, 2, 6, 15)
_UTC = 6  # where the time stands in the longest: 100 ns since 1601
_UTC_1970 = 116_444_736_000_000_000

# The latest time, ns, of which differences and timers still fit into 64 bits: in the year 2116.
_LATEST = 1 << 62

# Link types by type of network, and how one that libpcap has defined is marked.
_LINK_TYPES = {1: 1, 2: 6, 3: 10}
_LIBPCAP, _LIBPCAP_MASK = 0xE000, 0xF000


class NetmonWalker(Walker):
    """Walks over the frames of one file.

    Its times are those of the clock on the wall where it was captured, unless the frames have
    their own in UTC.
    """

    def __init__(self, header: bytes) -> None:
        """Read the first octets, BEGINNING of them; raise CaptureError if they are no header."""
        minor, self._major, network = struct.unpack_from("<BBH", header, 4)
        if header[:4] not in MAGICS or self._major not in _RECORDS:
            raise CaptureError(f"byte 4: a Network Monitor file of version {self._major}.{minor}")
        self._record = _RECORDS[self._major]
        Walker.__init__(self, BEGINNING, "frame", self._record.size)
        self._trailer = _TRAILERS[min(minor, 3)] if self._major == 2 else 0
        self._link_type = _link_type(network)
        self._began = _time(header[8:BEGINNING])
        self._left = -1  # octets up to the table, once that is known

    def walk(self, frames: Frames, data: bytes | bytearray, start: int, end: int) -> int:
        """Fill `frames` with the frames of `data[start:end]`; return where the rest begins."""
        frames.data = data
        frames.count = 0
        frames.link_type = self._link_type
        self.more = False
        self.needed = 0
        if self._left < 0:
            if end - start < HEADER - BEGINNING:
                self.needed = HEADER - BEGINNING
                return start
            (table,) = struct.unpack_from("<I", data, start)
            self._left = max(table - HEADER, 0)
            start += HEADER - BEGINNING
        while frames.count < CAPACITY:
            length = self._take(frames, data, start, end)
            if not length:
                break
            start += length
            self._left -= length
        self.more = self.more or frames.count == CAPACITY
        return end if self._left <= 0 else start

    def _take(self, frames: Frames, data: bytes | bytearray, start: int, end: int) -> int:
        """Take the frame at `start`; return the octets it has in the file, 0 if it cannot."""
        if self._left < self._record.size or start + self._record.size > end:
            return 0
        since, original, captured = self._record.unpack_from(data, start)
        length = self._record.size + captured + self._trailer
        if captured > MAX_CAPTURED or length > self._left:
            self.problem = f"a frame says it has {captured} octets, more than are possible"
            return 0
        if start + length > end:
            self.needed = length
            return 0
        link_type, utc = self._in_trailer(data, start + length - self._trailer)
        if link_type != frames.link_type:
            if frames.count:
                self.more = True  # the block ends here
                return 0
            frames.link_type = link_type
        time = utc or self._began + since * _NS_IN_UNIT[self._major]
        frames.append(min(time, _LATEST), start + self._record.size, captured, original)
        return int(length)

    def _in_trailer(self, data: bytes | bytearray, at: int) -> tuple[int, int]:
        """Return link type and time, ns, that stand behind a frame; 0 for no time."""
        if not self._trailer:
            return self._link_type, 0
        utc = 0
        if self._trailer > _UTC:
            ticks: int = struct.unpack_from("<Q", data, at + _UTC)[0]
            utc = max(ticks - _UTC_1970, 0) * 100
        (network,) = struct.unpack_from("<H", data, at)
        return _link_type(network), utc


def _link_type(network: int) -> int:
    """Return the link type of a type of network; of what has none, a number nobody has."""
    if network & _LIBPCAP_MASK == _LIBPCAP:
        return network & 0x0FFF
    return _LINK_TYPES.get(network, _LIBPCAP | network)


def _time(octets: bytes) -> int:
    """Return the time of a SYSTEMTIME structure, ns since 1970, as if it were UTC."""
    year, month, _, day, hour, minute, second, ms = struct.unpack("<8H", octets)
    try:
        seconds = calendar.timegm((year, month, day, hour, minute, second))
    except ValueError:
        seconds = -1
    if not 0 <= seconds * _NS_IN_S < _LATEST:
        raise CaptureError("byte 8: the time when the capture began is none")
    return int(seconds * _NS_IN_S + ms * _NS_IN_MS)
