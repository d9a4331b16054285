"""What `config/tracker.yaml` says about each setting: the comment above it, taken apart.

A comment has an explanation, then `Unit: ... Range: ... Source: ...`.  Messages, the JSON schema
and the checks of values take unit and range from there.
"""

import re
from functools import cache

from tracker.config import shipped
from tracker.typed import NamedTuple

_BLOCK = re.compile(r"((?:# [^\n]+\n)+)(\w+):")
_PARTS = re.compile(r"(.+) Unit: (.+?)\. Range: (.+?)\. Source: (.+)")
_NUMBERS = re.compile(r"([0-9.]+) to ([0-9.]+)")


class Explained(NamedTuple):
    """What is said about a setting, a sentence or more each.

    text      what it does
    unit      of its value, "none" where it has none
    range     what values are allowed
    source    where the default comes from
    """

    text: str
    unit: str
    range: str
    source: str

    def limits(self) -> tuple[int | float, int | float]:
        """Return the smallest and the largest number that are allowed."""
        lowest, highest = _NUMBERS.match(self.range).groups()  # type: ignore[union-attr]
        return _number(lowest), _number(highest)

    def choices(self) -> list[str]:
        """Return the words that are allowed."""
        return self.range.split(", ")


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


@cache
def explanations() -> dict[str, Explained]:
    """Return what is said about each setting, in the order of the file."""
    with open(shipped("tracker.yaml"), encoding="utf-8") as file:
        return {key: _taken_apart(comment) for comment, key in _BLOCK.findall(file.read())}


def _taken_apart(comment: str) -> Explained:
    text = " ".join(line.removeprefix("# ") for line in comment.splitlines())
    parts = _PARTS.fullmatch(text)
    assert parts is not None, f"a comment without unit, range or source: {text}"
    return Explained(*parts.groups())
