"""Classic pcap files: formats, blocks, snap length, several files, files that are cut."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from captures import (
    FILE_HEADER,
    NS_IN_S,
    PCAPS,
    RECORD_HEADER,
    START,
    Record,
    conversation,
    pcap,
    read,
    read_pcap,
    record,
    run_here,
    timed,
)
from packets import UDP, ethernet, ipv4, tcp, udp

from tracker.capture import read_ahead, source
from tracker.capture.saved import SavedCapture

FRAMES = timed(conversation())
SMALL = sorted(PCAPS.glob("*.pcap"))


def as_one_line(*arguments: str | Path) -> str:
    """Return what `tracker read` says of all connections, or the error."""
    outcome = read("--closed", *arguments)
    assert outcome.status == 0, outcome.stderr
    return outcome.stdout


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Return a file with the frames of one conversation."""
    path = tmp_path / "whole.pcap"
    path.write_bytes(pcap(FRAMES))
    return path


# --- formats ------------------------------------------------------------------------------------


@pytest.mark.parametrize("big", [False, True], ids=["little endian", "big endian"])
@pytest.mark.parametrize("nano", [False, True], ids=["us", "ns"])
def test_byte_order_and_unit(tmp_path: Path, big: bool, nano: bool) -> None:
    path = tmp_path / "x.pcap"
    frames = [frame._replace(time=frame.time + 123_456_789) for frame in FRAMES]
    path.write_bytes(pcap(frames, big=big, nano=nano))
    (row,) = read("--closed", path).rows
    fraction = "123456789" if nano else "123456000"
    assert row["first_seen"] == f"2026-01-01T00:00:00.{fraction}Z"
    assert (row["local_packets"], row["foreign_packets"]) == (5, 4)
    assert (row["local_payload_bytes"], row["foreign_payload_bytes"]) == (5, 7)


def test_times_after_2038(tmp_path: Path) -> None:
    """The seconds are unsigned: they last until 2106."""
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed(conversation(), start=0xFFFFFFF0 * NS_IN_S)))
    assert read("--closed", path).rows[0]["first_seen"] == "2106-02-07T06:28:00.000000000Z"


def test_link_type_with_a_frame_check_sequence(tmp_path: Path, whole: Path) -> None:
    """The upper bits of the field say how long the sequence is (section 4)."""
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(FRAMES, link_type=0x2400_0001))
    assert as_one_line(path) == as_one_line(whole)


def test_snap_length(tmp_path: Path, whole: Path) -> None:
    """54 octets are enough for all headers: all counters come from lengths on the wire."""
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(FRAMES, snap=54))
    assert as_one_line(path) == as_one_line(whole)


def test_snap_length_too_short(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(FRAMES, snap=49))
    outcome = run_here("read", "-n", path)
    assert outcome.status == 1
    assert "9 of 9 frames" in outcome.stderr
    assert "truncated: TCP header 9" in outcome.stderr


def test_wire_length_below_the_captured_one(tmp_path: Path) -> None:
    """It is what the capture says, and so what other tools count; payload is the packet's."""
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(frame._replace(wire=10) for frame in FRAMES))
    (row,) = read("--closed", path).rows
    assert (row["local_bytes"], row["foreign_bytes"]) == (50, 40)
    assert (row["local_payload_bytes"], row["foreign_payload_bytes"]) == (5, 7)


def test_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([]))
    outcome = run_here("read", "-n", path)
    assert outcome.status == 1
    assert outcome.stdout.startswith("Active Connections\n")
    assert "nothing to show" in outcome.stderr


def test_empty_record(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([Record(START, b"", 0), *FRAMES]))
    outcome = read("--closed", path)
    assert outcome.rows[0]["local_packets"] == 5
    assert "truncated: Ethernet header 1" in outcome.stderr


# --- blocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1, 15, 16, 17, 1000])
@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_records_across_blocks(path: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the border between two blocks lies, no record is lost."""
    expected = as_one_line(path)
    monkeypatch.setattr(read_ahead, "BLOCK", block)
    assert as_one_line(path) == expected


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="this system takes no advice")
def test_a_slow_disk_is_asked_in_advance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For what follows what was just read; what comes from memory is not asked for."""
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed([bytes(1000)] * 100)))
    size = path.stat().st_size
    capture = SavedCapture(f"{path}")
    monkeypatch.setattr(read_ahead, "BLOCK", 40_000)
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _, at, __, advice: asked.append((at, advice)))
    ends = [FILE_HEADER, FILE_HEADER + 40_000, FILE_HEADER + 80_000, size, size]
    for long, expected in ((60.0, []), (-1.0, [(end, os.POSIX_FADV_WILLNEED) for end in ends])):
        monkeypatch.setattr(source, "_LONG", long)
        assert sum(frames.count for frames in capture) == 100
        assert asked == expected


def test_records_across_large_blocks(tmp_path: Path) -> None:
    """3.5 MiB of frames of all lengths, more than one block of frames holds."""
    rng = random.Random(9293)  # noqa: S311 - only to vary lengths
    frames: list[bytes] = []
    octets = 0
    while octets < 3.5 * (1 << 20):
        payload = rng.choice([0, 1, 5, 64, 200, 1400])
        frames.append(ethernet(ipv4(udp(bytes(payload), 1305 + len(frames) % 3, 7), UDP)))
        octets += RECORD_HEADER + len(frames[-1])
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed(frames)))
    rows = {row["local_port"]: row for row in read(path).rows}
    for number in range(3):
        mine = frames[number::3]
        row = rows[1305 + number]
        assert row["local_packets"] == len(mine)
        assert row["local_bytes"] == sum(map(len, mine))
        assert row["local_payload_bytes"] == sum(map(len, mine)) - 42 * len(mine)


def test_largest_record(tmp_path: Path) -> None:
    """A record of 262144 octets, libpcap's largest, across the border of a block."""
    large = ethernet(ipv4(tcp(bytes(262144 - 54)), total_length=0))
    frames = timed([large] * 9)
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(frames))
    (row,) = read(path).rows
    assert (row["local_packets"], row["local_bytes"]) == (9, 9 * 262144)


# --- several files ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ftp-and-web", "port-reused", "loopback", "fin-repeated"])
@pytest.mark.parametrize("parts", [2, 3])
@pytest.mark.parametrize("how", ["rotated", "overlapping", "backwards"])
def test_several_files(tmp_path: Path, name: str, parts: int, how: str) -> None:
    """However the frames are spread over files, the table is the same: they are taken by time."""
    frames = read_pcap(PCAPS / f"{name}.pcap")
    size = -(-len(frames) // parts)
    paths = []
    for number in range(parts):
        mine = frames[number::parts]
        if how != "overlapping":
            mine = frames[number * size : (number + 1) * size]
        paths.append(tmp_path / f"{number}.pcap")
        paths[-1].write_bytes(pcap(mine, nano=True, big=number % 2 == 1))
    if how == "backwards":
        paths.reverse()
    assert as_one_line(*paths) == as_one_line(PCAPS / f"{name}.pcap")


def test_same_file_twice_counts_twice(whole: Path) -> None:
    (row,) = read("--closed", whole, whole).rows
    assert (row["local_packets"], row["foreign_packets"]) == (10, 8)


def test_one_file_of_several_is_empty_of_frames(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([]))
    assert as_one_line(path, whole, path) == as_one_line(whole)


def test_time_backwards_in_one_file(tmp_path: Path) -> None:
    """Within a file the order is the file's: clocks are set, segments are not unsent."""
    frames = [
        frame._replace(time=frame.time - (3600 * NS_IN_S if number > 3 else 0))
        for number, frame in enumerate(FRAMES)
    ]
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(frames))
    (row,) = read("--closed", path).rows
    assert (row["state"], row["foreign_state"]) == ("TIME_WAIT", "CLOSED")
    assert row["last_seen"] == "2026-01-01T00:00:00.003000000Z"


# --- files that are cut -------------------------------------------------------------------------


def cuts(frames: list[Record], at: int) -> int:
    """Return how many frames are whole in the first `at` octets of their file."""
    end = FILE_HEADER
    for number, frame in enumerate(frames):
        end += RECORD_HEADER + len(frame.octets)
        if end > at:
            return number
    return len(frames)


@pytest.mark.parametrize("name", ["refused", "udp-answered-and-refused", "simultaneous-close"])
def test_file_cut_at_any_octet(tmp_path: Path, name: str) -> None:
    """The table is that of the whole frames, and the warning says where the rest begins."""
    octets = (PCAPS / f"{name}.pcap").read_bytes()
    frames = read_pcap(PCAPS / f"{name}.pcap")
    cut, short = tmp_path / "cut.pcap", tmp_path / "short.pcap"
    for at in range(FILE_HEADER, len(octets)):
        count = cuts(frames, at)
        rest = FILE_HEADER + sum(RECORD_HEADER + len(frame.octets) for frame in frames[:count])
        cut.write_bytes(octets[:at])
        outcome = read("--closed", cut)
        warnings = [line for line in outcome.stderr.splitlines() if "byte" in line]
        if at == rest:
            assert not warnings
        else:
            (warning,) = warnings
            assert warning.startswith(f"tracker: {cut}: byte {rest}: the file is cut short")
        if count:
            short.write_bytes(octets[:rest])
            assert (outcome.status, outcome.stdout) == read("--closed", short)[:2], at
        else:
            assert outcome.status == (1 if at == rest else 2), at
            assert outcome.stdout == ""


@pytest.mark.parametrize("at", range(FILE_HEADER))
def test_file_header_cut(tmp_path: Path, at: int) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(pcap(FRAMES)[:at])
    outcome = read(path)
    assert (outcome.status, outcome.stdout) == (2, "")
    (line,) = outcome.stderr.splitlines()
    assert line.startswith(f"tracker: {path}: byte {0 if at < 4 else at}: ")


def test_one_file_of_several_is_cut(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(pcap(timed(conversation(1100)))[:-1])
    outcome = read("--closed", path, whole)
    assert outcome.status == 0
    assert [row["local_packets"] + row["foreign_packets"] for row in outcome.rows] == [8, 9]
    assert f"{path}: byte " in outcome.stderr


@pytest.mark.parametrize("kept", [1, RECORD_HEADER, RECORD_HEADER + 53])
def test_last_file_of_a_rotation_is_cut_in_its_first_record(
    tmp_path: Path, whole: Path, kept: int
) -> None:
    """As long as there is something to show, it is shown."""
    path = tmp_path / "cut.pcap"
    path.write_bytes(pcap(FRAMES)[: FILE_HEADER + kept])
    outcome = read("--closed", whole, path)
    assert (outcome.status, outcome.stdout) == (0, as_one_line(whole))
    assert f"{path}: byte {FILE_HEADER}: the file is cut short" in outcome.stderr
    assert read("--closed", path, path).status == 2


def test_record_after_a_cut_is_not_made_up(tmp_path: Path) -> None:
    """A record longer than the rest of the file is cut, even where frames seem to follow."""
    octets = pcap(FRAMES[:2]) + record(FRAMES[2])[:8] + b"\xff\xff\0\0" * 2
    path = tmp_path / "cut.pcap"
    path.write_bytes(octets + record(FRAMES[2]))
    outcome = read(path)
    (row,) = outcome.rows
    assert row["local_packets"] + row["foreign_packets"] == 2
    assert f"byte {FILE_HEADER + 2 * (RECORD_HEADER + 54)}: the file is cut short" in outcome.stderr


def test_frame_numbers_go_on_from_block_to_block(tmp_path: Path) -> None:
    """`--at '#N'` far behind the first block of frames, in one file and in two."""
    frames = timed(conversation(1100))[:1] * 20_000
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(frames))
    for count in (1, 8192, 8193, 19_999):
        (row,) = read("--closed", "--at", f"#{count}", path).rows
        assert row["local_packets"] + row["foreign_packets"] == count
    (row,) = read("--closed", "--at", "#30000", path, path).rows
    assert row["local_packets"] + row["foreign_packets"] == 30_000


def test_frames_after_the_moment_keep_their_numbers(tmp_path: Path) -> None:
    """A later frame that stands earlier in the file: evidence counts it, the table does not."""
    first, second, third, *_ = timed(conversation(1100))
    late = first._replace(time=third.time + 10 * NS_IN_S)
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([first, late, second, third]))
    (row,) = read("--at", "+1", path).rows
    assert (row["local_packets"], row["foreign_packets"]) == (2, 1)
    assert (row["evidence_frame"], row["foreign_evidence_frame"]) == (3, 4)


def test_standard_input_in_pieces(whole: Path) -> None:
    """A pipe gives what it has: here a part of the header, then the rest."""
    program = (
        "import sys, time; octets = open(sys.argv[1], 'rb').read(); out = sys.stdout.buffer;"
        "out.write(octets[:10]); out.flush(); time.sleep(0.3); out.write(octets[10:])"
    )
    source = subprocess.Popen([sys.executable, "-c", program, whole], stdout=subprocess.PIPE)
    command = [sys.executable, "-P", "-m", "tracker", "read", "-", "-n", "--json", "--closed"]
    with source:
        done = subprocess.run(command, stdin=source.stdout, capture_output=True, check=True)
    assert [json.loads(line) for line in done.stdout.splitlines()] == read("--closed", whole).rows
