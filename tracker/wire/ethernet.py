"""Ethernet (IEEE 802.3) with tags, and LLC/SNAP, up to the IP packet or to what encapsulates it."""

from tracker.wire.carried import (
    decode_batman,
    decode_isl,
    decode_macsec,
    decode_trill,
    is_isl,
)
from tracker.wire.ip import decode_ipv4, decode_ipv6
from tracker.wire.layers import ETHERNET, ETHERTYPE, IP, LLC, NLPID, PPP_PROTOCOL
from tracker.wire.mpls import decode_mpls
from tracker.wire.nsh import decode_nsh
from tracker.wire.octets import be16
from tracker.wire.ppp import decode_pppoe
from tracker.wire.reasons import (
    ETHERNET_TRUNCATED,
    LLC_TRUNCATED,
    OTHER_ETHERTYPE,
    OTHER_LLC,
    OTHER_SNAP,
    SHIM_STACK,
    SHIM_TRUNCATED,
)
from tracker.wire.segment import Frame, Segment
from tracker.wire.shims import is_vlan, tag_length

HEADER = 14

IPV4 = 0x0800
IPV6 = 0x86DD
VLAN_IDENTIFIER = 0x0FFF
MAX_TAGS = 8
GROUP = 0x01  # in the first octet of an address: a group's, not one station's

TRILL = 0x22F3  # RFC 6325
BATMAN = 0x4305
BRIDGED_FRAME = 0x6558  # "transparent Ethernet bridging" (RFC 1701)
PPP = 0x880B
PPPOE = 0x8864  # RFC 2516
MPLS = 0x8847  # RFC 3032
MPLS_MULTICAST = 0x8848
LONG_LLC = 0x8870  # LLC in a frame too long for a length field
MACSEC = 0x88E5  # IEEE 802.1AE
NSH = 0x894F  # RFC 8300

# Numbers up to here are lengths of an IEEE 802.3 frame, above they are EtherTypes.
MAX_LENGTH_FIELD = 1500

# LLC: two service access points, control (IEEE 802.2 section 3.2).
LLC_HEADER = 3
UNNUMBERED = 0x03  # control: unnumbered information
IP_POINT = 0x06
OSI_POINT = 0xFE
SNAP_POINT = 0xAA
SNAP_HEADER = 8  # with the LLC header

# SNAP: organization, protocol (IEEE 802 section 10.3).
SNAP = 5
ETHERTYPES = 0x000000
CISCO = 0x0000F8
BRIDGED = 0x0080C2  # IEEE 802.1 (RFC 2684 section 5.2, RFC 2427 section 4.2)
BRIDGED_WITH_CHECK_SEQUENCE = 0x0001
BRIDGED_ETHERNET = 0x0007
BRIDGED_PADDING = 2


def decode_ethernet(frame: Frame, segment: Segment, start: int) -> int:
    """Decode the Ethernet frame at offset `start`."""
    at = start + HEADER
    if at > frame.end:
        return frame.fault(ETHERNET_TRUNCATED, start, HEADER)
    segment.to_group = (frame.data[start] & GROUP) != 0
    ethertype = frame.data[at - 2] << 8 | frame.data[at - 1]
    if ethertype == IPV4:
        return decode_ipv4(frame, segment, at)
    if ethertype <= MAX_LENGTH_FIELD and is_isl(frame, start):
        return decode_isl(frame, segment, start)
    return decode_ethertype(frame, segment, ethertype, at)


def decode_ethertype(frame: Frame, segment: Segment, ethertype: int, at: int) -> int:
    """Decode what `ethertype` announces at `at`: IP, tags before it, LLC, or an encapsulation."""
    for _ in range(MAX_TAGS + 1):
        if ethertype == IPV4:
            return decode_ipv4(frame, segment, at)
        if ethertype == IPV6:
            return decode_ipv6(frame, segment, at)
        if ethertype <= MAX_LENGTH_FIELD:
            return decode_llc(frame, at)
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
    if ethertype == MACSEC:
        return decode_macsec(frame, at)
    if ethertype == TRILL:
        return decode_trill(frame, at)
    if ethertype == BATMAN:
        return decode_batman(frame, at)
    if ethertype == BRIDGED_FRAME:
        return frame.enter(ETHERNET, at)
    if ethertype == PPP:
        return frame.enter(PPP_PROTOCOL, at)
    if ethertype == LONG_LLC:
        return frame.enter(LLC, at)
    frame.fault_number = ethertype
    return frame.fault(OTHER_ETHERTYPE, at - 2, 0)


def decode_llc(frame: Frame, at: int) -> int:
    """Decode IEEE 802.2 LLC; IP stands behind a SNAP header, seldom without one (RFC 948)."""
    if at + LLC_HEADER > frame.end:
        return frame.fault(LLC_TRUNCATED, at, LLC_HEADER)
    point = frame.data[at]
    if point == SNAP_POINT and frame.data[at + 1] == SNAP_POINT:
        if at + SNAP_HEADER > frame.end:
            return frame.fault(LLC_TRUNCATED, at, SNAP_HEADER)
        return decode_snap(frame, at + LLC_HEADER, BRIDGED_PADDING)
    if frame.data[at + 2] == UNNUMBERED:
        if point == IP_POINT:
            return frame.enter(IP, at + LLC_HEADER)
        if point == OSI_POINT:
            return frame.enter(NLPID, at + LLC_HEADER)
    frame.fault_number = point
    return frame.fault(OTHER_LLC, at, 0)


def decode_snap(frame: Frame, at: int, padding: int) -> int:
    """Decode the organization and protocol of a SNAP header (RFC 1042).

    Frames that it bridges have `padding` octets before them (RFC 2684 section 5.2).
    """
    if at + SNAP > frame.end:
        return frame.fault(LLC_TRUNCATED, at, SNAP)
    organization = be16(frame, at) << 8 | frame.data[at + 2]
    protocol = be16(frame, at + 3)
    at += SNAP
    if organization == ETHERTYPES or organization == CISCO:
        if protocol > MAX_LENGTH_FIELD:
            return frame.enter(ETHERTYPE, at, protocol)
        frame.fault_number = protocol
        return frame.fault(OTHER_ETHERTYPE, at - 2, 0)
    if organization == BRIDGED:
        if protocol == BRIDGED_ETHERNET or protocol == BRIDGED_WITH_CHECK_SEQUENCE:
            return frame.enter(ETHERNET, at + padding)
    frame.fault_number = organization
    return frame.fault(OTHER_SNAP, at - SNAP, 0)
