"""GTP-U, the tunnels of mobile networks: 3GPP TS 29.281, and version 0 of GSM 09.60."""

from tracker.wire.inner import carries_ip, ip_fits, refuse, too_short
from tracker.wire.layers import ETHERNET, GTP_U, IP, PPP_PAYLOAD
from tracker.wire.segment import Frame, Segment

# Offsets of the fields (TS 29.281 section 5.1).
FLAGS = 0
MESSAGE_TYPE = 1
LENGTH = 2
HEADER = 8
OPTIONAL = 4  # octets: sequence number, N-PDU number, type of the next extension header
HEADER_V0 = 20  # GSM 09.60 section 6

VERSION_AND_PROTOCOL = 0xF0  # version, and whether it is GTP and not GTP' for charging
VERSION_0 = 0x10
VERSION_1 = 0x30
EXTENSION = 0x04
ANY_OPTIONAL = 0x07
G_PDU = 255  # the message that carries a packet

PPP_HEADER = 4
PPP_IPV4, PPP_IPV6 = 0x0021, 0x0057


def decode_gtp(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the packet of the user behind the GTP header at `at`; other messages have none."""
    if at + HEADER > frame.end:
        return too_short(frame, GTP_U, at, HEADER)
    version = frame.data[at + FLAGS] & VERSION_AND_PROTOCOL
    length = frame.data[at + LENGTH] << 8 | frame.data[at + LENGTH + 1]
    header = HEADER_V0 if version == VERSION_0 else HEADER
    if frame.data[at + MESSAGE_TYPE] != G_PDU:
        return refuse(frame, GTP_U, at)
    if at + header + length < frame.wire_end:
        frame.wire_end = at + header + length
    if version == VERSION_0:
        return _user_packet(frame, segment, at + header)
    if version != VERSION_1:
        return refuse(frame, GTP_U, at)
    if frame.data[at + FLAGS] & ANY_OPTIONAL:
        header += OPTIONAL
    if at + header > frame.end:
        return too_short(frame, GTP_U, at, header)
    if not frame.data[at + FLAGS] & EXTENSION:
        return _user_packet(frame, segment, at + header)
    return _extended(frame, segment, at + header)


def _extended(frame: Frame, segment: Segment, at: int) -> int:
    """Step over the extension headers at `at`; the octet before each is its type, 0 for none.

    (TS 29.281 section 5.2.1; the first octet is the length in units of 4 octets)
    """
    while frame.data[at - 1]:
        if at + 1 > frame.end:
            return too_short(frame, GTP_U, at, 1)
        length = frame.data[at] * 4
        if length == 0:
            return refuse(frame, GTP_U, at)
        if at + length > frame.end:
            return too_short(frame, GTP_U, at, length)
        at += length
    return _user_packet(frame, segment, at)


def _user_packet(frame: Frame, segment: Segment, at: int) -> int:
    """Enter what the user sent: IP, or Ethernet or PPP where the session is of that type.

    Which it is was said when the session was set up, so it has to show.
    """
    if ip_fits(frame, at):
        return segment.enter_tunnel(frame, GTP_U, IP, at)
    if carries_ip(frame, at):
        return segment.enter_tunnel(frame, GTP_U, ETHERNET, at)
    if at + PPP_HEADER > frame.end or at + PPP_HEADER > frame.wire_end:
        return refuse(frame, GTP_U, at)
    if frame.data[at] == 0xFF and frame.data[at + 1] == 0x03:
        at += 2
    protocol = frame.data[at] << 8 | frame.data[at + 1]
    if protocol in (PPP_IPV4, PPP_IPV6) and ip_fits(frame, at + 2):
        return segment.enter_tunnel(frame, GTP_U, PPP_PAYLOAD, at + 2, protocol)
    return refuse(frame, GTP_U, at)
