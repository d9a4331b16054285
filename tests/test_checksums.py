"""--checksums: what its receiver drops is left out, what a network card was to fill in is not.

The sums that the tests expect are computed here, as RFC 1071 section 1 says.
"""

import struct
from ipaddress import ip_address
from pathlib import Path

import pytest
from captures import PCAPS, Record, pcap, read, read_pcap, run_here, timed
from metering import connections, feed, metered, only
from packets import (
    CLIENT,
    CLIENT6,
    SERVER,
    SERVER6,
    SYN,
    TCP,
    UDP,
    ethernet,
    extension,
    ipv4,
    ipv6,
    tcp,
    udp,
)

from tracker.meter import Meter

PAYLOAD = b"odd octets"[:9]
IPV6 = 0x86DD
TCP_FIELD, UDP_FIELD, IPV4_FIELD = 16, 6, 10
#: Frames that were decoded, checksums left to a network card, frames that were not decoded.
Counts = tuple[int, int, dict[str, int]]

OF_TCP, OF_UDP, OF_IPV4 = (f"malformed: {layer} checksum" for layer in ("TCP", "UDP", "IPv4"))

# --- RFC 1071 -----------------------------------------------------------------------------------


def ones_complement_sum(octets: bytes) -> int:
    """Return the sum of RFC 1071 section 1, an odd octet padded with zero (section 4.1)."""
    octets += bytes(len(octets) % 2)
    total: int = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def pseudo_header(source: str, destination: str, protocol: int, length: int) -> bytes:
    """Return the pseudo-header of RFC 9293 section 3.1, or of RFC 8200 section 8.1."""
    addresses = ip_address(source).packed + ip_address(destination).packed
    form = "!BBH" if len(addresses) == 8 else "!IHBB"
    fields = (0, protocol, length) if len(addresses) == 8 else (length, 0, 0, protocol)
    return addresses + struct.pack(form, *fields)


def put(octets: bytes, at: int, number: int) -> bytes:
    return octets[:at] + struct.pack("!H", number) + octets[at + 2 :]


def filled(octets: bytes, protocol: int, source: str = CLIENT, destination: str = SERVER) -> bytes:
    """Return a segment or datagram with its checksum."""
    at = TCP_FIELD if protocol == TCP else UDP_FIELD
    blank = put(octets, at, 0)
    pseudo = pseudo_header(source, destination, protocol, len(octets))
    checksum = ~ones_complement_sum(pseudo + blank) & 0xFFFF
    if protocol == UDP and checksum == 0:
        checksum = 0xFFFF  # RFC 768
    return put(blank, at, checksum)


def with_header_checksum(packet: bytes, header: int = 20) -> bytes:
    """Return an IPv4 packet with its header checksum (RFC 791 section 3.1)."""
    blank = put(packet, IPV4_FIELD, 0)
    return put(blank, IPV4_FIELD, ~ones_complement_sum(blank[:header]) & 0xFFFF)


def packet4(octets: bytes, protocol: int) -> bytes:
    return with_header_checksum(ipv4(octets, protocol))


# --- taking them in -----------------------------------------------------------------------------


def verified(*frames: bytes | Record) -> Meter:
    """Return a meter that verifies checksums and was fed the frames."""
    meter = metered([])
    meter.checksums = True
    records = [frame if isinstance(frame, Record) else timed([frame])[0] for frame in frames]
    feed(meter, records)
    return meter


def counts(meter: Meter) -> Counts:
    """Return how many frames were decoded, how many left to a card, and why others were not."""
    return (
        meter.decoded,
        meter.offloaded,
        {row.reason: row.count for row in meter.undecoded()},
    )


GOOD: Counts = (1, 0, {})
OFFLOAD: Counts = (1, 1, {})


def bad(reason: str) -> Counts:
    return 0, 0, {reason: 1}


SEGMENTS = {
    "TCP": (TCP, tcp(PAYLOAD, source=1099), TCP_FIELD, OF_TCP),
    "TCP, even": (TCP, tcp(PAYLOAD + b"!"), TCP_FIELD, OF_TCP),
    "TCP, no data": (TCP, tcp(), TCP_FIELD, OF_TCP),
    "TCP, options": (TCP, tcp(PAYLOAD, SYN, options=b"\2\4\5\xb4"), TCP_FIELD, OF_TCP),
    "UDP": (UDP, udp(PAYLOAD), UDP_FIELD, OF_UDP),
    "UDP, even": (UDP, udp(PAYLOAD + b"!"), UDP_FIELD, OF_UDP),
    "UDP, no data": (UDP, udp(), UDP_FIELD, OF_UDP),
}

each_segment = pytest.mark.parametrize("name", SEGMENTS)
each_version = pytest.mark.parametrize("version", [4, 6])


def framed(octets: bytes, protocol: int, version: int) -> bytes:
    """Return the frame of a segment or datagram, with what is right of the packet around it."""
    if version == 4:
        return ethernet(packet4(octets, protocol))
    return ethernet(ipv6(octets, protocol), IPV6)


def addresses(version: int) -> tuple[str, str]:
    return (CLIENT, SERVER) if version == 4 else (CLIENT6, SERVER6)


# --- TCP and UDP --------------------------------------------------------------------------------


@each_version
@each_segment
def test_right(name: str, version: int) -> None:
    protocol, octets, _, _ = SEGMENTS[name]
    right = filled(octets, protocol, *addresses(version))
    assert counts(verified(framed(right, protocol, version))) == GOOD


@each_version
@each_segment
def test_each_wrong_bit_is_noticed(name: str, version: int) -> None:
    """One bit that is flipped behind the ports: RFC 1071 finds any."""
    protocol, octets, field, reason = SEGMENTS[name]
    right = filled(octets, protocol, *addresses(version))
    at = field + 1
    wrong = right[:at] + bytes((right[at] ^ 0x10,)) + right[at + 1 :]
    assert counts(verified(framed(wrong, protocol, version))) == bad(reason)
    if len(octets) > 20:
        wrong = right[:-1] + bytes((right[-1] ^ 1,))
        assert counts(verified(framed(wrong, protocol, version))) == bad(reason)


@each_version
@each_segment
def test_wrong_addresses_are_noticed(name: str, version: int) -> None:
    """They are in the pseudo-header."""
    protocol, octets, _, reason = SEGMENTS[name]
    source, _ = addresses(version)
    wrong = filled(octets, protocol, source, source)
    assert counts(verified(framed(wrong, protocol, version))) == bad(reason)


@each_version
@each_segment
@pytest.mark.parametrize("with_length", [True, False], ids=["with length", "without"])
def test_offloaded(name: str, version: int, with_length: bool) -> None:
    """A card is handed the sum of the pseudo-header: whole as by Linux, or without the length."""
    protocol, octets, field, _ = SEGMENTS[name]
    length = len(octets) if with_length else 0
    handed = ones_complement_sum(pseudo_header(*addresses(version), protocol, length))
    left = framed(put(octets, field, handed), protocol, version)
    assert counts(verified(left)) == OFFLOAD


@each_version
def test_tcp_zero_is_left_to_the_card(version: int) -> None:
    assert counts(verified(framed(tcp(PAYLOAD), TCP, version))) == OFFLOAD


@each_version
def test_udp_zero_is_none(version: int) -> None:
    """RFC 768: the sender made none; RFC 6935 allows it to tunnels in IPv6."""
    assert counts(verified(framed(udp(PAYLOAD), UDP, version))) == GOOD


def test_udp_whose_sum_is_zero_is_sent_as_ones() -> None:
    """RFC 768: "transmitted as all ones"."""
    some = udp(bytes(2))
    rest = ones_complement_sum(pseudo_header(CLIENT, SERVER, UDP, len(some)) + some)
    some = some[:-2] + struct.pack("!H", ~rest & 0xFFFF)
    right = filled(some, UDP)
    assert right[UDP_FIELD : UDP_FIELD + 2] == b"\xff\xff"
    assert counts(verified(framed(right, UDP, 4))) == GOOD


def test_udp_is_summed_up_to_its_own_length() -> None:
    """Octets behind the datagram are not of it."""
    right = filled(udp(PAYLOAD), UDP)
    assert counts(verified(ethernet(packet4(right + b"behind", UDP)))) == GOOD


def test_padding_of_the_frame_does_not_count() -> None:
    """IEEE 802.3: at least 60 octets."""
    right = filled(tcp(), TCP)
    assert counts(verified(framed(right, TCP, 4) + b"\xff" * 6)) == GOOD


def test_flags_and_window_are_summed() -> None:
    """A RST that was a SYN on its way is not taken for one."""
    right = bytearray(filled(tcp(flags=SYN), TCP))
    right[13] ^= 0x06
    meter = verified(framed(bytes(right), TCP, 4))
    assert counts(meter) == bad(OF_TCP)
    assert connections(meter) == []


# --- of what was captured -----------------------------------------------------------------------


@each_version
@each_segment
def test_cut_by_the_snap_length(name: str, version: int) -> None:
    """Nothing can be said of octets that are not there."""
    protocol, octets, field, _ = SEGMENTS[name]
    wrong = framed(put(octets, field, 0x1234), protocol, version)
    headers = 14 + (20 if version == 4 else 40) + (20 if protocol == TCP else 8)
    for length in range(headers, len(wrong)):
        (record,) = timed([wrong])
        assert counts(verified(record._replace(octets=wrong[:length]))) == GOOD


# --- IPv4 ---------------------------------------------------------------------------------------


def test_header_checksum() -> None:
    right = packet4(filled(tcp(PAYLOAD), TCP), TCP)
    assert counts(verified(ethernet(right))) == GOOD
    wrong = right[:8] + bytes((right[8] - 1,)) + right[9:]  # a router that only lowers the TTL
    assert counts(verified(ethernet(wrong))) == bad(OF_IPV4)


def test_header_checksum_goes_over_options() -> None:
    segment = filled(tcp(PAYLOAD), TCP)
    right = with_header_checksum(ipv4(segment, TCP, options=b"\x94\x04\0\0"), 24)
    assert counts(verified(ethernet(right))) == GOOD
    wrong = right[:22] + b"\1" + right[23:]
    assert counts(verified(ethernet(wrong))) == bad(OF_IPV4)


def test_header_checksum_zero_is_left_to_the_card() -> None:
    """Cards that split segments fill it in, too."""
    assert counts(verified(ethernet(ipv4(filled(tcp(PAYLOAD), TCP), TCP)))) == GOOD


def test_header_checksum_ends_before_an_authentication_header() -> None:
    """RFC 4302: that is behind the IPv4 header, and not of it."""
    segment = filled(tcp(PAYLOAD), TCP)
    authentication = bytes((TCP, 4)) + b"\0\0" + b"some digest, 20 oct."
    packet = with_header_checksum(ipv4(authentication + segment, 51))
    assert counts(verified(ethernet(packet))) == GOOD


def test_source_route() -> None:
    """RFC 791 section 3.1: the destination of the pseudo-header is the last of the route."""
    segment = filled(tcp(PAYLOAD), TCP)
    route = b"\x83\x07\x04" + ip_address(SERVER).packed + b"\0"
    packet = with_header_checksum(ipv4(segment, TCP, CLIENT, "192.168.1.1", options=route), 28)
    assert counts(verified(ethernet(packet))) == GOOD


# --- IPv6 ---------------------------------------------------------------------------------------


def test_extension_headers_are_not_summed() -> None:
    """RFC 8200 section 8.1: the length and the next header are those of the segment itself."""
    right = filled(tcp(PAYLOAD), TCP, CLIENT6, SERVER6)
    packet = ipv6(extension(60) + extension(TCP, 16) + right, 0)
    assert counts(verified(ethernet(packet, IPV6))) == GOOD


# --- what that is good for ----------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(PCAPS.glob("*.pcap")), ids=lambda path: path.stem)
def test_kernels_drop_nothing_here(path: Path) -> None:
    """What Linux sent is right, or left to a card: the rows are the same with --checksums."""
    plain, careful = (read(*options, path) for options in ((), ("--checksums",)))
    assert careful.stdout == plain.stdout
    assert "checksum:" not in careful.stderr


def test_on_loopback_checksums_are_left_unfinished() -> None:
    outcome = run_here("read", "--checksums", PCAPS / "loopback.pcap")
    assert "left to the network card (offload), so not verified" in outcome.stderr
    assert "offload" not in run_here("read", PCAPS / "loopback.pcap").stderr


def test_a_damaged_rst_changes_nothing(tmp_path: Path) -> None:
    """Its receiver never saw it."""
    frames = read_pcap(PCAPS / "aborted-by-client.pcap")
    octets = frames[-1].octets
    frames[-1] = frames[-1]._replace(octets=put(octets, 50, 0xDEAD))
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(frames))
    assert read(path).rows == []
    outcome = read("--checksums", path)
    assert [row["state"] for row in outcome.rows] == ["ESTABLISHED"]
    assert (
        f"malformed: TCP checksum: first in frame {len(frames)}, at its octet 50" in outcome.stderr
    )


def test_a_good_frame_counts_as_without() -> None:
    right = framed(filled(tcp(PAYLOAD), TCP), TCP, 4)
    found = only(verified(right))
    assert found.a.packets + found.b.packets == 1
