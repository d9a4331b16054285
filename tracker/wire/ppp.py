"""PPP (RFC 1661), with and without HDLC-like framing (RFC 1662), and what carries it."""

from tracker.wire.layers import ETHERNET, IP, LINK, MPLS, PPP, PPP_PAYLOAD
from tracker.wire.link_types import LINKTYPE_C_HDLC
from tracker.wire.octets import be16
from tracker.wire.reasons import (
    OTHER_PPP,
    OTHER_PPP_FRAGMENT,
    PPP_TRUNCATED,
    SHIM_TRUNCATED,
)
from tracker.wire.segment import Frame

PPPOE_HEADER = 6  # without the protocol number (RFC 2516 section 4)
ALL_STATIONS = 0xFF  # the address, where there is one (RFC 1662 section 3.1)
CISCO_UNICAST = 0x0F  # the address of Cisco's HDLC, which shares lines with PPP
CISCO_MULTICAST = 0x8F
ONE_OCTET = 0x01  # in a protocol number: its only octet (RFC 1661 section 2)

IPV4 = 0x0021
IPV6 = 0x0057
BRIDGING = 0x0031  # RFC 3518
MULTILINK = 0x003D  # RFC 1990
MPLS_UNICAST = 0x0281  # RFC 3032 section 4.3
MPLS_MULTICAST = 0x0283

# Bridging (RFC 3518 section 4.2): flags, type of the network.
ETHERNET_NETWORK = 1
BRIDGING_HEADER = 2

# Multilink (RFC 1990 section 3): flags, a sequence number of 24 bits unless negotiated shorter.
BEGINS = 0x80
MULTILINK_HEADER = 4


def decode_pppoe(frame: Frame, at: int) -> int:
    """Step over the PPPoE header at `at`."""
    if at + PPPOE_HEADER + 2 > frame.end:
        return frame.fault(SHIM_TRUNCATED, at, PPPOE_HEADER + 2)
    return decode_ppp_protocol(frame, at + PPPOE_HEADER)


def decode_ppp(frame: Frame, at: int) -> int:
    """Decode the PPP frame at `at`: address and control octets, where there are some, protocol."""
    if at >= frame.end:
        return frame.fault(PPP_TRUNCATED, at, 1)
    address = frame.data[at]
    if address == CISCO_UNICAST or address == CISCO_MULTICAST:
        return frame.enter(LINK, at, LINKTYPE_C_HDLC)
    return decode_ppp_protocol(frame, at + 2 if address == ALL_STATIONS else at)


def decode_ppp_protocol(frame: Frame, at: int) -> int:
    """Decode a PPP protocol number, of one octet or two, and what it announces."""
    if at >= frame.end:
        return frame.fault(PPP_TRUNCATED, at, 1)
    if frame.data[at] & ONE_OCTET:
        return frame.enter(PPP_PAYLOAD, at + 1, frame.data[at])
    if at + 2 > frame.end:
        return frame.fault(PPP_TRUNCATED, at, 2)
    return frame.enter(PPP_PAYLOAD, at + 2, be16(frame, at))


def decode_ppp_payload(frame: Frame, protocol: int, at: int) -> int:
    """Find what the PPP `protocol` number announces at `at`."""
    if protocol == IPV4 or protocol == IPV6:
        return frame.enter(IP, at)
    if protocol == MPLS_UNICAST or protocol == MPLS_MULTICAST:
        return frame.enter(MPLS, at)
    if protocol == BRIDGING:
        return _bridged(frame, at)
    if protocol == MULTILINK:
        return _multilink(frame, at)
    frame.fault_number = protocol
    return frame.fault(OTHER_PPP, at - 2, 0)


def _bridged(frame: Frame, at: int) -> int:
    if at + BRIDGING_HEADER > frame.end:
        return frame.fault(PPP_TRUNCATED, at, BRIDGING_HEADER)
    if frame.data[at + 1] == ETHERNET_NETWORK:
        return frame.enter(ETHERNET, at + BRIDGING_HEADER)
    frame.fault_number = BRIDGING
    return frame.fault(OTHER_PPP, at + 1, 0)


def _multilink(frame: Frame, at: int) -> int:
    """Decode the fragment with which a packet begins: the ports stand in it."""
    if at + MULTILINK_HEADER > frame.end:
        return frame.fault(PPP_TRUNCATED, at, MULTILINK_HEADER)
    if frame.data[at] & BEGINS:
        return frame.enter(PPP, at + MULTILINK_HEADER)
    return frame.fault(OTHER_PPP_FRAGMENT, at, 0)
