"""UDP header (RFC 768)."""

import pytest
from decoding import Fault, check_prefixes, decoded, fault
from packets import IPV6, UDP, ethernet, ipv4, ipv6, udp


def frame(datagram: bytes) -> bytes:
    """Return the datagram in an IPv4 packet in an Ethernet frame."""
    return ethernet(ipv4(datagram, UDP))


def test_udp_fields() -> None:
    found = decoded(frame(udp(b"hello", 65535, 1)))
    assert (found.protocol, found.source_port, found.destination_port) == (UDP, 65535, 1)
    assert (found.payload, found.flags) == (5, 0)


def test_udp_every_prefix() -> None:
    check_prefixes(frame(udp(b"hello")), [("Ethernet", 0, 14), ("IPv4", 14, 34), ("UDP", 34, 42)])


@pytest.mark.parametrize("octets", [0, 1, 7])
def test_udp_header_beyond_the_packet(octets: int) -> None:
    expected = ("malformed", "UDP", "header beyond the packet's length", 34, 8)
    for padding in (b"", bytes(46)):
        assert fault(frame(udp()[:octets]) + padding)[:5] == expected


@pytest.mark.parametrize("length", [0, 1, 7])
def test_udp_length_below_its_header(length: int) -> None:
    assert fault(frame(udp(b"hello", length=length))) == Fault(
        "malformed", "UDP", "length", 38, 8, 9, 0
    )


def test_udp_length_below_the_packets() -> None:
    """What follows the datagram in the packet is not its data (UDP options, RFC 9868)."""
    assert decoded(frame(udp(b"hello", length=10))).payload == 2


def test_udp_length_beyond_the_packets() -> None:
    assert decoded(frame(udp(b"hello", length=1000))).payload == 5


def test_udp_length_0() -> None:
    """RFC 2675 section 4: a jumbogram's, of IPv6, and then the packet says how much it is."""
    packet = ipv6(udp(bytes(70_000), length=0), UDP, payload_length=0)
    assert decoded(ethernet(packet, IPV6)).payload == 70_000
