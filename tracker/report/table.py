"""The table that netstat prints, as wide as its contents need: nothing is cut."""

from collections.abc import Iterable, Iterator

from tracker.report.rows import FIELDS, Row

HEADING = "Active Connections"

_COLUMNS = ("Proto", "Local Address", "Foreign Address", "State")
_WIDTHS = (5, 21, 21, 11)
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
    "Notes",
)
# Only where there are some.
_TUNNEL = _WIDE_COLUMNS.index("Tunnel")


def table(rows: Iterable[Row], wide: bool = False) -> Iterator[str]:
    """Yield the lines of the table of `rows`: heading, names of the columns, a line each."""
    cells: list[tuple[str, ...]] = [_WIDE_COLUMNS if wide else _COLUMNS]
    cells.extend(_wide_cells(row) if wide else row.cells() for row in rows)
    if wide and not any(line[_TUNNEL] for line in cells[1:]):
        cells = [line[:_TUNNEL] + line[_TUNNEL + 1 :] for line in cells]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    widths[: len(_WIDTHS)] = map(max, widths, _WIDTHS)
    form = "  " + "".join(f"%-{width}s  " for width in widths[:-1]) + "%s"
    yield HEADING
    yield ""
    for line in cells:
        yield form % line if line[-1] else (form % line).rstrip()


def history(rows: Iterable[Row]) -> Iterator[str]:
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


def _wide_cells(row: Row) -> tuple[str, ...]:
    """Return all columns; of what exists on both sides, local and foreign with a slash."""
    values = dict(zip(FIELDS, row.values(), strict=True))
    tcp = values["proto"] == "tcp"
    if values["generation"] is None:
        return (*row.cells(), *[""] * (len(_WIDE_COLUMNS) - len(_COLUMNS)))

    def both(name: str, local: str = "") -> str:
        ours, theirs = values[(local or f"local_{name}")], values[f"foreign_{name}"]
        return f"{'-' if ours is None else ours}/{'-' if theirs is None else theirs}"

    evidence = values["evidence"]
    proto, local, foreign, state = row.cells()
    return (
        proto,
        local,
        foreign,
        state or values["pseudo_state"] or "",
        (values["foreign_state"] or "-") if tcp else "",
        both("certainty", "certainty") if tcp else "",
        f"{values['initiator']} ({values['initiator_basis']})",
        str(values["generation"]),
        values["tunnel"] or "",
        both("packets"),
        both("bytes"),
        *row.ages(),
        "" if evidence is None else f"#{values['evidence_frame']} {evidence}",
        "; ".join(values["notes"]),
    )
