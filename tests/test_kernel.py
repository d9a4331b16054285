"""The tracker's states against what real kernels said, snapshot by snapshot.

The recordings of `../shared/kernel` are on developers' machines and in CI only.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tracker.capture.saved import SavedCapture, in_time_order
from tracker.config import Config
from tracker.meter import Meter
from tracker.moment import Moment
from tracker.replay import replay
from tracker.report import sides
from tracker.report.records import FIELDS, values
from tracker.report.rows import RowMaker, Wanted
from tracker.tables import flow_table

KERNEL = Path(__file__).parents[2] / "shared" / "kernel"

pytestmark = pytest.mark.skipif(
    not KERNEL.is_dir(), reason="../shared/kernel, recordings with what kernels said, is not here"
)

#: How `ss` spells the states.
SS = {
    "ESTAB": "ESTABLISHED",
    "SYN-SENT": "SYN_SENT",
    "SYN-RECV": "SYN_RECEIVED",
    "FIN-WAIT-1": "FIN_WAIT_1",
    "FIN-WAIT-2": "FIN_WAIT_2",
    "CLOSE-WAIT": "CLOSE_WAIT",
    "CLOSING": "CLOSING",
    "LAST-ACK": "LAST_ACK",
    "TIME-WAIT": "TIME_WAIT",
}

#: Opened and half closed, or idle, before the capture began: nothing on the wire tells.
BEFORE_THE_CAPTURE = {("capture_starts_late", 1260), ("capture_starts_late", 1262)}


class Difference(NamedTuple):
    """One socket of which tracker and kernel say different things."""

    scenario: str
    label: str
    host: str
    kernel: str
    tracker: str


#: What passes A and R, or never gets there, because it is lost between R and B.
LOST_BEHIND_THE_ROUTER = {
    Difference("half_open_server_lost", "server's RST lost", "B", "-", "ESTABLISHED"),
    Difference(
        "syn_received_stuck", "client established, server not", "B", "SYN_RECEIVED", "ESTABLISHED"
    ),
}

#: From another place than the host itself, some things cannot be known.  docs/kernel-agreement.md
#: says of each of these why.
UNKNOWABLE = {
    "A": LOST_BEHIND_THE_ROUTER,
    "R": LOST_BEHIND_THE_ROUTER,
    "B": {
        Difference("fin_wait_1_stuck", "FIN never arrives", "A", "FIN_WAIT_1", "ESTABLISHED"),
        Difference("fin_wait_1_stuck", "still", "A", "FIN_WAIT_1", "ESTABLISHED"),
        Difference("half_open_server_lost", "server's RST lost", "A", "ESTABLISHED", "-"),
        Difference("last_ack_stuck", "server LAST-ACK", "A", "TIME_WAIT", "FIN_WAIT_2"),
        Difference("last_ack_stuck", "still", "A", "TIME_WAIT", "FIN_WAIT_2"),
        Difference("no_answer", "first SYN", "A", "SYN_SENT", "-"),
        Difference("no_answer", "after retransmission", "A", "SYN_SENT", "-"),
        Difference("no_answer", "still trying", "A", "SYN_SENT", "-"),
    },
}


def snapshots() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (scenario, snapshot) for each time that a kernel was asked."""
    for path in sorted(KERNEL.glob("*/truth.jsonl")):
        for line in path.read_text().splitlines():
            yield path.parent.name, json.loads(line)


def kernel_rows(snapshot: dict[str, Any]) -> dict[tuple[str, int, str, int], str]:
    """Return what the kernel said: socket pair to state."""
    rows = {}
    for socket in snapshot["sockets"]:
        if socket["proto"] == "tcp" and socket["state"] in SS:
            pair = (*_split(socket["local"]), *_split(socket["foreign"]))
            rows[pair] = SS[socket["state"]]
    return rows


def _split(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]").split("%")[0], int(port)


def tracker_rows(capture: Path, snapshot: dict[str, Any]) -> dict[tuple[str, int, str, int], str]:
    """Return what the tracker says at the same moment."""
    config = Config()
    meter = Meter(flow_table(config, keep_ended=False))
    saved = SavedCapture(str(capture))
    now = replay(in_time_order([saved]), meter, Moment(time=snapshot["time_ns"]))
    saved.close()
    whose = sides.stated(snapshot.get("local") or snapshot["addresses"], "the snapshot")
    maker = RowMaker(Wanted(now, udp=False), whose, frozenset(), None)
    rows = {}
    for row in maker.rows(meter.table.connections):
        value = dict(zip(FIELDS, values(row), strict=True))
        rows[
            value["local_address"],
            value["local_port"],
            value["foreign_address"],
            value["foreign_port"],
        ] = value["state"]
    return rows


def differences(origin: str) -> tuple[int, set[Difference]]:
    """Compare all snapshots with captures made at `origin` ("own": by the host itself)."""
    compared, differing = 0, set()
    for scenario, snapshot in snapshots():
        host = snapshot["host"]
        capture = KERNEL / scenario / f"{host if origin == 'own' else origin}.pcap"
        if not capture.exists():
            continue
        said, told = kernel_rows(snapshot), tracker_rows(capture, snapshot)
        for pair in said.keys() | told.keys():
            if {(scenario, pair[1]), (scenario, pair[3])} & BEFORE_THE_CAPTURE:
                continue
            compared += 1
            kernel, tracker = said.get(pair, "-"), told.get(pair, "-")
            if kernel != tracker:
                differing.add(Difference(scenario, snapshot["label"], host, kernel, tracker))
    return compared, differing


def test_a_hosts_own_capture_tells_every_state() -> None:
    compared, differing = differences("own")
    assert compared > 80
    assert not differing


@pytest.mark.parametrize("origin", ["A", "R", "B"])
def test_from_elsewhere_only_the_unknowable_differs(origin: str) -> None:
    compared, differing = differences(origin)
    assert compared > 70
    assert differing == UNKNOWABLE[origin]
