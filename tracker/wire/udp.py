"""UDP header (RFC 768)."""

from tracker.wire.reasons import DECODED, UDP_BEYOND_PACKET, UDP_LENGTH, UDP_TRUNCATED
from tracker.wire.segment import Frame, Segment
from tracker.wire.tunnel import may_carry

# Offsets of the fields, in the order of RFC 768.
SOURCE_PORT = 0
DESTINATION_PORT = 2
LENGTH = 4
HEADER = 8


def decode_udp(frame: Frame, segment: Segment, at: int, length: int) -> int:
    """Decode the UDP header at offset `at`; the packet holds `length` octets from there.

    In a first fragment the datagram's length covers later ones.  A length of 0 in IPv6 is a
    jumbogram's (RFC 2675 section 4): the packet's length counts.
    """
    if length < HEADER:
        return frame.fault(UDP_BEYOND_PACKET, at, HEADER)
    if at + HEADER > frame.end:
        return frame.fault(UDP_TRUNCATED, at, HEADER)
    datagram = frame.data[at + LENGTH] << 8 | frame.data[at + LENGTH + 1]
    if segment.fragmented or (datagram == 0 and segment.version == 6):
        datagram = length
    if datagram < HEADER:
        return frame.fault(UDP_LENGTH, at + LENGTH, HEADER)
    segment.source_port = frame.data[at] << 8 | frame.data[at + 1]
    segment.destination_port = frame.data[at + 2] << 8 | frame.data[at + 3]
    segment.flags = 0
    segment.sequence = segment.acknowledgment = 0
    segment.payload = min(datagram, length) - HEADER
    if may_carry(segment.source_port, segment.destination_port):
        segment.inside = at + HEADER
    return DECODED
