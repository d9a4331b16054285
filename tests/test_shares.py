"""Several processes, of which each tracks its share, give the answer that one gives."""

import gzip
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from captures import CHECKOUT, NS_IN_S, PCAPS, START, Outcome, pcap, run, run_here, timed
from hypothesis import example, given, settings
from hypothesis import strategies as st
from metering import PROFILE
from packets import RST, SYN, tcp_frame
from test_events import REPLIED, UNREPLIED, maker
from test_properties import segment_of, steps

from tracker import read as read_command
from tracker import shares
from tracker.flow_table import FlowTable, ShareError
from tracker.replay import replay
from tracker.report.records import json_lines
from tracker.report.tally import Tallying
from tracker.socket_pairs import share_of
from tracker.wire.segment import Segment

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")

# --- tables -------------------------------------------------------------------------------------


def table(limit: int = 1000, keep_ended: bool = True) -> FlowTable:
    """Return an empty table."""
    flows = FlowTable(PROFILE, limit, UNREPLIED, REPLIED, keep_ended, True)
    flows.heir = Tallying()
    return flows


def answers(flows: FlowTable, now: int) -> list[Any]:
    """Return all that a table has to tell at `now`."""
    rows = maker(now).rows(flows.in_order)
    assert isinstance(flows.heir, Tallying)
    *found, sides = flows.heir.tally(flows.each())
    return [flows.created, found, sides.reason, list(json_lines(rows, transitions=True))]


def joined(shares: int, flows: FlowTable, others: list[FlowTable]) -> FlowTable:
    """Return `flows` with what the others know."""
    assert len(others) == shares - 1
    for other in others:
        beside, octets = other.hand_over()
        beside = pickle.loads(pickle.dumps(beside))  # noqa: S301 - our own
        with flows.join(beside) as places:
            places[:] = b"".join(map(bytes, octets))
    return flows


def others_too(step: tuple[int, ...], which: int, frame: int, time: int) -> Segment:
    """Return the segment of a step, of one of several pairs of sockets."""
    segment = segment_of(step, frame, time)
    for end in ("source", "destination"):
        if getattr(segment, f"{end}_low") & 0xFF == 1:  # the client, in most of them
            port = f"{end}_port"
            setattr(segment, port, getattr(segment, port) + which)
    return segment


@settings(max_examples=500, deadline=None)
@given(
    script=st.lists(st.tuples(steps, st.integers(0, 7)), max_size=40),
    shares=st.integers(2, 4),
    keep_ended=st.booleans(),
    pause=st.sampled_from([0, 1, 31, 61, 121]),
)
def test_any_segments(
    script: list[tuple[tuple[int, ...], int]], shares: int, keep_ended: bool, pause: int
) -> None:
    """Each pair's rows, counters and order are those of one table, whatever others do."""
    tables = [table(keep_ended=keep_ended) for _ in range(shares)]
    for number, flows in enumerate(tables):
        flows.take_share(number, shares)
    alone = table(keep_ended=keep_ended)
    now = time = START
    for frame, (step, which) in enumerate(script, 1):
        time += step[6] + pause * NS_IN_S * (frame % 3 == 0)
        time = max(time, now - NS_IN_S)  # else the clock was set back
        now = max(now, time)
        for flows in (alone, *tables):
            flows.segment_seen(others_too(step, which, frame, time))
    for flows in (alone, *tables):
        flows.expire(now)
        flows.forget()
    assert answers(joined(shares, tables[0], tables[1:]), now) == answers(alone, now)


words = st.integers(0, 2**64 - 1)
ports = st.integers(0, 2**16 - 1)


@given(words, words, ports, ports, st.integers(1, 64))
@example(2**64 - 1, 2**64 - 1, 2**16 - 1, 2**16 - 1, 64)
def test_both_directions_are_in_one_share(
    low: int, other: int, port: int, peer: int, shares: int
) -> None:
    there, back = Segment(), Segment()
    there.source_low = back.destination_low = low
    there.destination_low = back.source_low = other
    there.source_port = back.destination_port = port
    there.destination_port = back.source_port = peer
    assert share_of(there, shares) == share_of(back, shares) < shares


def test_shares_are_about_equal() -> None:
    """Of clients with ports one after the other, as of hosts one after the other."""
    for parts in (2, 3, 8):
        for field in ("source_port", "source_low"):
            counts = [0] * parts
            for number in range(8000):
                segment = Segment()
                segment.source_low, segment.destination_low = 0xFFFF_0A00_0001, 0xFFFF_0A00_0002
                segment.source_port, segment.destination_port = 1024, 443
                setattr(segment, field, getattr(segment, field) + number)
                counts[share_of(segment, parts)] += 1
            assert max(counts) < 1.2 * 8000 / parts


def syn(port: int) -> Segment:
    """Return a SYN from a port."""
    segment = segment_of((0, SYN, 0, 0, 0, 0, 0, -1, 6), port, START + port)
    segment.source_port = port
    return segment


@pytest.mark.parametrize("limit", ["max_connections", "max_half_open"])
def test_a_share_has_its_part_of_the_limits(limit: str) -> None:
    """It takes in what fits, and says that there is no room before anything is dropped."""
    flows = table()
    setattr(flows, limit, 8)
    flows.take_share(0, 2)
    segments = [syn(port) for port in range(100)]
    mine = [segment for segment in segments if share_of(segment, 2) == 0]
    for segment in segments[: segments.index(mine[4])]:
        flows.segment_seen(segment)
    assert len(flows) == 4
    with pytest.raises(ShareError):
        flows.segment_seen(mine[4])
    assert (len(flows), sum(flows.evicted)) == (4, 0)


def test_a_clock_that_is_set_back_is_for_a_table_with_all_pairs() -> None:
    flows = table()
    flows.take_share(0, 2)
    times = (START, START + 121 * NS_IN_S, START + 120 * NS_IN_S, START + 120 * NS_IN_S - 1)
    segments = [segment_of((0, SYN, 0, 0, 0, 0, 0, -1, 6), 1, time) for time in times]
    for segment in segments[:3]:
        flows.segment_seen(segment)
    with pytest.raises(ShareError):
        flows.segment_seen(segments[3])


# --- the command --------------------------------------------------------------------------------


def read_by(jobs: int, *arguments: str | Path) -> Outcome:
    """Return what `read` says with so many processes."""
    return run("read", "--jobs", f"{jobs}", *arguments)


def scan(path: Path, ports: int) -> Path:
    """Write a capture of a SYN to each of so many ports, of which every third is refused."""
    frames = []
    for port in range(1, ports + 1):
        frames.append(tcp_frame(SYN, ports=(40000, port), sequence=1, acknowledgment=0))
        if port % 3 == 0:
            frames.append(tcp_frame(RST, back=True, ports=(40000, port), acknowledgment=2))
    path.write_bytes(pcap(timed(frames)))
    return path


@needs_fork
@pytest.mark.parametrize(
    "options", [("-n",), ("--json", "--closed"), ("-a", "--wide", "--summary")]
)
def test_the_command_says_the_same(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Of all captures at once: fragments, tunnels, errors, names; in the same order, too."""
    captures = sorted(PCAPS.glob("*.pcap*"))
    scanned = scan(tmp_path / "scan.pcap", 500)
    alone = read_by(1, *options, scanned, *captures)
    assert alone.status == 0
    assert len(alone.stdout.splitlines()) > 100
    for jobs in (2, 3):
        assert read_by(jobs, *options, scanned, *captures) == alone


@needs_fork
def test_a_limit_is_that_of_all(tmp_path: Path) -> None:
    """Where one has to choose what to drop, it is one process that chooses."""
    settings = tmp_path / "few.yaml"
    settings.write_text("max_half_open: 20\nmax_connections: 90")
    path = scan(tmp_path / "scan.pcap", 500)
    for options in (("-n",), ("-n", "--closed")):
        alone = read_by(1, *options, "--config", settings, path)
        assert " dropped because " in alone.stderr
        assert read_by(2, *options, "--config", settings, path) == alone


def test_what_cannot_be_read_twice_is_not_shared(tmp_path: Path) -> None:
    path = scan(tmp_path / "scan.pcap", 3)
    for arguments in (("-",), ("--follow", path)):
        outcome = run_here("read", "--jobs", "2", *arguments)
        assert outcome.status == 2
        assert outcome.stderr.startswith("tracker: --jobs: ")
        assert len(outcome.stderr.splitlines()) == 1
    for jobs in ("0", "65", "two"):
        assert run_here("read", "--jobs", jobs, path).status == 2


def test_when_the_work_is_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where captures are large and tracking them is most of the work, unless somebody says so."""
    asked = []

    def alone(begin: Any, runs: Any, watched: Any, when: Any, jobs: int, choose: Any) -> Any:
        asked.append(jobs)
        meter = begin()
        return meter, replay(watched(runs()), meter, when, choose)

    monkeypatch.setattr(shares, "replay_shared", alone)
    monkeypatch.setattr(shares, "processes", lambda: 3)
    monkeypatch.setattr(read_command, "_WORTH_SHARING", 1000)
    small, large = scan(tmp_path / "1.pcap", 3), scan(tmp_path / "30.pcap", 30)
    packed = tmp_path / "30.pcap.gz"
    packed.write_bytes(gzip.compress(large.read_bytes()) + bytes(1000))
    for expected, *arguments in (
        ([], small),
        ([3], small, large),
        ([3], large, "--closed", "--json"),
        ([], packed, large),
        ([], large, "--checksums"),
        ([], large, "--history"),
        ([2], large, "--history", "--jobs", "2"),
        ([], large, "--jobs", "1"),
        ([2], small, "--jobs", "2"),
    ):
        assert run_here("read", *arguments).status == 0
        assert asked == expected, arguments
        asked.clear()


def test_as_many_processes_as_processors() -> None:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert shares.processes() == min(available or 1, 4 if hasattr(os, "fork") else 1)


#: Replays a capture by two processes, of which the other one does what `BETRAY` says at its first
#: block; prints the rows, and which processes are left.
BETRAYED = """
import os, sys
from tracker.capture.saved import SavedCapture, in_time_order
from tracker.config import Config
from tracker.moment import END
from tracker.shares import replay_shared
from tracker.tables import flow_table, meter_before
first = os.getpid()
begun = []
def begin():
    begun.append(1)
    return meter_before(flow_table(Config(), True), Config())
def runs():
    for run in in_time_order([SavedCapture(sys.argv[1])]):
        if os.getpid() != first:
            BETRAY
        yield run
def watched(runs):
    for run in runs:
        assert os.getpid() == first
        yield run
meter, now = replay_shared(begin, runs, watched, END, 2)
print(len(begun), meter.table.created, sum(1 for _ in meter.table.in_order()), now)
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("alone")
"""


@needs_fork
@pytest.mark.parametrize(
    ("betray", "begun"),
    [
        ("pass", 1),
        ("raise SystemExit('no')", 2),
        ("raise ValueError", 2),
        ("os._exit(0)", 2),
        ("os.kill(os.getpid(), 9)", 2),
    ],
)
def test_who_fails_is_replaced(tmp_path: Path, betray: str, begun: int) -> None:
    """Whatever becomes of the other process, the answer is there, and nobody is left."""
    path = scan(tmp_path / "scan.pcap", 200)
    process = subprocess.run(
        [sys.executable, "-P", "-c", BETRAYED.replace("BETRAY", betray), path],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=CHECKOUT,
    )
    counts, alone = process.stdout.splitlines()
    assert counts.split()[:3] == [f"{begun}", "200", "200"]
    assert (alone, process.stderr) == ("alone", "")
