"""What Linux captures on all interfaces at once: "cooked", with one header for every link layer.

https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and LINKTYPE_LINUX_SLL2.html
"""

from tracker.wire.layers import ETHERNET, ETHERTYPE, LINK, LLC, PPP
from tracker.wire.link_types import (
    LINKTYPE_FRELAY,
    LINKTYPE_IEEE802_11_RADIOTAP,
    LINKTYPE_NETLINK,
)
from tracker.wire.octets import be16
from tracker.wire.reasons import LINK_TRUNCATED, OTHER_ETHERTYPE
from tracker.wire.segment import Frame, Segment

# LINUX_SLL: offsets of the fields.
V1_DEVICE = 2
V1_PROTOCOL = 14
V1_HEADER = 16

# LINUX_SLL2: offsets of the fields.
V2_DEVICE = 8
V2_PACKET_TYPE = 10
V2_HEADER = 20

# Packet types: to whom it went on its link.
TO_ALL = 1
TO_GROUP = 2

# Device types (ARPHRD_*) whose frames do not begin with what the protocol says.
FRAME_RELAY = 770
RADIOTAP = 803
NETLINK = 824

# Protocols that are no EtherTypes (linux/if_ether.h).
ETHERNET_FRAME = 0x0003
IEEE_802_2 = 0x0004
PPP_FRAME = 0x0007
MIN_ETHERTYPE = 0x0600


def decode_cooked(frame: Frame, segment: Segment, at: int) -> int:
    """Decode LINKTYPE_LINUX_SLL."""
    if at + V1_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, V1_HEADER)
    _to_whom(segment, be16(frame, at))
    device = be16(frame, at + V1_DEVICE)
    return _payload(frame, device, at + V1_PROTOCOL, at + V1_HEADER)


def decode_cooked_v2(frame: Frame, segment: Segment, at: int) -> int:
    """Decode LINKTYPE_LINUX_SLL2."""
    if at + V2_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, V2_HEADER)
    _to_whom(segment, frame.data[at + V2_PACKET_TYPE])
    return _payload(frame, be16(frame, at + V2_DEVICE), at, at + V2_HEADER)


def _to_whom(segment: Segment, packet_type: int) -> None:
    segment.to_group = packet_type == TO_ALL or packet_type == TO_GROUP


def _payload(frame: Frame, device: int, field: int, at: int) -> int:
    """Find what the protocol number at `field` announces at `at`, for a type of `device`."""
    if device == NETLINK:
        return frame.enter(LINK, at, LINKTYPE_NETLINK)
    if device == FRAME_RELAY:
        return frame.enter(LINK, at, LINKTYPE_FRELAY)
    if device == RADIOTAP:
        return frame.enter(LINK, at, LINKTYPE_IEEE802_11_RADIOTAP)
    protocol = be16(frame, field)
    if protocol >= MIN_ETHERTYPE:
        return frame.enter(ETHERTYPE, at, protocol)
    if protocol == IEEE_802_2:
        return frame.enter(LLC, at)
    if protocol == ETHERNET_FRAME:
        return frame.enter(ETHERNET, at)
    if protocol == PPP_FRAME:
        return frame.enter(PPP, at)
    frame.fault_number = protocol
    return frame.fault(OTHER_ETHERTYPE, field, 0)
