"""The table of `live` on a terminal, drawn again and again in place."""

from collections.abc import Callable, Iterable, Iterator

from tracker.connection import Connection
from tracker.live.screen import Screen
from tracker.live.session import Session
from tracker.report.dashboard import Dashboard, Line, Status
from tracker.tables import FINE, NOTHING_TO_SHOW, print_rows

_NS_IN_S = 1_000_000_000

# Tracking goes first: drawing may take a tenth of the time.
_SHARE = 10

# How many connections are looked at between two looks at the ring.
_AT_ONCE = 4096


def draw_tables(session: Session) -> int:
    """Show the table until the end of `session`, print the last one; return the exit status."""
    session.seed()
    with Screen(session.signals) as screen:
        _Show(session, screen).run()
    moment = session.moment_of_end()
    whose = session.whose()
    rows = session.rows(moment, whose)
    print_rows(session.options, rows)
    session.tell_end(moment, whose, rows.count)
    return FINE if rows.count else NOTHING_TO_SHOW


class _Show:
    """What stands on the screen, and when it is drawn anew."""

    def __init__(self, session: Session, screen: Screen) -> None:
        self._session = session
        self._screen = screen
        self._dashboard = Dashboard(session.options.wide)
        self._interval = round((session.options.interval or session.config.refresh) * _NS_IN_S)
        self._drawn = session.watch.clock.now()
        self._frames = 0

    def run(self) -> None:
        """Draw until a key, a signal, the number of frames or the time ends it."""
        session, screen, watch = self._session, self._screen, self._session.watch
        due = self._drawn
        while not (session.is_over or screen.quit) and watch.clock.now() < session.end:
            watch.wait(min(due, session.end), session.signals, screen.fileno())
            watch.take()
            was_paused = screen.paused
            is_new = screen.keys()
            now = watch.clock.now()
            if now >= due or (was_paused and not screen.paused):
                self._refresh(now)
                took = watch.clock.now() - now
                due = now + max(self._interval, _SHARE * took)
            elif is_new:
                self._scroll()

    def _refresh(self, now: int) -> None:
        """Draw the table as of now; while it pauses, the last one."""
        session, screen = self._session, self._screen
        maker = session.maker(now, session.whose())
        rows = maker.rows(self._with_pauses(session.connections(now)))
        self._draw(
            self._dashboard.lines(rows, self._status(now), *screen.size(), screen.top, screen.left)
        )

    def _scroll(self) -> None:
        """Draw the last table as the keys want it now."""
        screen = self._screen
        self._draw(self._dashboard.again(screen.paused, *screen.size(), screen.top, screen.left))

    def _draw(self, lines: list[Line]) -> None:
        dashboard = self._dashboard
        self._screen.scrolled(dashboard.top, dashboard.left, dashboard.page)
        self._screen.draw(lines)

    def _with_pauses(
        self, connections: Callable[[], Iterable[Connection]]
    ) -> Callable[[], Iterator[Connection]]:
        """Return what gives the same connections, and takes in frames between them."""

        def give() -> Iterator[Connection]:
            for number, connection in enumerate(connections()):
                if number % _AT_ONCE == _AT_ONCE - 1:
                    self._session.watch.take()
                yield connection

        return give

    def _status(self, now: int) -> Status:
        watch = self._session.watch
        frames = watch.meter.frames
        seconds = max(now - self._drawn, 1) / _NS_IN_S
        rate = (frames - self._frames) / seconds
        self._drawn, self._frames = now, frames
        return Status(
            where=self._session.interface,
            now=now,
            packets=frames,
            per_second=rate,
            dropped_by_kernel=watch.dropped_by_kernel,
            dropped_by_interface=watch.dropped_by_interface,
            paused=self._screen.paused,
            notes=tuple(watch.news),
            connections_held=len(self._session.table),
            undecoded=frames - watch.meter.decoded,
        )
