"""Frames in, connections out: decode, track, and count what could not be decoded, and why.

The words follow RFC 7011: frames are seen at an observation point and metered into flows, here
connections.  The meter reads no clock: time comes with the frames.
"""

from typing import NamedTuple

from tracker.flow_table import FlowTable
from tracker.fragments import WAITING, Fragments
from tracker.frames import Frames
from tracker.wire.decode import decode, decode_again, decode_inside
from tracker.wire.reasons import DECODED, ICMP_ERROR, NUMBERED, OVERRUN, WITHOUT_FIRST, describe
from tracker.wire.segment import Frame, Segment

#: How long parts of an IP packet wait for the others, ns (Linux, net.ipv4.ipfrag_time = 30).
FRAGMENT_TIMEOUT = 30_000_000_000

#: How many segments one frame may hold, in tunnels or one after the other.
MAX_INNER = 64


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
    """How many frames were not decoded for one reason, in words, with the first of them.

    inside    whether it was something in a frame of which the rest was decoded, as in a tunnel
    """

    reason: str
    count: int  # type: ignore[assignment]  # tuple.count, which nobody needs here
    inside: bool
    first: Fault


class Meter:
    """Decodes frames and takes their segments to the flow table.

    frames    how many were seen, those that were skipped among them
    decoded   how many held a segment or datagram
    time      when the last one was captured, ns since 1970
    """

    def __init__(self, table: FlowTable, fragment_timeout: int = FRAGMENT_TIMEOUT) -> None:
        self.table = table
        self.fragments = Fragments(table, fragment_timeout)
        self.frames = 0
        self.decoded = 0
        self.time = 0
        self._base = 0
        self._frame = Frame()
        self._segment = Segment()
        self._counts: dict[tuple[bool, int, int], int] = {}
        self._faults: dict[tuple[bool, int, int], Fault] = {}

    def feed(self, frames: Frames, first: int, last: int) -> None:
        """Take in the frames `first` to `last` - 1 of a block."""
        self._frame.data = frames.data
        while first < last:
            try:
                first = self._run(frames, first, last)
            except IndexError:
                if not self._is_overrun(frames.link_type):
                    raise
                self._not_decoded(OVERRUN, False)
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
        frame, segment = self._frame, self._segment
        try:
            decode(link_type, frame, segment)
            for _ in range(MAX_INNER):
                if segment.inside:
                    decode_inside(frame, segment)
                elif frame.again:
                    decode_again(frame, segment)
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
            segment.time = time
            segment.frame = self.frames
            segment.length = frames.wires[i]
            if segment.fragmented:
                self._fragment(frame, segment, reason)
            elif reason == DECODED:
                self.decoded += 1
                self.table.segment_seen(segment)
                if segment.inside or frame.again:
                    self._inner(frame, segment)
            else:
                if reason == ICMP_ERROR:
                    self.table.error_seen(segment)
                self._nothing_first(frame, segment, reason)
        return last

    def _fragment(self, frame: Frame, segment: Segment, reason: int) -> None:
        """Take in a fragment of a packet, and what is in a first one of a tunnel."""
        inside = segment.inside
        reason = self.fragments.take(frame, segment, reason, frame.again == 0)
        self.decoded += self.fragments.released
        segment.inside = inside
        if reason == DECODED:
            self.decoded += 1
            self._inner(frame, segment)
        elif reason != WAITING:
            self._nothing_first(frame, segment, reason)

    def _nothing_first(self, frame: Frame, segment: Segment, reason: int) -> None:
        """Count a frame whose first packet was not decoded; others in it may be."""
        if not frame.again:
            self._not_decoded(reason, False)
            return
        fault = self._fault()
        number = frame.fault_number
        found = self._inner(frame, segment) > 0
        self.decoded += found
        self._count(reason, found, number, fault)

    def _inner(self, frame: Frame, segment: Segment) -> int:
        """Take in what else is in the frame, tunnels in datagrams and further packets.

        Returns how many segments and datagrams that were.
        """
        found = 0
        for _ in range(MAX_INNER):
            if segment.inside:
                reason = decode_inside(frame, segment)
            elif frame.again:
                reason = decode_again(frame, segment)
            else:
                break
            if segment.fragmented:
                found += self._inner_fragment(frame, segment, reason)
            elif reason == DECODED:
                found += 1
                self.table.segment_seen(segment)
            elif reason == ICMP_ERROR:
                self._not_decoded(reason, True)
                self.table.error_seen(segment)
            else:
                self._not_decoded(reason, True)
        return found

    def _inner_fragment(self, frame: Frame, segment: Segment, reason: int) -> int:
        """Take in a fragment of a packet in a tunnel; return 1 if it found its connection."""
        reason = self.fragments.take(frame, segment, reason, False)
        self.decoded += self.fragments.released
        if reason == DECODED:
            return 1
        self._not_decoded(reason, True)
        return 0

    def _not_decoded(self, reason: int, inside: bool) -> None:
        """Count a frame, or what was `inside` one that was decoded, under its reason."""
        self._count(reason, inside, self._frame.fault_number, None)

    def _count(self, reason: int, inside: bool, number: int, fault: Fault | None) -> None:
        """Count what has the number `number`, and a `fault` that may have changed since."""
        key = (inside, reason, number if reason in NUMBERED else 0)
        if key not in self._counts:
            self._counts[key] = 0
            self._faults[key] = fault or self._fault()
        self._counts[key] += 1

    def _fault(self) -> Fault:
        frame = self._frame
        return Fault(self.frames, frame.fault_offset, frame.fault_needed, frame.fault_had)

    def undecoded(self) -> list[Undecoded]:
        """Return what was not decoded and why, by kind, the most frequent first."""
        rows = [
            Undecoded(describe(key[1], key[2]), count, key[0], self._faults[key])
            for key, count in self._counts.items()
        ]
        waiting = self.fragments.without_first
        if waiting:
            first = Fault(self.fragments.first_without_first, 0, 0, 0)
            rows.append(Undecoded(describe(WITHOUT_FIRST), waiting, False, first))
        return sorted(
            rows, key=lambda row: (row.inside, row.reason.split(":")[0], -row.count, row.reason)
        )
