"""Compares the tracker's table of a moment with what the kernel said before and after it."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from live_tables import NS_IN_S, Pair, Reading, Row, Socket, Table, ask_kernel

from hosts import Namespace

SLACK = 0.3  # seconds around the end of a timer in which both tables are right
GONE = "-"  # no such socket

LATE = 2.1  # seconds that a timer of a minute runs longer, rounded up by the kernel (HZ=250)

_WATCH = 0.25  # seconds between two looks at the kernel
_TIMED = {"TIME_WAIT", "FIN_WAIT_2"}
_REPEATING = {"SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "CLOSING", "LAST_ACK"}


class Difference(NamedTuple):
    """A socket of which tracker and kernel say different things."""

    moment: int
    as_of: int
    pair: Pair
    kernel: str
    tracker: str
    last_in_kernel: str
    row: Row | None


class KernelWatch:
    """When the kernel was last heard of each socket; a thread asks it all the time."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._last: dict[Pair, tuple[Socket, int]] = {}
        self._pause: dict[tuple[Pair, str], float] = {}
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="kernel watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def ask(self) -> Reading:
        reading = ask_kernel(self._namespace)
        with self._lock:
            for pair, said in reading.sockets.items():
                self._last[pair] = (said, reading.begun)
                state = (pair, said.state)
                self._pause[state] = max(self._pause.get(state, 0.0), said.due)
        return reading

    def pause(self, pair: Pair, state: str) -> float:
        """The longest time, seconds, that a timer of this socket has run in that state."""
        with self._lock:
            return self._pause.get((pair, state), 0.0)

    def last(self, pair: Pair) -> tuple[Socket, int]:
        """What was last said of a socket, and when (ns since 1970)."""
        with self._lock:
            return self._last.get(pair, (Socket(GONE, "", 0.0), 0))

    def _watch(self) -> None:
        while not self._ended.wait(_WATCH):
            self.ask()


class Judge:
    """Counts what agrees, moment by moment."""

    def __init__(self, watch: KernelWatch, left_out: set[Pair]) -> None:
        self.moments = 0
        self.matrix: Counter[tuple[str, str]] = Counter()
        self.by_timer: Counter[str] = Counter()
        self.differences: list[Difference] = []
        self.seen: set[Pair] = set()
        self._overdue: list[tuple[int, Pair, str, Table]] = []
        self._watch = watch
        self._left_out = left_out

    def compare(
        self, before: Reading, table: Table, after: Reading, restless: Callable[[int], bool]
    ) -> None:
        """Hold a table against two readings around it; ports that are `restless` are left out."""
        rows = self._rows(table, before)
        for pair in rows.keys() | before.sockets.keys() | after.sockets.keys():
            if pair in self._left_out or restless(pair[1]) or restless(pair[3]):
                continue
            kernel = _state(before, pair)
            tracker = rows[pair]["state"] if pair in rows else GONE
            why = self._ended_by_timer(kernel, _state(after, pair), tracker, pair, before, table)
            if kernel == tracker or (kernel, tracker) == (GONE, "CLOSED"):
                self.matrix[kernel, tracker] += 1
                self.seen.add(pair)
            elif why:
                self.by_timer[why] += 1
            else:
                self.matrix[kernel, tracker] += 1
                self._differ(table, pair, kernel, tracker, rows.get(pair))
        self.moments += 1

    def _rows(self, table: Table, kernel: Reading) -> dict[Pair, Row]:
        """The row of the last generation of each socket pair; LISTEN rows are compared here."""
        rows: dict[Pair, Row] = {}
        for row in table.rows:
            local = (row["local_address"], row["local_port"])
            if row["proto"] != "tcp":
                continue
            if row["state"] == "LISTEN":
                self._compare_listening(table, local, row, kernel)
                continue
            pair = (*local, row["foreign_address"], row["foreign_port"])
            if pair in rows and rows[pair]["state"] != "CLOSED" != row["state"]:
                self._differ(table, pair, "one socket", "two rows", row)
            if pair not in rows or row["generation"] > rows[pair]["generation"]:
                rows[pair] = row
        return rows

    def _compare_listening(
        self, table: Table, local: tuple[str, int], row: Row, kernel: Reading
    ) -> None:
        """A socket that listens for the tracker does so for the kernel, on any address or this."""
        port = local[1]
        if kernel.listening & {local, ("0.0.0.0", port), ("::", port), ("*", port)}:  # noqa: S104
            self.matrix["LISTEN", "LISTEN"] += 1
        else:
            self.matrix[GONE, "LISTEN"] += 1
            self._differ(table, (*local, "", 0), GONE, "LISTEN", row)

    def _ended_by_timer(
        self, kernel: str, then: str, tracker: str, pair: Pair, before: Reading, table: Table
    ) -> str:
        """Why a difference is not one that counts; empty where it does."""
        if kernel != then:
            return f"{kernel} became {then} in the kernel"
        if tracker in (GONE, "CLOSED") and kernel in _TIMED | _REPEATING:
            said = before.sockets[pair]
            due = said.due - (table.as_of - before.begun) / NS_IN_S
            if due <= SLACK and (said.timer == "timewait" or kernel in _REPEATING):
                self._overdue.append((len(self.differences), pair, kernel, table))
        if kernel == GONE and tracker in _TIMED | _REPEATING:
            said, when = self._watch.last(pair)
            late = self._watch.pause(pair, tracker) / 8 if tracker in _REPEATING else 0.0
            if said.state == tracker and (table.as_of - when) / NS_IN_S < late + SLACK + _WATCH:
                return f"{tracker}: the kernel's timer has just run out"
        return ""

    def settle(self) -> None:
        """Take out, in hindsight, what the kernel ended soon, its timer being overdue."""
        ended = set()
        for number, pair, kernel, table in self._overdue:
            said, when = self._watch.last(pair)
            if said.state == kernel and when < table.as_of + LATE * NS_IN_S:
                ended.add(number)
                self.by_timer[f"{kernel}: the kernel's timer is overdue"] += 1
                self.matrix[kernel, self.differences[number].tracker] -= 1
        self._overdue = []
        self.matrix = +self.matrix
        self.differences = [
            found for number, found in enumerate(self.differences) if number not in ended
        ]

    def _differ(self, table: Table, pair: Pair, kernel: str, tracker: str, row: Row | None) -> None:
        said, when = self._watch.last(pair)
        ago = (table.as_of - when) / NS_IN_S
        last = f"{said.state} {said.timer} {said.due:.1f} s left, {ago:.2f} s before"
        found = Difference(self.moments, table.as_of, pair, kernel, tracker, last, row)
        self.differences.append(found)


def _state(reading: Reading, pair: Pair) -> str:
    return reading.sockets[pair].state if pair in reading.sockets else GONE
