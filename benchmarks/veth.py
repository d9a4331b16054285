"""Two network namespaces joined by a veth pair: one sends captures again, the other receives.

Everything that is made here, namespaces and processes, ends with the `with` block that made it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

# Namespaces are made as those of the recordings are.
sys.path.append(str(Path(__file__).resolve().parent.parent / "pcaps"))

from hosts import Namespace

SENDER_CORE, RECEIVER_CORE = 0, 1
SENDS, RECEIVES = "out", "in0"  # the interfaces
PATIENCE = 60.0  # seconds for a program to begin, or to end

_SETTLE = 0.6  # seconds after the last packet until a receiver has fetched it


class Process:
    """A program in a namespace, on one core or all; both outputs go to files of `scratch`."""

    def __init__(
        self, namespace: Namespace, command: list[str], scratch: Path, core: int | None = None
    ) -> None:
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        self.stdout, self.stderr = scratch / "stdout", scratch / "stderr"
        with self.stdout.open("wb") as stdout, self.stderr.open("wb") as stderr:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                ["ip", "netns", "exec", namespace.name, *pinned, *command],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        self._name = command[0]

    @property
    def pid(self) -> int:
        """Of the program itself: what starts it, it replaces."""
        return self._process.pid

    @property
    def words(self) -> str:
        """What it has written to stderr so far."""
        return self.stderr.read_text(errors="replace")

    def runs(self) -> bool:
        return self._process.poll() is None

    def captures(self) -> bool:
        """Whether it holds a packet socket of its namespace: the file has a heading."""
        lines = Path(f"/proc/{self.pid}/net/packet").read_text().splitlines()
        return len(lines) > 1

    def wait_until_it_captures(self, first_word: bool) -> None:
        """Wait for its packet socket and, if wanted, for its first line on stderr."""
        limit = time.monotonic() + PATIENCE
        while not (self.captures() and (self.words.endswith("\n") or not first_word)):
            if not self.runs() or time.monotonic() > limit:
                raise RuntimeError(f"{self._name} does not begin: {self.words.strip()}")
            time.sleep(0.02)

    def wait(self, seconds: float = PATIENCE) -> None:
        self._process.wait(seconds)

    def interrupt(self, seconds: float = PATIENCE) -> None:
        """End it as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        self.wait(seconds)

    def kill(self) -> None:
        """End it if it still runs."""
        if self.runs():
            self._process.terminate()
        try:
            self.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.wait()


class Veth:
    """The pair of namespaces."""

    def __init__(self, stack: ExitStack) -> None:
        prefix = f"veth{os.getpid()}"
        self.sender = self._namespace(stack, f"{prefix}-sends")
        self.receiver = self._namespace(stack, f"{prefix}-receives")
        # fmt: off
        self.sender.ip("link", "add", SENDS, "type", "veth",
                       "peer", "name", RECEIVES, "netns", self.receiver.name)
        # fmt: on
        self.sender.ip("link", "set", SENDS, "up")
        self.receiver.ip("link", "set", RECEIVES, "up")

    @staticmethod
    def _namespace(stack: ExitStack, name: str) -> Namespace:
        made = Namespace(name)
        stack.callback(made.remove)
        for scope in ("all", "default"):
            made.set(f"ipv6.conf.{scope}.disable_ipv6", 1)  # no packets of its own
        return made

    def arrived(self) -> int:
        """Packets that have come out of the receiving interface so far."""
        (link,) = json.loads(self.receiver.ip("-j", "-s", "link", "show", RECEIVES))
        packets: int = link["stats64"]["rx"]["packets"]
        return packets

    def replay(self, scratch: Path, core: int | None, *options: str) -> Process:
        """Start to send a capture again; tcpreplay's options, the capture last."""
        command = ["tcpreplay", "-q", "-i", SENDS, "--no-flow-stats", *options]
        return Process(self.sender, command, scratch, core)


@contextmanager
def veth() -> Iterator[Veth]:
    """Two fresh namespaces on a wire."""
    with ended_by_signals(), ExitStack() as stack:
        yield Veth(stack)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM ends as Ctrl-C does: namespaces and processes are removed."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def settle() -> None:
    """Give a receiver the time to fetch what has arrived."""
    time.sleep(_SETTLE)


def missing(*tools: str) -> str:
    """Why this cannot run here; empty if it can."""
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    if os.geteuid() != 0:
        return "network namespaces need root"
    return ""
