"""The headers that matter: what the RFCs call their fields, and what the values mean.

Each is a table by scapy's name of the field: what it is called, and what makes text of its value.
A maker of text takes the value and scapy's packet.
"""

from collections.abc import Callable

from tracker.lesson.layer_numbers import (
    ARP_OPERATIONS,
    DNS_CODES,
    ETHERTYPES,
    FAMILIES,
    HARDWARE,
    ICMP_CODES,
    ICMP_TYPES,
    ICMPV6_CODES,
    ICMPV6_TYPES,
    PACKET_TYPES,
    PROTOCOLS,
)
from tracker.lesson.layer_text import count, octets_as_text, safe
from tracker.typed import Any, NamedTuple

Maker = Callable[[Any, Any], str]


class Known(NamedTuple):
    """A header that is described here.

    name      what people call it
    number    of its OSI layer, see `layer_parts.Layer`
    fields    label and maker of text for each field of scapy's; any other is shown as scapy does
    """

    name: str
    number: int | None
    fields: dict[str, tuple[str, Maker]]


# --- values -------------------------------------------------------------------------------------


def _number(value: Any, _packet: Any) -> str:  # noqa: ANN401 - as scapy has it
    return str(int(value))


def _text(value: Any, _packet: Any) -> str:  # noqa: ANN401 - as scapy has it
    return safe(str(value))


def _octets(value: Any, _packet: Any) -> str:  # noqa: ANN401 - as scapy has it
    return count(int(value))


def _data(value: Any, _packet: Any) -> str:  # noqa: ANN401 - as scapy has it
    return octets_as_text(value) if isinstance(value, bytes) else safe(str(value))


def _hexadecimal(digits: int) -> Maker:
    return lambda value, _packet: f"0x{int(value):0{digits}x}"


def _named(names: dict[int, str], digits: int = 0) -> Maker:
    """Return what writes a number and what it stands for: "6 (TCP)", "0x0800 (IPv4)"."""

    def make(value: Any, _packet: Any) -> str:  # noqa: ANN401 - as scapy has it
        number = int(value)
        written = f"0x{number:0{digits}x}" if digits else str(number)
        return f"{written} ({names[number]})" if number in names else written

    return make


def _times(octets: int) -> Maker:
    """Return what writes a length that counts in words of so many octets."""
    return lambda value, _packet: f"{int(value)} ({count(octets * int(value))})"


def _bits(*names: str) -> Maker:
    """Return what names the bits that are set; `names` begin with the leftmost."""

    def make(value: Any, _packet: Any) -> str:  # noqa: ANN401 - as scapy has it
        width = len(names) - 1
        found = [name for i, name in enumerate(names) if int(value) >> (width - i) & 1 and name]
        return ", ".join(found) or "none"

    return make


def _service(value: Any, _packet: Any) -> str:  # noqa: ANN401 - as scapy has it
    """RFC 2474 and RFC 3168: what was the type of service."""
    return f"0x{value:02x} (DSCP {value >> 2}, ECN {value & 3})"


def _control(value: Any, _packet: Any) -> str:  # noqa: ANN401 - as scapy has it
    """RFC 9293 section 3.1, in the order in which its figures name them."""
    names = {2: "SYN", 1: "FIN", 4: "RST", 8: "PSH", 16: "ACK", 32: "URG", 64: "ECE", 128: "CWR"}
    return ", ".join(name for bit, name in names.items() if int(value) & bit) or "none"


def _reserved(_value: Any, packet: Any) -> str:  # noqa: ANN401 - as scapy has it
    """Return all four bits: scapy has the last one among the flags, as NS once (RFC 3540)."""
    return str(packet.original[12] & 15)


def _padded_address(value: Any, packet: Any) -> str:  # noqa: ANN401 - as scapy has it
    """Return the link-layer address in a field that is longer than most of them."""
    length = packet.fields.get("lladdrlen", 0)
    return ":".join(f"{octet:02x}" for octet in value[:length]) or "none"


def _icmp_code(names: dict[tuple[int, int], str]) -> Maker:
    def make(value: Any, packet: Any) -> str:  # noqa: ANN401 - as scapy has it
        name = names.get((int(packet.fields.get("type", 0)), int(value)))
        return f"{int(value)} ({name})" if name else str(int(value))

    return make


_YES = _named({0: "no", 1: "yes"})
_PORT = _number
_TYPE = ("EtherType", _named(ETHERTYPES, 4))
_CHECKSUM = ("checksum", _hexadecimal(4))
_NEXT = ("next header", _named(PROTOCOLS))

# --- link layer ---------------------------------------------------------------------------------

_ETHERNET = Known(
    "Ethernet",
    2,
    {
        "dst": ("destination MAC address", _text),
        "src": ("source MAC address", _text),
        "type": _TYPE,
        "len": ("length", _octets),
    },
)
_TAG = {
    "prio": ("priority", _number),
    "dei": ("drop eligible", _YES),
    "id": ("drop eligible", _YES),
    "vlan": ("VLAN identifier", _number),
    "type": _TYPE,
}
_COOKED = {
    "pkttype": ("packet type", _named(PACKET_TYPES)),
    "lladdrtype": ("link-layer address type", _named(HARDWARE)),
    "lladdrlen": ("link-layer address length", _octets),
    "src": ("link-layer address", _padded_address),
    "proto": ("protocol", _named(ETHERTYPES, 4)),
    "reserved": ("reserved", _number),
    "ifindex": ("interface index", _number),
}
_LOOPBACK = Known("BSD loopback", 2, {"type": ("address family", _named(FAMILIES))})
_ARP = {
    "hwtype": ("hardware address space", _named(HARDWARE)),
    "ptype": ("protocol address space", _named(ETHERTYPES, 4)),
    "hwlen": ("hardware address length", _octets),
    "plen": ("protocol address length", _octets),
    "op": ("opcode", _named(ARP_OPERATIONS)),
    "hwsrc": ("sender hardware address", _data),
    "psrc": ("sender protocol address", _data),
    "hwdst": ("target hardware address", _data),
    "pdst": ("target protocol address", _data),
}

# --- IP -----------------------------------------------------------------------------------------

_IPV4 = {
    "version": ("version", _number),
    "ihl": ("internet header length", _times(4)),
    "tos": ("type of service", _service),
    "len": ("total length", _octets),
    "id": ("identification", _hexadecimal(4)),
    "flags": ("flags", _bits("reserved", "DF (don't fragment)", "MF (more fragments)")),
    "frag": ("fragment offset", _times(8)),
    "ttl": ("time to live", _number),
    "proto": ("protocol", _named(PROTOCOLS)),
    "chksum": ("header checksum", _hexadecimal(4)),
    "src": ("source address", _text),
    "dst": ("destination address", _text),
}
_IPV6 = {
    "version": ("version", _number),
    "tc": ("traffic class", _service),
    "fl": ("flow label", _hexadecimal(5)),
    "plen": ("payload length", _octets),
    "nh": _NEXT,
    "hlim": ("hop limit", _number),
    "src": ("source address", _text),
    "dst": ("destination address", _text),
}
_LENGTH_IN_EIGHTS = (
    "header extension length",
    lambda value, _: f"{value} ({8 * value + 8} octets)",
)
_OPTIONS = {"nh": _NEXT, "len": _LENGTH_IN_EIGHTS}
_ROUTING = {
    "nh": _NEXT,
    "len": _LENGTH_IN_EIGHTS,
    "type": ("routing type", _number),
    "segleft": ("segments left", _number),
    "lastentry": ("last entry", _number),
    "addresses": ("addresses", lambda value, _: safe(", ".join(map(str, value[:4])))),
}
_FRAGMENT = {
    "nh": _NEXT,
    "res1": ("reserved", _number),
    "offset": ("fragment offset", _times(8)),
    "res2": ("reserved", _number),
    "m": ("more fragments", _YES),
    "id": ("identification", _hexadecimal(8)),
}

# --- what IP carries ----------------------------------------------------------------------------

_TCP = {
    "sport": ("source port", _PORT),
    "dport": ("destination port", _PORT),
    "seq": ("sequence number", _number),
    "ack": ("acknowledgment number", _number),
    "dataofs": ("data offset", _times(4)),
    "reserved": ("reserved", _reserved),
    "flags": ("control bits", _control),
    "window": ("window", _number),
    "chksum": _CHECKSUM,
    "urgptr": ("urgent pointer", _number),
}
_UDP = {
    "sport": ("source port", _PORT),
    "dport": ("destination port", _PORT),
    "len": ("length", _octets),
    "chksum": _CHECKSUM,
}
_ICMP = {
    "type": ("type", _named(ICMP_TYPES)),
    "code": ("code", _icmp_code(ICMP_CODES)),
    "chksum": _CHECKSUM,
    "id": ("identifier", _number),
    "seq": ("sequence number", _number),
    "gw": ("gateway internet address", _text),
    "ptr": ("pointer", _number),
    "nexthopmtu": ("next-hop MTU", _octets),
    "length": ("length", _times(4)),
    "unused": ("unused", _data),
    "reserved": ("unused", _number),
}
_ICMPV6 = {
    "type": ("type", _named(ICMPV6_TYPES)),
    "code": ("code", _icmp_code(ICMPV6_CODES)),
    "cksum": _CHECKSUM,
    "id": ("identifier", _number),
    "seq": ("sequence number", _number),
    "mtu": ("MTU", _octets),
    "ptr": ("pointer", _number),
    "length": ("length", _times(8)),
    "unused": ("unused", _number),
    "res": ("reserved", _number),
    "tgt": ("target address", _text),
    "dst": ("destination address", _text),
}
_GRE = {
    "chksum_present": ("checksum present", _YES),
    "routing_present": ("routing present", _YES),
    "key_present": ("key present", _YES),
    "seqnum_present": ("sequence number present", _YES),
    "version": ("version", _number),
    "proto": ("protocol type", _named(ETHERTYPES, 4)),
    "chksum": _CHECKSUM,
    "key": ("key", _number),
    "sequence_number": ("sequence number", _number),
}
_VXLAN = {
    "flags": ("flags", _hexadecimal(2)),
    "vni": ("VXLAN network identifier", _number),
}
_DNS = {
    "length": ("length", _octets),
    "id": ("identification", _hexadecimal(4)),
    "qr": ("query or response", _named({0: "query", 1: "response"})),
    "opcode": ("kind of query", _named({0: "query", 4: "notify", 5: "update"})),
    "aa": ("authoritative answer", _YES),
    "tc": ("truncated", _YES),
    "rd": ("recursion desired", _YES),
    "ra": ("recursion available", _YES),
    "z": ("reserved", _number),
    "ad": ("authentic data", _YES),
    "cd": ("checking disabled", _YES),
    "rcode": ("response code", _named(DNS_CODES)),
    "qdcount": ("number of questions", _number),
    "ancount": ("number of answers", _number),
    "nscount": ("number of authority records", _number),
    "arcount": ("number of additional records", _number),
}

#: By the name of scapy's class.
KNOWN = {
    "Ether": _ETHERNET,
    "Dot3": _ETHERNET._replace(name="Ethernet (802.3)"),
    "Dot1Q": Known("802.1Q", 2, _TAG),
    "Dot1AD": Known("802.1ad", 2, _TAG),
    "CookedLinux": Known("Linux cooked", 2, _COOKED),
    "CookedLinuxV2": Known("Linux cooked, version 2", 2, _COOKED),
    "Loopback": _LOOPBACK,
    "LoopbackOpenBSD": _LOOPBACK,
    "ARP": Known("ARP", 2, _ARP),
    "IP": Known("IPv4", 3, _IPV4),
    "IPerror": Known("IPv4 (quoted)", 3, _IPV4),
    "IPv6": Known("IPv6", 3, _IPV6),
    "IPerror6": Known("IPv6 (quoted)", 3, _IPV6),
    "IPv6ExtHdrHopByHop": Known("IPv6 hop-by-hop options", 3, _OPTIONS),
    "IPv6ExtHdrDestOpt": Known("IPv6 destination options", 3, _OPTIONS),
    "IPv6ExtHdrRouting": Known("IPv6 routing header", 3, _ROUTING),
    "IPv6ExtHdrSegmentRouting": Known("IPv6 segment routing header", 3, _ROUTING),
    "IPv6ExtHdrFragment": Known("IPv6 fragment header", 3, _FRAGMENT),
    "TCP": Known("TCP", 4, _TCP),
    "TCPerror": Known("TCP (quoted)", 4, _TCP),
    "UDP": Known("UDP", 4, _UDP),
    "UDPerror": Known("UDP (quoted)", 4, _UDP),
    "ICMP": Known("ICMP", 3, _ICMP),
    "ICMPerror": Known("ICMP (quoted)", 3, _ICMP),
    "GRE": Known("GRE", None, _GRE),
    "GRE_PPTP": Known("GRE (PPTP)", None, _GRE),
    "VXLAN": Known("VXLAN", None, _VXLAN),
    "DNS": Known("DNS", None, _DNS),
}

#: Headers that scapy shows in its own words, and where their place is.
_NUMBERS = {
    "Dot1AH": 2,
    "LLC": 2,
    "SNAP": 2,
    "STP": 2,
    "PPP": 2,
    "PPPoE": 2,
    "PPPoED": 2,
    "HDLC": 2,
    "Dot11": 2,
    "Dot11FCS": 2,
    "RadioTap": 2,
    "SCTP": 4,
    "AH": 3,
    "ESP": 3,
    "ICMPv6NDOptDstLLAddr": 3,
    "ICMPv6NDOptMTU": 3,
    "ICMPv6NDOptPrefixInfo": 3,
    "ICMPv6NDOptSrcLLAddr": 3,
    "IGMP": 3,
    "IGMPv3": 3,
}


def known(packet: Any) -> Known:  # noqa: ANN401 - scapy has no types
    """Return what is known of the header that scapy's `packet` stands for."""
    kind = type(packet).__name__
    if kind in KNOWN:
        return KNOWN[kind]
    if kind.startswith("ICMPv6") and not kind.startswith("ICMPv6NDOpt"):
        quoted = " (quoted)" if kind.endswith("error") else ""
        return Known(f"ICMPv6{quoted}", 3, _ICMPV6)
    return Known(safe(packet.name), _NUMBERS.get(kind), {})
