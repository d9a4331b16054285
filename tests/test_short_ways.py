"""The short ways do what the long ones do: plain frames, predicted segments, packed connections."""

import random
import sys

import pytest
from captures import NS_IN_S
from exchange import profile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from packets import ACK, FIN, PSH, RST, SYN, UDP, ethernet, ipv4, tcp, udp
from test_flow_table import segment
from test_properties import segment_of, snapshot

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.errors import UserError
from tracker.flow_table import FlowTable
from tracker.layout import LAST_SEEN, OPEN, WORDS
from tracker.pool import Pool
from tracker.queues import Queues
from tracker.wire.ethernet import decode_ethernet
from tracker.wire.plain import decode_plain
from tracker.wire.reasons import DECODED
from tracker.wire.segment import Frame, Segment
from tracker.words import CLOSED, NOTHING, TIME_WAIT

START = 1_700_000_000 * NS_IN_S
FIELDS = [name for name in dir(Segment()) if not name.startswith("_")]
SETTINGS = [name for name in FIELDS if not callable(getattr(Segment(), name))]


# --- plain frames -------------------------------------------------------------------------------

PLAIN = [
    ethernet(ipv4(tcp(data, flags, sequence=1 << 31, acknowledgment=0xFFFFFFFF)))
    for data in (b"", b"x", bytes(1400))
    for flags in (ACK, ACK | PSH, FIN | ACK, RST, 0)
]
OTHERS = [
    ethernet(ipv4(tcp(b"", SYN))),
    ethernet(ipv4(udp(b"x"), UDP)),
    ethernet(ipv4(tcp(b"x", ACK)), ethertype=0x86DD),
]


def decoded(octets: bytes, wire: int) -> tuple[bool, Segment, int, Segment]:
    """Return whether a frame is plain and its segment; and what the long way says."""
    frames = [Frame(), Frame()]
    for frame in frames:
        frame.data = b"before" + octets + b"behind"
        frame.start, frame.end, frame.wire_end = 6, 6 + len(octets), 6 + wire
    short, long = Segment(), Segment()
    is_plain = decode_plain(frames[0], short)
    return is_plain, short, decode_ethernet(frames[1], long, 6), long


def values(of: Segment) -> dict[str, object]:
    """Return all that a segment says, but whether it went to a group, which TCP does not ask."""
    return {name: getattr(of, name) for name in SETTINGS if name != "to_group"}


@pytest.mark.parametrize("frame", PLAIN)
def test_plain_frames_are_taken(frame: bytes) -> None:
    is_plain, short, reason, long = decoded(frame, len(frame))
    assert is_plain
    assert reason == DECODED
    assert values(short) == values(long)


@pytest.mark.parametrize("frame", OTHERS)
def test_others_are_not(frame: bytes) -> None:
    assert not decoded(frame, len(frame))[0]


@settings(max_examples=1000, deadline=None)
@given(
    which=st.sampled_from(PLAIN + OTHERS),
    changes=st.lists(st.tuples(st.integers(12, 53), st.integers(0, 255)), max_size=3),
    cut=st.integers(0, 30),
)
def test_what_is_plain_is_what_the_long_way_says(
    which: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    octets = bytearray(which)
    for at, value in changes:
        octets[at % len(octets)] = value
    is_plain, short, reason, long = decoded(bytes(octets[: len(octets) - cut]), len(octets))
    if is_plain:
        assert reason == DECODED
        assert values(short) == values(long)


# --- predicted segments -------------------------------------------------------------------------

OPENING = [
    (0, SYN, 100, 0, 0),
    (1, SYN | ACK, 300, 101, 0),
    (0, ACK, 101, 301, 0),
    (0, ACK, 101, 301, 10),
    (1, ACK, 301, 111, 20),
    (0, ACK, 111, 321, 0),
    (1, ACK, 321, 111, 0),
]
talk = st.lists(
    st.tuples(
        st.integers(0, 1),  # who
        st.sampled_from([ACK, ACK, ACK, ACK | PSH, FIN | ACK, RST | ACK, SYN]),
        st.sampled_from([0, 0, 0, -1, 1, 10, 1 << 30]),  # off the number that is due
        st.sampled_from([0, 0, 0, -10, 5, 1 << 31]),  # off the acknowledgment that is due
        st.sampled_from([0, 1, 10, 1460]),
        st.sampled_from([65535, 65535, 1, 0]),
        st.sampled_from([0, 1000, NS_IN_S]),
    ),
    max_size=40,
)


def table() -> FlowTable:
    """Return an empty table."""
    return FlowTable(profile(), 1000, 30 * NS_IN_S, 120 * NS_IN_S, True)


def said(who: int, flags: int, sequence: int, acknowledgment: int, payload: int) -> Segment:
    """Return a segment of one of two hosts."""
    step = (who, flags, sequence % 2**32, acknowledgment % 2**32, payload, 65535, 0, 2, 6)
    return segment_of(step, 1, START)


def play(segments: list[Segment], by_rules: bool) -> list[object]:
    """Take in segments, by the rules alone or not; a fragment is never predicted."""
    flows = table()
    for each in segments:
        each.fragmented = by_rules
        flows.segment_seen(each)
    return snapshot(flows)


@settings(max_examples=400, deadline=None)
@given(script=talk)
@example(  # what was acknowledged and never seen is sent now
    script=[(1, ACK, 0, 5, 0, 65535, 0), (0, ACK, 0, 0, 1, 65535, 0), (1, ACK, 0, 0, 5, 65535, 0)]
)
def test_prediction_does_what_the_rules_do(script: list[tuple[int, ...]]) -> None:
    """A conversation that is mostly in order: numbers as they are due, and sometimes not."""
    segments = [said(*line) for line in OPENING]
    due = [111, 321]
    time = START
    for who, flags, ahead, beyond, payload, window, pause in script:
        made = said(who, flags, due[who] + ahead, due[1 - who] + beyond, payload)
        made.window = window
        due[who] += payload if not ahead else 0
        time += pause
        made.time = time
        segments.append(made)
    for number, made in enumerate(segments, 1):
        made.frame = number
    assert play(segments, by_rules=False) == play(segments, by_rules=True)


@given(pauses=st.lists(st.tuples(st.booleans(), st.integers(0, 130)), max_size=20))
def test_predicted_datagrams_do_what_the_rules_do(pauses: list[tuple[bool, int]]) -> None:
    time = START
    segments = []
    for back, pause in pauses:
        time += pause * NS_IN_S
        made = segment_of((int(back), 0, 0, 0, 5, 0, 0, -1, 17), 1, time)
        segments.append(made)
    assert play(segments, by_rules=False) == play(segments, by_rules=True)


def test_a_predicted_packet_that_was_captured_twice_is_counted() -> None:
    flows = table()
    for line in OPENING:
        flows.segment_seen(said(*line))
    for number, pause in ((7, 0), (7, 1000), (8, 1000), (8, NS_IN_S)):
        made = said(0, ACK, 111, 321, 0)
        made.ip_id = number
        made.time = START + pause
        flows.segment_seen(made)
    (connection,) = flows.connections()
    assert (connection.a.duplicates, connection.b.duplicates) == (1, 0)
    assert connection.a.packets == 8


# --- packed connections -------------------------------------------------------------------------

#: Largest values of what has not all of 32 bits, and what the pool does not hold.
SMALL = {"letters": 0xFFFF, "a_port": 0xFFFF, "b_port": 0xFFFF}
OCTETS = {
    *("state", "before_end", "certainty", "initiator", "first_sender", "basis", "reset_side"),
    *("attempt_side", "history_length", "version", "protocol"),
}
FLAGS = {
    *("calm", "fresh", "superseded", "fast_open", "simultaneous", "reset_seen", "attempted"),
    *("exists", "answered", "doubts_fin", "reads"),
}
SIGNED = {"group", "left_behind", "evidence_event", "pending", "window_scale"}
WIDE = {
    *("packets", "bytes", "payload", "evidence_frame", "since", "asked_at", "gap", "first_seen"),
    *("last_seen", "history_low"),
}
ADDRESSES = {"a_low", "a_high", "b_low", "b_high", "a_port", "b_port", "version", "protocol"}
BESIDE = {
    *("previous", "transitions", "tunnel", "history_high", "reset_time", "attempt_sequence"),
    *("attempt_frame", "attempt_time", "place", "shown", "journal"),
}


def fields(of: Connection | Endpoint) -> dict[str, object]:
    """Return all fields but the endpoints, and what stands beside."""
    names = {name for name in dir(of) if not name.startswith("_")} - BESIDE - {"a", "b"}
    return {name: getattr(of, name) for name in names if not callable(getattr(of, name))}


def fill(thing: Connection | Endpoint, chance: random.Random) -> None:
    """Give every field a value of its own."""
    for name, value in fields(thing).items():
        if name in ADDRESSES:
            continue
        if isinstance(value, bool) or name.startswith(("has_", "is_")):
            new: int = chance.random() < 0.5
        elif name in SIGNED:
            new = chance.randint(-2, 100)
        elif name in OCTETS:
            new = chance.randint(0, 11)
        elif name in WIDE:
            new = chance.randint(0, 2**63 - 1)
        elif name in FLAGS:
            new = chance.random() < 0.5
        else:
            new = chance.randint(0, SMALL.get(name, 2**32 - 1))
        setattr(thing, name, new)


@given(st.integers())
def test_what_is_packed_comes_back(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - values that differ, no secrets
    pool = Pool()
    packed = [Connection() for _ in range(5)]
    for place, connection in enumerate(packed):
        for thing in (connection, connection.a, connection.b):
            fill(thing, chance)
        pool.store(connection, place)
    pool.grow(10_000)
    for place, connection in enumerate(packed):
        again = Connection()
        pool.load(again, place)
        for before, after in (
            (connection, again),
            (connection.a, again.a),
            (connection.b, again.b),
        ):
            known = fields(after)
            for name, value in fields(before).items():
                assert name in ADDRESSES or known[name] == value, name


def said_to(port: int, line: tuple[int, int, int, int, int]) -> Segment:
    """Return a segment of a connection with `port` at its initiator."""
    made = said(*line)
    if line[0]:
        made.destination_port = port
    else:
        made.source_port = port
    return made


def test_connections_that_share_a_stand_do_not_mix() -> None:
    """Their places differ by a multiple of how many may be unpacked at a time, a power of two."""
    closing = [
        *((0, ACK, 111, 321, 5), (1, ACK, 321, 116, 7), (0, FIN | ACK, 116, 328, 0)),
        *((1, FIN | ACK, 328, 117, 0), (0, ACK, 117, 329, 0)),
    ]
    flows = FlowTable(profile(), 10_000, 30 * NS_IN_S, 120 * NS_IN_S, True)
    alone = table()
    for port in range(1, 8194):
        flows.segment_seen(said_to(port, OPENING[0]))
    alone.segment_seen(said_to(1, OPENING[0]))
    shared = (1, 2, 1025, 2049, 4097, 8193)
    for line in OPENING[1:] + closing:
        alone.segment_seen(said_to(1, line))
        for port in shared:
            flows.segment_seen(said_to(port, line))
    (expected,) = alone.connections()
    assert (expected.a.payload, expected.b.payload) == (15, 27)
    assert (expected.a.state, expected.b.state) == (TIME_WAIT, CLOSED)
    for port in shared:
        connection = flows.connection_of(said_to(port, OPENING[0]))
        assert connection is not None
        for end, other in ((connection.a, expected.a), (connection.b, expected.b)):
            assert fields(end) == fields(other)
        assert connection.history_low == expected.history_low


@settings(deadline=None)
@given(times=st.lists(st.integers(0, 9), min_size=1, max_size=150))
def test_the_longest_idle_of_a_queue_is_found_and_others_queue_anew(times: list[int]) -> None:
    """The first 64 are asked, one after the other, and each goes to the end of the queue."""
    pool = Pool()
    queues = Queues(pool)
    order = []
    for time in times:
        place = pool.take(1000)
        pool.times[place * WORDS + LAST_SEEN] = time
        queues.put(place, OPEN)
        order.append(place)
    asked = [order[number % len(order)] for number in range(64)]
    found = queues.idle_longest(OPEN)
    assert found == min(asked, key=times.__getitem__)
    order = order[64 % len(order) :] + order[: 64 % len(order)]
    for place in order[1::2]:
        queues.take_out(place)
    for place in order[::2]:
        assert queues.heads[OPEN] == place
        queues.take_out(place)
    assert (queues.heads[OPEN], queues.lengths[OPEN]) == (NOTHING, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a pool that grows is copied")
def test_a_pool_that_finds_no_memory_says_what_to_do() -> None:
    pool = Pool()

    def grow_without_end() -> None:
        while True:
            pool.grow(1 << 60)

    with pytest.raises(UserError, match=r"no room for the connections.*max_connections"):
        grow_without_end()


def test_a_table_that_grows_keeps_all() -> None:
    flows = FlowTable(profile(), 20_000, 30 * NS_IN_S, 120 * NS_IN_S)
    for port in range(5000):
        flows.segment_seen(segment((1, port), (2, 80), flags=SYN, numbers=(port, 0)))
    for held in (flows.each, flows.connections):
        for port in range(5000):  # something happens to each, so that it is unpacked
            flows.segment_seen(segment((2, 80), (1, port), flags=SYN | ACK, numbers=(9, port + 1)))
        found = [
            (connection.a_port, connection.a.iss, connection.b.packets) for connection in held()
        ]
        assert found == [(port, port, 1 + (held == flows.connections)) for port in range(5000)]


def test_addresses_and_ports_are_kept_with_the_place() -> None:
    """Of all sorts of socket pairs; two of them may share their lower halves."""
    high = [0, 0, 1 << 63, 5]
    flows = table()
    for number, upper in enumerate(high):
        made = segment((2**64 - 1, 65535), (number, 1))
        made.version, made.source_high = 6, upper
        flows.segment_seen(made)
        flows.segment_seen(made)
    seen = {
        (
            connection.a_high,
            connection.a_low,
            connection.a_port,
            connection.b_high,
            connection.b_low,
        )
        for connection in flows.connections()
    }
    assert len(seen) == len(high)
    for connection in flows.connections():
        assert connection.version == 6
        assert {connection.a_port, connection.b_port} == {65535, 1}
        assert max(connection.a.packets, connection.b.packets) == 2
