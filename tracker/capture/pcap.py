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


class PcapWalker(Walker):
    """Walks over the records of one pcap file, block by block.

    link_type     of all its frames
    snap_length   octets to which frames were cut
    """

    def __init__(self, header: bytes) -> None:
        """Read the file header, FILE_HEADER octets; raise CaptureError if it is none."""
        if header[:4] not in MAGIC:
            raise CaptureError("not a pcap file")
        self.big, self.fraction, self._variants = MAGIC[header[:4]]
        Walker.__init__(self, FILE_HEADER, "record", self._variants[0])
        self._data: bytes | bytearray | memoryview = header
        if self._u32(0, self.big) in LCAP_MAGIC:
            self.start += LCAP_FIELD
        minor = header[MINOR_VERSION + 1] if self.big else header[MINOR_VERSION]
        self.swapped = minor < SWAPPED_BEFORE
        self.snap_length = self._u32(SNAP_LENGTH, self.big)
        self.link_type = self._u32(LINK_TYPE, self.big) & LINK_TYPE_MASK
        self.max_captured = MAX_MESSAGE.get(self.link_type, MAX_CAPTURED)
        self._decided = len(self._variants) == 1

    def _u32(self, at: int, big: bool) -> int:
        if big:
            return (
                self._data[at] << 24
                | self._data[at + 1] << 16
                | self._data[at + 2] << 8
                | self._data[at + 3]
            )
        return (
            self._data[at + 3] << 24
            | self._data[at + 2] << 16
            | self._data[at + 1] << 8
            | self._data[at]
        )

    def walk(self, frames: Frames, data: bytes | bytearray, start: int, end: int) -> int:
        """Fill `frames` with the records of `data[start:end]`; return where the rest begins."""
        frames.data = data
        frames.link_type = self.link_type
        self._data = frames.data
        self.needed = 0
        if not self._decided and not self._decide(start, end):
            frames.count = 0
            self.more = False
            return start
        header = self.header
        big = self.big
        captured, original = CAPTURED, ORIGINAL
        if self.swapped:
            captured, original = ORIGINAL, CAPTURED
        count = 0
        while count < CAPACITY and start + header <= end:
            length = self._u32(start + captured, big)
            if length > self.max_captured:
                self._impossible(length)
                break
            if start + header + length > end:
                self.needed = header + length
                break
            seconds = self._u32(start, big)
            fraction = self._u32(start + FRACTION, big)
            frames.times[count] = seconds * _NS_IN_S + fraction * self.fraction
            frames.starts[count] = start + header
            frames.lengths[count] = length
            frames.wires[count] = self._u32(start + original, big)
            start += header + length
            count += 1
        frames.count = count
        self.more = count == CAPACITY
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
            length = self._u32(at + captured, self.big)
            if (
                length > self.max_captured
                or length > self._u32(at + original, self.big)
                or (self.fraction != 1 and self._u32(at + FRACTION, self.big) >= _US_IN_S)
            ):
                return -1
            at += header + length
        return 0
