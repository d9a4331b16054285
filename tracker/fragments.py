"""Fragments of IP packets, on their way to the connection they belong to.

Only the first fragment of a packet has the ports.  So it is remembered, and later fragments are
taken to its connection as if their octets had been segments of their own: that is what they are to
the sequence space, and whether the whole packet arrived, the receiver's acknowledgments say.
Fragments that come before the first wait for it, and then count as if they came after it, with its
frame: not before can they have had an effect.  Where a header is split over several, it is put
together.

Memory is bounded whatever comes (RFC 1858, RFC 5722 and RFC 8900 tell what may): the number of
packets in parts, of fragments that wait, and of octets kept of each.
"""

from tracker.flow_table import FlowTable
from tracker.rules.times import MIN_RTO_NS
from tracker.typed import NamedTuple
from tracker.wire.reasons import (
    DECODED,
    FRAGMENT_BEYOND_PACKET,
    LATER_FRAGMENT,
    TCP_BEYOND_PACKET,
    TCP_DATA_OFFSET,
    UDP_BEYOND_PACKET,
)
from tracker.wire.segment import FIN, MALFORMED, RST, SYN, TCP, UDP, Frame, Segment
from tracker.wire.tcp import decode_tcp
from tracker.wire.udp import decode_udp

#: A fragment waits for its first: neither decoded nor given up yet.
WAITING = -3

#: How many packets in parts are remembered, and how many fragments may wait, in all.
MAX_PACKETS = 4096
MAX_WAITING = 65536

# The longest header that has to be put together: of TCP, with all its options.
_LONGEST_HEADER = 60
# No packet has more octets behind its header, which in IPv4 counts (RFC 791 section 3.1; RFC 8200
# section 4.5).
_LARGEST_PAYLOAD = {4: 65535 - 20, 6: 65535}

# What a packet may begin with that holds a segment or datagram: these, and headers before them.
_ROUTING, _AUTHENTICATION, _DESTINATION_OPTIONS = 43, 51, 60
_MAY_HOLD = frozenset((TCP, UDP, _ROUTING, _AUTHENTICATION, _DESTINATION_OPTIONS))

# How many separate parts of one packet are told apart; with more it does not count as complete.
_MAX_PARTS = 64

# The header may be split, and is then longer than the first fragment.
_SPLIT = frozenset((TCP_BEYOND_PACKET, UDP_BEYOND_PACKET, TCP_DATA_OFFSET))


class Piece(NamedTuple):
    """One fragment: octets `start` to `end` of its packet, in a frame.

    time, frame, length    when it was captured, ns; number and octets on the wire of its frame
    more                   whether it says that other fragments follow
    """

    start: int
    end: int
    more: bool
    time: int
    frame: int
    length: int


class Packet:
    """What is known of one IP packet in parts.

    since, last    when its first and its latest part were seen, ns
    header     octets of the headers before its data, 0 while the ports are not known
    hopeless   whether its first part was seen, and ports are not to be had from it
    waiting    pieces that came before the ports were known
    octets     the beginning of the packet, as far as it is there without a gap
    stray      what may belong behind that, by where it starts
    parts      octets that were seen, as (start, end) in order
    total      octets of the whole packet, 0 while the last fragment is missing
    """

    def __init__(self, since: int) -> None:
        self.since = since
        self.last = since
        self.header = 0
        self.hopeless = False
        self.waiting: list[Piece] = []
        self.octets = b""
        self.stray: dict[int, bytes] = {}
        self.parts: list[tuple[int, int]] = []
        self.total = 0
        self.protocol = 0
        self.source_port = 0
        self.destination_port = 0
        self.sequence = 0
        self.acknowledgment = 0
        self.flags = 0
        self.window = 0

    def know(self, segment: Segment, header: int) -> None:
        """Take the ports and the numbers from the packet's first segment."""
        self.header = header
        self.protocol = segment.protocol
        self.source_port = segment.source_port
        self.destination_port = segment.destination_port
        self.sequence = segment.sequence
        self.acknowledgment = segment.acknowledgment
        self.flags = segment.flags
        self.window = segment.window

    def is_another(self, piece: Piece, beginning: bytes, timeout: int) -> bool:
        """Return whether a piece with the same identification is of a packet that came later.

        That is so after the time-out; after the packet was complete, but for copies that a mirror
        port or the network made; and if it begins otherwise.
        """
        if piece.time - self.since > timeout:
            return True
        if piece.time - self.last > MIN_RTO_NS and self.is_complete():
            return True
        common = min(len(beginning), len(self.octets))
        return piece.start == 0 and beginning[:common] != self.octets[:common]

    def cover(self, start: int, end: int) -> bool:
        """Note that the octets `start` to `end` were seen; return whether some were before."""
        parts = sorted([*self.parts, (start, end)])
        merged = [parts[0]]
        overlap = False
        for left, right in parts[1:]:
            last_left, last_right = merged[-1]
            if left < last_right:
                overlap = True
            if left <= last_right:
                merged[-1] = (last_left, max(last_right, right))
            else:
                merged.append((left, right))
        self.parts = merged[:_MAX_PARTS]
        return overlap

    def keep(self, start: int, octets: bytes) -> None:
        """Keep what is needed to put a split header together; what came first counts."""
        self.stray.setdefault(start, octets)
        while (more := self.stray.pop(len(self.octets), None)) is not None:
            self.octets += more

    def is_complete(self) -> bool:
        """Return whether all octets were seen."""
        return self.total > 0 and self.parts == [(0, self.total)]


class Fragments:
    """The packets in parts; takes each fragment to its connection in the flow table.

    timeout       ns after which a packet that is not complete is given up
    fragments     how many fragments were seen
    overlapping   how many of them held octets that were there before (RFC 5722)
    incomplete    how many packets were given up, or are not complete yet, with ports known
    released      frames that the last call of `take` decoded beside its own
    """

    def __init__(self, table: FlowTable, timeout: int) -> None:
        self.table = table
        self.timeout = timeout
        self.fragments = 0
        self.overlapping = 0
        self.released = 0
        self._given_up = 0
        self._lost = 0
        self._first_lost = 0
        self._waiting = 0
        self._packets: dict[tuple[int, ...], Packet] = {}
        self._frame = Frame()

    @property
    def incomplete(self) -> int:
        """How many packets, with their ports known, were never seen in full."""
        return self._given_up + sum(map(_is_missed, self._packets.values()))

    @property
    def without_first(self) -> int:
        """How many fragments belong to packets whose first one was not seen (so far)."""
        return self._lost + self._waiting

    @property
    def first_without_first(self) -> int:
        """The first frame with such a fragment, 0 where there is none."""
        frames = [piece.frame for packet in self._packets.values() for piece in packet.waiting]
        return min([*frames, self._first_lost] if self._first_lost else frames, default=0)

    def take(self, frame: Frame, segment: Segment, reason: int, may_wait: bool) -> int:
        """Take in a fragment, of which decoding returned `reason`.

        One that comes before the first may wait for it, with its frame, where `may_wait` says so.
        Returns DECODED, WAITING, or why it is neither a segment nor a datagram.  The segment is
        changed to what the fragment holds.
        """
        self.released = 0
        self.fragments += 1
        if segment.fragment_protocol not in _MAY_HOLD:
            return reason
        piece = _piece(segment)
        if piece.end > _LARGEST_PAYLOAD[segment.version]:
            return FRAGMENT_BEYOND_PACKET
        beginning = _octets(frame, segment) if piece.start < _LONGEST_HEADER else b""
        packet = self._packet(segment, piece, beginning)
        if packet.cover(piece.start, piece.end):
            self.overlapping += 1
        if not piece.more:
            packet.total = packet.total or piece.end
        if not packet.header:
            if reason == DECODED:
                packet.octets = beginning
                packet.know(segment, segment.fragment_length - segment.payload)
            elif may_wait:
                reason = self._wait(packet, piece, segment, reason, beginning)
        if packet.header:
            self._deliver(packet, piece, segment)
            return DECODED
        return reason

    def _packet(self, segment: Segment, piece: Piece, beginning: bytes) -> Packet:
        """Return the packet that `piece` is a part of, a new one if need be."""
        key = _key(segment)
        packet = self._packets.get(key)
        if packet is not None and packet.is_another(piece, beginning, self.timeout):
            self._give_up(key)
            packet = None
        if packet is None:
            self._make_room(piece.time)
            packet = self._packets[key] = Packet(piece.time)
        packet.last = piece.time
        return packet

    def _wait(
        self, packet: Packet, piece: Piece, segment: Segment, reason: int, beginning: bytes
    ) -> int:
        """Let a piece wait, and put the header together where it is split."""
        if piece.start == 0 and reason not in _SPLIT:
            packet.hopeless = True
            return reason
        if packet.hopeless:
            return LATER_FRAGMENT
        if piece.start < _LONGEST_HEADER and segment.fragment_protocol in (TCP, UDP):
            packet.keep(piece.start, beginning)
            if self._put_together(packet, segment) == DECODED:
                return DECODED
        if not self._may_wait(packet):
            return LATER_FRAGMENT
        packet.waiting.append(piece)
        self._waiting += 1
        return WAITING

    def _put_together(self, packet: Packet, segment: Segment) -> int:
        """Decode the header once it is there; it was split over several fragments.

        Returns DECODED or WAITING.
        """
        frame = self._frame
        frame.data = packet.octets
        frame.start = 0
        frame.end = frame.wire_end = len(packet.octets)
        decode = decode_tcp if segment.protocol == TCP else decode_udp
        reason = decode(frame, segment, 0, frame.end)
        frame.data = b""
        if reason != DECODED:
            return WAITING
        packet.know(segment, frame.end - segment.payload)
        return DECODED

    def _deliver(self, packet: Packet, piece: Piece, segment: Segment) -> None:
        """Take `piece` to its connection, and with it what has waited, in the packet's order."""
        if not packet.waiting:
            self._seen(packet, piece, segment)
            return
        length = segment.length
        for each in sorted([*packet.waiting, piece]):
            self._seen(packet, each, segment)
        segment.length = length
        self.released = len(packet.waiting)
        self._waiting -= len(packet.waiting)
        packet.waiting.clear()

    def _seen(self, packet: Packet, piece: Piece, segment: Segment) -> None:
        if _tell(packet, piece, segment):
            self.table.part_seen(segment)
        else:
            self.table.segment_seen(segment)
        if piece.time < segment.time:
            self.table.begun_by(segment, piece.time)

    # --- limits -----------------------------------------------------------------------------------

    def _may_wait(self, packet: Packet) -> bool:
        """Return whether another piece of `packet` may wait; the oldest packets make room."""
        while self._waiting >= MAX_WAITING:
            oldest = next(iter(self._packets))
            if self._packets[oldest] is packet:
                return False
            self._give_up(oldest)
        return True

    def _make_room(self, now: int) -> None:
        """Let go of the oldest packets, if their time is over or there are too many."""
        for _ in range(2):
            oldest = next(iter(self._packets), None)
            if oldest is None:
                return
            over = now - self._packets[oldest].since > self.timeout
            if over or len(self._packets) >= MAX_PACKETS:
                self._give_up(oldest)

    def _give_up(self, key: tuple[int, ...]) -> None:
        """Let go of a packet, with what waits for it."""
        packet = self._packets.pop(key)
        self._given_up += _is_missed(packet)
        if packet.waiting:
            self._lost += len(packet.waiting)
            self._waiting -= len(packet.waiting)
            first = min(piece.frame for piece in packet.waiting)
            self._first_lost = min(self._first_lost or first, first)


def _is_missed(packet: Packet) -> bool:
    """Return whether ports of a packet are known, and some of its octets were not seen."""
    return packet.header > 0 and not packet.is_complete()


def _key(segment: Segment) -> tuple[int, ...]:
    """Return what the fragments of one packet share (RFC 791 section 3.2, RFC 8200 section 4.5)."""
    return (
        segment.source_high,
        segment.source_low,
        segment.destination_high,
        segment.destination_low,
        segment.ip_id,
        segment.fragment_protocol,
        segment.version,
        segment.tunnel,
    )


def _octets(frame: Frame, segment: Segment) -> bytes:
    """Return the first octets of a fragment, as many as may be of a header."""
    start = frame.at
    end = min(start + segment.fragment_length, frame.end, start + _LONGEST_HEADER)
    return bytes(frame.data[start:end])


def _piece(segment: Segment) -> Piece:
    start = segment.fragment_at
    return Piece(
        start,
        start + segment.fragment_length,
        segment.more,
        segment.time,
        segment.frame,
        segment.length,
    )


def _tell(packet: Packet, piece: Piece, segment: Segment) -> bool:
    """Make `segment` what a sender without fragments would have sent with the octets of `piece`.

    Only the first says SYN and RST, only the last FIN.  Returns whether nothing is left to say, so
    that it only counts.
    """
    start, end = max(piece.start, packet.header), max(piece.end, packet.header)
    segment.protocol = packet.protocol
    segment.source_port = packet.source_port
    segment.destination_port = packet.destination_port
    segment.payload = end - start
    segment.length = piece.length
    if packet.protocol == UDP:
        return False
    flags = packet.flags
    sequence = packet.sequence
    if piece.start:
        # Data on a SYN stands behind it in the sequence space (RFC 7413 section 2).
        sequence += start - packet.header + (flags & SYN != 0)
    if piece.more:
        flags &= ~FIN
    segment.sequence = sequence & 0xFFFFFFFF
    segment.acknowledgment = packet.acknowledgment
    segment.flags = flags
    segment.window = packet.window
    return piece.start > 0 and (
        flags & (SYN | RST | MALFORMED) != 0 or (start == end and not flags & FIN)
    )
