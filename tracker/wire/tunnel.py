"""Tunnels: headers that carry another packet inside IP or inside a UDP datagram."""

from tracker.wire.capwap import decode_capwap, decode_lwapp, decode_tzsp
from tracker.wire.gre import decode_gre
from tracker.wire.gtp import decode_gtp
from tracker.wire.inner import ethernet_fits, ip_fits, refuse, too_short
from tracker.wire.l2tp import decode_l2tp, decode_l2tp_v3
from tracker.wire.layers import (
    ETHER_IP,
    ETHER_IP_TUNNEL,
    ETHERNET,
    GRE,
    GRE_IN_UDP,
    L2TP_V3,
    MPLS,
    MPLS_IN_UDP,
)
from tracker.wire.overlay import (
    decode_geneve,
    decode_gue,
    decode_lisp,
    decode_lisp_control,
    decode_other_vxlan,
    decode_vxlan,
    decode_vxlan_gpe,
)
from tracker.wire.reasons import OTHER_TUNNEL
from tracker.wire.segment import Frame, Segment
from tracker.wire.teredo import decode_ayiya, decode_teredo

ETHER_IP_HEADER = 2

# The ports of tunnels (IANA service names and port numbers), in order.
L2TP_PORT = 1701
GTP_CONTROL_PORT = 2123  # GTP-U is not meant to be here, but has been seen
GTP_PORT = 2152
GTP_PRIME_PORT = 3386  # GTP version 0 used it for everything
TEREDO_PORT = 3544
LISP_PORT = 4341
LISP_CONTROL_PORT = 4342
GRE_PORT = 4754
VXLAN_PORT = 4789
VXLAN_GPE_PORT = 4790
AYIYA_PORT = 5072
CAPWAP_PORT = 5247
GUE_PORT = 6080
GENEVE_PORT = 6081
MPLS_PORT = 6635
OTHER_VXLAN_PORT = 8472
LWAPP_PORT = 12222
LWAPP_CONTROL_PORT = 12223
TZSP_PORT = 37008

LABEL = 4
BOTTOM = 0x01  # of the stack, in the third octet of a label

UDP_HEADER = 8
UDP_LENGTH = 4


def decode_tunnel(layer: int, frame: Frame, segment: Segment, at: int) -> int:
    """Find what is inside the tunnel whose header `layer` stands at `at`."""
    if layer == GRE:
        return decode_gre(frame, segment, at)
    if layer == ETHER_IP:
        return _ether_ip(frame, at)
    if layer == L2TP_V3:
        return decode_l2tp_v3(frame, segment, at, True)
    return _datagram(frame, segment, at)


def _ether_ip(frame: Frame, at: int) -> int:
    """Step over the EtherIP header at `at` (RFC 3378 section 3): its version, and reserved bits.

    The version is 3, but some wrote it in the wrong half of the octet.
    """
    if at + ETHER_IP_HEADER > frame.end:
        return too_short(frame, ETHER_IP_TUNNEL, at, ETHER_IP_HEADER)
    if not ethernet_fits(frame, at + ETHER_IP_HEADER):
        return refuse(frame, ETHER_IP_TUNNEL, at)
    return frame.enter(ETHERNET, at + ETHER_IP_HEADER)


def may_carry(source_port: int, destination_port: int) -> bool:
    """Return whether the ports of a datagram say that a tunnel is in it."""
    return is_tunnel(destination_port) or is_tunnel(source_port)


def is_tunnel(port: int) -> bool:
    """Return whether a tunnel has this port; most ports need two comparisons."""
    if port < GTP_CONTROL_PORT:
        return port == L2TP_PORT
    if port > OTHER_VXLAN_PORT:
        return port == TZSP_PORT or port == LWAPP_PORT or port == LWAPP_CONTROL_PORT
    if port < GRE_PORT:
        return (
            port == GTP_CONTROL_PORT
            or port == GTP_PORT
            or port == GTP_PRIME_PORT
            or port == TEREDO_PORT
            or port == LISP_PORT
            or port == LISP_CONTROL_PORT
        )
    return (
        port == GRE_PORT
        or port == VXLAN_PORT
        or port == VXLAN_GPE_PORT
        or port == AYIYA_PORT
        or port == CAPWAP_PORT
        or port == GUE_PORT
        or port == GENEVE_PORT
        or port == MPLS_PORT
        or port == OTHER_VXLAN_PORT
    )


def _datagram(frame: Frame, segment: Segment, at: int) -> int:
    """Find the tunnel in the datagram whose data is at `at`, by the port that it was sent to.

    Where that has none, or another one, it may be an answer from the port of a tunnel.
    """
    length = frame.data[at - UDP_HEADER + UDP_LENGTH] << 8 | frame.data[at - UDP_HEADER + 5]
    if length >= UDP_HEADER:
        # In the first fragment of a datagram this is behind the frame: the rest is to come.
        frame.wire_end = at - UDP_HEADER + length
    if not is_tunnel(segment.destination_port):
        return _decode_port(segment.source_port, frame, segment, at)
    end = frame.wire_end
    tunnel = segment.tunnel
    reason = _decode_port(segment.destination_port, frame, segment, at)
    if reason != OTHER_TUNNEL or segment.source_port == segment.destination_port:
        return reason
    if not is_tunnel(segment.source_port):
        return reason
    frame.wire_end = end
    segment.tunnel = tunnel
    return _decode_port(segment.source_port, frame, segment, at)


def _mpls(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the labels at `at` (RFC 7510 section 3), if the IP packet behind them fits."""
    inside = at + LABEL
    while inside <= frame.end and not frame.data[inside - 2] & BOTTOM:
        inside += LABEL
    if inside < frame.end:
        version = frame.data[inside] >> 4
        if (version == 4 or version == 6) and not ip_fits(frame, inside):
            return refuse(frame, MPLS_IN_UDP, at)
    if at + LABEL > frame.wire_end:
        return refuse(frame, MPLS_IN_UDP, at)
    return segment.enter_tunnel(frame, MPLS_IN_UDP, MPLS, at)


def _decode_port(port: int, frame: Frame, segment: Segment, at: int) -> int:
    """Decode the tunnel that has `port`, the frequent ones first."""
    if port == VXLAN_PORT:
        return decode_vxlan(frame, segment, at)
    if port == GENEVE_PORT:
        return decode_geneve(frame, segment, at)
    if port == GTP_PORT or port == GTP_CONTROL_PORT or port == GTP_PRIME_PORT:
        return decode_gtp(frame, segment, at)
    if port == OTHER_VXLAN_PORT:
        return decode_other_vxlan(frame, segment, at)
    if port == VXLAN_GPE_PORT:
        return decode_vxlan_gpe(frame, segment, at)
    if port == L2TP_PORT:
        return decode_l2tp(frame, segment, at)
    if port == GRE_PORT:
        return segment.enter_tunnel(frame, GRE_IN_UDP, GRE, at)
    if port == MPLS_PORT:
        return _mpls(frame, segment, at)
    if port == CAPWAP_PORT:
        return decode_capwap(frame, segment, at)
    return _decode_rare_port(port, frame, segment, at)


def _decode_rare_port(port: int, frame: Frame, segment: Segment, at: int) -> int:
    if port == TEREDO_PORT:
        return decode_teredo(frame, segment, at)
    if port == GUE_PORT:
        return decode_gue(frame, segment, at)
    if port == LISP_PORT:
        return decode_lisp(frame, segment, at)
    if port == LISP_CONTROL_PORT:
        return decode_lisp_control(frame, segment, at)
    if port == AYIYA_PORT:
        return decode_ayiya(frame, segment, at)
    if port == LWAPP_PORT or port == LWAPP_CONTROL_PORT:
        return decode_lwapp(frame, segment, at)
    return decode_tzsp(frame, segment, at)
