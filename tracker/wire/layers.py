"""What may come next in a frame, as the numbers that decoders tell each other.

A decoder that meets something which is not its own business does not call the next one: it
notes what follows and where (`Frame.enter`), and `decode` goes on from there.  So modules need
not know each other, and the depth of nesting is counted in one place.
"""

# Layers that `Frame.layer` may name; `Frame.next_type` is the number that some of them need.
LINK = 1  # a frame of the link type `next_type`
ETHERNET = 2  # an Ethernet header
ETHERTYPE = 3  # what the EtherType `next_type` announces
LLC = 4  # an IEEE 802.2 header
PPP = 5  # a PPP frame, with or without address and control octets (RFC 1661, RFC 1662)
PPP_PAYLOAD = 6  # what the PPP protocol number `next_type` announces
IP = 7  # an IP packet, which version its first four bits say
GRE = 8  # a GRE header (RFC 2784)
ETHER_IP = 9  # an EtherIP header (RFC 3378)
L2TP_V3 = 10  # an L2TPv3 session header over IP (RFC 3931 section 4.1.1)
MPLS = 11  # a stack of MPLS labels (RFC 3032)
UDP_PAYLOAD = 12  # of a datagram whose ports say that a tunnel is inside
NSH_PAYLOAD = 13  # what the NSH next protocol `next_type` announces (RFC 8300)
SNAP = 20  # the organization and protocol of a SNAP header (RFC 1042)
NLPID = 21  # a network layer protocol identifier (ISO/IEC TR 9577, RFC 2427)
WIRELESS = 22  # an IEEE 802.11 header, with flags as `next_type`
SUBFRAME = 23  # a subframe of an IEEE 802.11 A-MSDU
PPP_PROTOCOL = 24  # a PPP protocol number and what it announces

# Flags of WIRELESS: what the capture says that the header itself does not.
WIRELESS_PADDED = 1  # octets between header and data, to a multiple of 4

#: How many steps from header to header one frame may take; each header costs one or two.
MAX_STEPS = 64

# Tunnels, the number by which `Segment.tunnel` names each, and what people call it.
TUNNELS = (
    "",
    "IPIP",
    "6in4",
    "4in6",
    "6in6",
    "GRE",
    "ERSPAN",
    "NVGRE",
    "EtherIP",
    "L2TP",
    "MPLS",
    "PPTP",
    "Teredo",
    "VXLAN",
    "VXLAN-GPE",
    "Geneve",
    "GTP-U",
    "MPLS-in-UDP",
    "GRE-in-UDP",
    "GUE",
    "AYIYA",
    "CAPWAP",
    "LISP",
    "TZSP",
    "LWAPP",
)
(
    NO_TUNNEL,
    IPIP,
    SIX_IN_FOUR,
    FOUR_IN_SIX,
    SIX_IN_SIX,
    GRE_TUNNEL,
    ERSPAN,
    NVGRE,
    ETHER_IP_TUNNEL,
    L2TP,
    MPLS_IN_IP,
    PPTP,
    TEREDO,
    VXLAN,
    VXLAN_GPE,
    GENEVE,
    GTP_U,
    MPLS_IN_UDP,
    GRE_IN_UDP,
    GUE,
    AYIYA,
    CAPWAP,
    LISP,
    TZSP,
    LWAPP,
) = range(len(TUNNELS))

#: How deep tunnels may be nested: `Segment.tunnel` has eight bits for each.
MAX_TUNNELS = 7


def tunnel_names(tunnel: int) -> list[str]:
    """Return the names of the tunnels in `Segment.tunnel`, the outermost first."""
    names: list[str] = []
    while tunnel:
        names.insert(0, TUNNELS[tunnel & 255])
        tunnel >>= 8
    return names
