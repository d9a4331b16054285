"""An interface to capture from, in a network namespace of its own, and the far end of its wire.

Needs root and the tools named here; what cannot have them skips, and says so.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

import pytest
from captures import PCAPS, Outcome

sys.path.append(str(PCAPS))
from hosts import Namespace, run

TOOLS = ("ip", "sysctl")
MAC, FAR_MAC = "02:00:00:00:00:05", "02:00:00:00:00:07"
_GIVE_UP = 20.0  # seconds to wait for what should be there at once


def need_namespaces() -> None:
    """Skip, unless network namespaces can be made here."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    name = f"tracker-try-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        pytest.skip("this machine makes no network namespaces")
    run("ip", "netns", "del", name)


class Live:
    """A run of `tracker live` in a namespace; it captures once the `with` block begins."""

    def __init__(self, place: Namespace, *arguments: object, prefix: tuple[str, ...] = ()) -> None:
        self.command = [
            *("ip", "netns", "exec", place.name, *prefix),
            *(sys.executable, "-P", "-m", "tracker", "live", *map(str, arguments)),
        ]
        self._said: list[str] = []

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._said.append(line)
            if ": capturing" in line:
                return self
        raise AssertionError(f"it did not begin: {''.join(self._said)}")

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def end(self, how: signal.Signals | None = None) -> Outcome:
        """Let it end, by a signal or by itself, and return what it printed."""
        if how is not None:
            self.process.send_signal(how)
        stdout, stderr = self.process.communicate(timeout=_GIVE_UP)
        return Outcome(self.process.returncode, stdout, "".join(self._said) + stderr)


class Link:
    """Two namespaces and a veth pair: `here` has eth0, where we capture, `there` the far end."""

    def __init__(self, stack: ExitStack) -> None:
        prefix = f"live{os.getpid()}"
        self.here = Namespace(f"{prefix}-here")
        stack.callback(self.here.remove)
        self.there = Namespace(f"{prefix}-there")
        stack.callback(self.there.remove)
        for place in (self.here, self.there):
            place.set("ipv6.conf.default.disable_ipv6", 1)  # or it would say something by itself
        self.here.ip("link", "set", "lo", "up")
        self.plug()
        self._sockets: list[socket.socket] = []
        stack.callback(self._close_sockets)

    def plug(self) -> None:
        # fmt: off
        self.here.ip("link", "add", "eth0", "address", MAC, "type", "veth",
                     "peer", "name", "far", "address", FAR_MAC, "netns", self.there.name)
        # fmt: on
        self.here.ip("link", "set", "eth0", "up")
        self.there.ip("link", "set", "far", "up")

    def send(self, frames: list[bytes]) -> None:
        """Put frames on the wire at its far end."""
        with self.there.inside():
            port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        port.bind(("far", 0))
        for frame in frames:
            port.send(frame)
        port.close()

    def _close_sockets(self) -> None:
        for each in self._sockets:
            each.close()

    def open_socket(self, place: Namespace, kind: int = socket.SOCK_STREAM) -> socket.socket:
        with place.inside():
            made = socket.socket(socket.AF_INET, kind)
        made.settimeout(10)
        self.keep(made)
        return made

    def keep(self, made: socket.socket) -> None:
        self._sockets.append(made)


@contextmanager
def link() -> Iterator[Link]:
    """A fresh link."""
    with ExitStack() as stack:
        yield Link(stack)


def wait_until_written(path: Path, octets: int) -> None:
    """Wait until a file has so many octets."""
    limit = time.monotonic() + _GIVE_UP
    while time.monotonic() < limit:
        with suppress(FileNotFoundError):
            if path.stat().st_size >= octets:
                return
        time.sleep(0.02)
    raise TimeoutError(f"{path} has no {octets} octets")
