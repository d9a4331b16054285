"""Golden outputs over `pcaps/`: `golden/LIST` says which (as tcpdump's TESTLIST).

`LIST` is of `tracker read`; `LIST-explain` and `LIST-why` are of the commands of these names.
"""

import difflib
from pathlib import Path
from typing import NamedTuple

import pytest
from captures import PCAPS, run_here

GOLDEN = Path(__file__).resolve().parent / "golden"


LISTS = {"LIST": "read", "LIST-explain": "explain", "LIST-why": "why"}


class Case(NamedTuple):
    """One line of a list."""

    command: str
    name: str
    capture: str
    expected: str
    options: list[str]


def cases() -> list[Case]:
    """Read the lists; a line is empty, a comment, or name, capture, expected and options."""
    return [
        Case(command, name, capture, expected, options)
        for file, command in LISTS.items()
        for line in (GOLDEN / file).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
        for name, capture, expected, *options in [line.split()]
    ]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_golden(case: Case) -> None:
    outcome = run_here(case.command, PCAPS / case.capture, *case.options)
    found = (outcome.stdout + outcome.stderr).replace(f"{PCAPS}/", "")
    expected = (GOLDEN / case.expected).read_text(encoding="utf-8")
    if found != expected:
        before, after = expected.splitlines(keepends=True), found.splitlines(keepends=True)
        diff = "".join(
            difflib.unified_diff(before, after, case.expected, f"tracker {case.command}")
        )
        pytest.fail(
            f"tracker {case.command} {case.capture} {' '.join(case.options)}\n{diff}", pytrace=False
        )


def test_list_is_complete() -> None:
    """No name twice, no expected file that nobody expects, no capture that nobody reads."""
    names = [case.name for case in cases()]
    assert len(set(names)) == len(names)
    files = {path.name for path in GOLDEN.iterdir()} - set(LISTS)
    assert {case.expected for case in cases()} == files
    assert {case.capture for case in cases()} == {path.name for path in PCAPS.glob("*.pcap*")}
