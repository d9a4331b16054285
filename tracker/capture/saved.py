"""Saved captures: open them, yield their frames in blocks, several of them in time order."""

from collections.abc import Iterable, Iterator

from tracker.capture import read_ahead
from tracker.capture.about import Comment, Drops, InterfaceAbout
from tracker.capture.reading import Reading
from tracker.capture.stop import Stop
from tracker.frames import Frames, Run

# Octets read at a time to find the first frame of a file.
_PEEK = 1 << 16

# The time, ns, of what comes after all frames.
_NEVER = 2**63


class SavedCapture:
    """A capture file.  Iterate over it for its blocks of frames; a block is filled anew then.

    All frames of a block have one link type, the block's `link_type`; the blocks may differ.

    path           its name, as the user gave it; "-" is standard input
    frames         how many were read so far
    link_types     the link types of their frames, in the order in which they came
    warnings       what was wrong with it so far, a line each

    What the capture says of itself, so far; only pcapng says all of it:

    snap_lengths   to how many octets frames were cut; 0: not at all
    interfaces     what was captured from (`about.InterfaceAbout`)
    names          the names of addresses: text of an address (RFC 5952) to names
    comments       what somebody wrote into it (`about.Comment`), the first ones
    drops          frames that are missing in it (`about.Drops`)

    For those who show how far reading is:

    size           octets of the file, None where that is unknown
    offset         how many of them were read
    is_compressed  whether they are compressed
    """

    def __init__(self, path: str, follow: bool = False, stop: Stop | None = None) -> None:
        """Open `path` and read its header; raise CaptureError where that cannot be done.

        With `follow`, at its end it waits for more until `stop`.  A file that can be opened again
        is closed until it is read, so that thousands may be waiting for their turn.
        """
        self.path = path
        self._follow = follow
        self._stop = stop
        self._reading = Reading(path, follow, stop)
        self.is_file = self._reading.source.can_be_opened_again and not follow
        if self.is_file:
            self._reading.close()

    @property
    def frames(self) -> int:
        """Return how many frames were read so far."""
        return self._reading.frames

    @property
    def link_types(self) -> list[int]:
        """Return the link types of the frames so far."""
        return self._reading.link_types

    @property
    def warnings(self) -> list[str]:
        """Return what was wrong so far, a line each."""
        return self._reading.warnings

    @property
    def snap_lengths(self) -> list[int]:
        """Return to how many octets frames were cut."""
        return self._reading.about.snap_lengths

    @property
    def interfaces(self) -> list[InterfaceAbout]:
        """Return what was captured from."""
        return list(self._reading.about.interfaces.values())

    @property
    def names(self) -> dict[str, list[str]]:
        """Return the names of addresses."""
        return self._reading.about.names

    @property
    def comments(self) -> list[Comment]:
        """Return what somebody wrote into the capture."""
        return self._reading.about.comments

    @property
    def drops(self) -> Drops:
        """Return how many frames are missing."""
        return self._reading.about.drops

    @property
    def size(self) -> int | None:
        """Return the octets of the file, or None."""
        return self._reading.source.size

    @property
    def is_compressed(self) -> bool:
        """Return whether the file is a compressed one."""
        return self._reading.compression != ""

    @property
    def offset(self) -> int:
        """Return how many of its octets were read."""
        return self._reading.source.offset

    def close(self) -> None:
        """Close the file."""
        self._reading.close()

    def __iter__(self) -> Iterator[Frames]:
        """Yield the frames in blocks; what is wrong with the file goes to `warnings`.

        Raises CaptureError where it cannot be opened again.
        """
        if self.is_file:
            self._reading = Reading(self.path, self._follow, self._stop)
        try:
            yield from self._reading.blocks(read_ahead.BLOCK)
        finally:
            self._reading.close()

    def first_time(self) -> int | None:
        """Return the time of the first frame of a file, ns; None where there is none."""
        peek = Reading(self.path, self._follow, self._stop)
        try:
            for frames in peek.blocks(_PEEK):
                return frames.times[0]
        finally:
            peek.close()
        return None


def names_in(captures: Iterable[SavedCapture]) -> dict[str, list[str]]:
    """Return the names of addresses that capture files hold themselves."""
    names: dict[str, list[str]] = {}
    for capture in captures:
        for address, found in capture.names.items():
            names.setdefault(address, []).extend(found)
    return names


def in_time_order(captures: list[SavedCapture]) -> Iterator[Run]:
    """Yield (frames, first, last): runs of frames of all captures, the earliest first.

    Within one capture the order is the file's, also where its clock goes backwards.  A file is
    open while its frames have their turn.
    """
    if len(captures) == 1:
        for frames in captures[0]:
            yield frames, 0, frames.count
        return
    import heapq  # here, because most runs read one capture

    heads = [_Head(capture) for capture in captures]
    queue = [(head.time, number) for number, head in enumerate(heads)]
    heapq.heapify(queue)
    while queue:
        _, number = heapq.heappop(queue)
        head = heads[number]
        if head.begin():
            yield head.advance(queue[0][0] if queue else _NEVER)
            if head.has_more():
                heapq.heappush(queue, (head.time, number))


class _Head:
    """Where reading stands in one of several captures.

    time    of its next frame, ns
    """

    def __init__(self, capture: SavedCapture) -> None:
        self._capture = capture
        self._blocks: Iterator[Frames] = iter(())
        self._at = 0
        self._frames: Frames | None = None
        self._has_begun = False
        if capture.is_file:
            first = capture.first_time()
            self.time = _NEVER if first is None else first
        else:
            self.begin()

    def begin(self) -> bool:
        """Begin to read, if that was not done; return whether there is a frame."""
        if not self._has_begun:
            self._has_begun = True
            self._blocks = iter(self._capture)
            self._next_block()
        return self._frames is not None

    def _next_block(self) -> None:
        self._frames = next(self._blocks, None)
        self._at = 0
        self.time = _NEVER if self._frames is None else self._frames.times[0]

    def advance(self, limit: int) -> Run:
        """Return the run of frames up to `limit` ns, at least one, and stand behind it."""
        frames = self._frames
        assert frames is not None
        first = self._at
        # Nothing is later than the last ns that 64 bits hold.
        self._at = max(frames.run_until(first, min(limit, _NEVER - 1)), first + 1)
        return frames, first, self._at

    def has_more(self) -> bool:
        """Find the next frame; return whether there is one."""
        assert self._frames is not None
        if self._at == self._frames.count:
            self._next_block()
        else:
            self.time = self._frames.times[self._at]
        return self._frames is not None
