"""Whatever comes: a segment or a named reason, legal states, counters that add up."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from captures import NS_IN_S, PCAPS, START, conversation, read_pcap, timed
from decoding import Decoded, Fault, decode_frame
from hypothesis import given, settings
from hypothesis import strategies as st
from metering import flow_table, metered
from packets import IPV4, IPV6, VLAN, ethernet

from tracker.connection import Connection
from tracker.endpoint import Endpoint, Transition
from tracker.flow_table import FlowTable
from tracker.report import sides
from tracker.report.records import json_lines
from tracker.report.rows import RowMaker, Wanted
from tracker.report.tally import tally
from tracker.tcp_state import TABLE, TAKEN_BACK, Event, State
from tracker.wire.reasons import MALFORMED, OTHER, TRUNCATED
from tracker.wire.segment import Segment

SMALL = sorted(PCAPS.glob("*.pcap"))
REAL = [frame.octets for path in SMALL for frame in read_pcap(path)]

# --- any octets ---------------------------------------------------------------------------------

noise = st.binary(max_size=200)
framed = st.builds(ethernet, noise, st.sampled_from([IPV4, IPV6, VLAN, 0, 40]))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a frame of a real capture with some octets changed, and cut somewhere."""
    octets = bytearray(draw(st.sampled_from(REAL)))
    for at in draw(st.lists(st.integers(0, len(octets) - 1), max_size=4)):
        octets[at] = draw(st.integers(0, 255))
    return bytes(octets[: draw(st.integers(0, len(octets)))])


def check_decoding(octets: bytes, wire: int) -> None:
    """Decode: a segment with possible numbers, or a reason; never a look outside the frame."""
    found = decode_frame(octets, wire)
    for around in (b"\x00" * 300, b"\xff" * 300, b"\x06" * 300):
        assert decode_frame(octets, wire, around) == found
    if isinstance(found, Decoded):
        assert 0 <= found.payload < 1 << 18
        assert found.protocol in (6, 17)
    else:
        assert found.kind in (TRUNCATED, MALFORMED, OTHER)
        assert 0 <= found.offset <= len(octets) or found.kind == TRUNCATED
        assert found.had == max(len(octets) - found.offset, 0)
        assert (found.needed > found.had) >= (found.kind == TRUNCATED)


@settings(max_examples=1000, deadline=None)
@given(octets=st.one_of(noise, framed, damaged()), cut=st.integers(0, 2000))
def test_any_octets(octets: bytes, cut: int) -> None:
    check_decoding(octets, len(octets) + cut)


@settings(max_examples=200, deadline=None)
@given(octets=st.one_of(framed, damaged()))
def test_any_prefix(octets: bytes) -> None:
    """What was cut may be missing; it never makes a fault of the packet, or other numbers."""
    whole = decode_frame(octets)
    for length in range(len(octets)):
        part = decode_frame(octets[:length], wire=len(octets))
        if isinstance(part, Fault):
            quote_is_cut = (part.layer, whole[1]) == ("IP", "ICMP")
            # A tunnel in a packet that is longer than its frame is not believed to be one.
            is_doubted = isinstance(whole, Fault) and part.layer == "tunnel"
            same = part[:3] == whole[:3]
            assert part.kind == TRUNCATED or same or quote_is_cut or is_doubted
        else:
            assert isinstance(whole, Decoded)
            assert part == whole._replace(mss=part.mss, window_scale=part.window_scale)


# --- legal states -------------------------------------------------------------------------------


def check_transitions(transitions: Sequence[Transition]) -> None:
    """Check that each step is one of the tables', from where the step before led."""
    states: list[State | None] = [None, None]
    for _, _, side, before, after, event in transitions:
        assert states[side] in (None, before), transitions
        assert states[side] is not None or before in (State.CLOSED, State.LISTEN)
        if event != Event.END_DISPROVED:
            assert (TABLE[before] + TAKEN_BACK[before])[event] == after, transitions
        states[side] = after


def check(table: FlowTable, decoded: int, now: int) -> None:
    """Check states, counters and rows of all connections."""
    connections = list(table.connections())
    for connection in connections:
        assert connection.transitions is not None
        check_transitions(connection.transitions)
        for endpoint in (connection.a, connection.b):
            assert endpoint.state in tuple(State)
            if connection.protocol == 17:
                assert endpoint.state == State.CLOSED
    if not sum(table.evicted):
        packets = sum(connection.a.packets + connection.b.packets for connection in connections)
        # What is in a datagram counts, too, beside the datagram.
        tunnels = any(connection.tunnel for connection in connections)
        assert packets >= decoded if tunnels else packets == decoded
    check_rows(connections, now)


def check_rows(connections: list[Connection], now: int) -> None:
    """Make all rows in all ways."""
    for closed in (False, True):
        wanted = Wanted(now, closed=closed, listening=True, unreplied=1, replied=2)
        for whose in (tally(connections).sides, sides.stated(["0.0.0.0/0", "::/0"], "test")):
            rows = RowMaker(wanted, whose, frozenset(), None).rows(lambda: connections)
            assert len(list(json_lines(rows))) == rows.count


def snapshot(table: FlowTable) -> list[object]:
    """Return everything the table knows, as plain values."""
    return [_values(connection) for connection in table.connections()]


def _values(thing: Connection | Endpoint) -> dict[str, object]:
    values = {name: getattr(thing, name) for name in dir(thing) if not name.startswith("_")}
    plain = {name: value for name, value in values.items() if not callable(value)}
    for name, value in plain.items():
        if isinstance(value, Endpoint | Connection):
            plain[name] = _values(value)
        elif isinstance(value, list):
            plain[name] = list(value)
    return plain


# --- any order ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_order(path: Path, data: st.DataObject) -> None:
    """Segments in any order, with times that jump or with times that do not."""
    records = read_pcap(path)
    order = data.draw(st.permutations(records))
    if data.draw(st.booleans()):
        order = [new._replace(time=old.time) for new, old in zip(order, records, strict=True)]
    meter = metered(order)
    assert meter.frames == len(records)
    assert meter.frames - meter.decoded == sum(row.count for row in meter.undecoded())
    meter.table.expire(meter.time)
    check(meter.table, meter.decoded, meter.time)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_subset(data: st.DataObject) -> None:
    """Segments that the capture missed."""
    records = timed(conversation())
    kept = data.draw(st.lists(st.sampled_from(range(len(records))), unique=True).map(sorted))
    meter = metered([records[number] for number in kept])
    check(meter.table, len(kept), meter.time)


def test_any_octets_are_counted() -> None:
    """Frames of noise between frames of a conversation: all are counted, none is lost."""
    records = timed([frame for real in REAL for frame in (real, real[:20], real[::-1], b"")])
    meter = metered(records)
    assert meter.frames == len(records)
    assert meter.frames - meter.decoded == sum(row.count for row in meter.undecoded())
    first = min(row.first.frame for row in meter.undecoded())
    assert first == 1 or meter.decoded


# --- arbitrary segments between few sockets -----------------------------------------------------

# Numbers that meet: around two initial numbers, and around the point where they wrap.
numbers = st.sampled_from([0, 1, 100, 101, 105, 300, 301, 307, 0x80000000, 0xFFFFFFFF])
steps = st.tuples(
    st.integers(0, 5),  # which sockets, and direction
    st.one_of(st.sampled_from([2, 18, 16, 17, 24, 4, 20]), st.integers(0, 255)),
    numbers,
    numbers,
    st.sampled_from([0, 0, 0, 1, 5, 1460]),
    st.sampled_from([0, 1, 8192]),
    st.sampled_from([0, 1_000_000, 300_000_000, NS_IN_S, 61 * NS_IN_S, 3600 * NS_IN_S, -NS_IN_S]),
    st.sampled_from([-1, 0, 7]),
    st.sampled_from([6, 6, 6, 17]),
)
SOCKETS = ((1, 1099, 2, 80), (1, 1100, 2, 80), (1, 7, 1, 7))  # the last one talks to itself


def segment_of(step: tuple[int, ...], frame: int, time: int) -> Segment:
    """Return the segment of a step."""
    which, flags, sequence, acknowledgment, payload, window, _, scale, protocol = step
    pair = SOCKETS[which // 2]
    source, destination = (pair[:2], pair[2:]) if which % 2 == 0 else (pair[2:], pair[:2])
    segment = Segment()
    segment.version, segment.protocol = 4, protocol
    segment.source_low, segment.source_port = 0xFFFF0A000000 | source[0], source[1]
    segment.destination_low = 0xFFFF0A000000 | destination[0]
    segment.destination_port = destination[1]
    segment.flags = flags if protocol == 6 else 0
    segment.sequence, segment.acknowledgment = sequence, acknowledgment
    segment.payload, segment.window, segment.window_scale = payload, window, scale
    segment.length = 54 + payload
    segment.frame, segment.time = frame, time
    return segment


@settings(max_examples=500, deadline=None)
@given(
    script=st.lists(steps, max_size=30),
    limit=st.sampled_from([1, 2, 1000]),
    wait=st.sampled_from([0, NS_IN_S, 61 * NS_IN_S, 10**6 * NS_IN_S]),
)
def test_any_segments(script: list[tuple[int, ...]], limit: int, wait: int) -> None:
    table = flow_table(limit)
    now = time = START
    for frame, step in enumerate(script, 1):
        time += step[6]
        now = max(now, time)
        segment = segment_of(step, frame, time)
        table.segment_seen(segment)
        connection = table.connection_of(segment)
        assert connection is not None
        generations = [connection, connection.previous or connection]
        assert max(generation.last_seen for generation in generations) >= time
    check(table, len(script), now)
    table.expire(now + wait)
    once = snapshot(table)
    check(table, len(script), now + wait)
    table.expire(now + wait)
    assert snapshot(table) == once, "time that does not pass changes nothing"
