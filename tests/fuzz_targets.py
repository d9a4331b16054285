"""What is fuzzed: octets in, and what must hold whatever they are."""

import bz2
import gzip
import json
import lzma
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import lz4.frame
import zstandard

from tracker.capture import read_ahead
from tracker.capture.compressed import compression
from tracker.capture.errors import CaptureError
from tracker.capture.saved import SavedCapture, in_time_order
from tracker.config import Config
from tracker.frames import CAPACITY, Frames
from tracker.meter import Meter
from tracker.moment import Moment
from tracker.replay import replay
from tracker.report import quality
from tracker.report.records import csv_lines, json_lines
from tracker.report.rows import RowMaker, Wanted
from tracker.report.table import history, table
from tracker.report.tally import tally
from tracker.tables import flow_table
from tracker.wire.decode import decode
from tracker.wire.link_types import LINK_TYPE_NAMES
from tracker.wire.reasons import OTHER_LINK_TYPE, OVERRUN, describe
from tracker.wire.segment import Frame, Segment

# Before each frame: link type (two octets), how time passes, octets on the wire beyond those
# captured, captured octets (two octets).
HEAD = 6

# Time: whether it goes backwards, and by which power of two of microseconds it passes.
BACKWARDS, POWER = 0x80, 0x1F

#: Before the first frame: settings.
CHECKSUMS, FORGETFUL = 1, 2

START = 1_700_000_000_000_000_000

# So many connections are kept, so many frames of a file read: a few octets, compressed, may stand
# for millions, and to read those takes long without showing anything.
MAX_CONNECTIONS = 50
MAX_FRAMES = 2000

# Octets read at a time, so few that records lie in several blocks.
SMALL_BLOCK = 333

COMPRESS: tuple[Callable[[bytes], bytes], ...] = (
    gzip.compress,
    bz2.compress,
    lzma.compress,
    zstandard.compress,
    lz4.frame.compress,
)


def known_link_types() -> list[int]:
    """Return the link types that the decoders know."""
    frame, segment = Frame(), Segment()
    return [
        number
        for number in range(max(LINK_TYPE_NAMES) + 1)
        if decode(number, frame, segment) != OTHER_LINK_TYPE
    ]


# --- frames -------------------------------------------------------------------------------------


class Sent(NamedTuple):
    """One frame in the input, `octets[start:start + length]`."""

    link_type: int
    time: int
    start: int
    length: int
    wire: int


def wire(octets: bytes) -> None:
    """Decode and track frames made of `octets`.

    What stands around a frame in its block must not matter.
    """
    frames = list(sent(octets))
    together, alone = (a_meter(octets[0] if octets else 0) for _ in range(2))
    for frame in frames:
        feed(together, frame, octets, frame.start)
        feed(alone, frame, octets[frame.start : frame.start + frame.length], 0)
    assert together.frames == alone.frames == len(frames)
    assert shown(together) == shown(alone)


def sent(octets: bytes) -> Iterator[Sent]:
    """Yield the frames that `octets` describe."""
    at = 1
    time = START
    for _ in range(CAPACITY):
        if at + HEAD > len(octets):
            break
        link_type = octets[at] << 8 | octets[at + 1]
        step = 1000 << (octets[at + 2] & POWER) if octets[at + 2] else 0
        time += -step if octets[at + 2] & BACKWARDS else step
        length = min(octets[at + 4] << 8 | octets[at + 5], len(octets) - at - HEAD)
        yield Sent(link_type, time, at + HEAD, length, length + octets[at + 3])
        at += HEAD + length


def feed(meter: Meter, frame: Sent, data: bytes, start: int) -> None:
    """Feed `frame`, which begins at `start` of `data`."""
    block = Frames(frame.link_type)
    block.data = data
    block.append(frame.time, start, frame.length, frame.wire)
    meter.feed(block, 0, 1)


# --- files --------------------------------------------------------------------------------------


def capture(octets: bytes) -> None:
    """Read `octets` as a capture file.

    How much is read at a time must not matter, nor whether there is another capture, nor whether it
    is compressed, in two members.
    """
    with file_of(octets) as path:
        whole = read(path, 1, read_ahead.BLOCK)
        assert read(path, 1, SMALL_BLOCK) == whole
        twice = read(path, 2, read_ahead.BLOCK)
        assert twice["frames"] == min(2 * whole["frames"], MAX_FRAMES)
    if not whole["frames"] or compression(octets) is not None:
        return  # a compressed file is not looked for in another one
    compress = COMPRESS[len(octets) % len(COMPRESS)]
    middle = len(octets) // 2
    with file_of(compress(octets[:middle]) + compress(octets[middle:])) as path:
        inside = read(path, 1, read_ahead.BLOCK)
        assert {**inside, "files": None} == {**whole, "files": None}


@contextmanager
def file_of(octets: bytes) -> Iterator[str]:
    """Give the name of a file that holds `octets`."""
    file = os.memfd_create("capture")
    try:
        os.write(file, octets)
        yield f"/proc/self/fd/{file}"
    finally:
        os.close(file)


def read(path: str, copies: int, block: int) -> dict[str, Any]:
    """Read a capture, or several that are the same, `block` octets at a time; return what it shows.

    Frames are numbered as read: those of an interface that nothing describes are left out there.
    """
    meter = a_meter(0)
    before, read_ahead.BLOCK = read_ahead.BLOCK, block
    captures: list[SavedCapture] = []
    try:
        captures.extend(SavedCapture(path) for _ in range(copies))
        replay(in_time_order(captures), meter, Moment(frame=MAX_FRAMES))
    except CaptureError as error:
        return {"frames": 0, "refused": str(error)}
    finally:
        read_ahead.BLOCK = before
        for one in captures:
            one.close()
    told: dict[str, Any] = {"frames": meter.frames, **shown(meter)}
    if meter.frames < MAX_FRAMES:  # else reading was stopped, who knows where
        assert meter.frames == sum(one.frames for one in captures)
        told["files"] = [about(one) for one in captures]
    return told


def about(capture: SavedCapture) -> tuple[Any, ...]:
    """Return what a capture says of itself."""
    return (
        capture.frames,
        capture.link_types,
        capture.snap_lengths,
        capture.interfaces,
        capture.names,
        capture.comments,
        capture.drops,
        capture.warnings,
    )


# --- what holds for every input -----------------------------------------------------------------


def a_meter(settings: int) -> Meter:
    """Return a meter with an empty table."""
    config = Config(max_connections=MAX_CONNECTIONS)
    keep = not settings & FORGETFUL
    meter = Meter(flow_table(config, keep, keep))
    meter.checksums = bool(settings & CHECKSUMS)
    return meter


def shown(meter: Meter) -> dict[str, Any]:
    """Return all that can be shown: nothing was lost, no decoder read beyond its frame."""
    meter.table.expire(meter.time)
    undecoded = meter.undecoded()
    assert meter.frames == meter.decoded + sum(row.count for row in undecoded if not row.inside)
    assert describe(OVERRUN) not in [row.reason for row in undecoded]
    connections = meter.table.connections
    assert sum(1 for _ in connections()) <= 2 * MAX_CONNECTIONS
    wanted = Wanted(meter.time, closed=True, listening=True)
    found = tally(connections())
    rows = RowMaker(wanted, found.sides, frozenset((5060,)), None).rows(connections)
    lines = list(json_lines(rows, True))
    assert len(lines) == rows.count == len(list(csv_lines(rows))) - 1
    return {
        "rows": [json.loads(line) for line in lines],
        "undecoded": undecoded,
        "text": [
            *table(rows),
            *table(rows, True),
            *history(rows),
            *quality.lines(meter, found, "", True),
        ],
    }


TARGETS: dict[str, Callable[[bytes], None]] = {"wire": wire, "capture": capture}
