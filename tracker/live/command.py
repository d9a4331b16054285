"""From the options of `live` to a run of it."""

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing

from tracker.capture import interfaces, privileges
from tracker.capture.bpf import Filter
from tracker.capture.interfaces import Interface
from tracker.capture.live import LiveCapture
from tracker.capture.recorder import Recorder
from tracker.capture.ring import ADDED
from tracker.capture.steady import SteadyClock
from tracker.capture.stop import Stop
from tracker.config import Config
from tracker.errors import UsageError, UserError
from tracker.host import load_psutil
from tracker.live.printed import print_tables
from tracker.live.session import Session
from tracker.live.watch import Watch
from tracker.tables import host_names, listener, new_meter, services, settings


def live(options: argparse.Namespace) -> int:
    """Run the command with its `options` and return the exit status.

    Raises the exceptions that `cli` tells in one line.
    """
    config = settings(options)
    _complete(options, config)
    _refuse(options)
    chosen = None if options.filter is None else Filter(options.filter)
    interface = interfaces.find(options.interface or interfaces.default_interface())
    show, names = _show(options), services(options)
    heard = listener(options, config)
    hosts = host_names(options, config, heard, {})
    with ExitStack() as stack:
        stop = stack.enter_context(Stop())
        capture = stack.enter_context(closing(_open(options, interface, chosen)))
        dropped = None if options.keep_privileges else privileges.drop()
        recorder = _recorder(options, interface, capture.most) if options.write else None
        meter = new_meter(options, config)
        meter.hearer = heard
        watch = Watch(capture, meter, recorder, SteadyClock(), options.count)
        session = Session(options, config, names, watch, stop)
        session.hosts, session.heard = hosts, heard
        session.begin(dropped)
        return show(session)


def _complete(options: argparse.Namespace, config: Config) -> None:
    """Let the settings say what the options do not."""
    if options.snap_length is None:
        options.with_names = not options.numeric
        options.snap_length = config.snap_length
    else:
        options.with_names = False
    if options.ring is None:
        options.ring = config.ring


def _show(options: argparse.Namespace) -> Callable[[Session], int]:
    """Return what shows the connections, with all that it needs.

    Nothing must be left to be loaded: the user who called sudo may not be allowed to read it.
    """
    import encodings.ascii  # noqa: F401 - for files of /proc

    import tracker.report.records
    import tracker.report.table

    if options.style:
        import tracker.report.styles  # noqa: F401
    if not options.numeric:
        from tracker.names.ready import load_all

        load_all()
    if options.programs or options.with_kernel:
        load_psutil()
    if options.events:
        from tracker.live.events import print_events

        return print_events
    if _is_on_screen(options):
        from tracker.live.drawn import draw_tables

        return draw_tables
    return print_tables


def _recorder(options: argparse.Namespace, interface: Interface, snap_length: int) -> Recorder:
    """Open the file of -w; it belongs to the user who called sudo."""
    recorder = Recorder(
        options.write,
        interface.link_type,
        snap_length + ADDED,
        interface.name,
        options.filter or "",
    )
    if options.keep_privileges:
        privileges.give(options.write)
    return recorder


def _is_on_screen(options: argparse.Namespace) -> bool:
    """Return whether the table is drawn again and again in place."""
    if options.json or options.csv:
        return False
    from tracker.live import screen

    return screen.is_possible()


def _refuse(options: argparse.Namespace) -> None:
    """Raise UsageError where options do not go together."""
    table_only = options.csv or options.wide or options.history or options.closed or options.style
    if options.events and table_only:
        raise UsageError("--events prints events and no table; it goes without the table's options")
    if options.write == "-":
        raise UsageError("-w -: the table goes to standard output; name a file")


def _open(options: argparse.Namespace, interface: Interface, chosen: Filter | None) -> LiveCapture:
    """Begin to capture; raise UserError where that is not allowed."""
    try:
        return LiveCapture(
            interface,
            chosen,
            options.snap_length,
            options.promiscuous,
            options.ring << 20,
            options.with_names,
        )
    except PermissionError as error:
        raise UserError(privileges.refusal(error, sys.argv[1:])) from None
    except OSError as error:
        raise UserError(f"{interface.name}: cannot be captured from: {error.strerror}") from None
