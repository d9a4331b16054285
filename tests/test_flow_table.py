"""The flow table: socket pairs, generations, expiry, limits."""

from exchange import SECOND, START, profile
from hypothesis import given
from hypothesis import strategies as st

from tracker.connection import Connection
from tracker.flow_table import FlowTable
from tracker.socket_pairs import side_of_sender
from tracker.tcp_state import State
from tracker.wire.segment import Segment

SYN, ACK, FIN = 2, 16, 1
TCP, UDP = 6, 17
V4 = 0xFFFF_0000_0000
CLIENT, SERVER = V4 + 0xC0A8_0105, V4 + 0xC0A8_0107


def table(limit: int = 1000, keep_ended: bool = False) -> FlowTable:
    """Return an empty table with Linux's timers and UDP's 30 s and 120 s."""
    return FlowTable(profile(), limit, 30 * SECOND, 120 * SECOND, keep_ended)


def segment(
    source: tuple[int, int],
    destination: tuple[int, int],
    time: float = 0,
    protocol: int = TCP,
    flags: int = ACK,
    numbers: tuple[int, int] = (1, 1),
) -> Segment:
    """Return a segment from `source` to `destination`, (address, port) each."""
    made = Segment()
    made.version, made.protocol, made.flags = 4, protocol, flags
    made.source_low, made.source_port = source
    made.destination_low, made.destination_port = destination
    made.sequence, made.acknowledgment = numbers
    made.time = START + round(time * SECOND)
    made.length, made.window = 60, 65535
    return made


def seen(into: FlowTable, what: Segment) -> Connection:
    """Take in a segment and return its connection, as it is then."""
    into.segment_seen(what)
    connection = into.connection_of(what)
    assert connection is not None
    return connection


def held(flows: FlowTable) -> list[tuple[int, int]]:
    """Return the client's port and the generation of each connection in the table."""
    return [(connection.a_port, connection.generation) for connection in flows.connections()]


def opened(into: FlowTable, port: int, time: float = 0) -> Connection:
    """Open a connection from CLIENT:`port` to SERVER:80 and return it."""
    client, server = (CLIENT, port), (SERVER, 80)
    into.segment_seen(segment(client, server, time, flags=SYN, numbers=(1, 0)))
    into.segment_seen(segment(server, client, time, flags=SYN | ACK, numbers=(1, 2)))
    return seen(into, segment(client, server, time, numbers=(2, 2)))


def test_both_directions_are_one_connection_in_canonical_order() -> None:
    flows = table()
    flows.segment_seen(segment((SERVER, 80), (CLIENT, 1099)))
    flows.segment_seen(segment((CLIENT, 1099), (SERVER, 80)))
    (there,) = flows.connections()
    assert (there.a_low, there.a_port, there.b_low, there.b_port) == (CLIENT, 1099, SERVER, 80)
    assert (there.a.packets, there.b.packets, there.first_sender) == (1, 1, 1)


def test_the_order_of_sockets_is_community_ids() -> None:
    # The lower address first; where they are equal, the lower port.
    assert side_of_sender(segment((CLIENT, 9), (SERVER, 1))) == 0
    assert side_of_sender(segment((SERVER, 1), (CLIENT, 9))) == 1
    assert side_of_sender(segment((CLIENT, 9), (CLIENT, 1))) == 1


def test_protocols_and_ip_versions_are_told_apart() -> None:
    flows = table()
    flows.segment_seen(segment((CLIENT, 53), (SERVER, 53)))
    flows.segment_seen(segment((CLIENT, 53), (SERVER, 53), protocol=UDP))
    mapped = segment((CLIENT, 53), (SERVER, 53))
    mapped.version = 6
    flows.segment_seen(mapped)
    assert len(flows) == 3


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 400), st.sampled_from([TCP, UDP])), max_size=600
    )
)
def test_it_finds_what_a_dictionary_finds(steps: list[tuple[bool, int, int]]) -> None:
    flows = table(limit=5000)
    known: dict[tuple[int, int], int] = {}
    for forth, port, protocol in steps:
        ends = ((CLIENT, 1000 + port), (SERVER, 80))
        found = seen(flows, segment(*(ends if forth else ends[::-1]), protocol=protocol))
        known[port, protocol] = known.get((port, protocol), 0) + 1
        assert found.a.packets + found.b.packets == known[port, protocol]
    assert len(flows) == len(known)


@given(st.lists(st.integers(0, 60), max_size=300), st.integers(1, 20))
def test_it_never_holds_more_than_its_limit(ports: list[int], limit: int) -> None:
    flows = table(limit)
    for time, port in enumerate(ports):
        client = (CLIENT, 1000 + port)
        ask = segment(client, (SERVER, 80), time, flags=SYN, numbers=(port, 0))
        found = seen(flows, ask)
        assert len(flows) <= limit
        # Whatever was evicted, what is left is found: the slots' gaps were closed.
        assert seen(flows, ask).a.packets == found.a.packets + 1
    assert flows.created == len(flows) + sum(flows.evicted)


def test_a_syn_flood_evicts_the_embryonic_and_spares_the_open() -> None:
    flows = table(limit=100)
    for i in range(50):
        opened(flows, 2000 + i)
    for i in range(10_000):
        attacker = (V4 + 0x0A00_0000 + i, 5555)
        flows.segment_seen(segment(attacker, (SERVER, 80), i / 1000, flags=SYN, numbers=(i, 0)))
    assert {(2000 + i, 1) for i in range(50)} <= set(held(flows))
    assert len(flows) == 100
    assert sum(flows.evicted) == 10_000 - 50


def test_the_closed_go_before_the_open_and_then_the_longest_idle() -> None:
    flows = table(limit=3)
    idle, busy, closed = (1, 1), (2, 1), (3, 1)
    for port, time in ((1, 0), (2, 1), (3, 2)):
        opened(flows, port, time)
    flows.segment_seen(segment((CLIENT, 3), (SERVER, 80), 3, flags=4, numbers=(2, 0)))
    flows.segment_seen(segment((CLIENT, 2), (SERVER, 80), 50))
    opened(flows, 4, 60)
    assert closed not in held(flows)
    opened(flows, 5, 61)
    assert idle not in held(flows)
    assert busy in held(flows)


def test_what_ended_long_ago_is_forgotten_unless_it_is_to_be_reported() -> None:
    for keep in (False, True):
        flows = table(keep_ended=keep)
        opened(flows, 1)
        gone = seen(flows, segment((CLIENT, 1), (SERVER, 80), 1, flags=4, numbers=(2, 0)))
        assert gone.a.state == State.CLOSED
        opened(flows, 2, 1000)
        assert ((1, 1) in held(flows)) is keep


def test_what_was_heard_of_again_is_remembered_from_then_on() -> None:
    flows = table()
    opened(flows, 1)
    for time in (1, 100):
        flows.segment_seen(segment((CLIENT, 1), (SERVER, 80), time, flags=4, numbers=(2, 0)))
    opened(flows, 2, 130)  # 120 s after the first RST, not after the second
    assert (1, 1) in held(flows)
    opened(flows, 3, 221)
    assert (1, 1) not in held(flows)


def test_one_frame_from_the_future_does_not_make_others_forgotten() -> None:
    """Clocks are set back; and some frames have no time worth the name."""
    flows = table()
    ask, answer = ((CLIENT, 9), (SERVER, 53)), ((SERVER, 53), (CLIENT, 9))
    flows.segment_seen(segment(*ask, protocol=UDP))
    opened(flows, 1, 1)
    flows.segment_seen(segment((CLIENT, 1), (SERVER, 80), 86400, numbers=(2, 2)))
    for time in range(2, 5):
        flows.segment_seen(segment(*answer, time, protocol=UDP))
        flows.segment_seen(segment(*ask, time, protocol=UDP))
    (asked,) = [each for each in flows.connections() if 9 in (each.a_port, each.b_port)]
    assert (asked.generation, asked.a.packets, asked.b.packets) == (1, 4, 3)
    assert (1, 1) in held(flows)


def test_an_open_connection_is_never_forgotten() -> None:
    flows = table()
    opened(flows, 1)
    for day in range(1, 30):
        opened(flows, 1 + day, day * 86400)
    assert (1, 1) in held(flows)


def test_udp_is_over_after_its_idle_time_and_then_a_new_generation() -> None:
    for replies, limit in ((False, 30), (True, 120)):
        flows = table(keep_ended=True)
        ask = segment((CLIENT, 9), (SERVER, 53), protocol=UDP)
        flows.segment_seen(ask)
        if replies:
            flows.segment_seen(segment((SERVER, 53), (CLIENT, 9), protocol=UDP))
        (first,) = flows.connections()
        last = START + limit * SECOND
        assert not first.is_idle(last, 30 * SECOND, 120 * SECOND)
        assert first.is_idle(last + 1, 30 * SECOND, 120 * SECOND)
        late = seen(flows, segment((CLIENT, 9), (SERVER, 53), limit + 1, protocol=UDP))
        assert late.a.packets == 1
        assert held(flows) == [(9, 1), (9, 2)]


def test_expire_is_the_same_twice() -> None:
    flows = table()
    opened(flows, 1)
    flows.segment_seen(segment((CLIENT, 1), (SERVER, 80), 1, flags=FIN | ACK, numbers=(2, 2)))
    flows.segment_seen(segment((SERVER, 80), (CLIENT, 1), 1, numbers=(2, 3)))
    for _ in range(2):
        flows.expire(START + 100 * SECOND)
        (connection,) = flows.connections()
        states = (connection.a.state, connection.b.state)
        assert states == (State.CLOSED, State.CLOSE_WAIT)


def test_evidence_and_history_of_transitions() -> None:
    flows = FlowTable(profile(), 10, 30 * SECOND, 120 * SECOND, True, True)
    client, server = (CLIENT, 1), (SERVER, 80)
    for frame, made in enumerate(
        (
            segment(client, server, 0, flags=SYN, numbers=(1, 0)),
            segment(server, client, 1, flags=SYN | ACK, numbers=(1, 2)),
            segment(client, server, 2, numbers=(2, 2)),
            segment(client, server, 3, flags=FIN | ACK, numbers=(2, 2)),
        ),
        1,
    ):
        made.frame = frame
        connection = seen(flows, made)
    assert connection.transitions is not None
    steps = [(t.frame, t.side, t.before.name, t.after.name) for t in connection.transitions]
    assert steps == [
        (1, 0, "CLOSED", "SYN_SENT"),
        (1, 1, "LISTEN", "SYN_RECEIVED"),
        (2, 0, "SYN_SENT", "SYN_RECEIVED"),
        (2, 0, "SYN_RECEIVED", "ESTABLISHED"),
        (3, 1, "SYN_RECEIVED", "ESTABLISHED"),
        (4, 0, "ESTABLISHED", "FIN_WAIT_1"),
        (4, 1, "ESTABLISHED", "CLOSE_WAIT"),
    ]
    assert (connection.a.evidence_frame, connection.b.evidence_frame) == (4, 4)
    assert connection.transitions[-1].time == START + 3 * SECOND


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 200)), max_size=120),
    st.integers(1, 6),
    st.booleans(),
)
def test_every_connection_is_held_or_counted_as_evicted(
    steps: list[tuple[int, int, int]], limit: int, looking: bool
) -> None:
    """With generations: new SYNs and RSTs of TCP, pauses of UDP; to look must change nothing."""
    flows = table(limit, keep_ended=True)
    time = 0
    for port, kind, pause in steps:
        time += pause
        client = (CLIENT, port)
        if kind == 0:
            made = segment(client, (SERVER, 53), time, protocol=UDP)
        elif kind == 1:
            made = segment((SERVER, 80), client, time, flags=4 | ACK, numbers=(0, time))
        else:
            made = segment(client, (SERVER, 80), time, flags=SYN, numbers=(1000 * time, 0))
        flows.segment_seen(made)
        if not looking:
            continue
        found = list(flows.connections())
        assert flows.created == len(found) + sum(flows.evicted)
        current = [connection for connection in found if not connection.superseded]
        assert len(current) <= limit
    assert flows.created == len(list(flows.connections())) + sum(flows.evicted)


def test_a_seed_changes_nothing_that_is_seen() -> None:
    for seed in (0, 1, 2**64 - 1):
        flows = FlowTable(profile(), 100, 30 * SECOND, 120 * SECOND, False, False, seed)
        first = opened(flows, 1)
        later = seen(flows, segment((SERVER, 80), (CLIENT, 1), 1))
        assert (len(flows), later.b.packets) == (1, first.b.packets + 1)


def test_datagrams_go_before_open_connections_and_the_longest_idle_first() -> None:
    flows = table(limit=3)
    friend, early, late = (1, 1), (2, 1), (3, 1)
    opened(flows, 1)
    for port in (2, 3):
        flows.segment_seen(segment((CLIENT, port), (SERVER, 53), port, protocol=UDP))
    flows.segment_seen(segment((CLIENT, 2), (SERVER, 53), 10, protocol=UDP))  # early is busy
    opened(flows, 4, 11)
    assert late not in held(flows)
    assert friend in held(flows)
    assert early in held(flows)
