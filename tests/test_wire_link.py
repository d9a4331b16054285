"""Ethernet (IEEE 802.3), VLAN tags (IEEE 802.1Q), LLC and SNAP (RFC 1042)."""

import struct

import pytest
from decoding import Fault, check_prefixes, decode_frame, decoded, fault, reason
from packets import IPV4, IPV6, QINQ, SYN, VLAN, ethernet, ipv4, ipv6, tcp, udp, vlan

from tracker.wire.decode import decode
from tracker.wire.segment import Frame, Segment

QINQ_OLD = 0x9100


def snap(payload: bytes, ethertype: int = IPV4) -> bytes:
    """Return an IEEE 802.3 frame with LLC and SNAP headers (RFC 1042)."""
    llc = b"\xaa\xaa\x03\0\0\0" + struct.pack("!H", ethertype) + payload
    return ethernet(llc, len(llc))


def tagged(*tags: tuple[int, int], payload: bytes | None = None, inner: int = IPV4) -> bytes:
    """Return a frame with tags of (EtherType, VLAN identifier), outermost first."""
    octets = ipv4(tcp()) if payload is None else payload
    for ethertype, identifier in reversed(tags):
        octets = vlan(octets, identifier, inner)
        inner = ethertype
    return ethernet(octets, inner)


# --- Ethernet -----------------------------------------------------------------------------------


def test_ethernet_every_prefix() -> None:
    check_prefixes(
        ethernet(ipv4(tcp(b"GET /"))),
        [("Ethernet", 0, 14), ("IPv4", 14, 34), ("TCP", 34, 54)],
    )


def test_ethernet_without_vlan() -> None:
    assert decoded(ethernet(ipv4(tcp()))).vlan == -1


@pytest.mark.parametrize(
    ("ethertype", "octets"),
    [(0x0806, bytes(28)), (0x888E, bytes(40)), (0x88CC, b""), (0x0600, b"")],
)
def test_other_ethertype(ethertype: int, octets: bytes) -> None:
    expected = Fault("other", "Ethernet", "EtherType", 12, 0, len(octets) + 2, ethertype)
    assert fault(ethernet(octets, ethertype)) == expected


@pytest.mark.parametrize("number", [1501, 1535])
def test_ethertype_neither_length_nor_type(number: int) -> None:
    """IEEE 802.3 section 3.2.6 defines nothing between 1500 and 1536."""
    assert fault(ethernet(bytes(1501), number)).number == number


# --- VLAN tags ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ethertype", [VLAN, QINQ, QINQ_OLD])
def test_vlan_one_tag(ethertype: int) -> None:
    assert decoded(tagged((ethertype, 42))).vlan == 42


def test_vlan_of_a_stack_is_the_outermost() -> None:
    assert decoded(tagged((QINQ, 100), (VLAN, 7))).vlan == 100


def test_vlan_priority_is_no_part_of_the_identifier() -> None:
    octets = ethernet(vlan(ipv4(tcp()), 4095, priority=7), VLAN)
    assert decoded(octets).vlan == 4095


def test_vlan_before_ipv6() -> None:
    octets = tagged((VLAN, 42), payload=ipv6(udp(), 17), inner=IPV6)
    assert (decoded(octets).vlan, decoded(octets).destination_port) == (42, 7)


def test_vlan_does_not_stay_for_the_next_frame() -> None:
    frame, segment = Frame(), Segment()
    for octets, expected in ((tagged((VLAN, 42)), 42), (ethernet(ipv4(tcp())), -1)):
        frame.data, frame.start, frame.end = octets, 0, len(octets)
        frame.wire_end = frame.end
        assert decode(1, frame, segment) == 0
        assert segment.vlan == expected


def test_vlan_every_prefix() -> None:
    check_prefixes(
        tagged((QINQ, 100), (VLAN, 7), payload=ipv4(udp(b"hello"), 17)),
        [
            ("Ethernet", 0, 14),
            ("tag before IP", 14, 18),
            ("tag before IP", 18, 22),
            ("IPv4", 22, 42),
            ("UDP", 42, 50),
        ],
    )


def test_vlan_stack_of_eight() -> None:
    assert decoded(tagged(*[(VLAN, 1 + n) for n in range(8)])).vlan == 1


def test_vlan_stack_of_nine() -> None:
    frame = tagged(*[(VLAN, 1 + n) for n in range(9)])
    assert reason(frame) == ("malformed", "tag before IP", "too many of them")


def test_vlan_before_something_else() -> None:
    assert fault(tagged((VLAN, 42), payload=bytes(28), inner=0x0806)) == Fault(
        "other", "Ethernet", "EtherType", 16, 0, 30, 0x0806
    )


# --- LLC and SNAP -------------------------------------------------------------------------------


def test_snap_ipv4() -> None:
    assert decoded(snap(ipv4(tcp(flags=SYN)))).flags == SYN


def test_snap_ipv6() -> None:
    assert decoded(snap(ipv6(tcp()), IPV6)).source_port == 1099


def test_snap_every_prefix() -> None:
    octets = snap(ipv4(tcp(b"GET /")))
    for length in range(len(octets) + 1):
        result = decode_frame(octets[:length], wire=len(octets), around=b"\xaa" * 80)
        assert not isinstance(result, Fault) if length >= 58 else isinstance(result, Fault)
        if isinstance(result, Fault):
            layers = (("Ethernet", 14), ("LLC", 22), ("IPv4", 42), ("TCP", 58))
            layer = next(name for name, end in layers if length < end)
            assert (result.kind, result.layer) == ("truncated", layer), length


def test_snap_something_else() -> None:
    found = fault(snap(bytes(28), 0x0806))
    assert (found.kind, found.layer, found.number) == ("other", "Ethernet", 0x0806)


@pytest.mark.parametrize("point", [0x42, 0xE0, 0xF0, 0xFF])
def test_llc_of_other_protocols(point: int) -> None:
    """Spanning tree, IPX, NetBIOS, and raw IPX (whose checksum stands where LLC should)."""
    llc = bytes((point, point, 3)) + bytes(35)
    assert fault(ethernet(llc, len(llc))) == Fault(
        "other", "LLC", "service access point", 14, 0, 38, point
    )
