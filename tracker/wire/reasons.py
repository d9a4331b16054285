"""Why a frame is neither a segment nor a datagram: three kinds, each by layer and field.

*truncated*: the capture is too short, the packet may have been fine.
*malformed*: the octets contradict the RFC that defines them.
*other*: a correct frame of something that is neither TCP nor UDP.
"""

from tracker.typed import NamedTuple
from tracker.wire.layers import TUNNELS
from tracker.wire.link_types import LINK_TYPE_NAMES

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
NESTING = 28
OTHER_LINK_TYPE = 29
GRE_TRUNCATED = 30
TUNNEL_TRUNCATED = 31
OTHER_GRE = 32
OTHER_TUNNEL = 33
ICMP_ERROR = 34
LINK_TRUNCATED = 35
WIRELESS_TRUNCATED = 36
OTHER_WIRELESS = 37
PPP_TRUNCATED = 38
OTHER_ENCRYPTED = 39
OTHER_SNAP = 40
OTHER_FAMILY = 41
OTHER_NLPID = 42
OTHER_CONTROL = 43
LINK_HEADER_LENGTH = 44
OTHER_WIRELESS_FRAGMENT = 45
OTHER_ARCNET = 46
OTHER_BATMAN = 47
OTHER_PPP_FRAGMENT = 48

FRAGMENT_BEYOND_PACKET = 80
WITHOUT_FIRST = 81
IPV4_CHECKSUM = 82
TCP_CHECKSUM = 83
UDP_CHECKSUM = 84
ICMP_TRUNCATED = 85
GRE_VERSION = 60

REASONS: dict[int, Reason] = {
    ETHERNET_TRUNCATED: Reason(TRUNCATED, "Ethernet", "header", "IEEE 802.3 section 3.2"),
    SHIM_TRUNCATED: Reason(
        TRUNCATED, "tag before IP", "header", "IEEE 802.1Q section 9.6 and others"
    ),
    LLC_TRUNCATED: Reason(TRUNCATED, "LLC", "header", "IEEE 802.2 section 3.2"),
    IPV4_TRUNCATED: Reason(TRUNCATED, "IPv4", "header", "RFC 791 section 3.1"),
    IPV6_TRUNCATED: Reason(TRUNCATED, "IPv6", "header", "RFC 8200 section 3"),
    IPV6_EXTENSION_TRUNCATED: Reason(TRUNCATED, "IPv6", "extension header", "RFC 8200 section 4"),
    AH_TRUNCATED: Reason(TRUNCATED, "AH", "header", "RFC 4302 section 2"),
    TCP_TRUNCATED: Reason(TRUNCATED, "TCP", "header", "RFC 9293 section 3.1"),
    UDP_TRUNCATED: Reason(TRUNCATED, "UDP", "header", "RFC 768"),
    IP_VERSION: Reason(MALFORMED, "IP", "version", "RFC 791 section 3.1, RFC 8200 section 3"),
    IPV4_HEADER_LENGTH: Reason(MALFORMED, "IPv4", "header length", "RFC 791 section 3.1"),
    IPV4_TOTAL_LENGTH: Reason(MALFORMED, "IPv4", "total length", "RFC 791 section 3.1"),
    TCP_BEYOND_PACKET: Reason(
        MALFORMED, "TCP", "header beyond the packet's length", "RFC 9293 section 3.1"
    ),
    TCP_DATA_OFFSET: Reason(MALFORMED, "TCP", "data offset", "RFC 9293 section 3.1"),
    UDP_BEYOND_PACKET: Reason(MALFORMED, "UDP", "header beyond the packet's length", "RFC 768"),
    UDP_LENGTH: Reason(MALFORMED, "UDP", "length", "RFC 768"),
    IPV6_EXTENSION_BEYOND_PACKET: Reason(
        MALFORMED, "IPv6", "extension header beyond the packet's length", "RFC 8200 section 4"
    ),
    AH_BEYOND_PACKET: Reason(
        MALFORMED, "AH", "header beyond the packet's length", "RFC 4302 section 2.2"
    ),
    SHIM_STACK: Reason(MALFORMED, "tag before IP", "too many of them", "IEEE 802.1Q section 9.6"),
    OVERRUN: Reason(MALFORMED, "frame", "octets beyond the frame", ""),
    OTHER_ETHERTYPE: Reason(OTHER, "Ethernet", "EtherType", "IEEE 802 numbers"),
    OTHER_LLC: Reason(OTHER, "LLC", "service access point", "IEEE 802.2 section 3.3"),
    OTHER_PROTOCOL: Reason(OTHER, "IP", "protocol", "IANA protocol numbers"),
    LATER_FRAGMENT: Reason(
        OTHER, "IP", "later fragment", "RFC 791 section 3.2, RFC 8200 section 4.5"
    ),
    OTHER_PPP: Reason(OTHER, "PPP", "protocol", "RFC 1661 section 2"),
    OTHER_MPLS: Reason(OTHER, "MPLS", "payload", "RFC 4385 section 3"),
    OTHER_NSH: Reason(OTHER, "NSH", "next protocol", "RFC 8300 section 2.2"),
    NESTING: Reason(MALFORMED, "frame", "too many headers or tunnels in each other", ""),
    OTHER_LINK_TYPE: Reason(OTHER, "link", "type", "https://www.tcpdump.org/linktypes.html"),
    GRE_TRUNCATED: Reason(TRUNCATED, "GRE", "header", "RFC 2784 section 2, RFC 2890"),
    TUNNEL_TRUNCATED: Reason(TRUNCATED, "tunnel", "header", ""),
    OTHER_GRE: Reason(OTHER, "GRE", "protocol type", "RFC 2784 section 2.4"),
    OTHER_TUNNEL: Reason(OTHER, "tunnel", "payload", ""),
    FRAGMENT_BEYOND_PACKET: Reason(
        MALFORMED, "IP", "fragment beyond the largest packet", "RFC 791 section 3.2"
    ),
    IPV4_CHECKSUM: Reason(MALFORMED, "IPv4", "checksum", "RFC 791 section 3.1"),
    TCP_CHECKSUM: Reason(MALFORMED, "TCP", "checksum", "RFC 9293 section 3.1"),
    UDP_CHECKSUM: Reason(MALFORMED, "UDP", "checksum", "RFC 768"),
    WITHOUT_FIRST: Reason(
        OTHER, "IP", "fragment without the first one", "RFC 791 section 3.2, RFC 8200 section 4.5"
    ),
    ICMP_TRUNCATED: Reason(TRUNCATED, "ICMP", "message", "RFC 792, RFC 4443"),
    ICMP_ERROR: Reason(OTHER, "ICMP", "error about TCP or UDP", "RFC 792, RFC 4443"),
    LINK_TRUNCATED: Reason(
        TRUNCATED, "link layer", "header", "https://www.tcpdump.org/linktypes.html"
    ),
    WIRELESS_TRUNCATED: Reason(TRUNCATED, "IEEE 802.11", "header", "IEEE 802.11 section 9.2"),
    OTHER_WIRELESS: Reason(
        OTHER, "IEEE 802.11", "frame without data", "IEEE 802.11 section 9.2.4.1.3"
    ),
    PPP_TRUNCATED: Reason(TRUNCATED, "PPP", "header", "RFC 1661 section 2"),
    OTHER_ENCRYPTED: Reason(
        OTHER, "IEEE 802.11", "encrypted frame", "IEEE 802.11 section 9.2.4.1.9"
    ),
    OTHER_SNAP: Reason(OTHER, "SNAP", "organization", "IEEE 802 section 10.3"),
    OTHER_FAMILY: Reason(
        OTHER, "link layer", "address family", "https://www.tcpdump.org/linktypes.html"
    ),
    OTHER_NLPID: Reason(OTHER, "Frame Relay", "NLPID", "RFC 2427 section 3, ISO/IEC TR 9577"),
    OTHER_CONTROL: Reason(
        OTHER, "link layer", "frame without data", "https://www.tcpdump.org/linktypes.html"
    ),
    LINK_HEADER_LENGTH: Reason(
        MALFORMED, "link layer", "header length", "https://www.tcpdump.org/linktypes.html"
    ),
    OTHER_WIRELESS_FRAGMENT: Reason(
        OTHER, "IEEE 802.11", "later fragment", "IEEE 802.11 section 9.2.4.4.3"
    ),
    OTHER_ARCNET: Reason(OTHER, "ARCNET", "protocol", "RFC 1201, RFC 1051"),
    OTHER_BATMAN: Reason(OTHER, "B.A.T.M.A.N.", "packet type", "linux/batadv_packet.h"),
    OTHER_PPP_FRAGMENT: Reason(OTHER, "PPP", "later multilink fragment", "RFC 1990 section 3"),
    GRE_VERSION: Reason(MALFORMED, "GRE", "version", "RFC 2784 section 2.3.1, RFC 2637"),
}

_ETHERTYPES = {
    0x0806: "ARP",
    0x2000: "CDP",
    0x8035: "RARP",
    0x809B: "AppleTalk",
    0x8137: "IPX",
    0x8847: "MPLS",
    0x8848: "MPLS multicast",
    0x8863: "PPPoE discovery",
    0x8864: "PPPoE session",
    0x888E: "EAPOL",
    0x88A4: "EtherCAT",
    0x88BA: "IEC 61850 sampled values",
    0x88B8: "IEC 61850 GOOSE",
    0x8892: "PROFINET",
    0x8899: "Realtek",
    0x890D: "Fast roaming (IEEE 802.11)",
    0x88CC: "LLDP",
    0x88E5: "MACsec",
    0x88E7: "Provider Backbone Bridge",
    0x88F7: "PTP",
    0x88FB: "HSR or PRP supervision",
    0x8809: "slow protocols (LACP)",
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

_ACCESS_POINTS = {
    0x42: "spanning tree",
    0x7E: "X.25",
    0xE0: "IPX",
    0xF0: "NetBIOS",
    0xFE: "OSI",
    0xFF: "IPX without LLC",
}

_PPP_PROTOCOLS = {
    0x0023: "OSI over PPP",
    0x0029: "AppleTalk over PPP",
    0x002B: "IPX over PPP",
    0x002D: "TCP compressed by PPP (RFC 1144)",
    0x002F: "TCP with a compression identifier (RFC 1144)",
    0x0053: "encrypted by PPP",
    0x0059: "PPP multiplexed frames",
    0x00FD: "compressed by PPP",
    0x8021: "IPCP",
    0x8057: "IPV6CP",
    0x80FD: "CCP",
    0xC021: "LCP",
    0xC023: "PAP",
    0xC025: "link quality report",
    0xC223: "CHAP",
}


#: Reasons with a number (`Frame.fault_number`) of what was found: what the numbers stand for, and
#: how one without a name is written.  Each number is counted apart.
NUMBERED: dict[int, tuple[dict[int, str], str]] = {
    OTHER_ETHERTYPE: (_ETHERTYPES, "EtherType 0x{:04x}"),
    OTHER_PROTOCOL: (_PROTOCOLS, "IP protocol {}"),
    OTHER_LLC: (_ACCESS_POINTS, "LLC service access point 0x{:02x}"),
    OTHER_PPP: (_PPP_PROTOCOLS, "PPP protocol 0x{:04x}"),
    OTHER_NSH: ({}, "NSH next protocol {}"),
    OTHER_GRE: (_ETHERTYPES, "GRE protocol type 0x{:04x}"),
    OTHER_LINK_TYPE: (
        {number: f"link type {name} ({number})" for number, name in LINK_TYPE_NAMES.items()},
        "link type {}",
    ),
    OTHER_SNAP: ({}, "SNAP organization 0x{:06x}"),
    OTHER_FAMILY: ({}, "address family {}"),
    OTHER_NLPID: ({}, "NLPID 0x{:02x}"),
    OTHER_ARCNET: ({}, "ARCNET protocol 0x{:02x}"),
    OTHER_BATMAN: ({}, "B.A.T.M.A.N. packet type 0x{:02x}"),
    OTHER_TUNNEL: (dict(enumerate(TUNNELS)), "tunnel {}"),
}


def describe(code: int, number: int = 0) -> str:
    """Return the reason as words, as in "truncated: TCP header" or "other: ARP".

    `number` is the number that was found, for those in NUMBERED.
    """
    reason = REASONS[code]
    if code in NUMBERED:
        names, form = NUMBERED[code]
        return f"{reason.kind}: {names.get(number) or form.format(number)}"
    return f"{reason.kind}: {reason.layer} {reason.field}"
