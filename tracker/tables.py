"""From options and settings to the rows that are printed: what `read` and `live` have in common."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice

from tracker import whose
from tracker.config import Config, found
from tracker.endpoint import Profile
from tracker.errors import UsageError
from tracker.flow_table import FlowTable
from tracker.meter import Meter
from tracker.report.rows import Rows, Wanted
from tracker.tcp_state import State
from tracker.tell import tell
from tracker.typed import TYPE_CHECKING

if TYPE_CHECKING:  # loaded where names are wanted
    from tracker.names.listener import Listener
    from tracker.names.services import Services
    from tracker.report.hosts import HostNames

FINE, NOTHING_TO_SHOW = 0, 1

# One call for each line would cost more than making the line.
LINES_AT_ONCE = 1000


def settings(options: argparse.Namespace) -> Config:
    """Return the settings; raise UsageError where options do not go together.

    For `options.config` see `in_force`.
    """
    if options.csv and options.history:
        raise UsageError("--history has no place in CSV; use --json")
    if options.resolve and options.numeric:
        raise UsageError("--resolve asks for names, and -n wants none; give one of them")
    if options.style and (options.wide or options.history or options.json or options.csv):
        raise UsageError(
            "--style is for the plain table: it goes without --wide, --history, --json and --csv"
        )
    whose.refuse(options)
    return in_force(options)


def in_force(options: argparse.Namespace) -> Config:
    """Return the settings that --config and --profile, or what is installed, put in force.

    `options.config` names the file that was used from then on, be it found or named.
    """
    if options.config is None:
        options.config = found()
    if options.config is None and options.profile is None:
        return Config()
    from tracker.config import given  # here, because most runs have the defaults

    return given.in_force(options.config, options.profile).config


def new_meter(options: argparse.Namespace, config: Config) -> Meter:
    """Return a meter that has seen nothing, before an empty flow table."""
    return meter_before(flow_table(config, options.closed, options.history), config)


def meter_before(table: FlowTable, config: Config) -> Meter:
    """Return a meter that has seen nothing, before `table`."""
    return Meter(
        table,
        config.nanoseconds("fragment_timeout"),
        _locate,
    )


def listener(options: argparse.Namespace, config: Config) -> "Listener | None":
    """Return what hears names of hosts, unless -n forbids them and --as does not need them."""
    if options.numeric and options.host is None:
        return None
    from tracker.names.listener import Listener

    return Listener(config.names_memory << 20, int.from_bytes(os.urandom(8)))


def host_names(
    options: argparse.Namespace,
    config: Config,
    heard: "Listener | None",
    captured: Mapping[str, list[str]],
) -> "HostNames | None":
    """Return what knows the names of hosts, those `captured` by address among them.

    None unless somebody asks for names: with -n it may be --as.
    """
    if heard is None:
        return None
    from tracker.report.hosts import HostNames

    if heard.clues.count and not _has_dnspython():
        tell("no names from DNS: dnspython is not installed (pip install dnspython)")

    hosts = HostNames(heard, config.hosts, captured)
    if options.resolve:
        from tracker.names.resolver import Resolver

        hosts.resolver = Resolver()
    return hosts


def _has_dnspython() -> bool:
    """Return whether messages of DNS can be taken apart."""
    try:
        import dns  # noqa: F401 - looked for; what it holds is loaded where a name is asked for
    except ImportError:
        return False
    return True


def _locate(link_type: int) -> Callable[[bytes], bytes | None] | None:
    """Return what finds IP packets in frames of a link type that the engine does not know."""
    from tracker.capture.dissect import finder

    return finder(link_type)


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
    table.linger = config.nanoseconds("linger")
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
    if options.style:
        from tracker.report.styles import styled

        return styled(rows, options.style, as_of)
    from tracker.report.table import history, table

    lines = table(rows, options.wide, as_of)
    return chain(lines, history(rows)) if options.history else lines
