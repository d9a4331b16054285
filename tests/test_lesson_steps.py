"""A capture step by step: its states are those of `read` at that moment, and of the kernels."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from captures import CORPUS, PCAPS, START, Record, conversation, pcap, read, run_here, socket
from test_truth import SS_STATES, identity, snapshots

from tracker.capture.saved import SavedCapture, in_time_order
from tracker.config import Config
from tracker.lesson.sight import Sight
from tracker.lesson.steps import Step, Steps
from tracker.moment import END, Moment, parse
from tracker.tables import flow_table, meter_before

CONFIG = Config()
ALL = ("--local", "0.0.0.0/0", "--local", "::/0")

#: How many frames of a capture of the corpus are compared, and how large it may be.
FRAMES = 60
LARGEST = 200_000

#: Protocol, local socket, foreign socket, state and certainty of a row.
RowKey = tuple[str, str, str, str | None, str | None]


def steps(path: Path, moment: Moment = END) -> Iterator[Step]:
    """Yield the steps of a capture."""
    meter = meter_before(flow_table(CONFIG, keep_ended=False), CONFIG)
    capture = SavedCapture(str(path))
    ports = frozenset(CONFIG.service_ports)
    yield from Steps(meter, ports).play(in_time_order([capture]), moment)
    capture.close()


def rows_told(sights: dict[int, Sight]) -> set[RowKey]:
    """Return the rows that the steps tell of, as from both sides."""
    return {
        (
            "tcp" if sight.is_tcp else "udp",
            str(sight.sockets[side]),
            str(sight.sockets[1 - side]),
            end.state.name if end.state is not None else None,
            end.certainty,
        )
        for sight in sights.values()
        for side, end in enumerate(sight.ends)
        if end.row
    }


def rows_read(path: Path, frame: int) -> set[RowKey]:
    """Return the rows of `read` as of a frame, from both sides."""
    return {
        (
            row["proto"],
            socket(row["local_address"], row["local_port"]),
            socket(row["foreign_address"], row["foreign_port"]),
            row["state"],
            row["certainty"] if row["proto"] == "tcp" else None,
        )
        for row in read(*ALL, "--at", f"#{frame}", path).rows
    }


def compare(path: Path, frames: int) -> int:
    """Compare what steps and `read` tell after each of the first `frames`; return how many."""
    sights: dict[int, Sight] = {}
    due: tuple[int, int] | None = None
    compared = 0
    for step in steps(path):
        if due is not None and (step.frame or step.time > due[1]):
            assert rows_told(sights) == rows_read(path, due[0]), f"{path.name}, frame {due[0]}"
            compared += 1
            due = None
        if compared >= frames:
            return compared
        sights |= {sight.number: sight for sight in step.touched}
        if step.frame:
            due = step.frame, step.time
    if due is not None:
        assert rows_told(sights) == rows_read(path, due[0]), f"{path.name}, frame {due[0]}"
        compared += 1
    return compared


@pytest.mark.parametrize("name", sorted(path.name for path in PCAPS.glob("*.pcap*")))
def test_states_are_those_of_read_after_every_frame(name: str) -> None:
    assert compare(PCAPS / name, 10**6) > 0


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus, real captures, is not here")
def test_states_are_those_of_read_in_the_corpus() -> None:
    paths = [path for path in sorted(CORPUS.rglob("*.pcap")) if path.stat().st_size < LARGEST]
    compared = 0
    for path in paths[::9]:
        if run_here("read", path).status == 0:
            compared += compare(path, FRAMES)
    assert compared > 300


@pytest.mark.parametrize("snapshot", snapshots(), ids=identity)
def test_states_are_those_of_the_kernel(snapshot: dict[str, Any]) -> None:
    """Both as steps tell them, at the moments at which `ss` was asked."""
    sights: dict[int, Sight] = {}
    for step in steps(PCAPS / snapshot["capture"], parse(snapshot["at"])):
        sights |= {sight.number: sight for sight in step.touched}
    addresses = tuple(socket(address, 0).removesuffix("0") for address in snapshot["addresses"])
    mine = {
        (local, foreign, state)
        for proto, local, foreign, state, _ in rows_told(sights)
        if proto == "tcp" and local.startswith(addresses)
    }
    kernels = {
        (row["local"], row["foreign"], SS_STATES[row["state"]])
        for row in snapshot["sockets"]
        if row["proto"] == "tcp" and row["state"] != "LISTEN"
    }
    assert mine == kernels


def test_every_frame_is_a_step() -> None:
    """Those that are not decoded, too, with their reasons."""
    numbers = [step.frame for step in steps(PCAPS / "ftp-and-web.pcap") if step.frame]
    assert numbers == list(range(1, len(numbers) + 1))
    first = next(steps(PCAPS / "ftp-and-web.pcap"))
    assert first.reasons == ("other: ARP",)
    assert first.parts == ()


def test_what_time_does_is_told_before_the_next_frame(tmp_path: Path) -> None:
    """A server that repeats its SYN,ACK and then is silent must have got the ACK (rule 4).

    That ends twice the gap between both after the second (RFC 6298), and before the last frame.
    """
    syn, syn_ack, ack, *_ = conversation()
    path = tmp_path / "doubt.pcap"
    frames = [(0, syn), (1, syn_ack), (2, ack), (1001, syn_ack), (60_000, bytes(60))]
    records = [Record(START + at * 1_000_000, octets, len(octets)) for at, octets in frames]
    path.write_bytes(pcap(records))
    told = [(step.frame, step.time, step.changes) for step in steps(path) if step.changes]
    ((frame, time, (change,)),) = told
    assert (frame, change.by_time, change.after.name) == (0, True, "ESTABLISHED")
    assert 3.0 <= (time - START) / 1e9 < 4.0


def test_ends_of_udp_are_told_without_a_frame() -> None:
    ended = [step for step in steps(PCAPS / "netstat-example.pcap") if step.ended]
    assert ended
    assert all(step.frame == 0 for step in ended)


def test_generations_have_numbers_of_their_own() -> None:
    sights: dict[int, Sight] = {}
    for step in steps(PCAPS / "port-reused.pcap"):
        sights |= {sight.number: sight for sight in step.touched}
    assert [(sight.number, sight.generation) for sight in sights.values()] == [(1, 1), (2, 2)]
    assert sights[1].sockets == sights[2].sockets
    assert not any(end.row for end in sights[1].ends) or sights[2].ends[0].row
