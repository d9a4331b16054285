"""Records: rows as JSON lines or CSV, the same names in both."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tracker.report.rows import Row
from tracker.report.text import timestamp

_TIMES = (Row._fields.index("first_seen"), Row._fields.index("last_seen"))
_NOTES = Row._fields.index("notes")


def _values(row: Row) -> list[Any]:
    values: list[Any] = list(row)
    for at in _TIMES:
        if values[at] is not None:
            values[at] = timestamp(values[at])
    return values


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield one JSON object for each row, without line end."""
    encode: Callable[[Any], str] = json.JSONEncoder(separators=(", ", ": ")).encode
    for row in rows:
        yield encode(dict(zip(Row._fields, _values(row), strict=True)))


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
    yield list(Row._fields)
    for row in rows:
        values = _values(row)
        values[_NOTES] = "; ".join(row.notes)
        yield values
