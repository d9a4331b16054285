"""What access points and sensors send on: CAPWAP (RFC 5415), LWAPP (RFC 5412), TZSP."""

from tracker.wire.inner import enter_ethernet, refuse, too_short
from tracker.wire.layers import CAPWAP, LINK, LLC, LWAPP, TZSP
from tracker.wire.segment import Frame, Segment

# CAPWAP (RFC 5415 section 4.3).
HEADER = 8
PREAMBLE_CLEAR = 0  # version 0, and not DTLS
LENGTH = 0xF8  # of the header in units of 4 octets, in the second octet
NATIVE = 0x01  # an IEEE 802.11 frame and not an Ethernet frame, in the third octet
WIRELESS = 0x3E  # the kind of the native frame
IEEE802_11 = 0x02
FRAGMENT = 0x80  # in the fourth octet
KEEP_ALIVE = 0x08
FRAGMENT_OFFSET = 6

# LWAPP (RFC 5412): version, control messages, and the number of a fragment.
LWAPP_HEADER = 6
LWAPP_NO_DATA = 0xC4

# The frame control of IEEE 802.11 (section 9.2.4.1), in its two octets.
TYPE = 0x0F  # with the version
DATA = 0x08
NO_DATA = 0x40
QOS = 0x80
BOTH_WAYS = 0x03
PROTECTED = 0x40
ORDER = 0x80
WLAN_HEADER = 24

# TZSP: version 1, type, what is encapsulated; then tags to the one that ends them.
TZSP_HEADER = 4
TZSP_VERSION = 1
TZSP_MAX_TYPE = 1  # received, or to be sent; the others carry no frame
TAG_PADDING = 0
TAG_END = 1
TZSP_ETHERNET, TZSP_WLAN, TZSP_PRISM, TZSP_AVS = 0x01, 0x12, 0x77, 0x7F
LINKTYPE_IEEE802_11, LINKTYPE_PRISM, LINKTYPE_AVS = 105, 119, 163


def decode_capwap(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the frame behind the header at `at` of CAPWAP's data channel."""
    if at + HEADER > frame.end:
        return too_short(frame, CAPWAP, at, HEADER)
    length = (frame.data[at + 1] & LENGTH) // 2
    flags = frame.data[at + 3]
    offset = frame.data[at + FRAGMENT_OFFSET] << 8 | frame.data[at + FRAGMENT_OFFSET + 1]
    later = flags & FRAGMENT and offset >> 3
    if frame.data[at] != PREAMBLE_CLEAR or length < HEADER or flags & KEEP_ALIVE or later:
        return refuse(frame, CAPWAP, at)
    if not frame.data[at + 2] & NATIVE:
        return enter_ethernet(frame, segment, CAPWAP, at + length)
    if frame.data[at + 2] & WIRELESS != IEEE802_11:
        return refuse(frame, CAPWAP, at)
    return _enter_wireless(frame, segment, CAPWAP, at + length)


def decode_lwapp(frame: Frame, segment: Segment, at: int) -> int:
    """Enter the IEEE 802.11 frame behind the LWAPP header at `at`."""
    if at + LWAPP_HEADER > frame.end:
        return too_short(frame, LWAPP, at, LWAPP_HEADER)
    if frame.data[at] & LWAPP_NO_DATA or frame.data[at + 1]:
        return refuse(frame, LWAPP, at)
    return _enter_wireless(frame, segment, LWAPP, at + LWAPP_HEADER)


def _enter_wireless(frame: Frame, segment: Segment, kind: int, at: int) -> int:
    """Step over the IEEE 802.11 header at `at` of a data frame, to the LLC header behind it.

    Some controllers send the two octets of the frame control in the wrong order.
    """
    if at + WLAN_HEADER > frame.end:
        return too_short(frame, kind, at, WLAN_HEADER)
    control, flags = frame.data[at], frame.data[at + 1]
    if control & TYPE != DATA and flags & TYPE == DATA:
        control, flags = flags, control
    if control & TYPE != DATA or control & NO_DATA or flags & PROTECTED:
        return refuse(frame, kind, at)
    at += WLAN_HEADER
    if flags & BOTH_WAYS == BOTH_WAYS:
        at += 6
    if control & QOS:
        at += 2
        if flags & ORDER:
            at += 4
    return segment.enter_tunnel(frame, kind, LLC, at)


def decode_tzsp(frame: Frame, segment: Segment, at: int) -> int:
    """Step over the header at `at` and its tags, to the frame that a sensor has captured."""
    if at + TZSP_HEADER > frame.end:
        return too_short(frame, TZSP, at, TZSP_HEADER)
    protocol = frame.data[at + 2] << 8 | frame.data[at + 3]
    if frame.data[at] != TZSP_VERSION or frame.data[at + 1] > TZSP_MAX_TYPE:
        return refuse(frame, TZSP, at)
    at += TZSP_HEADER
    while at < frame.end and frame.data[at] != TAG_END:
        if frame.data[at] == TAG_PADDING:
            at += 1
        elif at + 2 > frame.end:
            return too_short(frame, TZSP, at, 2)
        else:
            at += 2 + frame.data[at + 1]
    if at >= frame.end:
        return too_short(frame, TZSP, at, 1)
    return _enter_captured(frame, segment, protocol, at + 1)


def _enter_captured(frame: Frame, segment: Segment, protocol: int, at: int) -> int:
    """Enter the frame at `at`, of the kind that TZSP says."""
    if protocol == TZSP_ETHERNET:
        return enter_ethernet(frame, segment, TZSP, at)
    if protocol == TZSP_WLAN:
        return segment.enter_tunnel(frame, TZSP, LINK, at, LINKTYPE_IEEE802_11)
    if protocol == TZSP_PRISM:
        return segment.enter_tunnel(frame, TZSP, LINK, at, LINKTYPE_PRISM)
    if protocol == TZSP_AVS:
        return segment.enter_tunnel(frame, TZSP, LINK, at, LINKTYPE_AVS)
    return refuse(frame, TZSP, at)
