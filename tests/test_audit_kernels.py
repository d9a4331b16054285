"""Every moment of every recording at which a kernel was asked: the wire against its table.

Those of `pcaps/`, and, where they lie beside the checkout, those of ../shared/kernel.  The tables
are given as `ss` printed them.  A kernel hides nothing, so nothing may be found; and of each
connection that is taken out of a table, just that must be found.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from audit_subjects import subjects_of
from captures import CHECKOUT, PCAPS
from test_truth import snapshots

from tracker.audit.against import compare
from tracker.audit.against_known import DIFFERENT, HIDDEN, NS_IN_S, Known, Mismatch, pair_of
from tracker.audit.dumps import read_dumps
from tracker.audit.subject import Subject
from tracker.host import KernelSocket
from tracker.tcp_state import State

SHARED = CHECKOUT.parent / "shared" / "kernel"

#: Nothing had moved for a quarter of a second when these kernels were asked.
QUIET = NS_IN_S // 5

#: What this host has neither closed nor only begun: then its kernel has to have it.
LASTING = frozenset((State.ESTABLISHED, State.CLOSE_WAIT))

#: Captures that begin in the middle of connections: states may differ, see ../shared/kernel.
FROM_THE_MIDDLE = "capture_starts_late"


class Moment(NamedTuple):
    """A host at a moment: what its own capture shows, and its kernel's table."""

    name: str
    subjects: list[Subject]
    sockets: list[KernelSocket]
    known: Known

    def compare(self, without: KernelSocket | None = None) -> list[Mismatch]:
        sockets = [each for each in self.sockets if each is not without]
        return compare(self.subjects, sockets, self.known)


def moment(snapshot: dict[str, Any], capture: Path, at: int, folder: Path) -> Moment:
    """Return what a snapshot says, its table read as that of `ss`."""
    table = folder / "ss.txt"
    rows = [
        f"{row['proto']} {row['state']} 0 0 {row['local']} {row['foreign']}"
        for row in snapshot["sockets"]
    ]
    table.write_text("\n".join(["Netid State Recv-Q Send-Q Local Peer", *rows]), encoding="utf-8")
    local = [word for address in snapshot["addresses"] for word in ("--local", address)]
    subjects = subjects_of(capture, at, *local)
    began = min((each.first_seen for each in subjects), default=at)
    addresses = frozenset(snapshot["addresses"])
    known = Known(moment=at, tolerance=QUIET, began=began, addresses=addresses)
    name = f"{capture}, {snapshot['host']}, {snapshot['label']}"
    return Moment(name, subjects, read_dumps([str(table)]).sockets, known)


def ours(folder: Path) -> Iterator[Moment]:
    for snapshot in snapshots():
        seconds, _, rest = snapshot["at"].partition(".")
        at = int(seconds) * NS_IN_S + int(rest)
        yield moment(snapshot, PCAPS / snapshot["capture"], at, folder)


def theirs(folder: Path) -> Iterator[Moment]:
    for path in sorted(SHARED.glob("*/truth.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            snapshot = json.loads(line)
            capture = path.parent / f"{snapshot['host']}.pcap"
            if capture.exists():
                yield moment(snapshot, capture, snapshot["time_ns"], folder)


@pytest.fixture(scope="module", params=[ours, theirs])
def moments(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[Moment]:
    """All moments of a set of recordings."""
    found = list(request.param(tmp_path_factory.mktemp("tables")))
    if not found:
        pytest.skip(f"not there: {SHARED}")
    assert len(found) > 90
    return found


def test_kernels_hide_nothing(moments: list[Moment]) -> None:
    for each in moments:
        assert [found.text for found in each.compare() if found.cause is None] == [], each.name


def test_kernels_and_wire_have_the_same_states(moments: list[Moment]) -> None:
    for each in moments:
        if FROM_THE_MIDDLE not in each.name:
            assert [found.text for found in each.compare() if found.kind == DIFFERENT] == []


def test_what_is_taken_out_of_a_table_is_found(moments: list[Moment]) -> None:
    tried = 0
    for each in moments:
        seen = {pair_of(subject) for subject in each.subjects}
        for socket in each.sockets:
            if socket.state in LASTING and socket.pair() in seen:
                found = [one for one in each.compare(without=socket) if one.cause is None]
                assert [one.key() for one in found] == [(HIDDEN, socket.pair())], each.name
                tried += 1
    assert tried > 40
