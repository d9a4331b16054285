"""The command `lesson`: saved captures as one page that teaches what happens in them."""

import argparse
import os
import sys

from tracker.errors import UsageError, UserError
from tracker.lesson.model import Idle, Lesson, Selection, left_out
from tracker.lesson.page import page
from tracker.moment import LAST, Moment
from tracker.names.services import load_services
from tracker.played import chosen, played
from tracker.tables import FINE, NOTHING_TO_SHOW
from tracker.tell import tell

_STDIN = "-"

# The timers that run after the last frame are on the page, too.
_TIMERS_RUN_OUT = Moment(time=LAST)


def lesson(options: argparse.Namespace) -> int:
    """Run the command with its `options` and return the exit status.

    Raises the exceptions that `cli` tells in one line.
    """
    path = _output(options)
    selection = Selection(options.max_frames)
    with played(options, _TIMERS_RUN_OUT, chosen(options.connection)) as capture:
        selection.add_all(capture.steps)
        capture.tell_end()
        selection.other = capture.meter.frames - selection.asked
        idle = Idle(capture.meter.table.unreplied, capture.meter.table.replied)
    if not selection.steps:
        tell("nothing to show: no such connection in the capture")
        return NOTHING_TO_SHOW
    name = _name(options)
    made = Lesson(options.title or name, name, load_services())
    _write(page(made.model(selection, idle)), path)
    for line in left_out(selection):
        tell(line[:1].lower() + line[1:].rstrip("."))
    return FINE


def _name(options: argparse.Namespace) -> str:
    """Return the name of the capture, without its folder."""
    names = [os.path.basename(path) for path in options.files]
    return "capture" if names[0] == _STDIN else ", ".join(names)


def _output(options: argparse.Namespace) -> str:
    """Return where the page goes; raise UsageError where that would overwrite a capture."""
    if options.output == _STDIN:
        return _STDIN
    first = options.files[0]
    path: str = (
        options.output or f"{'capture' if first == _STDIN else os.path.basename(first)}.html"
    )
    for file in options.files:
        if file != _STDIN and os.path.exists(path) and os.path.samefile(path, file):
            raise UsageError(f"-o {path}: that is the capture itself; give another name")
    return path


def _write(text: str, path: str) -> None:
    """Write the page, to standard output where `path` is "-"."""
    octets = text.encode("utf-8")
    if path == _STDIN:
        sys.stdout.flush()
        sys.stdout.buffer.write(octets)
        return
    try:
        with open(path, "wb") as file:
            file.write(octets)
    except OSError as error:
        raise UserError(
            f"-o {path}: the page cannot be written: {error.strerror}; give another place"
        ) from None
    tell(f"{path}: written, {-(-len(octets) // 1024)} KiB")
