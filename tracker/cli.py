"""Commands and options: wires the parts together; everything that prints is here."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from itertools import islice
from typing import NoReturn

import tracker
from tracker import moment
from tracker.capture.errors import CaptureError, FilterError
from tracker.config import Config, ConfigError, load
from tracker.connection import Connection
from tracker.endpoint import Profile
from tracker.flow_table import FlowTable
from tracker.meter import Meter
from tracker.report import sides
from tracker.report.rows import Row, RowMaker, Wanted
from tracker.report.text import counted
from tracker.tcp_state import State
from tracker.wire.reasons import MALFORMED, TRUNCATED

FINE, NOTHING_TO_SHOW, WRONG = 0, 1, 2

# One call for each line would cost more than making the line.
LINES_AT_ONCE = 1000


class UsageError(Exception):
    """A use that makes no sense: the message says what to do."""


# What is the user's to repair, and is told in one line.
_EXPECTED = (
    CaptureError, ConfigError, FilterError, UsageError, sides.SidesError, moment.MomentError
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run the command line `arguments` (default: this process's) and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except _EXPECTED as error:
        _tell(str(error))
        return WRONG
    except OSError as error:
        # What is left in the buffer must not be tried again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return FINE  # the reader has seen enough
        _tell(f"the output cannot be written: {error.strerror}")
        return WRONG
    except KeyboardInterrupt:
        return 130


def run() -> None:
    """Run this process's command line and leave: the entry point of the command `tracker`.

    Leaving at once spares the time to free millions of connections one by one.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - it was closed; nobody closes it again
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    status = main()
    sys.stderr.flush()
    os._exit(status)


def _tell(line: str) -> None:
    print(f"tracker: {line}", file=sys.stderr)


# --- options ------------------------------------------------------------------------------------


class _Version(argparse.Action):
    def __call__(self, *_: object) -> None:
        print(f"tracker {tracker.__version__} (engine: {tracker.engine()})")
        sys.exit(FINE)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, as everywhere; the usage is in --help."""
        self.exit(WRONG, f"{self.prog}: {message}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="tracker",
        description="netstat from the wire: which connections a host has, and in which state, "
        "told from the packets alone. It sends nothing.",
        epilog="`tracker COMMAND --help` explains a command.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="version, and which engine runs"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_read(commands)
    states = commands.add_parser("states", help="the state table that everything follows from")
    states.set_defaults(run=_states)
    return parser


def _add_read(commands: "argparse._SubParsersAction[_Parser]") -> None:
    read = commands.add_parser(
        "read",
        help="the connection table of saved captures",
        description="Print the connections in saved captures as netstat would have shown them, "
        "at the end of the capture or at any moment of it.",
        epilog="Exit status: 0 fine, 1 nothing to show, 2 wrong use or unreadable input.",
    )
    read.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="pcap, pcapng and snoop files, also compressed ones, read in time order; - is "
        "standard input",
    )
    read.add_argument(
        "--follow",
        action="store_true",
        help="wait for more at the end of a file that still grows, until Ctrl-C",
    )
    read.add_argument("--at", metavar="TIME", help=f"as of that moment: {moment.FORMS}")
    read.add_argument(
        "--local",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="whose table it is: address or network (CIDR); may be repeated",
    )
    read.add_argument(
        "--filter", metavar="BPF", help="only frames that pass, as in tcpdump: 'tcp port 80'"
    )
    read.add_argument(
        "--summary", action="store_true", help="on stderr, what was read and how good it is"
    )
    read.add_argument(
        "--checksums",
        action="store_true",
        help="leave out what its receiver drops for its checksum",
    )
    read.add_argument("-n", "--numeric", action="store_true", help="port numbers, no service names")
    read.add_argument("-t", "--tcp", action="store_true", help="TCP only")
    read.add_argument("-u", "--udp", action="store_true", help="UDP only")
    read.add_argument("-4", "--ipv4", action="store_true", help="IPv4 only")
    read.add_argument("-6", "--ipv6", action="store_true", help="IPv6 only")
    read.add_argument("-a", "--all", action="store_true", help="listening sockets, too")
    read.add_argument("-l", "--listening", action="store_true", help="listening sockets only")
    read.add_argument("--closed", action="store_true", help="connections that have ended, too")
    read.add_argument(
        "--wide",
        action="store_true",
        help="both states, certainty, who opened it, counters, ages, evidence, notes",
    )
    read.add_argument(
        "--history", action="store_true", help="every change of state, with frame, event and source"
    )
    form = read.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="the same as CSV")
    read.add_argument("--config", metavar="FILE", help="settings, as in config/tracker.yaml")
    read.set_defaults(run=_read)


# --- commands -----------------------------------------------------------------------------------


def _states(_options: argparse.Namespace) -> int:
    from tracker.report.states import state_tables

    for line in state_tables():
        print(line)
    return FINE


def _read(options: argparse.Namespace) -> int:
    from tracker.capture.saved import SavedCapture, in_time_order
    from tracker.capture.stop import Stop
    from tracker.replay import replay

    # The engine makes no reference cycles; looking for some among millions of connections costs.
    gc.disable()
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
    choose = None
    if options.filter is not None:
        from tracker.capture.bpf import Filter

        choose = Filter(options.filter).runs
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
        now = replay(runs, meter, when, choose)
    warnings = [warning for capture in captures for warning in capture.warnings]
    if warnings and not any(capture.frames for capture in captures):
        raise CaptureError(warnings[0])
    connections = list(meter.table.connections())
    if whose is None:
        whose = sides.guessed(connections)
    rows = _rows(options, config, now, whose, connections)
    count = _print_rows(options, rows)
    for warning in warnings:
        _tell(warning)
    _tell_moment(when, meter)
    _tell_summary(meter, whose, count, options.closed)
    _tell_quality(meter, connections, options.summary)
    return FINE if count else NOTHING_TO_SHOW


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
    return FlowTable(
        Profile(timers, config.rfc1337, config.nanoseconds("initial_rto")),
        config.max_connections,
        config.nanoseconds("udp_unreplied"),
        config.nanoseconds("udp_replied"),
        keep_ended,
        keep_history,
        int.from_bytes(os.urandom(8)),
    )


def _rows(
    options: argparse.Namespace,
    config: Config,
    now: int,
    whose: sides.Sides,
    connections: list[Connection],
) -> Iterator[Row]:
    services = None
    if not options.numeric:
        from tracker.names import load_services

        services = load_services()
    maker = RowMaker(
        _wanted(options, config, now), whose, frozenset(config.service_ports), services
    )
    yield from maker.rows(connections)
    if maker.wanted.listening:
        yield from maker.listening(connections)


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


def _print_rows(options: argparse.Namespace, rows: Iterable[Row]) -> int:
    """Print the rows in the form that was asked for; return how many there were."""
    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    lines = _lines(options, counted())
    while batch := list(islice(lines, LINES_AT_ONCE)):
        batch.append("")
        sys.stdout.write("\n".join(batch))
    return count


def _lines(options: argparse.Namespace, rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of the output in the form that was asked for."""
    if options.json or options.csv:
        from tracker.report.records import csv_lines, json_lines

        if options.csv:
            yield from csv_lines(rows)
        else:
            yield from json_lines(rows, options.history)
        return
    from tracker.report.table import history, table

    kept = list(rows)
    yield from table(kept, options.wide)
    if options.history:
        yield from history(kept)


def _tell_moment(when: moment.Moment, meter: Meter) -> None:
    """Say where the moment lies, if that is not within the capture."""
    if when.frame is not None and when.frame > meter.frames:
        _tell(f"there are only {counted(meter.frames, 'frame')}; this is after the last")
    elif meter.frames and meter.time == 0:
        _tell("the moment is before the first frame")


def _tell_summary(meter: Meter, whose: sides.Sides, count: int, closed: bool) -> None:
    """Say whose table it is and what is not in it."""
    _tell(whose.reason)
    if not count:
        seen = counted(meter.table.created, "connection")
        hint = "" if closed or not meter.table.created else " (--closed shows what has ended)"
        _tell(f"nothing to show: {seen} seen, none matches{hint}")
    _tell_undecoded(meter)
    evicted = sum(meter.table.evicted)
    if evicted:
        _tell(
            f"{counted(evicted, 'connection')} dropped because there were more than "
            f"{meter.table.max_connections} (max_connections)"
        )


def _tell_quality(meter: Meter, connections: list[Connection], summarize: bool) -> None:
    """Say what is weak about the capture; with `summarize`, also what it holds."""
    from tracker.report import quality
    from tracker.report.tally import tally

    found = tally(connections)
    lines = list(quality.weaknesses(meter, found, ""))
    if summarize:
        lines = [*quality.summary(meter, found), *lines]
    for line in lines:
        _tell(line)


def _tell_undecoded(meter: Meter) -> None:
    """Say which frames hold no segment or datagram, and where the capture was too short."""
    undecoded = meter.undecoded()
    frames = [row for row in undecoded if not row.inside]
    total = sum(row.count for row in frames)
    if total:
        what = ", ".join(f"{row.reason} {row.count}" for row in frames)
        _tell(f"no TCP or UDP in {total} of {counted(meter.decoded + total, 'frame')}: {what}")
    inside = [f"{row.reason} {row.count}" for row in undecoded if row.inside]
    if inside:
        _tell(f"no TCP or UDP inside what was decoded: {', '.join(inside)}")
    for row in undecoded:
        first = row.first
        where = f"first in frame {first.frame}, at its octet {first.offset}"
        if row.reason.startswith(TRUNCATED):
            _tell(f"{row.reason}: {where}: {first.needed} needed, {first.had} captured")
        elif row.reason.startswith(MALFORMED):
            _tell(f"{row.reason}: {where}")
