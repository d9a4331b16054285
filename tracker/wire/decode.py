"""From the first header of a frame to the segment in it, one layer after the other."""

from tracker.wire.ethernet import decode_ethernet, decode_ethertype, decode_llc
from tracker.wire.ip import decode_ip
from tracker.wire.layers import (
    ETHERNET,
    ETHERTYPE,
    IP,
    LINK,
    LLC,
    MAX_STEPS,
    MPLS,
    NSH_PAYLOAD,
    PPP,
    PPP_PAYLOAD,
    UDP_PAYLOAD,
)
from tracker.wire.link import decode_link
from tracker.wire.link_types import LINKTYPE_ETHERNET
from tracker.wire.mpls import decode_mpls
from tracker.wire.ppp import decode_ppp, decode_ppp_payload
from tracker.wire.reasons import NESTING, OTHER_NSH
from tracker.wire.segment import GOES_ON, Frame, Segment
from tracker.wire.tunnel import decode_tunnel

# What NSH announces (RFC 8300 section 2.2).
NSH_IPV4, NSH_IPV6, NSH_ETHERNET, NSH_MPLS = 1, 2, 3, 5


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
        reason = decode_ethernet(frame, segment, frame.start)
    else:
        segment.to_group = False
        reason = decode_link(link_type, frame, frame.start)
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
    frame.at = frame.again
    frame.again = 0
    return _go_on(frame, segment)


def _go_on(frame: Frame, segment: Segment) -> int:
    """Step from layer to layer until there is a segment or a reason why not."""
    for _ in range(MAX_STEPS):
        reason = _step(frame, segment)
        if reason != GOES_ON:
            return reason
    return frame.fault(NESTING, frame.at, 0)


def _step(frame: Frame, segment: Segment) -> int:
    """Decode the layer that was entered last."""
    layer, at = frame.layer, frame.at
    if layer == IP:
        return decode_ip(frame, segment, at)
    if layer == ETHERNET:
        return decode_ethernet(frame, segment, at)
    if layer == ETHERTYPE:
        return decode_ethertype(frame, segment, frame.next_type, at)
    if layer == LLC:
        return decode_llc(frame, segment, at)
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
    return decode_tunnel(layer, frame, segment, at)


def _link(frame: Frame, segment: Segment, link_type: int, at: int) -> int:
    """Decode a frame of `link_type` inside another one."""
    if link_type == LINKTYPE_ETHERNET:
        return decode_ethernet(frame, segment, at)
    return decode_link(link_type, frame, at)


def _nsh_payload(frame: Frame, protocol: int, at: int) -> int:
    if protocol == NSH_IPV4 or protocol == NSH_IPV6:
        return frame.enter(IP, at)
    if protocol == NSH_ETHERNET:
        return frame.enter(ETHERNET, at)
    if protocol == NSH_MPLS:
        return frame.enter(MPLS, at)
    frame.fault_number = protocol
    return frame.fault(OTHER_NSH, at, 0)
