"""A block of frames on its way from a capture to the meter.

Reading file after file, record after record, as objects would cost more than tracking; so frames
travel in blocks: the octets as they were read, and for each frame where it lies in them.
"""

from array import array

#: How many frames a block holds at most.
CAPACITY = 8192


class Frames:
    """Up to CAPACITY frames of one link type.

    data      the octets that hold all of them
    count     how many frames there are
    times     when each was captured, ns since 1970
    starts    offset of each in `data`
    lengths   captured octets of each
    wires     octets of each on the wire
    """

    def __init__(self, link_type: int) -> None:
        self.link_type = link_type
        self.data: bytes | bytearray | memoryview = b""
        self.count = 0
        self.times = array("q", bytes(8 * CAPACITY))
        self.starts = array("q", bytes(8 * CAPACITY))
        self.lengths = array("I", bytes(4 * CAPACITY))
        self.wires = array("I", bytes(4 * CAPACITY))

    def append(self, time: int, start: int, length: int, wire: int) -> None:
        """Add the frame `data[start:start + length]`; the block must not be full."""
        self.times[self.count] = time
        self.starts[self.count] = start
        self.lengths[self.count] = length
        self.wires[self.count] = wire
        self.count += 1

    def run_until(self, first: int, limit: int) -> int:
        """Return the index of the first frame from `first` on that is later than `limit` ns."""
        while first < self.count and self.times[first] <= limit:
            first += 1
        return first


#: A block, and the first and the last (exclusive) of its frames that count.
Run = tuple[Frames, int, int]
