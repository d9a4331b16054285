"""Connections made now, between two hosts in network namespaces, against what their kernels say.

Needs root, and the tools that `pcaps/record.py` names; sends only between the two namespaces that
it makes itself, and removes them.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from captures import PCAPS, read, sockets
from test_truth import kernel_rows

TOOLS = ("ip", "ss", "sysctl", "ethtool", "tcpdump")
SCENARIOS = (
    "client-closes-first",
    "server-closes-first",
    "refused",
    "unanswered",
    "aborted-by-client",
    "half-closed",
    "simultaneous-open",
    "simultaneous-close",
    "port-reused",
    "syn-ack-repeated",
    "fin-repeated",
    "ipv6",
    "loopback",
    "out-of-window-rst",
)

MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]


def namespaces_can_be_made() -> bool:
    """Return whether this machine lets us make a network namespace."""
    name = f"tracker-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    if made.returncode == 0:
        subprocess.run(["ip", "netns", "del", name], check=True)
    return made.returncode == 0


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record the scenarios and return the folder with the captures and `truth.jsonl`."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    if MISSING:
        pytest.skip(f"not installed: {', '.join(MISSING)}")
    if not namespaces_can_be_made():
        pytest.skip("this machine makes no network namespaces")
    folder = tmp_path_factory.mktemp("recordings")
    command = [sys.executable, "-P", str(PCAPS / "record.py"), "--out", str(folder), *SCENARIOS]
    environment = {**os.environ, "PYTHONPATH": str(PCAPS)}
    subprocess.run(command, check=True, timeout=300, env=environment)
    return folder


def test_states_are_those_of_the_kernels(recordings: Path) -> None:
    lines = (recordings / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    seen = set()
    for snapshot in map(json.loads, lines):
        local = [word for address in snapshot["addresses"] for word in ("--local", address)]
        rows = read("-t", *local, "--at", snapshot["at"], recordings / snapshot["capture"]).rows
        assert sockets(rows) == kernel_rows(snapshot, listening=False), snapshot
        seen.add(snapshot["capture"])
    assert seen == {f"{name}.pcap" for name in SCENARIOS}
