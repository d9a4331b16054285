"""Files of Microsoft Network Monitor, written here by the format's description and by editcap."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from captures import NS_IN_S, PCAPS, Record, conversation, pcap, read, run_here, timed

from tracker.capture.saved import SavedCapture

BEGAN = struct.pack("<8H", 2026, 11, 0, 22, 13, 17, 24, 250)  # SYSTEMTIME, a Sunday
BEGAN_NS = 1_795_353_444_250_000_000  # date -u -d '2026-11-22 13:17:24.25' +%s%N
FILETIME_1970 = 116_444_736_000_000_000  # 100 ns from 1601 to 1970
HEADER = 128
FRAMES = timed(conversation())
TRAILERS = {0: 0, 1: 2, 2: 6, 3: 15, 4: 15}


def netmon(minor: int, frames: list[Record], major: int = 2, network: int = 1) -> bytes:
    """Return a file; the times of the frames count from its beginning."""
    body, offsets = b"", []
    for time, octets, wire in frames:
        offsets.append(HEADER + len(body))
        since = time - frames[0].time
        if major == 1:
            body += struct.pack("<IHH", since // 1_000_000, wire, len(octets)) + octets
        else:
            trailer = struct.pack("<HIQB", network, 0, FILETIME_1970 + time // 100, 0)
            body += struct.pack("<QII", since // 1000, wire, len(octets)) + octets
            body += trailer[: TRAILERS[minor]]
    magic = b"RTSS" if major == 1 else b"GMBU"
    table = struct.pack("<II", HEADER + len(body), 4 * len(offsets))
    header = magic + struct.pack("<BBH", minor, major, network) + BEGAN + table
    return header.ljust(HEADER, b"\0") + body + struct.pack(f"<{len(offsets)}I", *offsets)


def seen(path: Path) -> list[tuple[int, int, bytes, int]]:
    """Return link type, time, octets and length on the wire of each frame."""
    capture = SavedCapture(str(path))
    found = []
    for block in capture:
        data = bytes(block.data)
        for i in range(block.count):
            octets = data[block.starts[i] : block.starts[i] + block.lengths[i]]
            found.append((block.link_type, block.times[i], octets, block.wires[i]))
    capture.close()
    return found


@pytest.mark.parametrize("minor", TRAILERS)
def test_frames_of_version_2(tmp_path: Path, minor: int) -> None:
    path = tmp_path / "x.cap"
    path.write_bytes(netmon(minor, FRAMES))
    times = [frame.time // 1000 * 1000 - FRAMES[0].time + BEGAN_NS for frame in FRAMES]
    if minor >= 3:
        times = [frame.time // 100 * 100 for frame in FRAMES]
    assert seen(path) == [
        (1, time, frame.octets, frame.wire) for time, frame in zip(times, FRAMES, strict=True)
    ]


def test_frames_of_version_1(tmp_path: Path) -> None:
    path = tmp_path / "x.cap"
    path.write_bytes(netmon(1, FRAMES, major=1))
    since = [(frame.time - FRAMES[0].time) // 1_000_000 * 1_000_000 for frame in FRAMES]
    assert seen(path) == [
        (1, BEGAN_NS + time, frame.octets, frame.wire)
        for time, frame in zip(since, FRAMES, strict=True)
    ]


@pytest.mark.parametrize(("network", "link_type"), [(2, 6), (3, 10), (0xE069, 105)])
def test_link_types(tmp_path: Path, network: int, link_type: int) -> None:
    path = tmp_path / "x.cap"
    path.write_bytes(netmon(1, FRAMES, network=network))
    assert {frame[0] for frame in seen(path)} == {link_type}


def test_a_network_without_link_type_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.cap"
    path.write_bytes(netmon(0, FRAMES, network=4))
    outcome = run_here("read", path)
    assert outcome.status == 1
    assert f"in {len(FRAMES)} of {len(FRAMES)} frames: other: link type" in outcome.stderr


@pytest.mark.parametrize("minor", [0, 3])
def test_cut_anywhere(tmp_path: Path, minor: int) -> None:
    """Whole frames count; a warning says where it was cut, but between frames."""
    octets = netmon(minor, FRAMES[:3])
    path = tmp_path / "x.cap"
    ends = [HEADER]
    for frame in FRAMES[:3]:
        ends.append(ends[-1] + 16 + len(frame.octets) + TRAILERS[minor])
    for length in range(len(octets)):
        path.write_bytes(octets[:length])
        if length < 24:
            assert run_here("read", path).status == 2
            continue
        capture = SavedCapture(str(path))
        frames = sum(block.count for block in capture)
        assert frames == sum(end <= length for end in ends[1:]), length
        assert bool(capture.warnings) == (length not in (24, *ends) and length < ends[-1]), length
        capture.close()


def test_impossible_lengths(tmp_path: Path) -> None:
    octets = bytearray(netmon(0, FRAMES))
    at = HEADER + 16 + len(FRAMES[0].octets) + 12
    octets[at : at + 4] = struct.pack("<I", 1 << 30)
    path = tmp_path / "x.cap"
    path.write_bytes(octets)
    stderr = run_here("read", "--closed", path).stderr
    assert f"byte {at - 12}: a frame says it has {1 << 30} octets" in stderr
    assert "stopped after frame 1" in stderr


def test_impossible_headers(tmp_path: Path) -> None:
    path = tmp_path / "x.cap"
    path.write_bytes(netmon(0, FRAMES, major=3))
    assert "byte 4: a Network Monitor file of version 3.0" in run_here("read", path).stderr
    for began in (bytes(16), b"\xff" * 16, struct.pack("<H", 1601) + BEGAN[2:]):
        path.write_bytes(netmon(0, FRAMES).replace(BEGAN, began))
        assert "byte 8: the time" in run_here("read", path).stderr


@pytest.mark.parametrize(("minor", "at"), [(0, 128), (3, 128 + 16 + len(FRAMES[0].octets) + 6)])
def test_times_beyond_all_measure(tmp_path: Path, minor: int, at: int) -> None:
    octets = bytearray(netmon(minor, FRAMES))
    octets[at : at + 8] = b"\xff" * 8
    path = tmp_path / "x.cap"
    path.write_bytes(octets)
    assert seen(path)[0][1] == 1 << 62
    assert run_here("read", "--closed", path).status == 0


@pytest.mark.skipif(not shutil.which("editcap"), reason="editcap is not here")
@pytest.mark.parametrize("form", ["netmon1", "netmon2"])
def test_files_of_editcap(tmp_path: Path, form: str) -> None:
    source, path = PCAPS / "ftp-and-web.pcap", tmp_path / "x.cap"
    subprocess.run(["editcap", "-F", form, source, path], check=True, env={"TZ": "UTC"})
    rows = read("--closed", path).rows
    expected = read("--closed", source).rows
    for row, other in zip(rows, expected, strict=True):
        assert row["state"] == other["state"]
        assert row["local_bytes"] == other["local_bytes"]
        assert row["first_seen"][:20] == other["first_seen"][:20]


def test_the_same_table_as_of_pcap(tmp_path: Path) -> None:
    for name, octets in (("a", pcap(FRAMES)), ("b", netmon(3, FRAMES))):
        (tmp_path / name).write_bytes(octets)
    assert FRAMES[0].time % NS_IN_S % 100 == 0
    outcomes = [read("--closed", tmp_path / name).rows for name in "ab"]
    assert outcomes[0] == outcomes[1]
