"""Walk over the records of a snoop file (RFC 1761): big endian, times in microseconds."""

from tracker.capture.about import About
from tracker.capture.errors import CaptureError
from tracker.capture.pcap_format import MAX_CAPTURED, NATIVE_BIG
from tracker.capture.snoop_format import (
    CAPTURED,
    DATALINK,
    DROPS,
    FILE_HEADER,
    FRACTION,
    LENGTH,
    LINK_TYPES,
    MAGIC,
    ORIGINAL,
    RECORD_HEADER,
    SECONDS,
    VERSION,
)
from tracker.capture.walker import Walker
from tracker.frames import CAPACITY, Frames

_NS_IN_S = 1_000_000_000
_NS_IN_US = 1000


class SnoopWalker(Walker):
    """Walks over the records of one snoop file.

    link_type    of all its frames
    """

    def __init__(self, header: bytes, about: About) -> None:
        """Read the file header, FILE_HEADER octets; raise CaptureError if it is none."""
        if header[:8] != MAGIC:
            raise CaptureError("not a snoop file")
        Walker.__init__(self, FILE_HEADER, "record", RECORD_HEADER)
        self._about = about
        self._drops = 0
        self.big = True
        self.data = header
        version, datalink = self.u32(8), self.u32(DATALINK)
        if version != VERSION:
            raise CaptureError(f"byte 8: a snoop file of version {version}; only {VERSION} is read")
        if datalink not in LINK_TYPES:
            raise CaptureError(
                f"byte {DATALINK}: snoop datalink type {datalink}, which no link type stands for"
            )
        self.link_type: int = LINK_TYPES[datalink]

    def walk(self, frames: Frames, data: bytes | bytearray, start: int, end: int) -> int:
        """Fill `frames` with the records of `data[start:end]`; return where the rest begins."""
        frames.data = data
        frames.link_type = self.link_type
        frames.count = 0
        self.data = frames.data
        self.needed = 0
        start = self._run(frames, data, start, end)
        while frames.count < CAPACITY and start + RECORD_HEADER <= end:
            captured, length = self.u32(start + CAPTURED), self.u32(start + LENGTH)
            if not self._is_possible(captured, length):
                break
            if start + length > end:
                self.needed = length
                break
            seconds = self.u32(start + SECONDS)
            time = seconds * _NS_IN_S + self.u32(start + FRACTION) * _NS_IN_US
            frames.append(time, start + RECORD_HEADER, captured, self.u32(start + ORIGINAL))
            if self.u32(start + DROPS) != self._drops:
                self._set_drops(self.u32(start + DROPS))
            start += length
        self.more = frames.count == CAPACITY
        return start

    def _run(self, frames: Frames, data: bytes | bytearray, start: int, end: int) -> int:
        """Take records as long as nothing is unusual about them; return where that ends."""
        if start & 3:
            return start
        words = memoryview(data)[: end & ~3].cast("I")
        times, starts, lengths, wires = frames.times, frames.starts, frames.lengths, frames.wires
        drops, is_swapped = self._drops, not NATIVE_BIG
        last = end - RECORD_HEADER
        count = 0
        while count < CAPACITY and start <= last:
            at = start >> 2
            wire, captured, length, dropped = words[at], words[at + 1], words[at + 2], words[at + 3]
            seconds, fraction = words[at + 4], words[at + 5]
            if is_swapped:
                wire, captured = _swapped(wire), _swapped(captured)
                length, dropped = _swapped(length), _swapped(dropped)
                seconds, fraction = _swapped(seconds), _swapped(fraction)
            following = start + length
            if (
                captured > MAX_CAPTURED
                or length != RECORD_HEADER + ((captured + 3) & ~3)
                or following > end
                or dropped != drops
            ):
                break
            times[count] = seconds * _NS_IN_S + fraction * _NS_IN_US
            starts[count] = start + RECORD_HEADER
            lengths[count] = captured
            wires[count] = wire
            start = following
            count += 1
        frames.count = count
        return start

    def _is_possible(self, captured: int, length: int) -> bool:
        """Return whether a record can have these lengths: of its frame, and with all padding."""
        if captured > MAX_CAPTURED or length > 2 * MAX_CAPTURED:
            self.problem = (
                f"a record says it has {max(captured, length)} octets, more than are possible"
            )
        elif captured + RECORD_HEADER > length:
            self.problem = f"a record of {length} octets says it holds a frame of {captured}"
        else:
            return True
        return False

    def _set_drops(self, drops: int) -> None:
        """Note the frames that were dropped since the capture began."""
        self._drops = drops
        self._about.drops = self._about.drops._replace(kernel=drops)


def _swapped(number: int) -> int:
    """Return 32 bits with their octets the other way round."""
    return (number & 0xFF) << 24 | (number & 0xFF00) << 8 | (number >> 8 & 0xFF00) | (number >> 24)
