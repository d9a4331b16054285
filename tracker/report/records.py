"""Records: rows as JSON lines or CSV, the same names in both."""

import json
from collections.abc import Iterator
from functools import lru_cache

from tracker.names.name import Name
from tracker.report.community_id import community_id
from tracker.report.rows import (
    CERTAINTIES,
    END_REASONS,
    EVIDENCE,
    PSEUDO_STATES,
    STATES,
    ConnectionRow,
    ListeningRow,
    Rows,
)
from tracker.report.sides import basis
from tracker.report.text import timestamp
from tracker.report.zeek import conn_state, history
from tracker.typed import Any

#: The names of a record's values, in their order.
FIELDS = (
    "proto",
    "local_address",
    "local_port",
    "foreign_address",
    "foreign_port",
    "state",
    "foreign_state",
    "certainty",
    "foreign_certainty",
    "evidence_frame",
    "evidence",
    "foreign_evidence_frame",
    "foreign_evidence",
    "initiator",
    "initiator_basis",
    "generation",
    "pseudo_state",
    "tunnel",
    "first_seen",
    "last_seen",
    "local_packets",
    "foreign_packets",
    "local_bytes",
    "foreign_bytes",
    "local_payload_bytes",
    "foreign_payload_bytes",
    "local_name",
    "local_name_from",
    "foreign_name",
    "foreign_name_from",
    "service",
    "history",
    "conn_state",
    "community_id",
    "end_reason",
    "notes",
)
_NOTES = FIELDS.index("notes")
_LOCAL_NAME_FROM = FIELDS.index("local_name_from")
_FOREIGN_NAME_FROM = FIELDS.index("foreign_name_from")


def values(row: ConnectionRow | ListeningRow) -> list[Any]:
    """Return the values of FIELDS; None is unknown or does not apply."""
    if isinstance(row, ListeningRow):
        return _listening_values(row)
    return _connection_values(row)


def _connection_values(row: ConnectionRow) -> list[Any]:
    connection, local, foreign = row.connection, row.local, row.foreign
    evidence, foreign_evidence = row.evidence(local), row.evidence(foreign)
    local_name, foreign_name = row.name(row.side), row.name(1 - row.side)
    return [
        row.proto(),
        row.host(row.side),
        row.port(row.side),
        row.host(1 - row.side),
        row.port(1 - row.side),
        STATES[row.state(local)],
        STATES[row.state(foreign)],
        CERTAINTIES[row.certainty(local)],
        CERTAINTIES[row.certainty(foreign)],
        local.evidence_frame if evidence else None,
        EVIDENCE[evidence],
        foreign.evidence_frame if foreign_evidence else None,
        EVIDENCE[foreign_evidence],
        "local" if row.opener == row.side else "foreign",
        basis(connection, row.maker.service_ports),
        connection.generation,
        PSEUDO_STATES[row.pseudo_state()],
        row.tunnel() or None,
        timestamp(connection.first_seen),
        timestamp(connection.last_seen),
        local.packets,
        foreign.packets,
        local.bytes,
        foreign.bytes,
        local.payload,
        foreign.payload,
        local_name and local_name.text,
        local_name and _origin(local_name),
        foreign_name and foreign_name.text,
        foreign_name and _origin(foreign_name),
        row.service(),
        history(connection, row.opener),
        conn_state(connection, row.opener),
        community_id(connection),
        END_REASONS[row.end_reason()],
        row.notes(),
    ]


def _listening_values(row: ListeningRow) -> list[Any]:
    """Return the values of FIELDS; there is no foreign endpoint."""
    name = row.name()
    known: dict[str, Any] = {
        "proto": "tcp",
        "local_address": row.host,
        "local_port": row.port,
        "state": "LISTEN",
        "certainty": "inferred",
        "local_name": name and name.text,
        "local_name_from": name and _origin(name),
        "service": row.service,
        "notes": [],
    }
    return [known.get(name) for name in FIELDS]


def _origin(name: Name) -> dict[str, Any]:
    """Return where a name came from."""
    return {
        "source": name.source,
        "frame": name.frame or None,
        "time": timestamp(name.time) if name.time else None,
        "asked_by": name.asker,
        "until": timestamp(name.until) if name.until else None,
    }


# --- JSON ---------------------------------------------------------------------------------------


def json_lines(rows: Rows, transitions: bool = False, as_of: bool = False) -> Iterator[str]:
    """Yield one JSON object for each row, without line end.

    With its `transitions`, and the moment of the table (`as_of`), if wanted.
    """
    for row in rows:
        if isinstance(row, ConnectionRow):
            line = _json(row)
        else:
            line = json.dumps(dict(zip(FIELDS, values(row), strict=True)))
        more = _more(rows, row, as_of)
        if transitions:
            more["transitions"] = row.transitions()
        yield f"{line[: len(line) - 1]}, {json.dumps(more)[1:]}" if more else line


def _more(rows: Rows, row: ConnectionRow | ListeningRow, as_of: bool) -> dict[str, Any]:
    """Return what only live tables tell of a row, by name."""
    more: dict[str, Any] = {}
    if rows.maker.programs is not None:
        more["pid"], more["program"] = row.owner() or (None, None)
    if as_of:
        more["as_of"] = timestamp(rows.maker.now)
    return more


def _members(name: str, texts: tuple[str | None, ...]) -> tuple[str, ...]:
    """Return a member of the object for each text: fewer parts make a line faster."""
    return tuple(f', "{name}": {json.dumps(text)}' for text in texts)


_STATES = _members("state", STATES)
_FOREIGN_STATES = _members("foreign_state", STATES)
_CERTAINTIES = _members("certainty", CERTAINTIES)
_FOREIGN_CERTAINTIES = _members("foreign_certainty", CERTAINTIES)
_EVIDENCE = _members("evidence", EVIDENCE)
_FOREIGN_EVIDENCE = _members("foreign_evidence", EVIDENCE)
_PSEUDO_STATES = _members("pseudo_state", PSEUDO_STATES)
_END_REASONS = _members("end_reason", END_REASONS)

# What comes from outside may hold anything: names of services.
_name = lru_cache(maxsize=1024)(json.dumps)


@lru_cache(maxsize=1024)
def _json_origin(name: Name) -> str:
    return json.dumps(_origin(name))


def _json(row: ConnectionRow) -> str:
    """Return what `json` makes of the `values`, for a tenth of what that costs.

    What is quoted here is made of our own words, and of digits.
    """
    connection, local, foreign = row.connection, row.local, row.foreign
    side, opener = row.side, row.opener
    evidence, foreign_evidence = row.evidence(local), row.evidence(foreign)
    service, notes = row.service(), row.notes()
    names = ', "local_name": null, "local_name_from": null'
    names += ', "foreign_name": null, "foreign_name_from": null'
    if row.maker.hosts is not None:
        names = _json_name("local", row.name(side)) + _json_name("foreign", row.name(1 - side))
    return (
        f'{{"proto": "{row.proto()}"'
        f', "local_address": "{row.host(side)}"'
        f', "local_port": {row.port(side)}'
        f', "foreign_address": "{row.host(1 - side)}"'
        f', "foreign_port": {row.port(1 - side)}'
        f"{_STATES[row.state(local)]}"
        f"{_FOREIGN_STATES[row.state(foreign)]}"
        f"{_CERTAINTIES[row.certainty(local)]}"
        f"{_FOREIGN_CERTAINTIES[row.certainty(foreign)]}"
        f', "evidence_frame": {_frame(local.evidence_frame, evidence)}'
        f"{_EVIDENCE[evidence]}"
        f', "foreign_evidence_frame": {_frame(foreign.evidence_frame, foreign_evidence)}'
        f"{_FOREIGN_EVIDENCE[foreign_evidence]}"
        f', "initiator": "{"local" if opener == side else "foreign"}"'
        f', "initiator_basis": "{basis(connection, row.maker.service_ports)}"'
        f', "generation": {connection.generation}'
        f"{_PSEUDO_STATES[row.pseudo_state()]}"
        f', "tunnel": {json.dumps(row.tunnel()) if connection.tunnel else "null"}'
        f', "first_seen": "{timestamp(connection.first_seen)}"'
        f', "last_seen": "{timestamp(connection.last_seen)}"'
        f', "local_packets": {local.packets}'
        f', "foreign_packets": {foreign.packets}'
        f', "local_bytes": {local.bytes}'
        f', "foreign_bytes": {foreign.bytes}'
        f', "local_payload_bytes": {local.payload}'
        f', "foreign_payload_bytes": {foreign.payload}'
        f"{names}"
        f', "service": {"null" if service is None else _name(service)}'
        f', "history": "{history(connection, opener)}"'
        f', "conn_state": "{conn_state(connection, opener)}"'
        f', "community_id": "{community_id(connection)}"'
        f"{_END_REASONS[row.end_reason()]}"
        f', "notes": {json.dumps(notes) if notes else "[]"}}}'
    )


def _json_name(end: str, name: Name | None) -> str:
    """Return the name of an end, and where it came from."""
    if name is None:
        return f', "{end}_name": null, "{end}_name_from": null'
    return f', "{end}_name": {_name(name.text)}, "{end}_name_from": {_json_origin(name)}'


def _frame(number: int, known: int) -> str:
    """Return a number of a frame, null where it is not known."""
    return f"{number}" if known else "null"


# --- CSV ----------------------------------------------------------------------------------------


def csv_lines(rows: Rows, as_of: bool = False) -> Iterator[str]:
    """Yield a line with the names, then one line for each row (RFC 4180); None is empty."""
    import csv  # here, because few runs want CSV
    import io

    names = list(FIELDS)
    if rows.maker.programs is not None:
        names += ["pid", "program"]
    if as_of:
        names.append("as_of")
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="")
    writer.writerow(names)
    yield buffer.getvalue()
    for row in rows:
        record = values(row)
        record[_NOTES] = "; ".join(record[_NOTES])
        for at in (_LOCAL_NAME_FROM, _FOREIGN_NAME_FROM):
            record[at] = _csv_origin(record[at])
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([*record, *_more(rows, row, as_of).values()])
        yield buffer.getvalue()


def _csv_origin(origin: dict[str, Any] | None) -> str | None:
    """Return where a name came from, as one text."""
    if origin is None:
        return None
    return "; ".join(f"{key} {value}" for key, value in origin.items() if value is not None)
