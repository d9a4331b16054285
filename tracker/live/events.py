"""The events of `live`: a JSON line for each connection that is opened, changes or is closed."""

import sys

from tracker.live.session import Session
from tracker.live.watch import DELAY
from tracker.report.events import Events
from tracker.tables import FINE, NOTHING_TO_SHOW

# How often to look for timers that ran out, ns.
_TICK = 1_000_000_000


def print_events(session: Session) -> int:
    """Print events until the end of `session`; return the exit status."""
    watch = session.watch
    now = watch.clock.now()
    events = Events(session.maker(now, session.whose()))
    session.table.journal = events
    session.seed()
    count = 0
    tick = now
    while not session.is_over and watch.clock.now() < session.end:
        watch.wait(min(tick + _TICK, session.end), session.signals)
        watch.take()
        if watch.clock.now() >= tick + _TICK:
            tick = watch.clock.now()
            session.table.expire(tick - DELAY)  # what is still to come may be that old
        count += _print(events)
        session.tell_news()
    moment = session.moment_of_end()
    session.table.expire(moment)
    count += _print(events)
    session.tell_end(moment, session.whose(), count)
    return FINE if count else NOTHING_TO_SHOW


def _print(events: Events) -> int:
    """Print what has happened; return how many events that are."""
    lines = events.take()
    if lines:
        lines.append("")
        sys.stdout.write("\n".join(lines))
        sys.stdout.flush()
    return len(lines)
