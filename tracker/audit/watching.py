"""An interface, watched by `audit` and `learn`: connections as they come, looked at often."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing

from tracker import host
from tracker.audit.run import listeners, tell_end
from tracker.audit.subject import Subject
from tracker.audit.subjects import row_maker, subjects, with_bursts
from tracker.capture import interfaces, privileges
from tracker.capture.live import LiveCapture
from tracker.capture.steady import SteadyClock
from tracker.capture.stop import Stop
from tracker.config import Config
from tracker.connection import Connection
from tracker.errors import UserError
from tracker.live.watch import Watch
from tracker.names.ready import load_all
from tracker.names.services import load_services
from tracker.report.sides import Sides, stated
from tracker.tables import flow_table, host_names, meter_before
from tracker.tell import tell
from tracker.whose import stated_sides

# How often to look at all connections, ns: no more often than that looking takes a tenth of the
# time.
_TICK, _SHARE = 1_000_000_000, 10

# How often the kernel is asked (--kernel), ns.
_KERNEL_TICK = 10_000_000_000

# What has just begun may be answered at once: it is looked at so much later, ns.
_SETTLED = 1_000_000_000

# So many doubts are remembered, so that none is told twice; the oldest are forgotten first.
_MOST_TOLD = 100_000

_NEVER = 2**63 - 1


def run(
    options: argparse.Namespace,
    config: Config,
    what: str,
    begin: Callable[[LiveCapture], "Watching"],
) -> int:
    """Capture from the interface, and let what `begin` makes watch; return the exit status."""
    load_all()  # nothing must be left to be loaded once privileges are given up
    interface = interfaces.find(options.interface)
    with ExitStack() as stack:
        stop = stack.enter_context(Stop())
        capture = stack.enter_context(closing(_open(interface, config)))
        dropped = privileges.drop()
        watching = begin(capture)
        signals = stop.arm_all()
        tell(f"{interface.name}: {what} until Ctrl-C")
        if dropped is not None:
            tell(dropped)
        watching.run(stop, signals)
        return watching.end()


def _open(interface: interfaces.Interface, config: Config) -> LiveCapture:
    """Begin to capture; raise UserError where that is not allowed."""
    try:
        return LiveCapture(interface, None, config.snap_length, False, config.ring << 20, True)
    except PermissionError as error:
        raise UserError(privileges.refusal(error, sys.argv[1:])) from None
    except OSError as error:
        raise UserError(f"{interface.name}: cannot be captured from: {error.strerror}") from None


class Watching:
    """One run over an interface; what is looked for, those that inherit say."""

    def __init__(self, options: argparse.Namespace, config: Config, capture: LiveCapture) -> None:
        self.options = options
        self._config = config
        self._table = flow_table(config, keep_ended=True)
        self._meter = meter_before(self._table, config)
        self._names, self.speech = listeners(config, self._table)
        self._meter.hearer = self.speech
        self._hosts = host_names(options, config, self._names, {})
        self.watch = Watch(capture, self._meter, None, SteadyClock(), None)
        self.begun = self.watch.clock.now()
        self._services = load_services()
        self._programs = _programs()

    def look(self, now: int, until: int) -> None:
        """Look, at `now`, at the connections that began by `until` (ns)."""

    def ask_kernel(self) -> None:
        """Ask this host's kernel, where that is wanted."""

    def conclude(self, now: int) -> int:
        """Look for the last time, at `now` (ns), and say what there was; return the status."""
        raise NotImplementedError

    def run(self, stop: Stop, signals: int) -> None:
        """Look at the connections again and again."""
        watch = self.watch
        end = _NEVER
        if self.options.duration is not None:
            end = self.begun + round(self.options.duration * 1e9)
        due = self.begun + _TICK
        asked = self.begun + _KERNEL_TICK if self.options.kernel is not None else _NEVER
        while not stop.requested and watch.clock.now() < end:
            watch.wait(min(due, end), signals)
            watch.take()
            now = watch.clock.now()
            if now >= due:
                self.look(now, now - _SETTLED)
                due = now + max(_TICK, _SHARE * (watch.clock.now() - now))
            if now >= asked:
                self.ask_kernel()
                asked = watch.clock.now() + _KERNEL_TICK
            self._tell_news()

    def end(self) -> int:
        """Come to an end; return the exit status."""
        now = self.watch.clock.now()
        self.watch.catch_up(now)
        status = self.conclude(now)
        self.watch.finish(now)
        tell_end(self._meter, self._sides(), self._names, self.speech)
        self._tell_news()
        return status

    def found(self, now: int, until: int) -> Iterator[tuple[Subject, list[int]]]:
        """Yield the subjects that began by `until`, with their bursts, as of `now` (ns)."""
        if self._programs is not None:
            self._programs.refresh()
        maker = row_maker(
            self._config, self._sides(), self._services, now, self._hosts, self._programs
        )
        settled = (each for each in self._table.each(now) if each.first_seen <= until)
        yield from with_bursts(settled, maker, self.speech)

    def connections(self) -> Iterator[Connection]:
        """Yield all connections, as they are now."""
        return self._table.connections()

    def has_lookups(self) -> bool:
        """Return whether any lookup was heard."""
        return self._names.clues.count > 0

    def subjects_now(self) -> Iterable[Subject]:
        """Return the subjects as of now."""
        now = self.watch.clock.now()
        self.watch.catch_up(now)
        maker = row_maker(self._config, self._sides(), self._services, now)
        return subjects(self._table.each(now), maker, None)

    def pause(self, seconds: float) -> None:
        """Let time pass, and take in what comes meanwhile."""
        end = self.watch.clock.now() + round(seconds * 1e9)
        while self.watch.clock.now() < end:
            self.watch.wait(end)
            self.watch.take()

    def _sides(self) -> Sides:
        """Return whose connections they are: this host's, whose addresses may change."""
        known = stated_sides(self.options, self._config)
        return known or stated(interfaces.host_addresses(), "this host")

    def _tell_news(self) -> None:
        for line in self.watch.news:
            tell(line)
        self.watch.news.clear()


def _programs() -> host.Programs | None:
    """Return what knows whose the local sockets are, None where psutil is not installed."""
    try:
        host.load_psutil()
    except UserError:
        return None
    return host.Programs()
