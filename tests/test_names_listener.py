"""What is heard on the wire that tells names, and what it costs to hear the rest.

Hellos are Python's own, or put together by hand; messages of DNS are dnspython's.
"""

import struct

import pytest
from captures import Record
from dns_messages import address_of, reply, told
from hearing import ASKER, OTHER, RESOLVER, WEB, Heard, at, datagram, segment
from hellos import hello, names, record, records, spoken
from hypothesis import given, settings
from hypothesis import strategies as st
from packets import (
    ACK,
    SYN,
    TCP,
    UDP,
    authentication,
    ethernet,
    fragment,
    ipv4,
    ipv6,
    tcp,
    udp,
    vlan,
)

from tracker.names.openings import MOST_STREAMS

REQUEST = b"GET /a/long/path HTTP/1.1\r\nUser-Agent: x\r\nHost: www.example:8080\r\n\r\n"


def syn(seconds: float = 0, sequence: int = 99) -> Record:
    """Return the beginning of the connection that `segment` goes on with."""
    return at(seconds, segment(b"", flags=SYN, sequence=sequence))


def sent(pieces: list[tuple[int, bytes]]) -> list[Record]:
    """Return a connection with data at these offsets of the client's stream, in this order."""
    frames = [syn()]
    for number, (offset, data) in enumerate(pieces):
        frames.append(at(1 + number / 100, segment(data, sequence=100 + offset)))
    return frames


def cut(stream: bytes, *places: int) -> list[tuple[int, bytes]]:
    """Return a stream in pieces, with their offsets."""
    ends = [*places, len(stream)]
    return [(start, stream[start:end]) for start, end in zip([0, *places], ends, strict=True)]


# --- streams ------------------------------------------------------------------------------------


@pytest.mark.parametrize("port", [443, 8443, 25])
def test_a_hello_on_any_port(port: int) -> None:
    frames = [at(0, segment(spoken("www.example"), ports=(50000, port)))]
    name = Heard(frames).name(50000, WEB)
    assert name is not None
    assert (name.text, name.source, name.frame, name.until) == ("www.example", "tls", 1, 0)


@pytest.mark.parametrize("port", [1, 32767, 32768, 65535])
@pytest.mark.parametrize("server", ["10.0.0.7", WEB])
def test_a_client_at_either_side_of_the_pair_and_any_port(port: int, server: str) -> None:
    """The lower address is side a; a port may need all of its 16 bits."""
    frame = segment(spoken("www.example"), ports=(port, 443), destination=server)
    assert Heard([at(0, frame)]).text(port, server) == "www.example"


@pytest.mark.parametrize(
    "method", [b"GET", b"POST", b"PUT", b"PATCH", b"HEAD", b"DELETE", b"OPTIONS"]
)
def test_a_request(method: bytes) -> None:
    request = method + REQUEST.removeprefix(b"GET")
    name = Heard(sent([(0, request)])).name(50000, WEB)
    assert name is not None
    assert (name.text, name.source) == ("www.example", "http")


def test_a_hello_in_two_segments_cut_anywhere() -> None:
    stream = spoken("www.example")
    for place in range(1, len(stream)):
        assert Heard(sent(cut(stream, place))).text(50000, WEB) == "www.example", place


def test_a_request_in_two_segments_cut_anywhere_behind_the_method() -> None:
    for place in range(4, len(REQUEST)):
        assert Heard(sent(cut(REQUEST, place))).text(50000, WEB) == "www.example", place


def test_many_segments_repeated_and_out_of_order() -> None:
    stream = records(hello(names((0, b"www.example")) + b"\0\x15\x08\0" + bytes(2048)), [7])
    first, *rest = cut(stream, *range(100, len(stream), 100))
    mixed = [first, first, *reversed(rest), *rest]
    assert Heard(sent(mixed)).text(50000, WEB) == "www.example"


def test_segments_that_overlap() -> None:
    stream = spoken("www.example")
    pieces = [(0, stream[:40]), (20, stream[20:90]), (60, stream[60:])]
    assert Heard(sent(pieces)).text(50000, WEB) == "www.example"


def test_sequence_numbers_that_wrap() -> None:
    """RFC 9293 section 3.4: modulo 2**32."""
    stream = spoken("www.example")
    frames = [syn(0, 2**32 - 51)]
    frames.append(at(1, segment(stream[:70], sequence=2**32 - 50)))
    frames.append(at(2, segment(stream[70:], sequence=20)))
    assert Heard(frames).text(50000, WEB) == "www.example"


def test_what_the_server_says_names_nobody() -> None:
    """A ServerHello has another type (RFC 8446 section 4), and its port is no client's."""
    answer = record(hello(None, kind=2))
    back = segment(answer, ports=(443, 50000), source=WEB, destination=ASKER)
    whole = Heard([syn(), at(1, back)])
    assert whole.name(50000, WEB) is None
    assert whole.name(50000, ASKER) is None


def test_a_hello_cut_by_the_snap_length_tells_its_name_if_it_is_there() -> None:
    stream = spoken("www.example")
    whole = segment(stream)
    there = whole.index(b"www.example") + len("www.example")
    assert Heard([at(0, whole, snap=there)]).text(50000, WEB) == "www.example"
    short = Heard([at(0, whole, snap=there - 1)])
    assert short.name(50000, WEB) is None
    assert short.listener.openings.given_up == 1


def test_inside_a_tunnel() -> None:
    """VXLAN (RFC 7348) and GRE (RFC 2784) around Ethernet and IP."""
    frame = segment(spoken("www.example"))
    vxlan = struct.pack("!II", 8 << 24, 5 << 8) + frame
    gre = struct.pack("!HH", 0, 0x0800) + frame[14:]
    for inside in (udp(vxlan, 40000, 4789), gre):
        protocol = UDP if inside[-len(vxlan) :] == vxlan else 47
        outer = ethernet(ipv4(inside, protocol, "10.0.0.1", "10.0.0.2"))
        assert Heard([at(0, outer)]).text(50000, WEB) == "www.example"
    vlan_frame = ethernet(vlan(frame[14:], 7), 0x8100)
    assert Heard([at(0, vlan_frame)]).text(50000, WEB) == "www.example"


def test_half_hellos_are_bounded_and_counted() -> None:
    """The oldest gives way; what it was is told."""
    half = spoken("www.example")[:60]
    frames = [
        at(number / 1000, segment(half, ports=(1024 + number, 443)))
        for number in range(3 * MOST_STREAMS)
    ]
    whole = Heard(frames)
    assert whole.listener.openings.count == MOST_STREAMS
    assert whole.listener.openings.given_up == 2 * MOST_STREAMS


def test_a_stream_that_does_not_go_on_is_given_up() -> None:
    """Or all other data would cost the look for it, for ever."""
    frames = [
        at(0, segment(spoken("www.example")[:60])),
        at(29, segment(b"\xff" * 9, ports=(50001, 443))),
        at(31, segment(b"\xff" * 9, ports=(50001, 443))),
    ]
    assert Heard(frames[:2]).listener.openings.count == 1
    whole = Heard(frames)
    assert (whole.listener.openings.count, whole.listener.openings.given_up) == (0, 1)


def test_a_stream_that_never_comes_to_its_name_is_given_up() -> None:
    head = b"GET / HTTP/1.1\r\n" + b"X: " + b"x" * 1000
    frames = sent([(0, head)] + [(len(head) + 1000 * n, b"x" * 1000) for n in range(100)])
    assert Heard(frames).listener.openings.count == 0


def test_data_that_is_no_beginning_is_not_kept() -> None:
    starts = [b"\x16\xff", b"\x16\x03\x01\0\5\2", b"\x17\x03\x03", b"GETX", b"HTTP", b"\0", b"PRI"]
    for start in starts:
        whole = Heard([at(0, segment(start + bytes(50)))])
        assert (whole.listener.openings.count, whole.listener.clues.count) == (0, 0), start


def test_so_many_octets_a_second_and_no_more() -> None:
    """What is more is counted: 16 million, each message as if it had 400 more."""
    stream = spoken("www.example")
    messages = 16_000_000 // (len(stream) + 400) + 1
    frames = [
        at(number / 10**6, segment(stream, ports=(1024 + number % 60000, 443 + number // 60000)))
        for number in range(messages + 500)
    ]
    whole = Heard(frames, memory=1 << 26)
    assert whole.listener.unheard == 500
    assert whole.listener.clues.count == messages


def test_a_stream_is_not_looked_at_again_until_there_is_enough() -> None:
    """A hello in records of one octet takes long to read: not anew with each segment."""
    hello = b"\1\0\xff\x80\3\3" + bytes(33) + b"\xfe\0" + bytes(10_000)
    stream = b"".join(b"\x16\3\1\0\1" + bytes([octet]) for octet in hello)
    parts = [(at_, stream[at_ : at_ + 100]) for at_ in range(0, len(stream), 100)]
    whole = Heard([at(0, segment(part, sequence=100 + at_)) for at_, part in parts])
    assert whole.listener.openings.count == 1
    assert whole.listener.openings.parsed < 2 * len(stream)


# --- DNS ----------------------------------------------------------------------------------------


def framed(*messages: bytes) -> bytes:
    """Return messages as TCP carries them (RFC 1035 section 4.2.2)."""
    return b"".join(len(message).to_bytes(2) + message for message in messages)


def over_tcp(pieces: list[tuple[int, bytes]]) -> Heard:
    """Return what is heard of a resolver's stream, and of a connection that follows."""
    frames = [
        at(
            number / 10,
            segment(data, 100 + offset, ports=(53, 40000), source=RESOLVER, destination=ASKER),
        )
        for number, (offset, data) in enumerate(pieces)
    ]
    return Heard([*frames, syn(60)])


def test_dns_over_tcp_cut_anywhere() -> None:
    other = address_of("other.example", OTHER)
    stream = framed(other, address_of("www.example", WEB))
    for place in range(1, len(stream)):
        name = over_tcp(cut(stream, place)).name(50000, WEB)
        assert name is not None, place
        assert (name.text, name.source, name.asker) == ("www.example", "dns", ASKER)


def test_dns_over_tcp_one_octet_at_a_time() -> None:
    stream = framed(address_of("www.example", WEB))
    assert over_tcp(cut(stream, *range(1, len(stream)))).text(50000, WEB) == "www.example"


def test_queries_are_not_kept() -> None:
    query = bytearray(address_of("www.example", WEB))
    query[2] &= 0x7F
    whole = Heard([at(0, datagram(bytes(query)))])
    assert whole.listener.clues.count == 0


def test_a_datagram_cut_by_the_snap_length() -> None:
    answer = reply("www.example", ("www.example", 9, "A", WEB), ("www.example", 9, "A", OTHER))
    frame = datagram(answer)
    assert Heard([at(0, frame, snap=len(frame) - 1), syn(1)]).text(50000, WEB) == "www.example"


def test_what_is_behind_the_datagram_is_not_read() -> None:
    """Ethernet fills short frames up (IEEE 802.3 section 3.2.8)."""
    message = address_of("www.example", WEB)
    padding = bytes(64)
    assert Heard([at(0, datagram(message) + padding), syn(1)]).text(50000, WEB) == "www.example"
    octets = ethernet(ipv4(udp(message[:-16], 53, 40000, length=8 + len(message) - 16), UDP))
    assert Heard([at(0, octets + message[-16:])]).listener.clues.count == 0


def test_fragments_are_not_heard() -> None:
    """A first fragment has the ports, but not all of the message."""
    message = udp(address_of("www.example", WEB), 53, 40000)
    first = ethernet(ipv4(message[:32], UDP, more_fragments=True, identification=7))
    rest = ethernet(ipv4(message[32:], UDP, offset=4, identification=7))
    assert Heard([at(0, first), at(0, rest)]).listener.clues.count == 0


def test_over_ipv6_behind_an_extension_header() -> None:
    answer = udp(address_of("www.example", "2001:db8::7"), 53, 40000)
    packet = ipv6(authentication(UDP) + answer, 51, "fd00::53", "fd00::5")
    begin = ipv6(tcp(b"", SYN, 50000, 443), TCP, "fd00::5", "2001:db8::7")
    whole = Heard([at(0, ethernet(packet, 0x86DD)), at(1, ethernet(begin, 0x86DD))])
    name = whole.name(50000, "2001:db8::7")
    assert name is not None
    assert (name.text, name.asker) == ("www.example", "fd00::5")
    atomic = ipv6(fragment(UDP, 0, False) + answer, 44, "fd00::53", "fd00::5")
    assert Heard([at(0, ethernet(atomic, 0x86DD))]).listener.clues.count <= 1


# --- QUIC ---------------------------------------------------------------------------------------


def initial(first: int = 0xC0, version: int = 1, length: int = 1200) -> bytes:
    """Return a datagram that begins as an Initial packet does (RFC 9000 section 17.2.2)."""
    return (bytes([first]) + version.to_bytes(4) + b"\x08").ljust(length, b"\1")


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        (initial(), 1),
        (initial(0xCF), 1),
        (initial(0xD0, 0x6B3343CF), 1),  # version 2 (RFC 9369 section 3.2)
        (initial(0xC0, 0xFF00001D), 1),  # draft 29
        (initial(0xD0), 0),  # 0-RTT
        (initial(0xE0), 0),  # Handshake
        (initial(0xC0, 0x6B3343CF), 0),  # Retry of version 2
        (initial(0x40), 0),  # short header
        (initial(0xC0, 0x1A2A3A4A), 0),  # a version that nobody knows
        (initial(length=1199), 0),  # clients fill them up (section 14.1)
        (b"\xc0", 0),
    ],
)
def test_only_initial_packets_of_quic_are_kept(message: bytes, kept: int) -> None:
    frame = datagram(message, 50000, ASKER, WEB, 4433)
    assert Heard([at(0, frame)]).listener.initials.count == kept
    assert Heard([at(0, frame, snap=len(frame) - 1)]).listener.initials.count == 0


# --- any octets ---------------------------------------------------------------------------------

PORTS = st.sampled_from([53, 67, 68, 80, 137, 138, 443, 546, 547, 5353, 5355, 50000])
DATA = st.one_of(
    st.binary(max_size=80),
    st.sampled_from([spoken("a.example"), REQUEST, address_of("a.example", WEB), initial()]),
    st.binary(max_size=30).map(b"\x16\x03\x01\0\x20\1\0\0".__add__),
    st.binary(max_size=30).map(b"GET ".__add__),
    st.binary(max_size=60).map(b"\0\0\x81\x80\0\1\0\2\0\0\0\0".__add__),
)


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.booleans(), PORTS, PORTS, DATA, st.integers(100, 300), st.integers(0, 99)),
        max_size=8,
    )
)
def test_any_data_on_any_port(
    sends: list[tuple[bool, int, int, bytes, int, int]],
) -> None:
    """No exception, no lasting stream of what is no name's, and every host can be asked for."""
    frames = []
    for number, (is_tcp, source, destination, data, sequence, missing) in enumerate(sends):
        if is_tcp:
            octets = segment(data, sequence, ports=(source, destination))
        else:
            octets = datagram(data, source, WEB, ASKER, destination)
        frames.append(at(number, octets, snap=max(len(octets) - max(missing - 60, 0), 0)))
    whole = Heard(frames)
    for connection in whole.meter.table.connections():
        whole.hosts.of(connection, 0)
        whole.hosts.of(connection, 1)


def test_a_flood_stays_within_its_memory() -> None:
    """Five thousand names; what has no room is counted."""
    frames = [
        at(number / 1000, datagram(address_of(f"host{number}.example", WEB), to=number % 60000))
        for number in range(5000)
    ]
    whole = Heard(frames, memory=1 << 18)
    clues = whole.listener.clues
    assert clues.count + clues.forgotten == 5000
    assert clues.forgotten > 0
    assert clues.count * 100 < 1 << 18


def test_who_names_itself() -> None:
    """mDNS, sent to its group, and LLMNR, to the one who asked."""
    group = datagram(told(WEB, "self.local"), 5353, WEB, "224.0.0.251", 5353, group=True)
    assert Heard([at(0, group), syn(1)]).text(50000, WEB) == "self.local"
    answer = datagram(address_of("self", WEB), 5355, WEB, ASKER)
    name = Heard([at(0, answer), syn(1)]).name(50000, WEB)
    assert name is not None
    assert (name.text, name.source, name.asker) == ("self", "llmnr", ASKER)


def test_what_is_no_dns_at_its_port_is_let_go_at_once() -> None:
    """A length below that of a header (RFC 1035 section 4.1.1); a real message is heard after."""
    ports = (53, 40000)

    def said(seconds: float, octets: bytes, sequence: int) -> Record:
        return at(seconds, segment(octets, sequence, ACK, ports, RESOLVER, ASKER))

    message = address_of("www.example", WEB)
    whole = Heard(
        [
            said(0, bytes(1400), 100),
            said(0.1, b"\0\x0b" + bytes(600), 1500),
            said(0.2, len(message).to_bytes(2) + message + b"\0\x01", 2102),
            syn(1),
        ]
    )
    assert whole.listener.openings.count == 0
    assert whole.text(50000, WEB) == "www.example"
