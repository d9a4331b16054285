"""Regular beats: whether times recur with a period, and how far they stray from it.

Programs that report to somebody do so by a clock, with some jitter; people and web pages do not.
Intervals between independent events are distributed exponentially: that most of them lie near
their median is then unlikely, and the more so the more there are.
"""

from collections.abc import Iterable
from itertools import pairwise

from tracker.typed import NamedTuple

#: So many beats are needed, each within so much of the period, and so many of them.
LEAST, TOLERANCE, SHARE = 6, 0.35, 0.8

# From so many intervals on a beat may be missing now and then: two or three periods count, too.
_MISSABLE = 8

# What follows closer than that belongs to the same beat; a period is no shorter, ns.
_TOGETHER = 1_500_000_000


class Beats(NamedTuple):
    """A regular sequence.

    beats     how many there are
    period    the mean interval, ns
    jitter    how far an interval strays from it, at most, ns
    """

    beats: int
    period: int
    jitter: int


def beats(times: Iterable[int]) -> Beats | None:
    """Return how regular `times` (ns, in order) are, None where they are not."""
    marks = _together(times)
    if len(marks) < LEAST:
        return None
    intervals = [later - mark for mark, later in pairwise(marks)]
    middle = sorted(intervals)[len(intervals) // 2]
    most = 3 if len(intervals) >= _MISSABLE else 1
    near = [found for interval in intervals if (found := _near(interval, middle, most))]
    if len(near) < SHARE * len(intervals):
        return None
    period = sum(near) / len(near)
    return Beats(len(marks), round(period), round(max(abs(each - period) for each in near)))


def _together(times: Iterable[int]) -> list[int]:
    """Return the times at which something begins after a silence."""
    marks: list[int] = []
    latest = None
    for time in sorted(times):
        if latest is None or time - latest > _TOGETHER:
            marks.append(time)
        latest = time
    return marks


def _near(interval: int, middle: int, most: int) -> float | None:
    """Return the period that an interval is, or is up to `most` times; None if it is none."""
    for number in range(1, most + 1):
        if abs(interval - number * middle) <= TOLERANCE * middle:
            return interval / number
    return None
