"""IPv4 (RFC 791): header, options, lengths, fragments; AH (RFC 4302) in it."""

from ipaddress import ip_address

import pytest
from decoding import Fault, check_prefixes, decode_frame, decoded, fault, reason
from packets import TCP, UDP, authentication, ethernet, ipv4, tcp, udp

AH, ESP = 51, 50
NOP = b"\x01"


def test_ipv4_fields() -> None:
    found = decoded(ethernet(ipv4(tcp(), identification=0xBEEF)))
    assert str(found.source) == "192.168.1.5"
    assert str(found.destination) == "192.168.1.7"
    assert (found.protocol, found.ip_id) == (TCP, 0xBEEF)


@pytest.mark.parametrize("address", ["0.0.0.0", "255.255.255.255", "128.0.0.1"])  # noqa: S104
def test_ipv4_addresses_are_unsigned(address: str) -> None:
    found = decoded(ethernet(ipv4(tcp(), source=address, destination=address)))
    assert found.source == found.destination == ip_address(address)


def test_ipv4_every_prefix_with_options() -> None:
    check_prefixes(
        ethernet(ipv4(tcp(b"GET /"), options=NOP * 40)),
        [("Ethernet", 0, 14), ("IPv4", 14, 34), ("IPv4", 14, 74), ("TCP", 74, 94)],
    )


# --- malformed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [0, 5, 6, 15])
def test_ipv4_version(version: int) -> None:
    assert fault(ethernet(ipv4(tcp(), version=version))) == Fault(
        "malformed", "IP", "version", 14, 1, 40, 0
    )


@pytest.mark.parametrize("words", [0, 1, 4])
def test_ipv4_header_length_below_20(words: int) -> None:
    assert fault(ethernet(ipv4(tcp(), header_length=words))) == Fault(
        "malformed", "IPv4", "header length", 14, 20, 40, 0
    )


@pytest.mark.parametrize("total", [1, 19, 20])
def test_ipv4_total_length_below_its_header(total: int) -> None:
    packet = ipv4(tcp(), options=NOP * 4, total_length=total)
    assert fault(ethernet(packet)) == Fault("malformed", "IPv4", "total length", 16, 24, 42, 0)


@pytest.mark.parametrize("words", [11, 15])
def test_ipv4_header_length_beyond_total_length(words: int) -> None:
    assert reason(ethernet(ipv4(tcp(), header_length=words))) == (
        "malformed",
        "IPv4",
        "total length",
    )


# --- lengths come from headers ------------------------------------------------------------------


def test_ipv4_padding_is_no_payload() -> None:
    """Ethernet fills up frames to 60 octets (IEEE 802.3 section 3.2.7)."""
    assert decoded(ethernet(ipv4(tcp())) + bytes(6)).payload == 0
    assert decoded(ethernet(ipv4(udp(b"hi"), UDP)) + bytes(16)).payload == 2


def test_ipv4_snap_length_does_not_shorten_the_payload() -> None:
    octets = ethernet(ipv4(tcp(bytes(1000))))
    assert decoded(octets[:54], wire=len(octets)).payload == 1000


def test_ipv4_total_length_0_is_the_frames_length() -> None:
    """Segmentation offload: captured before the length was known."""
    octets = ethernet(ipv4(tcp(bytes(70_000)), total_length=0))
    assert decoded(octets).payload == 70_000
    assert decoded(octets[:60], wire=len(octets)).payload == 70_000


def test_ipv4_total_length_largest() -> None:
    octets = ethernet(ipv4(tcp(bytes(65_495))))
    assert decoded(octets).payload == 65_495


# --- options ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        NOP * 40,
        b"\x00" * 4,
        b"\x94\x04\0\0",  # router alert (RFC 2113)
        b"\x07\x27\x04" + bytes(36) + NOP,  # record route
        b"\x44\x00\x00\x00",  # an option of length 0, which RFC 791 does not allow
        b"\x83\xff\x04\x00",  # a source route longer than the header
        b"\x83\x02\x01\x01",  # a source route without a pointer
        b"\x01\x01\x01\x83",  # a source route without a length
    ],
)
def test_ipv4_options_are_stepped_over(options: bytes) -> None:
    found = decoded(ethernet(ipv4(tcp(b"GET /"), options=options)))
    assert (found.source_port, found.destination_port, found.payload) == (1099, 80, 5)
    assert str(found.destination) == "192.168.1.7"


@pytest.mark.parametrize("kind", [131, 137])
def test_ipv4_source_route_says_the_destination(kind: int) -> None:
    """RFC 791 section 3.1: until the route is used up, its last address is where it ends."""
    route = bytes((kind, 11, 4)) + bytes((10, 0, 0, 1, 10, 0, 0, 2)) + b"\0"
    assert str(decoded(ethernet(ipv4(tcp(), options=route))).destination) == "10.0.0.2"
    halfway = route.replace(b"\x0b\x04", b"\x0b\x08")
    assert str(decoded(ethernet(ipv4(tcp(), options=halfway))).destination) == "10.0.0.2"
    used_up = route.replace(b"\x0b\x04", b"\x0b\x0c")
    assert str(decoded(ethernet(ipv4(tcp(), options=used_up))).destination) == "192.168.1.7"


# --- fragments ----------------------------------------------------------------------------------


def test_ipv4_first_fragment_tcp() -> None:
    found = decoded(ethernet(ipv4(tcp(bytes(100)), more_fragments=True)))
    assert (found.source_port, found.payload) == (1099, 100)


def test_ipv4_first_fragment_udp() -> None:
    """Its UDP length covers later fragments, too; here is only what is here."""
    found = decoded(ethernet(ipv4(udp(bytes(100), length=3008), UDP, more_fragments=True)))
    assert (found.source_port, found.payload) == (1305, 100)


@pytest.mark.parametrize("more", [False, True])
def test_ipv4_later_fragment(more: bool) -> None:
    octets = ethernet(ipv4(bytes(100), offset=185, more_fragments=more))
    assert fault(octets) == Fault("other", "IP", "later fragment", 34, 0, 100, TCP)


def test_ipv4_first_fragment_without_a_whole_header() -> None:
    """RFC 1858 section 3: a tiny fragment hides the flags."""
    octets = ethernet(ipv4(tcp()[:8], more_fragments=True))
    assert reason(octets) == ("malformed", "TCP", "header beyond the packet's length")


# --- what is in it ------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [0, 1, 2, ESP, 132, 255])
def test_ipv4_other_protocol(protocol: int) -> None:
    assert fault(ethernet(ipv4(bytes(40), protocol))) == Fault(
        "other", "IP", "protocol", 34, 0, 40, protocol
    )


def test_ah_every_prefix() -> None:
    octets = ethernet(ipv4(authentication(TCP, 24) + tcp(b"GET /"), AH))
    for length in range(len(octets) + 1):
        found = decode_frame(octets[:length], wire=len(octets), around=b"\xff" * 80)
        if length >= 74:
            assert not isinstance(found, Fault) and found.payload == 5
        else:
            assert isinstance(found, Fault)
            layers = (("Ethernet", 14), ("IPv4", 34), ("AH", 42), ("TCP", 74))
            layer = next(name for name, end in layers if length < end)
            assert (found.kind, found.layer) == ("truncated", layer), length


@pytest.mark.parametrize(
    ("header", "needed"),
    [(authentication(TCP, 24)[:7], 8), (authentication(TCP, 64)[:24], 64)],
    ids=["no length", "longer than the packet"],
)
def test_ah_beyond_the_packet(header: bytes, needed: int) -> None:
    octets = ethernet(ipv4(header, AH) + bytes(80))
    assert fault(octets) == Fault(
        "malformed", "AH", "header beyond the packet's length", 34, needed, len(octets) - 34, 0
    )


def test_ah_in_ah() -> None:
    octets = ethernet(ipv4(authentication(AH) + authentication(TCP) + tcp(), AH))
    assert fault(octets).number == AH


def test_ah_before_something_else() -> None:
    assert fault(ethernet(ipv4(authentication(ESP) + bytes(40), AH))).number == ESP
