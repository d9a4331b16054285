"""Make sure that the installed `tracker` is tested, never the folder of that name beside us.

The package folder stands at the top of the checkout, so a checkout in `sys.path` (which is where
`python -m pytest` puts it) would hide the installed package and with it the compiled engine.
"""

import os
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent

# What no variable of the environment can hide.
SYSTEM_FILE = Path("/etc/tracker/tracker.yaml")

sys.path[:] = [entry for entry in sys.path if Path(entry or os.curdir).resolve() != CHECKOUT]
# For what the tests start themselves; they also pass -P.
os.environ.pop("PYTHONPATH", None)


def pytest_configure() -> None:
    """Stop before the first test where it would not test what it seems to."""
    problem = _problem()
    if problem:
        raise pytest.UsageError(problem)


def pytest_report_header() -> str:
    """Say what is tested: version, engine and place."""
    import tracker

    return f"tracker: {tracker.__version__}, engine: {tracker.engine()}, {_place()}"


def _place() -> Path:
    import tracker

    return Path(tracker.__file__).resolve().parent


def _problem() -> str | None:
    """Return why the tests cannot run here, or None."""
    try:
        import tracker
    except ModuleNotFoundError:
        return (
            "the tests run against the installed package, and tracker is not installed; "
            f"install it first: {sys.executable} -m pip install '{CHECKOUT}[test]'"
        )
    if _place() == CHECKOUT / "tracker":
        return (
            f"the tests run against the installed package, not against {_place()}; install it "
            f"without --editable: {sys.executable} -m pip install '{CHECKOUT}[test]'"
        )
    if SYSTEM_FILE.exists():
        return f"the tests expect the default settings, and this system has others: {SYSTEM_FILE}"
    wanted = os.environ.get("TRACKER_PURE")
    if wanted is None:
        return None
    expected = "compiled" if wanted in ("", "0") else "pure Python"
    if tracker.engine() == expected:
        return None
    return (
        f"TRACKER_PURE={wanted} asks for the {expected} engine, but the installed one is "
        f"{tracker.engine()}; install it again with TRACKER_PURE={wanted}"
    )
