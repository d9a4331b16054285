"""Two tables of one host at a quiet moment: its kernel's (`ss`), and that of `tracker live`."""

import json
import queue
import re
import signal
import subprocess
import threading
import time
from datetime import datetime
from typing import Any, NamedTuple

from test_truth import SS_STATES

from hosts import Namespace, stop

#: Local address and port, foreign address and port.
Pair = tuple[str, int, str, int]
Row = dict[str, Any]

NS_IN_S = 1_000_000_000

_TIMER = re.compile(r"timer:\((\w+),([^,]*),(\d+)\)")
_PART = re.compile(r"(\d+)(min|sec|ms|\.)")
_UNITS = {"min": 60.0, "sec": 1.0, ".": 1.0, "ms": 0.001}


class Socket(NamedTuple):
    """What a kernel says of a socket: its state, its timer, and the seconds until that is due."""

    state: str
    timer: str
    due: float


class Reading(NamedTuple):
    """What `ss` said, and between which times (ns since 1970) it was asked."""

    begun: int
    ended: int
    sockets: dict[Pair, Socket]
    listening: set[tuple[str, int]]


def ask_kernel(namespace: Namespace) -> Reading:
    """Read the TCP sockets of a namespace with their timers (`ss -tano`)."""
    begun = time.time_ns()
    text = namespace.run("ss", "-Htano")
    reading = Reading(begun, time.time_ns(), {}, set())
    for line in text.splitlines():
        state, _, _, local, foreign, *more = line.split()
        if state == "LISTEN":
            reading.listening.add(_socket(local))
        elif state in SS_STATES:
            timer = _timer(" ".join(more))
            reading.sockets[_socket(local) + _socket(foreign)] = Socket(SS_STATES[state], *timer)
    return reading


def _socket(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return re.sub(r"%[\w.-]+", "", host).strip("[]"), int(port) if port.isdigit() else 0


def _timer(text: str) -> tuple[str, float]:
    """Name and seconds of a timer as in `timer:(timewait,4.520ms,0)`; both may be missing."""
    found = _TIMER.search(text)
    if found is None:
        return "", 0.0
    name, left, _ = found.groups()
    return name, sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(left))


class Table(NamedTuple):
    """The rows of one moment (ns since 1970)."""

    as_of: int
    rows: list[Row]


class TrackerProcess:
    """A running `tracker live` that prints tables as JSON."""

    def __init__(self, namespace: Namespace, command: list[str], patience: float) -> None:
        self.said: list[str] = []
        self._patience = patience
        self._tables: queue.SimpleQueue[Table | None] = queue.SimpleQueue()
        self._ready = threading.Event()
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", namespace.name, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._threads = [
            threading.Thread(target=self._read_tables, daemon=True),
            threading.Thread(target=self._read_words, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    def wait_until_it_captures(self) -> None:
        """Wait for its first line on stderr."""
        if not self._ready.wait(self._patience) or self._process.poll() is not None:
            raise RuntimeError(f"the tracker does not begin: {' / '.join(self.said)}")

    def table_after(self, moment: int) -> Table:
        """The first whole table that is as of a later moment (ns since 1970)."""
        limit = time.monotonic() + self._patience
        while True:
            try:
                table = self._tables.get(timeout=max(0.01, limit - time.monotonic()))
            except queue.Empty:
                table = None
            if table is None:
                said = " / ".join(self.said)
                raise RuntimeError(f"no table within {self._patience:.0f} s: {said}")
            if table.as_of > moment:
                return table

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(self._patience)
        for thread in self._threads:
            thread.join()

    def kill(self) -> None:
        """End it if it still runs."""
        stop(self._process, signal.SIGTERM)

    def _read_tables(self) -> None:
        """Rows with the same "as_of" are one table, which is whole when another one begins."""
        assert self._process.stdout is not None
        as_of, rows = "", list[Row]()
        for line in self._process.stdout:
            row = json.loads(line)
            if row.get("as_of", "") != as_of:
                if as_of:
                    self._tables.put(Table(nanoseconds(as_of), rows))
                as_of, rows = row.get("as_of", ""), []
            rows.append(row)
        self._tables.put(None)

    def _read_words(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said.append(line.rstrip())
            self._ready.set()
        self._ready.set()


def nanoseconds(text: str) -> int:
    """A time as in 2026-11-22T16:29:15.221458161Z, in ns since 1970."""
    whole, _, rest = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * NS_IN_S + int(rest.ljust(9, "0") or "0")
