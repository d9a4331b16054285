"""IPv6 (RFC 8200): header, extension headers, lengths, fragments."""

from ipaddress import ip_address

import pytest
from decoding import Fault, check_prefixes, decoded, fault, reason
from packets import (
    IPV6,
    TCP,
    UDP,
    authentication,
    ethernet,
    extension,
    fragment,
    ipv6,
    tcp,
    udp,
)

HOP_BY_HOP, ROUTING, FRAGMENT, ESP, AH, NO_NEXT, DESTINATION = 0, 43, 44, 50, 51, 59, 60
MOBILITY, HIP, SHIM6 = 135, 139, 140


def frame(packet: bytes) -> bytes:
    """Return the packet in an Ethernet frame."""
    return ethernet(packet, IPV6)


def chain(count: int, payload: bytes, next_header: int = TCP) -> bytes:
    """Return `count` destination options headers before `payload`."""
    octets = payload
    for _ in range(count):
        octets = extension(next_header) + octets
        next_header = DESTINATION
    return octets


def test_ipv6_fields() -> None:
    found = decoded(frame(ipv6(udp(b"hello"), UDP)))
    assert (str(found.source), str(found.destination)) == ("fd00::5", "fd00::7")
    assert (found.protocol, found.payload, found.ip_id) == (UDP, 5, 0)


@pytest.mark.parametrize(
    "address", ["::", "::1", "ff02::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::ffff:1.2.3.4"]
)
def test_ipv6_addresses_are_unsigned(address: str) -> None:
    found = decoded(frame(ipv6(tcp(), source=address, destination=address)))
    assert found.source == found.destination == ip_address(address)


def test_ipv6_every_prefix() -> None:
    check_prefixes(
        frame(ipv6(tcp(b"GET /"))), [("Ethernet", 0, 14), ("IPv6", 14, 54), ("TCP", 54, 74)]
    )


# --- malformed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [0, 4, 15])
def test_ipv6_version(version: int) -> None:
    assert fault(frame(ipv6(tcp(), version=version))) == Fault(
        "malformed", "IP", "version", 14, 1, 60, 0
    )


# --- lengths come from headers ------------------------------------------------------------------


def test_ipv6_padding_is_no_payload() -> None:
    assert decoded(frame(ipv6(udp(b"hi"), UDP)) + bytes(30)).payload == 2


def test_ipv6_snap_length_does_not_shorten_the_payload() -> None:
    octets = frame(ipv6(tcp(bytes(1000))))
    assert decoded(octets[:74], wire=len(octets)).payload == 1000


def test_ipv6_payload_length_0_is_the_frames_length() -> None:
    """A jumbogram (RFC 2675), or segmentation offload."""
    octets = frame(ipv6(tcp(bytes(70_000)), payload_length=0))
    assert decoded(octets).payload == 70_000
    assert decoded(octets[:80], wire=len(octets)).payload == 70_000


# --- extension headers (section 4) --------------------------------------------------------------


@pytest.mark.parametrize(
    "header", [HOP_BY_HOP, ROUTING, DESTINATION, MOBILITY, HIP, SHIM6], ids=str
)
@pytest.mark.parametrize("octets", [8, 16, 2048])
def test_ipv6_extension_header(header: int, octets: int) -> None:
    found = decoded(frame(ipv6(extension(TCP, octets) + tcp(b"GET /"), header)))
    assert (found.source_port, found.destination_port, found.payload) == (1099, 80, 5)


@pytest.mark.parametrize("octets", [12, 24, 32])
def test_ipv6_authentication_header(octets: int) -> None:
    """RFC 4302 section 2.2 counts it in units of 4 octets, not 8."""
    found = decoded(frame(ipv6(authentication(TCP, octets) + tcp(b"GET /"), AH)))
    assert (found.source_port, found.payload) == (1099, 5)


def test_ipv6_extension_headers_in_the_recommended_order() -> None:
    """RFC 8200 section 4.1."""
    headers = (
        extension(DESTINATION)
        + extension(ROUTING)
        + extension(FRAGMENT, 24)
        + fragment(AH)
        + authentication(DESTINATION)
        + extension(UDP)
    )
    found = decoded(frame(ipv6(headers + udp(b"hello"), HOP_BY_HOP)))
    assert (found.source_port, found.payload) == (1305, 5)


def test_ipv6_every_prefix_of_a_chain() -> None:
    packet = ipv6(extension(DESTINATION) + extension(TCP) + tcp(b"GET /"), HOP_BY_HOP)
    check_prefixes(
        frame(packet),
        [
            ("Ethernet", 0, 14),
            ("IPv6", 14, 54),
            ("IPv6", 54, 62),
            ("IPv6", 62, 70),
            ("TCP", 70, 90),
        ],
    )


def test_ipv6_long_chain() -> None:
    assert decoded(frame(ipv6(chain(100, tcp(b"GET /")), DESTINATION))).payload == 5


@pytest.mark.parametrize("octets", [0, 1, 7])
def test_ipv6_extension_header_without_room(octets: int) -> None:
    """The packet ends, by its own length, in the first 8 octets of the header."""
    packet = ipv6(extension(DESTINATION) + bytes(octets), DESTINATION)
    assert reason(frame(packet)) == (
        "malformed",
        "IPv6",
        "extension header beyond the packet's length",
    )


def test_ipv6_extension_header_longer_than_the_packet() -> None:
    packet = ipv6(bytes((TCP, 5)) + bytes(6) + tcp(), HOP_BY_HOP)
    assert fault(frame(packet) + bytes(100)) == Fault(
        "malformed", "IPv6", "extension header beyond the packet's length", 54, 48, 128, 0
    )


# --- fragments (section 4.5) --------------------------------------------------------------------


def test_ipv6_first_fragment_tcp() -> None:
    found = decoded(frame(ipv6(fragment(TCP, 0, more=True) + tcp(bytes(100)), FRAGMENT)))
    assert (found.source_port, found.payload) == (1099, 100)


def test_ipv6_first_fragment_udp() -> None:
    packet = ipv6(fragment(UDP, 0, more=True) + udp(bytes(100), length=3008), FRAGMENT)
    assert decoded(frame(packet)).payload == 100


def test_ipv6_atomic_fragment() -> None:
    """RFC 6946: a fragment header in a packet that is not fragmented."""
    assert decoded(frame(ipv6(fragment(UDP) + udp(b"hello"), FRAGMENT))).payload == 5


@pytest.mark.parametrize("more", [False, True])
def test_ipv6_later_fragment(more: bool) -> None:
    octets = frame(ipv6(fragment(UDP, 181, more) + bytes(100), FRAGMENT))
    assert fault(octets) == Fault("other", "IP", "later fragment", 62, 0, 100, UDP)


# --- what is in it ------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [1, ESP, 58, NO_NEXT, 132, 255])
def test_ipv6_other_protocol(header: int) -> None:
    assert fault(frame(ipv6(bytes(40), header))) == Fault(
        "other", "IP", "protocol", 54, 0, 40, header
    )


def test_ipv6_other_protocol_behind_extension_headers() -> None:
    packet = ipv6(extension(58) + bytes(8), HOP_BY_HOP)
    assert fault(frame(packet)) == Fault("other", "IP", "protocol", 62, 0, 8, 58)
