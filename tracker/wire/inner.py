"""What is inside a tunnel, looked at before it is believed.

A port only suggests a tunnel: it may be anybody's.  So what would be inside is held against its
own lengths first, and only what fits is entered.
"""

from tracker.wire.layers import ETHERNET, IP
from tracker.wire.reasons import OTHER_TUNNEL, TUNNEL_TRUNCATED
from tracker.wire.segment import TCP, UDP, Frame, Segment

ETHERNET_HEADER = 14
ETHERTYPE = 12
IPV4, IPV6 = 0x0800, 0x86DD

V4_HEADER = 20
V4_TOTAL_LENGTH = 2
V6_HEADER = 40
V6_PAYLOAD_LENGTH = 4
V6_NEXT_HEADER = 6
ICMP_V6 = 58


def refuse(frame: Frame, kind: int, at: int) -> int:
    """Say that no packet stands at `at` in a tunnel of `kind`, and return the reason."""
    frame.fault_number = kind
    return frame.fault(OTHER_TUNNEL, at, 0)


def too_short(frame: Frame, kind: int, at: int, needed: int) -> int:
    """Say that `needed` octets at `at` were cut, or on the wire already were not there."""
    if at + needed > frame.wire_end:
        return refuse(frame, kind, at)
    return frame.fault(TUNNEL_TRUNCATED, at, needed)


def enter_ip(frame: Frame, segment: Segment, kind: int, at: int) -> int:
    """Enter the IP packet at `at` in a tunnel of `kind`, if it can be one."""
    if ip_fits(frame, at):
        return segment.enter_tunnel(frame, kind, IP, at)
    return refuse(frame, kind, at)


def enter_ethernet(frame: Frame, segment: Segment, kind: int, at: int) -> int:
    """Enter the Ethernet frame at `at` in a tunnel of `kind`, if it can be one."""
    if ethernet_fits(frame, at):
        return segment.enter_tunnel(frame, kind, ETHERNET, at)
    return refuse(frame, kind, at)


def ip_fits(frame: Frame, at: int) -> bool:
    """Return whether an IP packet can stand at `at`: of what was captured, nothing contradicts."""
    if at >= frame.end:
        return at < frame.wire_end
    version = frame.data[at] >> 4
    if version == 4:
        return ipv4_fits(frame, at)
    return version == 6 and ipv6_fits(frame, at)


def ipv4_fits(frame: Frame, at: int) -> bool:
    """Return whether an IPv4 packet can stand at `at` (RFC 791 section 3.1)."""
    left = frame.wire_end - at
    if left < V4_HEADER:
        return False
    if at + V4_TOTAL_LENGTH + 2 > frame.end:
        return at >= frame.end or frame.data[at] >> 4 == 4
    header = (frame.data[at] & 15) * 4
    total = frame.data[at + V4_TOTAL_LENGTH] << 8 | frame.data[at + V4_TOTAL_LENGTH + 1]
    if total == 0:
        total = left  # segmentation offload: the length was not known yet
    if frame.data[at] >> 4 != 4 or header < V4_HEADER or total < header:
        return False
    # What mirrors traffic may cut it; then the header has to prove itself in another way.
    return total <= left or at + header > frame.end or _checksum_fits(frame, at)


def ipv6_fits(frame: Frame, at: int) -> bool:
    """Return whether an IPv6 packet can stand at `at` (RFC 8200 section 3)."""
    left = frame.wire_end - at
    if left < V6_HEADER:
        return False
    if at + V6_PAYLOAD_LENGTH + 2 > frame.end:
        return at >= frame.end or frame.data[at] >> 4 == 6
    if frame.data[at] >> 4 != 6:
        return False
    payload = frame.data[at + V6_PAYLOAD_LENGTH] << 8 | frame.data[at + V6_PAYLOAD_LENGTH + 1]
    if V6_HEADER + payload <= left or at + V6_NEXT_HEADER >= frame.end:
        return True
    return frame.data[at + V6_NEXT_HEADER] in (TCP, UDP, ICMP_V6)  # cut by a mirror, as above


def ethernet_fits(frame: Frame, at: int) -> bool:
    """Return whether an Ethernet frame can stand at `at`: IP that it announces has to fit."""
    if at + ETHERNET_HEADER > frame.wire_end:
        return False
    if at + ETHERNET_HEADER > frame.end:
        return True
    ethertype = frame.data[at + ETHERTYPE] << 8 | frame.data[at + ETHERTYPE + 1]
    if ethertype == IPV4:
        return ipv4_fits(frame, at + ETHERNET_HEADER)
    return ethertype != IPV6 or ipv6_fits(frame, at + ETHERNET_HEADER)


def carries_ip(frame: Frame, at: int) -> bool:
    """Return whether what is at `at` looks like an Ethernet frame with an IP packet that fits.

    For tunnels that do not say what they carry.
    """
    at += ETHERNET_HEADER
    if at + V4_HEADER > frame.end:
        return False
    ethertype = frame.data[at - 2] << 8 | frame.data[at - 1]
    if ethertype == IPV4:
        return ipv4_fits(frame, at)
    return ethertype == IPV6 and ipv6_fits(frame, at)


def proves_ip(frame: Frame, at: int) -> bool:
    """Return whether what is at `at` is, beyond doubt, an Ethernet frame with an IP packet.

    For ports and headers that say next to nothing.  The checksum of an IPv4 header (RFC 1071), or
    the exact length of an IPv6 packet, leaves no room for chance.
    """
    if not carries_ip(frame, at):
        return False
    at += ETHERNET_HEADER
    if frame.data[at] >> 4 == 4:
        return _checksum_fits(frame, at)
    payload = frame.data[at + V6_PAYLOAD_LENGTH] << 8 | frame.data[at + V6_PAYLOAD_LENGTH + 1]
    return at + V6_HEADER + payload == frame.wire_end


def _checksum_fits(frame: Frame, at: int) -> bool:
    """Return whether the checksum of the IPv4 header at `at` is right."""
    behind = at + (frame.data[at] & 15) * 4
    if behind > frame.end:
        return False
    total = 0
    while at < behind:
        total += frame.data[at] << 8 | frame.data[at + 1]
        at += 2
    return total % 0xFFFF == 0
