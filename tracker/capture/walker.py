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

    def warnings(self) -> list[str]:
        """Return what could not be read so far, a line each."""
        return []
