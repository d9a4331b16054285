"""A clock that does not jump, for timers that run on the times of frames.

Frames bear the time of the system's clock, which somebody, or a time service, may set while we
watch.  Then every timer would run out at once, or none for hours.
"""

import time
from collections.abc import Callable

from tracker.frames import Frames

#: How far the system's clock may go astray between two looks at it, ns, before that is a jump.
#: Corrections in small steps are none (adjtime(3): half a millisecond in a second).
TOLERANCE = 250_000_000


class SteadyClock:
    """The system's clock as it was at the start: what it jumped since is left out.

    jump    by how much it has been set ahead since, ns
    """

    def __init__(
        self,
        wall: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self.jump = 0
        self._jump_before = 0
        self._offset = wall() - monotonic()
        self._looked = self.now()

    def now(self) -> int:
        """Return the time, ns since 1970, and note whether the system's clock has jumped."""
        monotonic = self._monotonic()
        offset = self._wall() - monotonic
        change = offset - self._offset
        self._offset = offset
        if abs(change) > TOLERANCE:
            self._jump_before = self.jump
            self.jump += change
        return monotonic + offset - self.jump

    def steady(self, frames: Frames) -> None:
        """Turn the times of `frames`, which came just now, into those of this clock."""
        now = self.now()
        if self.jump or self._jump_before:
            for i in range(frames.count):
                frames.times[i] -= self._jump_of(frames.times[i], now)
        self._looked = now

    def _jump_of(self, time: int, now: int) -> int:
        """Return by how much the clock was ahead when it told `time`.

        Just after it was set, frames may have waited that are older.
        """
        after = time - self.jump
        before = time - self._jump_before
        is_after = self._looked - TOLERANCE <= after <= now + TOLERANCE
        is_before = self._looked - TOLERANCE <= before <= now + TOLERANCE
        return self._jump_before if is_before and not is_after else self.jump
