"""Fragments of IP packets, on their way to the connection they belong to.

Only the first fragment of a packet has the ports.  So it is remembered, and later fragments are
taken to its connection as if their octets had been segments of their own: that is what they are to
the sequence space, and whether the whole packet arrived, the receiver's acknowledgments say.
Fragments that come before the first wait for it; where a header is split over several, it is put
together.

Memory is bounded whatever comes (RFC 1858, RFC 5722 and RFC 8900 tell what may): the number of
packets in parts, of fragments that wait, and of octets kept of each.
"""

from typing import NamedTuple

from tracker.flow_table import FlowTable
from tracker.wire.reasons import (
    DECODED,
    FRAGMENT_BEYOND_PACKET,
    LATER_FRAGMENT,
    TCP_BEYOND_PACKET,
    TCP_DATA_OFFSET,
    UDP_BEYOND_PACKET,
)
from tracker.wire.segment import FIN, RST, SYN, TCP, UDP, Frame, Segment
from tracker.wire.tcp import decode_tcp
from tracker.wire.udp import decode_udp

#: A fragment waits for its first: neither decoded nor given up yet.
WAITING = -3

#: How many packets in parts are remembered, and how many fragments may wait, in all.
MAX_PACKETS = 4096
MAX_WAITING = 65536

# The longest header that has to be put together: of TCP, with all its options.
_LONGEST_HEADER = 60
# An IP packet has no more octets (RFC 791 section 3.1; RFC 8200 section 4.5, fragments).
_LARGEST_PACKET = 65535

# How many separate parts of one packet are told apart; with more it does not count as complete.
_MAX_PARTS = 64

# Where the data offset stands in a TCP header, of which decoding complains.
_DATA_OFFSET = 12
_MIN_DATA_OFFSET = 5  # RFC 9293 section 3.1

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

    since      when its first part was seen, ns
    header     octets of the headers before its data, 0 while the ports are not known
    waiting    pieces that came before the ports were known
    octets     the beginning of the packet, as far as it is there without a gap
    parts      octets that were seen, as (start, end) in order
    total      octets of the whole packet, 0 while the last fragment is missing
    """

    def __init__(self, since: int) -> None:
        self.since = since
        self.header = 0
        self.waiting: list[Piece] = []
        self.octets = b""
        self.stray: dict[int, bytes] = {}
        self.parts: list[tuple[int, int]] = []
        self.total = 0
        self.source_port = 0
        self.destination_port = 0
        self.sequence = 0
        self.acknowledgment = 0
        self.flags = 0
        self.window = 0

    def know(self, segment: Segment, header: int) -> None:
        """Take the ports and the numbers from the packet's first segment."""
        self.header = header
        self.source_port = segment.source_port
        self.destination_port = segment.destination_port
        self.sequence = segment.sequence
        self.acknowledgment = segment.acknowledgment
        self.flags = segment.flags
        self.window = segment.window

    def begins_otherwise(self, frame: Frame, segment: Segment, reason: int) -> bool:
        """Return whether a first fragment holds other ports or numbers than the one before."""
        if self.header:
            return reason != DECODED or (
                segment.source_port != self.source_port
                or segment.destination_port != self.destination_port
                or (segment.protocol == TCP and segment.sequence != self.sequence)
            )
        octets = _beginning(frame, segment, reason)
        return bool(self.octets) and self.octets[: len(octets)] != octets

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
        if start < _LONGEST_HEADER:
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
        self._waiting = 0
        self._packets: dict[tuple[int, ...], Packet] = {}
        self._frame = Frame()

    @property
    def incomplete(self) -> int:
        """How many packets, with their ports known, were never seen in full."""
        return self._given_up + sum(1 for packet in self._packets.values() if packet.header)

    @property
    def without_first(self) -> int:
        """How many fragments belong to packets whose first one was not seen (so far)."""
        return self._lost + self._waiting

    def take(self, frame: Frame, segment: Segment, reason: int, may_wait: bool) -> int:
        """Take in a fragment, of which decoding returned `reason`.

        One that comes before the first may wait for it, with its frame, where `may_wait` says so.
        Returns DECODED, WAITING, or why it is neither a segment nor a datagram.  The segment is
        changed to what the fragment holds.
        """
        self.released = 0
        self.fragments += 1
        if segment.protocol not in (TCP, UDP):
            return reason
        if segment.fragment_at + segment.fragment_length > _LARGEST_PACKET:
            return FRAGMENT_BEYOND_PACKET
        piece = _piece(segment)
        packet = self._packet(frame, segment, reason)
        if packet.cover(piece.start, piece.end):
            self.overlapping += 1
        if not piece.more:
            packet.total = packet.total or piece.end
        if reason == DECODED and not packet.header:
            packet.know(segment, segment.fragment_length - segment.payload)
        elif not packet.header and may_wait:
            reason = self._wait(packet, piece, frame, segment, reason)
        if packet.header:
            self._release(packet, segment)
            _tell(packet, piece, segment)
            self._seen(segment)
            reason = DECODED
        if packet.is_complete():
            self._forget(packet, segment)
        return reason

    def _packet(self, frame: Frame, segment: Segment, reason: int) -> Packet:
        """Return the packet that `segment` is a part of, a new one if need be.

        An identification may come again before all parts of the packet before were seen; a first
        fragment that begins otherwise shows it.
        """
        key = _key(segment)
        packet = self._packets.get(key)
        if packet is not None and (
            segment.time - packet.since > self.timeout
            or (segment.fragment_at == 0 and packet.begins_otherwise(frame, segment, reason))
        ):
            self._give_up(key)
            packet = None
        if packet is None:
            if len(self._packets) >= MAX_PACKETS:
                self._give_up(next(iter(self._packets)))
            packet = self._packets[key] = Packet(segment.time)
        return packet

    def _wait(
        self, packet: Packet, piece: Piece, frame: Frame, segment: Segment, reason: int
    ) -> int:
        """Let a piece wait, and put the header together where it is split."""
        if piece.start == 0 and reason not in _SPLIT:
            return reason
        packet.keep(piece.start, _beginning(frame, segment, reason))
        found = self._put_together(packet, segment)
        if found in (DECODED, TCP_DATA_OFFSET):
            return found
        if self._waiting >= MAX_WAITING:
            return LATER_FRAGMENT
        packet.waiting.append(piece)
        self._waiting += 1
        return WAITING

    def _put_together(self, packet: Packet, segment: Segment) -> int:
        """Decode the header once it is there; it was split over several fragments.

        Returns DECODED, TCP_DATA_OFFSET for a header that cannot be, or WAITING.
        """
        frame = self._frame
        frame.data = packet.octets
        frame.start = 0
        frame.end = frame.wire_end = len(packet.octets)
        decode = decode_tcp if segment.protocol == TCP else decode_udp
        reason = decode(frame, segment, 0, frame.end)
        frame.data = b""
        if reason == DECODED:
            packet.know(segment, frame.end - segment.payload)
        elif reason != TCP_DATA_OFFSET or packet.octets[_DATA_OFFSET] >> 4 >= _MIN_DATA_OFFSET:
            return WAITING
        return reason

    def _release(self, packet: Packet, segment: Segment) -> None:
        """Take the pieces that waited to the connection, in the order in which they came."""
        if not packet.waiting:
            return
        time, number, length = segment.time, segment.frame, segment.length
        for piece in packet.waiting:
            segment.time, segment.frame, segment.length = piece.time, piece.frame, piece.length
            _tell(packet, piece, segment)
            self._seen(segment)
        segment.time, segment.frame, segment.length = time, number, length
        self.released = len(packet.waiting)
        self._waiting -= len(packet.waiting)
        packet.waiting.clear()

    def _seen(self, segment: Segment) -> None:
        if segment.protocol == TCP and not segment.flags:
            self.table.part_seen(segment)
        else:
            self.table.segment_seen(segment)

    def _forget(self, packet: Packet, segment: Segment) -> None:
        """Let go of a packet that is complete."""
        key = _key(segment)
        if packet.waiting:
            self._give_up(key)
        else:
            del self._packets[key]

    def _give_up(self, key: tuple[int, ...]) -> None:
        """Let go of a packet that is not complete."""
        packet = self._packets.pop(key)
        self._lost += len(packet.waiting)
        self._waiting -= len(packet.waiting)
        self._given_up += packet.header > 0


def _key(segment: Segment) -> tuple[int, ...]:
    """Return what the fragments of one packet share (RFC 791 section 3.2, RFC 8200 section 4.5)."""
    return (
        segment.source_high,
        segment.source_low,
        segment.destination_high,
        segment.destination_low,
        segment.ip_id,
        segment.protocol,
        segment.tunnel,
    )


def _beginning(frame: Frame, segment: Segment, reason: int) -> bytes:
    """Return the first octets of a fragment, as many as may be of a header."""
    start = frame.at
    if segment.fragment_at == 0:
        start = frame.start + frame.fault_offset
        if reason == TCP_DATA_OFFSET:
            start -= _DATA_OFFSET
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


def _tell(packet: Packet, piece: Piece, segment: Segment) -> None:
    """Make `segment` what a sender without fragments would have sent with the octets of `piece`.

    Only the first says SYN and RST, only the last FIN; without any flag left it only counts.
    """
    start, end = max(piece.start, packet.header), max(piece.end, packet.header)
    segment.source_port = packet.source_port
    segment.destination_port = packet.destination_port
    segment.payload = end - start
    if segment.protocol == UDP:
        return
    flags = packet.flags
    segment.sequence = packet.sequence
    if piece.start:
        segment.sequence = (packet.sequence + start - packet.header) & 0xFFFFFFFF
        if flags & (SYN | RST) or end == start:
            flags = 0
    if piece.more:
        flags &= ~FIN
    segment.acknowledgment = packet.acknowledgment
    segment.flags = flags
    segment.window = packet.window
