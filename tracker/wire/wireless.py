"""IEEE 802.11 data frames, up to the LLC header in them (IEEE 802.11 section 9.3.2)."""

from tracker.wire.layers import LLC, SUBFRAME, WIRELESS_PADDED
from tracker.wire.octets import be16
from tracker.wire.reasons import (
    OTHER_ENCRYPTED,
    OTHER_WIRELESS,
    OTHER_WIRELESS_FRAGMENT,
    WIRELESS_TRUNCATED,
)
from tracker.wire.segment import Frame, Segment

# The first octet of frame control (section 9.2.4.1): version, type, subtype.
VERSION_AND_TYPE = 0x0F
DATA = 0x08
WITHOUT_DATA = 0x40  # a data frame that carries none
WITH_QOS = 0x80

# The second octet.
TO_DS = 0x01
FROM_DS = 0x02
PROTECTED = 0x40
WITH_HT_CONTROL = 0x80  # in a frame with QoS control

# Offsets and lengths of the fields, in the order of section 9.3.2.1.
FRAME_CONTROL = 2
ADDRESS_1 = 4
ADDRESS_3 = 16
SEQUENCE_CONTROL = 22
HEADER = 24
ADDRESS_4 = 6
QOS_CONTROL = 2
HT_CONTROL = 4

FRAGMENT_NUMBER = 0x0F
GROUP = 0x01
AGGREGATE = 0x80  # in QoS control: an A-MSDU
MESH = 0x01  # in the second octet of QoS control: mesh control follows

# Mesh control: flags, time to live, sequence number, up to two addresses (section 9.2.4.7.3).
MESH_CONTROL = 6
MESH_ADDRESSES = 0x03
MESH_ADDRESS = 6

# A subframe: destination, source, length, data, padding (section 9.3.2.2).
SUBFRAME_LENGTH = 12
SUBFRAME_HEADER = 14


def decode_wireless(frame: Frame, segment: Segment, at: int, hints: int) -> int:
    """Decode the IEEE 802.11 frame at `at`; `hints` are those of the layer WIRELESS."""
    if at + FRAME_CONTROL > frame.end:
        return frame.fault(WIRELESS_TRUNCATED, at, FRAME_CONTROL)
    kind, flags = frame.data[at], frame.data[at + 1]
    if kind & VERSION_AND_TYPE != DATA or kind & WITHOUT_DATA:
        return frame.fault(OTHER_WIRELESS, at, 0)
    header = _header(kind, flags)
    if at + header > frame.end:
        return frame.fault(WIRELESS_TRUNCATED, at, header)
    if flags & PROTECTED:
        return frame.fault(OTHER_ENCRYPTED, at + 1, 0)
    if frame.data[at + SEQUENCE_CONTROL] & FRAGMENT_NUMBER:
        return frame.fault(OTHER_WIRELESS_FRAGMENT, at + SEQUENCE_CONTROL, 0)
    segment.to_group = (frame.data[at + (ADDRESS_3 if flags & TO_DS else ADDRESS_1)] & GROUP) != 0
    body = at + (((header + 3) & ~3) if hints & WIRELESS_PADDED else header)
    if not kind & WITH_QOS:
        return frame.enter(LLC, body)
    return _with_qos(frame, flags, at + HEADER + _fourth(flags), body)


def _header(kind: int, flags: int) -> int:
    """Return how long the header is."""
    header = HEADER + _fourth(flags)
    if kind & WITH_QOS:
        header += QOS_CONTROL
        if flags & WITH_HT_CONTROL:
            header += HT_CONTROL
    return header


def _fourth(flags: int) -> int:
    """Return the octets of the fourth address, 0 without one."""
    return ADDRESS_4 if flags & TO_DS and flags & FROM_DS else 0


def _with_qos(frame: Frame, flags: int, qos: int, body: int) -> int:
    """Decode a body that the QoS control at `qos` describes."""
    if flags & FROM_DS and frame.data[qos + 1] & MESH:
        if body >= frame.end:
            return frame.fault(WIRELESS_TRUNCATED, body, MESH_CONTROL)
        addresses = frame.data[body]
        # Older networks have something else in that bit; their next octet begins an LLC header.
        if addresses < MESH_ADDRESSES:
            body += MESH_CONTROL + addresses * MESH_ADDRESS
    if frame.data[qos] & AGGREGATE:
        return frame.enter(SUBFRAME, body)
    return frame.enter(LLC, body)


def decode_subframe(frame: Frame, segment: Segment, at: int) -> int:
    """Decode a subframe of an A-MSDU, and note where the next one is."""
    if at + SUBFRAME_HEADER > frame.end:
        return frame.fault(WIRELESS_TRUNCATED, at, SUBFRAME_HEADER)
    length = SUBFRAME_HEADER + be16(frame, at + SUBFRAME_LENGTH)
    following = at + ((length + 3) & ~3)
    if following + SUBFRAME_HEADER <= frame.wire_end:
        frame.again = following
    segment.to_group = (frame.data[at] & GROUP) != 0
    return frame.enter(LLC, at + SUBFRAME_HEADER)
