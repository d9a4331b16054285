"""Subjects for tests: of a capture, by way of the rows of `tracker read`; or made up."""

from datetime import datetime
from pathlib import Path
from typing import Any

from captures import read

from tracker.audit.subject import Subject
from tracker.words import NOTES

NS_IN_S = 1_000_000_000

#: When the tables of made up hosts are taken, ns since 1970.
NOON = 1_767_268_800 * NS_IN_S

_BITS = {text: bit for bit, text in NOTES.items()}
_USUAL = Subject(
    proto="tcp",
    local_address="192.168.1.5",
    local_port=1099,
    foreign_address="192.168.1.7",
    foreign_port=80,
    state="ESTABLISHED",
    foreign_state="ESTABLISHED",
    pseudo_state=None,
    opened_by="local",
    basis="syn",
    first_seen=NOON - 60 * NS_IN_S,
    last_seen=NOON - 30 * NS_IN_S,
    frame=1,
    name=None,
    asked=False,
    service="http",
    local_packets=4,
    foreign_packets=3,
    local_payload=5,
    foreign_payload=7,
    history="ShADad",
    notes=0,
    local_speaks=None,
    foreign_speaks=None,
    program=None,
    present=True,
)


def made(**fields: Any) -> Subject:
    """Return a subject: an open connection to a web server, but for these fields."""
    return _USUAL._replace(**fields)


def nanoseconds(text: str) -> int:
    """Return a time as in 2026-11-22T16:29:15.221458161Z, in ns since 1970."""
    whole, _, rest = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * NS_IN_S + int(rest.ljust(9, "0") or "0")


def subjects_of(capture: Path, moment: int, *words: str) -> list[Subject]:
    """Return the subjects of a capture as of `moment`, ns since 1970, each connection once."""
    at = f"{moment // NS_IN_S}.{moment % NS_IN_S:09d}"
    outcome = read("--closed", "--at", at, *words, capture)
    assert outcome.status == 0 or "no connection seen" in outcome.stderr, outcome.stderr
    return [_subject(row) for row in outcome.rows]


def _subject(row: dict[str, Any]) -> Subject:
    present = row["end_reason"] is None
    if row["proto"] == "tcp":
        present = row["state"] not in (None, "CLOSED", "LISTEN")
    return _USUAL._replace(
        **{name: row[name] for name in _SAME},
        opened_by=row["initiator"],
        basis=row["initiator_basis"],
        first_seen=nanoseconds(row["first_seen"]),
        last_seen=nanoseconds(row["last_seen"]),
        frame=row["evidence_frame"] or 0,
        local_payload=row["local_payload_bytes"],
        foreign_payload=row["foreign_payload_bytes"],
        notes=sum(_BITS[text] for text in row["notes"] if text in _BITS),
        present=present,
    )


_SAME = (
    *("proto", "local_address", "local_port", "foreign_address", "foreign_port"),
    *("state", "foreign_state", "pseudo_state", "service", "history"),
    *("local_packets", "foreign_packets"),
)
