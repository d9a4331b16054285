"""Saved captures through the meter, up to a moment."""

from tracker.capture.saved import SavedCapture, in_time_order
from tracker.frames import Frames
from tracker.meter import Meter
from tracker.moment import Moment


def replay(captures: list[SavedCapture], meter: Meter, moment: Moment) -> int:
    """Feed the frames of `captures` to `meter`, as of `moment`; return that moment in ns.

    Frames that are later than the moment do not count, wherever they stand in the file.  Without
    a moment it is the time of the latest frame.  Raises CaptureError for a damaged capture.
    """
    limit = moment.time
    started = False
    for frames, first, last in in_time_order(captures):
        if not started:
            limit = moment.limit(frames.times[first])
            started = True
        if moment.frame is not None:
            last = min(last, first + moment.frame - meter.frames)
        if limit is None:
            meter.feed(frames, first, last)
        else:
            _feed_until(meter, frames, first, last, limit)
        if moment.frame is not None and meter.frames >= moment.frame:
            break
    now = meter.last_time if limit is None else limit
    meter.table.expire(now)
    return now


def _feed_until(meter: Meter, frames: Frames, first: int, last: int, limit: int) -> None:
    """Feed the frames of the run that are not later than `limit` ns."""
    while first < last:
        end = min(frames.run_until(first, limit), last)
        if end > first:
            meter.feed(frames, first, end)
        first = end
        while first < last and frames.times[first] > limit:
            first += 1
