"""Records: rows as JSON lines or CSV, the same names in both."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tracker.report.rows import FIELDS, Row

_NOTES = FIELDS.index("notes")


def json_lines(rows: Iterable[Row], history: bool = False) -> Iterator[str]:
    """Yield one JSON object for each row, without line end; `history` adds `transitions`."""
    encode: Callable[[Any], str] = json.JSONEncoder(separators=(", ", ": ")).encode
    for row in rows:
        record = dict(zip(FIELDS, row.values(), strict=True))
        if history:
            record["transitions"] = row.transitions()
        yield encode(record)


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
