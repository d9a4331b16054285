"""Frames taken apart: where each field is, as tshark says, and what it means, as the RFCs say."""

import shutil
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest
from captures import CORPUS, PCAPS, read_pcap
from encapsulation import vxlan
from foreign import needs_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import ACK, PSH, SYN, ethernet, extension, fragment, ipv4, ipv6, tcp, udp, vlan
from pdml import places

from tracker.lesson.layer_text import LONGEST
from tracker.lesson.layers import Field, Layer, layers
from tracker.wire.link_types import LINK_TYPE_NAMES

ETHERNET, RAW = 1, 101

#: The layers that tshark's fields belong to, and the fields: tshark's name of each.
TSHARK = {
    "Ethernet": {"dst": "eth.dst", "src": "eth.src", "type": "eth.type"},
    "802.1Q": {"vlan": "vlan.id", "type": "vlan.etype"},
    "ARP": {
        "hwtype": "arp.hw.type",
        "op": "arp.opcode",
        "hwsrc": "arp.src.hw_mac",
        "psrc": "arp.src.proto_ipv4",
        "pdst": "arp.dst.proto_ipv4",
    },
    "IPv4": {
        "version": "ip.version",
        "ihl": "ip.hdr_len",
        "tos": "ip.dsfield",
        "len": "ip.len",
        "id": "ip.id",
        "flags": "ip.flags",
        "frag": "ip.frag_offset",
        "ttl": "ip.ttl",
        "proto": "ip.proto",
        "chksum": "ip.checksum",
        "src": "ip.src",
        "dst": "ip.dst",
    },
    "IPv6": {
        "version": "ipv6.version",
        "plen": "ipv6.plen",
        "nh": "ipv6.nxt",
        "hlim": "ipv6.hlim",
        "src": "ipv6.src",
        "dst": "ipv6.dst",
    },
    "TCP": {
        "sport": "tcp.srcport",
        "dport": "tcp.dstport",
        "seq": "tcp.seq",
        "ack": "tcp.ack",
        "dataofs": "tcp.hdr_len",
        "flags": "tcp.flags.syn",
        "window": "tcp.window_size_value",
        "chksum": "tcp.checksum",
        "urgptr": "tcp.urgent_pointer",
        "mss": "tcp.options.mss",
        "sackok": "tcp.options.sack_perm",
        "timestamp": "tcp.options.timestamp",
        "nop": "tcp.options.nop",
        "wscale": "tcp.options.wscale",
        "sack": "tcp.options.sack",
    },
    "UDP": {
        "sport": "udp.srcport",
        "dport": "udp.dstport",
        "len": "udp.length",
        "chksum": "udp.checksum",
    },
    "ICMP": {"type": "icmp.type", "code": "icmp.code", "chksum": "icmp.checksum"},
    "ICMPv6": {"type": "icmpv6.type", "code": "icmpv6.code", "cksum": "icmpv6.checksum"},
    "Linux cooked": {"pkttype": "sll.pkttype", "proto": "sll.etype"},
    "Linux cooked, version 2": {"pkttype": "sll.pkttype", "proto": "sll.etype"},
    "DNS": {"id": "dns.id", "qdcount": "dns.count.queries", "ancount": "dns.count.answers"},
}
WANTED = {name for fields in TSHARK.values() for name in fields.values()}


def link_type(path: Path) -> int:
    """Return the link type of a classic pcap file."""
    octets = path.read_bytes()[:24]
    order = "<" if octets[:1] in {b"\xd4", b"\x4d"} else ">"
    return int(struct.unpack_from(order + "I", octets, 20)[0])


def ours(octets: bytes, kind: int) -> list[tuple[str, int, int]]:
    """Return tshark's name, place and length of each field that we found and both of us know."""
    found = []
    for layer in layers(octets, kind):
        names = TSHARK.get(layer.name.removesuffix(" (quoted)"), {})
        found += [(names[f.name], f.start, f.length) for f in layer.fields if f.name in names]
    return found


def compared(path: Path, most: int) -> Iterator[tuple[int, set[object], set[object]]]:
    """Yield number, our fields and tshark's for frames of a capture."""
    kind = link_type(path)
    theirs = places(path)
    for number, (record, fields) in enumerate(zip(read_pcap(path)[:most], theirs, strict=False)):
        wanted = {(name, at, size) for name, at, size, _ in fields if name in WANTED and size}
        yield number + 1, set(ours(record.octets, kind)), set(wanted)


# --- tshark says where the fields are -----------------------------------------------------------

needs_tshark = pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark")

#: scapy does not go into all of these tunnels; DNS over TCP is a stream, and LLMNR and NetBIOS have
#: other names there.
THEIRS_ALONE = {"tunnels-in-ip", "tunnels-in-udp", "names"}

#: Of a segment that an error quotes, tshark shows no sequence number where it is all that follows
#: the ports, and nothing behind it in a redirect.
OURS_ALONE = {
    "icmp-in-syn-received",
    "icmp-in-syn-sent",
    "icmpv6-in-syn-received",
    "icmpv6-in-syn-sent",
}


@needs_tshark
@pytest.mark.parametrize("path", sorted(PCAPS.glob("*.pcap")), ids=lambda path: path.stem)
def test_fields_are_where_tshark_sees_them(path: Path) -> None:
    number = 0
    for number, mine, theirs in compared(path, 100):
        if path.stem not in OURS_ALONE:
            assert mine - theirs == set(), number
        if path.stem not in THEIRS_ALONE:
            assert theirs - mine == set(), number
    assert number


#: Captures of others, with what ours have not: options, tags, extension headers, damage.
FOREIGN = [
    "arkime/http-empty-useragent.pcap",
    "dnscap/edns.pcap",
    "ndpi/gaijin_mobile_mixed.pcap",
    "packetnet/LinuxCookedCapture.pcap",
    "suricata-verify/decode-sll2-01__input.pcap",
    "tcptrace/ipfrags.dmp",
    "tcptrace/rawip.dmp",
    "zeek/communityid__arp.pcap",
    "zeek/ipv6-fragmented-dns.pcap",
    "zeek/mixed-vlan-mpls.pcap",
    "zeek/tcp__option-sack.pcap",
    "zeek/tunnels__geneve-many-options.pcap",
    "zeek/tunnels__gre-sample.pcap",
    "zeek/tunnels__vxlan-encapsulated-http.pcap",
    "zeek/vlan-qinqinq.pcap",
]


@needs_tshark
@needs_corpus
@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_captures_too(name: str) -> None:
    number = 0
    for number, mine, theirs in compared(CORPUS / name, 100):
        assert mine == theirs, number
    assert number


# --- what the values mean -----------------------------------------------------------------------


def fields(found: list[Layer], name: str) -> dict[str, Field]:
    """Return the fields of the first layer of this name, by their names."""
    return {field.name: field for layer in found if layer.name == name for field in layer.fields}


def names(found: list[Layer]) -> list[str]:
    return [layer.name for layer in found]


def test_layers_of_a_segment() -> None:
    """RFC 894, RFC 791 and RFC 9293 section 3.1: 14, 20 and 20 octets of headers."""
    found = layers(ethernet(ipv4(tcp(b"GET /", PSH | ACK))), ETHERNET)
    assert [layer[:4] for layer in found] == [
        ("Ethernet", 2, 0, 14),
        ("IPv4", 3, 14, 20),
        ("TCP", 4, 34, 20),
        ("Data", None, 54, 5),
    ]
    assert found[3].fields == [Field("load", "data", "GET /", 54, 5, "")]


def test_fields_of_tcp_as_in_rfc_9293() -> None:
    found = fields(layers(ipv4(tcp(flags=SYN | ACK)), RAW), "TCP")
    assert [(f.label, f.value, f.start - 20, f.length, f.bits) for f in found.values()] == [
        ("source port", "1099", 0, 2, ""),
        ("destination port", "80", 2, 2, ""),
        ("sequence number", "100", 4, 4, ""),
        ("acknowledgment number", "300", 8, 4, ""),
        ("data offset", "5 (20 octets)", 12, 1, "0-3"),
        ("reserved", "0", 12, 1, "4-7"),
        ("control bits", "SYN, ACK", 13, 1, ""),
        ("window", "8192", 14, 2, ""),
        ("checksum", "0x0000", 16, 2, ""),
        ("urgent pointer", "0", 18, 2, ""),
    ]


def test_every_control_bit() -> None:
    for bit, name in enumerate(("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")):
        assert fields(layers(ipv4(tcp(flags=1 << bit)), RAW), "TCP")["flags"].value == name


def test_reserved_bits_are_four() -> None:
    """The last one was NS once, which scapy still shows as a flag."""
    segment = bytearray(tcp(flags=SYN))
    segment[12] |= 0b0101
    found = fields(layers(ipv4(bytes(segment)), RAW), "TCP")
    assert (found["reserved"].value, found["flags"].value) == ("5", "SYN")


def test_fields_of_ipv4_as_in_rfc_791() -> None:
    found = fields(layers(ipv4(tcp()), RAW), "IPv4")
    assert {name: (f.value, f.start, f.length, f.bits) for name, f in found.items()} == {
        "version": ("4", 0, 1, "0-3"),
        "ihl": ("5 (20 octets)", 0, 1, "4-7"),
        "tos": ("0x00 (DSCP 0, ECN 0)", 1, 1, ""),
        "len": ("40 octets", 2, 2, ""),
        "id": ("0x0000", 4, 2, ""),
        "flags": ("none", 6, 1, "0-2"),
        "frag": ("0 (0 octets)", 6, 2, "3-15"),
        "ttl": ("64", 8, 1, ""),
        "proto": ("6 (TCP)", 9, 1, ""),
        "chksum": ("0x0000", 10, 2, ""),
        "src": ("192.168.1.5", 12, 4, ""),
        "dst": ("192.168.1.7", 16, 4, ""),
    }


#: RFC 9293 section 3.2, RFC 7323, RFC 2018: an option of each kind, and its meaning.
OPTIONS = {
    "020405b4": ("mss", "1460 octets"),
    "03030a00": ("wscale", "10 (later windows count 1024 octets each)"),
    "03030f00": ("wscale", "15 (later windows count 16384 octets each)"),
    "04020000": ("sackok", "yes"),
    "080a00000001000000020000": ("timestamp", "TSval 1, TSecr 2"),
    "050a00000064000000c80000": ("sack", "100-200"),
    "01000000": ("nop", "fills one octet"),
    "22040102": ("tfo", "01 02"),
    "fd040102": ("option", "kind 253: 01 02"),
    "02030500": ("mss", "of a wrong length"),
    "08280000": ("damaged", "08 28 00 00"),
    "02000000": ("damaged", "02 00 00 00"),
}


@pytest.mark.parametrize("octets", OPTIONS)
def test_options_of_tcp(octets: str) -> None:
    segment = tcp(b"data", options=bytes.fromhex(octets))
    found = layers(ipv4(segment), RAW)
    option = found[1].fields[10]
    assert (option.name, option.value) == OPTIONS[octets]
    assert found[1].length == len(segment) - 4
    assert option.start == 40


def test_options_of_ipv4() -> None:
    """RFC 791 section 3.1: record route with one free place, then the end of the list."""
    found = layers(ipv4(tcp(), options=bytes.fromhex("0707040000000000")), RAW)
    assert names(found) == ["IPv4", "TCP"]
    assert fields(found, "IPv4")["rr"][1:5] == ("record route", "0.0.0.0", 20, 7)  # noqa: S104 - no host
    assert fields(found, "IPv4")["eol"].start == 27


def test_extension_headers_of_ipv6() -> None:
    """RFC 8200 section 4: each says how long it is, and what follows."""
    packet = ipv6(extension(60) + extension(6, 16) + tcp(), 0)
    found = layers(packet, RAW)
    assert [(layer.name, layer.start, layer.length) for layer in found] == [
        ("IPv6", 0, 40),
        ("IPv6 hop-by-hop options", 40, 8),
        ("IPv6 destination options", 48, 16),
        ("TCP", 64, 20),
    ]
    assert fields(found, "IPv6")["nh"].value == "0 (hop-by-hop options)"


def test_what_follows_a_packet_in_its_frame_is_padding() -> None:
    """Ethernet frames have 60 octets at least (IEEE 802.3 section 4A.4.2), without their FCS."""
    frame = ethernet(ipv4(tcp(b"hi")))
    found = layers(frame.ljust(60, b"\0"), ETHERNET)
    assert [(layer.name, layer.start, layer.length) for layer in found[-3:]] == [
        ("TCP", 34, 20),
        ("Data", 54, 2),
        ("Padding", 56, 4),
    ]


def test_padding_in_a_tunnel_is_in_its_place() -> None:
    inner = ethernet(ipv4(tcp(b"hi"))).ljust(60, b"\0")
    frame = ethernet(ipv4(udp(vxlan(inner), 50000, 4789), 17)) + b"tail"
    found = layers(frame, ETHERNET)
    assert names(found) == [
        *("Ethernet", "IPv4", "UDP", "VXLAN"),
        *("Ethernet", "IPv4", "TCP", "Data", "Padding", "Padding"),
    ]
    assert [layer.length for layer in found[-2:]] == [4, 4]


def test_tags_and_loopback() -> None:
    found = layers(ethernet(vlan(ipv4(tcp()), 7), 0x8100), ETHERNET)
    assert names(found) == ["Ethernet", "802.1Q", "IPv4", "TCP"]
    assert fields(found, "802.1Q")["vlan"][2:] == ("7", 14, 2, "4-15")
    for family in (24, 28, 30):
        for header in (struct.pack("<I", family), struct.pack(">I", family)):
            octets = header + ipv6(tcp())
            assert names(layers(octets, 0)) == ["BSD loopback", "IPv6", "TCP"]


def test_later_fragments_have_no_header() -> None:
    """What they carry begins in the middle of a segment (RFC 791 section 3.2)."""
    assert names(layers(ipv4(tcp(), offset=10), RAW)) == ["IPv4", "Data"]
    assert names(layers(ipv6(fragment(6, 10) + tcp(), 44), RAW)) == [
        *("IPv6", "IPv6 fragment header", "Data"),
    ]


def test_an_error_quotes_a_packet() -> None:
    """RFC 792: type 3, code 3, then the IP header and eight octets of what it carried."""
    quoted = ipv4(udp(b"hello", 1306, 9), 17)
    found = layers(ipv4(bytes((3, 3, 0, 0, 0, 0, 0, 0)) + quoted[:28], 1), RAW)
    assert names(found) == ["IPv4", "ICMP", "IPv4 (quoted)", "UDP (quoted)"]
    assert fields(found, "ICMP")["type"].value == "3 (destination unreachable)"
    assert fields(found, "ICMP")["code"].value == "3 (port unreachable)"
    assert fields(found, "UDP (quoted)")["dport"].value == "9"


#: RFC 1035 section 4.1: a question for www.example.org, and its answer, whose name is a pointer.
QUESTION = b"\3www\7example\3org\0\0\1\0\1"
ANSWER = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes((192, 0, 2, 1))
MESSAGE = bytes.fromhex("beef 8180 0001 0001 0000 0000") + QUESTION + ANSWER


def test_message_of_dns() -> None:
    found = fields(layers(ipv4(udp(MESSAGE, 53, 5000), 17), RAW), "DNS")
    assert found["id"].value == "0xbeef"
    assert (found["qr"].value, found["qr"].bits) == ("1 (response)", "0")
    assert found["rcode"].value == "0 (no error)"
    assert found["qd"][1:5] == ("question", "www.example.org A", 40, len(QUESTION))
    assert found["an"].value == "www.example.org A 192.0.2.1"
    assert found["an"].start == 40 + len(QUESTION)


def test_other_octets_from_the_port_of_dns_are_data() -> None:
    assert names(layers(ipv4(udp(b"question", 7, 53), 17), RAW)) == ["IPv4", "UDP", "Data"]


# --- damage and malice --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (ipv4(tcp())[:13], ["IPv4", "not read"]),
        (ipv4(tcp())[:35], ["IPv4", "TCP", "not read"]),
        (ipv4(tcp(options=bytes(20)))[:45], ["IPv4", "TCP"]),
        (ipv4(tcp(b"data", data_offset=4)), ["IPv4", "TCP", "not read"]),
        (b"\x44" + ipv4(tcp())[1:], ["IPv4", "not read"]),
    ],
)
def test_cut_or_damaged_headers(packet: bytes, expected: list[str]) -> None:
    """As many fields as there are; and behind a header whose length cannot be, nothing is read."""
    found = layers(packet, RAW)
    assert names(found) == expected
    check(found, packet)


def test_unknown_link_type_is_data() -> None:
    assert names(layers(b"octets", 147)) == ["Data"]
    assert layers(b"", ETHERNET) == []


def test_values_are_safe_on_a_terminal() -> None:
    hostile = "\x1b]0;owned\x07\u202e".encode() + b"GET / HTTP/1.1\r\n"
    value = layers(ipv4(tcp(hostile)), RAW)[2].fields[0].value
    assert value == "\\x1b]0;owned\\x07\\xe2\\x80\\xaeGET / HTTP/1.1\\r\\n"


#: Much of what a header may be repeated for: tags, extension headers, tunnels, pointers of DNS.
CHAIN = b"\3abc\0" + b"".join(struct.pack(">H", 0xC000 | max(12, at)) for at in range(15, 8000, 2))
BOMBS = {
    "tags": ethernet(b"\0\1\x81\0" * 16000, 0x8100),
    "extensions": ethernet(ipv6(b"\0\0\0\0\0\0\0\0" * 8000, 0), 0x86DD),
    "tunnels": ethernet(ipv4(b"".join([ipv4(b"", 4, total_length=0)] * 3000), 4, total_length=0)),
    "records": ethernet(ipv4(udp(b"\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff" + CHAIN, 53, 53), 17)),
    "snmp": ethernet(
        ipv4(udp(b"\x30\x82\xff\xff" * 16000, 161, 161, length=0), 17, total_length=0)
    ),
    "dhcp6": ethernet(ipv6(udp(b"\1\0\0\0" + b"\0\3\0\0" * 10000, 546, 547), 17), 0x86DD),
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_frames_cost_little(name: str) -> None:
    """Their layers and fields are limited; the first frame of a kind may have to load modules."""
    frame = BOMBS[name]
    layers(frame, ETHERNET)
    begun = process_time()
    found = layers(frame, ETHERNET)
    assert process_time() - begun < 0.5
    assert len(found) < 60
    assert sum(len(layer.fields) for layer in found) < 1000
    check(found, frame)


def check(found: list[Layer], octets: bytes) -> None:
    """Assert what holds for all frames: the layers are all of it, the fields lie in theirs."""
    at = 0
    for layer in found:
        assert layer.start == at
        at += layer.length
        taken = 8 * layer.start
        for field in layer.fields:
            begin, end = bits_of(field)
            assert taken <= begin <= end <= 8 * at, (layer, field)
            taken = end
            assert len(field.value) <= LONGEST
            assert all(" " <= character <= "~" for character in field.value + field.label)
    assert at == len(octets)


def bits_of(field: Field) -> tuple[int, int]:
    """Return where a field begins and ends in its frame, in bits."""
    begin = 8 * field.start
    if not field.bits:
        return begin, begin + 8 * field.length
    first, _, last = field.bits.partition("-")
    assert begin + int(last or first) < begin + 8 * field.length
    return begin + int(first), begin + int(last or first) + 1


FRAMES = [
    (record.octets, link_type(path))
    for path in sorted(PCAPS.glob("*.pcap"))
    for record in read_pcap(path)[::7]
]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(sorted(LINK_TYPE_NAMES)))
def test_any_octets_of_any_link_type(octets: bytes, kind: int) -> None:
    check(layers(octets, kind), octets)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(FRAMES), st.integers(0, 200), st.binary(max_size=8), st.integers(0, 300))
def test_any_damage_of_real_frames(
    frame: tuple[bytes, int], at: int, damage: bytes, end: int
) -> None:
    octets, kind = frame
    octets = (octets[:at] + damage + octets[at + len(damage) :])[: 300 - end]
    check(layers(octets, kind), octets)


def test_values_are_those_that_scapy_finds() -> None:
    """What makes text of them takes them from the right fields."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from scapy.layers import inet, l2
    compared = 0
    for octets, kind in FRAMES:
        whole = l2.Ether(octets) if kind == ETHERNET else None
        if whole is None or not isinstance(whole.payload, inet.IP):
            continue
        ip, found = whole.payload, layers(octets, kind)
        mine = fields(found[:2], "IPv4")
        assert (mine["src"].value, mine["dst"].value) == (ip.src, ip.dst)
        assert mine["ttl"].value == str(ip.ttl)
        if isinstance(ip.payload, inet.TCP):
            segment, mine = ip.payload, fields(found[:3], "TCP")
            for name in ("sport", "dport", "seq", "ack", "window"):
                assert mine[name].value == str(getattr(segment, name)), name
            compared += 1
    assert compared > 50


def test_scapy_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    for frame in BOMBS.values():
        layers(frame[:3000], ETHERNET)
    assert capfd.readouterr() == ("", "")
