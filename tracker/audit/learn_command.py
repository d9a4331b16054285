"""The command `learn`: a policy from what is normal in captures, or on an interface."""

import argparse
import os
import sys
from contextlib import nullcontext

from tracker.audit.learned import Learner
from tracker.audit.learned_text import opened_wide, policy_lines
from tracker.audit.reading import read_captures
from tracker.audit.watching import Watching, run
from tracker.capture.live import LiveCapture
from tracker.config import Config
from tracker.config.yaml_file import LARGEST
from tracker.errors import UsageError, UserError
from tracker.names.services import load_services
from tracker.report.text import counted
from tracker.tables import FINE, NOTHING_TO_SHOW, in_force
from tracker.tell import tell
from tracker.typed import TYPE_CHECKING
from tracker.whose import refuse

if TYPE_CHECKING:
    from typing import TextIO


def learn(options: argparse.Namespace) -> int:
    """Run the command with its `options` and return the exit status.

    Raises the exceptions that `cli` tells in one line.
    """
    refuse(options)
    options.resolve = options.numeric = False  # nothing is sent, and names count
    if (options.interface is None) == (not options.files):
        raise UsageError("name captures to learn from, or an interface with -i")
    _refuse_input(options.output, options.files)
    config = in_force(options)
    if options.interface is not None:
        return _watch(options, config)
    reading = read_captures(options, config)
    learner = Learner(config, reading.played.speech.control)
    for subject, _ in reading.subjects():
        learner.add(subject)
    tell(reading.whose.reason)
    source = ", ".join(map(os.path.basename, options.files))
    with _output(options.output) as file:
        return _write(learner, config, source, file)


def _watch(options: argparse.Namespace, config: Config) -> int:
    """Learn from an interface; later it may not be allowed to open the file."""
    options.kernel = None
    with _output(options.output) as file:
        return run(
            options, config, "learning", lambda capture: _Learning(options, config, capture, file)
        )


class _Learning(Watching):
    """Watches an interface, and learns from it at the end."""

    def __init__(
        self, options: argparse.Namespace, config: Config, capture: LiveCapture, file: "TextIO"
    ) -> None:
        super().__init__(options, config, capture)
        self._settings = config
        self._file = file

    def conclude(self, now: int) -> int:
        """Learn from what there was."""
        learner = Learner(self._settings, self.speech.control)
        for subject, _ in self.found(now, now):
            learner.add(subject)
        return _write(learner, self._settings, self.options.interface, self._file)


# --- the file -------------------------------------------------------------------------------------


def _refuse_input(output: str | None, files: list[str]) -> None:
    """Raise UsageError where the policy would be written over a capture."""
    if output is None or not os.path.exists(output):
        return
    if any(os.path.exists(path) and os.path.samefile(output, path) for path in files):
        raise UsageError(f"-o {output}: is one of the captures; name another file")


def _output(path: str | None) -> "nullcontext[TextIO] | TextIO":
    """Open what the policy goes to, and leave what is there until it is written."""
    if path is None or path == "-":
        return nullcontext(sys.stdout)
    try:
        return open(path, "a", encoding="utf-8")
    except OSError as error:
        raise UserError(f"-o {path}: cannot be written: {error.strerror}") from None


def _write(learner: Learner, config: Config, source: str, file: "TextIO") -> int:
    """Write the policy, and say what was left out; return the exit status."""
    learner.finish()
    lines = policy_lines(learner, load_services(), config, source)
    _replace(file, "".join(f"{line}\n" for line in lines))
    tell(f"learned from {counted(learner.learned, 'connection')}")
    for reason, count in learner.left_out.most_common():
        tell(f"not learned: {counted(count, 'connection')}, {reason}")
    for said in opened_wide(learner, config):
        tell(said)
    return FINE if learner.learned else NOTHING_TO_SHOW


def _replace(file: "TextIO", text: str) -> None:
    """Write the policy in place of what stands in the file."""
    if file is sys.stdout:
        file.write(text)
        return
    try:
        if file.seekable():
            file.truncate(0)
        file.write(text)
        file.flush()
    except OSError as error:
        raise UserError(f"-o {file.name}: cannot be written: {error.strerror}") from None
    tell(f"{file.name}: written; read it before you use it")
    if len(text) > LARGEST:
        tell(f"{file.name}: shorten it; more than {LARGEST} octets are too much for `audit`")
