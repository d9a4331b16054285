"""Walk over the records of a classic pcap file (see `pcap_format`)."""

from tracker.capture.errors import CaptureError
from tracker.capture.pcap_format import (
    CAPTURED,
    FRACTION,
    LINK_TYPE,
    LINK_TYPE_MASK,
    MAGIC,
    MAX_CAPTURED,
    MINOR_VERSION,
    ORIGINAL,
    RECORD_HEADER,
    SWAPPED_BEFORE,
)
from tracker.frames import CAPACITY, Frames

_NS_IN_S = 1_000_000_000


class PcapWalker:
    """Walks over the records of one pcap file, block by block.

    bad_length    the captured length of the record where it stopped, if that is impossible;
                  the walker cannot go on, for nobody knows where the next record begins
    """

    def __init__(self, header: bytes) -> None:
        """Read the file header, FILE_HEADER octets; raise CaptureError if it is none."""
        if header[:4] not in MAGIC:
            raise CaptureError("not a pcap file")
        self.big, self.unit = MAGIC[header[:4]]
        minor = header[MINOR_VERSION + 1] if self.big else header[MINOR_VERSION]
        self.swapped = minor < SWAPPED_BEFORE
        self.bad_length = -1
        self._data: bytes | bytearray | memoryview = header
        self.link_type = self._u32(LINK_TYPE, self.big) & LINK_TYPE_MASK

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
        """Fill `frames` with the records of `data[start:end]`; return where the rest begins.

        It stops before a record that is not whole, or when the block is full.
        """
        big = self.big
        captured, original = CAPTURED, ORIGINAL
        if self.swapped:
            captured, original = ORIGINAL, CAPTURED
        frames.data = data
        self._data = frames.data
        count = 0
        while count < CAPACITY and start + RECORD_HEADER <= end:
            length = self._u32(start + captured, big)
            if length > MAX_CAPTURED:
                self.bad_length = length
                break
            if start + RECORD_HEADER + length > end:
                break
            seconds = self._u32(start, big)
            fraction = self._u32(start + FRACTION, big)
            frames.times[count] = seconds * _NS_IN_S + fraction * self.unit
            frames.starts[count] = start + RECORD_HEADER
            frames.lengths[count] = length
            frames.wires[count] = self._u32(start + original, big)
            start += RECORD_HEADER + length
            count += 1
        frames.count = count
        return start
