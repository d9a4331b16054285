"""Link types that `wire` does not know, dissected by scapy: IEEE 802.15.4 and IEEE 802.3br.

The frames are put together octet by octet, from RFC 6282, RFC 4944 and IEEE 802.3br figure 99-4.
"""

from ipaddress import IPv6Address

from packets import CLIENT6, SERVER6, ethernet, ipv4, ipv6, tcp, udp

import tracker
from tracker.capture.dissect import finder
from tracker.frames import Frames
from tracker.meter import Meter
from tracker.tables import flow_table

IEEE802_15_4_NOFCS, ETHERNET_MPACKET, CAN_SOCKETCAN = 230, 274, 227
PREAMBLE = bytes.fromhex("55555555555555d5")
CHECK_SEQUENCE = bytes(4)

#: A data frame within one network, both addresses long (IEEE 802.15.4 section 7.3).
WPAN = bytes.fromhex("41cc01cdab 0100000000000002 0200000000000002")
UNCOMPRESSED = b"\x41"  # RFC 4944 section 5.1

#: RFC 6282 section 3.1: next header inline, hop limit 255, addresses inline; UDP.
COMPRESSED = bytes.fromhex("7b00 11")


def compressed(datagram: bytes) -> bytes:
    addresses = ipv6(b"", source="fe80::1", destination="fe80::2")[8:40]
    return WPAN + COMPRESSED + addresses + datagram


def metered(link_type: int, *octets: bytes, wire: int = 0) -> Meter:
    """Return a meter that has seen frames that were `wire` octets longer than captured."""
    frames = Frames(link_type)
    frames.data = b"".join(octets)
    start = 0
    for each in octets:
        frames.append(1, start, len(each), len(each) + wire)
        start += len(each)
    meter = Meter(flow_table(tracker.Config(), keep_ended=True), locate=finder)
    meter.feed(frames, 0, frames.count)
    return meter


def test_mpacket() -> None:
    """The frame's length on the wire counts, not that of the packet in it."""
    octets = PREAMBLE + ethernet(ipv4(tcp(b"GET /"))) + CHECK_SEQUENCE
    meter = metered(ETHERNET_MPACKET, octets, octets)
    (connection,) = meter.table.connections()
    assert meter.decoded == 2
    assert connection.a.bytes + connection.b.bytes == 2 * len(octets)


def test_uncompressed_in_a_personal_area_network() -> None:
    meter = metered(IEEE802_15_4_NOFCS, WPAN + UNCOMPRESSED + ipv6(udp(b"hi"), 17))
    (connection,) = meter.table.connections()
    assert meter.decoded == 1
    addresses = [
        str(IPv6Address(connection.a_high << 64 | connection.a_low)),
        str(IPv6Address(connection.b_high << 64 | connection.b_low)),
    ]
    assert sorted(addresses) == sorted([CLIENT6, SERVER6])


def test_compressed_header() -> None:
    find = finder(IEEE802_15_4_NOFCS)
    assert find is not None
    packet = find(compressed(udp(b"hi")))
    expected = ipv6(udp(b"hi"), 17, "fe80::1", "fe80::2")
    assert packet is not None
    assert packet[4:7] + packet[8:] == expected[4:7] + expected[8:]


def test_what_was_cut_off_is_missing_from_the_packet_too() -> None:
    octets = PREAMBLE + ethernet(ipv4(tcp(b"GET /")))
    meter = metered(ETHERNET_MPACKET, octets[:-20], wire=20)
    assert [row.reason for row in meter.undecoded()] == ["truncated: TCP header"]


def test_no_packet_inside() -> None:
    meter = metered(ETHERNET_MPACKET, PREAMBLE + ethernet(bytes(28), 0x0806))
    assert [row.reason for row in meter.undecoded()] == ["other: link type ETHERNET_MPACKET (274)"]


def test_a_link_type_that_nobody_knows() -> None:
    assert finder(CAN_SOCKETCAN) is None
    assert finder(772) is None
    meter = metered(CAN_SOCKETCAN, bytes(16), bytes(16))
    (row,) = meter.undecoded()
    assert (row.reason, row.count) == ("other: link type CAN_SOCKETCAN (227)", 2)


def test_damaged_frames() -> None:
    """Every prefix, and every octet set to each of a few values: a packet or none."""
    for link_type, octets in (
        (IEEE802_15_4_NOFCS, compressed(udp(b"hi"))),
        (ETHERNET_MPACKET, PREAMBLE + ethernet(ipv4(tcp()))),
    ):
        damaged = [octets[:length] for length in range(len(octets))]
        damaged += [
            octets[:at] + bytes((value,)) + octets[at + 1 :]
            for at in range(len(octets))
            for value in (0, 0x7F, 0xFF)
        ]
        meter = metered(link_type, *damaged)
        assert meter.frames == len(damaged)
