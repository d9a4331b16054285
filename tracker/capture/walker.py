"""What the walkers over all file formats have in common: how they say where they stand."""


class Walker:
    """Walks over the records of one file, in the pieces in which it is read.

    `walk(frames, data, start, end)` fills a block with the records of `data[start:end]` and returns
    where the rest begins.  It stops before a record that is not whole.  Then

    more      whether it stopped for another reason, so that it can go on at once: the block is
              full, or the next frame has another link type
    needed    octets that the record needs from where it stopped, 0 where that is unknown
    skip      octets from where it stopped that are of no interest, it may be more than it was given
    skipped   octets of the record in which it stands that were of no interest; 0 where it stands
              before a record
    problem   what is wrong with the record where it stopped, or None; it cannot go on then, for
              nobody knows where the next record begins
    at_end    is set where nothing will come behind `data`

    start     octets of the file before its first record
    unit      what the format calls a record
    header    octets of its header
    big       whether its numbers begin with the most significant octet

    Nearly all records are like the one before.  Each walker takes those in a loop of its own, which
    reads numbers as this machine has them and gives up before whatever is unusual; what it left is
    taken with care, by `u16` and `u32`.
    """

    def __init__(self, start: int, unit: str, header: int) -> None:
        self.more = False
        self.needed = 0
        self.skip = 0
        self.skipped = 0
        self.problem: str | None = None
        self.at_end = False
        self.start = start
        self.unit = unit
        self.header = header
        self.big = False
        self.data: bytes | bytearray | memoryview = b""

    def u16(self, at: int) -> int:
        """Return the 16 bits at `at`."""
        if self.big:
            return self.data[at] << 8 | self.data[at + 1]
        return self.data[at + 1] << 8 | self.data[at]

    def u32(self, at: int) -> int:
        """Return the 32 bits at `at`."""
        if self.big:
            return self.u16(at) << 16 | self.u16(at + 2)
        return self.u16(at + 2) << 16 | self.u16(at)

    def warnings(self) -> list[str]:
        """Return what could not be read so far, a line each."""
        return []
