"""ICMP (RFC 792) and ICMPv6 (RFC 4443) errors, as far as to the connection they are about.

An error quotes the packet that caused it, at least its IP header and 8 octets: the ports and, of
TCP, the sequence number.
"""

from tracker.wire.octets import be32, be64
from tracker.wire.reasons import DECODED, ICMP_ERROR, ICMP_TRUNCATED, OTHER_PROTOCOL
from tracker.wire.segment import TCP, UDP, Frame, Segment

HEADER = 8
QUOTED = 8  # octets of the quoted packet behind its IP header

# Types of ICMP that are errors (RFC 792), and of ICMPv6 (RFC 4443 section 2.1).
UNREACHABLE = 3
TIME_EXCEEDED = 11
PARAMETER_PROBLEM = 12
V6_UNREACHABLE = 1
V6_PARAMETER_PROBLEM = 4
ICMP = 1

V4_HEADER = 20
V4_FRAGMENT = 6
V4_PROTOCOL = 9
V4_SOURCE = 12
V4_DESTINATION = 16
FRAGMENT_OFFSET = 0x1FFF
V6_HEADER = 40
V6_NEXT_HEADER = 6
V6_SOURCE = 8
V6_DESTINATION = 24
# Extension headers that a quoted packet may have (RFC 8200 section 4); of a fragment only the first
# says the ports.
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS = 0, 43, 44, 60
AUTHENTICATION = 51

_V4_MAPPED = 0xFFFF00000000


def decode_icmp(frame: Frame, segment: Segment, protocol: int, at: int, length: int) -> int:
    """Decode the ICMP message at `at`; of an error, `segment` is what it quotes.

    Returns ICMP_ERROR where that is a segment or datagram, ICMP_TRUNCATED where the capture does
    not tell, OTHER_PROTOCOL for all else.
    """
    frame.fault_number = protocol
    frame.fault(OTHER_PROTOCOL, at, 0)
    if segment.fragmented:
        return OTHER_PROTOCOL
    end = at + length  # what the link adds behind the packet is no quote
    missing = _missing(frame, at, HEADER, end)
    if missing:
        return missing
    kind = frame.data[at]
    segment.icmp_type = kind
    segment.icmp_code = frame.data[at + 1]
    at += HEADER
    if protocol == ICMP:
        if kind == UNREACHABLE or kind == TIME_EXCEEDED or kind == PARAMETER_PROBLEM:
            return _quoted_v4(frame, segment, at, end)
    elif V6_UNREACHABLE <= kind <= V6_PARAMETER_PROBLEM:
        return _quoted_v6(frame, segment, at, end)
    return OTHER_PROTOCOL


def _quoted_v4(frame: Frame, segment: Segment, at: int, end: int) -> int:
    """Read the IPv4 packet that is quoted from `at` to `end`."""
    missing = _missing(frame, at, V4_HEADER, end)
    if missing:
        return missing
    if frame.data[at] >> 4 != 4:
        return OTHER_PROTOCOL
    header = (frame.data[at] & 15) * 4
    fragment = frame.data[at + V4_FRAGMENT] << 8 | frame.data[at + V4_FRAGMENT + 1]
    if header < V4_HEADER or fragment & FRAGMENT_OFFSET:
        return OTHER_PROTOCOL
    segment.version = 4
    segment.source_high = segment.destination_high = 0
    segment.source_low = _V4_MAPPED | be32(frame, at + V4_SOURCE)
    segment.destination_low = _V4_MAPPED | be32(frame, at + V4_DESTINATION)
    protocol = frame.data[at + V4_PROTOCOL]
    at += header
    if protocol == AUTHENTICATION:
        missing = _missing(frame, at, 8, end)
        if missing:
            return missing
        protocol = frame.data[at]
        at += (frame.data[at + 1] + 2) * 4  # RFC 4302 section 2.2
    return _quoted_ports(frame, segment, protocol, at, end)


def _quoted_v6(frame: Frame, segment: Segment, at: int, end: int) -> int:
    """Read the IPv6 packet that is quoted from `at` to `end`."""
    missing = _missing(frame, at, V6_HEADER, end)
    if missing:
        return missing
    if frame.data[at] >> 4 != 6:
        return OTHER_PROTOCOL
    segment.version = 6
    segment.source_high = be64(frame, at + V6_SOURCE)
    segment.source_low = be64(frame, at + V6_SOURCE + 8)
    segment.destination_high = be64(frame, at + V6_DESTINATION)
    segment.destination_low = be64(frame, at + V6_DESTINATION + 8)
    header = frame.data[at + V6_NEXT_HEADER]
    at += V6_HEADER
    while (
        header == HOP_BY_HOP
        or header == ROUTING
        or header == FRAGMENT
        or header == AUTHENTICATION
        or header == DESTINATION_OPTIONS
    ):
        missing = _missing(frame, at, 8, end)
        if missing:
            return missing
        if header == FRAGMENT and (frame.data[at + 2] << 8 | frame.data[at + 3]) & 0xFFF8:
            return OTHER_PROTOCOL
        size = (frame.data[at + 1] + 1) * 8
        if header == FRAGMENT:
            size = 8
        elif header == AUTHENTICATION:
            size = (frame.data[at + 1] + 2) * 4
        header = frame.data[at]
        at += size
    return _quoted_ports(frame, segment, header, at, end)


def _quoted_ports(frame: Frame, segment: Segment, protocol: int, at: int, end: int) -> int:
    """Read what is quoted of a segment or datagram from `at` to `end`."""
    if protocol != TCP and protocol != UDP:
        return OTHER_PROTOCOL
    missing = _missing(frame, at, QUOTED, end)
    if missing:
        return missing
    segment.protocol = protocol
    segment.source_port = frame.data[at] << 8 | frame.data[at + 1]
    segment.destination_port = frame.data[at + 2] << 8 | frame.data[at + 3]
    segment.sequence = be32(frame, at + 4) if protocol == TCP else 0
    return ICMP_ERROR


def _missing(frame: Frame, at: int, octets: int, end: int) -> int:
    """Return why there are no `octets` at `at` in a packet that ends at `end`, or DECODED."""
    if at + octets > end:
        return OTHER_PROTOCOL
    if at + octets > frame.end:
        return frame.fault(ICMP_TRUNCATED, at, octets)
    return DECODED
