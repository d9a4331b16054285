"""Frames through the meter, up to a moment."""

from collections.abc import Iterable

from tracker.frames import Frames
from tracker.meter import Meter
from tracker.moment import Moment


def replay(runs: Iterable[tuple[Frames, int, int]], meter: Meter, moment: Moment) -> int:
    """Feed `runs` of frames to `meter`, as of `moment`; return that moment in ns.

    A run is a block and the first and the last (exclusive) of its frames that count.  Frames that
    are later than the moment do not count, wherever they stand.  Without a moment it is the time
    of the last frame.
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
            meter.feed(frames, first, end)
        else:
            _feed_until(meter, frames, first, end, limit)
        if moment.frame is not None and meter.frames >= moment.frame:
            break
    now = meter.time if limit is None else limit
    meter.table.expire(now)
    return now


def _feed_until(meter: Meter, frames: Frames, first: int, last: int, limit: int) -> None:
    """Feed the frames of the run that are not later than `limit` ns."""
    while first < last:
        end = min(frames.run_until(first, limit), last)
        meter.feed(frames, first, end)
        first = end
        while first < last and frames.times[first] > limit:
            meter.skip(1)
            first += 1
