"""Tags that switch chips put into Ethernet frames for the processor at their side.

https://www.tcpdump.org/linktypes/LINKTYPE_DSA_TAG_DSA.html and those beside it.
"""

from tracker.wire.layers import ETHERNET, ETHERTYPE
from tracker.wire.octets import be16
from tracker.wire.reasons import LINK_TRUNCATED
from tracker.wire.segment import Frame, Segment

ADDRESSES = 12
GROUP = 0x01

# Marvell's tag.
TAG = 4
TAGGED = 0x20  # in its first octet: the frame had a VLAN tag, whose identifier it holds
VLAN_IDENTIFIER = 0x0FFF


def decode_marvell(frame: Frame, segment: Segment, at: int, before: int) -> int:
    """Decode LINKTYPE_DSA_TAG_DSA and _EDSA, with `before` octets before the tag."""
    header = ADDRESSES + before + TAG + 2
    if at + header > frame.end:
        return frame.fault(LINK_TRUNCATED, at, header)
    segment.to_group = (frame.data[at] & GROUP) != 0
    tag = at + ADDRESSES + before
    if frame.data[tag] & TAGGED and segment.vlan < 0:
        segment.vlan = be16(frame, tag + 2) & VLAN_IDENTIFIER
    return frame.enter(ETHERTYPE, at + header, be16(frame, at + header - 2))


def decode_broadcom(frame: Frame, segment: Segment, at: int) -> int:
    """Decode LINKTYPE_DSA_TAG_BRCM: the tag stands between addresses and EtherType."""
    header = ADDRESSES + TAG + 2
    if at + header > frame.end:
        return frame.fault(LINK_TRUNCATED, at, header)
    segment.to_group = (frame.data[at] & GROUP) != 0
    return frame.enter(ETHERTYPE, at + header, be16(frame, at + header - 2))


def decode_broadcom_prepended(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_DSA_TAG_BRCM_PREPEND: the tag stands before the Ethernet header."""
    if at + TAG > frame.end:
        return frame.fault(LINK_TRUNCATED, at, TAG)
    return frame.enter(ETHERNET, at + TAG)
