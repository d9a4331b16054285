"""A capture cut at any octet gives the table of its whole frames."""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from captures import FILE_HEADER, PCAPS, RECORD_HEADER, read_pcap
from containers import Seen, frames_of

from tracker.capture.errors import CaptureError
from tracker.capture.saved import SavedCapture, in_time_order
from tracker.config import Config
from tracker.frames import Frames
from tracker.meter import Meter
from tracker.moment import END
from tracker.replay import replay
from tracker.report.records import values
from tracker.report.rows import RowMaker, Wanted
from tracker.report.tally import tally
from tracker.tables import flow_table

CAPTURES = sorted(PCAPS.glob("*.pcap*"))

#: Captures up to so many octets are cut at each of them; longer ones around the ends of their
#: records, and at a few more.
CUT_EVERYWHERE = int(os.environ.get("TRACKER_CUT_EVERYWHERE", "600"))
FEW = 30

#: Frames read, what was not decoded, rows with all their counters.
Table = tuple[int, int, Any, list[list[Any]]]


def a_meter() -> Meter:
    return Meter(flow_table(Config(), True))


def table(meter: Meter, now: int) -> Table:
    """Return what the table shows at the moment `now`."""
    connections = meter.table.connections
    whose = tally(connections()).sides
    rows = RowMaker(Wanted(now, closed=True), whose, frozenset(), None).rows(connections)
    return meter.frames, meter.decoded, meter.undecoded(), [values(row) for row in rows]


def table_of_file(path: Path) -> Table:
    """Return what the table shows of a capture."""
    meter = a_meter()
    try:
        now = replay(in_time_order([SavedCapture(str(path))]), meter, END)
    except CaptureError:
        now = 0
    return table(meter, now)


def table_of_frames(frames: list[Seen]) -> Table:
    """Return what the table shows of these frames, which no file holds."""
    meter = a_meter()
    for time, octets, wire, link_type in frames:
        block = Frames(link_type)
        block.data = octets
        block.append(time, 0, len(octets), wire)
        meter.feed(block, 0, 1)
    meter.table.expire(meter.time)
    return table(meter, meter.time)


def ends(path: Path) -> Iterator[tuple[int, bool]]:
    """Yield where each record ends, and whether it holds a frame."""
    if path.suffix == ".pcap":
        at = FILE_HEADER
        for frame in read_pcap(path):
            at += RECORD_HEADER + len(frame.octets)
            yield at, True
        return
    octets = path.read_bytes()
    at = 0
    while at < len(octets):
        kind, length = (int.from_bytes(octets[at + n : at + n + 4], "little") for n in (0, 4))
        at += length
        yield at, kind == 6  # section 4.3: an enhanced packet block


def places(path: Path) -> list[int]:
    """Return where to cut a capture."""
    size = path.stat().st_size
    if size <= CUT_EVERYWHERE:
        return list(range(size + 1))
    near = {end + step for end, _ in ends(path) for step in (-1, 0, 1) if end + step <= size}
    return sorted(near | set(random.Random(path.name).sample(range(size), FEW)))  # noqa: S311


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_cut_anywhere(path: Path, tmp_path: Path) -> None:
    octets = path.read_bytes()
    frames, capture = frames_of(path)
    assert not capture.warnings
    frame_ends = [end for end, is_frame in ends(path) if is_frame]
    assert len(frame_ends) == len(frames)
    expected = [table_of_frames(frames[:count]) for count in range(len(frames) + 1)]
    cut = tmp_path / "cut"
    for at in places(path):
        cut.write_bytes(octets[:at])
        whole = sum(end <= at for end in frame_ends)
        assert table_of_file(cut) == expected[whole], at
