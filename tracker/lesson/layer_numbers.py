"""What the numbers in headers stand for (https://www.iana.org/protocols, each named below).

Only what a lesson may show; the meanings of the others can be looked up there.
"""

#: IEEE 802 numbers.
ETHERTYPES = {
    0x0800: "IPv4",
    0x0806: "ARP",
    0x6558: "Ethernet",
    0x8100: "802.1Q",
    0x86DD: "IPv6",
    0x880B: "PPP",
    0x8847: "MPLS",
    0x8863: "PPPoE discovery",
    0x8864: "PPPoE",
    0x88A8: "802.1ad",
    0x88CC: "LLDP",
}

#: Hardware types of ARP; Linux has further ones (include/uapi/linux/if_arp.h).
HARDWARE = {1: "Ethernet", 772: "loopback", 65534: "none"}

ARP_OPERATIONS = {1: "request", 2: "reply", 3: "reverse request", 4: "reverse reply"}

#: Linux, include/uapi/linux/if_packet.h.
PACKET_TYPES = {
    0: "to this host",
    1: "broadcast",
    2: "multicast",
    3: "to another host",
    4: "sent by this host",
}

#: Address families: 2 is the same everywhere, that of IPv6 is each system's own.
FAMILIES = {2: "IPv4", 10: "IPv6", 24: "IPv6", 28: "IPv6", 30: "IPv6"}

#: Protocol numbers.
PROTOCOLS = {
    0: "hop-by-hop options",
    1: "ICMP",
    2: "IGMP",
    4: "IPv4",
    6: "TCP",
    17: "UDP",
    41: "IPv6",
    43: "routing header",
    44: "fragment header",
    47: "GRE",
    50: "ESP",
    51: "AH",
    58: "ICMPv6",
    59: "no next header",
    60: "destination options",
    97: "EtherIP",
    132: "SCTP",
    137: "MPLS-in-IP",
}

#: RFC 792.
ICMP_TYPES = {
    0: "echo reply",
    3: "destination unreachable",
    4: "source quench",
    5: "redirect",
    8: "echo",
    11: "time exceeded",
    12: "parameter problem",
    13: "timestamp",
    14: "timestamp reply",
}

#: RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1.
ICMP_CODES = {
    (3, 0): "net unreachable",
    (3, 1): "host unreachable",
    (3, 2): "protocol unreachable",
    (3, 3): "port unreachable",
    (3, 4): "fragmentation needed and DF set",
    (3, 5): "source route failed",
    (3, 6): "destination network unknown",
    (3, 7): "destination host unknown",
    (3, 8): "source host isolated",
    (3, 9): "network administratively prohibited",
    (3, 10): "host administratively prohibited",
    (3, 11): "network unreachable for type of service",
    (3, 12): "host unreachable for type of service",
    (3, 13): "communication administratively prohibited",
    (3, 14): "host precedence violation",
    (3, 15): "precedence cutoff in effect",
    (5, 0): "for the network",
    (5, 1): "for the host",
    (11, 0): "time to live exceeded in transit",
    (11, 1): "fragment reassembly time exceeded",
}

#: RFC 4443, RFC 4861.
ICMPV6_TYPES = {
    1: "destination unreachable",
    2: "packet too big",
    3: "time exceeded",
    4: "parameter problem",
    128: "echo request",
    129: "echo reply",
    130: "multicast listener query",
    131: "multicast listener report",
    132: "multicast listener done",
    133: "router solicitation",
    134: "router advertisement",
    135: "neighbor solicitation",
    136: "neighbor advertisement",
    137: "redirect",
    143: "multicast listener report, version 2",
}

#: RFC 4443.
ICMPV6_CODES = {
    (1, 0): "no route to destination",
    (1, 1): "administratively prohibited",
    (1, 2): "beyond scope of source address",
    (1, 3): "address unreachable",
    (1, 4): "port unreachable",
    (1, 5): "source address failed policy",
    (1, 6): "reject route to destination",
    (3, 0): "hop limit exceeded in transit",
    (3, 1): "fragment reassembly time exceeded",
    (4, 0): "erroneous header field",
    (4, 1): "unrecognized next header",
    (4, 2): "unrecognized IPv6 option",
}

#: RFC 1035 section 4.1.1.
DNS_CODES = {
    0: "no error",
    1: "format error",
    2: "server failure",
    3: "name error: no such name",
    4: "not implemented",
    5: "refused",
}

#: Types of DNS records.
DNS_TYPES = {
    1: "A",
    2: "NS",
    5: "CNAME",
    6: "SOA",
    12: "PTR",
    15: "MX",
    16: "TXT",
    28: "AAAA",
    33: "SRV",
    41: "OPT",
    65: "HTTPS",
    255: "ANY",
}
