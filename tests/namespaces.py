"""Network namespaces that tests make for themselves, and remove."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class Namespace:
    """A network namespace: programs run in it."""

    def __init__(self, name: str) -> None:
        """Take the namespace called `name`, which exists."""
        self.name = name

    @property
    def path(self) -> str:
        """Where the namespace can be entered (setns(2))."""
        return f"/run/netns/{self.name}"

    def inside(self, *command: str) -> list[str]:
        """Return the command that runs `command` inside."""
        return ["ip", "netns", "exec", self.name, *command]

    def run(self, *command: str) -> str:
        """Run a command inside and return what it printed."""
        done = subprocess.run(self.inside(*command), capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout

    def ip(self, *words: str) -> Any:
        """Return what `ip -json` says inside."""
        return json.loads(self.run("ip", "-json", *words) or "[]")

    def python(self, script: str, *arguments: str) -> Any:
        """Run a Python script inside and return the JSON value that it printed."""
        return json.loads(self.run(sys.executable, "-P", "-c", script, *arguments))


@contextmanager
def namespace(label: str) -> Iterator[Namespace]:
    """Make a namespace for the time of a `with`; skip the test where that cannot be."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    if shutil.which("ip") is None:
        pytest.skip("not installed: ip")
    name = f"tracker-{label}-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"this machine makes no network namespaces: {made.stderr.strip()}")
    try:
        yield Namespace(name)
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)
