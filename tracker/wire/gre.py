"""Generic routing encapsulation: RFC 2784 and 2890, RFC 1701 before them, RFC 2637 for PPTP."""

from tracker.wire.inner import ip_fits
from tracker.wire.layers import (
    ERSPAN,
    ETHERNET,
    ETHERTYPE,
    GRE_TUNNEL,
    IP,
    LINK,
    NVGRE,
    PPP,
    PPTP,
)
from tracker.wire.reasons import GRE_TRUNCATED, GRE_VERSION, OTHER_GRE
from tracker.wire.segment import Frame, Segment

HEADER = 4

# In the first two octets; what the first four announce takes four octets each, in this order.
CHECKSUM = 0x8000  # RFC 2784 section 2.1
ROUTING = 0x4000  # RFC 1701; the checksum field is there then, too
KEY = 0x2000  # RFC 2890 section 2.1
SEQUENCE = 0x1000
ACKNOWLEDGMENT = 0x0080  # RFC 2637 section 4.1
VERSION = 0x0007
ENHANCED = 1  # the version of RFC 2637

ROUTE_HEADER = 4  # address family, offset, length (RFC 1701)

# Protocol types: EtherTypes, and some that are known in GRE only.
IPV4 = 0x0800
IPV6 = 0x86DD
VLAN = 0x8100
MPLS = 0x8847
MPLS_MULTICAST = 0x8848
METADATA = 0x8909  # Cisco's, with an EtherType behind it
NSH = 0x894F
BRIDGED = 0x6558  # transparent Ethernet bridging (RFC 1701)
EOIP = 0x6400  # Ethernet of MikroTik routers
FRAME_RELAY = 0x6559
PPP_TYPE = 0x880B
WCCP = 0x883E
ERSPAN_2 = 0x88BE  # types I and II
ERSPAN_3 = 0x22EB
ARUBA_FIRST, ARUBA_LAST = 0x8200, 0x8370  # IEEE 802.11 frames, in steps of 16

WCCP_REDIRECT = 4  # octets, of version 2
ERSPAN_VERSION_2, ERSPAN_VERSION_3 = 1, 2
ERSPAN_2_HEADER = 8  # draft-foschiano-erspan section 4.2
ERSPAN_3_HEADER = 12  # section 4.3
ERSPAN_3_OPTIONAL = 0x01  # in its last octet: a platform specific subheader follows
ERSPAN_3_SUBHEADER = 8

LINKTYPE_IEEE802_11 = 105
LINKTYPE_FRELAY = 107


def decode_gre(frame: Frame, segment: Segment, at: int) -> int:
    """Step over the GRE header at `at` and enter what its protocol type announces."""
    if at + HEADER > frame.end:
        return frame.fault(GRE_TRUNCATED, at, HEADER)
    flags = frame.data[at] << 8 | frame.data[at + 1]
    protocol = frame.data[at + 2] << 8 | frame.data[at + 3]
    length = _header_length(flags, protocol)
    if flags & VERSION > ENHANCED:
        if frame.end <= at + length < frame.wire_end:
            return frame.fault(GRE_TRUNCATED, at, length + 1)  # what follows would tell
        if not ip_fits(frame, at + length):
            return frame.fault(GRE_VERSION, at, 0)
    if at + length > frame.end:
        return frame.fault(GRE_TRUNCATED, at, length)
    inside = at + length
    if flags & ROUTING:
        inside = _behind_routes(frame, inside)
        if inside > frame.end:
            return frame.fault(GRE_TRUNCATED, at, inside - at)
    if inside >= frame.wire_end:
        return _other(frame, protocol, at)  # nothing but an acknowledgment, or to keep alive
    return _enter(frame, segment, flags, protocol, inside)


def _header_length(flags: int, protocol: int) -> int:
    """Return how long the header is, without the routing of RFC 1701."""
    length = HEADER
    if flags & (CHECKSUM | ROUTING):
        length += 4
    if flags & KEY:
        length += 4
    if flags & SEQUENCE:
        length += 4
    if flags & ACKNOWLEDGMENT and (flags & VERSION == ENHANCED or protocol == PPP_TYPE):
        length += 4
    return length


def _behind_routes(frame: Frame, at: int) -> int:
    """Return the offset behind the source routes at `at`, which end in an empty one (RFC 1701)."""
    while at + ROUTE_HEADER <= frame.end:
        family = frame.data[at] << 8 | frame.data[at + 1]
        length = frame.data[at + 3]
        at += ROUTE_HEADER + length
        if family == 0 and length == 0:
            return at
    return max(at, frame.end) + ROUTE_HEADER


def _enter(frame: Frame, segment: Segment, flags: int, protocol: int, at: int) -> int:
    """Enter what the `protocol` type announces at `at`."""
    if protocol == IPV4:
        return frame.enter(IP, at)
    if protocol == PPP_TYPE:
        if flags & VERSION == ENHANCED:
            _rename(segment, PPTP)
        return frame.enter(PPP, at)
    if protocol == BRIDGED:
        if flags & (CHECKSUM | ROUTING | KEY | SEQUENCE) == KEY:
            _rename(segment, NVGRE)  # RFC 7637 section 3.2 has the key and nothing else
        return frame.enter(ETHERNET, at)
    if protocol == ERSPAN_2 or protocol == ERSPAN_3:
        _rename(segment, ERSPAN)
        if protocol == ERSPAN_2 and not flags & SEQUENCE:
            return frame.enter(ETHERNET, at)  # type I has no header and no sequence number
        return _erspan(frame, protocol, at)
    if _is_ethertype(protocol):
        return frame.enter(ETHERTYPE, at, protocol)
    return _enter_rare(frame, protocol, at)


def _enter_rare(frame: Frame, protocol: int, at: int) -> int:
    """Enter what only some makers' equipment sends."""
    if protocol == WCCP:
        return _redirected(frame, at)
    if protocol == EOIP:
        return frame.enter(ETHERNET, at)
    if protocol == FRAME_RELAY:
        return frame.enter(LINK, at, LINKTYPE_FRELAY)
    if ARUBA_FIRST <= protocol <= ARUBA_LAST and protocol & 15 == 0:
        return frame.enter(LINK, at, LINKTYPE_IEEE802_11)
    return _other(frame, protocol, at)


def _is_ethertype(protocol: int) -> bool:
    """Return whether `protocol` is an EtherType that means in GRE what it means elsewhere."""
    return (
        protocol == IPV6
        or protocol == VLAN
        or protocol == MPLS
        or protocol == MPLS_MULTICAST
        or protocol == METADATA
        or protocol == NSH
    )


def _erspan(frame: Frame, protocol: int, at: int) -> int:
    """Step over the ERSPAN header at `at`, of the type that its version says.

    (draft-foschiano-erspan sections 4.2 and 4.3)
    """
    if at + ERSPAN_2_HEADER > frame.end:
        return frame.fault(GRE_TRUNCATED, at, ERSPAN_2_HEADER)
    version = frame.data[at] >> 4
    if version == ERSPAN_VERSION_2:
        return frame.enter(ETHERNET, at + ERSPAN_2_HEADER)
    if version != ERSPAN_VERSION_3:
        return _other(frame, protocol, at)
    if at + ERSPAN_3_HEADER > frame.end:
        return frame.fault(GRE_TRUNCATED, at, ERSPAN_3_HEADER)
    last = frame.data[at + ERSPAN_3_HEADER - 1]
    at += ERSPAN_3_HEADER
    return frame.enter(ETHERNET, at + ERSPAN_3_SUBHEADER if last & ERSPAN_3_OPTIONAL else at)


def _redirected(frame: Frame, at: int) -> int:
    """Step over the redirect header of WCCP version 2, which does not begin as an IP packet."""
    if at + 1 > frame.end:
        return frame.fault(GRE_TRUNCATED, at, 1)
    version = frame.data[at] >> 4
    if version == 4 or version == 6:
        return frame.enter(IP, at)
    return frame.enter(IP, at + WCCP_REDIRECT)


def _rename(segment: Segment, kind: int) -> None:
    """Name the tunnel just entered more exactly than by GRE; a UDP tunnel keeps its name."""
    if segment.tunnel & 255 == GRE_TUNNEL:
        segment.tunnel = segment.tunnel >> 8 << 8 | kind


def _other(frame: Frame, protocol: int, at: int) -> int:
    frame.fault_number = protocol
    return frame.fault(OTHER_GRE, at, 0)
