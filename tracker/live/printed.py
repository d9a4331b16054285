"""Tables of `live` where there is no screen: one at the end, or one every few seconds."""

import sys

from tracker.live.session import Session
from tracker.tables import FINE, NOTHING_TO_SHOW, print_rows

_NS_IN_S = 1_000_000_000
_NEVER = 2**63 - 1


def print_tables(session: Session) -> int:
    """Print tables until the end of `session`; return the exit status."""
    options, watch = session.options, session.watch
    session.seed()
    repeated = options.interval is not None
    interval = round(options.interval * _NS_IN_S) if repeated else 0
    following = watch.clock.now() + interval if repeated else _NEVER
    while not session.is_over and watch.clock.now() < session.end:
        moment = min(following, session.end)
        watch.wait(moment, session.signals)
        watch.take(moment)
        session.tell_news()
        if watch.clock.now() >= following < session.end and not session.is_over:
            watch.catch_up(following)
            _print(session, following)
            following = max(following + interval, watch.clock.now())
    moment = session.moment_of_end()
    count = _print(session, moment)
    session.tell_end(moment, session.whose(), count)
    return FINE if count else NOTHING_TO_SHOW


def _print(session: Session, moment: int) -> int:
    """Print the table as of `moment` (ns) and return how many rows it has."""
    rows = session.rows(moment, session.whose())
    print_rows(session.options, rows, session.options.interval is not None)
    sys.stdout.flush()
    return rows.count
