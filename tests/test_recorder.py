"""What `tracker live -w` writes: read back here and by others, cut, and where no room is left."""

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from captures import NS_IN_S, START, Record, conversation, run, timed
from containers import expected, frames_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker import __version__
from tracker.capture import packing
from tracker.capture.about import Drops
from tracker.capture.errors import CaptureError
from tracker.capture.recorder import Recorder
from tracker.frames import CAPACITY, Frames

FRAMES = [frame._replace(time=frame.time + 1) for frame in timed(conversation())]  # ns count
SNAP = 65535

#: Each format by the ending of a name.
both_formats = pytest.mark.parametrize("ending", ["pcap", "pcapng"])
needs_tshark = pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
needs_capinfos = pytest.mark.skipif(
    not shutil.which("capinfos"), reason="capinfos is not installed"
)


def block(records: list[Record], link_type: int = 1, *, gap: int = 0) -> Frames:
    """Return a block of these frames, `gap` octets apart as in a ring."""
    frames = Frames(link_type)
    frames.data = bytearray().join(bytes(gap) + record.octets for record in records)
    start = 0
    for record in records:
        start += gap
        frames.append(record.time, start, len(record.octets), record.wire)
        start += len(record.octets)
    return frames


def record(path: Path | str, records: list[Record], link_type: int = 1, **options: Any) -> Recorder:
    """Write these frames and nothing behind them; return the recorder, finished."""
    recorder = Recorder(str(path), link_type, options.pop("snap", SNAP), **options)
    recorder.write(block(records, link_type, gap=3), 0, len(records))
    recorder.finish(None, None, None, START, START + NS_IN_S)
    return recorder


# --- read back ----------------------------------------------------------------------------------


@both_formats
def test_frames_are_read_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    recorder = record(path, FRAMES)
    seen, capture = frames_of(path)
    assert seen == expected(FRAMES)
    assert capture.warnings == []
    assert (recorder.path, recorder.frames, recorder.problem) == (str(path), len(FRAMES), None)
    assert recorder.octets == path.stat().st_size


@both_formats
@settings(max_examples=60, deadline=None)
@given(
    records=st.lists(
        st.builds(
            Record,
            time=st.integers(0, (2**32 - 1) * NS_IN_S) | st.integers(START, START + 10),
            octets=st.binary(max_size=80),
            wire=st.integers(0, 2**32 - 1),
        ).map(lambda frame: frame._replace(wire=max(frame.wire, len(frame.octets)))),
        max_size=20,
    ),
    link_type=st.sampled_from([0, 1, 101, 113, 276, 0xFFFF]),
    data=st.data(),
)
def test_any_frames_are_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    ending: str,
    records: list[Record],
    link_type: int,
    data: st.DataObject,
) -> None:
    """Whatever they hold, and in whatever runs they come."""
    path = tmp_path_factory.getbasetemp() / f"any.{ending}"
    parts = data.draw(st.lists(st.integers(0, len(records)), max_size=3))
    recorder = Recorder(str(path), link_type, SNAP)
    frames = block(records, link_type)
    for first, last in pairwise([0, *sorted(parts), len(records)]):
        recorder.write(frames, first, last)
    recorder.finish(1, 2, 3, 4, 5)
    seen, capture = frames_of(path)
    assert seen == expected(records, link_type)
    assert recorder.frames == len(records)
    assert recorder.octets == path.stat().st_size
    assert capture.warnings == []


@pytest.mark.parametrize(
    ("name", "magic"),
    [
        ("x.pcap", 0xA1B23C4D),
        ("x.cap", 0xA1B23C4D),
        ("X.PCAP", 0xA1B23C4D),
        ("x.pcapng", 0x0A0D0D0A),
        ("x.pcap.new", 0x0A0D0D0A),
        ("pcap", 0x0A0D0D0A),
        ("x", 0x0A0D0D0A),
    ],
)
def test_format_by_name(tmp_path: Path, name: str, magic: int) -> None:
    """The magic numbers of both drafts, in the byte order of this machine."""
    record(tmp_path / name, FRAMES)
    assert (tmp_path / name).read_bytes()[:4] == magic.to_bytes(4, sys.byteorder)
    assert frames_of(tmp_path / name)[0] == expected(FRAMES)


def test_classic_file_octet_by_octet(tmp_path: Path) -> None:
    """draft-ietf-opsawg-pcap, sections 4 and 5."""
    record(tmp_path / "x.cap", [Record(3 * NS_IN_S + 7, b"abcde", 9)], 276, snap=500)
    header = struct.pack("=IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 500, 276)
    assert (tmp_path / "x.cap").read_bytes() == header + struct.pack("=IIII", 3, 7, 5, 9) + b"abcde"


def test_packet_block_octet_by_octet(tmp_path: Path) -> None:
    """draft-ietf-opsawg-pcapng, section 4.3; the frame is padded to 32 bits."""
    time = 5 << 32 | 7
    recorder = Recorder(str(tmp_path / "x"), 276, 0)
    start = recorder.octets
    recorder.write(block([Record(0, b"\xff" * 64, 64)], 276), 0, 1)  # nothing of it may stay
    recorder.write(block([Record(time, b"abcde", 9)], 276), 0, 1)
    wanted = struct.pack("=IIIIIII", 6, 40, 0, 5, 7, 5, 9) + b"abcde\0\0\0" + struct.pack("=I", 40)
    assert (tmp_path / "x").read_bytes()[start + 96 :] == wanted


@both_formats
def test_more_than_is_packed_at_a_time(tmp_path: Path, ending: str) -> None:
    octets = [bytes([number & 0xFF]) * (number % 1500) for number in range(CAPACITY)]
    path = tmp_path / f"x.{ending}"
    record(path, timed(octets))
    assert path.stat().st_size > 10 * packing.ROOM
    assert frames_of(path)[0] == expected(timed(octets))


@both_formats
def test_long_frames(tmp_path: Path, ending: str) -> None:
    """As long as readers accept; what is longer is cut to that, or to the snap length."""
    longest = 262144
    octets = [os.urandom(longest - 1), os.urandom(longest), os.urandom(longest + 1)] * 2
    path = tmp_path / f"x.{ending}"
    record(path, timed(octets), snap=0)
    seen, capture = frames_of(path)
    assert [(each, wire) for _, each, wire, _ in seen] == [
        (each[:longest], len(each)) for each in octets
    ]
    assert capture.warnings == []
    record(path, timed(octets), snap=100)
    assert [(each, wire) for _, each, wire, _ in frames_of(path)[0]] == [
        (each[:100], len(each)) for each in octets
    ]


@both_formats
def test_times_that_cannot_be_told(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    times = [-1, 0, 2**32 * NS_IN_S - 1, 2**32 * NS_IN_S]
    record(path, [Record(time, b"", 0) for time in times])
    last = 2**32 * NS_IN_S - 1 if ending == "pcap" else 2**32 * NS_IN_S
    assert [time for time, *_ in frames_of(path)[0]] == [0, 0, 2**32 * NS_IN_S - 1, last]


def test_a_block_of_another_link_type(tmp_path: Path) -> None:
    recorder = Recorder(str(tmp_path / "x"), 1, SNAP)
    with pytest.raises(ValueError, match="link type 113 in a file of 1"):
        recorder.write(block(FRAMES, 113), 0, 1)


@both_formats
def test_a_frame_beyond_the_data(tmp_path: Path, ending: str) -> None:
    """Nothing is read there."""
    recorder = Recorder(str(tmp_path / f"x.{ending}"), 1, SNAP)
    frames = block(FRAMES)
    frames.starts[4] = len(frames.data) - 10
    with pytest.raises(ValueError, match=r"\w"):
        recorder.write(frames, 0, 9)
    recorder.finish(None, None, None, START, START)
    assert frames_of(recorder.path)[0] == []


@both_formats
def test_nothing_of_a_ring_is_kept(tmp_path: Path, ending: str) -> None:
    """A memory map cannot be closed while anything refers to it."""
    from mmap import mmap

    with mmap(-1, 4096) as ring:
        ring[100:105] = b"abcde"
        frames = Frames(1)
        frames.data = memoryview(ring)
        frames.append(START, 100, 5, 5)
        recorder = Recorder(str(tmp_path / f"x.{ending}"), 1, SNAP)
        recorder.write(frames, 0, 1)
        frames.data = b""
    recorder.finish(None, None, None, START, START)
    assert frames_of(tmp_path / f"x.{ending}")[0] == [(START, b"abcde", 5, 1)]


@both_formats
def test_a_longer_file_is_overwritten(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_bytes(bytes(1 << 16))
    record(path, FRAMES)
    assert frames_of(path)[0] == expected(FRAMES)


@both_formats
def test_frames_are_in_the_file_at_once(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    recorder = Recorder(str(path), 1, SNAP)
    for number in range(len(FRAMES)):
        assert frames_of(path)[0] == expected(FRAMES[:number])
        recorder.write(block(FRAMES), number, number + 1)


# --- what it says beside the frames -------------------------------------------------------------


def with_drops(path: Path) -> Recorder:
    """Write a capture of which frames are missing."""
    recorder = Recorder(str(path), 1, 256, "veth0", "tcp and not port 22")
    recorder.write(block(FRAMES), 0, len(FRAMES))
    recorder.finish(1000, 20, 300, START, START + NS_IN_S)
    return recorder


def test_about(tmp_path: Path) -> None:
    path = tmp_path / "x"
    recorder = with_drops(path)
    capture = frames_of(path)[1]
    assert capture.drops == Drops(20, 300, None)
    assert [tuple(each) for each in capture.interfaces] == [
        (1, 0, "veth0", 1, 256, "tcp and not port 22", 1000, 20, None, 300)
    ]
    assert recorder.octets == path.stat().st_size


def test_read_shows_the_drops(tmp_path: Path) -> None:
    with_drops(tmp_path / "x")
    outcome = run("read", "--summary", tmp_path / "x")
    assert (
        f"tracker: {tmp_path}/x: interface 0 veth0, ETHERNET (1), snap length 256, "
        "filter 'tcp and not port 22', 1000 received, 20 dropped, 300 dropped by the kernel\n"
    ) in outcome.stderr
    assert (
        "frames dropped while capturing: 20 by the interface, 300 by the kernel" in outcome.stderr
    )


def test_counters_that_nobody_knows(tmp_path: Path) -> None:
    record(tmp_path / "x", FRAMES)
    assert frames_of(tmp_path / "x")[1].drops == Drops()


def test_long_words(tmp_path: Path) -> None:
    """What an option cannot hold is cut; what is no UTF-8 does no harm."""
    record(tmp_path / "x", FRAMES, interface="\udcff", filter_="tcp or " * 20_000)
    seen, capture = frames_of(tmp_path / "x")
    assert seen == expected(FRAMES)
    assert capture.interfaces[0].name == "?"
    assert ("tcp or " * 20_000).startswith(capture.interfaces[0].filter)
    assert len(capture.interfaces[0].filter) > 65_000


# --- read back by others ------------------------------------------------------------------------


@needs_tshark
@both_formats
def test_tshark_reads_it(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    record(path, FRAMES)
    fields = ["frame.time_epoch", "frame.cap_len", "frame.len", "tcp.flags"]
    options = [word for field in fields for word in ("-e", field)]
    lines = output("tshark", "-n", "-r", path, "-T", "fields", *options).splitlines()
    assert [line.split("\t") for line in lines] == [
        [
            f"{frame.time // NS_IN_S}.{frame.time % NS_IN_S:09}",
            str(len(frame.octets)),
            str(frame.wire),
            f"0x{int.from_bytes(frame.octets[46:48], 'big') & 0xFFF:04x}",
        ]
        for frame in FRAMES
    ]


@needs_tshark
@both_formats
def test_tshark_reads_what_it_holds(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    record(path, FRAMES, 147)  # for private use: tshark shows the octets
    packets = json.loads(output("tshark", "-n", "-r", path, "-T", "jsonraw"))
    octets = [packet["_source"]["layers"]["frame_raw"][0] for packet in packets]
    assert [bytes.fromhex(each) for each in octets] == [frame.octets for frame in FRAMES]


@needs_tshark
def test_tshark_reads_the_drops(tmp_path: Path) -> None:
    """It shows them only where it reads the file as blocks, not as packets."""
    with_drops(tmp_path / "x")
    layers = output(
        "tshark", "-n", "-r", tmp_path / "x", "-X", "read_format:MIME Files Format", "-V"
    )
    words = [line.strip() for line in layers.splitlines()]
    statistics = words[words.index("Block: Interface Statistics Block") :]
    assert "[Timestamp: Jan  1, 2026 00:00:01.000000000 UTC]" in statistics
    assert [line for line in statistics if line.startswith("Option: Number")] == [
        "Option: Number of Received Packets = 1000",
        "Option: Number of Dropped Packets = 20",
        "Option: Number of Packets Dropped by OS = 300",
    ]
    assert "malformed" not in layers.lower()


@needs_capinfos
def test_capinfos_reads_it(tmp_path: Path) -> None:
    with_drops(tmp_path / "x")
    lines = [line.strip() for line in output("capinfos", tmp_path / "x").splitlines()]
    system = f"{os.uname().sysname} {os.uname().release}"
    for line in (
        "Number of packets:   9",
        "File timestamp precision:  nanoseconds (9)",
        f"Capture oper-sys:    {system}",
        f"Capture application: tracker {__version__}",
        "Name = veth0",
        "Filter string = tcp and not port 22",
        "Encapsulation = Ethernet (1 - ether)",
        "Capture length = 256",
        "Time precision = nanoseconds (9)",
        "Number of stat entries = 1",
    ):
        assert line in lines, line


def output(*command: str | Path) -> str:
    """Return what a program prints; it must say nothing else."""
    process = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    noise = "Running as user"
    assert [line for line in process.stderr.splitlines() if line and noise not in line] == []
    return process.stdout


# --- cut, killed, interrupted -------------------------------------------------------------------


def ends_of_records(path: Path) -> list[int]:
    """Record FRAMES, one by one; return how long the file is before, and after each."""
    recorder = Recorder(str(path), 1, SNAP)
    ends = [recorder.octets]
    for number in range(len(FRAMES)):
        recorder.write(block(FRAMES), number, number + 1)
        ends.append(recorder.octets)
    recorder.finish(1, 2, 3, START, START)
    return ends


@both_formats
def test_cut_anywhere(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    ends = ends_of_records(path)
    whole = path.read_bytes()
    for octets in range(ends[0], len(whole)):
        path.write_bytes(whole[:octets])
        seen, capture = frames_of(path)
        assert seen == expected(FRAMES[: sum(end <= octets for end in ends[1:])])
        assert bool(capture.warnings) == (octets not in ends)


#: Records blocks until it is killed, and says after each how many frames it has written.
ENDLESS = """
import sys
from captures import timed
from test_recorder import SNAP, block
from tracker.capture.recorder import Recorder
recorder = Recorder(sys.argv[1], 1, SNAP)
frames = block(timed([bytes([number & 255]) * 1500 for number in range(1000)]))
while True:
    recorder.write(frames, 0, frames.count)
    print(recorder.frames, flush=True)
"""


@both_formats
def test_killed(tmp_path: Path, ending: str) -> None:
    """With SIGKILL, somewhere in a write: every frame that was written before can be read."""
    path = tmp_path / f"x.{ending}"
    with subprocess.Popen(python(ENDLESS, path), stdout=subprocess.PIPE, env=HERE) as process:
        assert process.stdout is not None
        for _ in range(5):
            written = int(process.stdout.readline())
        process.kill()
    frames = timed([bytes([number & 255]) * 1500 for number in range(1000)])
    seen, capture = frames_of(path)
    assert len(seen) >= written == 5000
    assert all(frame == expected([frames[n % 1000]])[0] for n, frame in enumerate(seen))
    assert all("the file is cut short" in line for line in capture.warnings)


#: For what is started from here: it finds what we found.
HERE = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def python(script: str, *arguments: str | Path) -> list[str | Path]:
    """Return how to run a script in a process of its own."""
    return [sys.executable, "-P", "-c", script, *arguments]


@both_formats
def test_short_writes(tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may write less than it was given."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, octets: write(file, octets[:7]))
    path = tmp_path / f"x.{ending}"
    record(path, FRAMES)
    assert frames_of(path)[0] == expected(FRAMES)


@both_formats
def test_ctrl_c_within_a_write(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The block that was being written is taken back when the file is finished."""
    path = tmp_path / f"x.{ending}"
    recorder = Recorder(str(path), 1, SNAP)
    recorder.write(block(FRAMES), 0, 4)
    write = os.write

    def interrupted(file: int, octets: memoryview) -> int:
        write(file, octets[:70])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            recorder.write(block(FRAMES), 4, 9)
    recorder.finish(4, 0, 0, START, START)
    seen, capture = frames_of(path)
    assert seen == expected(FRAMES[:4])
    assert capture.warnings == []
    assert recorder.octets == path.stat().st_size


@both_formats
def test_signals_within_a_write(tmp_path: Path, ending: str) -> None:
    """A pipe that nobody reads blocks; signals come meanwhile, then somebody reads."""
    from threading import Event, Thread

    path = tmp_path / f"x.{ending}"
    os.mkfifo(path)
    frames = timed([bytes([number]) * 5000 for number in range(200)])  # more than a pipe holds
    interrupted, copy = Event(), tmp_path / "copy"

    def read_late() -> None:
        with path.open("rb") as file:
            interrupted.wait(60)
            copy.write_bytes(file.read())

    def count(*_: object) -> None:
        signals.append(recorder.frames)
        if len(signals) == 5:
            interrupted.set()

    signals: list[int] = []
    reader = Thread(target=read_late)
    reader.start()
    recorder = Recorder(str(path), 1, SNAP)
    before = signal.signal(signal.SIGALRM, count)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        recorder.write(block(frames), 0, len(frames))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        recorder.finish(None, None, None, START, START)
        reader.join()
    assert len(signals) >= 5
    assert frames_of(copy)[0] == expected(frames)


# --- no room, no file ---------------------------------------------------------------------------

#: Records FRAMES where files may only get so large, for many such sizes, from one that holds the
#: header; says of each how it ended, and how long the file is.
LIMITED = """
import json, os, sys
from resource import RLIMIT_FSIZE, RLIM_INFINITY, setrlimit
from test_recorder import FRAMES, SNAP, START, block
from tracker.capture.recorder import Recorder
path, first, last = sys.argv[1], *map(int, sys.argv[2:])
for limit in range(first, last):
    setrlimit(RLIMIT_FSIZE, (limit, RLIM_INFINITY))
    recorder = Recorder(path, 1, SNAP)
    recorder.write(block(FRAMES), 0, 4)
    recorder.write(block(FRAMES), 4, 9)
    recorder.write(block(FRAMES), 0, 0)
    recorder.finish(9, 0, 0, START, START)
    os.rename(path, f"{path}.{limit}")
    setrlimit(RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
    print(json.dumps([limit, recorder.frames, recorder.octets, recorder.problem]))
"""


@both_formats
def test_a_file_that_may_not_grow(tmp_path: Path, ending: str) -> None:
    """It holds all frames that fit, and nothing behind them; the line says how many."""
    path = tmp_path / f"x.{ending}"
    ends = ends_of_records(path)
    last = path.stat().st_size
    process = subprocess.run(
        python(LIMITED, path, str(ends[0]), str(last)),
        capture_output=True, text=True, check=True, env=HERE, timeout=60,
    )  # fmt: skip
    outcomes = [json.loads(line) for line in process.stdout.splitlines()]
    assert len(outcomes) == last - ends[0]
    for limit, count, octets, problem in outcomes:
        assert count == sum(end <= limit for end in ends[1:])
        frames = "1 frame" if count == 1 else f"{count} frames"
        assert problem == f"{path}: File too large; recording ended after {frames}"
        left = Path(f"{path}.{limit}")
        assert left.stat().st_size == octets == ends[count]
        seen, capture = frames_of(left)
        assert (seen, capture.warnings) == (expected(FRAMES[:count]), [])


#: Mounts a file system of 1 MiB that only this process sees, and fills it.
FULL = """
import json, subprocess, sys
from captures import timed
from containers import expected, frames_of
from test_recorder import SNAP, START, block
from tracker.capture.recorder import Recorder
folder, ending = sys.argv[1:]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
frames = timed([bytes([number & 255]) * 1500 for number in range(1000)])
recorder = Recorder(f"{folder}/x.{ending}", 1, SNAP)
for number in range(0, 1000, 10):
    recorder.write(block(frames), number, number + 10)
recorder.finish(1000, 0, 0, START, START)
seen, capture = frames_of(recorder.path)
assert seen == expected(frames[:recorder.frames])
assert capture.warnings == []
print(json.dumps([recorder.frames, recorder.problem]))
"""


@both_formats
def test_a_full_disk(tmp_path: Path, ending: str) -> None:
    if not own_mounts_are_possible():
        pytest.skip("this user or this machine makes no mount namespaces")
    command = ["unshare", "--mount", *python(FULL, tmp_path, ending)]
    process = subprocess.run(
        command, capture_output=True, text=True, check=False, env=HERE, timeout=60
    )
    assert process.stderr == ""
    frames, problem = json.loads(process.stdout)
    assert frames == (1 << 20) // (1516 if ending == "pcap" else 1532)
    assert problem == (
        f"{tmp_path}/x.{ending}: No space left on device; recording ended after {frames} frames"
    )


def own_mounts_are_possible() -> bool:
    """Return whether a process can have file systems that no other one sees."""
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        return False
    trial = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


@both_formats
def test_a_failure_told_only_when_the_file_is_closed(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As network file systems do."""
    close = os.close

    def late(file: int) -> None:
        close(file)
        raise OSError(122, "Disk quota exceeded")

    path = tmp_path / f"x.{ending}"
    recorder = Recorder(str(path), 1, SNAP)
    recorder.write(block(FRAMES), 0, 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "close", late)
        recorder.finish(1, 0, 0, START, START)
    assert recorder.problem == f"{path}: Disk quota exceeded; recording ended after 1 frame"
    recorder.write(block(FRAMES), 0, 9)  # and nothing more is done
    recorder.finish(1, 0, 0, START, START)
    assert recorder.frames == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".", "Is a directory"),
        ("missing/x", "No such file or directory"),
        ("x\0y", "embedded null byte"),
        ("/dev/full", "No space left on device"),
        ("y" * 300, "File name too long"),
    ],
)
def test_files_that_cannot_be_written(
    tmp_path: Path, name: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "/dev/full" and not Path(name).exists():
        pytest.skip("no /dev/full here")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CaptureError) as caught:
        Recorder(name, 1, SNAP)
    assert str(caught.value) == f"{name}: cannot be written: {reason}"


# --- what is no file ----------------------------------------------------------------------------


@both_formats
def test_named_pipe(tmp_path: Path, ending: str) -> None:
    path, copy = tmp_path / f"x.{ending}", tmp_path / "copy"
    os.mkfifo(path)
    with copy.open("wb") as file, subprocess.Popen(["cat", path], stdout=file):
        recorder = record(path, FRAMES)
    assert frames_of(copy)[0] == expected(FRAMES)
    assert (recorder.octets, recorder.problem) == (copy.stat().st_size, None)


@both_formats
def test_named_pipe_whose_reader_leaves(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    os.mkfifo(path)
    with subprocess.Popen(["head", "-c", "1", path], stdout=subprocess.DEVNULL):
        recorder = Recorder(str(path), 1, SNAP)
    recorder.write(block(FRAMES), 0, 9)
    assert recorder.problem == f"{path}: Broken pipe; recording ended after 0 frames"
    recorder.finish(9, 0, 0, START, START)
    assert recorder.frames == 0


def test_device() -> None:
    recorder = record("/dev/null", FRAMES)
    assert (recorder.frames, recorder.problem) == (9, None)


#: Records FRAMES there.
ELSEWHERE = """
import sys
from test_recorder import FRAMES, record
assert record(sys.argv[1], FRAMES).problem is None
"""


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
@pytest.mark.parametrize("through_a_pipe", [False, True], ids=["file", "pipe"])
def test_standard_output(tmp_path: Path, name: str, through_a_pipe: bool) -> None:
    path = tmp_path / "x"
    command = python(ELSEWHERE, name)
    if through_a_pipe:
        process = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=HERE)
        path.write_bytes(process.stdout)
    else:
        with path.open("wb") as file:
            subprocess.run(command, stdout=file, check=True, env=HERE)
    assert frames_of(path)[0] == expected(FRAMES)


def test_what_stands_before_it_in_standard_output_stays(tmp_path: Path) -> None:
    """A shell may have put other things there: `(echo; tracker live -w -) > FILE`."""
    path = tmp_path / "x"
    with path.open("wb", buffering=0) as file:
        file.write(b"before")
        subprocess.run(python(ELSEWHERE, "-"), stdout=file, check=True, env=HERE)
    octets = path.read_bytes()
    path.write_bytes(octets.removeprefix(b"before"))
    assert octets.startswith(b"before")
    assert frames_of(path)[0] == expected(FRAMES)
