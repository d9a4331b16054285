"""Link layers other than Ethernet: what is in their frames, whole and cut anywhere.

The layouts are those of https://www.tcpdump.org/linktypes.html and of the standards it names, octet
by octet; tshark, where it is installed, is asked what it sees in the same frames.
"""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest
from captures import START, Record, pcap
from decoding import Decoded, Fault, decode_frame
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import IPV4, IPV6, TCP, UNREAD, VLAN, ipv4, ipv6, tcp, udp, vlan

from tracker.wire.decode import decode, decode_again
from tracker.wire.link_types import LINK_TYPE_NAMES, link_type_name
from tracker.wire.reasons import DECODED, REASONS
from tracker.wire.segment import Frame, Segment

PACKETS = {
    "TCP in IPv4": ipv4(tcp(b"GET /")),
    "TCP in IPv6": ipv6(tcp(b"GET /")),
    "UDP in IPv4": ipv4(udp(b"hello", destination=4711), 17),
    "UDP in IPv6": ipv6(udp(b"hello", destination=4711), 17),
}

octets = bytes.fromhex
MACS = octets("020000000001 020000000002")


def is_ipv4(packet: bytes) -> bool:
    return packet[0] >> 4 == 4


def u16(number: int) -> bytes:
    return struct.pack("!H", number)


def ethertype(packet: bytes) -> bytes:
    return u16(IPV4 if is_ipv4(packet) else IPV6)


def family(packet: bytes, ipv6_is: int, order: str = "<") -> bytes:
    """Return an address family of 32 bits."""
    return struct.pack(f"{order}I", 2 if is_ipv4(packet) else ipv6_is)


def ether(packet: bytes) -> bytes:
    return MACS + ethertype(packet) + packet


def snap(packet: bytes) -> bytes:
    """Return LLC and SNAP headers (RFC 1042) with a packet."""
    return octets("aaaa03 000000") + ethertype(packet) + packet


def ppp(packet: bytes) -> bytes:
    return u16(0x0021 if is_ipv4(packet) else 0x0057) + packet


def nlpid(packet: bytes) -> bytes:
    return (b"\xcc" if is_ipv4(packet) else b"\x8e") + packet


def sll(payload: bytes, protocol: bytes, device: int = 1, packet_type: int = 0) -> bytes:
    """Return LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, address, protocol."""
    return struct.pack("!HHH8x", packet_type, device, 6) + protocol + payload


def sll2(payload: bytes, protocol: bytes, device: int = 1, packet_type: int = 0) -> bytes:
    """Return LINKTYPE_LINUX_SLL2: protocol, 0, interface, ARPHRD, type, address length, address."""
    return protocol + struct.pack("!HIHBB8x", 0, 3, device, packet_type, 6) + payload


def dot11(
    body: bytes,
    control: str = "0801",
    behind: bytes = b"",
    sequence: str = "1000",
    addresses: bytes = bytes(6) + MACS,
) -> bytes:
    """Return an IEEE 802.11 frame; `behind` the header's fixed part: address 4, QoS, HT control."""
    return octets(control) + bytes(2) + addresses + octets(sequence) + behind + body


def radiotap(frame: bytes, flags: int = 0, timed: bool = False) -> bytes:
    """Return radiotap with flags, perhaps a second word of fields and TSFT before them."""
    if timed:
        words = struct.pack("<II", 0x80000003, 0)
        fields = bytes(4) + bytes(8) + bytes((flags,))
    else:
        words, fields = struct.pack("<I", 0x00000002), bytes((flags,))
    length = 4 + len(words) + len(fields)
    return struct.pack("<BBH", 0, 0, length) + words + fields + frame


def ppi(frame: bytes, link_type: int, fields: bytes = b"") -> bytes:
    return struct.pack("<BBHI", 0, 0, 8 + len(fields), link_type) + fields + frame


def nflog(packet: bytes, number: int, order: str = "<") -> bytes:
    """Return LINKTYPE_NFLOG: packet header, an interface index, then the payload."""

    def attribute(kind: int, value: bytes) -> bytes:
        length = 4 + len(value)
        return struct.pack(f"{order}HH", length, kind) + value + bytes(-length % 4)

    prefix = attribute(1, octets("08000100")) + attribute(10, b"in\0")
    return bytes((number, 0, 0, 0)) + prefix + attribute(9, packet)[: 4 + len(packet)]


def pktap(frame: bytes, link_type: int, kind: int = 1) -> bytes:
    return struct.pack("<III", 156, kind, link_type) + bytes(144) + frame


def juniper(payload: bytes, flags: int = 0, extensions: bytes = b"") -> bytes:
    if extensions:
        flags |= 0x80
        extensions = u16(len(extensions)) + extensions
    return b"MGC" + bytes((flags,)) + extensions + payload


def erf(payload: bytes, kind: int, extensions: int = 0) -> bytes:
    more = b"".join(bytes((0x80 * (n < extensions - 1),)) + bytes(7) for n in range(extensions))
    first = kind | 0x80 * (extensions > 0)
    length = 16 + len(more) + len(payload)
    return bytes(8) + struct.pack("!BBHHH", first, 4, length, 0, length) + more + payload


def protocol_of_arcnet(packet: bytes) -> bytes:
    return bytes((212 if is_ipv4(packet) else 196,))


Wrap = Callable[[bytes], bytes]

#: name: (link type, the frame around a packet)
FRAMES: dict[str, tuple[int, Wrap]] = {
    "NULL, macOS": (0, lambda p: family(p, 30) + p),
    "NULL, FreeBSD": (0, lambda p: family(p, 28) + p),
    "NULL, NetBSD, big endian": (0, lambda p: family(p, 24, ">") + p),
    "NULL with EtherType": (0, lambda p: struct.pack("<I", IPV4 if is_ipv4(p) else IPV6) + p),
    "NULL with PPP": (0, lambda p: octets("ff03") + ppp(p)),
    "IEEE802_5": (6, lambda p: octets("1040") + MACS + snap(p)),
    "IEEE802_5, routed": (
        6,
        lambda p: octets("1040 020000000001 820000000002 0690 0011 0012") + snap(p),
    ),
    "ARCNET_BSD, RFC 1201": (7, lambda p: octets("0102") + protocol_of_arcnet(p) + bytes(3) + p),
    "ARCNET_BSD, RFC 1051": (7, lambda p: octets("0102f0") + p),
    "SLIP": (8, lambda p: bytes(16) + p),
    "PPP": (9, lambda p: octets("ff03") + ppp(p)),
    "PPP without framing": (9, ppp),
    "PPP, short protocol": (9, lambda p: octets("ff03") + ppp(p)[1:]),
    "PPP with MPLS": (9, lambda p: octets("ff03 0281 00010140") + p),
    "PPP, Cisco": (9, lambda p: octets("0f00") + ethertype(p) + p),
    "PPP, bridged": (9, lambda p: octets("ff03 0031 0001") + ether(p)),
    "PPP, multilink": (9, lambda p: octets("ff03 003d c0000001") + ppp(p)),
    "FDDI": (10, lambda p: octets("57") + MACS + snap(p)),
    "DLT_ATM_RFC1483": (11, snap),
    "DLT_RAW": (12, lambda p: p),
    "DLT_RAW on OpenBSD": (14, lambda p: p),
    "DLT_ATM_CLIP": (19, lambda p: p),
    "PPP_HDLC": (50, lambda p: octets("ff03") + ppp(p)),
    "PPP_HDLC, Cisco": (50, lambda p: octets("8f00") + ethertype(p) + p),
    "PPP_ETHER": (51, lambda p: octets("1100 0009") + u16(len(p) + 2) + ppp(p)),
    "ATM_RFC1483": (100, snap),
    "ATM_RFC1483, bridged": (100, lambda p: octets("aaaa03 0080c2 0007 0000") + ether(p)),
    "ATM_RFC1483, NLPID": (100, lambda p: octets("fefe03") + nlpid(p)),
    "ATM_RFC1483, PPP": (100, lambda p: octets("fefe03 cf") + ppp(p)),
    "RAW": (101, lambda p: p),
    "RAW with PPP": (101, lambda p: octets("ff03") + ppp(p)),
    "C_HDLC": (104, lambda p: octets("0f00") + ethertype(p) + p),
    "IEEE802_11, to the network": (105, lambda p: dot11(snap(p), "0801")),
    "IEEE802_11, from the network": (105, lambda p: dot11(snap(p), "0802")),
    "IEEE802_11, QoS": (105, lambda p: dot11(snap(p), "8801", bytes(2))),
    "IEEE802_11, HT control": (105, lambda p: dot11(snap(p), "8881", bytes(6))),
    "IEEE802_11, four addresses": (105, lambda p: dot11(snap(p), "0803", bytes(6))),
    "IEEE802_11, four, QoS": (105, lambda p: dot11(snap(p), "8803", bytes(8))),
    "IEEE802_11, mesh": (
        105,
        lambda p: dot11(octets("001f00000001") + snap(p), "8803", bytes(6) + octets("0001")),
    ),
    "IEEE802_11, mesh, address": (
        105,
        lambda p: dot11(octets("011f00000001") + bytes(6) + snap(p), "8802", octets("0001")),
    ),
    "IEEE802_11, VLAN": (
        105,
        lambda p: dot11(octets("aaaa03 000000 8100 0007") + ethertype(p) + p),
    ),
    "IEEE802_11, RFC 948": (105, lambda p: dot11(octets("060603") + p)),
    "IEEE802_11, tunnel's SNAP": (105, lambda p: dot11(octets("aaaa03 0000f8") + ethertype(p) + p)),
    "ATM_CLIP": (106, lambda p: p),
    "ATM_CLIP with LLC": (106, snap),
    "FRELAY": (107, lambda p: octets("1841 03") + nlpid(p)),
    "FRELAY, long address": (107, lambda p: octets("18404001 03") + nlpid(p)),
    "FRELAY with SNAP": (107, lambda p: octets("1841 03 00 80 000000") + ethertype(p) + p),
    "FRELAY, Cisco": (107, lambda p: octets("1841") + ethertype(p) + p),
    "FRELAY with PPP": (107, lambda p: octets("1841 03 cf") + ppp(p)),
    "FRELAY, bridged": (107, lambda p: octets("1841 03 00 80 0080c2 0007") + ether(p)),
    "LOOP": (108, lambda p: family(p, 24, ">") + p),
    "ENC": (109, lambda p: family(p, 24) + bytes(8) + p),
    "ENC, big endian": (109, lambda p: family(p, 24, ">") + bytes(8) + p),
    "LINUX_SLL": (113, lambda p: sll(p, ethertype(p))),
    "LINUX_SLL with LLC": (113, lambda p: sll(snap(p), u16(4))),
    "LINUX_SLL with Ethernet": (113, lambda p: sll(ether(p), u16(3))),
    "LINUX_SLL with PPP": (113, lambda p: sll(ppp(p), u16(7))),
    "LINUX_SLL, VLAN": (113, lambda p: sll(vlan(p, 7, IPV4 if is_ipv4(p) else IPV6), u16(VLAN))),
    "LINUX_SLL, GRE device": (113, lambda p: sll(ether(p), u16(0x6558), 778)),
    "LINUX_SLL, radiotap device": (113, lambda p: sll(radiotap(dot11(snap(p))), u16(0), 803)),
    "LINUX_SLL, Frame Relay device": (113, lambda p: sll(octets("184103") + nlpid(p), u16(0), 770)),
    "PFLOG": (117, lambda p: bytes((61, 2 if is_ipv4(p) else 24)) + bytes(62) + p),
    "IEEE802_11_PRISM": (
        119,
        lambda p: struct.pack("<II", 0x44, 144) + bytes(136) + dot11(snap(p)),
    ),
    "IEEE802_11_PRISM, AVS": (
        119,
        lambda p: struct.pack(">II", 0x80211001, 64) + bytes(56) + dot11(snap(p)),
    ),
    "IP_OVER_FC": (122, lambda p: octets("1000 020000000001 1000 020000000002") + snap(p)),
    "SUNATM": (123, lambda p: octets("02000064") + snap(p)),
    "SUNATM, LAN emulation": (123, lambda p: octets("01000064 0001") + ether(p)),
    "IEEE802_11_RADIOTAP": (127, lambda p: radiotap(dot11(snap(p)))),
    "IEEE802_11_RADIOTAP, aligned": (127, lambda p: radiotap(dot11(snap(p)), timed=True)),
    "IEEE802_11_RADIOTAP, padded": (
        127,
        lambda p: radiotap(dot11(bytes(2) + snap(p), "8801", bytes(2)), 0x20, timed=True),
    ),
    "ARCNET_LINUX": (
        129,
        lambda p: octets("0102 fc00") + protocol_of_arcnet(p) + bytes(3) + p,
    ),
    "JUNIPER_ES, no link layer": (132, lambda p: juniper(family(p, 6) + p, 3)),
    "APPLE_IP_OVER_IEEE1394": (138, lambda p: bytes(16) + ethertype(p) + p),
    "USER2, PKTAP": (149, lambda p: pktap(ether(p), 1)),
    "IEEE802_11_AVS": (
        163,
        lambda p: struct.pack(">II", 0x80211001, 64) + bytes(56) + dot11(snap(p)),
    ),
    "PPP_PPPD": (166, lambda p: octets("0103") + ppp(p)),
    "JUNIPER_PPPOE": (167, lambda p: juniper(ether(p))),
    "JUNIPER_ETHER": (178, lambda p: juniper(ether(p), 1)),
    "JUNIPER_ETHER, extensions": (178, lambda p: juniper(ether(p), 1, bytes(8))),
    "JUNIPER_PPP": (179, lambda p: juniper(octets("ff03") + ppp(p))),
    "JUNIPER_FRELAY": (180, lambda p: juniper(octets("184103") + nlpid(p))),
    "JUNIPER_CHDLC": (181, lambda p: juniper(octets("0f00") + ethertype(p) + p)),
    "MFR": (182, lambda p: octets("c100 1841 03") + nlpid(p)),
    "PPI, IEEE 802.11": (192, lambda p: ppi(dot11(snap(p)), 105)),
    "PPI, Ethernet": (192, lambda p: ppi(ether(p), 1)),
    "PPI, RAW": (192, lambda p: ppi(p, 12)),
    "ERF, Ethernet": (197, lambda p: erf(bytes(2) + ether(p), 2)),
    "ERF, extensions": (197, lambda p: erf(bytes(2) + ether(p), 2, 2)),
    "ERF, PPP": (197, lambda p: erf(octets("ff03") + ppp(p), 1)),
    "ERF, Cisco": (197, lambda p: erf(octets("0f00") + ethertype(p) + p, 1)),
    "ERF, IP": (197, lambda p: erf(p, 22 if is_ipv4(p) else 23)),
    "PPP_WITH_DIR": (204, lambda p: octets("01 ff03") + ppp(p)),
    "C_HDLC_WITH_DIR": (205, lambda p: octets("01 0f00") + ethertype(p) + p),
    "FRELAY_WITH_DIR": (206, lambda p: octets("01 1841 03") + nlpid(p)),
    "MPLS": (219, lambda p: octets("00010140") + p),
    "IPNET": (
        226,
        lambda p: struct.pack("!BBHI16x", 1, 2 if is_ipv4(p) else 26, 0, len(p)) + p,
    ),
    "NFLOG": (239, lambda p: nflog(p, 2 if is_ipv4(p) else 10)),
    "NFLOG, bridge": (239, lambda p: nflog(p, 7)),
    "NFLOG, big endian": (239, lambda p: nflog(p, 2 if is_ipv4(p) else 10, ">")),
    "IPOIB": (242, lambda p: bytes(40) + ethertype(p) + bytes(2) + p),
    "PKTAP": (258, lambda p: pktap(ether(p), 1)),
    "PKTAP, loopback": (258, lambda p: pktap(family(p, 30) + p, 0)),
    "LINUX_SLL2": (276, lambda p: sll2(p, ethertype(p))),
    "LINUX_SLL2 with LLC": (276, lambda p: sll2(snap(p), u16(4))),
    "LINUX_SLL2, radiotap device": (276, lambda p: sll2(radiotap(dot11(snap(p))), u16(0), 803)),
    "DSA_TAG_BRCM": (281, lambda p: MACS + octets("20000004") + ethertype(p) + p),
    "DSA_TAG_BRCM_PREPEND": (282, lambda p: octets("20000004") + ether(p)),
    "DSA_TAG_DSA": (284, lambda p: MACS + octets("c0080000") + ethertype(p) + p),
    "DSA_TAG_EDSA": (285, lambda p: MACS + octets("dada0000 c0080000") + ethertype(p) + p),
}
IPV4_AND_6 = {
    "IPV4": (228, lambda p: p),
    "IPV6": (229, lambda p: p),
}

#: Frames with a check sequence behind: it has to be cut off before lengths of 0 are made up for.
CHECK_SEQUENCE = bytes(4)
CHECKED: dict[str, tuple[int, Wrap]] = {
    "DOCSIS": (143, lambda p: octets("0000 0043 0000") + ether(p)),
    "DOCSIS, extended header": (143, lambda p: octets("0103 0046 600000 0000") + ether(p)),
    "NETANALYZER": (240, lambda p: bytes(4) + ether(p)),
    "NETANALYZER_TRANSPARENT": (241, lambda p: bytes(4) + octets("55555555555555d5") + ether(p)),
    "IEEE802_11_RADIOTAP, flag": (127, lambda p: radiotap(dot11(snap(p)), 0x10)),
    "PPI, 802.11-Common": (
        192,
        lambda p: ppi(dot11(snap(p)), 105, struct.pack("<HHQH10x", 2, 20, 0, 1)),
    ),
}


ALL: dict[str, tuple[int, Wrap]] = FRAMES | CHECKED


def on_link(frame: bytes, link_type: int) -> Decoded | Fault:
    return decode_frame(frame, link_type=link_type)


def reason(frame: bytes, link_type: int) -> tuple[str, str, str]:
    found = on_link(frame, link_type)
    assert isinstance(found, Fault), found
    return found.kind, found.layer, found.field


def without_vlan(found: Decoded | Fault) -> Decoded:
    assert isinstance(found, Decoded), found
    return found._replace(vlan=-1)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("packet", PACKETS.values(), ids=PACKETS)
def test_the_segment_in_the_frame(name: str, packet: bytes) -> None:
    link_type, wrap = ALL[name]
    frame = wrap(packet) + (CHECK_SEQUENCE if name in CHECKED else b"")
    assert without_vlan(on_link(frame, link_type)) == on_link(ether(packet), 1)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("packet", PACKETS.values(), ids=PACKETS)
def test_every_prefix(name: str, packet: bytes) -> None:
    """Cut before the end of the segment's header it is truncated, whatever lies around it."""
    link_type, wrap = ALL[name]
    tail = CHECK_SEQUENCE if name in CHECKED else b""
    whole = wrap(packet)
    wire = len(whole) + len(tail)
    unread = UNREAD if without_vlan(on_link(whole + tail, link_type)).protocol == TCP else 0
    headers = len(whole) - len(b"hello") - unread
    for length in range(len(whole) + 1):
        for around in (b"\xff" * 200, bytes(200), whole):
            found = decode_frame(whole[:length], wire, around, link_type)
            assert isinstance(found, Decoded) == (length >= headers), (length, found)
            if isinstance(found, Fault):
                assert found.kind == "truncated", (length, found)
                assert found.offset + found.needed > length, (length, found)


@pytest.mark.parametrize("name", CHECKED)
def test_check_sequence_is_no_data(name: str) -> None:
    """Where the packet does not say its length, the frame's counts, less the check sequence."""
    link_type, wrap = CHECKED[name]
    found = on_link(wrap(ipv4(tcp(b"GET /"), total_length=0)) + CHECK_SEQUENCE, link_type)
    assert isinstance(found, Decoded)
    assert found.payload == len(b"GET /")


@pytest.mark.parametrize("name", IPV4_AND_6)
def test_ip_by_its_version(name: str) -> None:
    link_type, _ = IPV4_AND_6[name]
    packet = PACKETS[f"TCP in {'IPv4' if link_type == 228 else 'IPv6'}"]
    assert on_link(packet, link_type) == on_link(ether(packet), 1)


@pytest.mark.skipif(not which("tshark"), reason="tshark is not installed")
def test_tshark_sees_the_same(tmp_path: Path) -> None:
    """All that tshark knows: it takes NFLOG's byte order from the file, and LLC never for CLIP."""
    unknown = {"ATM_CLIP with LLC", "NFLOG, big endian"}
    for link_type in {link_type for link_type, _ in FRAMES.values()}:
        names = [name for name, (number, _) in FRAMES.items() if number == link_type]
        frames = [FRAMES[name][1](packet) for name in names for packet in PACKETS.values()]
        path = tmp_path / f"{link_type}.pcap"
        records = [Record(START + n, frame, len(frame)) for n, frame in enumerate(frames)]
        path.write_bytes(pcap(records, link_type=link_type))
        seen = ports(path)
        if not any(seen):
            continue  # a link type that it does not know
        ours = [on_link(frame, link_type) for frame in frames]
        for n, (found, expected) in enumerate(zip(ours, seen, strict=True)):
            name = names[n // len(PACKETS)]
            if name not in unknown:
                assert isinstance(found, Decoded), name
                assert f"{found.source_port} {found.destination_port}" == expected, name


def ports(path: Path) -> list[str]:
    """Return the ports that tshark sees in each frame of a capture."""
    fields = ("tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport")
    command = ["tshark", "-r", str(path), "-T", "fields", *(f"-e{field}" for field in fields)]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [" ".join(line.split()) for line in lines.splitlines()]


# --- to whom ------------------------------------------------------------------------------------

GROUP = octets("01005e0000fb") + MACS[6:]


@pytest.mark.parametrize(
    ("link_type", "frame", "to_group"),
    [
        (113, sll(PACKETS["UDP in IPv4"], u16(IPV4), packet_type=0), False),
        (113, sll(PACKETS["UDP in IPv4"], u16(IPV4), packet_type=1), True),
        (113, sll(PACKETS["UDP in IPv4"], u16(IPV4), packet_type=2), True),
        (113, sll(PACKETS["UDP in IPv4"], u16(IPV4), packet_type=4), False),
        (276, sll2(PACKETS["UDP in IPv4"], u16(IPV4), packet_type=1), True),
        (10, octets("50") + GROUP + snap(PACKETS["UDP in IPv4"]), True),
        (6, octets("1040 c00000000001") + MACS[6:] + snap(PACKETS["UDP in IPv4"]), True),
        (7, octets("0100f0") + PACKETS["UDP in IPv4"], True),
        (105, dot11(snap(PACKETS["UDP in IPv4"]), "0802", addresses=GROUP + bytes(6)), True),
        (105, dot11(snap(PACKETS["UDP in IPv4"]), "0801", addresses=bytes(6) + MACS), False),
        (105, dot11(snap(PACKETS["UDP in IPv4"]), "0801", addresses=MACS + GROUP[:6]), True),
        (284, GROUP + octets("c0080000 0800") + PACKETS["UDP in IPv4"], True),
        (258, pktap(GROUP + u16(IPV4) + PACKETS["UDP in IPv4"], 1), True),
    ],
)
def test_to_a_group(link_type: int, frame: bytes, to_group: bool) -> None:
    assert segments(link_type, frame)[0].to_group == to_group


def segments(link_type: int, octets: bytes) -> list[Segment]:
    """Decode a frame that may hold several packets."""
    frame = Frame()
    frame.data, frame.end, frame.wire_end = octets, len(octets), len(octets)
    found = [Segment()]
    codes = [decode(link_type, frame, found[0])]
    while frame.again:
        found.append(Segment())
        codes.append(decode_again(frame, found[-1]))
    assert set(codes) == {DECODED}, [REASONS[code] for code in codes if code]
    return found


def test_vlan_of_a_switch_tag() -> None:
    """A tag of the kind "tagged" stands where the VLAN tag stood."""
    tagged = on_link(MACS + octets("e0080064 0800") + PACKETS["TCP in IPv4"], 284)
    plain = on_link(MACS + octets("c0080064 0800") + PACKETS["TCP in IPv4"], 284)
    assert isinstance(tagged, Decoded) and isinstance(plain, Decoded)
    assert (tagged.vlan, plain.vlan) == (100, -1)


# --- IEEE 802.11 --------------------------------------------------------------------------------


def subframe(packet: bytes, last: bool = False) -> bytes:
    """Return a subframe of an A-MSDU, padded unless it is the last (section 9.3.2.2)."""
    body = snap(packet)
    octets = MACS + u16(len(body)) + body
    return octets if last else octets + bytes(-len(octets) % 4)


@pytest.mark.parametrize("tail", [b"", CHECK_SEQUENCE], ids=["", "check sequence"])
def test_aggregate(tail: bytes) -> None:
    packets = [ipv4(udp(bytes(n), 1000 + n), 17) for n in range(5)]
    body = b"".join(map(subframe, packets[:-1])) + subframe(packets[-1], last=True)
    frame = radiotap(dot11(body, "8801", octets("8000")) + tail, 0x10 if tail else 0)
    assert [segment.source_port for segment in segments(127, frame)] == [
        1000,
        1001,
        1002,
        1003,
        1004,
    ]


def test_aggregate_cut() -> None:
    """What is missing of a later packet is said, and the first is decoded."""
    body = subframe(PACKETS["UDP in IPv4"]) + subframe(PACKETS["UDP in IPv4"], last=True)
    whole = dot11(body, "8801", octets("8000"))
    frame, segment = Frame(), Segment()
    for cut in range(1, len(subframe(PACKETS["UDP in IPv4"], last=True)) - len(b"hello")):
        frame.data, frame.end, frame.wire_end = whole, len(whole) - len(b"hello") - cut, len(whole)
        assert decode(105, frame, segment) == DECODED
        assert REASONS[decode_again(frame, segment)].kind == "truncated", cut


@pytest.mark.parametrize(
    ("control", "sequence", "field"),
    [
        ("8000", "1000", "frame without data"),  # a beacon
        ("d400", "1000", "frame without data"),  # an acknowledgment
        ("4801", "1000", "frame without data"),  # null
        ("c801", "1000", "frame without data"),  # QoS null
        ("0841", "1000", "encrypted frame"),
        ("0801", "1100", "later fragment"),
    ],
)
def test_without_a_packet(control: str, sequence: str, field: str) -> None:
    frame = dot11(snap(PACKETS["TCP in IPv4"]), control, bytes(2), sequence)
    assert reason(frame, 105) == ("other", "IEEE 802.11", field)


def test_first_fragment() -> None:
    """It holds the ports."""
    frame = dot11(snap(PACKETS["TCP in IPv4"]), "0805")
    assert isinstance(on_link(frame, 105), Decoded)


# --- what is counted ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link_type", "frame", "expected"),
    [
        (0, struct.pack("<I", 7) + bytes(40), ("other", "link layer", "address family")),
        (9, octets("ff03 c021") + bytes(20), ("other", "PPP", "protocol")),
        (9, octets("ff03 003d 40000001") + bytes(20), ("other", "PPP", "later multilink fragment")),
        (10, octets("4f") + bytes(40), ("other", "link layer", "frame without data")),
        (6, octets("1000") + bytes(40), ("other", "link layer", "frame without data")),
        (7, octets("0102d5") + bytes(20), ("other", "ARCNET", "protocol")),
        (104, octets("0f00 8035") + bytes(20), ("other", "Ethernet", "EtherType")),
        (107, octets("1841 03 81") + bytes(20), ("other", "Frame Relay", "NLPID")),
        (107, bytes(20), ("malformed", "link layer", "header length")),
        (107, octets("1841 03 80 00000c 2000") + bytes(9), ("other", "SNAP", "organization")),
        (113, sll(bytes(20), u16(12)), ("other", "Ethernet", "EtherType")),
        (113, sll(bytes(20), u16(0), 824), ("other", "link", "type")),
        (117, bytes(80), ("malformed", "link layer", "header length")),
        (123, octets("06000005") + bytes(20), ("other", "link layer", "frame without data")),
        (127, bytes(80), ("malformed", "link layer", "header length")),
        (137, juniper(bytes(40)), ("other", "link", "type")),
        (149, bytes(200), ("other", "link", "type")),
        (163, bytes(80), ("malformed", "link layer", "header length")),
        (192, ppi(bytes(20), 230), ("other", "link", "type")),
        (239, nflog(octets("0001080006040001"), 3), ("other", "link layer", "address family")),
        (239, octets("02000000 0000 0100"), ("malformed", "link layer", "header length")),
        (258, pktap(bytes(80), 1, kind=2), ("other", "link layer", "frame without data")),
        (227, bytes(16), ("other", "link", "type")),
    ],
)
def test_other_than_ip(link_type: int, frame: bytes, expected: tuple[str, str, str]) -> None:
    assert reason(frame, link_type) == expected


def test_link_type_inside_another() -> None:
    """What nobody knows is named by its own link type, not by that of the header before it."""
    found = on_link(ppi(bytes(20), 230), 192)
    assert isinstance(found, Fault)
    assert (found.number, found.offset) == (230, 8)


def test_headers_in_each_other_without_end() -> None:
    frame = b"".join(ppi(b"", 192) for _ in range(200))
    assert reason(frame, 192) == ("malformed", "frame", "too many headers or tunnels in each other")


def test_names() -> None:
    assert link_type_name(249) == "USBPCAP (249)"
    assert link_type_name(1240) == "1240"
    assert len(set(LINK_TYPE_NAMES.values())) == len(LINK_TYPE_NAMES)


# --- whatever comes -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_damaged(name: str) -> None:
    """Each octet set to each of a few values: what lies around the frame never tells."""
    link_type, wrap = ALL[name]
    whole = wrap(PACKETS["TCP in IPv6"])
    for at in range(len(whole) - 60):
        for value in (0x00, 0x01, 0x06, 0x7F, 0x80, 0xFF):
            damaged = whole[:at] + bytes((value,)) + whole[at + 1 :]
            zeros = decode_frame(damaged, None, bytes(300), link_type)
            assert zeros == decode_frame(damaged, None, b"\xff" * 300, link_type), (at, value)


@given(st.sampled_from(sorted(LINK_TYPE_NAMES)), st.binary(max_size=200), st.integers(0, 100))
@settings(max_examples=2000, deadline=None)
def test_any_octets(link_type: int, frame: bytes, cut: int) -> None:
    """They are a segment or have a reason, and no octet beyond the frame matters."""
    wire = len(frame) + cut
    found = decode_frame(frame, wire, b"", link_type)
    assert found == decode_frame(frame, wire, b"\xff" * 300, link_type)
