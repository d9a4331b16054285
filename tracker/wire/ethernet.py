"""Ethernet (IEEE 802.3) with tags, and LLC/SNAP, up to the IP packet or to what encapsulates it."""

from tracker.wire.ip import decode_ipv4, decode_ipv6
from tracker.wire.mpls import decode_mpls
from tracker.wire.nsh import decode_nsh
from tracker.wire.ppp import decode_pppoe
from tracker.wire.reasons import (
    ETHERNET_TRUNCATED,
    LLC_TRUNCATED,
    OTHER_ETHERTYPE,
    OTHER_LLC,
    SHIM_STACK,
    SHIM_TRUNCATED,
)
from tracker.wire.segment import Frame, Segment
from tracker.wire.shims import is_vlan, tag_length

ETHERTYPE = 12
HEADER = 14

IPV4 = 0x0800
IPV6 = 0x86DD
VLAN_IDENTIFIER = 0x0FFF
MAX_TAGS = 8
GROUP = 0x01  # in the first octet of an address: a group's, not one station's

PPPOE = 0x8864  # RFC 2516
MPLS = 0x8847  # RFC 3032
MPLS_MULTICAST = 0x8848
NSH = 0x894F  # RFC 8300

# Numbers up to here are lengths of an IEEE 802.3 frame, above they are EtherTypes.
MAX_LENGTH_FIELD = 1500
SNAP = 0xAA
SNAP_HEADER = 8


def decode_ethernet(frame: Frame, segment: Segment, start: int) -> int:
    """Decode the Ethernet frame at offset `start`."""
    at = start + HEADER
    if at > frame.end:
        return frame.fault(ETHERNET_TRUNCATED, start, HEADER)
    segment.to_group = (frame.data[start] & GROUP) != 0
    ethertype = frame.data[at - 2] << 8 | frame.data[at - 1]
    if ethertype == IPV4:
        return decode_ipv4(frame, segment, at)
    return decode_ethertype(frame, segment, ethertype, at)


def decode_ethertype(frame: Frame, segment: Segment, ethertype: int, at: int) -> int:
    """Decode what `ethertype` announces at `at`: IP, tags before it, LLC, or an encapsulation."""
    for _ in range(MAX_TAGS + 1):
        if ethertype == IPV4:
            return decode_ipv4(frame, segment, at)
        if ethertype == IPV6:
            return decode_ipv6(frame, segment, at)
        if ethertype <= MAX_LENGTH_FIELD:
            return decode_llc(frame, segment, at)
        length = tag_length(ethertype)
        if not length:
            return _encapsulated(frame, ethertype, at)
        if at + length > frame.end:
            return frame.fault(SHIM_TRUNCATED, at, length)
        if segment.vlan < 0 and is_vlan(ethertype):
            segment.vlan = (frame.data[at] << 8 | frame.data[at + 1]) & VLAN_IDENTIFIER
        at += length
        ethertype = frame.data[at - 2] << 8 | frame.data[at - 1]
    return frame.fault(SHIM_STACK, at, 0)


def _encapsulated(frame: Frame, ethertype: int, at: int) -> int:
    """Find what stands in the encapsulation that `ethertype` announces."""
    if ethertype == PPPOE:
        return decode_pppoe(frame, at)
    if ethertype == MPLS or ethertype == MPLS_MULTICAST:
        return decode_mpls(frame, at)
    if ethertype == NSH:
        return decode_nsh(frame, at)
    frame.fault_number = ethertype
    return frame.fault(OTHER_ETHERTYPE, at - 2, 0)


def decode_llc(frame: Frame, segment: Segment, at: int) -> int:
    """Decode IEEE 802.2 LLC; IP stands behind a SNAP header (RFC 1042)."""
    if at + 3 > frame.end:
        return frame.fault(LLC_TRUNCATED, at, 3)
    if frame.data[at] != SNAP or frame.data[at + 1] != SNAP:
        frame.fault_number = frame.data[at]
        return frame.fault(OTHER_LLC, at, 0)
    if at + SNAP_HEADER > frame.end:
        return frame.fault(LLC_TRUNCATED, at, SNAP_HEADER)
    ethertype = frame.data[at + 6] << 8 | frame.data[at + 7]
    if ethertype == IPV4:
        return decode_ipv4(frame, segment, at + SNAP_HEADER)
    if ethertype == IPV6:
        return decode_ipv6(frame, segment, at + SNAP_HEADER)
    frame.fault_number = ethertype
    return frame.fault(OTHER_ETHERTYPE, at + 6, 0)
