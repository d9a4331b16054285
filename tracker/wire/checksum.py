"""Checksums of IPv4, TCP and UDP (RFC 1071), for those who ask for them.

A host that leaves checksums to its network card captures what it sends before they are right.  The
card is handed the sum of the pseudo-header alone, so offload can be told from damage.
"""

from tracker.wire.octets import be16
from tracker.wire.reasons import DECODED, IPV4_CHECKSUM, TCP_CHECKSUM, UDP_CHECKSUM
from tracker.wire.segment import OFFLOADED, TCP, Frame, Segment

V4_CHECKSUM = 10
TCP_FIELD = 16
UDP_FIELD = 6
V6_HEADER = 40


def verify(frame: Frame, segment: Segment) -> int:
    """Verify the packet that was decoded last, as far as it was captured.

    Returns DECODED where nothing is wrong or nothing can be said (cut by the snap length, parts of
    a packet, UDP without checksum), OFFLOADED, or the reason why its receiver drops it.
    """
    if segment.version == 4:
        header = (frame.data[segment.packet_at] & 0x0F) * 4  # others may follow, as of IPsec
        stored = be16(frame, segment.packet_at + V4_CHECKSUM)
        if stored and _folded(_sum(frame, segment.packet_at, header)) != 0xFFFF:
            frame.fault(IPV4_CHECKSUM, segment.packet_at + V4_CHECKSUM, 2)
            return IPV4_CHECKSUM
    end = segment.transport_at + segment.transport_length
    if segment.fragmented or end > frame.end:
        return DECODED
    if segment.protocol == TCP:
        return _verify(frame, segment, TCP_FIELD, segment.transport_length, TCP_CHECKSUM)
    if be16(frame, segment.transport_at + UDP_FIELD) == 0:
        return DECODED  # RFC 768: none; RFC 6935 allows it to tunnels in IPv6
    return _verify(frame, segment, UDP_FIELD, segment.payload + 8, UDP_CHECKSUM)


def _verify(frame: Frame, segment: Segment, field: int, length: int, reason: int) -> int:
    """Verify a checksum over `length` octets and the pseudo-header (RFC 9293 section 3.1)."""
    at = segment.transport_at
    pseudo = _pseudo(segment)
    if _folded(pseudo + length + _sum(frame, at, length)) == 0xFFFF:
        return DECODED
    stored = be16(frame, at + field)
    if stored == 0 or stored == _folded(pseudo + length) or stored == _folded(pseudo):
        return OFFLOADED
    if segment.version == 6 and at - segment.packet_at != V6_HEADER:
        return DECODED  # a routing header may have another destination, which the sum is of
    frame.fault(reason, at + field, 2)
    return reason


def _pseudo(segment: Segment) -> int:
    """Return the sum of the pseudo-header without its length."""
    return (
        _sum_of(segment.source_high if segment.version == 6 else 0)
        + _sum_of(segment.destination_high if segment.version == 6 else 0)
        + _sum_of(segment.source_low if segment.version == 6 else segment.source_low & _V4)
        + _sum_of(
            segment.destination_low if segment.version == 6 else segment.destination_low & _V4
        )
        + segment.protocol
    )


_V4 = 0xFFFFFFFF


def _sum_of(number: int) -> int:
    """Return the sum of the four 16-bit words of a 64-bit number."""
    total = 0
    for _ in range(4):
        total += number & 0xFFFF
        number >>= 16
    return total


def _sum(frame: Frame, at: int, length: int) -> int:
    """Return the sum of the 16-bit words of `length` octets; an odd one is padded with zero."""
    total = 0
    end = at + length
    while at + 1 < end:
        total += frame.data[at] << 8 | frame.data[at + 1]
        at += 2
    if at < end:
        total += frame.data[at] << 8
    return total


def _folded(total: int) -> int:
    """Return the ones' complement sum of 16 bits."""
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total
