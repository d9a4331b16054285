"""The command `read`: from saved captures to the table of their connections."""

import argparse
import sys
from contextlib import ExitStack, closing

from tracker import moment
from tracker.capture.errors import CaptureError
from tracker.capture.saved import SavedCapture, in_time_order
from tracker.capture.stop import Stop
from tracker.errors import UsageError
from tracker.replay import replay
from tracker.report.rows import RowMaker
from tracker.report.tally import tally
from tracker.tables import (
    FINE,
    NOTHING_TO_SHOW,
    new_meter,
    print_rows,
    services,
    settings,
    stated_sides,
    wanted_rows,
)
from tracker.tell import tell, tell_moment, tell_quality, tell_summary


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
    chosen = None
    if options.filter is not None:
        from tracker.capture.bpf import Filter

        chosen = Filter(options.filter)
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
    warnings = [warning for capture in captures for warning in capture.warnings]
    if chosen is not None:
        warnings += chosen.warnings()
    if warnings and not any(capture.frames for capture in captures):
        raise CaptureError(warnings[0])
    found = tally(meter.table.each())
    if whose is None:
        whose = found.sides
    wanted = wanted_rows(options, config, now)
    if not found.version6:
        wanted = wanted._replace(version6=False)
    maker = RowMaker(wanted, whose, frozenset(config.service_ports), services(options))
    rows = maker.rows(meter.table.each)
    print_rows(options, rows)
    for warning in warnings:
        tell(warning)
    tell_moment(when, meter)
    tell_summary(meter, whose, rows.count, options.closed)
    tell_quality(meter, found, captures, options.summary)
    return FINE if rows.count else NOTHING_TO_SHOW
