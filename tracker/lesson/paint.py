"""Colour on a terminal, and frames around text: both only where they can be shown."""

import os
import re
import sys
from collections.abc import Callable
from typing import TextIO

#: What colours what (ECMA-48 section 8.3.117); never the only thing that tells two apart.
_STYLES = {
    "heading": "1",
    "client": "36",
    "server": "33",
    "faint": "2",
    "word": "3",
}

#: Puts a text into the style of that name.
Paint = Callable[[str, str], str]

# What a terminal might obey: control characters of ASCII and of Latin 1 (ECMA-48).
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def plain(text: str, _style: str) -> str:
    """Return `text` as it is."""
    return text


def coloured(text: str, style: str) -> str:
    """Return `text` in a style of a terminal."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if text else text


def paint_for(stream: TextIO) -> Paint:
    """Return what colours text on `stream`: nothing unless it is a terminal (no-color.org)."""
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return plain
    return coloured


def safe(text: str) -> str:
    """Return `text` with what a terminal might obey as escapes."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def width_of(stream: TextIO) -> int:
    """Return how many columns `stream` has: those of a terminal, else 80."""
    if not stream.isatty():
        return 80
    from shutil import get_terminal_size

    return max(get_terminal_size().columns, 40)


class Lines:
    """The characters that boxes are drawn with."""

    def __init__(self, corners: str, across: str, down: str) -> None:
        self.top_left, self.top_right = corners[0], corners[1]
        self.bottom_left, self.bottom_right = corners[2], corners[3]
        self.across = across
        self.down = down


ASCII = Lines("++++", "-", "|")
DRAWN = Lines("┌┐└┘", "─", "│")


def lines_for(stream: TextIO) -> Lines:
    """Return what `stream` can show: drawn lines on a terminal with UTF-8, else ASCII."""
    is_utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    return DRAWN if is_utf8 and stream.isatty() else ASCII


def stdout_paint() -> tuple[Paint, Lines, int]:
    """Return how to write to standard output: colour, lines, width."""
    return paint_for(sys.stdout), lines_for(sys.stdout), width_of(sys.stdout)
