"""Frames in, connections out: decode, track, and count what could not be decoded, and why.

The words follow RFC 7011: frames are seen at an observation point and metered into flows, here
connections.  The meter reads no clock: time comes with the frames.
"""

from typing import NamedTuple

from tracker.flow_table import FlowTable
from tracker.frames import Frames
from tracker.wire.link import decode
from tracker.wire.reasons import (
    DECODED,
    OTHER_ETHERTYPE,
    OTHER_LLC,
    OTHER_PROTOCOL,
    OVERRUN,
    describe,
)
from tracker.wire.segment import Frame, Segment


class Fault(NamedTuple):
    """The first frame that was not decoded for some reason.

    frame     its number in the capture
    offset    octet of the frame at which decoding stopped
    needed, had    octets needed from there, octets there
    """

    frame: int
    offset: int
    needed: int
    had: int


class Undecoded(NamedTuple):
    """How many frames were not decoded for one reason, in words, with the first of them."""

    reason: str
    count: int  # type: ignore[assignment]  # tuple.count, which nobody needs here
    first: Fault


class Meter:
    """Decodes frames and takes their segments to the flow table.

    frames    how many were seen, those that were skipped among them
    decoded   how many held a segment or datagram
    time      when the last one was captured, ns since 1970
    """

    def __init__(self, table: FlowTable) -> None:
        self.table = table
        self.frames = 0
        self.decoded = 0
        self.time = 0
        self._base = 0
        self._frame = Frame()
        self._segment = Segment()
        self._counts: dict[tuple[int, int], int] = {}
        self._faults: dict[tuple[int, int], Fault] = {}

    def feed(self, frames: Frames, first: int, last: int) -> None:
        """Take in the frames `first` to `last` - 1 of a block."""
        self._frame.data = frames.data
        while first < last:
            try:
                first = self._run(frames, first, last)
            except IndexError:
                if not self._is_overrun(frames.link_type):
                    raise
                self._not_decoded(OVERRUN)
                first = self.frames - self._base
        self._frame.data = b""

    def skip(self, count: int) -> None:
        """Leave out `count` frames: they keep their numbers, and nothing of them counts."""
        self.frames += count

    def _is_overrun(self, link_type: int) -> bool:
        """Return whether it is a header of the last frame that reaches beyond the block.

        That is a defect of `wire`, which should have measured first; the bounds checks made it
        an exception instead of a wrong read.  Any other IndexError goes its way.
        """
        try:
            decode(link_type, self._frame, self._segment)
        except IndexError:
            return True
        return False

    def _run(self, frames: Frames, first: int, last: int) -> int:
        """Take in frames until `last`; an exception leaves `frames` at the one to blame."""
        frame, segment = self._frame, self._segment
        link_type = frames.link_type
        self._base = self.frames - first
        for i in range(first, last):
            time = frames.times[i]
            self.time = time
            self.frames += 1
            frame.start = frames.starts[i]
            frame.end = frame.start + frames.lengths[i]
            frame.wire_end = frame.start + frames.wires[i]
            reason = decode(link_type, frame, segment)
            if reason == DECODED:
                self.decoded += 1
                segment.time = time
                segment.frame = self.frames
                segment.length = frames.wires[i]
                self.table.segment_seen(segment)
            else:
                self._not_decoded(reason)
        return last

    def _not_decoded(self, reason: int) -> None:
        number = 0
        if reason in (OTHER_ETHERTYPE, OTHER_LLC, OTHER_PROTOCOL):
            number = self._frame.fault_number
        key = (reason, number)
        if key not in self._counts:
            self._counts[key] = 0
            frame = self._frame
            self._faults[key] = Fault(
                self.frames, frame.fault_offset, frame.fault_needed, frame.fault_had
            )
        self._counts[key] += 1

    def undecoded(self) -> list[Undecoded]:
        """Return what was not decoded and why, by kind, the most frequent first."""
        rows = [
            Undecoded(describe(code, number), count, self._faults[code, number])
            for (code, number), count in self._counts.items()
        ]
        return sorted(rows, key=lambda row: (row.reason.split(":")[0], -row.count, row.reason))
