"""How far reading is: one line on a terminal, for what takes long, and nothing elsewhere."""

import io
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from captures import conversation, pcap, run, timed

from tracker.frames import Frames
from tracker.progress import Progress

FRAMES = timed(conversation())


class Input(NamedTuple):
    """What is being read."""

    frames: int
    offset: int
    size: int | None


def lines(
    monkeypatch: pytest.MonkeyPatch, inputs: list[Input], times: list[float], stream: io.StringIO
) -> str:
    """Return what is written while runs are taken at these times, s after the beginning."""
    clock = iter([100.0, *(100.0 + time for time in times)])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    run = (Frames(1), 0, 0)
    with Progress(stream, inputs) as progress:
        assert list(progress.watch(iter([run] * len(times)))) == [run] * len(times)
    return stream.getvalue()


def test_nothing_before_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines(monkeypatch, [Input(1, 2, 3)], [0, 0.5, 0.99], io.StringIO()) == ""


def test_one_line_rewritten_five_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    times = [number / 100 for number in range(300)]
    text = lines(monkeypatch, [Input(7, 1, 4), Input(5, 1, 4)], times, io.StringIO())
    line = "\rtracker: 25 %, 12 frames"
    assert text.count(line) in range(9, 11)
    # It is wiped at the end: nothing is left of it.
    assert text == line * text.count(line) + "\r" + " " * (len(line) - 1) + "\r"


@pytest.mark.parametrize("size", [None, 0])
def test_no_percents_where_the_size_is_unknown(
    monkeypatch: pytest.MonkeyPatch, size: int | None
) -> None:
    text = lines(monkeypatch, [Input(7, 1, size)], [2], io.StringIO())
    assert text.startswith("\rtracker: 7 frames\r")


def test_shorter_line_leaves_nothing_of_the_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Shrinking:
        offset, size = 0, None

        def __init__(self) -> None:
            self._counts: Iterator[int] = iter([1000, 1])

        @property
        def frames(self) -> int:
            return next(self._counts)

    stream = io.StringIO()
    clock = iter([0.0, 2.0, 4.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    with Progress(stream, [Shrinking()]) as progress:
        list(progress.watch(iter([(Frames(1), 0, 0)] * 2)))
    assert stream.getvalue().split("\r")[1:3] == ["tracker: 1000 frames", "tracker: 1 frames   "]


def test_on_a_terminal(tmp_path: Path) -> None:
    """The line is wiped before anything else is said."""
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(FRAMES))
    script = (
        "import sys, tracker.progress; tracker.progress.PATIENCE = 0;"
        "from tracker.cli import main; sys.exit(main(['read', '-n', '--closed', sys.argv[1]]))"
    )
    ours, theirs = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-P", "-c", script, path],
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            check=True,
        )
        os.close(theirs)
        said = b""
        with suppress(OSError):  # the end of a terminal
            while more := os.read(ours, 1000):
                said += more
    finally:
        os.close(ours)
    shown = b"\rtracker: 100 %, 9 frames"
    assert said.startswith(shown + b"\r" + b" " * (len(shown) - 1) + b"\rtracker: ")


def test_nothing_in_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(FRAMES))
    assert "%" not in run("read", "-n", "--closed", path).stderr
