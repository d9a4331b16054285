"""ICMP (RFC 792) and ICMPv6 (RFC 4443) errors, and the connections that they quote.

Which error ends which state is what Linux does (net/ipv4/tcp_ipv4.c, tcp_v4_err and tcp_req_err;
net/ipv6/tcp_ipv6.c and icmp.c); RFC 1122 section 4.2.3.9 and RFC 5461 say what hosts may do.
"""

import struct

import pytest
from captures import NS_IN_S, START, Row, pcap, read, timed
from hypothesis import given
from hypothesis import strategies as st
from metering import connections, feed, metered, only, uncounted
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
from tracker.meter import Meter
from tracker.tcp_state import Event, State
from tracker.words import (
    NOTE_ERROR_IGNORED,
    NOTE_FRAGMENTATION_NEEDED,
    NOTE_PARAMETER_PROBLEM,
    NOTE_PROHIBITED,
    NOTE_REFUSED,
    NOTE_TIME_EXCEEDED,
    NOTE_UNREACHABLE,
)

ICMP, ICMP_V6 = 1, 58
ROUTER, ROUTER6 = "192.168.1.1", "fd00::1"
AH, FRAGMENT, HOP_BY_HOP = 51, 44, 0

OK = "other: ICMP error about TCP or UDP"


def icmp(kind: int, code: int, quote: bytes, to: str = CLIENT) -> bytes:
    """Return the frame of an ICMP message (RFC 792): type, code, checksum, four octets, quote."""
    return ethernet(ipv4(struct.pack("!BBHI", kind, code, 0, 0) + quote, ICMP, ROUTER, to))


def icmp6(kind: int, code: int, quote: bytes, to: str = CLIENT6) -> bytes:
    """Return the frame of an ICMPv6 message (RFC 4443 section 2.1)."""
    message = struct.pack("!BBHI", kind, code, 0, 0) + quote
    return ethernet(ipv6(message, ICMP_V6, ROUTER6, to), IPV6)


class Host:
    """Segments between client and server, and errors about them, of one version of IP."""

    def __init__(self, version: int, meter: Meter | None = None) -> None:
        self.version = version
        self.meter = metered([]) if meter is None else meter
        self.time = START

    def packet(
        self, flags: int, sequence: int, acknowledgment: int = 0, *, back: bool = False
    ) -> bytes:
        """Return an IP packet with a segment from the client, or `back`."""
        ports = (80, 1099) if back else (1099, 80)
        segment = tcp(b"", flags, *ports, sequence=sequence, acknowledgment=acknowledgment)
        ends = (CLIENT, SERVER) if self.version == 4 else (CLIENT6, SERVER6)
        ends = ends[::-1] if back else ends
        return ipv4(segment, TCP, *ends) if self.version == 4 else ipv6(segment, TCP, *ends)

    def feed(self, frame: bytes, after: float = 0.01) -> "Host":
        """Let a frame be seen."""
        self.time += round(after * NS_IN_S)
        feed(self.meter, timed([frame], start=self.time))
        return self

    def segment(self, *fields: int, back: bool = False, after: float = 0.01) -> "Host":
        """Let a segment be seen."""
        ethertype = IPV4 if self.version == 4 else IPV6
        return self.feed(ethernet(self.packet(*fields, back=back), ethertype), after)

    def error(self, kind: int, code: int, quote: bytes) -> "Host":
        """Let an error be seen that quotes an IP header and eight octets, as RFC 792 has it."""
        if self.version == 4:
            return self.feed(icmp(kind, code, quote[:28]))
        return self.feed(icmp6(kind, code, quote))

    @property
    def last(self) -> Connection:
        """The newest generation."""
        return connections(self.meter)[-1]

    @property
    def states(self) -> tuple[State, State]:
        """The states of client and server."""
        return State(self.last.a.state), State(self.last.b.state)


def syn_sent(version: int) -> Host:
    """A SYN was sent, with the number 99."""
    return Host(version).segment(SYN, 99)


def syn_received(version: int) -> Host:
    """The server has answered, with the number 299."""
    return syn_sent(version).segment(SYN | ACK, 299, 100, back=True)


def established(version: int) -> Host:
    """The handshake is complete."""
    return syn_received(version).segment(ACK, 100, 300)


# --- which errors end which states (docs/icmp-and-kernels.md) ------------------------------------

V4 = [(3, code) for code in range(18)] + [(3, 255), (11, 0), (11, 1), (12, 0), (12, 1), (12, 2)]
V6 = [(1, code) for code in range(9)] + [(2, 0), (3, 0), (3, 1), (4, 0), (4, 1), (4, 2)]
ALL = [(4, *error) for error in V4] + [(6, *error) for error in V6]
each_error = pytest.mark.parametrize(("version", "kind", "code"), ALL)


def ends_syn_sent(version: int, kind: int, code: int) -> bool:
    """Say what `tcp_v4_err` and `tcp_v6_err` do, behind `icmp_unreach`."""
    if version == 6:
        return kind != 2
    return (kind, code) != (11, 1) and (kind != 3 or (code != 4 and code <= 15))


def ends_syn_received(version: int, kind: int, code: int) -> bool:
    """Say for which errors they call `tcp_req_err` with `abort`."""
    if version == 6:
        return (kind == 1 and code not in (0, 2, 3)) or kind == 4
    return (kind == 3 and code in (0, 1)) or (kind, code) == (11, 0) or kind == 12


@each_error
def test_syn_sent(version: int, kind: int, code: int) -> None:
    host = syn_sent(version)
    host.error(kind, code, host.packet(SYN, 99))
    ends = ends_syn_sent(version, kind, code)
    assert host.states[0] == (State.CLOSED if ends else State.SYN_SENT)
    assert host.last.a.evidence_event == (Event.UNREACHABLE if ends else Event.SND_SYN)
    assert host.last.a.evidence_frame == (2 if ends else 1)
    assert uncounted(host.meter) == {OK: 1}


@each_error
def test_syn_received(version: int, kind: int, code: int) -> None:
    host = syn_received(version)
    host.error(kind, code, host.packet(SYN | ACK, 299, 100, back=True))
    ends = ends_syn_received(version, kind, code)
    # The SYN,ACK has not arrived (rule 0): the client still waits for it.
    assert host.states == (State.SYN_SENT, State.CLOSED if ends else State.SYN_RECEIVED)


@each_error
def test_syn_received_of_a_simultaneous_open(version: int, kind: int, code: int) -> None:
    """RFC 9293 figure 7: a program waits at either end, and is told as in SYN_SENT."""
    host = syn_sent(version).segment(SYN, 299, back=True)
    assert host.states == (State.SYN_RECEIVED, State.SYN_RECEIVED)
    host.error(kind, code, host.packet(SYN, 99))
    assert host.states[0] == (
        State.CLOSED if ends_syn_sent(version, kind, code) else State.SYN_RECEIVED
    )


@each_error
@pytest.mark.parametrize("closing", [0, 1, 2, 3, 4])
def test_rfc5927_5_2_whoever_was_open_stays(
    version: int, kind: int, code: int, closing: int
) -> None:
    """In ESTABLISHED, FIN_WAIT_1 and CLOSE_WAIT, FIN_WAIT_2, LAST_ACK, TIME_WAIT."""
    host = established(version)
    steps = [
        (FIN | ACK, 100, 300, False),
        (ACK, 300, 101, True),
        (FIN | ACK, 300, 101, True),
        (ACK, 101, 301, False),
    ]
    for flags, sequence, acknowledgment, back in steps[:closing]:
        host.segment(flags, sequence, acknowledgment, back=back)
    before = host.states
    number = 100 + (closing > 1)
    host.error(kind, code, host.packet(ACK, number, 300))
    host.error(kind, code, host.packet(ACK, 300 + (closing > 3), 101, back=True))
    assert host.states == before
    assert not host.last.notes & NOTE_ERROR_IGNORED


@pytest.mark.parametrize(
    ("version", "kind", "code", "note"),
    [
        (4, 3, 0, NOTE_UNREACHABLE),
        (4, 3, 1, NOTE_UNREACHABLE),
        (4, 3, 2, NOTE_REFUSED),
        (4, 3, 3, NOTE_REFUSED),
        (4, 3, 4, NOTE_FRAGMENTATION_NEEDED),
        (4, 3, 5, NOTE_UNREACHABLE),
        (4, 3, 9, NOTE_PROHIBITED),
        (4, 3, 10, NOTE_PROHIBITED),
        (4, 3, 13, NOTE_PROHIBITED),
        (4, 11, 0, NOTE_TIME_EXCEEDED),
        (4, 12, 0, NOTE_PARAMETER_PROBLEM),
        (6, 1, 0, NOTE_UNREACHABLE),
        (6, 1, 1, NOTE_PROHIBITED),
        (6, 1, 3, NOTE_UNREACHABLE),
        (6, 1, 4, NOTE_REFUSED),
        (6, 1, 5, NOTE_PROHIBITED),
        (6, 1, 6, NOTE_PROHIBITED),
        (6, 2, 0, NOTE_FRAGMENTATION_NEEDED),
        (6, 3, 0, NOTE_TIME_EXCEEDED),
        (6, 4, 1, NOTE_PARAMETER_PROBLEM),
    ],
)
def test_what_an_error_means(version: int, kind: int, code: int, note: int) -> None:
    for host in (syn_sent(version), established(version)):
        host.error(kind, code, host.packet(SYN, 99 + (host.states[0] == State.ESTABLISHED)))
        assert host.last.notes == note


# --- numbers (RFC 5927 section 4.1) ---------------------------------------------------------------


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(
    ("number", "believed"),
    [(99, True), (100, True), (98, False), (101, False), (10**6, False), (99 - 10**6, False)],
)
def test_in_syn_sent_from_snd_una_to_snd_nxt(version: int, number: int, believed: bool) -> None:
    host = syn_sent(version)
    host.error(*((3, 1) if version == 4 else (1, 3)), host.packet(SYN, number % 2**32))
    assert host.states[0] == (State.CLOSED if believed else State.SYN_SENT)
    assert host.last.notes == (NOTE_UNREACHABLE if believed else NOTE_ERROR_IGNORED)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(
    ("number", "believed"), [(299, True), (300, False), (298, False), (299 + 10**6, False)]
)
def test_in_syn_received_just_its_own(version: int, number: int, believed: bool) -> None:
    host = syn_received(version)
    error = (3, 1) if version == 4 else (1, 1)
    host.error(*error, host.packet(SYN | ACK, number, 100, back=True))
    assert host.states[1] == (State.CLOSED if believed else State.SYN_RECEIVED)
    assert host.states[0] == (State.SYN_SENT if believed else State.ESTABLISHED)
    assert bool(host.last.notes & NOTE_ERROR_IGNORED) is not believed


@pytest.mark.parametrize(
    ("number", "believed"),
    [(100, True), (800, True), (1500, True), (99, False), (1501, False), (10**6, False)],
)
def test_in_established_from_snd_una_to_snd_nxt(number: int, believed: bool) -> None:
    host = established(4)
    data = tcp(bytes(1400), PSH | ACK, sequence=100, acknowledgment=300)
    host.feed(ethernet(ipv4(data)))
    host.error(3, 4, host.packet(ACK, number, 300))
    assert host.last.notes == (NOTE_FRAGMENTATION_NEEDED if believed else NOTE_ERROR_IGNORED)
    host.segment(ACK, 300, 1500, back=True)
    host.error(3, 1, host.packet(ACK, 1499, 300))
    assert host.last.notes & NOTE_ERROR_IGNORED


def test_numbers_wrap() -> None:
    host = Host(4).segment(SYN, 2**32 - 1)
    host.error(3, 1, host.packet(SYN, 0))
    assert host.states[0] == State.CLOSED


def test_rfc7413_data_on_a_syn_is_on_its_way_too() -> None:
    host = Host(4).feed(ethernet(ipv4(tcp(bytes(10), SYN, sequence=99, acknowledgment=0))))
    host.error(3, 1, host.packet(SYN, 110))
    assert host.states[0] == State.CLOSED


# --- and then -----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [4, 6])
def test_a_repeated_syn_takes_the_error_back(version: int) -> None:
    """Not every stack gives up (RFC 1122 section 4.2.3.9: a soft error must not abort)."""
    host = syn_sent(version)
    host.error(*((3, 1) if version == 4 else (1, 3)), host.packet(SYN, 99))
    host.segment(SYN, 99, after=1)
    assert host.states[0] == State.SYN_SENT
    assert host.last.a.evidence_event == Event.END_DISPROVED
    host.segment(SYN | ACK, 299, 100, back=True).segment(ACK, 100, 300)
    assert host.states == (State.ESTABLISHED, State.ESTABLISHED)
    assert (host.last.generation, host.last.notes) == (1, NOTE_UNREACHABLE)


def test_an_ack_takes_the_error_back() -> None:
    host = syn_sent(4)
    host.error(3, 1, host.packet(SYN, 99))
    host.segment(SYN | ACK, 299, 100, back=True).segment(ACK, 100, 300)
    assert host.states == (State.ESTABLISHED, State.ESTABLISHED)


def test_a_syn_ack_that_comes_too_late_meets_a_rst() -> None:
    """The SYN has arrived in spite of the error; its sender knows nothing of it any more."""
    host = syn_sent(4)
    host.error(3, 1, host.packet(SYN, 99)).segment(SYN | ACK, 299, 100, back=True)
    assert host.states == (State.CLOSED, State.SYN_RECEIVED)
    host.segment(RST, 100)
    assert host.states == (State.CLOSED, State.CLOSED)


def test_a_new_number_is_a_new_generation() -> None:
    host = syn_sent(4)
    host.error(3, 1, host.packet(SYN, 99)).segment(SYN, 5000)
    assert [found.generation for found in connections(host.meter)] == [1, 2]
    assert host.states[:1] == (State.SYN_SENT,)
    # An error about the old one has a number that is not on its way.
    host.error(3, 1, host.packet(SYN, 99))
    assert host.states[:1] == (State.SYN_SENT,)
    host.error(3, 1, host.packet(SYN, 5000))
    assert host.states[:1] == (State.CLOSED,)


def test_who_is_left_behind_in_the_generation_before() -> None:
    """An error about the old server's FIN is not about the new SYN's answer."""
    host = established(4).segment(FIN | ACK, 100, 300).segment(ACK, 300, 101, back=True)
    host.segment(FIN | ACK, 300, 101, back=True).segment(SYN, 90000, after=1)
    old, new = connections(host.meter)
    host.error(3, 1, host.packet(FIN | ACK, 300, 101, back=True))
    assert (old.notes, new.notes) == (NOTE_UNREACHABLE, 0)
    assert (State(old.b.state), State(new.a.state)) == (State.LAST_ACK, State.SYN_SENT)


def test_a_listener_that_forgot_answers_a_repeated_syn_anew() -> None:
    host = syn_received(4)
    host.error(3, 1, host.packet(SYN | ACK, 299, 100, back=True))
    host.segment(SYN, 99, after=1).segment(SYN | ACK, 7000, 100, back=True)
    assert host.states == (State.ESTABLISHED, State.SYN_RECEIVED)
    host.segment(ACK, 100, 7001)
    assert host.states == (State.ESTABLISHED, State.ESTABLISHED)
    rows = [found for found in connections(host.meter) if found.sides_present(host.time, 0, 0)]
    assert [found.generation for found in rows] == [host.last.generation]


def test_a_client_whose_answers_never_arrive_gives_up_in_the_end() -> None:
    host = syn_received(4)
    host.error(3, 1, host.packet(SYN | ACK, 299, 100, back=True))
    host.meter.table.expire(host.time + 3600 * NS_IN_S)
    assert host.states == (State.CLOSED, State.CLOSED)


@pytest.mark.parametrize("version", [4, 6])
def test_about_something_unseen(version: int) -> None:
    host = Host(version)
    host.error(*((3, 3) if version == 4 else (1, 4)), host.packet(SYN, 99))
    assert connections(host.meter) == []
    assert uncounted(host.meter) == {OK: 1}


def test_about_what_the_other_one_was_never_seen_to_send() -> None:
    host = syn_sent(4)
    host.error(3, 1, host.packet(SYN | ACK, 299, 100, back=True))
    assert host.states == (State.SYN_SENT, State.SYN_RECEIVED)
    assert not host.last.notes


def test_an_error_is_no_packet_of_the_connection() -> None:
    host = syn_sent(4)
    seen = host.last.last_seen
    host.error(3, 1, host.packet(SYN, 99))
    assert (host.last.a.packets, host.last.b.packets, host.last.last_seen) == (1, 0, seen)


# --- quotes -------------------------------------------------------------------------------------


def closes(host: Host, frame: bytes) -> bool:
    """Feed a frame and return whether the client's SYN_SENT ends."""
    host.feed(frame)
    (reason,) = uncounted(host.meter)
    closed = host.states[0] == State.CLOSED
    assert (reason == OK) == closed
    return closed


@pytest.mark.parametrize("length", range(41))
def test_a_quote_cut_anywhere(length: int) -> None:
    """RFC 792: the IP header and eight octets; with less, nobody knows."""
    host = syn_sent(4)
    assert closes(host, icmp(3, 1, host.packet(SYN, 99)[:length])) == (length >= 28)


@pytest.mark.parametrize("length", range(61))
def test_a_quote_in_icmpv6_cut_anywhere(length: int) -> None:
    host = syn_sent(6)
    assert closes(host, icmp6(1, 3, host.packet(SYN, 99)[:length])) == (length >= 48)


@pytest.mark.parametrize("length", range(28))
def test_what_stands_behind_the_packet_is_no_quote(length: int) -> None:
    """Padding, or a check sequence that was captured: the link's, and anybody's."""
    host = syn_sent(4)
    quote = host.packet(SYN, 99)
    frame = icmp(3, 1, quote[:length])
    assert not closes(host, frame + quote[length:])


@pytest.mark.parametrize("cut", range(90))
def test_a_capture_cut_anywhere(cut: int) -> None:
    host = syn_sent(4)
    frame = icmp(3, 1, host.packet(SYN, 99))
    host.time += NS_IN_S
    record = timed([frame], start=host.time)[0]._replace(octets=frame[:cut])
    feed(host.meter, [record])
    whole = cut >= 14 + 20 + 8 + 28
    assert host.states[0] == (State.CLOSED if whole else State.SYN_SENT)
    layer = "Ethernet" if cut < 14 else "IPv4" if cut < 34 else "ICMP"
    (reason,) = uncounted(host.meter)
    assert reason == OK if whole else reason.startswith(f"truncated: {layer} ")


def test_a_quote_with_ip_options() -> None:
    host = syn_sent(4)
    segment = tcp(b"", SYN, sequence=99)
    assert closes(host, icmp(3, 1, ipv4(segment, options=b"\x01" * 40)[:68]))


@pytest.mark.parametrize("words", [0, 4])
def test_a_quote_with_an_impossible_header(words: int) -> None:
    host = syn_sent(4)
    assert not closes(host, icmp(3, 1, ipv4(tcp(b"", SYN, sequence=99), header_length=words)))


@pytest.mark.parametrize("version", [0, 5, 6])
def test_a_quote_of_another_version(version: int) -> None:
    host = syn_sent(4)
    assert not closes(host, icmp(3, 1, ipv4(tcp(b"", SYN, sequence=99), version=version)))


def test_rfc4302_a_quote_with_an_authentication_header() -> None:
    host = syn_sent(4)
    segment = tcp(b"", SYN, sequence=99)
    assert closes(host, icmp(3, 1, ipv4(authentication(TCP) + segment, AH)))
    host = syn_sent(6)
    assert closes(host, icmp6(1, 3, ipv6(authentication(TCP) + segment, AH)))


def test_rfc8200_4_a_quote_with_extension_headers() -> None:
    host = syn_sent(6)
    chain = extension(43, 16) + extension(60, 24) + extension(FRAGMENT, 8) + fragment(TCP)
    quote = ipv6(chain + tcp(b"", SYN, sequence=99), HOP_BY_HOP)
    assert closes(host, icmp6(1, 3, quote))


@pytest.mark.parametrize("length", range(40, 40 + 8 + 24 + 8))
def test_a_chain_of_headers_cut_anywhere(length: int) -> None:
    host = syn_sent(6)
    quote = ipv6(extension(60, 8) + extension(TCP, 24) + tcp(b"", SYN, sequence=99), HOP_BY_HOP)
    assert not closes(host, icmp6(1, 3, quote[:length]))


def test_a_quote_of_a_first_fragment_has_the_ports() -> None:
    segment = tcp(bytes(8), SYN, sequence=99)
    host = syn_sent(4)
    assert closes(host, icmp(3, 1, ipv4(segment, more_fragments=True)))
    host = syn_sent(6)
    assert closes(host, icmp6(1, 3, ipv6(fragment(TCP, 0, True) + segment, FRAGMENT)))


def test_a_quote_of_a_later_fragment_has_none() -> None:
    """What stands there is data, whatever it looks like."""
    segment = tcp(bytes(8), SYN, sequence=99)
    host = syn_sent(4)
    assert not closes(host, icmp(3, 1, ipv4(segment, offset=1)))
    host = syn_sent(6)
    assert not closes(host, icmp6(1, 3, ipv6(fragment(TCP, 1, True) + segment, FRAGMENT)))


@pytest.mark.parametrize("kind", [0, 4, 5, 8, 9, 13, 30, 255])
def test_other_messages_are_no_errors(kind: int) -> None:
    """RFC 6633: source quench is ignored; a redirect is about the way, not the connection."""
    host = syn_sent(4)
    assert not closes(host, icmp(kind, 0, host.packet(SYN, 99)))


@pytest.mark.parametrize("kind", [0, 5, 100, 127, 128, 129, 135, 137])
def test_other_messages_of_icmpv6_are_no_errors(kind: int) -> None:
    host = syn_sent(6)
    assert not closes(host, icmp6(kind, 0, host.packet(SYN, 99)))


def test_icmp_belongs_to_its_version_of_ip() -> None:
    message = struct.pack("!BBHI", 1, 3, 0, 0) + Host(6).packet(SYN, 99)
    host = syn_sent(6)
    host.feed(ethernet(ipv4(message, ICMP_V6, ROUTER, CLIENT)))
    message = struct.pack("!BBHI", 3, 1, 0, 0) + Host(4).packet(SYN, 99)
    host.feed(ethernet(ipv6(message, ICMP, ROUTER6, CLIENT6), IPV6))
    assert host.states[0] == State.SYN_SENT
    assert uncounted(host.meter) == {"other: ICMPv6": 1, "other: ICMP": 1}


def test_an_error_in_a_tunnel() -> None:
    host = syn_sent(4)
    inner = icmp(3, 1, host.packet(SYN, 99))[14:]
    host.feed(ethernet(ipv4(inner, 4, "10.0.0.1", "10.0.0.2")))
    assert host.states[0] == State.CLOSED


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=80))
def test_any_error_with_anything_in_it(kind: int, code: int, quote: bytes) -> None:
    host = syn_sent(4)
    host.feed(icmp(kind, code, quote))
    host.feed(icmp6(kind, code, quote))
    host.feed(icmp(kind, code, host.packet(SYN, 99)[:20] + quote))
    assert host.meter.decoded == 1
    uncounted(host.meter)


# --- datagrams ----------------------------------------------------------------------------------


def asked(replied: bool = False) -> Host:
    """A datagram was sent, and `replied` to."""
    host = Host(4).feed(ethernet(ipv4(udp(b"hello"), UDP)))
    if replied:
        host.feed(ethernet(ipv4(udp(b"hello", 7, 1305), UDP, SERVER, CLIENT)))
    return host


def rows(frames: list[bytes], tmp_path: object, *options: str) -> list[Row]:
    """Return the records of a capture with these frames."""
    path = f"{tmp_path}/some.pcap"
    with open(path, "wb") as file:  # noqa: PTH123 - any path will do
        file.write(pcap(timed(frames)))
    return read(*options, path).rows


ASK = ethernet(ipv4(udp(b"hello"), UDP))
REPLY = ethernet(ipv4(udp(b"hello", 7, 1305), UDP, SERVER, CLIENT))
ASK6 = ethernet(ipv6(udp(b"hello"), UDP), IPV6)
PORT = icmp(3, 3, ASK[14:])
PORT6 = icmp6(1, 4, ASK6[14:])
HOST = icmp(3, 1, ASK[14:])


@pytest.mark.parametrize(
    ("frames", "pseudo_state", "notes"),
    [
        ([ASK], "unreplied", []),
        ([ASK, REPLY], "replied", []),
        ([ASK, PORT], "refused", ["refused (ICMP)"]),
        ([ASK6, PORT6], "refused", ["refused (ICMP)"]),
        ([ASK, HOST], "unreplied", ["unreachable (ICMP)"]),
        ([ASK, REPLY, PORT], "replied", ["refused (ICMP)"]),
        ([ASK, PORT, ASK, REPLY], "replied", ["refused (ICMP)"]),
    ],
)
def test_what_a_pseudo_connection_has_come_to(
    frames: list[bytes], pseudo_state: str, notes: list[str], tmp_path: object
) -> None:
    (row,) = rows(frames, tmp_path)
    assert (row["pseudo_state"], row["notes"], row["state"]) == (pseudo_state, notes, None)


def test_rfc792_the_quote_of_a_datagram_has_its_whole_header() -> None:
    for length in range(29):
        host = asked()
        host.feed(icmp(3, 3, ASK[14:][:length]))
        assert host.last.notes == (NOTE_REFUSED if length >= 28 else 0)


def test_an_error_about_a_reply_that_was_not_seen_refuses_nobody() -> None:
    host = asked()
    host.feed(icmp(3, 3, REPLY[14:], SERVER))
    assert not host.last.notes


def test_an_error_about_a_datagram_in_fragments() -> None:
    """Time exceeded, code 1: RFC 792 has the first fragment quoted."""
    whole = udp(bytes(2000))
    first = ipv4(whole[:1480], UDP, identification=1, more_fragments=True)
    meter = metered(timed([ethernet(first), icmp(11, 1, first[:28])]))
    assert only(meter).notes == NOTE_TIME_EXCEEDED


# --- rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code", "note", "ended"),
    [
        (3, 1, "unreachable (ICMP)", True),
        (3, 3, "refused (ICMP)", True),
        (3, 13, "prohibited (ICMP)", True),
        (11, 0, "time exceeded (ICMP)", True),
        (12, 0, "parameter problem (ICMP)", True),
        (3, 4, "fragmentation needed (ICMP)", False),
    ],
)
def test_rows_say_it(kind: int, code: int, note: str, ended: bool, tmp_path: object) -> None:
    syn = Host(4).packet(SYN, 99)
    frames = [ethernet(syn), icmp(kind, code, syn[:28])]
    (row,) = rows(frames, tmp_path, "--closed")
    assert row["notes"] == [note]
    assert row["state"] == ("CLOSED" if ended else "SYN_SENT")
    # RFC 5102 section 5.11.3: 3, end of flow detected.
    assert row["end_reason"] == ("end of flow detected" if ended else None)
    if ended:
        assert (row["evidence"], row["evidence_frame"]) == ("ICMP error", 2)
    assert len(rows(frames, tmp_path)) == (not ended)


def test_rows_say_that_a_number_was_wrong(tmp_path: object) -> None:
    syn, forged = Host(4).packet(SYN, 99), Host(4).packet(SYN, 5000)
    (row,) = rows([ethernet(syn), icmp(3, 1, forged[:28])], tmp_path)
    assert (row["state"], row["notes"]) == ("SYN_SENT", ["ICMP error with a wrong number"])
