"""The command `learn`: a policy from what is normal in captures, or on an interface."""

import argparse
import os
import sys

from tracker.audit.learned import Learner
from tracker.audit.reading import read_captures
from tracker.audit.watching import Watching, run
from tracker.errors import UsageError, UserError
from tracker.names.services import load_services
from tracker.report.text import counted
from tracker.tables import FINE, NOTHING_TO_SHOW, in_force
from tracker.tell import tell
from tracker.whose import refuse


def learn(options: argparse.Namespace) -> int:
    """Run the command with its `options` and return the exit status.

    Raises the exceptions that `cli` tells in one line.
    """
    refuse(options)
    options.resolve = options.numeric = False  # nothing is sent, and names count
    if (options.interface is None) == (not options.files):
        raise UsageError("name captures to learn from, or an interface with -i")
    config = in_force(options)
    if options.interface is not None:
        options.kernel = None
        return run(options, config, "learning", lambda capture: _Learning(options, config, capture))
    reading = read_captures(options, config)
    learner = Learner(reading.played.speech.control)
    for subject, _ in reading.subjects():
        learner.add(subject)
    tell(reading.whose.reason)
    return _write(options, learner, ", ".join(map(os.path.basename, options.files)))


class _Learning(Watching):
    """Watches an interface, and learns from it at the end."""

    def conclude(self, now: int) -> int:
        """Learn from what there was."""
        learner = Learner(self.speech.control)
        for subject, _ in self.found(now, now):
            learner.add(subject)
        return _write(self.options, learner, self.options.interface)


def _write(options: argparse.Namespace, learner: Learner, source: str) -> int:
    """Write the policy, and say what was left out; return the exit status."""
    learner.finish()
    text = "".join(f"{line}\n" for line in learner.lines(load_services(), source))
    if options.output is None or options.output == "-":
        sys.stdout.write(text)
    else:
        _save(options.output, text)
    tell(f"learned from {counted(learner.learned, 'connection')}")
    for reason, count in learner.left_out.most_common():
        tell(f"not learned: {counted(count, 'connection')}, {reason}")
    return FINE if learner.learned else NOTHING_TO_SHOW


def _save(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UserError(f"-o {path}: cannot be written: {error.strerror}") from None
    tell(f"{path}: written; read it before you use it")
