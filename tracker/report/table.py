"""The table that netstat prints, as wide as its contents need: nothing is cut."""

from collections.abc import Iterable, Iterator, Sequence

from tracker.report.rows import Row
from tracker.report.text import duration, socket

HEADING = "Active Connections"

_COLUMNS = ("Proto", "Local Address", "Foreign Address", "State")
_WIDTHS = (5, 21, 21, 11)
_WIDE_COLUMNS = (
    *_COLUMNS,
    "Foreign State",
    "Certainty",
    "Opened By",
    "Gen",
    "Packets",
    "Bytes",
    "Age",
    "Idle",
    "Evidence",
    "Notes",
)


def table(rows: Iterable[Row], now: int, wide: bool = False) -> Iterator[str]:
    """Yield the lines of the table of `rows` as of `now` (ns): heading, names, a line each."""
    columns = _WIDE_COLUMNS if wide else _COLUMNS
    cells = [_wide_cells(row, now) if wide else _cells(row) for row in rows]
    widths = [
        max([len(name), *(len(line[i]) for line in cells), *_WIDTHS[i : i + 1]])
        for i, name in enumerate(columns)
    ]
    yield HEADING
    yield ""
    for line in (columns, *cells):
        yield _line(line, widths)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return ("  " + "  ".join(padded)).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    """Return protocol, sockets and state; the port of the service end by its name."""
    local_port: int | str = row.local_port
    foreign_port: int | str = "*" if row.foreign_port is None else row.foreign_port
    if row.service is not None:
        if row.initiator == "local":
            foreign_port = row.service
        else:
            local_port = row.service
    foreign_address = row.foreign_address
    if foreign_address is None:
        foreign_address = "::" if ":" in row.local_address else "0.0.0.0"  # noqa: S104 - text
    state = "" if row.proto == "udp" else row.state or "-"
    return (
        row.proto.upper(),
        socket(row.local_address, local_port),
        socket(foreign_address, foreign_port),
        state,
    )


def _wide_cells(row: Row, now: int) -> tuple[str, ...]:
    """Return all columns; of what exists on both sides, local and foreign with a slash."""
    if row.first_seen is None or row.last_seen is None:
        return (*_cells(row), *[""] * (len(_WIDE_COLUMNS) - len(_COLUMNS)))
    certainty = f"{row.certainty or '-'}/{row.foreign_certainty or '-'}"
    return (
        *_cells(row),
        "" if row.proto == "udp" else row.foreign_state or "-",
        "" if row.proto == "udp" else certainty,
        f"{row.initiator} ({row.initiator_basis})",
        str(row.generation),
        f"{row.local_packets}/{row.foreign_packets}",
        f"{row.local_bytes}/{row.foreign_bytes}",
        duration(max(now - row.first_seen, 0)),
        duration(max(now - row.last_seen, 0)),
        _evidence(row),
        "; ".join(row.notes),
    )


def _evidence(row: Row) -> str:
    """Return what the local state rests on: rule and frame."""
    if row.evidence is None:
        return ""
    return f"#{row.evidence_frame} {row.evidence}"
