"""Events: the lines of `live --events` tell what the table shows, one fact after the other."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from captures import NS_IN_S, PCAPS, START
from exchange import profile
from hypothesis import given, settings
from hypothesis import strategies as st
from metering import flow_table
from packets import UDP
from test_flow_table import ACK, CLIENT, FIN, SERVER, SYN, opened, segment, table
from test_properties import segment_of
from test_properties import steps as any_steps

from tracker.capture.saved import SavedCapture, in_time_order
from tracker.connection import Connection, Journal
from tracker.endpoint import Endpoint, Profile
from tracker.flow_table import FlowTable
from tracker.meter import Meter
from tracker.names.services import Services
from tracker.report import sides
from tracker.report.events import Events
from tracker.report.records import FIELDS, json_lines
from tracker.report.rows import RowMaker, Wanted
from tracker.tcp_state import State

Row = dict[str, Any]
Key = tuple[Any, ...]

EVERYBODY = sides.stated(["0.0.0.0/0", "::/0"], "test")
UNREPLIED, REPLIED = 30 * NS_IN_S, 120 * NS_IN_S
RST = 4


def maker(now: int = 0, whose: sides.Sides = EVERYBODY, **changes: Any) -> RowMaker:
    """Return what makes all rows."""
    wanted = Wanted(now, closed=True, unreplied=UNREPLIED, replied=REPLIED)
    return RowMaker(wanted._replace(**changes), whose, frozenset(), None)


def pair(line: Row) -> Key:
    """Return which connection a line or a row is about, seen from which side."""
    names = ("proto", "local_address", "local_port", "foreign_address", "foreign_port")
    return *(line[name] for name in names), line["generation"]


class Reader:
    """Applies events in their order, as somebody would who reads them, and checks each.

    last     the last line of each connection
    told     (frame, side is local, before, after, evidence) of each change of a connection
    open     those that were opened and not closed
    """

    def __init__(self) -> None:
        self.last: dict[Key, Row] = {}
        self.told: dict[Key, list[Key]] = {}
        self.first: dict[Key, Row] = {}
        self.open: set[Key] = set()
        self.closed: list[Key] = []

    def read(self, lines: Iterable[str]) -> None:
        """Apply lines."""
        for line in lines:
            self._apply(json.loads(line))

    def _apply(self, line: Row) -> None:
        key = pair(line)
        if line["event"] == "opened":
            # A table that forgets counts generations anew, and may take the other end for local.
            for old in (key, (key[0], *key[3:5], *key[1:3], key[5])):
                assert old not in self.open
                self.last.pop(old, None)
            self.told[key] = []
            self.first[key] = line
            self.open.add(key)
        elif line["event"] == "changed":
            self._change(key, line)
        else:
            assert line["event"] == "closed"
            assert key in self.open
            assert states(line) == states(self.last[key])
            self.open.discard(key)
            self.closed.append(key)
        self.last[key] = line

    def _change(self, key: Key, line: Row) -> None:
        name = {"local": "state", "foreign": "foreign_state", None: "pseudo_state"}
        changed = name[line["endpoint"]]
        before = self.last[key]
        assert line["before"] == before[changed]
        assert line["after"] == line[changed] != line["before"]
        others = set(name.values()) - {changed}
        assert {line[other] for other in others} == {before[other] for other in others}
        self.told[key].append(
            (line["frame"], line["endpoint"], line["before"], line["after"], line["evidence"])
        )
        if line["after"] not in ("CLOSED", None):
            self.open.add(key)  # who was taken for gone is heard again


def states(line: Row) -> Key:
    """Return what a line or a row says of the states."""
    return line["state"], line["foreign_state"], line["pseudo_state"]


def check(reader: Reader, flows: FlowTable, now: int, history: bool = True) -> None:
    """Check that the events told what the rows show, and nothing else."""
    rows = [json.loads(line) for line in json_lines(maker(now).rows(flows.each), transitions=True)]
    shown = {pair(row): row for row in rows if not nothing_opened(row)}
    turned = {(key[0], *key[3:5], *key[1:3], key[5]) for key in reader.last}
    assert set(shown) <= set(reader.last) | turned
    assert reader.open <= set(shown)  # what was forgotten or evicted was closed
    for key, row in shown.items():
        if key in reader.last and key[1:3] != key[3:5]:  # whose two rows look the same
            check_row(reader, key, row)
            if history:
                assert reader.last[key].get("end_reason") == row["end_reason"]
                check_history(reader, key, row["transitions"])


def nothing_opened(row: Row) -> bool:
    """Return whether nothing has opened a connection yet, as a RST of something unseen."""
    return row["proto"] == "tcp" and not row["transitions"]


def check_row(reader: Reader, key: Key, row: Row) -> None:
    """Check what was told of one connection against its row."""
    last = reader.last[key]
    assert states(last) == states(row)
    assert (key in reader.open) == (row["end_reason"] is None)


def check_history(reader: Reader, key: Key, transitions: Sequence[Row]) -> None:
    """Check that each change is a transition of the history, and which of them were not told."""
    left = iter(transitions)
    for frame, endpoint, before, after, evidence in reader.told[key]:
        if endpoint is None or evidence == "next generation" or before is None:
            continue
        wanted = (endpoint, evidence, before, after, frame)
        for change in left:
            names = ("endpoint", "event", "before", "after", "frame")
            if tuple(change[name] for name in names) == wanted:
                break
            assert is_untold(reader, key, change)
        else:
            pytest.fail(f"{wanted} of {key} is no transition")
    assert all(is_untold(reader, key, change) for change in left)


def is_untold(reader: Reader, key: Key, change: Row) -> bool:
    """Return whether a transition is one that is not told by itself.

    Those of the first segment belong to what opened the connection.  Nobody sees those of an
    endpoint that is not heard; once it is, its state is told as it is then.
    """
    first = reader.first[key]
    if change["time"] <= first["time"]:
        return True
    heard = [
        frame
        for frame, endpoint, before, _, _ in reader.told[key]
        if endpoint == change["endpoint"] and before is None
    ]
    is_silent = first["state" if change["endpoint"] == "local" else "foreign_state"] is None
    return is_silent and (not heard or change["frame"] <= heard[0])


# --- recorded captures --------------------------------------------------------------------------


def replayed(path: Path, tick: int | None) -> tuple[Meter, Reader]:
    """Return what a capture makes of the table and of the events.

    Time passes every `tick` ns, and once at the end.
    """
    meter = Meter(flow_table(100_000))
    events = Events(maker())
    meter.table.journal = events
    reader = Reader()
    capture = SavedCapture(str(path))
    due = 0
    for frames, first, last in in_time_order([capture]):
        for number in range(first, last):
            time = frames.times[number]
            if tick is not None and time >= due:
                meter.table.expire(time)
                due = time + tick
            meter.feed(frames, number, number + 1)
            reader.read(events.take())
    capture.close()
    meter.table.expire(meter.time)  # what has been quiet for long when the capture ends
    reader.read(events.take())
    return meter, reader


CAPTURES = sorted(PCAPS.glob("*.pcap*"))


@pytest.mark.parametrize("tick", [None, 10_000_000], ids=["at the end", "every 10 ms"])
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_events_tell_what_the_table_shows(path: Path, tick: int | None) -> None:
    meter, reader = replayed(path, tick)
    assert meter.table.journal is not None
    events = meter.table.journal
    assert isinstance(events, Events)
    check(reader, meter.table, meter.time)
    for wait in (10, 61, 3600):
        meter.table.expire(meter.time + wait * NS_IN_S)
        reader.read(events.take())
        check(reader, meter.table, meter.time + wait * NS_IN_S)
    assert len(reader.closed) == len(set(reader.closed))


def test_the_captures_have_all_kinds_of_ends() -> None:
    reasons = set()
    for path in CAPTURES:
        meter, reader = replayed(path, None)
        events = meter.table.journal
        assert isinstance(events, Events)
        meter.table.expire(meter.time + 3600 * NS_IN_S)
        reader.read(events.take())
        reasons |= {reader.last[key]["end_reason"] for key in reader.closed}
    assert reasons == {"end of flow detected", "idle timeout"}


# --- any segments -------------------------------------------------------------------------------


@settings(max_examples=500, deadline=None)
@given(
    script=st.lists(any_steps, max_size=30),
    limit=st.sampled_from([1, 2, 1000]),
    keep_ended=st.booleans(),
    tick=st.sampled_from([0, 1, NS_IN_S, 31 * NS_IN_S]),
)
def test_any_segments(
    script: list[tuple[int, ...]], limit: int, keep_ended: bool, tick: int
) -> None:
    """Whatever comes: each line follows from the one before, and the last tells the states."""
    flows = FlowTable(profile(), limit, UNREPLIED, REPLIED, keep_ended, True)
    events = flows.journal = Events(maker())
    reader = Reader()
    now = time = START
    for frame, step in enumerate(script, 1):
        time += step[6]
        if tick:
            time = max(time, now)  # what is told to be over by now can't have been earlier
        now = max(now, time)
        flows.segment_seen(segment_of(step, frame, time))
        if tick:
            now += tick
            flows.expire(now)
        reader.read(events.take())
    flows.expire(now)
    reader.read(events.take())
    check(reader, flows, now, history=False)


# --- one after the other ------------------------------------------------------------------------

CLIENT_SOCKET, SERVER_SOCKET = (CLIENT, 1099), (SERVER, 80)


class Told:
    """A table with a journal, and what it has told so far."""

    def __init__(self, limit: int = 1000, keep_ended: bool = False, **changes: Any) -> None:
        self.flows = table(limit, keep_ended)
        self.events = Events(maker(**changes))
        self.flows.journal = self.events

    def new(self) -> list[Row]:
        """Return the lines since the last time."""
        return [json.loads(line) for line in self.events.take()]

    def facts(self) -> list[Key]:
        """Return event, endpoint, states before and after, or the reason of the end, of each."""
        return [
            (line["event"], line["end_reason"])
            if line["event"] == "closed"
            else (line["event"], line["state"], line["foreign_state"] or line["pseudo_state"])
            if line["event"] == "opened"
            else (line["endpoint"], line["before"], line["after"], line["evidence"])
            for line in self.new()
        ]


def test_a_connection_from_its_first_segment_to_its_end() -> None:
    """RFC 9293 figures 6 and 12."""
    told = Told()
    opened(told.flows, 1099)
    assert told.facts() == [
        ("opened", "SYN_SENT", None),
        ("foreign", None, "SYN_RECEIVED", "rcv SYN"),
        ("local", "SYN_SENT", "SYN_RECEIVED", "rcv SYN"),
        ("local", "SYN_RECEIVED", "ESTABLISHED", "rcv ACK of SYN"),
        ("foreign", "SYN_RECEIVED", "ESTABLISHED", "rcv ACK of SYN"),
    ]
    for source, destination, flags, them in (
        (CLIENT_SOCKET, SERVER_SOCKET, FIN | ACK, (2, 2)),
        (SERVER_SOCKET, CLIENT_SOCKET, FIN | ACK, (2, 3)),
        (CLIENT_SOCKET, SERVER_SOCKET, ACK, (3, 3)),
    ):
        told.flows.segment_seen(segment(source, destination, 1, flags=flags, numbers=them))
    assert told.facts() == [
        ("local", "ESTABLISHED", "FIN_WAIT_1", "snd FIN"),
        ("foreign", "ESTABLISHED", "CLOSE_WAIT", "rcv FIN"),
        ("local", "FIN_WAIT_1", "FIN_WAIT_2", "rcv ACK of FIN"),
        ("foreign", "CLOSE_WAIT", "LAST_ACK", "snd FIN"),
        ("local", "FIN_WAIT_2", "TIME_WAIT", "rcv FIN"),
        ("foreign", "LAST_ACK", "CLOSED", "rcv ACK of FIN"),
    ]
    for _ in range(3):
        told.flows.expire(START_OF_SEGMENTS + 100 * NS_IN_S)
    lines = told.new()
    assert [(line["event"], line["time"][17:23]) for line in lines] == [
        ("changed", "21.000"),
        ("closed", "21.000"),
    ]
    assert lines[1]["end_reason"] == "end of flow detected"


#: When the segments of `test_flow_table` begin: 2023-11-14T22:13:20Z.
START_OF_SEGMENTS = 1_700_000_000 * NS_IN_S


def test_names_are_those_of_records() -> None:
    told = Told(keep_ended=True)
    opened(told.flows, 1099)
    told.flows.segment_seen(segment(*2 * (SERVER_SOCKET,), 0, UDP))
    rst = segment(SERVER_SOCKET, CLIENT_SOCKET, 1, flags=RST, numbers=(2, 0))
    told.flows.segment_seen(rst)
    lines = told.new()
    own = {"time", "event", "frame", "endpoint", "before", "after", "source"}
    for line in lines:
        assert set(line) - own <= set(FIELDS)
    (row, _) = (
        json.loads(text) for text in json_lines(maker(tcp=True, udp=False).rows(told.flows.each))
    )
    closed = lines[-1]
    assert closed["event"] == "closed"
    for name in set(closed) & set(row):
        assert closed[name] == row[name], name


def test_udp_is_opened_answered_or_refused_and_closed_once() -> None:
    told = Told()
    ask = segment(CLIENT_SOCKET, SERVER_SOCKET, 0, UDP)
    told.flows.segment_seen(ask)
    told.flows.segment_seen(segment(CLIENT_SOCKET, SERVER_SOCKET, 1, UDP))
    told.flows.segment_seen(segment(SERVER_SOCKET, CLIENT_SOCKET, 2, UDP))
    told.flows.segment_seen(segment(SERVER_SOCKET, CLIENT_SOCKET, 3, UDP))
    unheard = segment((CLIENT, 7), SERVER_SOCKET, 3, UDP)
    told.flows.segment_seen(unheard)
    unheard.icmp_type, unheard.icmp_code = 3, 3
    told.flows.error_seen(unheard)
    assert told.facts() == [
        ("opened", None, "unreplied"),
        (None, "unreplied", "replied", "rcv datagram"),
        ("opened", None, "unreplied"),
        (None, "unreplied", "refused", "ICMP error"),
    ]
    ends = []
    for second in range(200):
        told.flows.expire(START_OF_SEGMENTS + second * NS_IN_S)
        ends += [(second, line["local_port"], line["time"][14:19]) for line in told.new()]
    # 30 s and 120 s after the last datagram; 22:13:20 is when they began.
    assert ends == [(34, 7, "13:53"), (124, 1099, "15:23")]
    told.flows.segment_seen(segment(CLIENT_SOCKET, SERVER_SOCKET, 201, UDP))
    assert told.facts() == [("opened", None, "unreplied")]


def test_udp_that_begins_again_was_closed_even_if_nobody_looked() -> None:
    told = Told()
    for second in (0, 31):
        told.flows.segment_seen(segment(CLIENT_SOCKET, SERVER_SOCKET, second, UDP))
    lines = told.new()
    assert [(line["event"], line["generation"]) for line in lines] == [
        ("opened", 1),
        ("closed", 1),
        ("opened", 2),
    ]
    assert lines[1]["end_reason"] == "idle timeout"
    assert (lines[1]["time"][14:19], lines[1]["frame"]) == ("13:50", None)


def test_what_is_evicted_is_closed_for_lack_of_resources() -> None:
    told = Told(limit=2)
    for port in range(4):
        told.flows.segment_seen(
            segment((CLIENT, port), SERVER_SOCKET, port, flags=SYN, numbers=(1, 0))
        )
    lines = told.new()
    assert [(line["event"], line["local_port"]) for line in lines] == [
        ("opened", 0),
        ("opened", 1),
        ("closed", 0),
        ("opened", 2),
        ("closed", 1),
        ("opened", 3),
    ]
    assert {line["end_reason"] for line in lines if line["event"] == "closed"} == {
        "lack of resources"
    }


@pytest.mark.parametrize("keep_ended", [False, True])
def test_the_next_generation_closes_the_one_before(keep_ended: bool) -> None:
    told = Told(keep_ended=keep_ended)
    opened(told.flows, 1099)
    closing = segment(CLIENT_SOCKET, SERVER_SOCKET, 1, flags=FIN | ACK, numbers=(2, 2))
    told.flows.segment_seen(closing)
    answer = segment(SERVER_SOCKET, CLIENT_SOCKET, 1, flags=FIN | ACK, numbers=(2, 3))
    told.flows.segment_seen(answer)
    told.new()
    told.flows.segment_seen(segment(CLIENT_SOCKET, SERVER_SOCKET, 2, flags=SYN, numbers=(1000, 0)))
    told.flows.segment_seen(
        segment(SERVER_SOCKET, CLIENT_SOCKET, 2, flags=SYN | ACK, numbers=(2000, 1001))
    )
    facts = told.facts()
    assert facts[:2] == [
        ("local", "TIME_WAIT", "CLOSED", "next generation"),
        ("opened", "SYN_SENT", None),
    ]
    assert ("foreign", "LAST_ACK", "CLOSED", "next generation") in facts
    assert facts.count(("closed", "end of flow detected")) == 1


def test_a_rst_of_something_unseen_opens_nothing() -> None:
    told = Told()
    told.flows.segment_seen(segment(SERVER_SOCKET, CLIENT_SOCKET, 0, flags=RST))
    assert told.new() == []
    opened(told.flows, 1099, 1)
    assert told.facts()[0] == ("opened", "SYN_SENT", "CLOSED")


def test_what_is_forgotten_was_closed() -> None:
    """A table that keeps nothing forgets what ended long ago, with nobody to look."""
    told = Told()
    told.flows.segment_seen(segment(CLIENT_SOCKET, SERVER_SOCKET, 0, flags=SYN, numbers=(1, 0)))
    opened(told.flows, 5, 300)
    closed = [line for line in told.new() if line["event"] == "closed"]
    assert [(line["local_port"], line["end_reason"]) for line in closed] == [(1099, "idle timeout")]
    assert len(told.flows) == 1


def test_what_is_forgotten_in_a_long_time_wait_is_closed_then() -> None:
    """RFC 9293 section 3.6.1 asks for 240 s; a table remembers for 120 s what has ended."""
    long = Profile([240 * NS_IN_S if state == State.TIME_WAIT else 0 for state in State], False, 0)
    flows = FlowTable(long, 1000, UNREPLIED, REPLIED)
    events = flows.journal = Events(maker())
    opened(flows, 1099)
    for source, destination, them in (
        (CLIENT_SOCKET, SERVER_SOCKET, (2, 2)),
        (SERVER_SOCKET, CLIENT_SOCKET, (2, 3)),
    ):
        flows.segment_seen(segment(source, destination, 0, flags=FIN | ACK, numbers=them))
    flows.segment_seen(segment(CLIENT_SOCKET, SERVER_SOCKET, 0, numbers=(3, 3)))
    events.take()
    flows.segment_seen(segment((CLIENT, 5), SERVER_SOCKET, 121, flags=SYN))
    (begun,) = map(json.loads, events.take())
    assert (begun["event"], begun["local_port"]) == ("opened", 5)
    flows.segment_seen(segment((CLIENT, 6), SERVER_SOCKET, 241, flags=SYN))
    changed, closed = [
        each for each in map(json.loads, events.take()) if each["local_port"] == 1099
    ]
    assert (changed["before"], changed["after"]) == ("TIME_WAIT", "CLOSED")
    assert (closed["event"], closed["end_reason"]) == ("closed", "end of flow detected")
    assert sorted(connection.a_port for connection in flows.connections()) == [5, 6]


def test_a_datagram_from_before_its_end_tells_nothing() -> None:
    told = Told()
    told.flows.segment_seen(segment(CLIENT_SOCKET, SERVER_SOCKET, 0, UDP))
    told.flows.expire(START_OF_SEGMENTS + 31 * NS_IN_S)
    told.flows.segment_seen(segment(SERVER_SOCKET, CLIENT_SOCKET, 29, UDP))
    assert [line["event"] for line in told.new()] == ["opened", "closed"]


def test_seeds_are_opened_and_then_go_their_way() -> None:
    told = Told()
    local, foreign = (0, *CLIENT_SOCKET), (0, *SERVER_SOCKET)
    assert told.flows.seed(4, local, foreign, State.FIN_WAIT_2, START_OF_SEGMENTS, opened=True)
    told.flows.segment_seen(
        segment(SERVER_SOCKET, CLIENT_SOCKET, 1, flags=FIN | ACK, numbers=(2, 3))
    )
    first, *rest = told.new()
    assert (first["frame"], first["evidence"], first["certainty"]) == (None, None, "assumed")
    assert (first["initiator"], first["initiator_basis"]) == ("local", "kernel")
    assert [line["after"] for line in rest] == ["LAST_ACK", "TIME_WAIT"]


def test_only_what_is_wanted_is_told() -> None:
    def lines(**changes: Any) -> set[tuple[str, int]]:
        told = Told(**changes)
        opened(told.flows, 1099)
        told.flows.segment_seen(segment(CLIENT_SOCKET, SERVER_SOCKET, 0, UDP))
        six = segment(CLIENT_SOCKET, SERVER_SOCKET, 0, UDP)
        six.version = 6
        told.flows.segment_seen(six)
        told.flows.expire(START_OF_SEGMENTS + 1000 * NS_IN_S)
        return {(line["proto"], line["local_address"].count(":")) for line in told.new()}

    tcp, udp, udp6 = ("tcp", 0), ("udp", 0), ("udp", 4)
    assert lines() == {tcp, udp, udp6}
    assert lines(tcp=False) == {udp, udp6}
    assert lines(udp=False) == {tcp}
    assert lines(version6=False) == {tcp, udp}
    assert lines(version4=False) == {udp6}


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        (["192.168.1.5"], {"192.168.1.5"}),
        (["192.168.1.7"], {"192.168.1.7"}),
        (["192.168.1.0/24"], {"192.168.1.5"}),  # who opened it
        (["10.0.0.1"], set()),
    ],
)
def test_the_local_side_is_whose_table_it_is(local: list[str], expected: set[str]) -> None:
    told = Told(whose=sides.stated(local, "test"))
    opened(told.flows, 1099)
    told.flows.segment_seen(segment(SERVER_SOCKET, CLIENT_SOCKET, 1, flags=RST, numbers=(2, 0)))
    assert {line["local_address"] for line in told.new()} == expected


def test_where_nobody_is_local_the_initiator_stays_it() -> None:
    """No SYN and no port of a service: it is who was heard first."""
    told = Told()
    told.flows.segment_seen(segment((SERVER, 5000), (CLIENT, 5001), 0))
    told.flows.segment_seen(segment((CLIENT, 5001), (SERVER, 5000), 0, flags=FIN | ACK))
    told.flows.segment_seen(segment((SERVER, 5000), (CLIENT, 5001), 1, flags=RST, numbers=(1, 0)))
    lines = told.new()
    assert {line["local_port"] for line in lines} == {5000}
    assert lines[-1]["event"] == "closed"


def test_names_of_services_are_told_with_what_is_opened() -> None:
    services = Services({(80, "tcp"): 'ht"tp'})
    made = RowMaker(Wanted(0), EVERYBODY, frozenset(), services)
    flows = table()
    events = flows.journal = Events(made)
    opened(flows, 1099)
    assert json.loads(events.take()[0])["service"] == 'ht"tp'


# --- the journal --------------------------------------------------------------------------------


class Notebook(Journal):
    """Keeps which calls came."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []

    def changed(self, _: Connection, endpoint: Endpoint, before: int) -> None:
        self.calls.append((State(before).name, endpoint.state))

    def seen(self, _: Connection, frame: int, __: int) -> None:
        self.calls.append(("seen", frame))

    def forgotten(self, _: Connection, __: int, evicted: bool) -> None:
        self.calls.append(("forgotten", evicted))


def test_a_journal_is_told_from_when_it_is_there_until_it_is_gone() -> None:
    flows = table()
    opened(flows, 1)
    notebook = Notebook()
    flows.journal = notebook
    assert flows.journal is notebook
    reset = segment((CLIENT, 1), SERVER_SOCKET, 1, flags=RST, numbers=(2, 0))
    reset.frame = 4
    flows.segment_seen(reset)
    assert notebook.calls == [
        ("ESTABLISHED", State.CLOSED),
        ("ESTABLISHED", State.CLOSED),
        ("seen", 4),
    ]
    flows.journal = None
    opened(flows, 2)
    opened(flows, 3)
    assert len(notebook.calls) == 3


def test_looking_is_not_noted() -> None:
    flows = table()
    notebook = flows.journal = Notebook()
    flows.segment_seen(segment(CLIENT_SOCKET, SERVER_SOCKET, 0, flags=SYN, numbers=(1, 0)))
    before = len(notebook.calls)
    later = START_OF_SEGMENTS + 3600 * NS_IN_S
    for look in (flows.each, flows.connections):
        (connection,) = look(later)
        assert connection.a.state == State.CLOSED
    assert len(notebook.calls) == before


def quiet_segments() -> Iterator[tuple[int, int]]:
    """Yield source and numbers of a conversation in which nothing changes a state."""
    for number in range(100):
        yield 0, 2 + 10 * number
        yield 1, 2 + 10 * number


def test_quiet_segments_are_not_noted() -> None:
    flows = table()
    opened(flows, 1099)
    sent = [2, 2]
    for who, _ in quiet_segments():
        ends = (CLIENT_SOCKET, SERVER_SOCKET)
        made = segment(ends[who], ends[1 - who], 1, numbers=(sent[who], sent[1 - who]))
        made.payload = 10
        sent[who] += 10
        flows.segment_seen(made)
        if sent == [12, 12]:  # the first data and the first ACK of each have been seen
            notebook = flows.journal = Notebook()
    assert notebook.calls == []
