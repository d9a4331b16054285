"""IPv4 (RFC 791) and IPv6 (RFC 8200) headers, with options, extension headers, first fragments.

A first fragment holds the ports, so it is decoded; a later one is located, and whoever remembers
the first (`tracker.fragments`) knows what it belongs to.
"""

from tracker.wire.icmp import decode_icmp
from tracker.wire.layers import (
    ETHER_IP,
    ETHER_IP_TUNNEL,
    FOUR_IN_SIX,
    GRE,
    GRE_TUNNEL,
    IP,
    IPIP,
    L2TP,
    L2TP_V3,
    MPLS,
    MPLS_IN_IP,
    SIX_IN_FOUR,
    SIX_IN_SIX,
)
from tracker.wire.reasons import (
    AH_BEYOND_PACKET,
    AH_TRUNCATED,
    IP_VERSION,
    IPV4_HEADER_LENGTH,
    IPV4_TOTAL_LENGTH,
    IPV4_TRUNCATED,
    IPV6_EXTENSION_BEYOND_PACKET,
    IPV6_EXTENSION_TRUNCATED,
    IPV6_TRUNCATED,
    LATER_FRAGMENT,
    OTHER_PROTOCOL,
)
from tracker.wire.segment import TCP, UDP, Frame, Segment
from tracker.wire.tcp import decode_tcp
from tracker.wire.udp import decode_udp

# IPv4: offsets of the fields, in the order of RFC 791 section 3.1.
V4_TOTAL_LENGTH = 2
V4_IDENTIFICATION = 4
V4_FRAGMENT = 6
V4_PROTOCOL = 9
V4_SOURCE = 12
V4_DESTINATION = 16
V4_HEADER = 20
MORE_FRAGMENTS = 0x2000
FRAGMENT_OFFSET = 0x1FFF

# IPv6: offsets of the fields, in the order of RFC 8200 section 3.
V6_PAYLOAD_LENGTH = 4
V6_NEXT_HEADER = 6
V6_SOURCE = 8
V6_DESTINATION = 24
V6_HEADER = 40

# Headers that may stand between the IPv6 header and the segment (IANA protocol numbers).
HOP_BY_HOP = 0
ROUTING = 43
FRAGMENT = 44
AUTHENTICATION = 51
DESTINATION_OPTIONS = 60
MOBILITY = 135
HIP = 139
SHIM6 = 140

# ICMP (RFC 792) and ICMPv6 (RFC 4443).
ICMP = 1
ICMP_V6 = 58

# Tunnels (IANA protocol numbers).
IPV4_IN_IP = 4
IPV6_IN_IP = 41
GRE_IN_IP = 47
ETHERNET_IN_IP = 97
L2TP_IN_IP = 115
MPLS_IN_IP_PROTOCOL = 137

# IPv4 options that say where the packet goes in the end (RFC 791 section 3.1).
END_OF_OPTIONS = 0
NO_OPERATION = 1
LOOSE_SOURCE_ROUTE = 131
STRICT_SOURCE_ROUTE = 137

# IPv4 in the low half of an address, as ::ffff:a.b.c.d
_V4_MAPPED = 0xFFFF00000000


def _u32(frame: Frame, at: int) -> int:
    return (
        frame.data[at] << 24
        | frame.data[at + 1] << 16
        | frame.data[at + 2] << 8
        | frame.data[at + 3]
    )


def _v4_address(frame: Frame, at: int) -> int:
    return _V4_MAPPED | _u32(frame, at)


def _u64(frame: Frame, at: int) -> int:
    high = _u32(frame, at)
    return high << 32 | _u32(frame, at + 4)


def decode_ip(frame: Frame, segment: Segment, at: int) -> int:
    """Decode the IP packet at offset `at`, of the version that it says."""
    if at < frame.end and frame.data[at] >> 4 == 6:
        return decode_ipv6(frame, segment, at)
    return decode_ipv4(frame, segment, at)


def decode_ipv4(frame: Frame, segment: Segment, at: int) -> int:
    """Decode the IPv4 packet at offset `at`."""
    if at + V4_HEADER > frame.end:
        return frame.fault(IPV4_TRUNCATED, at, V4_HEADER)
    if frame.data[at] >> 4 != 4:
        return frame.fault(IP_VERSION, at, 1)
    header = (frame.data[at] & 15) * 4
    if header < V4_HEADER:
        return frame.fault(IPV4_HEADER_LENGTH, at, V4_HEADER)
    total = frame.data[at + V4_TOTAL_LENGTH] << 8 | frame.data[at + V4_TOTAL_LENGTH + 1]
    if total == 0:
        # Segmentation offload: the packet was captured before its length was known.
        total = frame.wire_end - at
    if total < header:
        return frame.fault(IPV4_TOTAL_LENGTH, at + V4_TOTAL_LENGTH, header)
    if at + header > frame.end:
        return frame.fault(IPV4_TRUNCATED, at, header)
    fragment = frame.data[at + V4_FRAGMENT] << 8 | frame.data[at + V4_FRAGMENT + 1]
    protocol = frame.data[at + V4_PROTOCOL]
    segment.version = 4
    segment.packet_at = at
    segment.source_high = 0
    segment.source_low = _v4_address(frame, at + V4_SOURCE)
    segment.destination_high = 0
    segment.destination_low = _v4_address(frame, at + V4_DESTINATION)
    if header > V4_HEADER:
        _source_route(frame, segment, at + V4_HEADER, at + header)
    segment.ip_id = frame.data[at + V4_IDENTIFICATION] << 8 | frame.data[at + V4_IDENTIFICATION + 1]
    if fragment & (FRAGMENT_OFFSET | MORE_FRAGMENTS):
        segment.more = (fragment & MORE_FRAGMENTS) != 0
        segment.fragment_at = (fragment & FRAGMENT_OFFSET) * 8
        return _fragment(frame, segment, protocol, at + header, total - header)
    segment.fragmented = False
    return _transport(frame, segment, protocol, at + header, total - header)


def _fragment(frame: Frame, segment: Segment, protocol: int, at: int, length: int) -> int:
    """Note which octets of its datagram the fragment at `at` holds; decode a first one."""
    segment.fragmented = True
    segment.fragment_length = length
    segment.fragment_protocol = protocol
    frame.at = at
    if segment.fragment_at == 0:
        return _transport(frame, segment, protocol, at, length)
    segment.protocol = protocol
    frame.fault_number = protocol
    return frame.fault(LATER_FRAGMENT, at, 0)


def _source_route(frame: Frame, segment: Segment, at: int, end: int) -> None:
    """Take the destination from a source route, whose last address it is until it gets there."""
    while at + 1 < end and frame.data[at] != END_OF_OPTIONS:
        kind = frame.data[at]
        if kind == NO_OPERATION:
            at += 1
            continue
        length = frame.data[at + 1]
        if length < 2 or at + length > end:
            return
        if (kind == LOOSE_SOURCE_ROUTE or kind == STRICT_SOURCE_ROUTE) and length >= 7:
            if frame.data[at + 2] <= length - 3:
                segment.destination_low = _v4_address(frame, at + length - 4)
            return
        at += length


def decode_ipv6(frame: Frame, segment: Segment, at: int) -> int:
    """Decode the IPv6 packet at offset `at`."""
    if at + V6_HEADER > frame.end:
        return frame.fault(IPV6_TRUNCATED, at, V6_HEADER)
    if frame.data[at] >> 4 != 6:
        return frame.fault(IP_VERSION, at, 1)
    length = frame.data[at + V6_PAYLOAD_LENGTH] << 8 | frame.data[at + V6_PAYLOAD_LENGTH + 1]
    if length == 0:
        # A jumbogram (RFC 2675) or segmentation offload: the frame's length counts.
        length = frame.wire_end - at - V6_HEADER
    segment.version = 6
    segment.packet_at = at
    segment.source_high = _u64(frame, at + V6_SOURCE)
    segment.source_low = _u64(frame, at + V6_SOURCE + 8)
    segment.destination_high = _u64(frame, at + V6_DESTINATION)
    segment.destination_low = _u64(frame, at + V6_DESTINATION + 8)
    segment.ip_id = 0
    segment.fragmented = False
    return _next_header(frame, segment, frame.data[at + V6_NEXT_HEADER], at + V6_HEADER, length)


def _next_header(frame: Frame, segment: Segment, header: int, at: int, length: int) -> int:
    """Walk over extension headers (RFC 8200 section 4) to the segment."""
    while True:  # each header is at least 8 octets long, so the frame's end ends it
        if header in (TCP, UDP) or not _is_extension(header):
            return _transport(frame, segment, header, at, length)
        if length < 8:
            return frame.fault(IPV6_EXTENSION_BEYOND_PACKET, at, 8)
        if at + 8 > frame.end:
            return frame.fault(IPV6_EXTENSION_TRUNCATED, at, 8)
        size = (frame.data[at + 1] + 1) * 8
        if header == AUTHENTICATION:
            size = (frame.data[at + 1] + 2) * 4  # RFC 4302 section 2.2 counts in 4 octets
        elif header == FRAGMENT:
            size = 8
            if _is_later(frame, segment, at, length - size):
                return _fragment(frame, segment, frame.data[at], at + size, length - size)
        if size > length:
            return frame.fault(IPV6_EXTENSION_BEYOND_PACKET, at, size)
        header = frame.data[at]
        at += size
        length -= size


def _is_later(frame: Frame, segment: Segment, at: int, length: int) -> bool:
    """Read the fragment header at `at` (RFC 8200 section 4.5); return whether it is a later one.

    One that holds all of its packet ("atomic", RFC 6946) is none.
    """
    offset = frame.data[at + 2] << 8 | frame.data[at + 3]
    segment.more = (offset & 1) != 0
    segment.fragment_at = offset & 0xFFF8
    segment.fragmented = segment.fragment_at != 0 or segment.more
    segment.fragment_length = length
    segment.fragment_protocol = frame.data[at]
    segment.ip_id = _u32(frame, at + 4)
    frame.at = at + 8
    return segment.fragment_at != 0


def _is_extension(header: int) -> bool:
    return (
        header == HOP_BY_HOP
        or header == ROUTING
        or header == FRAGMENT
        or header == AUTHENTICATION
        or header == DESTINATION_OPTIONS
        or header == MOBILITY
        or header == HIP
        or header == SHIM6
    )


def _transport(frame: Frame, segment: Segment, protocol: int, at: int, length: int) -> int:
    """Decode what the IP packet carries at `at`, `length` octets of it."""
    segment.protocol = protocol
    segment.transport_at = at
    segment.transport_length = length
    if protocol == TCP:
        return decode_tcp(frame, segment, at, length)
    if protocol == UDP:
        return decode_udp(frame, segment, at, length)
    if protocol == AUTHENTICATION and segment.version == 4:
        return _authentication(frame, segment, at, length)
    if protocol == (ICMP if segment.version == 4 else ICMP_V6):
        return decode_icmp(frame, segment, protocol, at, length)
    return _tunnel(frame, segment, protocol, at, length)


def _tunnel(frame: Frame, segment: Segment, protocol: int, at: int, length: int) -> int:
    """Enter the tunnel that `protocol` announces at `at`, where the outer packet ends it, too."""
    frame.wire_end = min(frame.wire_end, at + length)
    outer = segment.version
    if protocol == IPV4_IN_IP:
        return segment.enter_tunnel(frame, IPIP if outer == 4 else FOUR_IN_SIX, IP, at)
    if protocol == IPV6_IN_IP:
        return segment.enter_tunnel(frame, SIX_IN_FOUR if outer == 4 else SIX_IN_SIX, IP, at)
    if protocol == GRE_IN_IP:
        return segment.enter_tunnel(frame, GRE_TUNNEL, GRE, at)
    if protocol == ETHERNET_IN_IP:
        return segment.enter_tunnel(frame, ETHER_IP_TUNNEL, ETHER_IP, at)
    if protocol == L2TP_IN_IP:
        return segment.enter_tunnel(frame, L2TP, L2TP_V3, at)
    if protocol == MPLS_IN_IP_PROTOCOL:
        return segment.enter_tunnel(frame, MPLS_IN_IP, MPLS, at)
    frame.fault_number = protocol
    return frame.fault(OTHER_PROTOCOL, at, 0)


def _authentication(frame: Frame, segment: Segment, at: int, length: int) -> int:
    """Step over an authentication header (RFC 4302) in an IPv4 packet."""
    if length < 8:
        return frame.fault(AH_BEYOND_PACKET, at, 8)
    if at + 8 > frame.end:
        return frame.fault(AH_TRUNCATED, at, 8)
    size = (frame.data[at + 1] + 2) * 4
    if size > length:
        return frame.fault(AH_BEYOND_PACKET, at, size)
    header = frame.data[at]
    if header == AUTHENTICATION:
        frame.fault_number = header
        return frame.fault(OTHER_PROTOCOL, at, 0)
    return _transport(frame, segment, header, at + size, length - size)
