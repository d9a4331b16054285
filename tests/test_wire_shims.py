"""Between Ethernet and IP: switch tags, PPPoE (RFC 2516), MPLS (RFC 3032), NSH (RFC 8300) and more.

The layouts are those of the standards, octet by octet; `../shared/corpus` has real ones.
"""

import struct

import pytest
from decoding import Fault, decoded, fault, reason
from packets import IPV4, IPV6, VLAN, ethernet, ipv4, ipv6, tcp, vlan

PACKET = ipv4(tcp(b"GET /"))
MACS = bytes.fromhex("020000000001020000000002")

VN_TAG, E_TAG, I_TAG, FABRIC_PATH = 0x8926, 0x893F, 0x88E7, 0x8903
PPPOE, MPLS, NSH = 0x8864, 0x8847, 0x894F
HSR, R_TAG, METADATA, EDSA = 0x892F, 0xF1C1, 0x8909, 0xDADA
MACSEC, TRILL, BATMAN = 0x88E5, 0x22F3, 0x4305
BRIDGED, PPP, LONG_LLC = 0x6558, 0x880B, 0x8870


def ethertype(number: int) -> bytes:
    """Return an EtherType in network order."""
    return struct.pack("!H", number)


def label(number: int, bottom: bool) -> bytes:
    """Return an MPLS label stack entry: label 20 bits, class 3, bottom of stack 1, TTL 8."""
    return struct.pack("!I", number << 12 | bottom << 8 | 64)


def pppoe(protocol: int, payload: bytes) -> bytes:
    """Return a PPPoE session: version and type 1, code 0, session 9, length; PPP protocol."""
    return struct.pack("!BBHHH", 0x11, 0, 9, len(payload) + 2, protocol) + payload


def nsh(next_protocol: int, payload: bytes, words: int = 6) -> bytes:
    """Return a network service header of MD type 1: 6 words, of which 4 are context."""
    return struct.pack("!BBBBI", 0, words, 1, next_protocol, 7 << 8 | 255) + bytes(16) + payload


SHIMS = {
    "VN-tag": (VN_TAG, bytes(4) + ethertype(IPV4), PACKET),
    "E-tag": (E_TAG, bytes(6) + ethertype(IPV4), PACKET),
    "802.1ah": (I_TAG, bytes(4) + MACS + ethertype(IPV4), PACKET),
    "FabricPath": (FABRIC_PATH, bytes(2) + MACS + ethertype(IPV4), PACKET),
    "PPPoE": (PPPOE, pppoe(0x0021, b""), PACKET),
    "MPLS, two labels": (MPLS, label(16, False) + label(17, True), PACKET),
    "NSH": (NSH, nsh(1, b""), PACKET),
    "NSH and Ethernet": (NSH, nsh(3, b"") + MACS + ethertype(IPV4), PACKET),
    "PPPoE, short protocol": (PPPOE, pppoe(0x21, b"")[:6] + b"\x21", PACKET),
    "HSR": (HSR, bytes(4) + ethertype(IPV4), PACKET),
    "R-tag": (R_TAG, bytes(4) + ethertype(IPV4), PACKET),
    "Cisco metadata": (METADATA, bytes.fromhex("010100010005") + ethertype(IPV4), PACKET),
    "EDSA": (EDSA, bytes.fromhex("0000c0080000") + ethertype(IPV4), PACKET),
    "MACsec": (MACSEC, bytes(6) + ethertype(IPV4), PACKET + bytes(16)),
    "MACsec, channel": (MACSEC, b"\x20" + bytes(13) + ethertype(IPV4), PACKET + bytes(16)),
    "TRILL": (TRILL, bytes.fromhex("003f00010002") + MACS + ethertype(IPV4), PACKET),
    "TRILL, options": (
        TRILL,
        bytes.fromhex("007f00010002 00000000") + MACS + ethertype(IPV4),
        PACKET,
    ),
    "B.A.T.M.A.N., unicast": (
        BATMAN,
        bytes.fromhex("400f4000") + bytes(6) + MACS + ethertype(IPV4),
        PACKET,
    ),
    "B.A.T.M.A.N., four addresses": (
        BATMAN,
        bytes.fromhex("420f4000") + bytes(14) + MACS + ethertype(IPV4),
        PACKET,
    ),
    "B.A.T.M.A.N., broadcast": (
        BATMAN,
        bytes.fromhex("010f4000") + bytes(10) + MACS + ethertype(IPV4),
        PACKET,
    ),
    "Ethernet": (BRIDGED, MACS + ethertype(IPV4), PACKET),
    "PPP": (PPP, ethertype(0x0021), PACKET),
    "LLC": (LONG_LLC, bytes.fromhex("aaaa03000000") + ethertype(IPV4), PACKET),
    "LLC, RFC 948": (0x0030, bytes.fromhex("060603"), PACKET),
    "LLC, bridged": (
        0x0050,
        bytes.fromhex("aaaa030080c200070000") + MACS + ethertype(IPV4),
        PACKET,
    ),
}


@pytest.mark.parametrize("name", SHIMS)
def test_the_segment_behind_the_shim(name: str) -> None:
    number, shim, packet = SHIMS[name]
    assert decoded(ethernet(shim + packet, number)).payload == len(b"GET /")


@pytest.mark.parametrize("name", SHIMS)
def test_every_prefix_within_the_shim_is_truncated(name: str) -> None:
    number, shim, packet = SHIMS[name]
    frame = ethernet(shim + packet, number)
    for end in range(14, 14 + len(shim)):
        kind, layer, _ = reason(frame[:end])
        assert kind == "truncated", end
        assert layer in ("tag before IP", "Ethernet", "LLC", "PPP", "IPv4"), end


def test_ipv6_behind_them() -> None:
    packet = ipv6(tcp())
    expected = decoded(ethernet(packet, IPV6))
    for frame in (
        ethernet(pppoe(0x0057, packet), PPPOE),
        ethernet(label(16, True) + packet, MPLS),
        ethernet(nsh(2, packet), NSH),
    ):
        assert decoded(frame) == expected


def test_shims_in_a_row() -> None:
    """A VLAN tag, PPPoE in it; MPLS behind a VLAN tag: the VLAN is the outermost."""
    assert decoded(ethernet(vlan(pppoe(0x0021, PACKET), 7, PPPOE), VLAN)).vlan == 7
    assert decoded(ethernet(vlan(label(1, True) + PACKET, 8, MPLS), VLAN)).vlan == 8


def test_inter_switch_link() -> None:
    """Cisco's ISL: type and user in the destination, SNAP, source, VLAN 7 in 15 bits, a frame."""
    header = bytes.fromhex("01000c000000 020000000001 0050 aaaa03 00000c 000e 0000 0000")
    frame = header + MACS + ethertype(IPV4) + PACKET
    assert (decoded(frame).vlan, decoded(frame).payload) == (7, len(b"GET /"))
    for end in range(14, 40):
        assert reason(frame[:end])[:2] == ("truncated", "Ethernet"), end


@pytest.mark.parametrize(("control", "is_clear"), [(0x00, True), (0x0C, False), (0x04, False)])
def test_macsec_encrypted(control: int, is_clear: bool) -> None:
    """IEEE 802.1AE section 9.5: E encrypted, C changed."""
    frame = ethernet(bytes((control,)) + bytes(5) + ethertype(IPV4) + PACKET + bytes(16), MACSEC)
    if is_clear:
        assert decoded(frame).payload == len(b"GET /")
    else:
        assert fault(frame).number == MACSEC


def test_macsec_check_value_is_no_data() -> None:
    packet = ipv4(tcp(b"GET /"), total_length=0)
    frame = ethernet(bytes(6) + ethertype(IPV4) + packet + bytes(16), MACSEC)
    assert decoded(frame).payload == len(b"GET /")


def test_other_packets_of_batman() -> None:
    frame = ethernet(bytes.fromhex("000f3200") + bytes(20), BATMAN)
    assert reason(frame) == ("other", "B.A.T.M.A.N.", "packet type")


@pytest.mark.parametrize("organization", ["00000c", "080007", "0080c2"])
def test_snap_of_other_organizations(organization: str) -> None:
    llc = bytes.fromhex("aaaa03" + organization) + ethertype(0x2000) + PACKET
    found = fault(ethernet(llc, len(llc)))
    assert (found.layer, found.number) == ("SNAP", int(organization, 16))


def test_what_is_not_ip_behind_them_is_counted() -> None:
    lcp = ethernet(pppoe(0xC021, bytes(10)), PPPOE)
    assert fault(lcp) == Fault("other", "PPP", "protocol", 20, 0, 12, 0xC021)
    assert reason(ethernet(label(1, True) + bytes(40), MPLS)) == ("other", "MPLS", "payload")
    assert reason(ethernet(nsh(4, bytes(40)), NSH)) == ("other", "NSH", "next protocol")


def test_a_network_service_header_shorter_than_itself() -> None:
    assert reason(ethernet(nsh(1, PACKET, words=1), NSH)) == ("other", "NSH", "next protocol")


def test_an_endless_stack_of_labels_ends_with_the_frame() -> None:
    assert reason(ethernet(label(1, False) * 300, MPLS)) == (
        "truncated",
        "tag before IP",
        "header",
    )
