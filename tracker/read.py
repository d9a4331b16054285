"""The command `read`: from saved captures to the table of their connections."""

import argparse
import sys
from contextlib import ExitStack, closing

from tracker import moment
from tracker.capture.errors import CaptureError
from tracker.capture.saved import SavedCapture, in_time_order, names_in
from tracker.capture.stop import Stop
from tracker.errors import UsageError
from tracker.replay import replay
from tracker.report.rows import RowMaker, Rows
from tracker.report.sides import Sides
from tracker.report.tally import tally
from tracker.report.text import counted
from tracker.tables import (
    FINE,
    NOTHING_TO_SHOW,
    host_names,
    listener,
    new_meter,
    print_rows,
    services,
    settings,
    wanted_rows,
)
from tracker.tell import tell, tell_moment, tell_names, tell_quality, tell_summary
from tracker.typed import TYPE_CHECKING
from tracker.whose import heard_sides, known_hosts, stated_sides, unheard

if TYPE_CHECKING:  # loaded where they are wanted
    from tracker.capture.bpf import Filter
    from tracker.report.hosts import HostNames


def read(options: argparse.Namespace) -> int:
    """Run the command with its `options` and return the exit status.

    Raises the exceptions that `cli` tells in one line.
    """
    config = settings(options)
    if options.follow and len(options.files) > 1:
        raise UsageError("--follow takes one file: the one that still grows")
    when = moment.END if options.at is None else moment.parse(options.at)
    whose = stated_sides(options, config)
    meter = new_meter(options, config)
    meter.checksums = options.checksums
    heard = meter.hearer = listener(options, config)
    chosen = _filter(options)
    with ExitStack() as files:
        stop = files.enter_context(Stop())
        captures = [
            files.enter_context(closing(SavedCapture(path, options.follow, stop)))
            for path in options.files
        ]
        runs = in_time_order(captures)
        if sys.stderr.isatty():
            from tracker.progress import Progress

            runs = files.enter_context(Progress(sys.stderr, captures)).watch(runs)
        now = replay(runs, meter, when, None if chosen is None else chosen.runs)
    warnings = _warnings(captures, chosen)
    found = tally(meter.table.each(), known_hosts(config))
    hosts = host_names(options, config, heard, names_in(captures))
    if whose is None:
        whose = _heard_sides(options, hosts) or found.sides
    wanted = wanted_rows(options, config, now)
    if not found.version6:
        wanted = wanted._replace(version6=False)
    maker = RowMaker(wanted, whose, frozenset(config.service_ports), services(options))
    rows = maker.rows(meter.table.each)
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
