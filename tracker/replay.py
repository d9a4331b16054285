"""Frames through the meter, up to a moment."""

from collections.abc import Callable, Iterable, Iterator

from tracker.frames import Frames, Run
from tracker.meter import Meter
from tracker.moment import Moment

#: Yields (first, last) of each run of frames that count, among those from `first` to `last` - 1.
Choice = Callable[[Frames, int, int], Iterator[tuple[int, int]]]


def replay(
    runs: Iterable[Run],
    meter: Meter,
    moment: Moment,
    choose: Choice | None = None,
) -> int:
    """Feed `runs` of frames to `meter`, as of `moment`; return that moment in ns.

    Frames that are later than the moment do not count, wherever they stand.  Without a moment it is
    the time of the last frame.  Of all these only those count that `choose` chooses.
    """
    limit = moment.time
    started = False
    for frames, first, last in runs:
        if not started:
            limit = moment.limit(frames.times[first])
            started = True
        end = last
        if moment.frame is not None:
            end = min(last, first + moment.frame - meter.frames)
        if limit is None:
            _feed(meter, frames, first, end, choose)
        else:
            _feed_until(meter, frames, first, end, limit, choose)
        if moment.frame is not None and meter.frames >= moment.frame:
            break
    now = meter.time if limit is None else limit
    meter.table.expire(now)
    meter.table.forget()  # or what is left would depend on when other connections came
    return now


def _feed(meter: Meter, frames: Frames, first: int, last: int, choose: Choice | None) -> None:
    """Feed the frames of the run that are chosen; time passes with the others, too."""
    if choose is None:
        meter.feed(frames, first, last)
        return
    for start, end in choose(frames, first, last):
        meter.skip(start - first)
        meter.feed(frames, start, end)
        first = end
    meter.skip(last - first)
    if first < last:
        meter.time = frames.times[last - 1]


def _feed_until(
    meter: Meter, frames: Frames, first: int, last: int, limit: int, choose: Choice | None
) -> None:
    """Feed the frames of the run that are not later than `limit` ns."""
    while first < last:
        end = min(frames.run_until(first, limit), last)
        _feed(meter, frames, first, end, choose)
        first = end
        while first < last and frames.times[first] > limit:
            meter.skip(1)
            first += 1
