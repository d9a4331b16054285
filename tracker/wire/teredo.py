"""IPv6 for hosts behind a NAT, in UDP datagrams: Teredo (RFC 4380), and AYIYA of SixXS."""

from tracker.wire.inner import enter_ip, ipv6_fits, refuse, too_short
from tracker.wire.layers import AYIYA, IP, TEREDO
from tracker.wire.segment import Frame, Segment

# The indications that may stand before the packet (RFC 4380 section 5.1.1).
TYPE = 2
ORIGIN = 0
ORIGIN_LENGTH = 8
AUTHENTICATION = 1
AUTHENTICATION_LENGTH = 13  # without client identifier and authentication value
MIN_LENGTH = 4

# draft-massar-v6ops-ayiya section 3.
AYIYA_HEADER = 8
AYIYA_NEXT_HEADER = 3
AYIYA_FORWARD = 1  # the operation that carries a packet
IPV4_IN_IP, IPV6_IN_IP = 4, 41


def decode_teredo(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the packet behind the indications at `at`; the authentication comes first."""
    if at + MIN_LENGTH > frame.end:
        return too_short(frame, TEREDO, at, MIN_LENGTH)
    if frame.data[at] == 0 and frame.data[at + 1] == AUTHENTICATION:
        at += AUTHENTICATION_LENGTH + frame.data[at + 2] + frame.data[at + 3]
        if at + TYPE > frame.end:
            return too_short(frame, TEREDO, at, TYPE)
    if frame.data[at] == 0 and frame.data[at + 1] == ORIGIN:
        at += ORIGIN_LENGTH
    if not ipv6_fits(frame, at):
        return refuse(frame, TEREDO, at)
    return segment.enter_tunnel(frame, TEREDO, IP, at)


def decode_ayiya(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the packet behind the AYIYA header at `at`, with identity and signature in it."""
    if at + AYIYA_HEADER > frame.end:
        return too_short(frame, AYIYA, at, AYIYA_HEADER)
    protocol = frame.data[at + AYIYA_NEXT_HEADER]
    if frame.data[at + 2] & 15 != AYIYA_FORWARD or protocol not in (IPV4_IN_IP, IPV6_IN_IP):
        return refuse(frame, AYIYA, at)
    identity = 1 << (frame.data[at] >> 4)
    signature = (frame.data[at + 1] >> 4) * 4
    return enter_ip(frame, segment, AYIYA, at + AYIYA_HEADER + identity + signature)
