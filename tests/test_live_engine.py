"""What `live` asks of the engine: looks that change nothing, seeds from a kernel, frames lost."""

import json
import struct
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import partial
from ipaddress import ip_address

import pytest
from captures import NS_IN_S, PCAPS, START, read_pcap
from exchange import Exchange
from hypothesis import given, settings
from hypothesis import strategies as st
from metering import feed, flow_table
from packets import UDP
from test_flow_table import ACK, CLIENT, FIN, SERVER, SYN, opened, segment, table
from test_properties import numbers, segment_of, snapshot
from test_truth import SS_STATES, Snapshot, identity, snapshots

from tracker.connection import Connection
from tracker.endpoint import Profile
from tracker.flow_table import FlowTable
from tracker.meter import Meter
from tracker.report import sides
from tracker.report.records import json_lines
from tracker.report.rows import FRAMES_DROPPED, RowMaker, Wanted
from tracker.report.text import address
from tracker.tcp_state import State
from tracker.wire.segment import Segment
from tracker.words import BY_KERNEL

RST = 4
EVERYBODY = sides.stated(["0.0.0.0/0", "::/0"], "test")


def rows(connections: Callable[[], Iterable[Connection]], now: int, loss: int = 0) -> list[str]:
    """Return the rows of all connections, from both ends, with their transitions."""
    wanted = Wanted(
        now,
        closed=True,
        listening=True,
        unreplied=30 * NS_IN_S,
        replied=120 * NS_IN_S,
        loss=loss,
    )
    made = RowMaker(wanted, EVERYBODY, frozenset(), None).rows(connections)
    return list(json_lines(made, transitions=True))


# --- a look that changes nothing ----------------------------------------------------------------

# As in `test_properties`, but time does not go back: what is looked at is the state of now.
steps = st.tuples(
    st.integers(0, 5),
    st.one_of(st.sampled_from([2, 18, 16, 17, 17, 24, 4, 20]), st.integers(0, 255)),
    numbers,
    numbers,
    st.sampled_from([0, 0, 0, 1, 5, 1460]),
    st.sampled_from([0, 1, 8192]),
    st.sampled_from([0, 1_000_000, 300_000_000, 2 * NS_IN_S, 61 * NS_IN_S, 3600 * NS_IN_S]),
    st.sampled_from([-1, 0, 7]),
    st.sampled_from([6, 6, 6, 6, 17]),
)
scripts = st.lists(st.tuples(steps, st.floats(0, 1)), min_size=1, max_size=30)


def segments(script: list[tuple[tuple[int, ...], float]]) -> Iterator[tuple[Segment, int]]:
    """Yield each segment of a script, and a moment between it and the next."""
    time = START
    pauses = [step[6] for step, _ in script[1:]] + [200 * NS_IN_S]
    for frame, ((step, part), pause) in enumerate(zip(script, pauses, strict=True), 1):
        yield segment_of(step, frame, time), time + round(pause * part)
        time += pause


@settings(max_examples=300, deadline=None)
@given(script=scripts)
def test_a_look_shows_what_expire_would_make_of_it(
    script: list[tuple[tuple[int, ...], float]],
) -> None:
    looked_at, untouched = flow_table(), flow_table()
    seen: list[Segment] = []
    for made, now in segments(script):
        seen.append(made)
        looked_at.segment_seen(made)
        untouched.segment_seen(made)
        twin = flow_table()
        for again in seen:
            twin.segment_seen(again)
        twin.expire(now)
        expected = rows(twin.each, now)
        assert rows(partial(looked_at.each, now), now) == expected
        assert rows(partial(looked_at.connections, now), now) == expected
    assert snapshot(looked_at) == snapshot(untouched)


@settings(max_examples=300, deadline=None)
@given(script=scripts)
def test_time_may_pass_in_many_steps(script: list[tuple[tuple[int, ...], float]]) -> None:
    """States are those of one step; a timer's certainty may be that of another moment."""
    once, often = flow_table(), flow_table()
    for made, now in segments(script):
        once.segment_seen(made)
        often.segment_seen(made)
        often.expire(now)
        assert states(often.each(), now) == states(once.each(now), now)


def states(connections: Iterable[Connection], now: int) -> list[tuple[object, ...]]:
    """Return the states of connections and which rows they have."""
    return [
        (
            connection.a_port,
            connection.generation,
            connection.a.state if not connection.superseded else None,
            connection.b.state if not connection.superseded else None,
            connection.sides_present(now, 30 * NS_IN_S, 120 * NS_IN_S),
        )
        for connection in connections
    ]


@settings(max_examples=200, deadline=None)
@given(script=scripts, limit=st.sampled_from([3, 1000]), pause=st.integers(1, 4))
def test_segments_may_come_between_two_rows(
    script: list[tuple[tuple[int, ...], float]], limit: int, pause: int
) -> None:
    """Looking goes on while connections come, change, are superseded, evicted and end."""
    looked_at, untouched = flow_table(limit), flow_table(limit)
    arriving = segments(script)
    while fed(arriving, looked_at, untouched):
        for number, connection in enumerate(looked_at.each(START + 100 * NS_IN_S)):
            assert connection.a.packets + connection.b.packets > 0
            assert connection.a_port
            if number % pause == 0:
                fed(arriving, looked_at, untouched)
    assert snapshot(looked_at) == snapshot(untouched)


def fed(
    arriving: Iterator[tuple[Segment, int]], looked_at: FlowTable, untouched: FlowTable
) -> bool:
    """Take the next segment into both tables; return whether there was one."""
    for made, _ in arriving:
        looked_at.segment_seen(made)
        untouched.segment_seen(made)
        return True
    return False


def test_a_look_leaves_the_generation_before_as_it_is() -> None:
    """The server waits in LAST_ACK, and is asked anew: both generations are there."""
    exchange = Exchange().play("""
        SYN-SENT    --> <SEQ=100><CTL=SYN>                      --> -
        ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK>         <-- SYN-RECEIVED
        ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK>             --> ESTABLISHED
        FIN-WAIT-1  --> <SEQ=101><ACK=301><CTL=FIN,ACK>         --> CLOSE-WAIT
        TIME-WAIT   <-- <SEQ=301><ACK=102><CTL=FIN,ACK>         <-- LAST-ACK
        SYN-SENT    --> <SEQ=900><CTL=SYN>                      --> LAST-ACK
    """)
    exchange.table.expire(exchange.time + 10 * NS_IN_S)  # the new SYN is given up
    before = snapshot(exchange.table)
    later = exchange.time + 200 * NS_IN_S
    shown = rows(partial(exchange.table.each, later), later)
    assert snapshot(exchange.table) == before
    now = {one["foreign_state"] for one in map(json.loads, shown) if one["local_port"] == 1000}
    assert now == {None, "CLOSED"}
    exchange.table.expire(later)
    assert rows(exchange.table.each, later) == shown


def test_time_passes_for_a_simultaneous_open_as_for_syn_sent() -> None:
    """Linux repeats the SYN then, not a SYN,ACK; here nobody gives up a SYN,ACK."""
    timers = [100 * NS_IN_S if state == State.SYN_SENT else 0 for state in State]
    flows = FlowTable(Profile(timers, False, NS_IN_S), 10, NS_IN_S, NS_IN_S, True, True)
    client, server = (CLIENT, 1), (SERVER, 80)
    flows.segment_seen(segment(client, server, flags=SYN, numbers=(1, 0)))
    flows.segment_seen(segment(server, client, flags=SYN, numbers=(9, 0)))
    (connection,) = flows.connections()
    assert (connection.a.state, connection.b.state) == (State.SYN_RECEIVED, State.SYN_RECEIVED)
    later = connection.last_seen + 1000 * NS_IN_S
    shown = rows(partial(flows.each, later), later)
    flows.expire(later)
    assert rows(flows.each, later) == shown
    assert json.loads(shown[0])["state"] == "CLOSED"


@pytest.mark.parametrize("look", ["each", "connections"])
def test_connections_may_end_between_two_rows(look: str) -> None:
    flows = table(keep_ended=True)
    ends = ((CLIENT, 9), (SERVER, 53))
    for second in (0, 40, 80):
        flows.segment_seen(segment(*ends, second, UDP))
    found = []
    for number, connection in enumerate(getattr(flows, look)(START)):
        found.append(connection.generation)
        flows.segment_seen(segment(*ends, 120 + 40 * number, UDP))
    assert found == [1, 2, 5]
    assert [connection.generation for connection in flows.each()] == [1, 2, 3, 4, 5, 6]


def test_the_pool_may_grow_between_two_rows() -> None:
    flows = table(limit=100_000)
    for port in range(300):
        flows.segment_seen(segment((CLIENT, port), (SERVER, 80), flags=SYN, numbers=(port, 0)))
    found = []
    for number, connection in enumerate(flows.each(START + NS_IN_S)):
        found.append((connection.a_port, connection.a.iss))
        for port in range(1000 + 50 * number, 1050 + 50 * number):
            flows.segment_seen(segment((CLIENT, port), (SERVER, 80), flags=SYN, numbers=(1, 0)))
    assert found == [(port, port) for port in range(300)]
    assert len(flows) == 300 + 50 * 300


# --- seeds from a kernel ------------------------------------------------------------------------


def socket(text: str) -> tuple[int, tuple[int, int, int]]:
    """Return version, and address in halves with port, of a socket as `ss` writes it."""
    host, _, port = text.rpartition(":")
    found = ip_address(host.strip("[]"))
    bits = int(found) | (0xFFFF_0000_0000 if found.version == 4 else 0)
    return found.version, (bits >> 64, bits & (1 << 64) - 1, int(port))


def shown(flows: FlowTable, now: int) -> dict[tuple[str, str], str]:
    """Return the state of each TCP endpoint that has a row, by its sockets."""
    found = {}
    for connection in flows.connections(now):
        version = connection.version
        a = f"{address(version, connection.a_high, connection.a_low)}:{connection.a_port}"
        b = f"{address(version, connection.b_high, connection.b_low)}:{connection.b_port}"
        present = connection.sides_present(now, 0, 0) if connection.protocol == 6 else 0
        if present & 1:
            found[a, b] = State(connection.a.state).name
        if present & 2:
            found[b, a] = State(connection.b.state).name
    return found


def plain(text: str) -> str:
    """Return a socket without the brackets of IPv6."""
    return text.replace("[", "").replace("]", "")


#: Captures of forged errors and RSTs: whoever lacks the numbers that they should have is fooled.
FORGED = ("icmp-in-", "icmpv6-in-", "out-of-window-rst")


def later_moments() -> list[tuple[Snapshot, Snapshot]]:
    """Return what the kernel said where a capture was made, and what it said later."""
    said = [one for one in snapshots() if one["captured_at"] in (one["host"], "any")]
    return [
        (before, after)
        for before in said
        for after in said
        if (before["capture"], before["host"]) == (after["capture"], after["host"])
        and Decimal(before["at"]) < Decimal(after["at"])
        and before["capture"].endswith(".pcap")
        and not before["capture"].startswith(FORGED)
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    later_moments(),
    ids=identity,
)
def test_what_a_kernel_had_moves_as_in_the_kernel(before: Snapshot, after: Snapshot) -> None:
    """Seeded with what the kernel said, and fed with the rest, it says what the kernel says."""
    path = PCAPS / before["capture"]
    (link_type,) = struct.unpack_from("<I", path.read_bytes(), 20)
    start, end = (int(Decimal(one["at"]) * NS_IN_S) for one in (before, after))
    meter = Meter(flow_table())
    seeded = []
    for row in before["sockets"]:
        if row["proto"] == "tcp" and row["state"] != "LISTEN":
            (version, local), (_, foreign) = socket(row["local"]), socket(row["foreign"])
            state = State[SS_STATES[row["state"]]]
            assert meter.table.seed(version, local, foreign, state, start)
            seeded.append((plain(row["local"]), plain(row["foreign"])))
    feed(meter, [one for one in read_pcap(path) if start < one.time <= end], link_type)
    kernels = {
        (plain(row["local"]), plain(row["foreign"])): SS_STATES[row["state"]]
        for row in after["sockets"]
        if row["proto"] == "tcp"
    }
    found = shown(meter.table, end)
    assert {pair: found.get(pair) for pair in seeded} == {
        pair: kernels.get(pair) for pair in seeded
    }


def test_nearly_every_state_is_among_those_seeds() -> None:
    """LAST_ACK was recorded only where the other host's capture lacks an ACK."""
    states = {row["state"] for before, _ in later_moments() for row in before["sockets"]}
    assert set(SS_STATES) - states == {"LAST-ACK"}


A, B = (0, 0xFFFF_0A00_0001, 1000), (0, 0xFFFF_0A00_0002, 80)


def seeded(state: State, opened: bool | None = None) -> Exchange:
    """Return an exchange between A and B that A's kernel has in `state` before it is seen."""
    exchange = Exchange()
    assert exchange.table.seed(4, A, B, state, exchange.time, opened)
    return exchange


def test_established_closes_as_one_that_was_picked_up() -> None:
    """RFC 9293 figure 12."""
    seeded(State.ESTABLISHED).play("""
        ESTABLISHED --> <SEQ=100><ACK=300><CTL=ACK><DATA=5>     --> ESTABLISHED
        ESTABLISHED <-- <SEQ=300><ACK=105><CTL=ACK><DATA=7>     <-- ESTABLISHED
        FIN-WAIT-1  --> <SEQ=105><ACK=307><CTL=FIN,ACK>         --> CLOSE-WAIT
        FIN-WAIT-2  <-- <SEQ=307><ACK=106><CTL=ACK>             <-- CLOSE-WAIT
        TIME-WAIT   <-- <SEQ=307><ACK=106><CTL=FIN,ACK>         <-- LAST-ACK
        TIME-WAIT   --> <SEQ=106><ACK=308><CTL=ACK>             --> -
        +60 -       wait                                            -
    """)


@pytest.mark.parametrize("state", [State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_2])
@pytest.mark.parametrize("line", ["-->", "<--"])
def test_a_rst_closes_what_has_no_numbers_yet(state: State, line: str) -> None:
    seeded(state).play(f"- {line} <SEQ=4000000000><CTL=RST> {line} -")


def test_whoever_goes_on_after_such_a_rst_was_not_closed() -> None:
    exchange = seeded(State.ESTABLISHED).play("""
        -           <-- <SEQ=7><CTL=RST>                        <-- -
        +1 -        <-- <SEQ=300><ACK=100><CTL=ACK><DATA=7>     <-- ESTABLISHED
        ESTABLISHED --> <SEQ=100><ACK=307><CTL=ACK>             --> ESTABLISHED
    """)
    assert "suspected injected RST" in notes(exchange)


def notes(exchange: Exchange) -> list[str]:
    """Return the notes on the newest connection."""
    connections = exchange.connections
    return list(json.loads(rows(lambda: connections, exchange.time)[-1])["notes"])


def test_close_wait_ends_with_its_own_fin() -> None:
    for keep_alive in ("", "CLOSE-WAIT --> <SEQ=99><ACK=301><CTL=ACK> --> FIN-WAIT-2\n"):
        seeded(State.CLOSE_WAIT).play(f"""
            {keep_alive}
            CLOSE-WAIT  --> <SEQ=100><ACK=301><CTL=ACK><DATA=5> --> FIN-WAIT-2
            CLOSE-WAIT  <-- <SEQ=301><ACK=105><CTL=ACK>         <-- FIN-WAIT-2
            LAST-ACK    --> <SEQ=105><ACK=301><CTL=FIN,ACK>     --> TIME-WAIT
            -           <-- <SEQ=301><ACK=106><CTL=ACK>         <-- TIME-WAIT
        """)


def test_fin_wait_2_becomes_time_wait() -> None:
    for keep_alive in ("", "FIN-WAIT-2 --> <SEQ=100><ACK=300><CTL=ACK> --> CLOSE-WAIT\n"):
        seeded(State.FIN_WAIT_2).play(f"""
            {keep_alive}
            FIN-WAIT-2  <-- <SEQ=300><ACK=101><CTL=ACK><DATA=7> <-- CLOSE-WAIT
            FIN-WAIT-2  --> <SEQ=101><ACK=307><CTL=ACK>         --> CLOSE-WAIT
            TIME-WAIT   <-- <SEQ=307><ACK=101><CTL=FIN,ACK>     <-- LAST-ACK
            TIME-WAIT   --> <SEQ=101><ACK=308><CTL=ACK>         --> -
        """)


def test_an_orphan_in_fin_wait_2_is_given_up_and_one_that_reads_is_not() -> None:
    seeded(State.FIN_WAIT_2).play("+61 - wait CLOSE-WAIT")
    seeded(State.FIN_WAIT_2).play("""
        FIN-WAIT-2  <-- <SEQ=300><ACK=101><CTL=ACK><DATA=7>     <-- CLOSE-WAIT
        FIN-WAIT-2  --> <SEQ=101><ACK=307><CTL=ACK>             --> CLOSE-WAIT
        FIN-WAIT-2  <-- <SEQ=307><ACK=101><CTL=ACK><DATA=7>     <-- CLOSE-WAIT
        FIN-WAIT-2  --> <SEQ=101><ACK=314><CTL=ACK>             --> CLOSE-WAIT
        +61 FIN-WAIT-2  wait                                        CLOSE-WAIT
    """)


def test_fin_wait_1_ends_when_its_fin_is_acknowledged_seen_or_not() -> None:
    seeded(State.FIN_WAIT_1).play("""
        FIN-WAIT-2  <-- <SEQ=300><ACK=101><CTL=ACK>             <-- CLOSE-WAIT
    """)
    seeded(State.FIN_WAIT_1).play("""
        FIN-WAIT-1  --> <SEQ=95><ACK=300><CTL=FIN,ACK><DATA=5>  --> CLOSE-WAIT
        FIN-WAIT-2  <-- <SEQ=300><ACK=101><CTL=ACK>             <-- CLOSE-WAIT
    """)


def test_fin_wait_1_waits_where_only_data_are_acknowledged() -> None:
    seeded(State.FIN_WAIT_1).play("""
        FIN-WAIT-1  --> <SEQ=90><ACK=300><CTL=ACK><DATA=10>     --> ESTABLISHED
        FIN-WAIT-1  <-- <SEQ=300><ACK=100><CTL=ACK>             <-- ESTABLISHED
        FIN-WAIT-2  <-- <SEQ=300><ACK=101><CTL=ACK>             <-- CLOSE-WAIT
    """)
    # A window that is shut: the FIN waits behind data.
    seeded(State.FIN_WAIT_1).play("""
        FIN-WAIT-1  --> <SEQ=99><ACK=300><CTL=ACK>              --> ESTABLISHED
        FIN-WAIT-1  <-- <SEQ=300><ACK=100><CTL=ACK><WIN=0>      <-- ESTABLISHED
    """)


def test_an_ack_that_was_taken_to_cover_the_fin_and_did_not() -> None:
    """Simultaneous close (RFC 9293 figure 13): what is sent behind it tells."""
    seeded(State.FIN_WAIT_1).play("""
        TIME-WAIT   <-- <SEQ=300><ACK=100><CTL=FIN,ACK>         <-- LAST-ACK
        CLOSING     --> <SEQ=101><ACK=301><CTL=ACK>             --> -
        TIME-WAIT   <-- <SEQ=301><ACK=101><CTL=ACK>             <-- -
    """)


def test_closing_and_last_ack_end_with_the_ack_of_the_fin() -> None:
    for state, end in ((State.CLOSING, "TIME-WAIT"), (State.LAST_ACK, "-")):
        name = state.name.replace("_", "-")
        seeded(state).play(f"""
            {end}       <-- <SEQ=301><ACK=101><CTL=ACK>         <-- TIME-WAIT
        """)
        seeded(state).play(f"""
            {name}      --> <SEQ=100><ACK=301><CTL=FIN,ACK>     --> TIME-WAIT
            {end}       <-- <SEQ=301><ACK=101><CTL=ACK>         <-- TIME-WAIT
        """)


def test_time_wait_ends_by_time_and_starts_anew_with_a_repeated_fin() -> None:
    seeded(State.TIME_WAIT).play("+59 TIME-WAIT wait -\n +2 - wait -")
    seeded(State.TIME_WAIT).play("""
        +50 TIME-WAIT   <-- <SEQ=300><ACK=101><CTL=FIN,ACK>     <-- LAST-ACK
        TIME-WAIT       --> <SEQ=101><ACK=301><CTL=ACK>         --> -
        +59 TIME-WAIT   wait                                        -
        +2  -           wait                                        -
    """)


def test_time_wait_is_reopened_by_a_syn_or_closed_by_a_rst() -> None:
    exchange = seeded(State.TIME_WAIT).play("""
        SYN-SENT    --> <SEQ=900><CTL=SYN>                      --> -
        ESTABLISHED <-- <SEQ=500><ACK=901><CTL=SYN,ACK>         <-- SYN-RECEIVED
        ESTABLISHED --> <SEQ=901><ACK=501><CTL=ACK>             --> ESTABLISHED
    """)
    assert [one.generation for one in exchange.connections] == [1, 2]
    seeded(State.TIME_WAIT).play("- <-- <SEQ=301><CTL=RST> <-- -")


def test_syn_sent_opens_is_refused_or_is_given_up() -> None:
    seeded(State.SYN_SENT).play("""
        ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK>         <-- SYN-RECEIVED
        ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK>             --> ESTABLISHED
    """)
    seeded(State.SYN_SENT).play("- <-- <SEQ=0><ACK=101><CTL=RST,ACK> <-- -")
    seeded(State.SYN_SENT).play("SYN-SENT <-- <SEQ=0><CTL=RST> <-- -")
    # The SYN,ACK was not seen.
    seeded(State.SYN_SENT).play("""
        ESTABLISHED --> <SEQ=4000000000><ACK=301><CTL=ACK>      --> ESTABLISHED
    """)
    seeded(State.SYN_SENT).play("+64 SYN-SENT wait -\n +9 - wait -")


def test_syn_sent_may_have_to_wait_long_for_the_next_syn() -> None:
    """Nobody knows which repetition was seen first: the next may be due in 64 s."""
    for first in (1, 4000000000):
        seeded(State.SYN_SENT).play(f"""
            +10 SYN-SENT    --> <SEQ={first}><CTL=SYN>          --> -
            +60 SYN-SENT    wait                                    -
            +4  SYN-SENT    --> <SEQ={first}><CTL=SYN>          --> -
            -               <-- <SEQ=0><ACK={first + 1}><CTL=RST,ACK> <-- -
        """)


def test_syn_received_opens_asks_again_or_is_given_up() -> None:
    seeded(State.SYN_RECEIVED).play("""
        ESTABLISHED <-- <SEQ=301><ACK=101><CTL=ACK>             <-- ESTABLISHED
    """)
    seeded(State.SYN_RECEIVED).play("""
        SYN-RECEIVED <-- <SEQ=300><CTL=SYN>                     <-- SYN-SENT
        SYN-RECEIVED --> <SEQ=100><ACK=301><CTL=SYN,ACK>        --> ESTABLISHED
        ESTABLISHED <-- <SEQ=301><ACK=101><CTL=ACK>             <-- ESTABLISHED
        +1 SYN-RECEIVED --> <SEQ=100><ACK=301><CTL=SYN,ACK>     --> ESTABLISHED
    """)
    seeded(State.SYN_RECEIVED).play("""
        ESTABLISHED <-- <SEQ=301><ACK=101><CTL=ACK>             <-- ESTABLISHED
        +1 SYN-RECEIVED --> <SEQ=100><ACK=301><CTL=SYN,ACK>     --> ESTABLISHED
    """)
    seeded(State.SYN_RECEIVED).play("- <-- <SEQ=301><CTL=RST> <-- SYN-SENT")
    seeded(State.SYN_RECEIVED).play("+66 - wait SYN-SENT")


def test_a_seed_says_what_it_is() -> None:
    for by_us in (True, False, None):
        exchange = seeded(State.ESTABLISHED, by_us)
        (row,) = (
            one
            for one in map(json.loads, rows(exchange.table.each, exchange.time))
            if one["local_port"] == 1000
        )
        assert (row["state"], row["foreign_state"]) == ("ESTABLISHED", "ESTABLISHED")
        assert (row["certainty"], row["foreign_certainty"]) == ("assumed", "assumed")
        assert row["evidence"] is row["evidence_frame"] is row["end_reason"] is None
        assert (row["local_packets"], row["foreign_packets"], row["history"]) == (0, 0, "")
        assert row["notes"] == ["from the kernel's table"]
        basis = "first-packet" if by_us is None else "kernel"  # both ports may be services'
        initiator = "foreign" if by_us is False else "local"
        assert (row["initiator"], row["initiator_basis"]) == (initiator, basis)
    assert seeded(State.SYN_RECEIVED).last.basis == BY_KERNEL


def test_what_is_known_better_is_not_seeded() -> None:
    flows = table()
    opened(flows, 1)
    before = snapshot(flows)
    local, foreign = (0, CLIENT, 1), (0, SERVER, 80)
    assert not flows.seed(4, local, foreign, State.TIME_WAIT, START)
    assert not flows.seed(4, foreign, local, State.TIME_WAIT, START)
    for state in (State.CLOSED, State.LISTEN):
        assert not flows.seed(4, (0, CLIENT, 2), foreign, state, START)
    assert snapshot(flows) == before
    assert flows.seed(6, local, foreign, State.TIME_WAIT, START)
    assert len(flows) == 2


def test_of_two_local_ends_both_states_are_told() -> None:
    flows = table()
    here, there = (0, CLIENT, 1000), (0, CLIENT, 80)
    assert flows.seed(4, here, there, State.FIN_WAIT_1, START)
    assert flows.seed(4, there, here, State.CLOSE_WAIT, START)
    (connection,) = flows.connections()
    assert (connection.a_port, connection.a.state) == (80, State.CLOSE_WAIT)
    assert (connection.b_port, connection.b.state) == (1000, State.FIN_WAIT_1)
    assert connection.sides_present(START, 0, 0) == 3


def test_seeds_are_held_within_the_limit() -> None:
    flows = table(limit=3)
    for port in range(5):
        assert flows.seed(4, (0, CLIENT, port), (0, SERVER, 80), State.ESTABLISHED, START + port)
    assert (len(flows), sum(flows.evicted), flows.created) == (3, 2, 5)
    # One whose handshake is not complete goes first.
    assert flows.seed(4, (0, CLIENT, 9), (0, SERVER, 80), State.SYN_RECEIVED, START)
    assert flows.seed(4, (0, CLIENT, 10), (0, SERVER, 80), State.ESTABLISHED, START)
    assert 9 not in {connection.a_port for connection in flows.connections()}


talk = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from([ACK, ACK, ACK, ACK, FIN | ACK, RST | ACK]),
        st.sampled_from([0, 0, 0, -1, 1, 10]),
        st.sampled_from([0, 0, 0, -10, 5]),
        st.sampled_from([0, 1, 1460]),
    ),
    max_size=20,
)


@settings(max_examples=300, deadline=None)
@given(state=st.sampled_from(list(State)[2:]), script=talk)
def test_prediction_does_what_the_rules_do_with_seeds(
    state: State, script: list[tuple[int, ...]]
) -> None:
    """A fragment is never predicted: so one table goes by the rules alone."""
    tables = (flow_table(), flow_table())
    for flows, by_rules in zip(tables, (False, True), strict=True):
        flows.seed(4, (0, 0xFFFF_0A00_0001, 1099), (0, 0xFFFF_0A00_0002, 80), state, START)
        due = [100, 300]
        for frame, (who, flags, ahead, beyond, payload) in enumerate(script, 1):
            sequence, acknowledgment = due[who] + ahead, due[1 - who] + beyond
            step = (who, flags, sequence, acknowledgment, payload, 65535, 0, -1, 6)
            made = segment_of(step, frame, START + frame * NS_IN_S)
            made.fragmented = by_rules
            flows.segment_seen(made)
            due[who] += payload
    assert snapshot(tables[0]) == snapshot(tables[1])


def test_a_seed_that_was_heard_is_predicted() -> None:
    flows = table()
    local, foreign = (CLIENT, 1000), (SERVER, 80)
    flows.seed(4, (0, *local), (0, *foreign), State.ESTABLISHED, START)
    (before,) = flows.connections()
    assert not before.calm
    flows.segment_seen(segment(local, foreign, numbers=(5, 9)))
    (after,) = flows.connections()
    assert after.calm
    assert (after.a.snd_nxt, after.b.rcv_nxt, after.b.snd_nxt, after.a.rcv_nxt) == (5, 5, 9, 9)


# --- frames lost --------------------------------------------------------------------------------


def test_what_was_not_seen_since_frames_were_dropped_is_assumed() -> None:
    flows = table()
    opened(flows, 1, time=0)
    opened(flows, 2, time=2)
    now = 1_700_000_003 * NS_IN_S
    loss = 1_700_000_001 * NS_IN_S
    for lost, weak in ((0, set()), (loss, {1}), (loss + 2 * NS_IN_S, {1, 2})):
        found = [json.loads(row) for row in rows(flows.each, now, lost)]
        assert len(found) == 5  # with the listening socket
        for row in found[:4]:
            port = row["local_port"] if row["foreign_port"] == 80 else row["foreign_port"]
            known = {row["certainty"], row["foreign_certainty"]}
            if port in weak:
                assert known == {"assumed"}
                assert FRAMES_DROPPED in row["notes"]
            else:
                assert known == {"observed"}
                assert row["notes"] == []
