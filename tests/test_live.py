"""`tracker live` in one of two hosts, against what that host's kernel says at quiet moments.

Needs root, and the tools that `pcaps/record.py` names; sends only between the two namespaces that
it makes itself, and removes them.  `tests/live_hosts.py` is what runs here for a short time; run it
by hand for minutes.  With TRACKER in the environment, that command is judged.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from captures import CHECKOUT
from test_live_kernels import MISSING, namespaces_can_be_made
from test_truth import SS_STATES

MINUTES = 0.35
CONNECTIONS = 300
TRACKER = os.environ.get("TRACKER") or shlex.join([sys.executable, "-P", "-m", "tracker"])


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Let connections live for a while and return what tracker and kernel said of them."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    if MISSING:
        pytest.skip(f"not installed: {', '.join(MISSING)}")
    if not namespaces_can_be_made():
        pytest.skip("this machine makes no network namespaces")
    first = _judged(tmp_path_factory.mktemp("live") / "report.json")
    if not first["differences"]:
        return first
    # A timer of the kernel may run out between its two answers: what is wrong is wrong again.
    return _judged(tmp_path_factory.mktemp("again") / "report.json")


def _judged(file: Path) -> Any:
    """Run the script once and return what it reports."""
    script = str(CHECKOUT / "tests" / "live_hosts.py")
    options = ["--minutes", str(MINUTES), "--connections", str(CONNECTIONS), "--new", "100"]
    options += ["--report", str(file), "--tracker", TRACKER]
    done = subprocess.run(
        [sys.executable, script, *options], capture_output=True, text=True, timeout=240, check=False
    )
    assert file.exists(), done.stderr
    return {**json.loads(file.read_text()), "told": done.stdout}


def test_every_state_is_the_kernels(report: Any) -> None:
    assert not report["differences"], report["told"]
    assert report["compared"] > report["connections"]


def test_so_many_connections_and_all_states_were_compared(report: Any) -> None:
    assert report["connections"] >= CONNECTIONS
    assert report["pairs"] >= CONNECTIONS * 9 // 10
    agreed = {tracker for kernel, tracker, _ in report["matrix"] if kernel == tracker}
    assert agreed == set(SS_STATES.values())
    assert ["-", "CLOSED"] in [pair[:2] for pair in report["matrix"]]


def test_little_is_left_to_the_kernels_timers(report: Any) -> None:
    """No TIME_WAIT is old enough here; what changed while the kernel was asked is the rest."""
    assert sum(report["by_timer"].values()) * 100 <= report["compared"], report["by_timer"]


def test_it_ends_well(report: Any) -> None:
    assert report["status"] == 0, report["stderr"]
    assert not any("Traceback" in line for line in report["stderr"])
