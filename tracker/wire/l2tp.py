"""L2TP: version 2 (RFC 2661) and 3 (RFC 3931), in UDP and directly in IP."""

from tracker.wire.inner import ipv4_fits, ipv6_fits, proves_ip, refuse, too_short
from tracker.wire.layers import ETHERNET, L2TP, PPP
from tracker.wire.segment import Frame, Segment

HEADER = 2
IDS = 4  # tunnel and session identifiers (RFC 2661 section 3.1)
SESSION = 4  # session identifier of version 3
UDP_HEADER_V3 = 4  # before it (RFC 3931 section 4.1.2.1)

CONTROL = 0x8000
LENGTH = 0x4000
SEQUENCE = 0x0800
OFFSET = 0x0200
RESERVED = 0x34F0
VERSION = 0x000F
VERSION_2, VERSION_3 = 2, 3

# What may stand between session identifier and payload of version 3: a cookie of 4 or 8 octets
# and a sublayer of 4 (RFC 3931 section 4.1).
MAX_UNKNOWN = 12

PPP_IPV4, PPP_IPV6 = 0x0021, 0x0057


def decode_l2tp(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the PPP frame behind the L2TP header at `at`; control messages have none."""
    if at + HEADER > frame.end:
        return too_short(frame, L2TP, at, HEADER)
    flags = frame.data[at] << 8 | frame.data[at + 1]
    if flags & CONTROL:
        return refuse(frame, L2TP, at)
    if flags & VERSION == VERSION_3:
        return decode_l2tp_v3(frame, segment, at + UDP_HEADER_V3, False)
    length = _header_length(flags)
    if flags & VERSION != VERSION_2 or flags & RESERVED or at + length >= frame.wire_end:
        return refuse(frame, L2TP, at)
    if at + length > frame.end:
        return too_short(frame, L2TP, at, length)
    if flags & LENGTH:
        end = at + (frame.data[at + 2] << 8 | frame.data[at + 3])
        if end > frame.wire_end or end < at + length:
            return refuse(frame, L2TP, at)
        frame.wire_end = end
    if flags & OFFSET:
        length += frame.data[at + length - 2] << 8 | frame.data[at + length - 1]
    return _enter_ppp(frame, segment, at + length)


def _header_length(flags: int) -> int:
    """Return how long a header of version 2 is, without what its offset field skips."""
    length = HEADER + IDS
    if flags & LENGTH:
        length += 2
    if flags & SEQUENCE:
        length += 4
    if flags & OFFSET:
        length += 2
    return length


def _enter_ppp(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the PPP frame at `at`, if the IP packet that it announces fits."""
    payload = at
    if at + 4 <= frame.end:
        if frame.data[at] == 0xFF and frame.data[at + 1] == 0x03:
            payload += 2
        protocol = frame.data[payload] << 8 | frame.data[payload + 1]
        payload += 2
        if protocol == PPP_IPV4 and not ipv4_fits(frame, payload):
            return refuse(frame, L2TP, at)
        if protocol == PPP_IPV6 and not ipv6_fits(frame, payload):
            return refuse(frame, L2TP, at)
    elif at + 2 > frame.wire_end:
        return refuse(frame, L2TP, at)
    return segment.enter_tunnel(frame, L2TP, PPP, at)


def decode_l2tp_v3(frame: Frame, segment: Segment, at: int, entered: bool) -> int:
    """Find the Ethernet frame behind the session identifier at `at` (RFC 3931 section 4.1.1).

    Only the control connection says how long the cookie is, whether there is a sublayer, and
    what is carried: that it is an Ethernet frame has to be beyond doubt.  Session 0 is the
    control connection itself.  `entered`: the tunnel is counted already.
    """
    if at + SESSION > frame.end:
        return too_short(frame, L2TP, at, SESSION)
    session = frame.data[at] | frame.data[at + 1] | frame.data[at + 2] | frame.data[at + 3]
    if session == 0:
        return refuse(frame, L2TP, at)
    at += SESSION
    last = at + MAX_UNKNOWN
    while at <= last:
        if proves_ip(frame, at):
            if entered:
                return frame.enter(ETHERNET, at)
            return segment.enter_tunnel(frame, L2TP, ETHERNET, at)
        at += 4
    return refuse(frame, L2TP, last)
