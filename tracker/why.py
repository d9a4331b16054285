"""The command `why`: why a connection is in its states, and what is usually done about it."""

import argparse
import json
import sys

from tracker import moment
from tracker.lesson.because import Because
from tracker.lesson.choice import parse
from tracker.lesson.history import History, histories
from tracker.lesson.paint import stdout_paint
from tracker.names.services import load_services
from tracker.played import played
from tracker.tables import FINE, NOTHING_TO_SHOW
from tracker.tell import tell


def why(options: argparse.Namespace) -> int:
    """Run the command with its `options` and return the exit status.

    Raises the exceptions that `cli` tells in one line.
    """
    choice = parse(" ".join(options.pair), load_services())
    when = moment.END if options.at is None else moment.parse(options.at)
    options.files = [options.file]
    with played(options, when, [choice]) as capture:
        found = _latest(histories(capture.steps))
        capture.tell_end()
        meter = capture.meter
        now = when.time or meter.time
        if when.after is not None:
            now = meter.started + when.after
        because = Because(now, meter.started, meter.table.profile.timer)
    for history in found:
        if options.json:
            sys.stdout.write(json.dumps(because.record(history)) + "\n")
        else:
            paint, _, width = stdout_paint()
            sys.stdout.writelines(f"{line}\n" for line in because.lines(history, width, paint))
    if not found:
        tell(f"no connection {choice.text} in the capture; `tracker read -n --closed` lists them")
    return FINE if found else NOTHING_TO_SHOW


def _latest(found: list[History]) -> list[History]:
    """Leave out generations that a later one has followed, unless they still have a row."""
    latest = {history.sight.sockets: history.sight.number for history in found}
    return [
        history
        for history in found
        if latest[history.sight.sockets] == history.sight.number
        or any(end.row for end in history.sight.ends)
    ]
