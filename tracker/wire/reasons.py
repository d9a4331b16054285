"""Why a frame is neither a segment nor a datagram: three kinds, each by layer and field.

*truncated*: the capture is too short, the packet may have been fine.
*malformed*: the octets contradict the RFC that defines them.
*other*: a correct frame of something that is neither TCP nor UDP.
"""

from typing import NamedTuple

TRUNCATED, MALFORMED, OTHER = "truncated", "malformed", "other"


class Reason(NamedTuple):
    """One way not to be decoded: its kind, the layer, the field and the place in the RFCs."""

    kind: str
    layer: str
    field: str
    source: str


DECODED = 0

ETHERNET_TRUNCATED = 1
SHIM_TRUNCATED = 2
LLC_TRUNCATED = 3
IPV4_TRUNCATED = 4
IPV6_TRUNCATED = 5
IPV6_EXTENSION_TRUNCATED = 6
AH_TRUNCATED = 7
TCP_TRUNCATED = 8
UDP_TRUNCATED = 9

IP_VERSION = 10
IPV4_HEADER_LENGTH = 11
IPV4_TOTAL_LENGTH = 12
TCP_BEYOND_PACKET = 13
TCP_DATA_OFFSET = 14
UDP_BEYOND_PACKET = 15
UDP_LENGTH = 16
IPV6_EXTENSION_BEYOND_PACKET = 17
AH_BEYOND_PACKET = 18
SHIM_STACK = 19
OVERRUN = 20

OTHER_ETHERTYPE = 21
OTHER_LLC = 22
OTHER_PROTOCOL = 23
LATER_FRAGMENT = 24
OTHER_PPP = 25
OTHER_MPLS = 26
OTHER_NSH = 27

REASONS = (
    Reason("", "", "", ""),
    Reason(TRUNCATED, "Ethernet", "header", "IEEE 802.3 section 3.2"),
    Reason(TRUNCATED, "tag before IP", "header", "IEEE 802.1Q section 9.6 and others"),
    Reason(TRUNCATED, "LLC", "header", "IEEE 802.2 section 3.2"),
    Reason(TRUNCATED, "IPv4", "header", "RFC 791 section 3.1"),
    Reason(TRUNCATED, "IPv6", "header", "RFC 8200 section 3"),
    Reason(TRUNCATED, "IPv6", "extension header", "RFC 8200 section 4"),
    Reason(TRUNCATED, "AH", "header", "RFC 4302 section 2"),
    Reason(TRUNCATED, "TCP", "header", "RFC 9293 section 3.1"),
    Reason(TRUNCATED, "UDP", "header", "RFC 768"),
    Reason(MALFORMED, "IP", "version", "RFC 791 section 3.1, RFC 8200 section 3"),
    Reason(MALFORMED, "IPv4", "header length", "RFC 791 section 3.1"),
    Reason(MALFORMED, "IPv4", "total length", "RFC 791 section 3.1"),
    Reason(MALFORMED, "TCP", "header beyond the packet's length", "RFC 9293 section 3.1"),
    Reason(MALFORMED, "TCP", "data offset", "RFC 9293 section 3.1"),
    Reason(MALFORMED, "UDP", "header beyond the packet's length", "RFC 768"),
    Reason(MALFORMED, "UDP", "length", "RFC 768"),
    Reason(MALFORMED, "IPv6", "extension header beyond the packet's length", "RFC 8200 section 4"),
    Reason(MALFORMED, "AH", "header beyond the packet's length", "RFC 4302 section 2.2"),
    Reason(MALFORMED, "tag before IP", "too many of them", "IEEE 802.1Q section 9.6"),
    Reason(MALFORMED, "frame", "octets beyond the frame", ""),
    Reason(OTHER, "Ethernet", "EtherType", "IEEE 802 numbers"),
    Reason(OTHER, "LLC", "service access point", "IEEE 802.2 section 3.3"),
    Reason(OTHER, "IP", "protocol", "IANA protocol numbers"),
    Reason(OTHER, "IP", "later fragment", "RFC 791 section 3.2, RFC 8200 section 4.5"),
    Reason(OTHER, "PPP", "protocol", "RFC 1661 section 2"),
    Reason(OTHER, "MPLS", "payload", "RFC 4385 section 3"),
    Reason(OTHER, "NSH", "next protocol", "RFC 8300 section 2.2"),
)

_ETHERTYPES = {
    0x0806: "ARP",
    0x8035: "RARP",
    0x809B: "AppleTalk",
    0x8137: "IPX",
    0x8847: "MPLS",
    0x8848: "MPLS multicast",
    0x8863: "PPPoE discovery",
    0x8864: "PPPoE session",
    0x888E: "EAPOL",
    0x88CC: "LLDP",
    0x88E5: "MACsec",
    0x88E7: "Provider Backbone Bridge",
    0x88F7: "PTP",
    0x8902: "Ethernet OAM",
    0x8903: "FabricPath",
    0x9000: "Ethernet loopback",
}

_PROTOCOLS = {
    1: "ICMP",
    2: "IGMP",
    4: "IPv4 in IP",
    41: "IPv6 in IP",
    47: "GRE",
    50: "ESP",
    51: "AH",
    58: "ICMPv6",
    59: "IPv6 without a next header",
    88: "EIGRP",
    89: "OSPF",
    103: "PIM",
    112: "VRRP",
    115: "L2TP",
    132: "SCTP",
    137: "MPLS in IP",
}


def describe(code: int, number: int = 0) -> str:
    """Return the reason as words, as in "truncated: TCP header" or "other: ARP".

    `number` is the EtherType, service access point or protocol of the *other* kinds.
    """
    reason = REASONS[code]
    if code == OTHER_ETHERTYPE:
        return f"{reason.kind}: {_ETHERTYPES.get(number, f'EtherType 0x{number:04x}')}"
    if code == OTHER_PROTOCOL:
        return f"{reason.kind}: {_PROTOCOLS.get(number, f'IP protocol {number}')}"
    if code == OTHER_LLC:
        return f"{reason.kind}: LLC service access point 0x{number:02x}"
    return f"{reason.kind}: {reason.layer} {reason.field}"
