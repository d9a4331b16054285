"""From options and settings to the rows that are printed: what `read` and `live` have in common."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from itertools import chain, islice

from tracker.config import Config, load
from tracker.endpoint import Profile
from tracker.errors import UsageError
from tracker.flow_table import FlowTable
from tracker.meter import Meter
from tracker.report import sides
from tracker.report.rows import Rows, Wanted
from tracker.tcp_state import State
from tracker.typed import TYPE_CHECKING

if TYPE_CHECKING:  # loaded where names are wanted
    from tracker.names.services import Services

FINE, NOTHING_TO_SHOW = 0, 1

# One call for each line would cost more than making the line.
LINES_AT_ONCE = 1000


def settings(options: argparse.Namespace) -> Config:
    """Return the settings; raise UsageError where options do not go together."""
    if options.csv and options.history:
        raise UsageError("--history has no place in CSV; use --json")
    return Config() if options.config is None else load(options.config)


def new_meter(options: argparse.Namespace, config: Config) -> Meter:
    """Return a meter that has seen nothing, before an empty flow table."""
    return Meter(
        flow_table(config, options.closed, options.history),
        config.nanoseconds("fragment_timeout"),
        _locate,
    )


def _locate(link_type: int) -> Callable[[bytes], bytes | None] | None:
    """Return what finds IP packets in frames of a link type that the engine does not know."""
    from tracker.capture.dissect import finder

    return finder(link_type)


def stated_sides(options: argparse.Namespace, config: Config) -> sides.Sides | None:
    """Return whose table it is where the user says so, else None."""
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


def services(options: argparse.Namespace) -> "Services | None":
    """Return the names of services, unless -n forbids them."""
    if options.numeric:
        return None
    from tracker.names.services import load_services

    return load_services()


def wanted_rows(options: argparse.Namespace, config: Config, now: int) -> Wanted:
    """Return which rows the options ask for, at the moment `now` (ns)."""
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


def print_rows(options: argparse.Namespace, rows: Rows, as_of: bool = False) -> None:
    """Print the rows in the form that was asked for, each with its moment if `as_of`."""
    lines = _lines(options, rows, as_of)
    while batch := list(islice(lines, LINES_AT_ONCE)):
        batch.append("")
        sys.stdout.write("\n".join(batch))


def _lines(options: argparse.Namespace, rows: Rows, as_of: bool) -> Iterator[str]:
    """Return the lines of the output in the form that was asked for."""
    if options.csv:
        from tracker.report.records import csv_lines

        return csv_lines(rows, as_of)
    if options.json:
        from tracker.report.records import json_lines

        return json_lines(rows, options.history, as_of)
    from tracker.report.table import history, table

    lines = table(rows, options.wide, as_of)
    return chain(lines, history(rows)) if options.history else lines
