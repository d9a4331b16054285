"""The command `explain`: each frame of saved captures, and what it does to its connection."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Protocol

from tracker.errors import UsageError
from tracker.lesson.paint import stdout_paint
from tracker.lesson.steps import Step
from tracker.played import chosen, played
from tracker.tables import FINE, NOTHING_TO_SHOW
from tracker.tell import tell
from tracker.typed import NamedTuple


class Writer(Protocol):
    """Makes lines of steps."""

    def begin(self, time: int) -> Iterator[str]:
        """Count times from `time`, ns, if this is the first; yield the lines before all others."""

    def step(self, step: Step) -> Iterator[str]:
        """Yield the lines of a step."""


class Asked(NamedTuple):
    """Which frames are asked for, as (first, last); () for all."""

    frames: tuple[tuple[int, int], ...]

    def has(self, frame: int) -> bool:
        """Return whether the frame of that number is asked for; 0 is what time does."""
        return not self.frames or any(first <= frame <= last for first, last in self.frames)

    def is_over(self, frame: int) -> bool:
        """Return whether nothing after that frame is asked for."""
        return bool(self.frames) and frame >= max(last for _, last in self.frames)


def explain(options: argparse.Namespace) -> int:
    """Run the command with its `options` and return the exit status.

    Raises the exceptions that `cli` tells in one line.
    """
    asked = Asked(tuple(map(_range, options.frame)))
    writer = _writer(options)
    count = 0
    with played(options, choices=chosen(options.connection)) as capture:
        for step in capture.steps:
            sys.stdout.writelines(f"{line}\n" for line in writer.begin(step.time))
            if asked.has(step.frame):
                count += 1
                sys.stdout.writelines(f"{line}\n" for line in writer.step(step))
            if step.frame and asked.is_over(step.frame):
                break
        capture.tell_end()
    if not count:
        tell("nothing to explain: no such frame or connection in the capture")
    return FINE if count else NOTHING_TO_SHOW


def _range(text: str) -> tuple[int, int]:
    """Return the frames that `text` asks for: a number, or the first and the last, "3-7"."""
    first, _, last = text.partition("-")
    if not first.isdecimal() or not (last or first).isdecimal():
        raise UsageError(f"--frame {text}: give a number, or a range such as 3-7")
    return int(first), int(last or first)


def _writer(options: argparse.Namespace) -> Writer:
    if options.json:
        return _Records()
    paint, lines, width = stdout_paint()
    if options.brief:
        from tracker.lesson.brief import Brief

        return Brief(width, paint, options.absolute)
    from tracker.lesson.explained import Explainer

    return Explainer(width, paint, lines, options.absolute)


class _Records:
    """Writes steps as JSON, an object a line."""

    def begin(self, time: int) -> Iterator[str]:  # noqa: ARG002
        """Yield nothing: times are told as they are."""
        return iter(())

    def step(self, step: Step) -> Iterator[str]:
        """Yield the line of a step."""
        from tracker.lesson.records import record

        yield json.dumps(record(step))
