"""Tunnels that IP carries: GRE (RFC 2784, 2890, 1701, 2637) and its kin, EtherIP, L2TPv3."""

import struct

import pytest
from decoding import Decoded, Fault, decode_frame, decoded, fault, reason
from encapsulation import (
    PACKET,
    PACKET6,
    bridged,
    checked,
    gre,
    in_ip,
    label,
    nsh,
    wireless_data,
)
from hypothesis import given
from hypothesis import strategies as st
from packets import IPV4, IPV6, UNREAD, VLAN, ethernet, ipv4, ipv6, vlan

from tracker.wire.layers import tunnel_names

GRE, ETHER_IP, L2TP, MPLS_IN_IP = 47, 97, 115, 137
CHECKSUM, ROUTING, KEY, SEQUENCE = 0x8000, 0x4000, 0x2000, 0x1000
PPTP, ACKNOWLEDGMENT = KEY | 1, 0x0080
PPP = b"\xff\x03\x00\x21"
ERSPAN_2 = bytes.fromhex("1001 0000 0000 0000")
ERSPAN_3 = bytes.fromhex("2001 0000 0000 0000 0000 0000")
ROUTE = struct.pack("!HBB", 0x0800, 0, 4) + bytes(4)

#: What GRE may carry, and what people call that.
PAYLOADS = {
    "IPv4": ("GRE", gre(PACKET)),
    "IPv6": ("GRE", gre(PACKET6, IPV6)),
    "checksum": ("GRE", gre(PACKET, IPV4, CHECKSUM, bytes(4))),
    "key and sequence": ("GRE", gre(PACKET, IPV4, KEY | SEQUENCE, bytes(8))),
    "RFC 1701 routes": ("GRE", gre(PACKET, IPV4, ROUTING, bytes(4) + ROUTE + bytes(4))),
    "bridged": ("GRE", gre(bridged(), 0x6558)),
    "NVGRE": ("NVGRE", gre(bridged(), 0x6558, KEY, bytes(4))),
    "PPTP": ("PPTP", gre(PPP + PACKET, 0x880B, PPTP | SEQUENCE, bytes(8))),
    "PPTP with acknowledgment": (
        "PPTP",
        gre(PPP + PACKET, 0x880B, PPTP | SEQUENCE | ACKNOWLEDGMENT, bytes(12)),
    ),
    "PPP": ("GRE", gre(PPP + PACKET, 0x880B)),
    "MPLS": ("GRE", gre(label() + PACKET, 0x8847)),
    "MPLS multicast": ("GRE", gre(label() + PACKET, 0x8848)),
    "NSH": ("GRE", gre(nsh(PACKET, 1), 0x894F)),
    "NSH in NSH": ("GRE", gre(nsh(nsh(PACKET, 1), 4), 0x894F)),
    "VLAN": ("GRE", gre(vlan(PACKET, 5), VLAN)),
    "ERSPAN I": ("ERSPAN", gre(bridged(), 0x88BE)),
    "ERSPAN II": ("ERSPAN", gre(ERSPAN_2 + bridged(), 0x88BE, SEQUENCE, bytes(4))),
    "ERSPAN III": ("ERSPAN", gre(ERSPAN_3 + bridged(), 0x22EB, SEQUENCE, bytes(4))),
    "ERSPAN III, subheader": (
        "ERSPAN",
        gre(ERSPAN_3[:-1] + b"\1" + bytes(8) + bridged(), 0x22EB, SEQUENCE, bytes(4)),
    ),
    "WCCP": ("GRE", gre(PACKET, 0x883E)),
    "WCCP 2": ("GRE", gre(bytes((0, 1, 2, 3)) + PACKET, 0x883E)),
    "EoIP": ("GRE", gre(bridged(), 0x6400, PPTP, bytes(4))),
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_what_gre_carries(name: str) -> None:
    kind, payload = PAYLOADS[name]
    for frame in (in_ip(payload, GRE), ethernet(ipv6(payload, GRE), IPV6)):
        found = decoded(frame)
        assert (found.source_port, found.payload) == (1099, 5)
        assert str(found.source) in ("10.0.0.1", "fd01::1")
        assert tunnel_names(found.tunnel) == [kind]


@pytest.mark.parametrize("name", PAYLOADS)
def test_gre_cut_anywhere_is_truncated(name: str) -> None:
    """As long as the segment's own header is not all there, and nothing behind it is read."""
    frame = in_ip(PAYLOADS[name][1], GRE)
    for length in range(len(frame)):
        result = decode_frame(frame[:length], len(frame), around=b"\xff" * 80)
        if length < len(frame) - len(b"GET /") - UNREAD:
            assert isinstance(result, Fault) and result.kind == "truncated", (length, result)
        else:
            assert isinstance(result, Decoded), (length, result)


def test_a_tunnel_without_a_packet_is_counted() -> None:
    """A keepalive of RFC 2784 routers, PPTP that only acknowledges (RFC 2637)."""
    assert fault(in_ip(gre(b"", 0), GRE)).number == 0
    only_acknowledges = gre(b"", 0x880B, PPTP | ACKNOWLEDGMENT, bytes(8))
    for frame in (in_ip(only_acknowledges, GRE), in_ip(only_acknowledges, GRE) + bytes(20)):
        assert fault(frame) == Fault(
            "other", "GRE", "protocol type", 34, 0, fault(frame).had, 0x880B
        )


def test_gre_that_is_not_decoded() -> None:
    assert fault(in_ip(gre(bytes(40), 0x2001), GRE)).number == 0x2001
    assert reason(in_ip(gre(bytes(40), IPV4, 2), GRE)) == ("malformed", "GRE", "version")
    assert decoded(in_ip(gre(PACKET, IPV4, 2), GRE)).payload == 5
    assert reason(in_ip(gre(PACKET, IPV6), GRE)) == ("malformed", "IP", "version")
    unknown = gre(bytes(8) + bridged(), 0x88BE, SEQUENCE, bytes(4))
    assert reason(in_ip(unknown, GRE)) == ("other", "GRE", "protocol type")


def test_source_routes_without_an_end() -> None:
    endless = gre(ROUTE * 4, IPV4, ROUTING, bytes(4))
    assert reason(in_ip(endless, GRE)) == ("truncated", "GRE", "header")


def test_wireless_frames_are_for_the_link_layer() -> None:
    found = decode_frame(in_ip(gre(wireless_data(PACKET), 0x8200), GRE))
    assert isinstance(found, Decoded) or found.layer in ("link", "IEEE 802.11")


def test_tunnels_in_tunnels() -> None:
    """The names from the outermost to the innermost."""
    frame = in_ip(gre(ipv4(gre(ipv6(PACKET, 4), IPV6), GRE)), GRE)
    assert tunnel_names(decoded(frame).tunnel) == ["GRE", "GRE", "4in6"]
    packet = PACKET
    for _ in range(8):
        packet = ipv4(gre(packet), GRE)
    assert reason(ethernet(packet))[2] == "too many headers or tunnels in each other"


def test_ethernet_in_ip() -> None:
    """RFC 3378 section 3: version 3 and 12 bits; some had it in the other half of the octet."""
    for header in (b"\x30\x00", b"\x03\x00"):
        found = decoded(in_ip(header + bridged(), ETHER_IP))
        assert tunnel_names(found.tunnel) == ["EtherIP"] and found.payload == 5
    assert reason(in_ip(b"\x30\x00" + bridged(PACKET6), ETHER_IP)) == ("other", "tunnel", "payload")


def test_mpls_in_ip() -> None:
    """RFC 4023 section 3."""
    assert tunnel_names(decoded(in_ip(label() + PACKET, MPLS_IN_IP)).tunnel) == ["MPLS"]


@pytest.mark.parametrize("between", [b"", b"cook", b"cookcook", b"cookcook" + bytes(4)])
def test_l2tp_version_3_in_ip(between: bytes) -> None:
    """RFC 3931 section 4.1: cookie and sublayer are not announced, so the packet must prove it."""
    frame = in_ip(b"\0\0\0\7" + between + bridged(checked(PACKET)), L2TP)
    found = decoded(frame)
    assert tunnel_names(found.tunnel) == ["L2TP"] and found.payload == 5
    unproven = in_ip(b"\0\0\0\7" + between + bridged(PACKET), L2TP)
    assert reason(unproven) == ("other", "tunnel", "payload")
    control = in_ip(bytes(4) + between + bridged(checked(PACKET)), L2TP)
    assert reason(control) == ("other", "tunnel", "payload")


@given(
    st.sampled_from((GRE, ETHER_IP, L2TP, MPLS_IN_IP)), st.binary(max_size=120), st.integers(0, 9)
)
def test_any_octets_give_an_answer(protocol: int, octets: bytes, missing: int) -> None:
    """Never an exception, and never anything that lies behind the frame."""
    frame = in_ip(octets, protocol)
    results = {
        decode_frame(frame, len(frame) + missing, around) for around in (b"\0" * 99, b"\xff" * 99)
    }
    assert len(results) == 1


def test_a_frame_cut_behind_a_header_of_an_unknown_version_may_hold_anything() -> None:
    """Whether the version is believed depends on what follows."""
    frame = ethernet(ipv4(bytes.fromhex("0102f509") + b"\0", 47))
    cut = decode_frame(frame[:-1], wire=len(frame))
    assert isinstance(cut, Fault)
    assert (cut.kind, cut.layer, cut.needed, cut.had) == ("truncated", "GRE", 5, 4)
    whole = decode_frame(frame)
    assert isinstance(whole, Fault)
    assert (whole.kind, whole.field) == ("malformed", "version")
