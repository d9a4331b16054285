"""Capture files: build them from frames, run the command on them, read its rows."""

import csv
import io
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from packets import ACK, CLIENT, FIN, PSH, SERVER, SYN, ethernet, ipv4, tcp

CHECKOUT = Path(__file__).resolve().parent.parent
PCAPS = CHECKOUT / "pcaps"
CORPUS = CHECKOUT.parent / "shared" / "corpus"

# The settings of whoever runs the tests are not tested.
os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CONFIG_DIRS"] = "/nonexistent"

FILE_HEADER, RECORD_HEADER = 24, 16
NS_IN_S = 1_000_000_000

#: When the captures that tests make begin: 2026-01-01T00:00:00Z.
START = 1_767_225_600 * NS_IN_S

Row = dict[str, Any]


class Record(NamedTuple):
    """One frame of a capture: when (ns since 1970), what was captured, its length on the wire."""

    time: int
    octets: bytes
    wire: int


class Outcome(NamedTuple):
    """How a run of the command ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def rows(self) -> list[Row]:
        """The rows of --json."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def table(self) -> list[list[str]]:
        """The rows of the table, as words, without its heading."""
        return [line.split() for line in self.stdout.splitlines()[3:]]

    @property
    def csv(self) -> list[dict[str, str]]:
        """The rows of --csv."""
        return list(csv.DictReader(io.StringIO(self.stdout)))


# --- files --------------------------------------------------------------------------------------


def file_header(*, big: bool = False, nano: bool = False, link_type: int = 1) -> bytes:
    """Return the header of a classic pcap file (draft-ietf-opsawg-pcap section 4)."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    return struct.pack(">IHHiIII" if big else "<IHHiIII", magic, 2, 4, 0, 0, 262144, link_type)


def record(frame: Record, *, big: bool = False, nano: bool = False, snap: int = 1 << 18) -> bytes:
    """Return one packet record (section 5), cut to `snap` octets."""
    seconds, rest = divmod(frame.time, NS_IN_S)
    octets = frame.octets[:snap]
    header = struct.pack(
        ">IIII" if big else "<IIII",
        seconds,
        rest if nano else rest // 1000,
        len(octets),
        frame.wire,
    )
    return header + octets


def pcap(
    frames: Iterable[Record],
    *,
    big: bool = False,
    nano: bool = False,
    snap: int = 1 << 18,
    link_type: int = 1,
) -> bytes:
    """Return a classic pcap file."""
    header = file_header(big=big, nano=nano, link_type=link_type)
    return header + b"".join(record(frame, big=big, nano=nano, snap=snap) for frame in frames)


def timed(frames: Iterable[bytes], step: int = 1_000_000, start: int = START) -> list[Record]:
    """Give frames their times, `step` ns apart."""
    return [
        Record(start + number * step, octets, len(octets)) for number, octets in enumerate(frames)
    ]


def read_pcap(path: Path) -> list[Record]:
    """Read a classic pcap file without the code under test; stop at its end, wherever that is."""
    octets = path.read_bytes()
    order, nano = {
        b"\xa1\xb2\xc3\xd4": (">", 1000),
        b"\xd4\xc3\xb2\xa1": ("<", 1000),
        b"\xa1\xb2\x3c\x4d": (">", 1),
        b"\x4d\x3c\xb2\xa1": ("<", 1),
    }[octets[:4]]
    frames = []
    at = FILE_HEADER
    while at + RECORD_HEADER <= len(octets):
        seconds, rest, length, wire = struct.unpack_from(order + "IIII", octets, at)
        at += RECORD_HEADER
        if at + length > len(octets):
            break
        frames.append(Record(seconds * NS_IN_S + rest * nano, octets[at : at + length], wire))
        at += length
    return frames


def conversation(port: int = 1099) -> list[bytes]:
    """Return the frames of a connection: opened, used, and closed, by the client first.

    RFC 9293 figures 6 and 12, with a request of 5 octets and a reply of 7 between them.
    """
    steps: list[tuple[int, bytes]] = [
        (SYN, b""),
        (SYN | ACK, b""),
        (ACK, b""),
        (PSH | ACK, b"GET /"),
        (PSH | ACK, b"200 OK\n"),
        (FIN | ACK, b""),
        (ACK, b""),
        (FIN | ACK, b""),
        (ACK, b""),
    ]
    senders = (0, 1, 0, 0, 1, 0, 1, 1, 0)
    numbers = [100, 300]
    frames = []
    for sender, (flags, payload) in zip(senders, steps, strict=True):
        peer = 1 - sender
        sockets = ((CLIENT, port), (SERVER, 80))
        segment = tcp(
            payload,
            flags,
            sockets[sender][1],
            sockets[peer][1],
            sequence=numbers[sender],
            acknowledgment=numbers[peer] if flags & ACK else 0,
        )
        frames.append(ethernet(ipv4(segment, 6, sockets[sender][0], sockets[peer][0])))
        numbers[sender] += len(payload) + bool(flags & (SYN | FIN))
    return frames


# --- the command --------------------------------------------------------------------------------


def run(*arguments: str | Path, **options: Any) -> Outcome:
    """Run the installed command in a process of its own."""
    process = subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=120, check=False, **options
    )
    return Outcome(process.returncode, process.stdout, process.stderr)


def command(*arguments: str | Path) -> list[str]:
    """Return how to start the installed command, wherever the working directory is."""
    return [sys.executable, "-P", "-m", "tracker", *map(str, arguments)]


def run_here(*arguments: str | Path) -> Outcome:
    """Run the command in this process, for tests that need it often."""
    from tracker.cli import main

    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            status = main([os.fspath(argument) for argument in arguments])
        except SystemExit as end:  # argparse
            status = end.code if isinstance(end.code, int) else 1
    return Outcome(status, stdout.getvalue(), stderr.getvalue())


def read(*arguments: str | Path) -> Outcome:
    """Run `tracker read` with numbers and JSON rows in this process."""
    return run_here("read", "-n", "--json", *arguments)


def sockets(rows: Sequence[Row]) -> set[tuple[str, str, str | None]]:
    """Return (local socket, foreign socket, state) of each row."""
    return {
        (
            socket(row["local_address"], row["local_port"]),
            socket(row["foreign_address"], row["foreign_port"]),
            row["state"],
        )
        for row in rows
    }


def socket(address: str, port: int) -> str:
    """Return the text form of a socket (RFC 9293, RFC 5952 section 6)."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
