"""Reports: texts, and that no form of them keeps a connection or a row beyond the next one."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from captures import NS_IN_S, PCAPS, Record, read_pcap
from hypothesis import example, given
from hypothesis import strategies as st
from metering import metered

from tracker.capture.saved import SavedCapture, in_time_order
from tracker.config import Config
from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.meter import Meter
from tracker.moment import END
from tracker.names.services import Services
from tracker.replay import replay
from tracker.report import sides
from tracker.report.records import FIELDS, csv_lines, json_lines, values
from tracker.report.rows import RowMaker, Rows, Wanted
from tracker.report.styles import STYLES, styled
from tracker.report.table import history, table
from tracker.report.tally import tally
from tracker.report.text import address, ipv4, ipv6, socket4, timestamp
from tracker.tables import flow_table

HALF = st.integers(0, 2**64 - 1)
SPARSE = st.lists(st.sampled_from([0, 0, 1, 0xF0, 0xFFFF]), min_size=4, max_size=4).map(
    lambda groups: sum(group << 16 * i for i, group in enumerate(groups))
)
MAPPED = 0xFFFF00000000

# --- texts --------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(0, 65535))
def test_ipv4(number: int, port: int) -> None:
    expected = str(IPv4Address(number))
    assert ipv4(MAPPED | number) == ipv4(number) == address(4, 0, MAPPED | number) == expected
    assert socket4(MAPPED | number, port) == f"{expected}:{port}"


@given(HALF | SPARSE, HALF | SPARSE)
@example(0, 0)
@example(0, 1)
@example(1 << 48, 0)
@example(0x20010DB8 << 32, 1)
@example(0x20010DB800000001, 0x0001000100010001)
@example(0x2001000000000001, 0x0000000000000001)
@example(0x2001000000010000, 0x0000000100000001)
@example(2**64 - 1, 2**64 - 1)
def test_ipv6(high: int, low: int) -> None:
    """RFC 5952 section 4; IPv4 inside it is not told apart (section 5), as later Pythons do."""
    if not high and low >> 32 == 0xFFFF:
        low ^= 1 << 63
    assert ipv6(high, low) == address(6, high, low) == str(IPv6Address(high << 64 | low))


def test_ipv6_that_holds_ipv4() -> None:
    assert ipv6(0, 0xFFFF01020304) == "::ffff:102:304"


@given(st.integers(-(2**63), 2**63 - 1))
@example(0)
@example(-1)
@example(951_782_399 * NS_IN_S)
@example(951_782_400 * NS_IN_S)
@example(-86_400 * NS_IN_S)
def test_timestamp(ns: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=ns // NS_IN_S)
    assert timestamp(ns) == f"{moment:%Y-%m-%dT%H:%M:%S}.{ns % NS_IN_S:09d}Z"


# --- rows ---------------------------------------------------------------------------------------

#: What no registry holds, and what needs care in JSON and CSV.
SERVICES = Services({(80, "tcp"): 'w"e\\b,\u00fc', (53, "udp"): "domain"})
WHOSE = (None, sides.stated(["0.0.0.0/0", "::/0"], "test"))


def held() -> list[Record]:
    """Return the frames of captures with connections of each kind."""
    names = ("loopback", "ipv6", "port-reused", "out-of-window-rst", "udp-refused", "vxlan")
    return [frame for name in names for frame in read_pcap(PCAPS / f"{name}.pcap")]


@pytest.fixture(scope="module")
def connections() -> Sequence[Connection]:
    """Return connections of each kind."""
    return list(metered(held()).table.connections())


def fill(thing: Connection | Endpoint, like: Connection | Endpoint) -> None:
    """Give a connection or an endpoint all that another one has."""
    for name in dir(like):
        value = getattr(like, name)
        if name.startswith("_") or callable(value):
            continue
        if isinstance(value, Endpoint):
            fill(getattr(thing, name), value)
        else:
            setattr(thing, name, value)


def refilled(connections: Sequence[Connection]) -> Iterator[Connection]:
    """Yield the same connection each time, filled anew, and in the end emptied."""
    same = Connection()
    for connection in connections:
        fill(same, connection)
        yield same
    fill(same, Connection())


def rows_of(
    connections: Callable[[], Iterator[Connection]],
    whose: sides.Sides | None,
    services: Services | None,
) -> Rows:
    wanted = Wanted(2_000_000_000 * NS_IN_S, closed=True, listening=True)
    maker = RowMaker(wanted, whose or tally(connections()).sides, frozenset(), services)
    return maker.rows(connections)


FORMS: list[Callable[[Rows], Iterator[str]]] = [
    table,
    lambda rows: table(rows, True),
    history,
    json_lines,
    lambda rows: json_lines(rows, True),
    csv_lines,
    *(partial(styled, name=name) for name in STYLES),
]


@pytest.mark.parametrize("services", [None, SERVICES], ids=["numeric", "services"])
@pytest.mark.parametrize("whose", WHOSE, ids=["guessed", "stated"])
def test_nothing_is_kept_of_a_connection(
    connections: Sequence[Connection], whose: sides.Sides | None, services: Services | None
) -> None:
    kept = rows_of(lambda: iter(connections), whose, services)
    anew = rows_of(lambda: refilled(connections), whose, services)
    for form in FORMS:
        assert list(form(anew)) == list(form(kept))
        assert anew.count == kept.count > len(connections)


def test_tally_keeps_no_connection(connections: Sequence[Connection]) -> None:
    found, expected = tally(refilled(connections)), tally(connections)
    assert found[:-1] == expected[:-1]
    assert found.sides.reason == expected.sides.reason


@pytest.mark.parametrize("path", sorted(PCAPS.glob("*.pcap*")), ids=lambda path: path.name)
@pytest.mark.parametrize("services", [None, SERVICES], ids=["numeric", "services"])
def test_json_is_what_json_makes_of_the_values(path: Path, services: Services | None) -> None:
    meter = Meter(flow_table(Config(), keep_ended=True, keep_history=True))
    capture = SavedCapture(str(path))
    replay(in_time_order([capture]), meter, END)
    capture.close()
    for whose in WHOSE:
        rows = rows_of(meter.table.connections, whose, services)
        expected = [json.dumps(dict(zip(FIELDS, values(row), strict=True))) for row in rows]
        assert list(json_lines(rows)) == expected
        assert rows.count == len(expected) > 0


def test_a_table_is_as_wide_as_its_longest_socket(connections: Sequence[Connection]) -> None:
    services = Services({(80, "tcp"): "a-name-longer-than-the-column-of-sockets"})
    for names in (None, services):
        rows = rows_of(lambda: iter(connections), None, names)
        _, _, heading, *lines = table(rows)
        sockets = [row.cells()[1:3] for row in rows]
        width = max(21, *(len(local) for local, _ in sockets))
        assert heading.index("Foreign") == 2 + 5 + 2 + width + 2
        starts = heading.index("Foreign"), heading.index("State")
        for line, (local, foreign) in zip(lines, sockets, strict=True):
            assert line[9 : starts[0]].strip() == local
            assert line[starts[0] : starts[1]].strip() == foreign
