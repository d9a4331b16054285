"""The newest rows of a table that may have millions, and the counts of all.

Cells cost most, so they are made of few: a first pass over the rows counts them and finds how new
a row must be to be kept, a second one keeps those.  Frames may be taken in meanwhile, so a row may
change, come or go between the passes.
"""

from heapq import heappush, heapreplace

from tracker.connection import Connection
from tracker.report.rows import STATES, ConnectionRow, ListeningRow, Rows
from tracker.report.table import cells
from tracker.typed import NamedTuple
from tracker.wire.segment import TCP

#: What a row is told from others by.
Key = tuple[int | str, ...]

#: Marks: come, changed and gone since the last table, none of these.
NEW, CHANGED, GONE, SAME = "+", "*", "-", " "

#: A `since` that nothing is later than.
NEVER = 2**63 - 1

_PORT_BITS = 16


class Kept(NamedTuple):
    """A row to be shown.

    change    when it came or changed its state last, ns; 0 for listening sockets
    number    its place among those that changed at the same time
    """

    change: int
    number: int
    key: Key
    mark: str
    cells: tuple[str, ...]


class Counts(NamedTuple):
    """What a first pass over all rows tells.

    rows, udp         connections' rows, and those of UDP among them
    states            how many have each of `rows.STATES`, but for UDP
    new, changed      rows that came, or changed a state, since the last table
    latest            when the last change was, ns
    floor             when the oldest change was among those to be kept, ns
    listening         the rows of listening sockets
    """

    rows: int
    udp: int
    states: list[int]
    new: int
    changed: int
    latest: int
    floor: int
    listening: list[ListeningRow]


def count(rows: Rows, since: int, most: int) -> Counts:
    """Go through `rows` and count; `most` are to be kept, changes count after `since` (ns)."""
    until = rows.maker.now
    states = [0] * len(STATES)
    best: list[int] = []  # a heap of the latest changes
    listening = []
    number = udp = new = changed = latest = floor = 0
    for row in rows:
        if isinstance(row, ListeningRow):
            listening.append(row)
            continue
        seen: ConnectionRow = row
        number += 1
        connection = seen.connection
        if connection.protocol == TCP:
            states[seen.state(seen.local)] += 1
        else:
            udp += 1
        change = last_change(connection)
        latest = max(latest, change)
        if since < change <= until:
            if connection.first_seen > since:
                new += 1
            else:
                changed += 1
        if number <= most:
            heappush(best, change)
            floor = best[0]
        elif change > floor:
            heapreplace(best, change)
            floor = best[0]
    return Counts(number, udp, states, new, changed, latest, floor, listening)


def last_change(connection: Connection) -> int:
    """Return when a connection came, or an endpoint of it changed its state last, ns."""
    change = connection.first_seen
    if connection.protocol == TCP:
        change = max(change, connection.a.since, connection.b.since)
    return change


def keep(
    rows: Rows, counts: Counts, since: int, most: int, watched: set[Key], wide: bool
) -> tuple[list[Kept], set[Key]]:
    """Return the `most` newest of `rows`, newest first, and which of `watched` have no row.

    `since` and `most` are those of `counts`.  Listening sockets come last.
    """
    until = rows.maker.now
    kept = []
    floor = counts.floor
    missing = set(watched)
    ports = {key[0] for key in watched}
    row = ConnectionRow(rows.maker)
    for (
        connection
    ) in rows.connections():  # not `rows`: that would look for the listening ones again
        sides = row.look_at(connection)
        if not sides:
            continue
        change = last_change(connection)
        if change < floor and _ports(connection) not in ports:
            continue
        for side in range(2):
            if not sides >> side & 1:
                continue
            row.turn(side)
            key = _key(connection, side)
            missing.discard(key)
            if change >= floor:
                mark = _mark(connection, change, since, until)
                kept.append(Kept(change, row.number, key, mark, cells(row, wide)))
    kept.sort(key=_order)
    del kept[most:]
    for listening in counts.listening[: most - len(kept)]:
        key = (-1, listening.host, listening.port)
        missing.discard(key)
        kept.append(Kept(0, 0, key, SAME, cells(listening, wide)))
    return kept, missing


def _order(kept: Kept) -> tuple[int, int]:
    return -kept.change, kept.number


def _mark(connection: Connection, change: int, since: int, until: int) -> str:
    """Return what became of a row after `since` and not after `until`: then it is for later."""
    if not since < change <= until:
        return SAME
    return NEW if connection.first_seen > since else CHANGED


def _ports(connection: Connection) -> int:
    return connection.a_port << _PORT_BITS | connection.b_port


def _key(connection: Connection, side: int) -> Key:
    return (
        _ports(connection),
        side,
        connection.generation,
        connection.protocol,
        connection.version,
        connection.a_high,
        connection.a_low,
        connection.b_high,
        connection.b_low,
    )
