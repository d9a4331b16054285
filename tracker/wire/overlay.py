"""Networks laid over IP in UDP datagrams: VXLAN, VXLAN-GPE, Geneve, GUE and LISP.

Their headers have fixed bits and numbers that say what follows.  Reserved bits are to be ignored
(all their RFCs say so), so what is believed depends on what is inside as well.
"""

from tracker.wire.inner import carries_ip, enter_ethernet, enter_ip, proves_ip, refuse, too_short
from tracker.wire.layers import (
    ETHERNET,
    ETHERTYPE,
    GENEVE,
    GUE,
    LISP,
    MPLS,
    VXLAN,
    VXLAN_GPE,
)
from tracker.wire.segment import Frame, Segment

HEADER = 8  # of VXLAN, VXLAN-GPE, Geneve and LISP

# VXLAN (RFC 7348 section 5).
VALID_IDENTIFIER = 0x08

# VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe).
GPE_VERSION = 0x30
GPE_NEXT_PROTOCOL = 3
GPE_IPV4, GPE_IPV6, GPE_ETHERNET, GPE_NSH, GPE_MPLS = 1, 2, 3, 4, 5

# Geneve (RFC 8926 section 3.4).
GENEVE_VERSION = 0xC0
GENEVE_OPTIONS = 0x3F  # in units of 4 octets
MIN_ETHERTYPE = 0x0600
BRIDGED = 0x6558
IPV4, IPV6, NSH = 0x0800, 0x86DD, 0x894F

# GUE (draft-ietf-intarea-gue section 3).
GUE_HEADER = 4
GUE_CONTROL = 0x20
GUE_OPTIONS = 0x1F  # in units of 4 octets
IPV4_IN_IP, IPV6_IN_IP = 4, 41

# LISP (RFC 9300 section 5.3, RFC 9305 section 3).
LISP_MULTI_PROTOCOL = 0x04
LISP_NEXT_PROTOCOL = 3
LISP_ENCAPSULATED_CONTROL = 8  # RFC 9301 section 5.8
LISP_CONTROL_HEADER = 4


def decode_vxlan(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the Ethernet frame behind the VXLAN header at `at`.

    A header that does not say that its identifier is valid is nobody's, unless IP is inside.
    """
    if at + HEADER > frame.end:
        return too_short(frame, VXLAN, at, HEADER)
    if not frame.data[at] & VALID_IDENTIFIER and not carries_ip(frame, at + HEADER):
        return refuse(frame, VXLAN, at)
    return enter_ethernet(frame, segment, VXLAN, at + HEADER)


def decode_other_vxlan(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the Ethernet frame of VXLAN on the port that it had before it got its own.

    Linux uses it still; the port is OTV's, too, so there has to be IP inside beyond doubt.
    """
    if at + HEADER > frame.end:
        return too_short(frame, VXLAN, at, HEADER)
    if frame.data[at] != VALID_IDENTIFIER or not proves_ip(frame, at + HEADER):
        return refuse(frame, VXLAN, at)
    return segment.enter_tunnel(frame, VXLAN, ETHERNET, at + HEADER)


def decode_vxlan_gpe(frame: Frame, segment: Segment, at: int) -> int:
    """Enter what the VXLAN-GPE header at `at` announces."""
    if at + HEADER > frame.end:
        return too_short(frame, VXLAN_GPE, at, HEADER)
    if frame.data[at] & GPE_VERSION:
        return refuse(frame, VXLAN_GPE, at)
    protocol = frame.data[at + GPE_NEXT_PROTOCOL]
    return _next_protocol(frame, segment, VXLAN_GPE, protocol, at + HEADER)


def _next_protocol(frame: Frame, segment: Segment, kind: int, protocol: int, at: int) -> int:
    """Enter what the next protocol of VXLAN-GPE or LISP-GPE says."""
    if protocol == GPE_IPV4 or protocol == GPE_IPV6:
        return enter_ip(frame, segment, kind, at)
    if protocol == GPE_ETHERNET:
        return enter_ethernet(frame, segment, kind, at)
    if protocol == GPE_NSH:
        return segment.enter_tunnel(frame, kind, ETHERTYPE, at, NSH)
    if protocol == GPE_MPLS:
        return segment.enter_tunnel(frame, kind, MPLS, at)
    return refuse(frame, kind, at)


def decode_geneve(frame: Frame, segment: Segment, at: int) -> int:
    """Step over the Geneve header at `at` with its options.

    An endpoint that does not know the version or a critical option drops the packet (RFC 8926
    sections 3.4 and 3.5); who only watches need not, where IP is inside.
    """
    if at + HEADER > frame.end:
        return too_short(frame, GENEVE, at, HEADER)
    length = HEADER + (frame.data[at] & GENEVE_OPTIONS) * 4
    if at + length > frame.wire_end:
        return refuse(frame, GENEVE, at)
    if at + length > frame.end:
        return too_short(frame, GENEVE, at, length)
    version = frame.data[at] & GENEVE_VERSION
    protocol = frame.data[at + 2] << 8 | frame.data[at + 3]
    at += length
    if version and not carries_ip(frame, at):
        return refuse(frame, GENEVE, at)
    if protocol == BRIDGED:
        return enter_ethernet(frame, segment, GENEVE, at)
    if protocol == IPV4 or protocol == IPV6:
        return enter_ip(frame, segment, GENEVE, at)
    if protocol < MIN_ETHERTYPE or at >= frame.wire_end:
        return refuse(frame, GENEVE, at)
    return segment.enter_tunnel(frame, GENEVE, ETHERTYPE, at, protocol)


def decode_gue(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the IP packet in GUE: variant 0 has a header, variant 1 is the packet itself."""
    if at + GUE_HEADER > frame.end:
        return too_short(frame, GUE, at, GUE_HEADER)
    variant = frame.data[at] >> 6
    if variant == 1:
        return enter_ip(frame, segment, GUE, at)
    protocol = frame.data[at + 1]
    if variant or frame.data[at] & GUE_CONTROL or protocol not in (IPV4_IN_IP, IPV6_IN_IP):
        return refuse(frame, GUE, at)
    return enter_ip(frame, segment, GUE, at + GUE_HEADER + (frame.data[at] & GUE_OPTIONS) * 4)


def decode_lisp(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the IP packet behind the LISP header at `at`, or what LISP-GPE announces."""
    if at + HEADER > frame.end:
        return too_short(frame, LISP, at, HEADER)
    if frame.data[at] & LISP_MULTI_PROTOCOL:
        protocol = frame.data[at + LISP_NEXT_PROTOCOL]
        return _next_protocol(frame, segment, LISP, protocol, at + HEADER)
    return enter_ip(frame, segment, LISP, at + HEADER)


def decode_lisp_control(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the IP packet in an encapsulated control message."""
    if at + LISP_CONTROL_HEADER > frame.end:
        return too_short(frame, LISP, at, LISP_CONTROL_HEADER)
    if frame.data[at] >> 4 != LISP_ENCAPSULATED_CONTROL:
        return refuse(frame, LISP, at)
    return enter_ip(frame, segment, LISP, at + LISP_CONTROL_HEADER)
