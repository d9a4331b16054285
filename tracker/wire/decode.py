"""From the first header of a frame to the segment in it, one layer after the other."""

from tracker.wire.ethernet import decode_ethernet, decode_ethertype, decode_llc, decode_snap
from tracker.wire.hdlc import decode_nlpid
from tracker.wire.ip import decode_ip
from tracker.wire.layers import (
    ETHERNET,
    ETHERTYPE,
    IP,
    LINK,
    LLC,
    MAX_STEPS,
    MPLS,
    NLPID,
    NSH_PAYLOAD,
    PPP,
    PPP_PAYLOAD,
    PPP_PROTOCOL,
    SNAP,
    SUBFRAME,
    UDP_PAYLOAD,
    WIRELESS,
)
from tracker.wire.link import decode_link
from tracker.wire.link_types import LINKTYPE_ETHERNET
from tracker.wire.mpls import decode_mpls
from tracker.wire.nsh import decode_nsh
from tracker.wire.plain import decode_plain
from tracker.wire.ppp import decode_ppp, decode_ppp_payload, decode_ppp_protocol
from tracker.wire.reasons import DECODED, NESTING, OTHER_NSH
from tracker.wire.segment import GOES_ON, Frame, Segment
from tracker.wire.tunnel import decode_tunnel
from tracker.wire.wireless import decode_subframe, decode_wireless

# What NSH announces (RFC 8300 section 2.2).
NSH_IPV4, NSH_IPV6, NSH_ETHERNET, NSH_NSH, NSH_MPLS = 1, 2, 3, 4, 5


def decode(link_type: int, frame: Frame, segment: Segment) -> int:
    """Decode one frame of a capture into `segment`.

    Returns `reasons.DECODED`, or the reason why it is neither a segment nor a datagram.  After
    DECODED, `segment.inside` says whether to ask `decode_inside` for what is in the datagram, and
    `frame.again` whether to ask `decode_again` for another packet in the frame.
    """
    segment.tunnel = 0
    segment.inside = 0
    segment.fragmented = False
    segment.vlan = -1
    frame.again = 0
    if link_type == LINKTYPE_ETHERNET:
        if decode_plain(frame, segment):
            return DECODED
        reason = decode_ethernet(frame, segment, frame.start)
    else:
        segment.to_group = False
        reason = decode_link(link_type, frame, segment, frame.start)
    return _go_on(frame, segment) if reason == GOES_ON else reason


def decode_inside(frame: Frame, segment: Segment) -> int:
    """Decode what is in the datagram that was decoded last, as `decode` does."""
    at = segment.inside
    segment.inside = 0
    segment.fragmented = False
    frame.enter(UDP_PAYLOAD, at)
    return _go_on(frame, segment)


def decode_again(frame: Frame, segment: Segment) -> int:
    """Decode the next packet of a frame that holds several, as `decode` does."""
    segment.tunnel = 0
    segment.inside = 0
    segment.fragmented = False
    frame.enter(SUBFRAME, frame.again)
    frame.again = 0
    return _go_on(frame, segment)


def _go_on(frame: Frame, segment: Segment) -> int:
    """Step from layer to layer until there is a segment or a reason why not."""
    for _ in range(MAX_STEPS):
        reason = _step(frame, segment)
        if reason != GOES_ON:
            return reason
    return frame.fault(NESTING, frame.at, 0)


def _step(frame: Frame, segment: Segment) -> int:  # noqa: C901 - a line for each
    """Decode the layer that was entered last."""
    layer, at = frame.layer, frame.at
    if layer == IP:
        return decode_ip(frame, segment, at)
    if layer == ETHERNET:
        return decode_ethernet(frame, segment, at)
    if layer == ETHERTYPE:
        return decode_ethertype(frame, segment, frame.next_type, at)
    if layer == LLC:
        return decode_llc(frame, at)
    if layer == PPP:
        return decode_ppp(frame, at)
    if layer == PPP_PAYLOAD:
        return decode_ppp_payload(frame, frame.next_type, at)
    if layer == MPLS:
        return decode_mpls(frame, at)
    if layer == NSH_PAYLOAD:
        return _nsh_payload(frame, frame.next_type, at)
    if layer == LINK:
        return _link(frame, segment, frame.next_type, at)
    if layer == SNAP or layer == NLPID or layer == PPP_PROTOCOL:
        return _announced(layer, frame, at)
    if layer == WIRELESS:
        return decode_wireless(frame, segment, at, frame.next_type)
    if layer == SUBFRAME:
        return decode_subframe(frame, segment, at)
    return decode_tunnel(layer, frame, segment, at)


def _link(frame: Frame, segment: Segment, link_type: int, at: int) -> int:
    """Decode a frame of `link_type` inside another one."""
    if link_type == LINKTYPE_ETHERNET:
        return decode_ethernet(frame, segment, at)
    return decode_link(link_type, frame, segment, at)


def _announced(layer: int, frame: Frame, at: int) -> int:
    """Decode one of the numbers that announce what follows."""
    if layer == SNAP:
        return decode_snap(frame, at, 0)
    if layer == NLPID:
        return decode_nlpid(frame, at)
    return decode_ppp_protocol(frame, at)


def _nsh_payload(frame: Frame, protocol: int, at: int) -> int:
    if protocol == NSH_IPV4 or protocol == NSH_IPV6:
        return frame.enter(IP, at)
    if protocol == NSH_ETHERNET:
        return frame.enter(ETHERNET, at)
    if protocol == NSH_NSH:
        return decode_nsh(frame, at)
    if protocol == NSH_MPLS:
        return frame.enter(MPLS, at)
    frame.fault_number = protocol
    return frame.fault(OTHER_NSH, at, 0)
