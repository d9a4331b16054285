"""The table that is drawn again in place: what stands in it, where, and with which mark."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from captures import NS_IN_S, PCAPS, START, Record, conversation, read_pcap, timed
from hypothesis import given
from hypothesis import strategies as st
from metering import PROFILE, feed
from packets import CLIENT, SERVER, ethernet, ipv4, udp

from tracker.connection import Connection
from tracker.flow_table import FlowTable
from tracker.meter import Meter
from tracker.report import newest, sides
from tracker.report.dashboard import NOTES, REACH, Dashboard, Line, Status
from tracker.report.newest import NEVER, Key
from tracker.report.rows import RowMaker, Rows, Wanted
from tracker.report.table import table
from tracker.wire.segment import TCP
from tracker.words import ESTABLISHED

ANYBODY = sides.Sides([], "test", others=True)
STEP = 1_000_000  # ns, as between two frames of `timed`
UDP = 17  # RFC 768


class Watched:
    """Frames and the dashboard of them."""

    def __init__(self, *, wide: bool = False, listening: bool = False) -> None:
        self.meter = Meter(FlowTable(PROFILE, 1000, 30 * NS_IN_S, 120 * NS_IN_S, False, False))
        self.dashboard = Dashboard(wide)
        self.wide = wide
        self.listening = listening
        self.programs: Any = None
        self.now = START
        self.size = (24, 80)

    def feed(self, records: Sequence[Record]) -> None:
        feed(self.meter, records)
        self.now = max(self.now, records[-1].time)

    def rows(self) -> Rows:
        wanted = Wanted(
            self.now, listening=self.listening, unreplied=30 * NS_IN_S, replied=120 * NS_IN_S
        )
        self.meter.table.expire(self.now)
        maker = RowMaker(wanted, ANYBODY, frozenset(), None)
        maker.programs = self.programs
        return maker.rows(self.meter.table.each)

    def status(self, **changes: Any) -> Status:
        status = Status("eth0", self.now, self.meter.frames, 10, 0, 0, False, (), 7, 0)
        return status._replace(**changes)

    def lines(self, top: int = 0, left: int = 0, **changes: Any) -> list[Line]:
        return self.dashboard.lines(self.rows(), self.status(**changes), *self.size, top, left)

    def body(self, **changes: Any) -> list[str]:
        return body(self.lines(**changes))


def body(lines: Sequence[Line]) -> list[str]:
    """Return what stands below the names of the columns, without the last line."""
    styles = [line.style for line in lines]
    return [line.text for line in lines[styles.index("columns") + 1 : -1] if line.text]


def head(lines: Sequence[Line]) -> list[Line]:
    """Return what stands above the names of the columns."""
    return list(lines[: [line.style for line in lines].index("columns")])


def text(lines: Sequence[Line]) -> str:
    return "\n".join(line.text for line in lines)


def words(line: str) -> list[str]:
    """Return mark, local port and state of a row of TCP."""
    mark, _, local, _, state = [line[0], *line[1:].split()]
    return [mark, local.rpartition(":")[2], state]


def at(records: Iterable[Record], time: int) -> list[Record]:
    """Return the same frames at another time."""
    return [record._replace(time=time) for record in records]


# --- marks --------------------------------------------------------------------------------------


def test_a_connection_comes_changes_and_goes() -> None:
    """RFC 9293 figure 6, then figure 12, a table after each frame."""
    watched = Watched()
    assert watched.body() == ["  no packets yet"]
    seen = []
    for record in timed(conversation()):
        watched.feed([record])
        seen.append(words(*watched.body()))
    assert seen == [
        ["+", "1099", "SYN_SENT"],
        ["*", "1099", "ESTABLISHED"],
        ["*", "1099", "ESTABLISHED"],  # the server's state
        [" ", "1099", "ESTABLISHED"],
        [" ", "1099", "ESTABLISHED"],
        ["*", "1099", "FIN_WAIT_1"],
        ["*", "1099", "FIN_WAIT_2"],
        ["*", "1099", "TIME_WAIT"],
        ["*", "1099", "TIME_WAIT"],  # the server's
    ]
    assert words(*watched.body()) == [" ", "1099", "TIME_WAIT"]
    watched.now += 60 * NS_IN_S  # TIME_WAIT in Linux
    lines = watched.lines()
    assert [words(line) for line in body(lines)] == [["-", "1099", "CLOSED"]]
    assert "0 rows, 7 connections held;  + 0 new  * 0 changed  - 1 gone  in 60.0 s" in text(lines)
    assert watched.body() == ["  no connections"]


def test_styles_follow_the_marks() -> None:
    watched = Watched()
    watched.feed(timed(conversation(2000)))
    watched.feed(timed(conversation(2001)[:3], start=watched.now + STEP))
    assert [line.style for line in watched.lines() if "TCP" in line.text] == ["plain", "plain"]
    watched.now += 60 * NS_IN_S  # TIME_WAIT in Linux
    watched.feed(timed(conversation(2001)[3:6], start=watched.now))
    watched.feed(timed(conversation(2002)[:3], start=watched.now))
    watched.now += NS_IN_S
    rows = [(*words(line.text)[:2], line.style) for line in watched.lines() if "TCP" in line.text]
    assert rows == [
        ("-", "2000", "gone"),
        ("+", "2002", "new"),
        ("*", "2001", "changed"),
    ]


def test_no_marks_before_there_is_something_to_compare_with() -> None:
    watched = Watched()
    watched.feed(timed(conversation()))
    lines = watched.lines()
    assert words(*body(lines))[0] == " "
    assert "1 row, 7 connections held" in [line.text for line in lines]


def test_newest_first() -> None:
    watched = Watched()
    for port in (2000, 2001, 2002):
        watched.feed(timed(conversation(port)[:3], start=watched.now + STEP))
    assert [words(line)[1] for line in watched.body()] == ["2002", "2001", "2000"]
    watched.feed(timed(conversation(2000)[3:6], start=watched.now + STEP))
    assert [words(line)[:2] for line in watched.body()] == [
        ["*", "2000"],
        [" ", "2002"],
        [" ", "2001"],
    ]


def test_packets_that_are_seen_late_are_marked() -> None:
    """The ring gives them a little later than their time; the table was made in between."""
    watched = Watched()
    watched.feed(timed(conversation(2000)[:3]))
    watched.now = START + NS_IN_S
    watched.lines()
    watched.feed(timed(conversation(2001)[:3], start=START + NS_IN_S // 2))
    watched.now += NS_IN_S
    assert [words(line)[:2] for line in watched.body()] == [["+", "2001"], [" ", "2000"]]


def test_packets_of_a_time_to_come_are_marked_then() -> None:
    """They are taken in while the table is made, which is as of a moment before."""
    watched = Watched()
    watched.lines()
    feed(watched.meter, timed(conversation()[:1], start=START + NS_IN_S))
    assert words(*watched.body())[0] == " "
    watched.now += NS_IN_S
    assert words(*watched.body())[0] == "+"
    assert words(*watched.body())[0] == " "


def test_next_generation_is_new_and_the_one_before_gone() -> None:
    watched = Watched()
    watched.feed(timed(conversation()))
    watched.lines()
    again = timed(conversation()[:2], start=watched.now + 2 * NS_IN_S)
    again = [record._replace(octets=_later(record.octets)) for record in again]
    watched.feed(again)
    assert [words(line)[::2] for line in watched.body()] == [["-", "CLOSED"], ["+", "ESTABLISHED"]]


def _later(octets: bytes) -> bytes:
    """Return a segment of 50 000 octets later: its sequence number and acknowledgment number."""
    numbers = [int.from_bytes(octets[start : start + 4]) for start in (38, 42)]
    sent, acknowledged = [number + 50_000 if number else 0 for number in numbers]
    return octets[:38] + sent.to_bytes(4) + acknowledged.to_bytes(4) + octets[46:]


def test_only_what_was_shown_is_said_to_be_gone() -> None:
    watched = Watched()
    watched.size = (10, 80)
    for port in range(2000, 2010):
        watched.feed(timed(conversation(port), start=watched.now + STEP))
    shown = [words(line)[1] for line in watched.body()]
    assert 0 < len(shown) < 10
    watched.now += 60 * NS_IN_S
    lines = watched.lines()
    gone = [words(line) for line in body(lines)]
    # They take half of the room, so that what is new can be seen, too.
    assert gone == [["-", port, "CLOSED"] for port in shown][: len(gone)]
    assert 0 < len(gone) < len(shown)
    assert "- 10 gone" in text(lines)


# --- the newest rows ----------------------------------------------------------------------------


def made(number: int, first_seen: int, changes: tuple[int, int], is_tcp: bool) -> Connection:
    """Return a connection that was seen first, and changed its states last, at these times."""
    connection = Connection()
    connection.version = 4
    connection.protocol = TCP if is_tcp else UDP
    connection.a_low, connection.b_low = 0xFFFF0A000001, 0xFFFF0A000002
    connection.a_port, connection.b_port = 1024 + number, 80
    connection.first_seen = connection.last_seen = first_seen
    for endpoint, since in zip((connection.a, connection.b), changes, strict=True):
        endpoint.exists = True
        endpoint.packets = 1
        endpoint.state = ESTABLISHED
        endpoint.since = since
    return connection


TIMES = st.integers(1, 20)


@given(
    st.lists(st.tuples(TIMES, st.tuples(TIMES, TIMES), st.booleans()), max_size=40),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(1, 12),
    st.sets(st.integers(0, 60)),
    st.booleans(),
)
def test_the_newest_rows_are_those_that_sorting_all_would_find(
    told: list[tuple[int, tuple[int, int], bool]],
    since: int,
    now: int,
    most: int,
    watched: set[int],
    both: bool,
) -> None:
    connections = [made(number, *each) for number, each in enumerate(told)]
    whose = sides.stated(["10.0.0.0/8"], "test") if both else ANYBODY
    maker = RowMaker(Wanted(now, unreplied=NEVER, replied=NEVER), whose, frozenset(), None)
    rows = maker.rows(lambda: connections)
    each = 1 + both

    def change(connection: Connection) -> int:
        times = (connection.a.since, connection.b.since) if connection.protocol == TCP else ()
        return max(connection.first_seen, *times, 0)

    def mark(connection: Connection) -> str:
        if not since < change(connection) <= now:
            return " "
        return "+" if connection.first_seen > since else "*"

    counts = newest.count(rows, since, most)
    marks = [mark(connection) for connection in connections] * each
    assert (counts.rows, counts.new, counts.changed) == (
        len(marks),
        marks.count("+"),
        marks.count("*"),
    )
    assert counts.udp == each * sum(connection.protocol == UDP for connection in connections)
    assert counts.states[ESTABLISHED + 1] == sum(counts.states) == counts.rows - counts.udp
    assert counts.latest == max(map(change, connections), default=0)

    everything, _ = newest.keep(rows, counts._replace(floor=0), since, 1000, set(), False)
    keys = [kept.key for kept in everything]
    assert len(set(keys)) == counts.rows
    there = {keys[number] for number in watched if number < len(keys)}
    others: set[Key] = {(*key, "other") for key in there}
    kept, missing = newest.keep(rows, counts, since, most, there | others, False)
    assert missing == others
    ordered = [one for one in sorted(connections, key=change, reverse=True) for _ in range(each)]
    assert [(one.change, one.mark) for one in kept] == [
        (change(one), mark(one)) for one in ordered[:most]
    ]
    for one, connection in zip(kept, ordered, strict=False):
        assert f"10.0.0.1:{connection.a_port}" in one.cells[1:3]


@pytest.mark.parametrize(("before", "after"), [(0, 9), (9, 0), (5, 9), (9, 5)])
def test_connections_may_come_and_go_between_the_passes(before: int, after: int) -> None:
    lengths = iter([before, after])

    def connections() -> Iterator[Connection]:
        return (made(number, number + 1, (0, 0), True) for number in range(next(lengths)))

    rows = RowMaker(Wanted(100), ANYBODY, frozenset(), None).rows(connections)
    counts = newest.count(rows, 0, 6)
    kept, _ = newest.keep(rows, counts, 0, 6, set(), False)
    changes = [one.change for one in kept]
    assert changes == sorted(changes, reverse=True)
    assert changes[:1] == [after][:after]
    assert len(kept) <= min(6, after)


def test_many_more_rows_than_can_be_reached() -> None:
    many = [made(number, number, (0, 0), True) for number in range(1, REACH + 100)]
    rows = RowMaker(Wanted(NS_IN_S), ANYBODY, frozenset(), None).rows(lambda: many)
    dashboard = Dashboard()
    status = Watched().status()
    lines = dashboard.lines(rows, status, 24, 80, REACH * 2)
    last = lines[-1].text
    assert f"of {REACH + 99} (the newest {REACH})" in last
    assert f"-{REACH} of" in last
    assert dashboard.top == REACH - dashboard.page
    assert words(body(lines)[-1])[1] == str(1024 + 100)


# --- what stands beside -------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(PCAPS.glob("*.pcap")), ids=lambda path: path.name)
@pytest.mark.parametrize("wide", [False, True], ids=["plain", "wide"])
def test_rows_are_those_of_the_table(path: Path, wide: bool) -> None:
    """But for the order, and columns of the wide one in which nothing stands."""
    watched = Watched(wide=wide, listening=True)
    watched.size = (200, 1000)
    watched.feed(read_pcap(path))
    lines = watched.lines()
    expected = [line.split() for line in table(watched.rows(), wide)][3:]
    rows = [line[1:].split() for line in body(lines)]
    assert sorted(rows) == sorted(expected or [["no", "connections"]])
    states = [
        "UDP" if cells[0] == "UDP" else cells[3].replace("-", "unknown") for cells in expected
    ]
    said = text(head(lines)).splitlines()
    counted = said[1].split() if expected else []
    assert dict(zip(counted[::2], counted[1::2], strict=True)) == {
        state: str(states.count(state)) for state in states
    }


def test_states_of_udp_only_where_there_is_room() -> None:
    frame = ethernet(ipv4(udp(b"x", 5353, 53), 17, CLIENT, SERVER))
    for wide in (False, True):
        watched = Watched(wide=wide)
        watched.size = (24, 200)
        watched.feed(timed([frame]))
        (line,) = watched.body()
        assert ("unreplied" in line) == wide
        assert "UDP 1" in text(watched.lines())
        watched.now += 31 * NS_IN_S
        (line,) = watched.body()
        assert line.startswith("- UDP")
        assert "CLOSED" not in line


def test_programs() -> None:
    class Known:
        def of(self, *_: object) -> tuple[int, str] | None:
            return 123, "curl"

    for wide in (False, True):
        watched = Watched(wide=wide)
        watched.size = (24, 200)
        watched.programs = Known()
        watched.feed(timed(conversation()))
        lines = watched.lines()
        (columns,) = [line.text for line in lines if line.style == "columns"]
        (line,) = body(lines)
        start = columns.index("PID/Program")
        assert line[start:].startswith("123/curl")
        watched.programs = None
        assert "PID/Program" not in text(watched.lines())


def test_heading() -> None:
    watched = Watched()
    watched.feed(timed(conversation()))
    watched.size = (24, 120)
    assert head(watched.lines(undecoded=3)) == [
        Line(
            "eth0  00:00:00 UTC  9 packets (10/s)  dropped: 0 by kernel  0 by interface  "
            "3 without TCP or UDP",
            "heading",
        ),
        Line("TIME_WAIT 1", "plain"),
        Line("1 row, 7 connections held", "plain"),
    ]


def test_drops_stand_out() -> None:
    watched = Watched()
    watched.feed(timed(conversation()))
    for kernel, interface in product((None, 0, 5), repeat=2):
        lines = watched.lines(dropped_by_kernel=kernel, dropped_by_interface=interface)
        (line,) = [line for line in lines if "dropped: " in line.text]
        assert (line.style == "warning") == (5 in {kernel, interface})
        for number, where in ((kernel, "kernel"), (interface, "interface")):
            assert (f"{number} by {where}" in line.text) == (number is not None)
        assert ("unknown" in line.text) == (kernel is None and interface is None)


def test_notes_the_latest_ones() -> None:
    watched = Watched()
    notes = tuple(f"note {number}" for number in range(NOTES + 2))
    said = [line.text for line in watched.lines(notes=notes) if line.style == "warning"]
    assert said == ["(2 more before) note 2", "note 3", "note 4"]
    said = [line.text for line in watched.lines(notes=notes[:1]) if line.style == "warning"]
    assert said == ["note 0"]


def test_nothing_moves_the_cursor() -> None:
    watched = Watched()
    lines = watched.lines(where="\x1b[2Jv\u00e9th\t0", notes=("a\nb\x07",))
    assert all(line.text.isascii() and line.text.isprintable() for line in lines)
    assert lines[0].text.startswith("?[2Jv?th?0  ")


# --- the terminal's size, and scrolling ---------------------------------------------------------


@pytest.mark.parametrize("wide", [False, True], ids=["plain", "wide"])
def test_nothing_is_cut_without_a_mark(wide: bool) -> None:
    watched = Watched(wide=wide, listening=True)
    for name in ("ipv6", "ftp-and-web", "udp-refused", "vxlan"):
        frames = read_pcap(PCAPS / f"{name}.pcap")
        watched.feed([frame._replace(time=watched.now + frame.time % NS_IN_S) for frame in frames])
    notes = ("the system's clock was set by +3.0 s; times are told as if it had not",)
    changes: dict[str, Any] = {"notes": notes, "dropped_by_kernel": 12_345}
    watched.size = (100, 1000)
    whole = watched.lines(**changes)
    rows = {line.text for line in whole[len(head(whole)) :]}
    for height, width in product(range(1, 40), (1, 2, 10, 39, 40, 79, 80, 100, 250)):
        lines = watched.dashboard.again(False, height, width, 0)
        assert len(lines) == height
        assert all(len(line.text) <= width for line in lines)
        if height < 2 * (len(head(whole)) + 1):
            continue  # there is no room for all that stands above
        above = " ".join(line.text for line in head(lines))
        said = " ".join(line.text for line in head(whole))
        assert above.split() == said.split() or ">" in above
        for line in body(lines):
            whole_ones = {tuple(row.split()) for row in rows}
            assert tuple(line.split()) in whole_ones or line.endswith(">"[:width])


def test_a_tall_terminal_shows_all_above_the_rows() -> None:
    watched = Watched()
    watched.feed(timed(conversation()))
    watched.size = (40, 30)
    said = text(head(watched.lines(notes=("a note that is longer than a line of this",))))
    assert ">" not in said
    assert "a note that is longer than a\nline of this" in said


def scrolling() -> Watched:
    watched = Watched()
    watched.size = (12, 80)
    watched.lines()
    for port in range(2000, 2030):
        watched.feed(timed(conversation(port)[:3], start=watched.now + STEP))
    return watched


def test_scrolling_down_and_beyond_the_end() -> None:
    watched = scrolling()
    ports = [str(port) for port in reversed(range(2000, 2030))]
    page = len(body(watched.lines()))
    assert watched.dashboard.page == page > 3
    for top in range(40):
        lines = watched.dashboard.again(False, *watched.size, top)
        first = min(top, 30 - page)
        assert watched.dashboard.top == first
        assert [words(line)[1] for line in body(lines)] == ports[first : first + page]
        assert f"rows {first + 1}-{first + page} of 30 " in lines[-1].text
        assert {line[0] for line in body(lines)} == {"+"}  # it is the same table
    assert body(watched.lines(top=1000))[-1].startswith("  ")


def test_what_scrolls_off_is_not_gone() -> None:
    watched = scrolling()
    watched.lines(top=20)
    assert not [line for line in watched.body() if line.startswith("-")]
    for port in range(3000, 3030):
        watched.feed(timed(conversation(port)[:3], start=watched.now + STEP))
    assert {line[0] for line in watched.body()} == {"+"}


def test_scrolling_to_the_right() -> None:
    """Step by step, all of a line can be read; the mark stays where it is."""
    watched = Watched(wide=True)
    watched.feed(timed(conversation()))
    watched.size = (24, 400)
    (whole,) = watched.body()
    read = ""
    for left in range(0, 300, 10):
        lines = watched.dashboard.again(False, 24, 60, 0, left)
        assert watched.dashboard.left == min(left, watched.dashboard.left)
        (line,) = body(lines)
        assert line[:2] == whole[:2]
        part = line[2:].removesuffix(">")
        assert part.startswith("<") == (watched.dashboard.left > 0)
        read = read[: watched.dashboard.left + 1] + part[1:] if read else part
    assert read.split() == whole[2:].split()
    assert not line.endswith(">")
    watched.dashboard.again(False, 24, 400, 0, 50)
    assert watched.dashboard.left == 0


def test_pause() -> None:
    watched = scrolling()
    lines = watched.lines()
    watched.feed(timed(conversation(4000)[:3], start=watched.now + STEP))
    paused = watched.lines(paused=True)
    assert paused[:-1] == lines[:-1]
    assert paused[-1].text.startswith("PAUSED")
    assert "PAUSED" not in lines[-1].text
    assert watched.dashboard.again(True, *watched.size, 0) == paused
    scrolled = watched.lines(top=3, paused=True)
    assert body(scrolled)[0] == body(lines)[3]
    resumed = watched.lines()
    assert [words(line)[:2] for line in body(resumed)[:2]] == [["+", "4000"], [" ", "2029"]]


def test_pause_before_the_first_table() -> None:
    watched = Watched()
    watched.feed(timed(conversation()))
    assert "TIME_WAIT" in text(watched.lines(paused=True))
