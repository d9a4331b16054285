"""What is fuzzed: octets in, and what must hold whatever they are."""

import os

from tracker.capture.errors import CaptureError
from tracker.capture.saved import SavedCapture, in_time_order
from tracker.config import Config
from tracker.frames import CAPACITY, Frames
from tracker.meter import Meter
from tracker.moment import END
from tracker.read import flow_table
from tracker.replay import replay
from tracker.report import quality, sides
from tracker.report.records import json_lines
from tracker.report.rows import RowMaker, Wanted
from tracker.report.tally import tally

# Link types that have decoders of their own, and one that nobody knows.
LINK_TYPES = (
    1, 0, 6, 8, 9, 10, 12, 50, 51, 100, 101, 104, 105, 106, 107, 108, 113, 117, 119, 123, 127, 129,
    149, 163, 182, 192, 204, 205, 219, 226, 228, 229, 239, 240, 242, 258, 276, 281, 284, 285, 250,
)  # fmt: skip

# Before each frame: link type, octets on the wire beyond those captured, captured octets.
_HEAD = 4


def wire(octets: bytes) -> None:
    """Decode and track frames made of `octets`."""
    meter = Meter(flow_table(Config(max_connections=50), True, True))
    meter.checksums = len(octets) % 2 == 1
    at = count = 0
    while at + _HEAD <= len(octets) and count < CAPACITY:
        link_type = LINK_TYPES[octets[at] % len(LINK_TYPES)]
        beyond = octets[at + 1]
        length = min(octets[at + 2] << 8 | octets[at + 3], len(octets) - at - _HEAD)
        block = Frames(link_type)
        block.data = octets
        block.append(count * 1_000_000, at + _HEAD, length, length + beyond)
        meter.feed(block, 0, 1)
        at += _HEAD + length
        count += 1
    assert meter.frames == count
    check(meter)


def capture(octets: bytes) -> None:
    """Read `octets` as a capture file."""
    file = os.memfd_create("capture")
    try:
        os.write(file, octets)
        meter = Meter(flow_table(Config(max_connections=50), True, True))
        try:
            saved = SavedCapture(f"/proc/self/fd/{file}")
            try:
                replay(in_time_order([saved]), meter, END)
            finally:
                saved.close()
        except CaptureError:
            return
        assert meter.frames == saved.frames
        check(meter)
    finally:
        os.close(file)


def check(meter: Meter) -> None:
    """Check what holds for every input: nothing is lost, and everything can be shown."""
    meter.table.expire(meter.time)
    undecoded = sum(row.count for row in meter.undecoded() if not row.inside)
    assert meter.frames == meter.decoded + undecoded
    connections = list(meter.table.connections())
    assert len(connections) <= 100
    wanted = Wanted(meter.time, closed=True, listening=True)
    maker = RowMaker(wanted, sides.guessed(connections), frozenset(), None)
    rows = list(maker.rows(connections))
    assert len(list(json_lines(rows, True))) == len(rows)
    list(maker.listening(connections))
    list(quality.summary(meter))
    list(quality.weaknesses(meter, tally(connections), ""))
