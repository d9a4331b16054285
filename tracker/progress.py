"""One line on a terminal that says how far reading is."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, Self, TextIO

from tracker.frames import Run

#: Nothing is said of what takes less than this, s.
PATIENCE = 1.0

#: The line is not rewritten before this, s.
INTERVAL = 0.2


class Input(Protocol):
    """What is being read, as `capture.saved.SavedCapture` tells."""

    @property
    def frames(self) -> int:
        """Return how many frames were read."""

    @property
    def offset(self) -> int:
        """Return how many octets were read."""

    @property
    def size(self) -> int | None:
        """Return how many octets there are, or None."""


class Progress:
    """Rewrites one line of `stream`, a terminal; wipes it at the end of the context."""

    def __init__(self, stream: TextIO, inputs: Sequence[Input]) -> None:
        self._stream = stream
        self._inputs = inputs
        self._next = time.monotonic() + PATIENCE
        self._width = 0

    def __enter__(self) -> Self:
        """Begin; nothing is shown yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Wipe the line."""
        if self._width:
            self._rewrite("")

    def watch(self, runs: Iterable[Run]) -> Iterator[Run]:
        """Yield `runs`, and look at the clock at each."""
        for run in runs:
            now = time.monotonic()
            if now >= self._next:
                self._next = now + INTERVAL
                self._rewrite(self._line())
            yield run

    def _line(self) -> str:
        """Return the line; there are no percents where a pipe is among the inputs."""
        frames = sum(each.frames for each in self._inputs)
        sizes = [each.size for each in self._inputs]
        total = sum(size or 0 for size in sizes)
        if None in sizes or not total:
            return f"tracker: {frames} frames"
        read = sum(each.offset for each in self._inputs)
        return f"tracker: {min(100 * read // total, 100)} %, {frames} frames"

    def _rewrite(self, line: str) -> None:
        self._stream.write(f"\r{line.ljust(self._width)}" if line else f"\r{' ' * self._width}\r")
        self._stream.flush()
        self._width = len(line)
