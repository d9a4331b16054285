"""Walk over the records of a classic pcap file (see `pcap_format`)."""

from tracker.capture.errors import CaptureError
from tracker.capture.pcap_format import (
    CAPTURED,
    FILE_HEADER,
    FRACTION,
    LCAP_FIELD,
    LCAP_MAGIC,
    LINK_TYPE,
    LINK_TYPE_MASK,
    MAGIC,
    MAX_CAPTURED,
    MAX_MESSAGE,
    MINOR_VERSION,
    NATIVE_BIG,
    ORIGINAL,
    RECORD_HEADER,
    SNAP_LENGTH,
    SWAPPED_BEFORE,
    TRIED,
)
from tracker.capture.walker import Walker
from tracker.frames import CAPACITY, Frames

_NS_IN_S = 1_000_000_000
_US_IN_S = 1_000_000

# The lower half of a word of eight octets.
_LOW = 0xFFFFFFFF


class PcapWalker(Walker):
    """Walks over the records of one pcap file, block by block.

    link_type     of all its frames
    snap_length   octets to which frames were cut
    """

    def __init__(self, header: bytes) -> None:
        """Read the file header, FILE_HEADER octets; raise CaptureError if it is none."""
        if header[:4] not in MAGIC:
            raise CaptureError("not a pcap file")
        big, self.fraction, self._variants = MAGIC[header[:4]]
        Walker.__init__(self, FILE_HEADER, "record", self._variants[0])
        self.big = big
        self.data = header
        if self.u32(0) in LCAP_MAGIC:
            self.start += LCAP_FIELD
        minor = header[MINOR_VERSION + 1] if self.big else header[MINOR_VERSION]
        self.swapped = minor < SWAPPED_BEFORE
        self.snap_length = self.u32(SNAP_LENGTH)
        self.link_type = self.u32(LINK_TYPE) & LINK_TYPE_MASK
        self.max_captured = MAX_MESSAGE.get(self.link_type, MAX_CAPTURED)
        self._decided = len(self._variants) == 1

    def walk(self, frames: Frames, data: bytes | bytearray, start: int, end: int) -> int:
        """Fill `frames` with the records of `data[start:end]`; return where the rest begins."""
        frames.data = data
        frames.link_type = self.link_type
        frames.count = 0
        self.data = frames.data
        self.more = False
        self.needed = 0
        if not self._decided and not self._decide(start, end):
            return start
        start = self._run(frames, data, start, end)
        header = self.header
        captured, original = CAPTURED, ORIGINAL
        if self.swapped:
            captured, original = ORIGINAL, CAPTURED
        while frames.count < CAPACITY and start + header <= end:
            length = self.u32(start + captured)
            if length > self.max_captured:
                self._impossible(length)
                break
            if start + header + length > end:
                self.needed = header + length
                break
            seconds, fraction = self.u32(start), self.u32(start + FRACTION)
            time = seconds * _NS_IN_S + fraction * self.fraction
            frames.append(time, start + header, length, self.u32(start + original))
            start += header + length
        self.more = frames.count == CAPACITY
        return start

    def _run(self, frames: Frames, data: bytes | bytearray, start: int, end: int) -> int:
        """Take records as long as nothing is unusual about them; return where that ends.

        Records begin anywhere, so a header of 16 octets is put together from the three words of
        eight octets in which it lies, as they stand on a machine whose numbers begin with the least
        significant octet.
        """
        if NATIVE_BIG or self.swapped:
            return start
        words = memoryview(data)[: end & ~7].cast("Q")
        last = (end & ~7) - 24
        times, starts, lengths, wires = frames.times, frames.starts, frames.lengths, frames.wires
        big, header, unit, most = self.big, self.header, self.fraction, self.max_captured
        low = _LOW
        count = 0
        while count < CAPACITY and start <= last:
            at = start >> 3
            shift = (start & 7) << 3
            middle = words[at + 1]
            time = words[at] >> shift | middle << 1 << (63 - shift)
            octets = middle >> shift | words[at + 2] << 1 << (63 - shift)
            seconds, fraction = time & low, time >> 32 & low
            length, wire = octets & low, octets >> 32 & low
            if big:
                seconds, fraction = _swapped(seconds), _swapped(fraction)
                length, wire = _swapped(length), _swapped(wire)
            following = start + header + length
            if length > most or following > end:
                break
            times[count] = seconds * _NS_IN_S + fraction * unit
            starts[count] = start + header
            lengths[count] = length
            wires[count] = wire
            start = following
            count += 1
        frames.count = count
        return start

    def _impossible(self, length: int) -> None:
        self.problem = (
            f"a record says it has {length} octets, more than the {self.max_captured} that are "
            "possible"
        )

    def _decide(self, start: int, end: int) -> bool:
        """Choose among the variants that share a magic number, as Wireshark does.

        It is the likeliest that makes sense of the first records, or else the likeliest of all.
        Returns False, and how much is `needed`, where not all of those records are there yet.
        """
        for header in self._variants:
            needed = self._to_see(header, start, end)
            if needed > 0 and not self.at_end:
                self.needed = needed
                return False
            if needed >= 0:
                self.header = header
                break
        self._decided = True
        return True

    def _to_see(self, header: int, start: int, end: int) -> int:
        """Return how many octets the first records have if their headers are that long.

        0 if they are there, -1 if one of those that are there makes no sense.
        """
        captured, original = CAPTURED, ORIGINAL
        if self.swapped:
            captured, original = ORIGINAL, CAPTURED
        at = start
        for _ in range(TRIED):
            if at + RECORD_HEADER > end:
                return at + RECORD_HEADER - start
            length = self.u32(at + captured)
            if (
                length > self.max_captured
                or length > self.u32(at + original)
                or (self.fraction != 1 and self.u32(at + FRACTION) >= _US_IN_S)
            ):
                return -1
            at += header + length
        return 0


def _swapped(number: int) -> int:
    """Return 32 bits with their octets the other way round."""
    return (number & 0xFF) << 24 | (number & 0xFF00) << 8 | (number >> 8 & 0xFF00) | (number >> 24)
