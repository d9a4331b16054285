"""Records: rows as JSON lines or CSV, the same names in both."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tracker.report.rows import FIELDS, Row

_NOTES = FIELDS.index("notes")

# One object, without its last brace, with a place for each value.
_OBJECT = "{" + ", ".join(f'"{name}": %s' for name in FIELDS)

# What comes from outside may hold anything; the other texts are our own words and numbers.
_FROM_OUTSIDE = tuple(map(FIELDS.index, ("local_name", "foreign_name", "service")))


def json_lines(rows: Iterable[Row], history: bool = False) -> Iterator[str]:
    """Yield one JSON object for each row, without line end; `history` adds `transitions`."""
    for row in rows:
        line = _OBJECT % tuple(_encoded(row.values()))
        if history:
            line += f', "transitions": {json.dumps(row.transitions())}'
        yield line + "}"


def _encoded(values: list[Any]) -> list[Any]:
    """Return the values as JSON; numbers are left to be formatted."""
    encoded = [
        "null" if value is None else value if type(value) is int else f'"{value}"'
        for value in values
    ]
    for at in _FROM_OUTSIDE:
        if values[at] is not None:
            encoded[at] = json.dumps(values[at])
    encoded[_NOTES] = json.dumps(values[_NOTES]) if values[_NOTES] else "[]"
    return encoded


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield a line with the names, then one line for each row (RFC 4180); None is empty."""
    import csv  # here, because few runs want CSV
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="")
    for record in _records(rows):
        writer.writerow(record)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _records(rows: Iterable[Row]) -> Iterator[list[Any]]:
    yield list(FIELDS)
    for row in rows:
        values = row.values()
        values[_NOTES] = "; ".join(values[_NOTES])
        yield values
