"""Commands and options; a command's work is in a module of its name."""

import argparse
import gc
import os
import sys
from functools import partial
from io import RawIOBase

import tracker
from tracker import moment
from tracker.errors import UserError
from tracker.typed import NoReturn

FINE, WRONG = 0, 2

#: Whose table it may look like: the names in `report.styles`, which loads too much for here.
STYLES = ("windows", "linux", "ss", "bsd")

# The largest numbers that make sense as options: 30 years, 1 TiB for the ring's size in MiB, and
# more processes than any share of the work is worth.
_LONGEST = 1_000_000_000
_LARGEST = 2**62
_LARGEST_RING = 2**20
_MOST_JOBS = 64


def main(arguments: list[str] | None = None) -> int:
    """Run the command line `arguments` (default: this process's) and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except UserError as error:
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

    Leaving at once spares the time to free millions of connections one by one.  The engine makes
    no reference cycles; looking for some among them would cost, too.
    """
    gc.disable()
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - it was closed; nobody closes it again
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    if isinstance(sys.stdout.buffer, RawIOBase):
        # With PYTHONUNBUFFERED, what a signal keeps from being written would be lost.
        sys.stdout = open(1, "w", encoding=sys.stdout.encoding, closefd=False)  # noqa: SIM115
    status = main()
    sys.stderr.flush()
    os._exit(status)


def _tell(line: str) -> None:
    from tracker.tell import tell  # here, because help needs nothing that it loads

    tell(line)


# --- options ------------------------------------------------------------------------------------


class _Version(argparse.Action):
    def __call__(self, *_: object) -> None:
        print(f"tracker {tracker.__version__} (engine: {tracker.engine()})")
        sys.exit(FINE)


class _Parser(argparse.ArgumentParser):
    def format_help(self) -> str:
        """Return the help, as wide as the terminal."""
        self.formatter_class = argparse.HelpFormatter
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, as everywhere; the usage is in --help."""
        self.exit(WRONG, f"{self.prog}: {message}; see {self.prog} --help\n")


# Checks each option that is added.  To look for the width of the terminal there takes longer than
# to read a small capture.
_CHECKER = partial(argparse.HelpFormatter, width=80)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="tracker",
        formatter_class=_CHECKER,
        description="netstat from the wire: which connections a host has, and in which state, "
        "told from the packets alone. It sends nothing.",
        epilog="`tracker COMMAND --help` explains a command.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="version, and which engine runs"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_read(commands)
    _add_live(commands)
    _add_explain(commands)
    _add_why(commands)
    _add_lesson(commands)
    _add_quiz(commands)
    _add_audit(commands)
    _add_learn(commands)
    listed = commands.add_parser(
        "interfaces",
        formatter_class=_CHECKER,
        help="the interfaces that `live` can capture from",
    )
    listed.add_argument("--json", action="store_true", help="one JSON object a line")
    listed.set_defaults(run=_interfaces)
    _add_config(commands)
    states = commands.add_parser(
        "states",
        formatter_class=_CHECKER,
        help="the state table that everything follows from",
    )
    states.set_defaults(run=_states)
    return parser


def _add_read(commands: "argparse._SubParsersAction[_Parser]") -> None:
    read = commands.add_parser(
        "read",
        formatter_class=_CHECKER,
        help="the connection table of saved captures",
        description="Print the connections in saved captures as netstat would have shown them, "
        "at the end of the capture or at any moment of it.",
        epilog="Exit status: 0 fine, 1 nothing to show, 2 wrong use or unreadable input.",
    )
    read.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="pcap, pcapng, snoop and Network Monitor files, also compressed ones, read in time "
        "order; - is standard input",
    )
    read.add_argument(
        "--follow",
        action="store_true",
        help="wait for more at the end of a file that still grows, until Ctrl-C",
    )
    read.add_argument("--at", metavar="TIME", help=f"as of that moment: {moment.FORMS}")
    read.add_argument(
        "--checksums",
        action="store_true",
        help="leave out what its receiver drops for its checksum",
    )
    read.add_argument(
        "--jobs",
        type=_jobs,
        metavar="N",
        help="processes that share the work (default: one for each processor, up to 4, where the "
        "captures are large)",
    )
    _add_rows(read)
    read.set_defaults(run=_read)


def _add_live(commands: "argparse._SubParsersAction[_Parser]") -> None:
    live = commands.add_parser(
        "live",
        formatter_class=_CHECKER,
        help="the connection table of an interface, as it changes",
        description="Print the connections that an interface shows: on a terminal a table that is "
        "drawn anew every few seconds (q quits, space pauses); else one table at the end.",
        epilog="Ctrl-C and SIGTERM end it with the last table. Needs the right to capture "
        "(CAP_NET_RAW); run by sudo, it goes on as the calling user once it captures. "
        "Exit status: 0 fine, 1 nothing to show, 2 wrong use or not allowed.",
    )
    live.add_argument(
        "-i",
        "--interface",
        metavar="NAME",
        help="default: the one with the default route; any: all of them; see `tracker interfaces`",
    )
    live.add_argument(
        "-c",
        "--continuous",
        dest="interval",
        type=_seconds,
        metavar="SECONDS",
        help="a table every SECONDS (default on a terminal: the setting refresh)",
    )
    live.add_argument(
        "--for", dest="duration", type=_seconds, metavar="SECONDS", help="end after SECONDS"
    )
    live.add_argument("--count", type=_number, metavar="N", help="end after N frames")
    live.add_argument(
        "--events",
        action="store_true",
        help="no tables, but a JSON line for each connection opened, changed or closed",
    )
    live.add_argument(
        "-w",
        "--write",
        metavar="FILE",
        help="record what is tracked: pcap where FILE ends in .pcap, else pcapng",
    )
    live.add_argument(
        "-p", "--programs", action="store_true", help="who has the local sockets (needs psutil)"
    )
    live.add_argument(
        "--with-kernel",
        action="store_true",
        help="begin with the connections that this host's kernel has (needs psutil)",
    )
    live.add_argument(
        "--promiscuous", action="store_true", help="frames that are addressed to others, too"
    )
    live.add_argument(
        "-s",
        "--snap-length",
        type=_number,
        metavar="OCTETS",
        help="how much of each frame is kept (default: the setting snap_length, and more where "
        "hosts may be named)",
    )
    live.add_argument(
        "--ring",
        type=_size,
        metavar="MIB",
        help="memory for frames that wait (Linux; default: the setting ring; 0: one call for each "
        "frame)",
    )
    live.add_argument(
        "--keep-privileges", action="store_true", help="stay root where sudo made it so"
    )
    _add_rows(live)
    live.set_defaults(run=_live)


def _add_explain(commands: "argparse._SubParsersAction[_Parser]") -> None:
    explain = commands.add_parser(
        "explain",
        formatter_class=_CHECKER,
        help="what each frame of a capture does to its connection, and why",
        description="Explain saved captures frame by frame: the layers, the two sockets, the "
        "exchange as in RFC 9293's figures, both states before and after, and the rule.",
        epilog="States in parentheses are presumed: that end was not heard yet. Exit status: 0 "
        "fine, 1 nothing to explain, 2 wrong use or unreadable input.",
    )
    _add_files(explain)
    explain.add_argument(
        "--frame",
        action="append",
        default=[],
        metavar="N",
        help="only this frame, or from one to another: 3-7; may be repeated",
    )
    _add_connection(explain)
    explain.add_argument(
        "--absolute",
        action="store_true",
        help="numbers as on the wire, instead of counted from the SYN",
    )
    form = explain.add_mutually_exclusive_group()
    form.add_argument("--brief", action="store_true", help="a line for each frame")
    form.add_argument("--json", action="store_true", help="one JSON object a line, complete")
    _add_settings(explain)
    explain.set_defaults(run=_explain)


def _add_why(commands: "argparse._SubParsersAction[_Parser]") -> None:
    why = commands.add_parser(
        "why",
        formatter_class=_CHECKER,
        help="why a connection is in its state, and what to do about it",
        description="Say why a connection of a saved capture is in its states: the frames that "
        "led there, how sure that is, what would end it, and what is usually done about it.",
        epilog="Exit status: 0 fine, 1 no such connection, 2 wrong use or unreadable input.",
    )
    why.add_argument("file", metavar="FILE", help="a capture, as for read; - is standard input")
    why.add_argument(
        "pair",
        nargs="+",
        metavar="SOCKET-PAIR",
        help="the two sockets, as a table shows them; one socket; or a number of `explain`",
    )
    why.add_argument("--at", metavar="TIME", help=f"as of that moment: {moment.FORMS}")
    why.add_argument("--json", action="store_true", help="one JSON object for each connection")
    _add_settings(why)
    why.set_defaults(run=_why)


def _add_lesson(commands: "argparse._SubParsersAction[_Parser]") -> None:
    lesson = commands.add_parser(
        "lesson",
        formatter_class=_CHECKER,
        help="a capture as a page that teaches what happens in it",
        description="Write saved captures as one page for a browser, which needs no network: "
        "netstat's table at each step, the frames, the exchange, the state diagram, a quiz.",
        epilog="Exit status: 0 fine, 1 nothing to show, 2 wrong use or unreadable input.",
    )
    _add_files(lesson)
    lesson.add_argument(
        "-o",
        "--output",
        metavar="PAGE",
        help="default: the name of the capture with .html, in this folder; - is standard output",
    )
    _add_connection(lesson)
    lesson.add_argument(
        "--max-frames",
        type=_number,
        default=500,
        metavar="N",
        help="no more than the first N frames of what is asked for (default: 500)",
    )
    lesson.add_argument("--title", metavar="TEXT", help="default: the name of the capture")
    _add_settings(lesson)
    lesson.set_defaults(run=_lesson)


def _add_quiz(commands: "argparse._SubParsersAction[_Parser]") -> None:
    quiz = commands.add_parser(
        "quiz",
        formatter_class=_CHECKER,
        help="questions about a capture, with answers and reasons",
        description="Ask questions about saved captures, check the answers and say why. Ctrl-D "
        "ends it.",
        epilog="Exit status: 0 fine, 1 nothing to ask, 2 wrong use or unreadable input.",
    )
    _add_files(quiz)
    _add_connection(quiz)
    quiz.add_argument(
        "--questions",
        dest="count",
        type=_number,
        default=10,
        metavar="N",
        help="how many at most (default: 10)",
    )
    quiz.add_argument(
        "--seed", type=_size, metavar="N", help="the same questions again, as that seed told"
    )
    quiz.add_argument(
        "--export",
        metavar="FILE",
        help="write a sheet to print, and the answers to FILE-key: text, or HTML by its name",
    )
    _add_settings(quiz)
    quiz.set_defaults(run=_quiz)


def _add_audit(commands: "argparse._SubParsersAction[_Parser]") -> None:
    audit = commands.add_parser(
        "audit",
        formatter_class=_CHECKER,
        help="the connections that nothing explains, and why they are doubtful",
        description="List the connections of saved captures, or of an interface, that neither the "
        "policy nor what was seen explains, each with its reasons, the evidence, and what to look "
        "at next; count the others.",
        epilog="Exit status: 0 fine, 1 no connection, 2 wrong use or unreadable input, 3 with "
        "--fail, if something is unexplained.",
    )
    audit.add_argument(
        "files", nargs="*", metavar="FILE", help="captures, as for read; - is standard input"
    )
    audit.add_argument(
        "-i",
        "--interface",
        metavar="NAME",
        help="watch an interface: a finding as soon as its doubt arises, until Ctrl-C",
    )
    audit.add_argument(
        "--for",
        dest="duration",
        type=_seconds,
        metavar="SECONDS",
        help="with -i, end after SECONDS",
    )
    audit.add_argument(
        "--policy", metavar="FILE", help="what is allowed (default: the starting policy)"
    )
    audit.add_argument(
        "--fail", action="store_true", help="exit status 3 if something is unexplained"
    )
    audit.add_argument(
        "--kernel",
        nargs="?",
        action="append",
        const="",
        metavar="FILE",
        help="hold it against this host's kernel (with -i), or saved tables of its sockets: ss "
        "-tanp, netstat -ano, /proc/net/tcp; may be repeated",
    )
    audit.add_argument(
        "--kernel-other",
        action="append",
        default=[],
        metavar="FILE",
        help="the same of another network namespace of that host; may be repeated",
    )
    audit.add_argument(
        "--kernel-at", metavar="TIME", help=f"when the dump was made: {moment.FORMS}"
    )
    _add_whose(audit)
    audit.add_argument("-n", "--numeric", action="store_true", help="numbers, no names")
    audit.add_argument("--json", action="store_true", help="one JSON object a line")
    _add_settings(audit)
    audit.set_defaults(run=_audit)


def _add_learn(commands: "argparse._SubParsersAction[_Parser]") -> None:
    learn = commands.add_parser(
        "learn",
        formatter_class=_CHECKER,
        help="a policy for `audit`, from what is normal",
        description="Write a policy that explains the connections of saved captures, or of an "
        "interface, and not much else; what was refused or not answered is not learned.",
        epilog="Exit status: 0 fine, 1 nothing to learn from, 2 wrong use or unreadable input.",
    )
    learn.add_argument(
        "files", nargs="*", metavar="FILE", help="captures, as for read; - is standard input"
    )
    learn.add_argument(
        "-i", "--interface", metavar="NAME", help="learn from an interface, until Ctrl-C"
    )
    learn.add_argument(
        "--for",
        dest="duration",
        type=_seconds,
        metavar="SECONDS",
        help="with -i, end after SECONDS",
    )
    learn.add_argument(
        "-o", "--output", metavar="FILE", help="where the policy goes (default: standard output)"
    )
    _add_whose(learn)
    _add_settings(learn)
    learn.set_defaults(run=_learn)


def _add_whose(command: argparse.ArgumentParser) -> None:
    """Add the options that say whose connections they are."""
    command.add_argument(
        "--local",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="whose connections: addresses and networks, as for read; may be repeated",
    )
    command.add_argument("--as", dest="host", metavar="HOST", help="one host's, as for read")


def _add_files(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "files", nargs="+", metavar="FILE", help="captures, as for read; - is standard input"
    )


def _add_connection(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--connection",
        action="append",
        default=[],
        metavar="SOCKET-PAIR",
        help="only these: 192.168.1.5:1099,192.168.1.7:80, one socket, or a number of `explain`; "
        "may be repeated",
    )


def _add_config(commands: "argparse._SubParsersAction[_Parser]") -> None:
    config = commands.add_parser(
        "config",
        formatter_class=_CHECKER,
        help="the settings in force, and where each comes from",
        description="Print the settings in force as a file of settings, with where each value "
        "comes from: the default, a profile, a file or an option.",
    )
    form = config.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument(
        "--schema", action="store_true", help="the JSON Schema of files of settings, for editors"
    )
    form.add_argument(
        "--default",
        action="store_true",
        help="the defaults, each explained: a file to begin one's own with",
    )
    _add_settings(config)
    config.set_defaults(run=_config)


def _add_rows(command: argparse.ArgumentParser) -> None:
    """Add the options that say which rows there are, and in which form."""
    command.add_argument(
        "--local",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="whose table it is: addresses and networks (CIDR), with commas between; hosts of the "
        "settings; private: all private networks; may be repeated",
    )
    command.add_argument(
        "--as",
        dest="host",
        metavar="HOST",
        help="the table of one host: its address, or a name that the settings or the capture know",
    )
    command.add_argument(
        "--filter", metavar="BPF", help="only frames that pass, as in tcpdump: 'tcp port 80'"
    )
    command.add_argument(
        "--summary", action="store_true", help="on stderr, what was read and how good it is"
    )
    command.add_argument(
        "-n", "--numeric", action="store_true", help="numbers, no names of hosts and services"
    )
    command.add_argument(
        "--resolve",
        action="store_true",
        help="ask the system's resolver for what nothing else names; this sends",
    )
    command.add_argument("-t", "--tcp", action="store_true", help="TCP only")
    command.add_argument("-u", "--udp", action="store_true", help="UDP only")
    command.add_argument("-4", "--ipv4", action="store_true", help="IPv4 only")
    command.add_argument("-6", "--ipv6", action="store_true", help="IPv6 only")
    command.add_argument("-a", "--all", action="store_true", help="listening sockets, too")
    command.add_argument("-l", "--listening", action="store_true", help="listening sockets only")
    command.add_argument("--closed", action="store_true", help="connections that have ended, too")
    command.add_argument(
        "--wide",
        action="store_true",
        help="both states, certainty, who opened it, counters, ages, evidence, notes",
    )
    command.add_argument(
        "--history", action="store_true", help="every change of state, with frame, event and source"
    )
    command.add_argument(
        "--style",
        choices=STYLES,
        metavar="STYLE",
        help="print the table as other tools do: windows, linux, bsd (their netstat) or ss; not on "
        "the screen of `live`",
    )
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="the same as CSV")
    _add_settings(command)


def _add_settings(command: argparse.ArgumentParser) -> None:
    """Add the options that say which settings are in force."""
    command.add_argument(
        "--config",
        metavar="FILE",
        help="settings in place of one's own and the system's; see `tracker config`",
    )
    command.add_argument(
        "--profile",
        metavar="NAME",
        help="the timers of these kernels: linux, windows, bsd or rfc9293",
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= _LONGEST:
        raise ValueError(text)
    return seconds


def _number(text: str) -> int:
    number = int(text)
    if not 0 < number <= _LARGEST:
        raise ValueError(text)
    return number


def _size(text: str) -> int:
    size = int(text)
    if not 0 <= size <= _LARGEST_RING:
        raise ValueError(text)
    return size


def _jobs(text: str) -> int:
    jobs = int(text)
    if not 0 < jobs <= _MOST_JOBS:
        raise ValueError(text)
    return jobs


# As argparse calls them where they are wrong.
_seconds.__name__, _number.__name__, _size.__name__ = "number of seconds", "number", "size"
_jobs.__name__ = "number of processes"


# --- commands -----------------------------------------------------------------------------------


def _states(_options: argparse.Namespace) -> int:
    from tracker.report.states import state_tables

    for line in state_tables():
        print(line)
    return FINE


def _read(options: argparse.Namespace) -> int:
    from tracker.read import read

    return read(options)


def _live(options: argparse.Namespace) -> int:
    from tracker.live.command import live

    return live(options)


def _lesson(options: argparse.Namespace) -> int:
    from tracker.teach import lesson

    return lesson(options)


def _quiz(options: argparse.Namespace) -> int:
    from tracker.quiz import quiz

    return quiz(options)


def _explain(options: argparse.Namespace) -> int:
    from tracker.explain import explain

    return explain(options)


def _why(options: argparse.Namespace) -> int:
    from tracker.why import why

    return why(options)


def _learn(options: argparse.Namespace) -> int:
    from tracker.audit.learn_command import learn

    return learn(options)


def _audit(options: argparse.Namespace) -> int:
    from tracker.audit.command import audit

    return audit(options)


def _interfaces(options: argparse.Namespace) -> int:
    from tracker.interfaces import show

    return show(options)


def _config(options: argparse.Namespace) -> int:
    from tracker.settings import show

    return show(options)
