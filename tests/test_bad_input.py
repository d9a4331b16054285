"""Input that is not as hoped: exit 2 and one line that says what, where and what to do.

Where something was read before the damage, it is shown, and the line is a warning.
"""

import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from captures import (
    FILE_HEADER,
    PCAPS,
    RECORD_HEADER,
    command,
    conversation,
    file_header,
    pcap,
    read,
    record,
    run,
    timed,
)

FRAMES = timed(conversation())

# No permission stops root, so root becomes somebody else, once all modules are loaded (whose files
# that somebody may not be allowed to read either).
UNPRIVILEGED = """
import contextlib, io, os, sys
from tracker.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    main(["read", "-n", "--closed", sys.argv[1]])
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
sys.exit(main(["read", "-n", sys.argv[2]]))
"""


def refused(*arguments: str | Path) -> str:
    """Run `tracker read`, which must refuse; return the one line it says."""
    outcome = run("read", *arguments)
    assert outcome.status == 2, outcome
    assert outcome.stdout == ""
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("tracker: ")
    return line.removeprefix("tracker: ")


def written(path: Path, octets: bytes) -> Path:
    """Write a file and return its path."""
    path.write_bytes(octets)
    return path


# --- not a capture ------------------------------------------------------------------------------


def test_empty_file(tmp_path: Path) -> None:
    path = written(tmp_path / "x", b"")
    assert refused(path).startswith(f"{path}: byte 0: the file is empty")


def test_not_a_capture(tmp_path: Path) -> None:
    path = written(tmp_path / "x", b"root:x:0:0:root:/root:/bin/bash\n" * 9)
    line = refused(path)
    assert line.startswith(f"{path}: byte 0: not a capture: it begins with 72 6f 6f 74")


@pytest.mark.parametrize("length", [1, 3, 4, 23])
def test_file_header_cut(tmp_path: Path, length: int) -> None:
    path = written(tmp_path / "x", file_header()[:length])
    where = 0 if length < 4 else length
    assert refused(path).startswith(f"{path}: byte {where}: ")


# --- not a readable file ------------------------------------------------------------------------


def test_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "missing.pcap"
    assert refused(path) == f"{path}: cannot be read: No such file or directory"


def test_directory(tmp_path: Path) -> None:
    assert refused(tmp_path).startswith(f"{tmp_path}: a directory")


def test_file_name_with_a_null_octet() -> None:
    outcome = read("a\0b")
    assert (outcome.status, outcome.stdout, len(outcome.stderr.splitlines())) == (2, "", 1)


def test_path_below_a_file(tmp_path: Path) -> None:
    path = written(tmp_path / "x", b"") / "y"
    assert refused(path) == f"{path}: cannot be read: Not a directory"


@pytest.fixture
def private() -> Iterator[Path]:
    """Return a capture that its owner alone may read, in a folder that is open to all."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = written(Path(folder, "private.pcap"), pcap(FRAMES))
        path.chmod(0o000)
        yield path


def test_no_permission(private: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-P", "-c", UNPRIVILEGED, PCAPS / "refused.pcap", private],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == f"tracker: {private}: cannot be read: Permission denied\n"


def test_one_bad_file_of_several(tmp_path: Path) -> None:
    """Nothing is shown: a table of half of what was asked for would look whole."""
    path = written(tmp_path / "x", b"no capture")
    assert refused(PCAPS / "refused.pcap", path).startswith(f"{path}: byte 0: ")


# --- damaged after a good beginning -------------------------------------------------------------


@pytest.mark.parametrize("length", [262145, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("big", [False, True], ids=["little endian", "big endian"])
@pytest.mark.parametrize("before", [0, 1, 9])
def test_impossible_record_length(tmp_path: Path, before: int, big: bool, length: int) -> None:
    header = struct.pack(">IIII" if big else "<IIII", 1, 2, length, length)
    good = pcap(FRAMES[:before], big=big)
    path = written(tmp_path / "x", good + header + b"".join(map(record, FRAMES)))
    outcome = read("--closed", path)
    (line,) = [line for line in outcome.stderr.splitlines() if "byte" in line]
    where = f"{path}: byte {len(good)}"
    assert line.startswith(f"tracker: {where}: a record says it has {length} octets")
    if before:
        assert outcome.status == 0
        (row,) = outcome.rows
        assert row["local_packets"] + row["foreign_packets"] == before
        assert line.endswith(f"stopped after frame {before}")
    else:
        assert (outcome.status, outcome.stdout) == (2, "")
        assert len(outcome.stderr.splitlines()) == 1


@pytest.mark.parametrize("kept", [1, RECORD_HEADER - 1, RECORD_HEADER, RECORD_HEADER + 53])
def test_cut_inside_the_first_record(tmp_path: Path, kept: int) -> None:
    path = written(tmp_path / "x", pcap(FRAMES[:1])[: FILE_HEADER + kept])
    line = refused(path)
    assert line.startswith(f"{path}: byte {FILE_HEADER}: the file is cut short, {kept} octets are")
    assert line.endswith("stopped before the first frame")


@pytest.mark.parametrize("kept", [1, RECORD_HEADER - 1, RECORD_HEADER, RECORD_HEADER + 53])
def test_cut_inside_a_later_record(tmp_path: Path, kept: int) -> None:
    good = pcap(FRAMES[:2])
    path = written(tmp_path / "x", good + record(FRAMES[2])[:kept])
    outcome = run("read", "-n", path)
    assert outcome.status == 0
    assert outcome.table == [["TCP", "192.168.1.5:1099", "192.168.1.7:80", "ESTABLISHED"]]
    warning = f"{path}: byte {len(good)}: the file is cut short, {kept} octets are left"
    assert warning in outcome.stderr and "stopped after frame 2" in outcome.stderr


# --- not a readable pipe ------------------------------------------------------------------------


def test_disk_full() -> None:
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("no /dev/full here")
    with device.open("w") as full:
        process = subprocess.run(
            command("read", PCAPS / "ftp-and-web.pcap"),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert process.returncode == 2
    assert "Traceback" not in process.stderr
    assert process.stderr.splitlines()[-1].startswith("tracker: ")
    assert "No space left on device" in process.stderr


def test_named_pipe(tmp_path: Path) -> None:
    """A capture may come through a pipe: it is read once, from the beginning."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(
        command("read", "-n", "--json", pipe), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        pipe.write_bytes(pcap(FRAMES[:3]))
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert b'"state": "ESTABLISHED"' in stdout
