"""Ethernet (IEEE 802.3) with tags and other shims, and LLC/SNAP, up to the IP packet."""

from tracker.wire.ip import decode_ipv4, decode_ipv6
from tracker.wire.link_types import LINKTYPE_ETHERNET
from tracker.wire.reasons import (
    ETHERNET_TRUNCATED,
    LLC_TRUNCATED,
    OTHER_ETHERTYPE,
    OTHER_LLC,
    SHIM_STACK,
)
from tracker.wire.segment import Frame, Segment
from tracker.wire.shims import is_vlan, step_over

ETHERTYPE = 12
HEADER = 14

IPV4 = 0x0800
IPV6 = 0x86DD
VLAN_IDENTIFIER = 0x0FFF
MAX_SHIMS = 8

# Numbers up to here are lengths of an IEEE 802.3 frame, above they are EtherTypes.
MAX_LENGTH_FIELD = 1500
SNAP = 0xAA
SNAP_HEADER = 8


def decode(link_type: int, frame: Frame, segment: Segment) -> int:
    """Decode one frame of a capture into `segment`.

    Returns `reasons.DECODED`, or the reason why it is neither a segment nor a datagram.
    Raises NotImplementedError for a link type that is not known here.
    """
    if link_type == LINKTYPE_ETHERNET:
        return decode_ethernet(frame, segment)
    raise NotImplementedError(f"link type {link_type}")


def decode_ethernet(frame: Frame, segment: Segment) -> int:
    """Decode an Ethernet frame."""
    at = frame.start + HEADER
    if at > frame.end:
        return frame.fault(ETHERNET_TRUNCATED, frame.start, HEADER)
    ethertype = frame.data[at - 2] << 8 | frame.data[at - 1]
    segment.vlan = -1
    if ethertype == IPV4:
        return decode_ipv4(frame, segment, at)
    return _ethertype(frame, segment, ethertype, at)


def _ethertype(frame: Frame, segment: Segment, ethertype: int, at: int) -> int:
    """Decode what `ethertype` announces at `at`: IP, shims before it, or LLC."""
    for _ in range(MAX_SHIMS + 1):
        if ethertype == IPV4:
            return decode_ipv4(frame, segment, at)
        if ethertype == IPV6:
            return decode_ipv6(frame, segment, at)
        if ethertype <= MAX_LENGTH_FIELD:
            return _llc(frame, segment, at)
        behind = step_over(frame, ethertype, at)
        if behind < 0:
            return -behind
        if behind == 0:
            frame.fault_number = ethertype
            return frame.fault(OTHER_ETHERTYPE, at - 2, 0)
        if segment.vlan < 0 and is_vlan(ethertype):
            segment.vlan = (frame.data[at] << 8 | frame.data[at + 1]) & VLAN_IDENTIFIER
        at = behind
        ethertype = frame.next_type
    return frame.fault(SHIM_STACK, at, 0)


def _llc(frame: Frame, segment: Segment, at: int) -> int:
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
