"""Tunnels in UDP datagrams, told by their ports: the datagram is decoded, then what is inside."""

import struct

import pytest
from decoding import Decoded, Fault, decode_all
from encapsulation import (
    PACKET,
    PACKET6,
    authentication,
    bridged,
    capwap,
    checked,
    geneve,
    gre,
    gtp,
    in_udp,
    in_udp6,
    l2tp,
    label,
    nsh,
    origin,
    tzsp,
    vxlan,
    wireless_data,
)
from hypothesis import given
from hypothesis import strategies as st
from packets import IPV4, IPV6, UDP, UNREAD, VLAN, ethernet, ipv4, tcp, udp, vlan

from tracker.wire.layers import tunnel_names
from tracker.wire.tunnel import may_carry

PPP = b"\xff\x03\x00\x21" + PACKET
ARP, BRIDGED = 0x0806, 0x6558
GPE = 0x0C
LISP_HEADER = b"\x80" + bytes(7)
V3 = struct.pack("!HHI", 3, 0, 7)

#: name, port and payload of what holds a segment.
CARRIED = {
    "VXLAN": ("VXLAN", 4789, vxlan(bridged())),
    "VXLAN, IPv6": ("VXLAN", 4789, vxlan(bridged(PACKET6, IPV6))),
    "VXLAN, VLAN": ("VXLAN", 4789, vxlan(bridged(vlan(PACKET, 5), VLAN))),
    "VXLAN, group policy": ("VXLAN", 4789, b"\x88\x08\x00\x07" + vxlan(b"")[4:] + bridged()),
    "VXLAN, flags": ("VXLAN", 4789, vxlan(bridged(), flags=0)),
    "VXLAN of Linux": ("VXLAN", 8472, vxlan(bridged(checked(PACKET)))),
    "VXLAN of Linux, IPv6": ("VXLAN", 8472, vxlan(bridged(PACKET6, IPV6))),
    "GPE IPv4": ("VXLAN-GPE", 4790, bytes((GPE, 0, 0, 1)) + bytes(4) + PACKET),
    "GPE IPv6": ("VXLAN-GPE", 4790, bytes((GPE, 0, 0, 2)) + bytes(4) + PACKET6),
    "GPE Ethernet": ("VXLAN-GPE", 4790, bytes((GPE, 0, 0, 3)) + bytes(4) + bridged()),
    "GPE NSH": ("VXLAN-GPE", 4790, bytes((GPE, 0, 0, 4)) + bytes(4) + nsh(PACKET, 1)),
    "GPE MPLS": ("VXLAN-GPE", 4790, bytes((GPE, 0, 0, 5)) + bytes(4) + label() + PACKET),
    "Geneve": ("Geneve", 6081, geneve(bridged(), BRIDGED)),
    "Geneve, version": ("Geneve", 6081, geneve(bridged(), BRIDGED, version=1)),
    "Geneve IPv4": ("Geneve", 6081, geneve(PACKET, IPV4)),
    "Geneve IPv6": ("Geneve", 6081, geneve(PACKET6, IPV6)),
    "Geneve, options": ("Geneve", 6081, geneve(bridged(), BRIDGED, b"\1\2\x80\1abcd")),
    "Geneve MPLS": ("Geneve", 6081, geneve(label() + PACKET, 0x8847)),
    "GTP-U": ("GTP-U", 2152, gtp(PACKET)),
    "GTP-U IPv6": ("GTP-U", 2152, gtp(PACKET6)),
    "GTP-U, sequence": ("GTP-U", 2152, gtp(PACKET, 0x32, optional=bytes(4))),
    "GTP-U, no extension": ("GTP-U", 2152, gtp(PACKET, 0x32, optional=b"\0\0\0\x85")),
    "GTP-U, extension": ("GTP-U", 2152, gtp(PACKET, 0x34, optional=b"\0\0\0\x85\1\0\0\0")),
    "GTP-U, extensions": (
        "GTP-U",
        2152,
        gtp(PACKET, 0x34, optional=b"\0\0\0\x85\1\0\0\xc0\2\0\0\0\0\0\0\0"),
    ),
    "GTP-U, length": ("GTP-U", 2152, gtp(PACKET)[:3] + b"\xff" + gtp(PACKET)[4:]),
    "GTP-U, Ethernet": ("GTP-U", 2152, gtp(bridged())),
    "GTP-U, PPP": ("GTP-U", 2152, gtp(PPP)),
    "GTP version 0": ("GTP-U", 3386, b"\x1e\xff" + struct.pack("!H16x", len(PACKET)) + PACKET),
    "Teredo": ("Teredo", 3544, PACKET6),
    "Teredo, origin": ("Teredo", 3544, origin() + PACKET6),
    "Teredo, authentication": ("Teredo", 3544, authentication(b"me", b"secret") + PACKET6),
    "Teredo, both": ("Teredo", 3544, authentication() + origin() + PACKET6),
    "L2TP": ("L2TP", 1701, l2tp(PPP, 0x0002, (1, 2))),
    "L2TP, length": ("L2TP", 1701, l2tp(PPP, 0x4002, (8 + len(PPP), 1, 2))),
    "L2TP, all": ("L2TP", 1701, l2tp(b"xy" + PPP, 0x4A02, (16 + len(PPP), 1, 2, 0, 0, 2))),
    "L2TP, version 3": ("L2TP", 1701, V3 + b"cook" + bridged(checked(PACKET))),
    "MPLS": ("MPLS-in-UDP", 6635, label(3, False) + label() + PACKET),
    "GRE": ("GRE-in-UDP", 4754, gre(PACKET, IPV4, 0x2000, bytes(4))),
    "GRE, ERSPAN": ("GRE-in-UDP", 4754, gre(bridged(), 0x88BE)),
    "GUE": ("GUE", 6080, b"\0\4\0\0" + PACKET),
    "GUE, options": ("GUE", 6080, b"\1\x29\0\0" + bytes(4) + PACKET6),
    "GUE variant 1": ("GUE", 6080, PACKET),
    "AYIYA": ("AYIYA", 5072, bytes((0x41, 0x51, 0x21, 41)) + bytes(4 + 16 + 20) + PACKET6),
    "CAPWAP": ("CAPWAP", 5247, capwap(bridged())),
    "CAPWAP, wireless": ("CAPWAP", 5247, capwap(wireless_data(PACKET), True)),
    "CAPWAP, swapped": ("CAPWAP", 5247, capwap(wireless_data(PACKET, b"\1\x08"), True)),
    "CAPWAP, quality": ("CAPWAP", 5247, capwap(wireless_data(PACKET, b"\x88\1", b"\0\0"), True)),
    "CAPWAP, bridge": (
        "CAPWAP",
        5247,
        capwap(wireless_data(PACKET, b"\x08\3", bytes(6)), True),
    ),
    "LWAPP": ("LWAPP", 12222, bytes(6) + wireless_data(PACKET)),
    "LISP": ("LISP", 4341, LISP_HEADER + PACKET),
    "LISP IPv6": ("LISP", 4341, LISP_HEADER + PACKET6),
    "LISP-GPE": ("LISP", 4341, b"\x04\0\0\3" + bytes(4) + bridged()),
    "LISP control": ("LISP", 4342, b"\x80\0\0\0" + PACKET),
    "TZSP": ("TZSP", 37008, tzsp(bridged())),
    "TZSP, tags": ("TZSP", 37008, tzsp(bridged(), tags=b"\0\x0a\1\5")),
}


@pytest.mark.parametrize("name", CARRIED)
def test_the_datagram_and_the_segment_inside(name: str) -> None:
    kind, port, payload = CARRIED[name]
    for frame in (in_udp(payload, port), in_udp6(payload, port)):
        outer, inner = decode_all(frame)
        assert isinstance(outer, Decoded) and isinstance(inner, Decoded), inner
        assert (outer.protocol, outer.destination_port, outer.tunnel) == (17, port, 0)
        assert outer.payload == len(payload)
        assert (inner.protocol, inner.source_port, inner.payload) == (6, 1099, 5)
        assert str(inner.source) in ("10.0.0.1", "fd01::1")
        assert tunnel_names(inner.tunnel) == [kind]


@pytest.mark.parametrize("name", CARRIED)
def test_answers_from_the_port_of_a_tunnel(name: str) -> None:
    _, port, payload = CARRIED[name]
    assert isinstance(decode_all(in_udp(payload, 50000, port))[1], Decoded)


@pytest.mark.parametrize("name", CARRIED)
def test_cut_anywhere(name: str) -> None:
    """What is inside is never decoded before its header is whole, nor read beyond the frame."""
    frame = in_udp(CARRIED[name][2], CARRIED[name][1])
    for length in range(14 + 20 + 8, len(frame)):
        results = decode_all(frame[:length], len(frame), around=b"\xff" * 80)
        assert results == decode_all(frame[:length], len(frame), around=b"\0" * 80)
        inner = results[1]
        whole = length >= len(frame) - len(b"GET /") - UNREAD
        assert isinstance(inner, Decoded) == whole, (length, inner)


#: What stands on the port of a tunnel, but holds no packet.
NOT_CARRIED = {
    "nothing": (4789, b""),
    "VXLAN without identifier": (4789, vxlan(bridged(bytes(40), ARP), flags=0)),
    "VXLAN, header only": (4789, vxlan(b"")),
    "VXLAN, wrong IP": (4789, vxlan(bridged(PACKET6))),
    "VXLAN of Linux, not proven": (8472, vxlan(bridged())),
    "Geneve, version 1": (6081, geneve(bridged(bytes(40), ARP), BRIDGED, version=1)),
    "Geneve, options too long": (6081, b"\x3f" + geneve(bridged(), BRIDGED)[1:]),
    "GTP-U echo": (2152, gtp(b"", 0x32, 1, bytes(4))),
    "GTP-U, length within the packet": (2152, b"\x30\xff\0\x0a" + gtp(PACKET)[4:]),
    "GTP prime": (2152, gtp(PACKET, 0x20)),
    "GTP-U, extension of no length": (2152, gtp(PACKET, 0x34, optional=b"\0\0\0\x85" + bytes(4))),
    "Teredo with IPv4": (3544, PACKET),
    "L2TP control": (1701, l2tp(bytes(8), 0xC802, (20, 1, 2, 0, 0))),
    "L2TP, reserved bits": (1701, l2tp(PPP, 0x0012, (1, 2))),
    "MPLS, IP that does not fit": (6635, label() + b"\x45\0\x7f\0" + bytes(40)),
    "MPLS, too short": (6635, b"\0\0\1"),
    "GUE control": (6080, b"\x20\4\0\0" + PACKET),
    "AYIYA no operation": (5072, bytes((0x41, 0x51, 0x20, 41)) + bytes(40) + PACKET6),
    "CAPWAP, encrypted": (5247, b"\1\0\0\0" + bytes(60)),
    "CAPWAP keep-alive": (5247, capwap(bytes(24), flags=0x08)),
    "CAPWAP, later fragment": (5247, capwap(bridged(), flags=0x80)[:6] + b"\1\0" + bridged()),
    "LISP map request": (4342, b"\x10\0\0\0" + PACKET),
    "TZSP keep-alive": (37008, b"\1\4\0\0\1"),
}


@pytest.mark.parametrize("name", NOT_CARRIED)
def test_what_holds_no_packet_is_counted(name: str) -> None:
    port, payload = NOT_CARRIED[name]
    outer, inner = decode_all(in_udp(payload, port))
    assert isinstance(outer, Decoded)
    assert isinstance(inner, Fault) and (inner.kind, inner.layer) == ("other", "tunnel")


def test_the_port_of_a_tunnel_as_a_clients() -> None:
    """A question to a name server from port 4789 or 2152 is not a tunnel."""
    question = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1"
    for port in (1701, 2152, 3544, 4341, 4789, 4790, 5072, 5247, 6080, 6081, 8472, 37008):
        _, inner = decode_all(in_udp(question, 53, port))
        assert isinstance(inner, Fault) and inner.kind == "other", port


def test_a_tunnel_to_the_port_of_another() -> None:
    """From 4789, a port that VXLAN has chosen by chance, or from VXLAN back to it."""
    for source, destination in ((6081, 4789), (4789, 6081)):
        _, inner = decode_all(in_udp(vxlan(bridged()), destination, source))
        assert isinstance(inner, Decoded) and tunnel_names(inner.tunnel) == ["VXLAN"]


def test_tunnels_in_tunnels_in_tunnels() -> None:
    teredo = bridged(ipv4(udp(PACKET6, 50000, 3544), UDP))
    in_geneve = geneve(ipv4(udp(vxlan(teredo), 50000, 4789), UDP), IPV4)
    results = decode_all(in_udp(in_geneve, 6081))
    names = [tunnel_names(found.tunnel) for found in results if isinstance(found, Decoded)]
    assert names == [[], ["Geneve"], ["Geneve", "VXLAN"], ["Geneve", "VXLAN", "Teredo"]]


def test_too_many_tunnels() -> None:
    packet = PACKET
    for _ in range(8):
        packet = ipv4(udp(geneve(packet, IPV4), 50000, 6081), UDP)
    last = decode_all(ethernet(packet))[-1]
    assert isinstance(last, Fault) and last.field == "too many headers or tunnels in each other"


def test_the_first_fragment_of_a_datagram() -> None:
    """It holds the beginning of the packet inside, whose length counts what is to come."""
    inner = ipv4(tcp(bytes(900)), 6, "10.0.0.1", "10.0.0.2")
    datagram = udp(vxlan(bridged(inner)), 50000, 4789)
    frame = ethernet(ipv4(datagram[:400], UDP, more_fragments=True))
    found = decode_all(frame)[1]
    assert isinstance(found, Decoded) and found.payload == 900


def test_a_mirror_that_cuts_packets() -> None:
    """The packet inside is longer than the datagram: its checksum has to be right then."""
    for packet, kind in ((checked(PACKET), Decoded), (PACKET, Fault)):
        assert isinstance(decode_all(in_udp(vxlan(bridged(packet[:42])), 4789))[1], kind)


def test_the_outer_length_ends_the_inner_packet() -> None:
    """Total length 0 of segmentation offload, and padding behind the outer packet."""
    inner = ipv4(tcp(b"GET /"), 6, total_length=0)
    found = decode_all(in_udp(vxlan(bridged(inner)), 4789) + bytes(30))[1]
    assert isinstance(found, Decoded) and found.payload == 5


def test_ports() -> None:
    """IANA's registry; the usual ports are none."""
    tunnels = {port for _, port, _ in CARRIED.values()} | {2123, 12223}
    assert {port for port in range(65536) if may_carry(port, 53)} == tunnels
    assert {port for port in range(65536) if may_carry(50000, port)} == tunnels


@given(st.sampled_from(sorted({port for _, port, _ in CARRIED.values()})), st.binary(max_size=120))
def test_any_octets_give_an_answer(port: int, octets: bytes) -> None:
    """Never an exception, and never anything that lies behind the frame."""
    frame = in_udp(octets, port)
    assert decode_all(frame, around=b"\0" * 99) == decode_all(frame, around=b"\xff" * 99)


@given(st.sampled_from(sorted(CARRIED)), st.integers(0, 200), st.integers(0, 255))
def test_any_changed_octet_gives_an_answer(name: str, at: int, value: int) -> None:
    _, port, payload = CARRIED[name]
    changed = bytearray(payload)
    changed[at % len(payload)] = value
    frame = in_udp(bytes(changed), port)
    assert decode_all(frame, around=b"\0" * 300) == decode_all(frame, around=b"\xff" * 300)
