"""One run of `live`: what is watched, whose table it is, and what is said about it."""

import argparse
import os
from collections.abc import Callable, Iterable

from tracker import host
from tracker.capture import interfaces
from tracker.capture.interfaces import ANY
from tracker.capture.stop import Stop
from tracker.config import Config
from tracker.connection import Connection
from tracker.live.seeding import seed
from tracker.live.watch import Watch
from tracker.names.listener import Listener
from tracker.names.services import Services
from tracker.report import quality
from tracker.report.hosts import HostNames
from tracker.report.rows import RowMaker, Rows
from tracker.report.sides import Sides, stated
from tracker.report.tally import tally
from tracker.report.text import counted, timestamp
from tracker.tables import wanted_rows
from tracker.tell import tell, tell_names, tell_summary
from tracker.whose import heard_sides, stated_sides

_NS_IN_S = 1_000_000_000
_NEVER = 2**63 - 1


class Session:
    """One run of `live`.

    watch     what is watched, from the interface called `interface`
    end       when to stop (--for), ns
    """

    def __init__(
        self,
        options: argparse.Namespace,
        config: Config,
        names: Services | None,
        watch: Watch,
        stop: Stop,
    ) -> None:
        self.options = options
        self.config = config
        self.watch = watch
        self.table = watch.meter.table
        self.interface = watch.interface
        self.end = _NEVER
        self.stop = stop
        self.signals = -1
        self.programs: host.Programs | None = None
        self.hosts: HostNames | None = None
        self.heard: Listener | None = None
        self._stated = stated_sides(options, config)
        self._services = names

    def begin(self, privileges_dropped: str | None) -> None:
        """Begin: from here on frames count, and a signal ends it well."""
        options = self.options
        self.signals = self.stop.arm_all()
        if options.programs:
            self.programs = host.Programs()
        if options.duration is not None:
            self.end = self.watch.clock.now() + round(options.duration * _NS_IN_S)
        tell(self._beginning())
        if privileges_dropped is not None:
            tell(privileges_dropped)

    def _beginning(self) -> str:
        options = self.options
        parts = [f"capturing, {self.watch.kept} of each frame"]
        if options.promiscuous:
            parts.append("promiscuous")
        if options.filter is not None:
            parts.append(f"filter {options.filter!r}")
        if options.write:
            parts.append(f"into {options.write}")
        ends = []
        if options.duration is not None:
            ends.append(f"for {options.duration:g} s")
        if options.count is not None:
            ends.append(f"up to {counted(options.count, 'frame')}")
        parts.append(" or ".join(ends) if ends else "until Ctrl-C")
        return f"{self.interface}: {', '.join(parts)}"

    def seed(self) -> None:
        """Take over what this host's kernel has and nothing was seen of, if that is wanted."""
        if not self.options.with_kernel:
            return
        addresses = None
        if self.interface != ANY:
            addresses = frozenset(interfaces.find(self.interface).addresses)
        sockets = host.sockets(programs=False)
        now = self.watch.clock.now()
        self.watch.catch_up(now)
        seed(self.table, sockets, addresses, now)

    @property
    def is_over(self) -> bool:
        """Whether a signal came, or as many frames as were wanted."""
        return self.stop.requested or self.watch.is_done

    def moment_of_end(self) -> int:
        """Take in what belongs into the last table, close the file, and return its moment, ns.

        That is the end of --for, else the last frame of --count, else now.
        """
        watch = self.watch
        if watch.is_done:
            moment = watch.meter.time
        else:
            moment = min(watch.clock.now(), self.end)
            watch.catch_up(moment)
        watch.finish(moment)
        return moment

    def whose(self) -> Sides:
        """Return whose table it is: this host's, whose addresses may change, by default."""
        if self._stated is not None:
            return self._stated
        if self.options.host is not None:
            heard = None if self.hosts is None else heard_sides(self.options.host, self.hosts)
            return heard or Sides([], f"local: {self.options.host} (--as), not heard of")
        return stated(interfaces.host_addresses(), "this host", self.options.promiscuous)

    def maker(self, moment: int, whose: Sides) -> RowMaker:
        """Return what makes the rows as of `moment` (ns)."""
        wanted = wanted_rows(self.options, self.config, moment)._replace(loss=self.watch.loss)
        ports = frozenset(self.config.service_ports)
        maker = RowMaker(wanted, whose, ports, self._services)
        if self.programs is not None:
            self.programs.refresh()
            maker.programs = self.programs
        if not self.options.numeric:
            maker.hosts = self.hosts
        return maker

    def connections(self, moment: int) -> Callable[[], Iterable[Connection]]:
        """Return what gives the connections as of `moment` (ns)."""
        return lambda: self.table.each(moment)

    def rows(self, moment: int, whose: Sides) -> Rows:
        """Return the rows as of `moment` (ns)."""
        return self.maker(moment, whose).rows(self.connections(moment))

    def tell_end(self, moment: int, whose: Sides, count: int) -> None:
        """Say what was seen, whose table it was, and what is weak about it."""
        watch = self.watch
        tell(
            f"{self.interface}: {counted(watch.meter.frames, 'frame')} until {timestamp(moment)}, "
            f"dropped by the kernel {_number(watch.dropped_by_kernel)}, "
            f"by the interface {_number(watch.dropped_by_interface)}"
        )
        self.tell_news()
        tell_summary(watch.meter, whose, count, self.options.closed)
        self._tell_others(whose)
        tell_names(self.heard)
        if self.programs is not None and self.programs.hidden and os.geteuid() != 0:
            what = counted(self.programs.hidden, "socket")
            tell(f"{what} of programs that this user may not see (root with --keep-privileges may)")
        found = tally(self.table.each())
        missing = quality.missing(watch.dropped_by_interface, watch.dropped_by_kernel, None)
        for line in quality.lines(watch.meter, found, missing, self.options.summary):
            tell(line)

    def tell_news(self) -> None:
        """Say what happened since it was asked last."""
        for line in self.watch.news:
            tell(line)
        self.watch.news.clear()

    def _tell_others(self, whose: Sides) -> None:
        """Say how many connections have no row because they are others'."""
        others = sum(1 for connection in self.table.each() if not whose.local(connection))
        if others:
            what = counted(others, "connection")
            tell(f"{what} of others not shown (--local names whose table it is)")


def _number(count: int | None) -> str:
    return "unknown" if count is None else f"{count}"
