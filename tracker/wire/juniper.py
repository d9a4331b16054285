"""What Juniper's routers capture of themselves (tcpdump, print-juniper.c)."""

from tracker.wire.layers import ETHERNET, IP, LINK, MPLS, PPP
from tracker.wire.link_types import (
    LINKTYPE_C_HDLC,
    LINKTYPE_FRELAY,
    LINKTYPE_JUNIPER_CHDLC,
    LINKTYPE_JUNIPER_ETHER,
    LINKTYPE_JUNIPER_FRELAY,
    LINKTYPE_JUNIPER_PPP,
    LINKTYPE_JUNIPER_PPPOE,
)
from tracker.wire.octets import be16, be32, le32
from tracker.wire.reasons import LINK_TRUNCATED, OTHER_FAMILY, OTHER_LINK_TYPE
from tracker.wire.segment import Frame

# The header: three octets that are always the same, flags, perhaps extensions with their length.
MAGIC = 0x4D4743
FLAGS = 3
HEADER = 4
WITHOUT_LINK = 0x02  # a protocol number instead of a link layer
WITH_EXTENSIONS = 0x80
EXTENSIONS_LENGTH = 2

# Protocol numbers, least significant octet first.
PROTOCOL = 4
IPV4 = 2
MPLS_LABELS = 3
IPV6 = 6


def decode_juniper(link_type: int, frame: Frame, at: int) -> int:
    """Decode one of LINKTYPE_JUNIPER_*."""
    if at + HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, HEADER)
    if be32(frame, at) >> 8 != MAGIC:
        return _unknown(link_type, frame, at)
    flags = frame.data[at + FLAGS]
    header = HEADER
    if flags & WITH_EXTENSIONS:
        if at + header + EXTENSIONS_LENGTH > frame.end:
            return frame.fault(LINK_TRUNCATED, at, header + EXTENSIONS_LENGTH)
        header += EXTENSIONS_LENGTH + be16(frame, at + header)
    if at + header > frame.end:
        return frame.fault(LINK_TRUNCATED, at, header)
    if flags & WITHOUT_LINK:
        return _protocol(frame, at + header)
    return _link(link_type, frame, at + header)


def _protocol(frame: Frame, at: int) -> int:
    if at + PROTOCOL > frame.end:
        return frame.fault(LINK_TRUNCATED, at, PROTOCOL)
    number = le32(frame, at)
    if number == IPV4 or number == IPV6:
        return frame.enter(IP, at + PROTOCOL)
    if number == MPLS_LABELS:
        return frame.enter(MPLS, at + PROTOCOL)
    frame.fault_number = number
    return frame.fault(OTHER_FAMILY, at, 0)


def _link(link_type: int, frame: Frame, at: int) -> int:
    """Decode the link layer behind the header; not that of the service cards, with cookies."""
    if link_type == LINKTYPE_JUNIPER_ETHER or link_type == LINKTYPE_JUNIPER_PPPOE:
        return frame.enter(ETHERNET, at)
    if link_type == LINKTYPE_JUNIPER_PPP:
        return frame.enter(PPP, at)
    if link_type == LINKTYPE_JUNIPER_FRELAY:
        return frame.enter(LINK, at, LINKTYPE_FRELAY)
    if link_type == LINKTYPE_JUNIPER_CHDLC:
        return frame.enter(LINK, at, LINKTYPE_C_HDLC)
    return _unknown(link_type, frame, at)


def _unknown(link_type: int, frame: Frame, at: int) -> int:
    frame.fault_number = link_type
    return frame.fault(OTHER_LINK_TYPE, at, 0)
