"""The command `read`: from saved captures to the table of their connections."""

import argparse
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing

from tracker import moment
from tracker.capture.errors import CaptureError
from tracker.capture.saved import SavedCapture, in_time_order, names_in
from tracker.capture.source import STANDARD_INPUT
from tracker.capture.stop import Stop
from tracker.config import Config
from tracker.errors import UsageError
from tracker.flow_table import FlowTable
from tracker.frames import Run
from tracker.meter import Meter
from tracker.moment import Moment
from tracker.replay import replay
from tracker.report.rows import RowMaker, Rows
from tracker.report.sides import Sides
from tracker.report.tally import Tallying
from tracker.report.text import counted
from tracker.tables import (
    FINE,
    NOTHING_TO_SHOW,
    flow_table,
    host_names,
    listener,
    meter_before,
    print_rows,
    services,
    settings,
    wanted_rows,
)
from tracker.tell import tell, tell_moment, tell_names, tell_quality, tell_summary
from tracker.typed import TYPE_CHECKING, NamedTuple
from tracker.whose import heard_sides, known_hosts, stated_sides, unheard

if TYPE_CHECKING:  # loaded where they are wanted
    from tracker.capture.bpf import Filter
    from tracker.names.listener import Listener
    from tracker.report.hosts import HostNames


# How many octets of captures are worth more than one process.
_WORTH_SHARING = 1 << 27


class _Replayed(NamedTuple):
    """What has seen the captures, heard names, added up; and the moment of the table, ns."""

    meter: Meter
    heard: "Listener | None"
    tallying: Tallying
    now: int


def read(options: argparse.Namespace) -> int:
    """Run the command with its `options` and return the exit status.

    Raises the exceptions that `cli` tells in one line.
    """
    config = settings(options)
    if options.follow and len(options.files) > 1:
        raise UsageError("--follow takes one file: the one that still grows")
    if options.follow or STANDARD_INPUT in options.files:
        _refuse_jobs(options)
    when = moment.END if options.at is None else moment.parse(options.at)
    whose = stated_sides(options, config)
    chosen = _filter(options)
    with ExitStack() as files:
        stop = files.enter_context(Stop())
        captures = [
            files.enter_context(closing(SavedCapture(path, options.follow, stop)))
            for path in options.files
        ]
        meter, heard, tallying, now = _replay(options, config, captures, when, chosen)
    warnings = _warnings(captures, chosen)
    found = tallying.tally(meter.table.each())
    hosts = host_names(options, config, heard, names_in(captures))
    if whose is None:
        whose = _heard_sides(options, hosts) or found.sides
    wanted = wanted_rows(options, config, now)
    if not found.version6:
        wanted = wanted._replace(version6=False)
    maker = RowMaker(wanted, whose, frozenset(config.service_ports), services(options))
    rows = maker.rows(meter.table.in_order)
    if not options.numeric:
        maker.hosts = hosts
    if options.resolve:
        _resolve(rows, config.resolve_timeout)
    print_rows(options, rows)
    for warning in warnings:
        tell(warning)
    tell_moment(when, meter)
    tell_summary(meter, whose, rows.count, options.closed)
    tell_names(heard)
    tell_quality(meter, found, captures, options.summary)
    return FINE if rows.count else NOTHING_TO_SHOW


def _replay(
    options: argparse.Namespace,
    config: Config,
    captures: list[SavedCapture],
    when: Moment,
    chosen: "Filter | None",
) -> _Replayed:
    """Return what has seen the captures."""
    heard: Listener | None = None
    tallying = Tallying()
    choose = None if chosen is None else chosen.runs

    def begin() -> Meter:
        nonlocal heard, tallying
        meter = meter_before(_table(options, config), config)
        tallying = meter.table.heir = Tallying(known_hosts(config))
        meter.checksums = options.checksums
        heard = meter.hearer = listener(options, config)
        return meter

    def runs() -> Iterable[Run]:
        return in_time_order(captures)

    with ExitStack() as shown:
        watched: Callable[[Iterable[Run]], Iterable[Run]] = iter
        if sys.stderr.isatty():
            from tracker.progress import Progress

            watched = shown.enter_context(Progress(sys.stderr, captures)).watch
        jobs = _jobs(options, captures)
        if jobs > 1:
            from tracker.shares import replay_shared

            meter, now = replay_shared(begin, runs, watched, when, jobs, choose)
        else:
            meter = begin()
            now = replay(watched(runs()), meter, when, choose)
    return _Replayed(meter, heard, tallying, now)


def _table(options: argparse.Namespace, config: Config) -> FlowTable:
    """Return an empty flow table.

    Who listens, only connections tell, also those that have ended: then all are kept.
    """
    keep_ended = options.closed or options.all or options.listening
    table = flow_table(config, keep_ended, options.history)
    if not options.closed:
        table.max_half_open = config.max_half_open
    return table


def _jobs(options: argparse.Namespace, captures: list[SavedCapture]) -> int:
    """Return how many processes are to share the work.

    More than one are worth it where tracking is most of the work: each of them reads, decompresses,
    verifies and filters everything, and a history takes long to hand over.
    """
    if not all(capture.is_file for capture in captures):
        _refuse_jobs(options)
        return 1
    if options.jobs is not None:
        jobs: int = options.jobs
        return jobs
    is_other = options.checksums or options.filter or options.history
    is_other = is_other or any(capture.is_compressed for capture in captures)
    if is_other or sum(capture.size or 0 for capture in captures) < _WORTH_SHARING:
        return 1
    from tracker.shares import processes

    return processes()


def _refuse_jobs(options: argparse.Namespace) -> None:
    """Raise UsageError where several processes are asked for, and cannot read what one reads."""
    if options.jobs is not None and options.jobs > 1:
        raise UsageError("--jobs: a pipe, or a file that still grows, is read by one process")


def _filter(options: argparse.Namespace) -> "Filter | None":
    """Return which frames count, None for all of them."""
    if options.filter is None:
        return None
    from tracker.capture.bpf import Filter

    return Filter(options.filter)


def _warnings(captures: list[SavedCapture], chosen: "Filter | None") -> list[str]:
    """Return what is wrong with the captures; raise CaptureError where nothing could be read."""
    warnings = [warning for capture in captures for warning in capture.warnings]
    if chosen is not None:
        warnings += chosen.warnings()
    if warnings and not any(capture.frames for capture in captures):
        raise CaptureError(warnings[0])
    return warnings


def _heard_sides(options: argparse.Namespace, hosts: "HostNames | None") -> Sides | None:
    """Return the sides of the host that --as names and only the capture knows."""
    if options.host is None or hosts is None:
        return None
    found = heard_sides(options.host, hosts)
    if found is None:
        raise unheard(options.host)
    return found


def _resolve(rows: Rows, seconds: float) -> None:
    """Ask for the names of all hosts in the table, and wait for the answers, at most so long."""
    for row in rows:
        row.cells()
    resolver = rows.maker.hosts.resolver
    resolver.wait(seconds)
    if resolver.pending:
        tell(f"{counted(resolver.pending, 'host')} not resolved within {seconds:g} s")
