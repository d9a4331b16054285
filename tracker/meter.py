"""Frames in, connections out: decode, track, and count what could not be decoded, and why.

The words follow RFC 7011: frames are seen at an observation point and metered into flows, here
connections.  The meter reads no clock: time comes with the frames.
"""

from collections.abc import Callable

from tracker.flow_table import FlowTable
from tracker.fragments import WAITING, Fragments
from tracker.frames import Frames
from tracker.typed import NamedTuple
from tracker.wire.checksum import verify
from tracker.wire.decode import decode, decode_again, decode_inside
from tracker.wire.link_types import LINKTYPE_RAW
from tracker.wire.reasons import (
    DECODED,
    ICMP_ERROR,
    NUMBERED,
    OTHER_LINK_TYPE,
    OVERRUN,
    WITHOUT_FIRST,
    describe,
)
from tracker.wire.segment import OFFLOADED, Frame, Hearer, Segment

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
    started   when the first one was captured, ns since 1970
    backwards    how many were captured before the one before them; `jump` is the largest step, ns
    cut       how many are longer than what was captured of them
    checksums    whether to verify them: what its receiver would drop does not count then
    offloaded    how many checksums were left to a network card, and so cannot be verified
    hearer       who is told of all that carries data, None for nobody

    `locate` says, for a link type that `wire` does not know, what finds the IP packet in a frame of
    it, if anything does.
    """

    def __init__(
        self,
        table: FlowTable,
        fragment_timeout: int = FRAGMENT_TIMEOUT,
        locate: Callable[[int], Callable[[bytes], bytes | None] | None] | None = None,
    ) -> None:
        self.table = table
        self.fragments = Fragments(table, fragment_timeout)
        self.frames = 0
        self.decoded = 0
        self.time = 0
        self.started = 0
        self.backwards = 0
        self.jump = 0
        self.cut = 0
        self._skipped = 0
        self.checksums = False
        self.offloaded = 0
        self.hearer: Hearer | None = None
        self._locate = locate
        self._base = 0
        self._link_type = LINKTYPE_RAW
        self._frame = Frame()
        self._segment = Segment()
        self._counts: dict[tuple[bool, int, int], int] = {}
        self._faults: dict[tuple[bool, int, int], Fault] = {}

    def feed(self, frames: Frames, first: int, last: int) -> None:
        """Take in the frames `first` to `last` - 1 of a block."""
        if self.frames == self._skipped and first < last:
            self.started = self.time = frames.times[first]
        while first < last:
            try:
                first = self._run(frames, first, last)
            except IndexError:
                if not self._is_overrun():
                    raise
                self._not_decoded(OVERRUN, False)
                first = self.frames - self._base
        self._frame.data = b""

    def skip(self, count: int) -> None:
        """Leave out `count` frames: they keep their numbers, and nothing of them counts."""
        self.frames += count
        self._skipped += count

    def _is_overrun(self) -> bool:
        """Return whether it is a header of the last frame that reaches beyond the block.

        That is a defect of `wire`, which should have measured first; the bounds checks made it
        an exception instead of a wrong read.  Any other IndexError goes its way.
        """
        frame, segment = self._frame, self._segment
        try:
            decode(self._link_type, frame, segment)
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
        self._link_type = link_type
        frame.data = frames.data
        self._base = self.frames - first
        for i in range(first, last):
            time = frames.times[i]
            if time < self.time:
                self.backwards += 1
                self.jump = max(self.jump, self.time - time)
            self.time = time
            if frames.lengths[i] < frames.wires[i]:
                self.cut += 1
            self.frames += 1
            frame.start = frames.starts[i]
            frame.end = frame.start + frames.lengths[i]
            frame.wire_end = frame.start + frames.wires[i]
            reason = decode(link_type, frame, segment)
            if reason == OTHER_LINK_TYPE and self._locate is not None:
                reason = self._located(frame, segment)
            segment.time = time
            segment.frame = self.frames
            segment.length = frames.wires[i]
            if reason == DECODED and not segment.fragmented and not self.checksums:
                self.decoded += 1
                self.table.segment_seen(segment)
                if self.hearer is not None and segment.payload:
                    self.hearer.hear(frame, segment)
                if segment.inside or frame.again:
                    self._inner(frame, segment)
            else:
                self._take(frame, segment, reason)
            if self._link_type != link_type:
                self._link_type = link_type
                frame.data = frames.data
        return last

    def _take(self, frame: Frame, segment: Segment, reason: int) -> None:
        """Take in a frame that is not simply decoded, or whose checksum is to be verified."""
        if self.checksums and reason == DECODED:
            reason = self._verified(frame, segment)
        if segment.fragmented:
            inside = segment.inside
            reason = self.fragments.take(frame, segment, reason, frame.again == 0)
            self.decoded += self.fragments.released
            segment.inside = inside
        elif reason == DECODED:
            self.table.segment_seen(segment)
            if self.hearer is not None and segment.payload:
                self.hearer.hear(frame, segment)
        elif reason == ICMP_ERROR:
            self.table.error_seen(segment)
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

    def _verified(self, frame: Frame, segment: Segment) -> int:
        """Return why a receiver drops the packet, by its checksums, or DECODED."""
        reason = verify(frame, segment)
        if reason == OFFLOADED:
            self.offloaded += 1
            return DECODED
        if reason != DECODED:
            segment.inside = 0
            segment.fragmented = False
        return reason

    def _located(self, frame: Frame, segment: Segment) -> int:
        """Decode the IP packet that `locate` finds in a frame of a link type unknown to `wire`.

        It lies in a buffer of its own, of another link type, until the frame is done with.
        """
        assert self._locate is not None
        find = self._locate(frame.fault_number)
        start = frame.start + frame.fault_offset
        packet = None if find is None else find(bytes(frame.data[start : frame.end]))
        if packet is None:
            return OTHER_LINK_TYPE
        self._link_type = LINKTYPE_RAW
        frame.wire_end += len(packet) - frame.end  # as much is cut off as was
        frame.data = packet
        frame.start = 0
        frame.end = len(packet)
        return decode(LINKTYPE_RAW, frame, segment)

    def _inner(self, frame: Frame, segment: Segment) -> int:
        """Take in what else is in the frame, tunnels in datagrams and further packets.

        Returns how many segments and datagrams that were.
        """
        found = 0
        for _ in range(MAX_INNER):
            if segment.inside:
                reason = decode_inside(frame, segment)
            elif frame.again:
                frame.wire_end = frame.start + segment.length  # a tunnel may have narrowed it
                reason = decode_again(frame, segment)
            else:
                break
            if self.checksums and reason == DECODED:
                reason = self._verified(frame, segment)
            if segment.fragmented:
                found += self._inner_fragment(frame, segment, reason)
            elif reason == DECODED:
                found += 1
                self.table.segment_seen(segment)
                if self.hearer is not None and segment.payload:
                    self.hearer.hear(frame, segment)
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
