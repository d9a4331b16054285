"""The table that netstat prints, as wide as its contents need: nothing is cut.

How wide that is, only a first look at all rows tells; nothing of them is kept until the second.
"""

from collections.abc import Iterator

from tracker.names.name import Name
from tracker.report.rows import (
    CERTAINTIES,
    EVIDENCE,
    LONGEST_SOCKET4,
    PSEUDO_STATES,
    STATES,
    ConnectionRow,
    ListeningRow,
    Row,
    RowMaker,
    Rows,
)
from tracker.report.sides import basis
from tracker.report.text import duration, origin, timestamp
from tracker.wire.segment import TCP

HEADING = "Active Connections"

_COLUMNS = ("Proto", "Local Address", "Foreign Address", "State")
_WIDTHS = (5, LONGEST_SOCKET4, LONGEST_SOCKET4, 11)
_WIDE_COLUMNS = (
    *_COLUMNS,
    "Foreign State",
    "Certainty",
    "Opened By",
    "Gen",
    "Tunnel",
    "Packets",
    "Bytes",
    "Age",
    "Idle",
    "Evidence",
    "PID/Program",
    "Names From",
    "Notes",
)
# Only where there are some.
_TUNNEL = _WIDE_COLUMNS.index("Tunnel")
_PROGRAM = _WIDE_COLUMNS.index("PID/Program")
_NAMES = _WIDE_COLUMNS.index("Names From")


def table(rows: Rows, wide: bool = False, as_of: bool = False) -> Iterator[str]:
    """Yield the lines of the table of `rows`: heading, names of the columns, a line each.

    The heading says the moment, too, if wanted (`as_of`).
    """
    yield f"{HEADING} as of {timestamp(rows.maker.now)}" if as_of else HEADING
    yield ""
    if wide:
        yield from _wide_lines(rows)
    elif rows.maker.programs is not None:
        yield from _lines_with_programs(rows)
    else:
        yield from _lines(rows)


def _lines_with_programs(rows: Rows) -> Iterator[str]:
    """Yield the lines with one column more, as `netstat -p` has it."""
    local, foreign = _socket_widths(rows)
    left, right = _blanks(local), _blanks(foreign)
    longest = max(map(len, filter(None, STATES)))
    yield f"{_line(_COLUMNS, left, right).ljust(_width(local, foreign, longest))}  PID/Program"
    for row in rows:
        line = _row_line(row, left, right).ljust(_width(local, foreign, longest))
        yield f"{line}  {_program(row)}"


def _width(local: int, foreign: int, state: int) -> int:
    """Return how long a line is, with columns of these widths."""
    return 2 + _WIDTHS[0] + 2 + local + 2 + foreign + 2 + state


def _program(row: Row) -> str:
    """Return who has the local socket, as netstat says it; "-" where nobody knows."""
    owner = row.owner()
    return "-" if owner is None else f"{owner[0]}/{owner[1]}"


def _lines(rows: Rows) -> Iterator[str]:
    local, foreign = _socket_widths(rows)
    left, right = _blanks(local), _blanks(foreign)
    yield _line(_COLUMNS, left, right)
    for row in rows:
        yield _row_line(row, left, right)


def _socket_widths(rows: Rows) -> tuple[int, int]:
    """Return how wide the columns of the sockets are; rows that are narrow are not made twice."""
    left = right = LONGEST_SOCKET4
    if not rows.maker.is_narrow():
        for row in rows:
            if not row.is_narrow():
                _, local, foreign, _ = row.cells()
                left = max(left, len(local))
                right = max(right, len(foreign))
    return left, right


def _blanks(width: int) -> tuple[str, ...]:
    """Return what fills up a column after a text, by the length of the text."""
    return tuple(" " * (width - length) for length in range(width + 1))


_PROTO_BLANKS = _blanks(_WIDTHS[0])


def _row_line(row: Row, left: tuple[str, ...], right: tuple[str, ...]) -> str:
    return _line(row.cells(), left, right)


def _line(cells: tuple[str, str, str, str], left: tuple[str, ...], right: tuple[str, ...]) -> str:
    """Return a line, the columns of the sockets filled up."""
    proto, local, foreign, state = cells
    line = (
        f"  {proto}{_PROTO_BLANKS[len(proto)]}  {local}{left[len(local)]}  "
        f"{foreign}{right[len(foreign)]}  {state}"
    )
    return line if state else line.rstrip()


def _wide_lines(rows: Rows) -> Iterator[str]:
    widths = list(map(len, _WIDE_COLUMNS))
    widths[: len(_WIDTHS)] = _WIDTHS
    tunnels = names = False
    for row in rows:
        cells = _wide_cells(row)
        tunnels = tunnels or cells[_TUNNEL] != ""
        names = names or cells[_NAMES] != ""
        _widen(widths, cells)
    if not tunnels:
        widths[_TUNNEL] = 0
    if not names:
        widths[_NAMES] = 0
    if rows.maker.programs is None:
        widths[_PROGRAM] = 0
    yield _wide_line(_WIDE_COLUMNS, widths)
    for row in rows:
        yield _wide_line(_wide_cells(row), widths)


def _widen(widths: list[int], cells: tuple[str, ...]) -> None:
    """Make the columns as wide as their cells need."""
    for i, cell in enumerate(cells):
        widths[i] = max(widths[i], len(cell))


def _wide_line(cells: tuple[str, ...], widths: list[int]) -> str:
    """Return a line; a column of no width is left out."""
    line = ""
    for cell, width in zip(cells, widths, strict=True):
        if width:
            line += "  " + cell.ljust(width)
    return line.rstrip()


def _wide_cells(row: ConnectionRow | ListeningRow) -> tuple[str, ...]:
    """Return all columns; of what exists on both sides, local and foreign with a slash."""
    if isinstance(row, ListeningRow):
        rest = [""] * (len(_WIDE_COLUMNS) - len(_COLUMNS))
        rest[_PROGRAM - len(_COLUMNS)] = _program(row)
        rest[_NAMES - len(_COLUMNS)] = _names(row.name(), None, row.maker.now)
        return (*row.cells(), *rest)
    return _wide_connection_cells(row)


def _wide_connection_cells(row: ConnectionRow) -> tuple[str, ...]:
    connection, local, foreign = row.connection, row.local, row.foreign
    proto, local_socket, foreign_socket, state = row.cells()
    foreign_state = certainty = ""
    if connection.protocol == TCP:
        foreign_state = STATES[row.state(foreign)] or "-"
        ours, theirs = CERTAINTIES[row.certainty(local)], CERTAINTIES[row.certainty(foreign)]
        certainty = f"{ours or '-'}/{theirs or '-'}"
    else:
        state = PSEUDO_STATES[row.pseudo_state()] or ""
    evidence = EVIDENCE[row.evidence(local)]
    opener = "local" if row.opener == row.side else "foreign"
    now = row.maker.now
    return (
        proto,
        local_socket,
        foreign_socket,
        state,
        foreign_state,
        certainty,
        f"{opener} ({basis(connection, row.maker.service_ports)})",
        f"{connection.generation}",
        row.tunnel(),
        f"{local.packets}/{foreign.packets}",
        f"{local.bytes}/{foreign.bytes}",
        duration(max(now - connection.first_seen, 0)),
        duration(max(now - connection.last_seen, 0)),
        "" if evidence is None else f"#{local.evidence_frame} {evidence}",
        _program(row),
        _names(row.name(row.side), row.name(1 - row.side), now),
        "; ".join(row.notes()),
    )


def _names(local: Name | None, foreign: Name | None, now: int) -> str:
    """Return where the names came from, as of `now` (ns); of two, the local one's first."""
    if local is None:
        return "" if foreign is None else origin(foreign, now)
    return (
        origin(local, now) if foreign is None else f"{origin(local, now)} / {origin(foreign, now)}"
    )


def history(rows: Rows) -> Iterator[str]:
    """Yield, for each of `rows`, its sockets and every change of state with its evidence."""
    for row in rows:
        proto, local, foreign, state = row.cells()
        yield ""
        yield f"  {proto} {local} {foreign} {state}".rstrip()
        for change in row.transitions():
            states = f"{change['before']} -> {change['after']}"
            yield (
                f"    #{change['frame']:<5} {change['since_first_seen']:>+8.3f} s  "
                f"{change['endpoint']:<7}  {states:<28}  {change['event']} ({change['source']})"
            )


# --- for who lays the table out otherwise -------------------------------------------------------


def columns(maker: RowMaker, wide: bool) -> tuple[str, ...]:
    """Return the names of the columns."""
    if not wide:
        return _COLUMNS if maker.programs is None else (*_COLUMNS, _WIDE_COLUMNS[_PROGRAM])
    return _WIDE_COLUMNS if maker.programs is not None else _without_program(_WIDE_COLUMNS)


def cells(row: ConnectionRow | ListeningRow, wide: bool) -> tuple[str, ...]:
    """Return what stands in the `columns`."""
    is_owned = row.maker.programs is not None
    if not wide:
        return (*row.cells(), _program(row)) if is_owned else row.cells()
    return _wide_cells(row) if is_owned else _without_program(_wide_cells(row))


def _without_program(cells: tuple[str, ...]) -> tuple[str, ...]:
    return cells[:_PROGRAM] + cells[_PROGRAM + 1 :]
