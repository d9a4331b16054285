"""Hold what a capture says so far against this host's kernel: run as a program in a namespace.

    audit_live_look.py CAPTURE

It prints kind, cause and text of each mismatch, a line each, with tabs between.
"""

import sys
import time
from collections.abc import Iterable
from pathlib import Path

from audit_subjects import subjects_of

import tracker
from tracker.audit.against_known import Known
from tracker.audit.against_live import look
from tracker.audit.against_stack import offers
from tracker.audit.subject import Subject
from tracker.capture.saved import in_time_order
from tracker.connection import Connection
from tracker.replay import replay
from tracker.tables import flow_table


def connections(path: str) -> Iterable[Connection]:
    """Return the connections of a capture as of its last frame."""
    meter = tracker.Meter(flow_table(tracker.Config(), keep_ended=True))
    saved = tracker.SavedCapture(path)
    replay(in_time_order([saved]), meter, tracker.Moment())
    saved.close()
    found: Iterable[Connection] = meter.table.connections()
    return found


def main(path: str) -> None:
    """Look, and print what is found."""

    def wire() -> list[Subject]:
        return subjects_of(Path(path), time.time_ns())

    known = Known(offers=offers(lambda: connections(path)))
    for each in look(wire, known):
        sys.stdout.write(f"{each.kind}\t{each.cause}\t{each.text}\n")


if __name__ == "__main__":
    main(sys.argv[1])
