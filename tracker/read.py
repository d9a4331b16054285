"""The command `read`: from saved captures to the table of their connections."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import chain, islice

from tracker import moment
from tracker.capture.errors import CaptureError
from tracker.capture.saved import SavedCapture, in_time_order
from tracker.capture.stop import Stop
from tracker.config import Config, load
from tracker.endpoint import Profile
from tracker.errors import UsageError
from tracker.flow_table import FlowTable
from tracker.meter import Meter
from tracker.replay import replay
from tracker.report import sides
from tracker.report.rows import RowMaker, Rows, Wanted
from tracker.report.tally import tally
from tracker.tcp_state import State
from tracker.tell import tell, tell_moment, tell_quality, tell_summary

FINE, NOTHING_TO_SHOW = 0, 1

# One call for each line would cost more than making the line.
LINES_AT_ONCE = 1000


def read(options: argparse.Namespace) -> int:
    """Run the command with its `options` and return the exit status.

    Raises the exceptions that `cli` tells in one line.
    """
    if options.csv and options.history:
        raise UsageError("--history has no place in CSV; use --json")
    if options.follow and len(options.files) > 1:
        raise UsageError("--follow takes one file: the one that still grows")
    config = Config() if options.config is None else load(options.config)
    when = moment.END if options.at is None else moment.parse(options.at)
    whose = _stated_sides(options, config)
    meter = Meter(
        flow_table(config, options.closed, options.history),
        config.nanoseconds("fragment_timeout"),
        _locate,
    )
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
    wanted = _wanted(options, config, now)
    if not found.version6:
        wanted = wanted._replace(version6=False)
    rows = _row_maker(options, config, wanted, whose).rows(meter.table.each)
    _print_rows(options, rows)
    for warning in warnings:
        tell(warning)
    tell_moment(when, meter)
    tell_summary(meter, whose, rows.count, options.closed)
    tell_quality(meter, found, captures, options.summary)
    return FINE if rows.count else NOTHING_TO_SHOW


def _locate(link_type: int) -> Callable[[bytes], bytes | None] | None:
    """Return what finds IP packets in frames of a link type that the engine does not know."""
    from tracker.capture.dissect import finder

    return finder(link_type)


def _stated_sides(options: argparse.Namespace, config: Config) -> sides.Sides | None:
    if options.local:
        return sides.stated(options.local, "--local")
    return sides.stated(config.local, options.config) if config.local else None


def flow_table(config: Config, keep_ended: bool, keep_history: bool = False) -> FlowTable:
    """Return an empty flow table with the settings of `config`."""
    timers = [0] * len(State)
    for state in State:
        name = state.name.lower()
        if name in Config._fields:
            timers[state] = config.nanoseconds(name)
    table = FlowTable(
        Profile(timers, config.rfc1337, config.nanoseconds("initial_rto")),
        config.max_connections,
        config.nanoseconds("udp_unreplied"),
        config.nanoseconds("udp_replied"),
        keep_ended,
        keep_history,
        int.from_bytes(os.urandom(8)),
    )
    if not keep_ended:
        table.max_half_open = config.max_half_open
    return table


def _row_maker(
    options: argparse.Namespace, config: Config, wanted: Wanted, whose: sides.Sides
) -> RowMaker:
    services = None
    if not options.numeric:
        from tracker.names import load_services

        services = load_services()
    return RowMaker(wanted, whose, frozenset(config.service_ports), services)


def _wanted(options: argparse.Namespace, config: Config, now: int) -> Wanted:
    any_protocol = options.tcp == options.udp
    any_version = options.ipv4 == options.ipv6
    return Wanted(
        now,
        tcp=any_protocol or options.tcp,
        udp=any_protocol or options.udp,
        version4=any_version or options.ipv4,
        version6=any_version or options.ipv6,
        open=not options.listening,
        closed=options.closed and not options.listening,
        listening=options.listening or options.all,
        unreplied=config.nanoseconds("udp_unreplied"),
        replied=config.nanoseconds("udp_replied"),
    )


def _print_rows(options: argparse.Namespace, rows: Rows) -> None:
    """Print the rows in the form that was asked for."""
    lines = _lines(options, rows)
    while batch := list(islice(lines, LINES_AT_ONCE)):
        batch.append("")
        sys.stdout.write("\n".join(batch))


def _lines(options: argparse.Namespace, rows: Rows) -> Iterator[str]:
    """Return the lines of the output in the form that was asked for."""
    if options.csv:
        from tracker.report.records import csv_lines

        return csv_lines(rows)
    if options.json:
        from tracker.report.records import json_lines

        return json_lines(rows, options.history)
    from tracker.report.table import history, table

    lines = table(rows, options.wide)
    return chain(lines, history(rows)) if options.history else lines
