#!/usr/bin/env python3
"""Time `tracker read` with names against `-n`, on a capture that is nearly all DNS.

    python benchmarks/names.py [--answers N] [--runs N] [--keep FILE] [--tracker "COMMAND"]

The capture: so many queries of distinct names by a few hosts, each answered (one of four by way
of a CNAME), and for one answer of a hundred a connection to the address that it told. One round
runs the command with `-n`, then with names; the ratio is taken inside a round.
"""

from __future__ import annotations

import argparse
import shlex
import statistics
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

try:
    import numpy as np
except ModuleNotFoundError:
    raise SystemExit(
        "names.py needs numpy, a benchmark extra: pip install numpy (see benchmarks/README.md)"
    ) from None

from compare import Run, positive, run_once

Octets = np.ndarray[Any, Any]  # a frame in each row

ASKERS = 16
CHUNK = 5000  # answers made at once
FIRST_SECOND = 1_700_000_000
RESOLVER = bytes((192, 0, 2, 53))
TTL = 300

_ETHERNET = bytes.fromhex("020000000002 020000000001 0800")
_IP, _UDP, _TCP = len(_ETHERNET), 17, 6
_TRANSPORT = _IP + 20
_DNS = _TRANSPORT + 8
_NAME = _DNS + 12
_DIGITS = 7
_QUESTION = b"\x08h" + bytes(_DIGITS) + b"\x04host\x07example\x00"
_A_IN = struct.pack("!HH", 1, 1)
_SYN, _SYN_ACK, _ACK = 2, 18, 16


def main(arguments: list[str] | None = None) -> int:
    """Make the capture, run all rounds, print what they took; 1 if a run failed."""
    options = parse(arguments)
    with tempfile.TemporaryDirectory(prefix="names-") as scratch:
        capture = options.keep or Path(scratch) / "names.pcap"
        with capture.open("wb") as file:
            frames = write(file, options.answers, options.seconds)
        print(f"{options.answers} answers in {frames} frames, {capture.stat().st_size} octets")
        rounds = [measure(options, capture) for _ in range(options.runs + 1)][1:]
    failures = [run.failure for pair in rounds for run in pair if run.failure]
    if failures:
        print(f"names.py: {failures[0]}", file=sys.stderr)
        return 1
    report(rounds)
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--answers", type=positive, default=1_000_000, metavar="N", help="of DNS, up to 10 million")
    add("--seconds", type=positive, default=600, metavar="N", help="of the capture")
    add("--runs", type=positive, default=5, metavar="N", help="rounds, after one not counted")
    add("--timeout", type=positive, default=600, metavar="SECONDS", help="for each run")
    add("--tracker", default="tracker", metavar="COMMAND", help="how to start the tracker")
    add("--keep", type=Path, metavar="FILE", help="leave the capture there")
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace, capture: Path) -> tuple[Run, Run]:
    """One round: with numbers, with names."""
    read = [*shlex.split(options.tracker), "read", "{capture}"]
    return (
        run_once([*read, "-n"], capture, options.timeout),
        run_once(read, capture, options.timeout),
    )


def report(rounds: list[tuple[Run, Run]]) -> None:
    """Print medians, the ratio, and the largest memory."""
    for name, runs in zip(("-n", "names"), zip(*rounds, strict=True), strict=True):
        seconds = [run.seconds for run in runs]
        peak = max(run.peak_bytes for run in runs) / 1e6
        print(
            f"{name:>6}: {statistics.median(seconds):.3f} s "
            f"({min(seconds):.3f} to {max(seconds):.3f}), peak {peak:.0f} MB"
        )
    ratios = [names.seconds / numbers.seconds for numbers, names in rounds]
    print(f" ratio: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


# --- The capture -------------------------------------------------------------------------------


def write(file: BinaryIO, answers: int, seconds: int) -> int:
    """Write the capture; return how many frames it has."""
    file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    frames = 0
    for first in range(0, answers, CHUNK):
        numbers = np.arange(first, min(first + CHUNK, answers))
        began = numbers * (seconds * 1_000_000 // answers)
        frames += write_sorted(
            file, [(began[those - first] + delay, rows) for delay, rows, those in chunk(numbers)]
        )
    return frames


def write_sorted(file: BinaryIO, parts: list[tuple[Octets, Octets]]) -> int:
    """Write frames of several shapes as records, by their times (microseconds)."""
    records: list[tuple[int, bytes]] = []
    for times, rows in parts:
        length = rows.shape[1]
        header = np.empty((len(rows), 4), "<u4")
        header[:, 0] = FIRST_SECOND + times // 1_000_000
        header[:, 1] = times % 1_000_000
        header[:, 2:] = length
        whole = np.hstack((header.view("u1"), rows))
        records += zip(times.tolist(), map(bytes, whole), strict=True)
    records.sort(key=lambda record: record[0])
    file.write(b"".join(octets for _, octets in records))
    return len(records)


def chunk(numbers: Octets) -> Iterator[tuple[int, Octets, Octets]]:
    """Yield delay (microseconds), frames, and the numbers of the answers that they belong to."""
    yield 0, queries(numbers), numbers
    aliased, plain = numbers[numbers % 4 == 0], numbers[numbers % 4 != 0]
    yield 9, replies(plain, alias=False), plain
    yield 9, replies(aliased, alias=True), aliased
    used = numbers[numbers % 100 == 0]
    for step, flags in enumerate((_SYN, _SYN_ACK, _ACK)):
        yield 20 + step, segments(used, flags, back=step == 1), used


def asker(numbers: Octets) -> Octets:
    """Address of who asks: 10.0.0.1 and those that follow."""
    return 0x0A000001 + numbers % ASKERS


def told(numbers: Octets) -> Octets:
    """Address that is told: from 11.0.0.1 on, each once."""
    return 0x0B000001 + numbers


def port(numbers: Octets) -> Octets:
    """Port that an asker uses: all of the dynamic ones (RFC 6335 section 6) by turns."""
    return 49152 + numbers // ASKERS % 16384


def queries(numbers: Octets) -> Octets:
    """Frames with queries."""
    message = struct.pack("!6H", 0, 0x0100, 1, 0, 0, 0) + _QUESTION + _A_IN
    rows = frames(numbers, message)
    put(rows, _IP + 12, asker(numbers), 4)
    rows[:, _IP + 16 : _IP + 20] = tuple(RESOLVER)
    put(rows, _TRANSPORT, port(numbers), 2)
    put(rows, _TRANSPORT + 2, np.full(len(rows), 53), 2)
    return checked(rows)


def replies(numbers: Octets, *, alias: bool) -> Octets:
    """Frames with answers: A, or CNAME and its A (RFC 1035 section 4)."""
    owner = struct.pack("!H", 0xC00C)
    message = struct.pack("!6H", 0, 0x8180, 1, 1 + alias, 0, 0) + _QUESTION + _A_IN
    if alias:
        target = b"\x05alias" + struct.pack("!H", 0xC000 | 12 + _QUESTION.index(b"\x04host"))
        message += owner + struct.pack("!HHIH", 5, 1, TTL, len(target))
        owner = struct.pack("!H", 0xC000 | len(message))
        message += target
    message += owner + struct.pack("!HHIH", 1, 1, TTL, 4) + bytes(4)
    rows = frames(numbers, message)
    rows[:, _IP + 12 : _IP + 16] = tuple(RESOLVER)
    put(rows, _IP + 16, asker(numbers), 4)
    put(rows, _TRANSPORT, np.full(len(rows), 53), 2)
    put(rows, _TRANSPORT + 2, port(numbers), 2)
    put(rows, rows.shape[1] - 4, told(numbers), 4)
    return checked(rows)


def frames(numbers: Octets, message: bytes) -> Octets:
    """Frames with a message of DNS; its number and its name's digits, no addresses or ports."""
    datagram = struct.pack("!HHHH", 0, 0, 8 + len(message), 0) + message  # no checksum (RFC 768)
    rows = rows_of(numbers, datagram, _UDP)
    put(rows, _DNS, numbers % 65536, 2)
    for digit in range(_DIGITS):
        rows[:, _NAME + 2 + digit] = 48 + numbers // 10 ** (_DIGITS - 1 - digit) % 10
    return rows


def segments(numbers: Octets, flags: int, *, back: bool) -> Octets:
    """Frames of a connection from who asked to the address that was told."""
    sequence, acknowledgment = (300, 101) if back else (100 + (flags == _ACK), 301)
    if flags == _SYN:
        acknowledgment = 0
    header = struct.pack("!HHIIBBHHH", 0, 0, sequence, acknowledgment, 0x50, flags, 65535, 0, 0)
    rows = rows_of(numbers, header, _TCP)
    client, server = (16, 12) if back else (12, 16)
    put(rows, _IP + client, asker(numbers), 4)
    put(rows, _IP + server, told(numbers), 4)
    put(rows, _TRANSPORT + (2 if back else 0), port(numbers), 2)
    put(rows, _TRANSPORT + (0 if back else 2), np.full(len(rows), 443), 2)
    pseudo = words(rows, _IP + 12, _TRANSPORT) + _TCP + len(header)
    put(rows, _TRANSPORT + 16, folded(pseudo + words(rows, _TRANSPORT, rows.shape[1])), 2)
    return checked(rows)


def rows_of(numbers: Octets, transport: bytes, protocol: int) -> Octets:
    """One frame for each number, all alike."""
    header = struct.pack(
        "!BBHHHBBH8s", 0x45, 0, 20 + len(transport), 0, 0x4000, 64, protocol, 0, bytes(8)
    )
    template = np.frombuffer(_ETHERNET + header + transport, "u1")
    return np.tile(template, (len(numbers), 1))


def checked(rows: Octets) -> Octets:
    """The same frames, with the checksum of IP."""
    put(rows, _IP + 10, folded(words(rows, _IP, _TRANSPORT)), 2)
    return rows


def words(rows: Octets, start: int, end: int) -> Octets:
    """Sum of the 16-bit words between two offsets, an even number of octets, in each frame."""
    total: Octets = np.ascontiguousarray(rows[:, start:end]).view(">u2").sum(axis=1, dtype="u8")
    return total


def folded(sums: Octets) -> Octets:
    """The checksums for such sums (RFC 1071)."""
    for _ in range(2):
        sums = (sums & 0xFFFF) + (sums >> 16)
    return ~sums & 0xFFFF


def put(rows: Octets, at: int, values: Octets, size: int) -> None:
    """Write a number of so many octets into each frame."""
    for i in range(size):
        rows[:, at + i] = values >> 8 * (size - 1 - i) & 0xFF


if __name__ == "__main__":
    sys.exit(main())
