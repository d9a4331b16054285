"""Input that comes while it is read: pipes, growing files, many files, and Ctrl-C."""

import array
import fcntl
import gzip
import os
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from captures import Outcome, conversation, pcap, read, record, run, run_here, timed
from containers import Pcapng

import tracker.read
from tracker.capture.saved import SavedCapture, in_time_order
from tracker.capture.source import Source
from tracker.capture.stop import Stop

FRAMES = timed(conversation())
OCTETS = pcap(FRAMES)

# What started the tests may ignore SIGINT, as shells do in the background.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from tracker.cli import run; run()"
)

#: How long anything here may take, s.
PATIENCE = 60


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


class Reading:
    """`tracker read` in a process of its own, while it reads."""

    def __init__(self, *arguments: str | Path, stdin: int = subprocess.DEVNULL) -> None:
        options = ["read", "-n", "--json", "--closed", *map(str, arguments)]
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM, *options],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def is_at(self, path: Path, offset: int) -> bool:
        """Return whether it has read that many octets of a file."""
        folder = Path(f"/proc/{self.process.pid}")
        try:
            for link in (folder / "fd").iterdir():
                if link.readlink() == path:
                    position = (folder / "fdinfo" / link.name).read_text().split()[1]
                    return int(position) >= offset
        except FileNotFoundError:
            pass
        return False

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self) -> Outcome:
        stdout, stderr = self.process.communicate(timeout=PATIENCE)
        return Outcome(self.process.returncode, stdout, stderr)


@pytest.fixture
def start() -> Iterator[Callable[..., Reading]]:
    """Return how to start reading; what still runs at the end is ended."""
    started: list[Reading] = []

    def begin(*arguments: Any, **options: Any) -> Reading:
        started.append(Reading(*arguments, **options))
        return started[-1]

    yield begin
    for reading in started:
        with reading.process as process:
            process.kill()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Return both ends of a pipe: to read from, to write into."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def is_empty(reader: int) -> bool:
    """Return whether all that was written into a pipe was read."""
    count = array.array("i", [0])
    fcntl.ioctl(reader, termios.FIONREAD, count)
    return count[0] == 0


def packets(outcome: Outcome) -> int:
    """Return how many packets the only connection has."""
    (row,) = outcome.rows
    packets: int = row["local_packets"] + row["foreign_packets"]
    return packets


needs_proc = pytest.mark.skipif(not Path("/proc/self/fdinfo").exists(), reason="no /proc here")


# --- pipes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", [0, 1, 15, 16, 40])
def test_ctrl_c_on_standard_input(
    start: Callable[..., Reading], pipe: tuple[int, int], rest: int
) -> None:
    """The table of the whole frames; an incomplete one at the end is no damage."""
    reader, writer = pipe
    reading = start("-", stdin=reader)
    os.write(writer, pcap(FRAMES[:4]) + record(FRAMES[4])[:rest])
    eventually(lambda: is_empty(reader))
    reading.interrupt()
    outcome = reading.end()
    assert outcome.status == 0, outcome.stderr
    assert packets(outcome) == 4
    assert "byte" not in outcome.stderr and "Traceback" not in outcome.stderr


def test_ctrl_c_before_anything_came(start: Callable[..., Reading], pipe: tuple[int, int]) -> None:
    """A part of the header came: there is nothing to show, and nothing wrong."""
    reader, writer = pipe
    reading = start("-", stdin=reader)
    os.write(writer, OCTETS[:10])
    eventually(lambda: is_empty(reader))
    reading.interrupt()
    outcome = reading.end()
    assert (outcome.status, outcome.stdout) == (1, "")
    assert "nothing to show: no connection seen" in outcome.stderr


def test_what_the_writer_still_holds_is_read(
    start: Callable[..., Reading], pipe: tuple[int, int]
) -> None:
    """The same Ctrl-C stops whoever writes into the pipe; its last octets come after it."""
    reader, writer = pipe
    reading = start("-", stdin=reader)
    os.write(writer, OCTETS[:100])
    eventually(lambda: is_empty(reader))
    reading.interrupt()
    os.write(writer, OCTETS[100:])
    os.close(writer)
    assert packets(reading.end()) == 9


def test_ctrl_c_while_more_and_more_comes(
    start: Callable[..., Reading], pipe: tuple[int, int]
) -> None:
    """It stops, however much there would be."""
    reader, writer = pipe
    reading = start("-", stdin=reader)
    script = (
        "import sys\n"
        "octets = bytes.fromhex(sys.argv[1])\n"
        "sys.stdout.buffer.write(octets[:24])\n"
        "while True: sys.stdout.buffer.write(octets[24:])"
    )
    command = [sys.executable, "-P", "-c", script, pcap(FRAMES[:3]).hex()]
    with subprocess.Popen(command, stdout=writer, stderr=subprocess.DEVNULL) as source:
        os.close(writer)
        os.set_blocking(reader, False)
        time.sleep(0.5)
        eventually(lambda: not is_empty(reader))
        time.sleep(1)
        os.close(reader)
        reading.interrupt()
        outcome = reading.end()
        source.kill()
    assert outcome.status == 0, outcome.stderr
    assert packets(outcome) >= 3


@pytest.mark.parametrize("name", ["pcapng", "gzip"])
def test_ctrl_c_in_other_formats(
    start: Callable[..., Reading], pipe: tuple[int, int], name: str
) -> None:
    """What is missing behind them is no damage either."""
    octets = gzip.compress(OCTETS)[:-9]
    if name == "pcapng":
        make = Pcapng()
        frames = [make.enhanced(frame) for frame in FRAMES]
        octets = b"".join([make.section(), make.interface(), *frames, make.block(7, bytes(99))])
        octets = octets[:-50]
    reader, writer = pipe
    reading = start("-", stdin=reader)
    os.write(writer, octets)
    eventually(lambda: is_empty(reader))
    reading.interrupt()
    outcome = reading.end()
    assert packets(outcome) == 9
    assert "byte" not in outcome.stderr


@pytest.mark.parametrize("is_stopped", [False, True])
def test_named_pipe(start: Callable[..., Reading], tmp_path: Path, is_stopped: bool) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reading = start(path)
    with path.open("wb", buffering=0) as writer:
        writer.write(OCTETS)
        eventually(lambda: is_empty(writer.fileno()))
        if is_stopped:
            reading.interrupt()
            reading.process.wait(PATIENCE)
    outcome = reading.end()
    assert (outcome.status, packets(outcome)) == (0, 9)


def test_pipe_beside_a_file(
    start: Callable[..., Reading], pipe: tuple[int, int], tmp_path: Path
) -> None:
    """They are taken in time order."""
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(FRAMES[::2]))
    reader, writer = pipe
    reading = start("-", path, stdin=reader)
    os.write(writer, pcap(FRAMES[1::2]))
    eventually(lambda: is_empty(reader))
    reading.interrupt()
    outcome = reading.end()
    assert packets(outcome) == 9
    assert outcome.rows[0]["state"] == "TIME_WAIT"


# --- files that grow ----------------------------------------------------------------------------


@needs_proc
@pytest.mark.parametrize("cuts", [[0, 10, 24, 30, 94, 100, 300], [24], [200], [len(OCTETS)]])
def test_follow(start: Callable[..., Reading], tmp_path: Path, cuts: list[int]) -> None:
    """Wherever the writer pauses, also before the header; the last record may be incomplete."""
    path = tmp_path / "x.pcap"
    path.write_bytes(OCTETS[: cuts[0]])
    reading = start("--follow", path)
    with path.open("ab", buffering=0) as writer:
        for begin, end in zip(cuts, [*cuts[1:], len(OCTETS)], strict=True):
            if begin:
                eventually(lambda at=begin: reading.is_at(path, at))  # type: ignore[misc]
            else:
                time.sleep(0.3)
            writer.write(OCTETS[begin:end])
        eventually(lambda: reading.is_at(path, len(OCTETS)))
        writer.write(record(FRAMES[0])[:33])
        reading.interrupt()
        outcome = reading.end()
    assert outcome.status == 0, outcome.stderr
    assert packets(outcome) == 9
    assert "byte" not in outcome.stderr


@needs_proc
def test_follow_reads_what_came_last(start: Callable[..., Reading], tmp_path: Path) -> None:
    """What was written before Ctrl-C counts, also when it was not looked for yet."""
    path = tmp_path / "x.pcap"
    path.write_bytes(OCTETS[:24])
    reading = start("--follow", path)
    eventually(lambda: reading.is_at(path, 24))
    with path.open("ab") as writer:
        writer.write(OCTETS[24:])
    reading.interrupt()
    assert packets(reading.end()) == 9


def test_follow_takes_one_file(tmp_path: Path) -> None:
    outcome = run("read", "--follow", tmp_path / "a", tmp_path / "b")
    assert outcome == (2, "", "tracker: --follow takes one file: the one that still grows\n")


def test_follow_of_what_is_no_capture(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"no capture at all, though long enough")
    assert "byte 0: not a capture" in run("read", "--follow", path).stderr


# --- SIGINT -------------------------------------------------------------------------------------


def test_ctrl_c_on_an_ordinary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends the program, as before."""
    path = tmp_path / "x.pcap"
    path.write_bytes(OCTETS)

    def interrupted(*_: object) -> int:
        assert signal.getsignal(signal.SIGINT) is before
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(tracker.read, "replay", interrupted)
    assert run_here("read", path) == (130, "", "")


def test_stop_notes_one_interrupt() -> None:
    """The second one is Python's again; after the context, all are."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Stop() as stop:
            stop.arm()
            stop.arm()
            signal.raise_signal(signal.SIGINT)
            assert stop.is_requested()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        with Stop() as stop:
            stop.arm()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with Stop() as stop:
            stop.arm()
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


# --- many files ---------------------------------------------------------------------------------


def test_a_thousand_files_need_no_thousand_open_ones(tmp_path: Path) -> None:
    """One frame in each, in any order, more files than may be open."""
    frames = timed(conversation()[:1] * 1000)
    paths = []
    for number, frame in enumerate(frames):
        paths.append(tmp_path / f"{number * 7919 % 1000}.pcap")
        paths[-1].write_bytes(pcap([frame]))
    script = (
        "import resource, sys; from tracker.capture.saved import *\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))\n"
        "captures = [SavedCapture(path) for path in sys.stdin.read().split()]\n"
        "times = [f.times[i] for f, a, b in in_time_order(captures) for i in range(a, b)]\n"
        "print(len(times), times == sorted(times))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        input="\n".join(str(path) for path in sorted(paths)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "1000 True\n", done.stderr


def test_files_without_frames_and_files_that_overlap(tmp_path: Path) -> None:
    parts = {
        "a": FRAMES[2:3],
        "b": [],
        "c": FRAMES[::2][:1] + FRAMES[4:],
        "d": [],
        "e": FRAMES[1:4:2],
    }
    captures = []
    for name, frames in parts.items():
        (tmp_path / name).write_bytes(pcap(frames))
        captures.append(SavedCapture(str(tmp_path / name)))
    times = [
        frames.times[number]
        for frames, first, last in in_time_order(captures)
        for number in range(first, last)
    ]
    assert times == [frame.time for frame in FRAMES]


def test_a_file_without_frames_that_is_cut_is_told(tmp_path: Path) -> None:
    (tmp_path / "whole").write_bytes(OCTETS)
    (tmp_path / "cut").write_bytes(OCTETS[:30])
    outcome = read("--closed", tmp_path / "cut", tmp_path / "whole")
    assert packets(outcome) == 9
    assert f"{tmp_path / 'cut'}: byte 24: the file is cut short" in outcome.stderr


def test_a_file_that_vanishes(tmp_path: Path) -> None:
    path, other = tmp_path / "x", tmp_path / "y"
    for each in (path, other):
        each.write_bytes(OCTETS)
    captures = [SavedCapture(str(path)), SavedCapture(str(other))]
    path.unlink()
    with pytest.raises(tracker.CaptureError) as caught:
        list(in_time_order(captures))
    assert str(caught.value) == f"{path}: cannot be read: No such file or directory"


def test_pipe_is_let_go_of_only_when_nobody_reads_it_any_more() -> None:
    """Closed at once, its descriptor would be the next file's, of which the thread would read."""
    reader, writer = os.pipe()
    source = Source(f"/proc/self/fd/{reader}", False, lambda: False)
    inode = os.fstat(reader).st_ino
    os.close(reader)
    thread = threading.Thread(target=source.readinto, args=(memoryview(bytearray(9)),))
    thread.start()
    eventually(source._in_use.locked)
    source.close()
    assert os.fstat(source._file.fileno()).st_ino == inode
    thread.join(PATIENCE)
    assert source._file.closed
    assert source.readinto(memoryview(bytearray(9))) == 0
    os.close(writer)
