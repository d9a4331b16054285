"""Fragments of packets (RFC 791 section 3.2, RFC 8200 section 4.5) belong to their connection."""

import struct
import time as clock
from collections.abc import Sequence
from itertools import pairwise

import pytest
from captures import NS_IN_S, START, Record, conversation, timed
from hypothesis import given, settings
from hypothesis import strategies as st
from metering import connections, feed, flow_table, metered, only, uncounted
from packets import (
    ACK,
    CLIENT,
    CLIENT6,
    FIN,
    IPV4,
    IPV6,
    PSH,
    RST,
    SERVER,
    SERVER6,
    SYN,
    TCP,
    UDP,
    authentication,
    ethernet,
    extension,
    fragment,
    ipv4,
    ipv6,
    tcp,
    udp,
)

from tracker.connection import Connection
from tracker.fragments import MAX_PACKETS, MAX_WAITING
from tracker.meter import Meter
from tracker.tcp_state import State
from tracker.wire.tunnel import may_carry
from tracker.words import BY_SYN, NOTE_MALFORMED, NOTE_ODD_FLAGS

ETHERNET, V4_HEADER, V6_HEADER, FRAGMENT_HEADER = 14, 20, 40, 8
FRAGMENT, AH, DESTINATION_OPTIONS = 44, 51, 60
IPIP = 4
VXLAN_PORT = 4789
MS = 1_000_000

LATER = "other: IP later fragment"
WITHOUT_FIRST = "other: IP fragment without the first one"
BEYOND = "malformed: IP fragment beyond the largest packet"


def cut(
    datagram: bytes,
    *cuts: int,
    protocol: int = UDP,
    identification: int = 1,
    ends: tuple[str, str] = (CLIENT, SERVER),
    version: int = 4,
) -> list[bytes]:
    """Return the frames of a packet that is cut at the offsets `cuts`, multiples of 8."""
    edges = [0, *cuts, len(datagram)]
    frames = []
    for start, end in pairwise(edges):
        more = end < len(datagram)
        octets = datagram[start:end]
        frames.append(piece(octets, start, more, protocol, identification, ends, version))
    return frames


def piece(
    octets: bytes,
    start: int,
    more: bool,
    protocol: int = UDP,
    identification: int = 1,
    ends: tuple[str, str] = (CLIENT, SERVER),
    version: int = 4,
) -> bytes:
    """Return the frame of one fragment, which begins at `start` in its packet."""
    assert start % 8 == 0
    if version == 6:
        header = fragment(protocol, start // 8, more, identification)
        return ethernet(ipv6(header + octets, FRAGMENT, *ends), IPV6)
    return ethernet(
        ipv4(
            octets,
            protocol,
            *ends,
            identification=identification,
            more_fragments=more,
            offset=start // 8,
        )
    )


def ends_of(version: int, back: bool = False) -> tuple[str, str]:
    """Return source and destination address."""
    ends = (CLIENT, SERVER) if version == 4 else (CLIENT6, SERVER6)
    return ends[::-1] if back else ends


def sent(connection: Connection, back: bool = False) -> tuple[int, int, int]:
    """Return packets, bytes and payload of the client's endpoint, or `back`."""
    endpoint = connection.b if back else connection.a
    return endpoint.packets, endpoint.bytes, endpoint.payload


def states(connection: Connection) -> tuple[State, State]:
    """Return the states of both endpoints."""
    return State(connection.a.state), State(connection.b.state)


# --- datagrams ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0), (2, 0, 1)])
def test_every_fragment_counts_for_its_connection(version: int, order: Sequence[int]) -> None:
    frames = cut(udp(bytes(4000)), 1480, 2960, ends=ends_of(version), version=version)
    meter = metered(timed([frames[number] for number in order]))
    connection = only(meter)
    assert (connection.a_port, connection.b_port) == (1305, 7)
    assert sent(connection) == (3, sum(map(len, frames)), 4000)
    assert (connection.first_seen, connection.last_seen) == (START, START + 2 * MS)
    assert uncounted(meter) == {}
    assert (meter.decoded, meter.fragments.incomplete) == (3, 0)


def test_packets_of_two_directions_and_protocols_in_between() -> None:
    there = cut(udp(bytes(2000)), 1480)
    back = cut(udp(bytes(3000), 7, 1305), 1480, ends=(SERVER, CLIENT))
    other = cut(tcp(bytes(2000)), 1480, protocol=TCP)
    meter = metered(
        timed([back[1], other[0], there[1], there[0], back[0], other[1]]),
    )
    datagrams, stream = sorted(connections(meter), key=lambda found: -found.protocol)
    assert (sent(datagrams)[2], sent(datagrams, back=True)[2]) == (2000, 3000)
    assert sent(stream)[::2] == (2, 2000)
    assert uncounted(meter) == {}


def test_the_identification_tells_packets_apart() -> None:
    one = cut(udp(bytes(2000)), 1480, identification=1)
    two = cut(udp(bytes(2000), 1306), 1480, identification=2)
    meter = metered(timed([one[1], two[1], two[0], one[0]]))
    assert [sent(connection)[::2] for connection in connections(meter)] == [(2, 2000)] * 2


def test_rfc8200_4_5_an_identification_has_32_bits() -> None:
    pieces = [
        cut(udp(bytes(2000), port), 1480, identification=number, ends=ends_of(6), version=6)
        for port, number in ((1305, 0x10001), (1306, 0x20001))
    ]
    meter = metered(timed([pieces[0][1], pieces[1][1], pieces[0][0], pieces[1][0]]))
    assert [sent(connection)[::2] for connection in connections(meter)] == [(2, 2000)] * 2


def test_the_first_one_alone_tells_the_ports() -> None:
    meter = metered(timed(cut(udp(bytes(4000)), 1480)[:1]))
    assert sent(only(meter))[::2] == (1, 1472)
    assert meter.fragments.incomplete == 1


def test_without_the_first_one_nothing_is_known_and_nothing_lost() -> None:
    meter = metered(timed([ethernet(b""), *cut(udp(bytes(4000)), 1480, 2960)[1:]]))
    assert connections(meter) == []
    assert uncounted(meter)[WITHOUT_FIRST] == 2
    (row,) = [row for row in meter.undecoded() if row.reason == WITHOUT_FIRST]
    assert row.first.frame == 2
    # Here comes the first one, after all.
    feed(meter, timed(cut(udp(bytes(4000)), 1480)[:1], start=START + 29 * NS_IN_S))
    assert sent(only(meter))[::2] == (3, 4000)
    assert WITHOUT_FIRST not in uncounted(meter)


def test_the_first_one_comes_too_late() -> None:
    """Linux waits 30 s (net.ipv4.ipfrag_time)."""
    first, later = cut(udp(bytes(2000)), 1480)
    meter = metered([Record(START, later, len(later))])
    feed(meter, [Record(START + 31 * NS_IN_S, first, len(first))])
    assert sent(only(meter))[::2] == (1, 1472)
    assert uncounted(meter) == {WITHOUT_FIRST: 1}
    feed(meter, timed(cut(udp(bytes(2000)), 1480)[1:], start=START + 40 * NS_IN_S))
    assert sent(only(meter))[::2] == (2, 2000)


def test_the_setting_says_how_long_to_wait() -> None:
    first, later = cut(udp(bytes(2000)), 1480)
    meter = Meter(flow_table(), 2 * NS_IN_S)
    feed(meter, [Record(START, later, len(later))])
    feed(meter, [Record(START + 3 * NS_IN_S, first, len(first))])
    assert uncounted(meter) == {WITHOUT_FIRST: 1}


def test_a_snap_length_cuts_frames_but_not_counters() -> None:
    frames = cut(udp(bytes(4000)), 1480, 2960)
    for order in ((0, 1, 2), (2, 1, 0)):
        records = [Record(START, frames[number][:60], len(frames[number])) for number in order]
        assert sent(only(metered(records))) == (3, sum(map(len, frames)), 4000)


@pytest.mark.parametrize("back", [False, True])
def test_a_first_one_that_is_cut_off_says_so_and_the_others_are_counted(back: bool) -> None:
    frames = cut(tcp(bytes(4000)), 1480, 2960, protocol=TCP)
    records = [Record(START, octets[:48], len(octets)) for octets in frames]
    meter = metered(records[::-1] if back else records)
    others = WITHOUT_FIRST if back else LATER
    assert uncounted(meter) == {"truncated: TCP header": 1, others: 2}


def test_rfc6946_an_atomic_fragment_is_a_packet_of_its_own() -> None:
    atomic = ethernet(ipv6(fragment(UDP) + udp(bytes(100)), FRAGMENT), IPV6)
    later = cut(udp(bytes(2000)), 1480, identification=0, ends=ends_of(6), version=6)[1]
    meter = metered(timed([later, atomic]))
    assert sent(only(meter))[::2] == (1, 100)
    assert meter.fragments.fragments == 1
    assert uncounted(meter) == {WITHOUT_FIRST: 1}


def test_other_protocols_stay_what_they_are() -> None:
    first, later = cut(bytes(2000), 1480, protocol=1)
    meter = metered(timed([first, later, later]))
    assert uncounted(meter) == {"other: ICMP": 1, LATER: 2}
    assert meter.fragments.without_first == 0


# --- lengths ------------------------------------------------------------------------------------


def test_the_packets_length_counts_and_not_what_was_captured() -> None:
    """Ethernet pads short frames (IEEE 802.3 section 4.2.3.3)."""
    frames = [frame + bytes(30) for frame in cut(udp(bytes(16)), 8, 16)]
    meter = metered(timed(frames[::-1]))
    assert sent(only(meter)) == (3, sum(map(len, frames)), 16)
    assert meter.fragments.overlapping == 0


@pytest.mark.parametrize("wire", [0, 1, 14, 20, 34, 41, 42, 43, 60, 62, 70, 1 << 17, (1 << 32) - 1])
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("start", [0, 8, 65528])
def test_a_packet_without_a_length_has_the_frames(version: int, start: int, wire: int) -> None:
    """Captured before its length was known, or a jumbogram; a record may say anything of it."""
    octets = udp(bytes(32))
    if version == 4:
        packet = ipv4(octets, UDP, total_length=0, more_fragments=True, offset=start // 8)
        header = ETHERNET + V4_HEADER
    else:
        packet = ipv6(fragment(UDP, start // 8, True) + octets, FRAGMENT, payload_length=0)
        header = ETHERNET + V6_HEADER + FRAGMENT_HEADER
    frame = ethernet(packet, IPV4 if version == 4 else IPV6)
    meter = metered([Record(START, frame, wire)])
    length = wire - header
    uncounted(meter)
    if length < 0 or start + length > 65535 - 20 * (version == 4):
        assert meter.decoded == 0
    elif start == 0 and length >= 8:
        assert sent(only(meter)) == (1, wire, length - 8)


# --- copies, overlaps, reused identifications ---------------------------------------------------


@pytest.mark.parametrize(
    "order", [(0, 0, 1, 1, 2, 2), (2, 2, 1, 1, 0, 0), (0, 1, 2, 0, 1, 2), (0, 1, 2, 2, 1, 0)]
)
@pytest.mark.parametrize("protocol", [TCP, UDP])
def test_copies_count_as_copies_of_packets_do(order: Sequence[int], protocol: int) -> None:
    """A mirror port may show every frame twice, fragments too (rule 9)."""
    datagram = udp(bytes(4000)) if protocol == UDP else tcp(bytes(3988), PSH | ACK)
    frames = cut(datagram, 1480, 2960, protocol=protocol)
    meter = metered(timed([frames[number] for number in order]))
    payload = 2 * (4000 if protocol == UDP else 3988)
    assert sent(only(meter)) == (6, 2 * sum(map(len, frames)), payload)
    assert uncounted(meter) == {}
    assert meter.fragments.incomplete == 0


def test_copies_of_a_header_in_parts() -> None:
    frames = cut(tcp(bytes(1000), PSH | ACK), 8, 504, protocol=TCP)
    for order in ((0, 0, 1, 1, 2, 2), (2, 0, 1, 0, 2, 1), (1, 1, 0, 0, 2, 2)):
        meter = metered(timed([frames[number] for number in order]))
        assert sent(only(meter))[::2] == (6, 2000)
        assert uncounted(meter) == {}


@pytest.mark.parametrize("version", [4, 6])
def test_rfc5722_overlapping_fragments_are_noted_and_counted(version: int) -> None:
    """A teardrop: the second fragment lies inside the first."""
    ends = ends_of(version)
    whole = udp(bytes(72), length=80)
    frames = [
        piece(whole[:40], 0, True, ends=ends, version=version),
        piece(whole[24:32], 24, False, ends=ends, version=version),
    ]
    meter = metered(timed(frames))
    assert sent(only(meter)) == (2, sum(map(len, frames)), 40)
    assert meter.fragments.overlapping == 1
    assert meter.fragments.incomplete == 1


def test_rfc3128_a_fragment_that_overwrites_the_flags_changes_no_state() -> None:
    segment = tcp(b"", ACK, sequence=100, acknowledgment=300)
    hidden = tcp(b"", SYN, sequence=100)
    frames = [
        piece(segment, 0, True, TCP),
        piece(hidden[8:20], 8, False, TCP),
    ]
    meter = metered(timed(frames))
    connection = only(meter)
    assert states(connection) == (State.ESTABLISHED, State.ESTABLISHED)
    assert sent(connection)[::2] == (2, 0)


@pytest.mark.parametrize("version", [4, 6])
def test_beyond_the_largest_packet(version: int) -> None:
    """The "ping of death": RFC 791 section 3.1 gives a packet 65535 octets, with its header."""
    most = 65535 - 20 if version == 4 else 65535
    start = 65528 - 3 * 8
    last = piece(bytes(most - start), start, False, ends=ends_of(version), version=version)
    beyond = piece(bytes(most - start + 1), start, False, ends=ends_of(version), version=version)
    meter = metered(timed([beyond, last]))
    assert uncounted(meter) == {BEYOND: 1, WITHOUT_FIRST: 1}


def test_rfc4963_an_identification_that_comes_again() -> None:
    """At high rates the 16 bits come round while fragments are still waited for."""
    lost = cut(udp(bytes(4000)), 1480, 2960)[:2]
    again = cut(udp(bytes(2000), 1306), 1480)
    meter = metered(timed([*lost, *again]))
    assert [sent(connection)[::2] for connection in connections(meter)] == [(2, 2952), (2, 2000)]
    assert meter.fragments.incomplete == 1


def test_after_a_complete_packet_its_identification_is_free() -> None:
    one, two = cut(udp(bytes(2000)), 1480), cut(udp(bytes(2000), 1306), 1480)
    meter = metered(timed(one))
    feed(meter, timed(two[::-1], start=START + NS_IN_S))
    assert [sent(connection)[::2] for connection in connections(meter)] == [(2, 2000)] * 2
    assert uncounted(meter) == {}


def test_tcp_with_another_number_is_another_packet() -> None:
    one = cut(tcp(bytes(1000), sequence=100), 504, protocol=TCP)
    two = cut(tcp(bytes(1000), sequence=1100), 504, protocol=TCP)
    meter = metered(timed([one[0], two[0], two[1]]))
    assert only(meter).a.snd_nxt == 2100
    assert meter.fragments.incomplete == 1


def test_addresses_of_both_versions_are_told_apart() -> None:
    mapped = (f"::ffff:{CLIENT}", f"::ffff:{SERVER}")
    later = piece(bytes(520), 1480, False, UDP, 1, mapped, 6)
    first = cut(udp(bytes(2000)), 1480)[0]
    assert uncounted(metered(timed([later, first]))) == {WITHOUT_FIRST: 1}


# --- segments -----------------------------------------------------------------------------------

SCALE = b"\x02\x04\x05\xb4\x01\x03\x03\x07" + bytes(12)  # MSS 1460, NOP, window scale 7


def header_cuts() -> list[tuple[int, ...]]:
    """Return where a header of 40 octets may be cut (RFC 1858 section 3: from 8 on)."""
    return [(8,), (16,), (24,), (32,), (8, 16), (8, 24), (16, 32), (8, 16, 24, 32)]


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("back", [False, True], ids=["in order", "reversed"])
@pytest.mark.parametrize("cuts", header_cuts())
def test_a_header_in_parts_is_put_together(cuts: tuple[int, ...], back: bool, version: int) -> None:
    syn = tcp(b"", SYN, sequence=99, acknowledgment=0, options=SCALE)
    frames = cut(syn, *cuts, protocol=TCP, ends=ends_of(version), version=version)
    meter = metered(timed(frames[::-1] if back else frames))
    connection = only(meter)
    assert states(connection) == (State.SYN_SENT, State.SYN_RECEIVED)
    assert (connection.a.iss, connection.a.snd_nxt, connection.a.window_scale) == (99, 100, 7)
    assert sent(connection) == (len(frames), sum(map(len, frames)), 0)
    assert connection.first_seen == START
    assert uncounted(meter) == {}


@pytest.mark.parametrize("back", [False, True], ids=["in order", "reversed"])
def test_a_fin_in_a_header_in_parts(back: bool) -> None:
    fin = cut(tcp(b"", FIN | ACK, sequence=101, acknowledgment=301), 8, protocol=TCP)
    meter = metered(timed([*conversation()[:3], *(fin[::-1] if back else fin)]))
    assert states(only(meter)) == (State.FIN_WAIT_1, State.CLOSE_WAIT)
    assert only(meter).a.evidence_frame == 5
    assert uncounted(meter) == {}


def test_a_header_that_cannot_be_is_malformed_and_waits_for_nothing() -> None:
    frames = cut(tcp(bytes(100), data_offset=4), 8, 16, 48, protocol=TCP)
    meter = metered(timed(frames))
    assert uncounted(meter) == {}
    connection = only(meter)
    assert connection.a.packets == len(frames)
    assert connection.notes == NOTE_MALFORMED
    assert not connection.a.exists and not connection.b.exists


def test_data_in_fragments_moves_the_numbers_as_if_it_came_in_segments() -> None:
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        frames = cut(
            tcp(bytes(3980), PSH | ACK, sequence=101, acknowledgment=301), 1480, 2960, protocol=TCP
        )
        meter = metered(timed([*conversation()[:3], *(frames[number] for number in order)]))
        connection = only(meter)
        assert connection.a.snd_nxt == connection.b.rcv_nxt == 101 + 3980
        assert sent(connection)[::2] == (2 + 3, 3980)
        assert not connection.notes


def test_a_fin_takes_effect_with_the_last_fragment() -> None:
    """Its number is the one behind all data."""
    frames = cut(tcp(bytes(2000), FIN | ACK, sequence=101, acknowledgment=301), 1000, protocol=TCP)
    meter = metered(timed([*conversation()[:3], frames[0]]))
    connection = only(meter)
    assert states(connection) == (State.ESTABLISHED, State.ESTABLISHED)
    feed(meter, timed(frames[1:], start=START + 10 * MS))
    connection = only(meter)
    assert states(connection) == (State.FIN_WAIT_1, State.CLOSE_WAIT)
    assert (connection.a.fin, connection.a.evidence_frame) == (2101, 5)


def test_a_fin_that_comes_before_the_first_fragment_waits_for_it() -> None:
    first, last = cut(
        tcp(bytes(2000), FIN | ACK, sequence=101, acknowledgment=301), 1000, protocol=TCP
    )
    meter = metered(timed([*conversation()[:3], last]))
    connection = only(meter)
    assert states(connection) == (State.ESTABLISHED, State.ESTABLISHED)
    feed(meter, timed([first], start=START + NS_IN_S))
    connection = only(meter)
    assert states(connection) == (State.FIN_WAIT_1, State.CLOSE_WAIT)
    # The kernel, too, learns of it with the fragment that completes the packet.
    assert (connection.a.evidence_frame, connection.a.since) == (5, START + NS_IN_S)


def test_a_hole_keeps_the_fin_from_its_receiver() -> None:
    """Rule 6; Linux keeps the whole packet back (pcaps/tcp-fragments.pcap)."""
    frames = cut(
        tcp(bytes(3000), FIN | ACK, sequence=101, acknowledgment=301), 1000, 2000, protocol=TCP
    )
    meter = metered(timed([*conversation()[:3], frames[0], frames[2]]))
    connection = only(meter)
    assert states(connection) == (State.FIN_WAIT_1, State.ESTABLISHED)
    feed(meter, timed([frames[1]], start=START + NS_IN_S))
    connection = only(meter)
    assert states(connection) == (State.FIN_WAIT_1, State.CLOSE_WAIT)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
def test_rfc7413_a_syn_with_data(order: Sequence[int]) -> None:
    syn = tcp(bytes(2000), SYN, sequence=99, acknowledgment=0)
    frames = cut(syn, 1000, 1504, protocol=TCP)
    meter = metered(timed([frames[number] for number in order]))
    connection = only(meter)
    assert states(connection) == (State.SYN_SENT, State.SYN_RECEIVED)
    assert (connection.initiator, connection.basis) == (0, BY_SYN)
    assert connection.a.snd_nxt == 100 + 2000
    assert sent(connection) == (3, sum(map(len, frames)), 2000)
    assert (connection.first_seen, connection.last_seen) == (START, START + 2 * MS)
    answer = tcp(b"", SYN | ACK, 80, 1099, sequence=299, acknowledgment=2100)
    feed(meter, timed([ethernet(ipv4(answer, TCP, SERVER, CLIENT))], start=START + NS_IN_S))
    connection = only(meter)
    assert states(connection) == (State.ESTABLISHED, State.SYN_RECEIVED)
    assert connection.fast_open


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_rfc9293_3_5_3_a_rst_may_have_data(order: Sequence[int]) -> None:
    frames = cut(tcp(bytes(1000), RST | ACK, sequence=101, acknowledgment=301), 504, protocol=TCP)
    meter = metered(timed([*conversation()[:3], *(frames[number] for number in order)]))
    connection = only(meter)
    assert states(connection) == (State.CLOSED, State.CLOSED)
    assert sent(connection)[::2] == (4, 1000)
    assert not connection.notes


def test_rule_10_a_segment_without_flags_is_seen_and_noted() -> None:
    frames = cut(tcp(bytes(1000), 0), 504, protocol=TCP)
    for order in (frames, frames[::-1]):
        meter = metered(timed(order))
        assert only(meter).notes == NOTE_ODD_FLAGS
        assert sent(only(meter))[::2] == (2, 1000)


def test_a_conversation_in_fragments_is_the_same_conversation() -> None:
    whole = only(metered(timed(conversation())))
    pieces: list[bytes] = []
    for number, frame in enumerate(conversation()):
        source, destination = (SERVER, CLIENT) if number in (1, 4, 6, 7) else (CLIENT, SERVER)
        segment = frame[ETHERNET + V4_HEADER :]
        parts = cut(segment, 8, 16, protocol=TCP, identification=number, ends=(source, destination))
        pieces += parts[::-1] if number % 2 else parts
    meter = metered(timed(pieces))
    found = only(meter)
    assert states(found) == states(whole) == (State.TIME_WAIT, State.CLOSED)
    assert (found.a.payload, found.b.payload) == (whole.a.payload, whole.b.payload)
    assert (found.notes, found.initiator, found.basis) == (0, 0, BY_SYN)
    assert uncounted(meter) == {}


# --- headers around, tunnels --------------------------------------------------------------------


def with_extensions(before: bytes, after: bytes, datagram: bytes, *cuts: int) -> list[bytes]:
    """Return the frames of an IPv6 packet; `before` and `after` the fragment header."""
    first_after = DESTINATION_OPTIONS if after else UDP
    whole = after + datagram
    edges = [0, *cuts, len(whole)]
    return [
        ethernet(
            ipv6(
                before + fragment(first_after, start // 8, end < len(whole), 7) + whole[start:end],
                0 if before else FRAGMENT,
            ),
            IPV6,
        )
        for start, end in pairwise(edges)
    ]


@pytest.mark.parametrize("back", [False, True], ids=["in order", "reversed"])
@pytest.mark.parametrize("before", [b"", extension(FRAGMENT, 16)], ids=["", "hop-by-hop"])
@pytest.mark.parametrize("after", [b"", extension(UDP, 24)], ids=["", "options"])
def test_rfc8200_4_5_extension_headers_before_and_after(
    before: bytes, after: bytes, back: bool
) -> None:
    frames = with_extensions(before, after, udp(bytes(3000)), 1000, 2000)
    meter = metered(timed(frames[::-1] if back else frames))
    assert sent(only(meter)) == (3, sum(map(len, frames)), 3000)
    assert uncounted(meter) == {}


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("back", [False, True], ids=["in order", "reversed"])
def test_rfc4302_an_authentication_header_in_the_first(version: int, back: bool) -> None:
    """It is put before fragmentation, so later fragments are of protocol 51."""
    whole = authentication(TCP) + tcp(bytes(3000), PSH | ACK)
    frames = cut(whole, 1000, 2000, protocol=AH, ends=ends_of(version), version=version)
    meter = metered(timed(frames[::-1] if back else frames))
    assert sent(only(meter)) == (3, sum(map(len, frames)), 3000)
    assert only(meter).protocol == TCP
    assert uncounted(meter) == {}


def test_ipv4_options_in_the_first_fragment() -> None:
    """RFC 791 section 3.1: some options are copied into all fragments, some are not."""
    whole = udp(bytes(2000))
    first = ethernet(
        ipv4(whole[:1000], UDP, options=bytes(8), identification=1, more_fragments=True)
    )
    later = cut(whole, 1000)[1]
    for order in ([first, later], [later, first]):
        assert sent(only(metered(timed(order))))[::2] == (2, 2000)


def inside(outer: bytes) -> bytes:
    """Return a frame of an IPv4 packet in an IPv4 packet (RFC 2003)."""
    return ethernet(ipv4(outer[ETHERNET:], IPIP, "10.0.0.1", "10.0.0.2"))


@pytest.mark.parametrize("back", [False, True], ids=["in order", "reversed"])
def test_fragments_in_a_tunnel(back: bool) -> None:
    frames = [inside(frame) for frame in cut(udp(bytes(4000)), 1480, 2960)]
    meter = metered(timed(frames[::-1] if back else frames))
    assert sent(only(meter)) == (3, sum(map(len, frames)), 4000)
    assert uncounted(meter) == {}


def test_a_tunnel_has_identifications_of_its_own() -> None:
    """The same addresses and number inside and outside are two packets."""
    first, later = cut(udp(bytes(2000)), 1480)
    meter = metered(timed([inside(later), first]))
    assert sent(only(meter))[::2] == (1, 1472)
    assert uncounted(meter) == {WITHOUT_FIRST: 1}


def test_a_packet_around_a_packet_in_fragments() -> None:
    """The first holds the inner packet's headers; the lengths there cover the others."""
    inner = ipv4(udp(bytes(3000)), UDP)
    frames = cut(inner, 1480, 2960, protocol=IPIP, ends=("10.0.0.1", "10.0.0.2"))
    meter = metered(timed(frames))
    assert sent(only(meter))[::2] == (1, 3000)
    assert uncounted(meter) == {LATER: 2}


def vxlan(inner: bytes, port: int = 50000) -> bytes:
    """Return a VXLAN datagram (RFC 7348 section 5) around an Ethernet frame."""
    return udp(struct.pack("!II", 0x08000000, 42 << 8) + inner, port, VXLAN_PORT)


@pytest.mark.skipif(not may_carry(50000, VXLAN_PORT), reason="tunnels in UDP are not entered")
@pytest.mark.parametrize("back", [False, True], ids=["in order", "reversed"])
def test_a_tunnel_in_udp_in_fragments(back: bool) -> None:
    frames = cut(vxlan(conversation()[0] + bytes(3000)), 1480, ends=("10.0.0.1", "10.0.0.2"))
    meter = metered(timed(frames[::-1] if back else frames))
    outer, inner = connections(meter)[:: 1 if connections(meter)[0].protocol == UDP else -1]
    assert sent(outer)[0] == 2
    assert (inner.protocol, sent(inner)[0]) == (TCP, 1)
    assert uncounted(meter) == {}


@pytest.mark.skipif(not may_carry(50000, VXLAN_PORT), reason="tunnels in UDP are not entered")
def test_something_else_in_a_first_fragment_is_not_the_fragment_again() -> None:
    arp = ethernet(bytes(3000), 0x0806)
    frames = cut(vxlan(arp), 1480, ends=("10.0.0.1", "10.0.0.2"))
    meter = metered(timed(frames))
    assert sent(only(meter))[0] == 2
    assert uncounted(meter) == {"other: ARP": 1}
    assert meter.fragments.fragments == 2


def aggregate(*packets: bytes) -> bytes:
    """Return an IEEE 802.11 QoS data frame with an A-MSDU of IPv4 packets (section 9.3.2.2)."""
    body = b""
    for packet in packets:
        inside = bytes.fromhex("aaaa030000000800") + packet
        body += bytes(-len(body) % 4) + bytes(12) + struct.pack("!H", len(inside)) + inside
    return bytes.fromhex("88010000") + bytes(20) + bytes.fromhex("8000") + body


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 1, 0)])
def test_packets_beside_a_fragment_in_one_frame(order: Sequence[int]) -> None:
    """What is in the frame is decoded, whatever comes first; the frame counts once."""
    first, later = (frame[ETHERNET:] for frame in cut(udp(bytes(2000)), 1480))
    whole = ipv4(udp(b"hello", 1306), UDP)
    meter = metered([])
    feed(meter, timed([aggregate(*((first, later, whole)[at] for at in order))]), 105)
    assert min(sent(found)[2] for found in connections(meter)) == 5
    assert len(connections(meter)) == 2
    assert (meter.frames, meter.decoded) == (1, 1)
    uncounted(meter)


def test_a_fragment_waits_for_a_first_one_in_an_aggregate() -> None:
    first, later = (frame[ETHERNET:] for frame in cut(udp(bytes(2000)), 1480))
    whole = ipv4(udp(b"hello", 1306), UDP)
    meter = metered([])
    feed(meter, timed([aggregate(later), aggregate(whole, first)]), 105)
    assert [sent(found)[::2] for found in connections(meter)] == [(1, 5), (2, 2000)]
    assert (meter.frames, meter.decoded) == (2, 2)
    assert uncounted(meter) == {}


def test_a_fragment_with_a_wrong_checksum_is_dropped() -> None:
    """RFC 1122 section 3.2.1.2; the one that is sent again is not hurt by it."""
    first, later = cut(udp(bytes(2000)), 1480)
    wrong = first[: ETHERNET + 10] + b"\x12\x34" + first[ETHERNET + 12 :]
    meter = metered([])
    meter.checksums = True
    feed(meter, timed([wrong, later]))
    assert uncounted(meter) == {"malformed: IPv4 checksum": 1, WITHOUT_FIRST: 1}
    feed(meter, timed([first], start=START + NS_IN_S))
    assert sent(only(meter))[::2] == (2, 2000)
    assert uncounted(meter) == {"malformed: IPv4 checksum": 1}


# --- limits -------------------------------------------------------------------------------------


def test_as_many_packets_as_the_limit_are_remembered() -> None:
    """The oldest goes first, and what waits for it is counted."""
    meter = metered([])
    later = [
        piece(bytes(8), 1480, False, UDP, number % 65536, (f"10.0.{number // 65536}.1", SERVER))
        for number in range(MAX_PACKETS + 10)
    ]
    feed(meter, timed(later, step=1000))
    assert len(meter.fragments._packets) == MAX_PACKETS
    assert uncounted(meter) == {WITHOUT_FIRST: MAX_PACKETS + 10}
    first = cut(udp(bytes(1480)), 1480, identification=10, ends=("10.0.0.1", SERVER))[0]
    lost = cut(udp(bytes(1480)), 1480, identification=9, ends=("10.0.0.1", SERVER))[0]
    feed(meter, timed([first, lost], start=START + NS_IN_S))
    assert sent(only(meter))[0] == 3
    assert uncounted(meter) == {WITHOUT_FIRST: MAX_PACKETS + 9}


def test_one_packet_cannot_keep_the_others_from_waiting() -> None:
    flood = piece(bytes(8), 1480, True, UDP, 1, ("10.0.0.1", SERVER))
    meter = metered(timed([flood] * (MAX_WAITING + 10), step=1000))
    assert meter.fragments._waiting == MAX_WAITING
    assert uncounted(meter) == {WITHOUT_FIRST: MAX_WAITING, LATER: 10}
    first, last = cut(udp(bytes(2000)), 1480)
    feed(meter, timed([last, first], start=START + NS_IN_S))
    assert sent(only(meter))[::2] == (2, 2000)
    assert uncounted(meter) == {WITHOUT_FIRST: MAX_WAITING, LATER: 10}


def test_what_was_given_up_makes_room() -> None:
    """Old packets go when new ones come, without a limit being reached."""
    meter = metered([])
    for second in range(100):
        feed(meter, timed([piece(bytes(8), 80, True, UDP, second)], start=START + second * NS_IN_S))
    assert len(meter.fragments._packets) <= 32
    assert uncounted(meter) == {WITHOUT_FIRST: 100}


def test_a_packet_in_very_many_parts_costs_no_more_and_is_never_complete() -> None:
    datagram = udp(bytes(65000 - 8))
    pieces = [
        piece(datagram[start : start + 8], start, start + 8 < len(datagram))
        for start in range(0, len(datagram), 16)
    ]
    meter = metered(timed(pieces, step=1000))
    assert sent(only(meter))[::2] == (len(pieces), 8 * len(pieces) - 8)
    (packet,) = meter.fragments._packets.values()
    assert len(packet.parts) <= 64
    assert meter.fragments.incomplete == 1


def floods() -> dict[str, list[bytes]]:
    """Return floods of 2 000 frames, which take the dearest ways."""
    size = 2000
    return {
        "later ones": [piece(bytes(8), 80, True, UDP, number) for number in range(size)],
        "first ones": [cut(udp(bytes(800)), 400, identification=i)[0] for i in range(size)],
        "of one packet": [piece(bytes(8), 64 + 16 * i, True) for i in range(size)],
        "of one packet, backwards": [piece(bytes(8), 32768 - 16 * i, True) for i in range(size)],
        "tiny first ones": [piece(tcp()[:8], 0, True, TCP, number) for number in range(size)],
    }


@pytest.mark.parametrize("name", list(floods()))
def test_a_flood_costs_the_same_for_each_fragment_however_long_it_lasts(name: str) -> None:
    frames = floods()[name]
    meter = metered([])
    taken = []
    for turn in range(20):
        # Other packets each time, by their source; but one packet stays one.
        host = 0 if "of one" in name else turn
        records = [
            Record(START, frame[:29] + bytes((host,)) + frame[30:], len(frame)) for frame in frames
        ]
        begin = clock.perf_counter()
        feed(meter, records)
        taken.append(clock.perf_counter() - begin)
    # Quadratic, the last quarter would cost seven times the first.
    assert min(taken[-5:]) < 3 * max(min(taken[:5]), 0.002)
    uncounted(meter)


# --- any order ----------------------------------------------------------------------------------


@st.composite
def packets(draw: st.DrawFn) -> tuple[list[list[bytes]], list[tuple[int, int, int]]]:
    """Draw datagrams in fragments, and what each connection has sent."""
    frames, expected = [], []
    for number in range(draw(st.integers(1, 5))):
        datagram = udp(bytes(draw(st.integers(1, 4000))), 1000 + number)
        edges = draw(st.sets(st.integers(1, (len(datagram) - 1) // 8), max_size=5))
        version = draw(st.sampled_from([4, 6]))
        frames.append(
            cut(
                datagram,
                *(8 * edge for edge in sorted(edges)),
                identification=number,
                ends=ends_of(version),
                version=version,
            )
        )
        expected.append((len(frames[-1]), sum(map(len, frames[-1])), len(datagram) - 8))
    return frames, expected


@settings(max_examples=200, deadline=None)
@given(packets(), st.data())
def test_any_order_of_the_fragments_of_datagrams_gives_the_same_counters(
    drawn: tuple[list[list[bytes]], list[tuple[int, int, int]]], data: st.DataObject
) -> None:
    frames, expected = drawn
    order = data.draw(st.permutations([frame for packet in frames for frame in packet]))
    meter = metered(timed(order))
    found = sorted(connections(meter), key=lambda connection: connection.a_port)
    assert [sent(connection) for connection in found] == expected
    assert uncounted(meter) == {}
    assert meter.fragments.incomplete == 0
    assert meter.decoded == meter.frames
    for connection in found:
        times = [
            START + MS * at
            for at, frame in enumerate(order)
            if frame in frames[connection.a_port - 1000]
        ]
        assert connection.first_seen == times[0]
        assert connection.last_seen == times[-1]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_order_of_the_fragments_of_each_segment_gives_the_same_states(
    data: st.DataObject,
) -> None:
    """Segments one after the other; what is in disorder are the fragments of each."""
    whole = metered([])
    parts = metered([])
    time = START
    for number, frame in enumerate(conversation()):
        segment = frame[ETHERNET + V4_HEADER :]
        back = number in (1, 4, 6, 7)
        edges = data.draw(st.sets(st.integers(1, (len(segment) - 1) // 8), max_size=3))
        ends = (SERVER, CLIENT) if back else (CLIENT, SERVER)
        pieces = cut(
            segment,
            *(8 * edge for edge in sorted(edges)),
            protocol=TCP,
            identification=number,
            ends=ends,
        )
        time += 10 * MS
        feed(whole, timed([frame], start=time))
        feed(parts, timed(data.draw(st.permutations(pieces)), step=1000, start=time))
        one, other = only(whole), only(parts)
        assert states(one) == states(other)
        assert (one.a.snd_nxt, one.b.snd_nxt) == (other.a.snd_nxt, other.b.snd_nxt)
        assert (one.a.rcv_nxt, one.b.rcv_nxt) == (other.a.rcv_nxt, other.b.rcv_nxt)
        assert (one.a.payload, one.b.payload) == (other.a.payload, other.b.payload)
        assert one.notes == other.notes
    assert uncounted(parts) == {}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_fragments_at_all_are_counted_once(data: st.DataObject) -> None:
    """Whatever they claim, each frame is in a connection's counters or under a reason."""
    wild = st.builds(
        piece,
        st.one_of(
            st.sampled_from(
                [tcp()[:8], tcp(), udp(bytes(40)), tcp(bytes(9), SYN), b"", tcp(b"", 0)]
            ),
            st.binary(max_size=70),
        ),
        st.sampled_from([0, 0, 8, 16, 24, 32, 64, 65528]),
        st.booleans(),
        st.sampled_from([TCP, UDP, 1, AH, DESTINATION_OPTIONS, IPIP]),
        st.integers(0, 2),
        st.sampled_from([(CLIENT, SERVER)]),
    )
    octets = data.draw(st.lists(wild, max_size=40))
    step = data.draw(st.sampled_from([MS, NS_IN_S, 20 * NS_IN_S]))
    meter = metered(timed(octets, step=step))
    uncounted(meter)
    packets = sum(found.a.packets + found.b.packets for found in connections(meter))
    assert packets == meter.decoded
