"""`tracker audit -i`: a line the moment a doubt arises, and no line twice.

Needs root, for a network namespace of its own, whose loopback interface is watched.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from interface import need_namespaces

from hosts import Namespace  # isort: skip - `interface` says where it is

SECONDS = 6
PORT, REFUSED = 39917, 39918

RUN = """
from argparse import Namespace
from tracker.audit.command import audit
raise SystemExit(audit(Namespace(
    files=[], interface="lo", duration=%d, policy=%r, fail=True, kernel=%r, kernel_at=None,
    kernel_other=[], local=[], host=None, numeric=True, json=True, config=None, profile=None,
)))
"""


@pytest.fixture
def place() -> Iterator[Namespace]:
    """Make a network namespace whose `lo` is up, and remove it afterwards."""
    need_namespaces()
    made = Namespace(f"tracker-audit-{os.getpid()}")
    try:
        made.ip("link", "set", "lo", "up")
        yield made
    finally:
        made.remove()


def watched(place: Namespace, folder: Path, kernel: list[str] | None) -> "subprocess.Popen[str]":
    """Start to audit the namespace's loopback interface; return when frames count."""
    policy = folder / "policy.yaml"
    policy.write_text(
        "rules: []\n", encoding="utf-8"
    )  # the starting one lets a host talk to itself
    script = RUN % (SECONDS, str(policy), kernel)
    command = ["ip", "netns", "exec", place.name, sys.executable, "-P", "-c", script]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if ": auditing" in line:
            return process
    pytest.fail(f"it ended at once: {process.wait()}")


def talk(place: Namespace) -> tuple[socket.socket, ...]:
    """Open a connection to a port, say something, and leave it open; try another three times."""
    with place.inside():
        listener, client = socket.socket(), socket.socket()
        tried = [socket.socket() for _ in range(3)]
    listener.bind(("127.0.0.1", PORT))
    listener.listen(1)
    client.connect(("127.0.0.1", PORT))
    accepted, _ = listener.accept()
    client.sendall(b"what is nothing known\n")
    accepted.recv(100)
    for each in tried:
        assert each.connect_ex(("127.0.0.1", REFUSED))
        each.close()
    return listener, client, accepted


@pytest.mark.parametrize("kernel", [None, [""]], ids=["wire", "kernel"])
def test_each_doubt_is_told_once_and_early(
    place: Namespace, tmp_path: Path, kernel: list[str] | None
) -> None:
    process = watched(place, tmp_path, kernel)
    began = time.monotonic()
    sockets = talk(place)
    assert process.stdout is not None
    assert process.stderr is not None
    first = process.stdout.readline()
    assert time.monotonic() - began < SECONDS - 1, "it was told at the end only"
    rest = process.stdout.read()  # `communicate` would lose what was read ahead of the first line
    process.stdout.close()
    process.stderr.close()
    process.wait(timeout=60)
    for each in sockets:
        each.close()
    assert process.returncode == 3
    found = [json.loads(line) for line in (first + rest).splitlines()]
    told = [(each["foreign_port"], doubt["kind"]) for each in found for doubt in each["doubts"]]
    assert len(told) == len(set(told)), "a doubt was told twice"
    assert (PORT, "no-rule") in told
    assert (REFUSED, "refused") in told
    assert {port for port, _ in told} == {PORT, REFUSED}


def test_what_is_normal_is_learned_from_an_interface(place: Namespace, tmp_path: Path) -> None:
    """A connection that was used, and three that were refused, which are not normal."""
    path = tmp_path / "policy.yaml"
    arguments = ["learn", "-i", "lo", "--for", "4", "-o", str(path)]
    command = ["ip", "netns", "exec", place.name, sys.executable, "-P", "-m", "tracker", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "learning" in process.stderr.readline()
        sockets = talk(place)
        told = process.stderr.read()
    for each in sockets:
        each.close()
    assert process.returncode == 0
    assert "learned from 1 connection\n" in told
    assert "not learned: 3 connections, refused" in told
    assert f"services: [tcp/{PORT}]" in path.read_text(encoding="utf-8")
