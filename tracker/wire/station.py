"""Networks of stations other than Ethernet: rings, ARCNET, Fibre Channel, InfiniBand, FireWire."""

from tracker.wire.layers import ETHERTYPE, IP, LLC
from tracker.wire.octets import be16
from tracker.wire.reasons import LINK_TRUNCATED, OTHER_ARCNET, OTHER_CONTROL
from tracker.wire.segment import Frame, Segment

# FDDI (ISO 9314-2): frame control, destination, source.
FDDI_HEADER = 13
FDDI_DESTINATION = 1
FDDI_LENGTH_AND_FORMAT = 0x70  # long addresses; format bits 01: LLC
FDDI_LLC = 0x50

# Token Ring (IEEE 802.5): access control, frame control, destination, source, routing information.
RING_HEADER = 14
RING_CONTROL = 1
RING_DESTINATION = 2
RING_SOURCE = 8
RING_FORMAT = 0xC0
RING_LLC = 0x40
ROUTED = 0x80  # in the first octet of the source: routing information follows
ROUTING_LENGTH = 0x1F

# The bit of an address that says it is a group's, as these two send it and as Ethernet does.
GROUP_SENT_FIRST = 0x80
GROUP = 0x01

# ARCNET (ATA 878.1): source, destination, protocol; to 0 is to everyone.
ARCNET_DESTINATION = 1
ARCNET_PROTOCOL = 2
RFC1051_IP = 240
RFC1201_IP = 212
RFC1201_IPV6 = 196  # RFC 2497
SPLIT = 3  # split flag and sequence number, behind the protocol (RFC 1201 section 1)
EXCEPTION = 0xFF  # split flag of a padded frame, whose own flags stand 4 octets behind
EXCEPTION_LENGTH = 4

FC_HEADER = 16  # RFC 2625 section 3.3: two network addresses

# IP over InfiniBand: routing header, EtherType, reserved (RFC 4391 section 6).
INFINIBAND_ETHERTYPE = 40
INFINIBAND_HEADER = 44

# IP over IEEE 1394: two EUI-64, EtherType (LINKTYPE_APPLE_IP_OVER_IEEE1394).
FIREWIRE_ETHERTYPE = 16
FIREWIRE_HEADER = 18


def decode_fddi(frame: Frame, segment: Segment, at: int) -> int:
    """Decode LINKTYPE_FDDI."""
    if at + FDDI_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, FDDI_HEADER)
    if frame.data[at] & FDDI_LENGTH_AND_FORMAT != FDDI_LLC:
        return frame.fault(OTHER_CONTROL, at, 0)
    segment.to_group = (frame.data[at + FDDI_DESTINATION] & GROUP) != 0
    return frame.enter(LLC, at + FDDI_HEADER)


def decode_token_ring(frame: Frame, segment: Segment, at: int) -> int:
    """Decode LINKTYPE_IEEE802_5."""
    if at + RING_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, RING_HEADER)
    if frame.data[at + RING_CONTROL] & RING_FORMAT != RING_LLC:
        return frame.fault(OTHER_CONTROL, at + RING_CONTROL, 0)
    segment.to_group = (frame.data[at + RING_DESTINATION] & GROUP_SENT_FIRST) != 0
    routed = frame.data[at + RING_SOURCE] & ROUTED
    at += RING_HEADER
    if routed:
        if at + 2 > frame.end:
            return frame.fault(LINK_TRUNCATED, at, 2)
        at += frame.data[at] & ROUTING_LENGTH
    return frame.enter(LLC, at)


def decode_arcnet(frame: Frame, segment: Segment, at: int, offset: int) -> int:
    """Decode LINKTYPE_ARCNET_BSD, or LINKTYPE_ARCNET_LINUX, with `offset` octets more."""
    header = ARCNET_PROTOCOL + offset + 1
    if at + header > frame.end:
        return frame.fault(LINK_TRUNCATED, at, header)
    segment.to_group = frame.data[at + ARCNET_DESTINATION] == 0
    at += header
    protocol = frame.data[at - 1]
    if protocol == RFC1051_IP:
        return frame.enter(IP, at)
    if protocol == RFC1201_IP or protocol == RFC1201_IPV6:
        return _arcnet_split(frame, protocol, at)
    frame.fault_number = protocol
    return frame.fault(OTHER_ARCNET, at - 1, 0)


def _arcnet_split(frame: Frame, protocol: int, at: int) -> int:
    """Step over what RFC 1201 has for its fragments; the ports stand in the first."""
    if at < frame.end and frame.data[at] == EXCEPTION:
        at += EXCEPTION_LENGTH
    if at + SPLIT > frame.end:
        return frame.fault(LINK_TRUNCATED, at, SPLIT)
    flag = frame.data[at]
    if flag == 0 or flag & 1:  # not split, or the first part; later ones count by twos
        return frame.enter(IP, at + SPLIT)
    frame.fault_number = protocol
    return frame.fault(OTHER_ARCNET, at, 0)


def decode_fibre_channel(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_IP_OVER_FC."""
    if at + FC_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, FC_HEADER)
    return frame.enter(LLC, at + FC_HEADER)


def decode_infiniband(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_IPOIB."""
    if at + INFINIBAND_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, INFINIBAND_HEADER)
    ethertype = be16(frame, at + INFINIBAND_ETHERTYPE)
    return frame.enter(ETHERTYPE, at + INFINIBAND_HEADER, ethertype)


def decode_firewire(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_APPLE_IP_OVER_IEEE1394."""
    if at + FIREWIRE_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, FIREWIRE_HEADER)
    return frame.enter(ETHERTYPE, at + FIREWIRE_HEADER, be16(frame, at + FIREWIRE_ETHERTYPE))
