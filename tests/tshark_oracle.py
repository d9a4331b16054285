"""What tshark says of captures: rows of fields, and octets of streams, without the tracker."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from captures import CORPUS

SEQUENCES = 1 << 32

needs_tshark_and_corpus = pytest.mark.skipif(
    not (shutil.which("tshark") and CORPUS.exists()),
    reason="needs tshark and the corpus of foreign captures",
)


class Direction(NamedTuple):
    """What one side of a TCP connection sent: its octets up to the first gap, and rows with them.

    rows   the other fields that were asked for, in the order of the frames
    """

    octets: bytes
    rows: list[list[str]]


def rows(capture: str, display_filter: str, *fields: str) -> Iterator[list[str]]:
    """Yield the values of fields, one row for each frame; several of one are joined with commas."""
    asked = [word for field in fields for word in ("-e", field)]
    # fmt: off
    command = ["tshark", "-n", "-r", str(CORPUS / capture), "-Y", display_filter, "-T", "fields",
               "-E", "separator=/t", "-E", "occurrence=a", *asked]
    # fmt: on
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    # A cut capture makes tshark fail at its end; what it has said until then counts.
    done = subprocess.run(command, capture_output=True, check=False, timeout=60, env=environment)
    for line in done.stdout.decode().splitlines():
        yield line.split("\t")


def last(value: str) -> str:
    """Return the innermost of several values."""
    return value.rpartition(",")[2]


def tcp_directions(capture: str, *fields: str) -> dict[tuple[str, str], Direction]:
    """Return what each side of each TCP stream sent, by stream and source port."""
    segments: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    told: dict[tuple[str, str], list[list[str]]] = {}
    found = rows(
        capture, "tcp.payload", "tcp.stream", "tcp.srcport", "tcp.seq_raw", "tcp.payload", *fields
    )
    for stream, port, sequence, payload, *rest in found:
        key = last(stream), last(port)
        segments.setdefault(key, []).append((int(last(sequence)), bytes.fromhex(last(payload))))
        told.setdefault(key, []).append(rest)
    return {key: Direction(_joined(sent), told[key]) for key, sent in segments.items()}


def _joined(segments: list[tuple[int, bytes]]) -> bytes:
    """Return the octets of segments in the order of their numbers, up to the first gap."""
    first = segments[0][0]
    half = SEQUENCES // 2
    placed = [((number - first + half) % SEQUENCES - half, octets) for number, octets in segments]
    begin = min(at for at, _ in placed)
    joined = bytearray()
    for at, octets in sorted(placed):
        if at - begin > len(joined):
            break
        joined += octets[len(joined) - (at - begin) :]
    return bytes(joined)
