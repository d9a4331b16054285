"""The command `quiz`: questions about a capture, asked in the terminal or written to a sheet."""

import argparse
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from random import SystemRandom
from textwrap import wrap

from tracker.errors import UsageError, UserError
from tracker.lesson.paint import Paint, stdout_paint
from tracker.lesson.questions import Question, questions
from tracker.lesson.sheet import LETTERS, key, sheet
from tracker.moment import LAST, Moment
from tracker.played import chosen, played
from tracker.report.text import counted
from tracker.tables import FINE, NOTHING_TO_SHOW
from tracker.tell import tell

_SEEDS = 10_000

# What timers do after the last frame may be asked, too.
_TIMERS_RUN_OUT = Moment(time=LAST)


def quiz(options: argparse.Namespace) -> int:
    """Run the command with its `options` and return the exit status.

    Raises the exceptions that `cli` tells in one line.
    """
    if options.export is not None:
        _spare(options.export, options.files)
    seed = options.seed if options.seed is not None else SystemRandom().randrange(_SEEDS)
    with played(options, _TIMERS_RUN_OUT, chosen(options.connection)) as capture:
        found = questions(capture.steps, seed, options.count, whole=not options.connection)
        capture.tell_end()
    if not found:
        tell("nothing to ask: no such connection in the capture")
        return NOTHING_TO_SHOW
    if options.export is None:
        _ask_all(found, seed)
    else:
        _export(options.export, ", ".join(map(os.path.basename, options.files)), found, seed)
    return FINE


# --- in the terminal ------------------------------------------------------------------------------


def _ask_all(found: list[Question], seed: int) -> None:
    """Ask one question after the other, until there are no more, or no more answers."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # an answer may be any octets
    paint, _, width = stdout_paint()
    count = counted(len(found), "question")
    print(f"{count}; --seed {seed} asks the same again. Answer with a letter.\n")
    right = asked = 0
    for number, question in enumerate(found, 1):
        print("\n".join(_question(number, question, width, paint)))
        try:
            answer = _answer(question)
        except (EOFError, KeyboardInterrupt):
            print()
            break
        asked += 1
        right += answer == question.answer
        print("\n".join(_judged(question, answer, width, paint)) + "\n")
    print(f"{right} of {asked} right.")


def _question(number: int, question: Question, width: int, paint: Paint) -> Iterator[str]:
    for line in wrap(f"{number}. {question.text}", width, subsequent_indent="   "):
        yield paint(line, "heading")
    for letter, choice in zip(LETTERS, question.choices, strict=False):
        yield from wrap(f"   {letter}  {choice}", width, subsequent_indent="      ")


def _answer(question: Question) -> int:
    """Read answers until one is a choice: its letter, its number, or its text."""
    while True:
        print("> ", end="", flush=True)
        text = _line().strip()
        for place, choice in enumerate(question.choices):
            if text.lower() in (LETTERS[place], str(place + 1), choice.lower()):
                return place
        print(f"   Answer with {', '.join(LETTERS[: len(question.choices)])}.")


def _line() -> str:
    """Read a line; raise EOFError where there is none, or no standard input."""
    if sys.stdin is None:
        raise EOFError
    line = input()
    if not sys.stdin.isatty():
        print()  # nobody pressed Enter here
    return line


def _judged(question: Question, answer: int, width: int, paint: Paint) -> Iterator[str]:
    if answer == question.answer:
        yield paint("   Right.", "heading")
    else:
        letter = LETTERS[question.answer]
        text = f"No: {letter}, {question.choices[question.answer]}."
        for line in wrap(text, width, initial_indent="   ", subsequent_indent="   "):
            yield paint(line, "heading")
    indent = "   "
    yield from wrap(question.reason, width, initial_indent=indent, subsequent_indent=indent)


# --- on paper -------------------------------------------------------------------------------------


def _export(path: str, name: str, found: list[Question], seed: int) -> None:
    """Write the sheet to `path`, and the key beside it."""
    is_html = os.path.splitext(path)[1].lower() in (".html", ".htm")
    _write(path, sheet(name, found, seed, is_html))
    _write(_key_of(path), key(name, found, seed, is_html))


def _key_of(path: str) -> str:
    """Return where the answers to the sheet at `path` go."""
    stem, extension = os.path.splitext(path)
    return f"{stem}-key{extension}"


def _spare(path: str, files: list[str]) -> None:
    """Raise UsageError where the sheet or its key would overwrite one of the captures `files`."""
    for written in (path, _key_of(path)):
        if any(os.path.exists(f) and _is_same(written, f) for f in files):
            raise UsageError(f"--export {path}: {written} is a capture to read; give another name")


def _is_same(written: str, file: str) -> bool:
    return os.path.exists(written) and os.path.samefile(written, file)


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UserError(
            f"--export {path}: it cannot be written: {error.strerror}; give another place"
        ) from None
    tell(f"{path}: written")
