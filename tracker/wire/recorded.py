"""What capturing systems and hardware put before a frame of another link type."""

from tracker.wire.layers import ETHERNET, IP, LINK, PPP
from tracker.wire.octets import drop_trailer, le32
from tracker.wire.reasons import LINK_TRUNCATED, OTHER_CONTROL, OTHER_LINK_TYPE
from tracker.wire.segment import Frame

# PKTAP (LINKTYPE_PKTAP): length, type of the record, link type, and more.
PKTAP_TYPE = 4
PKTAP_LINK_TYPE = 8
PKTAP_FIXED = 12
PKTAP_MINIMUM = 108
PKTAP_PACKET = 1

# netANALYZER (LINKTYPE_NETANALYZER): a header, perhaps the preamble; the check sequence behind.
NETANALYZER_HEADER = 4
CHECK_SEQUENCE = 4

# ERF (Endace's extensible record format): time, type, flags, three lengths; extensions; a frame.
ERF_TYPE = 8
ERF_HEADER = 16
ERF_EXTENSION = 8
ERF_MORE = 0x80  # in a type: an extension header follows
ERF_KIND = 0x7F
ERF_HDLC_POS, ERF_COLOR_HDLC_POS, ERF_DSM_COLOR_HDLC_POS, ERF_COLOR_HASH_POS = 1, 10, 15, 19
ERF_ETH, ERF_COLOR_ETH, ERF_DSM_COLOR_ETH, ERF_COLOR_HASH_ETH = 2, 11, 16, 20
ERF_IPV4, ERF_IPV6 = 22, 23
ERF_ETHERNET_PAD = 2


def decode_pktap(frame: Frame, at: int, whose: int) -> int:
    """Decode LINKTYPE_PKTAP, or the link type `whose`, which macOS took for it before."""
    if at + PKTAP_FIXED > frame.end:
        return frame.fault(LINK_TRUNCATED, at, PKTAP_FIXED)
    length = le32(frame, at)
    if length < PKTAP_MINIMUM or at + length > frame.wire_end:
        frame.fault_number = whose
        return frame.fault(OTHER_LINK_TYPE, at, 0)
    if at + length > frame.end:
        return frame.fault(LINK_TRUNCATED, at, length)
    if le32(frame, at + PKTAP_TYPE) != PKTAP_PACKET:
        return frame.fault(OTHER_CONTROL, at + PKTAP_TYPE, 0)
    return frame.enter(LINK, at + length, le32(frame, at + PKTAP_LINK_TYPE))


def decode_netanalyzer(frame: Frame, at: int, preamble: int) -> int:
    """Decode LINKTYPE_NETANALYZER, whose frames may have `preamble` octets before them."""
    drop_trailer(frame, CHECK_SEQUENCE)
    header = NETANALYZER_HEADER + preamble
    if at + header > frame.end:
        return frame.fault(LINK_TRUNCATED, at, header)
    return frame.enter(ETHERNET, at + header)


def decode_erf(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_ERF."""
    if at + ERF_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, ERF_HEADER)
    kind = frame.data[at + ERF_TYPE] & ERF_KIND
    more = frame.data[at + ERF_TYPE] & ERF_MORE
    at += ERF_HEADER
    while more:
        if at + ERF_EXTENSION > frame.end:
            return frame.fault(LINK_TRUNCATED, at, ERF_EXTENSION)
        more = frame.data[at] & ERF_MORE
        at += ERF_EXTENSION
    if (
        kind == ERF_ETH
        or kind == ERF_COLOR_ETH
        or kind == ERF_DSM_COLOR_ETH
        or kind == ERF_COLOR_HASH_ETH
    ):
        return frame.enter(ETHERNET, at + ERF_ETHERNET_PAD)
    return _erf_other(frame, kind, at)


def _erf_other(frame: Frame, kind: int, at: int) -> int:
    """Find what stands at `at` in a record that is not Ethernet."""
    if (
        kind == ERF_HDLC_POS
        or kind == ERF_COLOR_HDLC_POS
        or kind == ERF_DSM_COLOR_HDLC_POS
        or kind == ERF_COLOR_HASH_POS
    ):
        return frame.enter(PPP, at)
    if kind == ERF_IPV4 or kind == ERF_IPV6:
        return frame.enter(IP, at)
    return frame.fault(OTHER_CONTROL, at, 0)
