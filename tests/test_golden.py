"""Golden outputs over `pcaps/`: `golden/LIST` says which (as tcpdump's TESTLIST)."""

import difflib
from pathlib import Path
from typing import NamedTuple

import pytest
from captures import PCAPS, run_here

GOLDEN = Path(__file__).resolve().parent / "golden"


class Case(NamedTuple):
    """One line of the list."""

    name: str
    capture: str
    expected: str
    options: list[str]


def cases() -> list[Case]:
    """Read the list; a line is empty, a comment, or name, capture, expected and options."""
    lines = (GOLDEN / "LIST").read_text(encoding="utf-8").splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    return [Case(name, capture, expected, options) for name, capture, expected, *options in words]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_golden(case: Case) -> None:
    outcome = run_here("read", PCAPS / case.capture, *case.options)
    found = (outcome.stdout + outcome.stderr).replace(f"{PCAPS}/", "")
    expected = (GOLDEN / case.expected).read_text(encoding="utf-8")
    if found != expected:
        before, after = expected.splitlines(keepends=True), found.splitlines(keepends=True)
        diff = "".join(difflib.unified_diff(before, after, case.expected, "tracker read"))
        pytest.fail(f"tracker read {case.capture} {' '.join(case.options)}\n{diff}", pytrace=False)


def test_list_is_complete() -> None:
    """No name twice, no expected file that nobody expects, no capture that nobody reads."""
    names = [case.name for case in cases()]
    assert len(set(names)) == len(names)
    files = {path.name for path in GOLDEN.iterdir()} - {"LIST"}
    assert {case.expected for case in cases()} == files
    assert {case.capture for case in cases()} == {path.name for path in PCAPS.glob("*.pcap*")}
