"""Link layers other than Ethernet, up to the IP packet or to the next layer."""

from tracker.wire.atm import decode_classical_ip, decode_sun_atm
from tracker.wire.cooked import decode_cooked, decode_cooked_v2
from tracker.wire.docsis import decode_docsis
from tracker.wire.dsa import decode_broadcom, decode_broadcom_prepended, decode_marvell
from tracker.wire.family import (
    decode_enc,
    decode_ipnet,
    decode_nflog,
    decode_null,
    decode_pflog,
    decode_raw,
    decode_slip,
)
from tracker.wire.hdlc import (
    decode_cisco_hdlc,
    decode_frame_relay,
    decode_multilink_frame_relay,
)
from tracker.wire.juniper import decode_juniper
from tracker.wire.layers import LLC, MPLS, PPP, PPP_PROTOCOL
from tracker.wire.link_types import (
    DLT_ATM_CLIP,
    DLT_ATM_RFC1483,
    DLT_RAW,
    DLT_RAW_OPENBSD,
    LINKTYPE_APPLE_IP_OVER_IEEE1394,
    LINKTYPE_ARCNET_BSD,
    LINKTYPE_ARCNET_LINUX,
    LINKTYPE_ATM_CLIP,
    LINKTYPE_ATM_RFC1483,
    LINKTYPE_C_HDLC,
    LINKTYPE_C_HDLC_WITH_DIR,
    LINKTYPE_DOCSIS,
    LINKTYPE_DSA_TAG_BRCM,
    LINKTYPE_DSA_TAG_BRCM_PREPEND,
    LINKTYPE_DSA_TAG_DSA,
    LINKTYPE_DSA_TAG_EDSA,
    LINKTYPE_ENC,
    LINKTYPE_ERF,
    LINKTYPE_FDDI,
    LINKTYPE_FRELAY,
    LINKTYPE_FRELAY_WITH_DIR,
    LINKTYPE_IEEE802_5,
    LINKTYPE_IEEE802_11,
    LINKTYPE_IEEE802_11_AVS,
    LINKTYPE_IEEE802_11_PRISM,
    LINKTYPE_IEEE802_11_RADIOTAP,
    LINKTYPE_IP_OVER_FC,
    LINKTYPE_IPNET,
    LINKTYPE_IPOIB,
    LINKTYPE_IPV4,
    LINKTYPE_IPV6,
    LINKTYPE_LINUX_SLL,
    LINKTYPE_LINUX_SLL2,
    LINKTYPE_LOOP,
    LINKTYPE_MFR,
    LINKTYPE_MPLS,
    LINKTYPE_NETANALYZER,
    LINKTYPE_NETANALYZER_TRANSPARENT,
    LINKTYPE_NFLOG,
    LINKTYPE_NULL,
    LINKTYPE_PFLOG,
    LINKTYPE_PKTAP,
    LINKTYPE_PPI,
    LINKTYPE_PPP,
    LINKTYPE_PPP_ETHER,
    LINKTYPE_PPP_HDLC,
    LINKTYPE_PPP_PPPD,
    LINKTYPE_PPP_WITH_DIR,
    LINKTYPE_RAW,
    LINKTYPE_SLIP,
    LINKTYPE_SUNATM,
    LINKTYPE_USER2,
    is_juniper,
)
from tracker.wire.ppp import decode_pppoe
from tracker.wire.radio import decode_avs, decode_ppi, decode_prism, decode_radiotap
from tracker.wire.reasons import OTHER_LINK_TYPE
from tracker.wire.recorded import decode_erf, decode_netanalyzer, decode_pktap
from tracker.wire.segment import Frame, Segment
from tracker.wire.station import (
    decode_arcnet,
    decode_fddi,
    decode_fibre_channel,
    decode_firewire,
    decode_infiniband,
    decode_token_ring,
)
from tracker.wire.wireless import decode_wireless

DIRECTION = 1  # octets that say which way a frame went
ADDRESS_AND_CONTROL = 2  # of PPP, the address replaced by the direction (LINKTYPE_PPP_PPPD)
LINUX_OFFSET = 2  # octets that Linux has before the protocol of ARCNET
EDSA_HEADER = 4  # EtherType and two octets, before the tag of Marvell's switches
PREAMBLE = 8  # of an Ethernet frame


def decode_link(link_type: int, frame: Frame, segment: Segment, at: int) -> int:
    """Find what follows the header of a frame of `link_type` that begins at `at`."""
    if link_type == LINKTYPE_LINUX_SLL:
        return decode_cooked(frame, segment, at)
    if link_type == LINKTYPE_LINUX_SLL2:
        return decode_cooked_v2(frame, segment, at)
    if _is_ip(link_type):
        return decode_raw(frame, at)
    if link_type == LINKTYPE_NULL or link_type == LINKTYPE_LOOP:
        return decode_null(frame, at)
    if link_type == LINKTYPE_IEEE802_11:
        return decode_wireless(frame, segment, at, 0)
    if link_type == LINKTYPE_IEEE802_11_RADIOTAP:
        return decode_radiotap(frame, at)
    if link_type == LINKTYPE_PPI:
        return decode_ppi(frame, at)
    if link_type == LINKTYPE_IEEE802_11_PRISM:
        return decode_prism(frame, at)
    if link_type == LINKTYPE_IEEE802_11_AVS:
        return decode_avs(frame, at)
    return _line(link_type, frame, segment, at)


def _is_ip(link_type: int) -> bool:
    return (
        link_type == LINKTYPE_RAW
        or link_type == LINKTYPE_IPV4
        or link_type == LINKTYPE_IPV6
        or link_type == DLT_RAW
        or link_type == DLT_RAW_OPENBSD
    )


def _line(link_type: int, frame: Frame, segment: Segment, at: int) -> int:  # noqa: C901, PLR0912 - a line for each
    """Decode what has two ends: PPP, HDLC, Frame Relay, ATM, SLIP."""
    if link_type == LINKTYPE_PPP or link_type == LINKTYPE_PPP_HDLC:
        return frame.enter(PPP, at)
    if link_type == LINKTYPE_PPP_WITH_DIR:
        return frame.enter(PPP, at + DIRECTION)
    if link_type == LINKTYPE_PPP_PPPD:
        return frame.enter(PPP_PROTOCOL, at + ADDRESS_AND_CONTROL)
    if link_type == LINKTYPE_PPP_ETHER:
        return decode_pppoe(frame, at)
    if link_type == LINKTYPE_C_HDLC:
        return decode_cisco_hdlc(frame, at)
    if link_type == LINKTYPE_C_HDLC_WITH_DIR:
        return decode_cisco_hdlc(frame, at + DIRECTION)
    if link_type == LINKTYPE_FRELAY:
        return decode_frame_relay(frame, at)
    if link_type == LINKTYPE_FRELAY_WITH_DIR:
        return decode_frame_relay(frame, at + DIRECTION)
    if link_type == LINKTYPE_MFR:
        return decode_multilink_frame_relay(frame, at)
    if link_type == LINKTYPE_SLIP:
        return decode_slip(frame, at)
    if link_type == LINKTYPE_SUNATM:
        return decode_sun_atm(frame, at)
    if link_type == LINKTYPE_ATM_RFC1483 or link_type == DLT_ATM_RFC1483:
        return frame.enter(LLC, at)
    if link_type == LINKTYPE_ATM_CLIP or link_type == DLT_ATM_CLIP:
        return decode_classical_ip(frame, at)
    return _station(link_type, frame, segment, at)


def _station(link_type: int, frame: Frame, segment: Segment, at: int) -> int:  # noqa: C901 - a line for each
    """Decode what has many stations, and Ethernet frames that a switch has changed."""
    if link_type == LINKTYPE_FDDI:
        return decode_fddi(frame, segment, at)
    if link_type == LINKTYPE_IEEE802_5:
        return decode_token_ring(frame, segment, at)
    if link_type == LINKTYPE_ARCNET_BSD:
        return decode_arcnet(frame, segment, at, 0)
    if link_type == LINKTYPE_ARCNET_LINUX:
        return decode_arcnet(frame, segment, at, LINUX_OFFSET)
    if link_type == LINKTYPE_IP_OVER_FC:
        return decode_fibre_channel(frame, at)
    if link_type == LINKTYPE_IPOIB:
        return decode_infiniband(frame, at)
    if link_type == LINKTYPE_APPLE_IP_OVER_IEEE1394:
        return decode_firewire(frame, at)
    if link_type == LINKTYPE_DOCSIS:
        return decode_docsis(frame, at)
    if link_type == LINKTYPE_DSA_TAG_DSA:
        return decode_marvell(frame, segment, at, 0)
    if link_type == LINKTYPE_DSA_TAG_EDSA:
        return decode_marvell(frame, segment, at, EDSA_HEADER)
    if link_type == LINKTYPE_DSA_TAG_BRCM:
        return decode_broadcom(frame, segment, at)
    if link_type == LINKTYPE_DSA_TAG_BRCM_PREPEND:
        return decode_broadcom_prepended(frame, at)
    return _tap(link_type, frame, at)


def _tap(link_type: int, frame: Frame, at: int) -> int:  # noqa: C901 - a line for each
    """Decode what no line carries: the headers of whoever captured or logged."""
    if link_type == LINKTYPE_NFLOG:
        return decode_nflog(frame, at)
    if link_type == LINKTYPE_PKTAP or link_type == LINKTYPE_USER2:
        return decode_pktap(frame, at, link_type)
    if link_type == LINKTYPE_PFLOG:
        return decode_pflog(frame, at)
    if link_type == LINKTYPE_ENC:
        return decode_enc(frame, at)
    if link_type == LINKTYPE_IPNET:
        return decode_ipnet(frame, at)
    if link_type == LINKTYPE_MPLS:
        return frame.enter(MPLS, at)
    if link_type == LINKTYPE_ERF:
        return decode_erf(frame, at)
    if link_type == LINKTYPE_NETANALYZER:
        return decode_netanalyzer(frame, at, 0)
    if link_type == LINKTYPE_NETANALYZER_TRANSPARENT:
        return decode_netanalyzer(frame, at, PREAMBLE)
    if is_juniper(link_type):
        return decode_juniper(link_type, frame, at)
    frame.fault_number = link_type
    return frame.fault(OTHER_LINK_TYPE, at, 0)
