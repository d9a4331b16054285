"""DOCSIS MAC frames, of cable modems (CM-SP-MULPI section 6.2)."""

from tracker.wire.layers import ETHERNET
from tracker.wire.octets import drop_trailer
from tracker.wire.reasons import LINK_TRUNCATED, OTHER_CONTROL
from tracker.wire.segment import Frame

# The header: control, parameter, length, perhaps an extended header, check sequence.
PARAMETER = 1
HEADER = 6
TYPE = 0xC0  # 0: an Ethernet frame, with its check sequence
HAS_EXTENDED = 0x01
CHECK_SEQUENCE = 4


def decode_docsis(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_DOCSIS; an encrypted frame shows an EtherType that nobody uses."""
    if at + HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, HEADER)
    if frame.data[at] & TYPE:
        return frame.fault(OTHER_CONTROL, at, 0)
    header = HEADER + (frame.data[at + PARAMETER] if frame.data[at] & HAS_EXTENDED else 0)
    drop_trailer(frame, CHECK_SEQUENCE)
    return frame.enter(ETHERNET, at + header)
