"""Findings as people and machines read them."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tracker.audit.finding import KINDS, Finding
from tracker.audit.findings import Audit
from tracker.audit.look import socket
from tracker.audit.subject import Subject
from tracker.names.name import Name
from tracker.report.text import counted, timestamp
from tracker.typed import TYPE_CHECKING, Any
from tracker.words import NOTES

if TYPE_CHECKING:  # loaded where the kernel is asked
    from tracker.audit.against_known import Mismatch

_WIDTH, _LABEL, _NUMBER = 80, 13, 3


def lines(findings: list[Finding], numeric: bool = False) -> Iterator[str]:
    """Yield the lines of the table: a block for each finding, no wider than 80 columns."""
    if findings:
        yield "Unexplained Connections"
    for number, finding in enumerate(findings, 1):
        yield ""
        yield from block(number, finding, numeric)


def block(number: int, finding: Finding, numeric: bool) -> Iterator[str]:
    """Yield the lines of one finding."""
    subject = finding.subject
    yield from _in_two(f"{number:<{_NUMBER}}{heading(finding, numeric)}")
    for doubt in finding.doubts:
        yield from _labelled(KINDS[doubt.kind], doubt.text)
        if doubt.evidence:
            yield from _labelled("", doubt.evidence)
    if subject.name is not None and not numeric:
        yield from _labelled("name", f"{subject.name.text} ({subject.name.source})")
    for at, text in enumerate(finding.look):
        yield from _labelled("" if at else "look", text)


def doubt_lines(finding: Finding, numeric: bool) -> Iterator[str]:
    """Yield a line for each doubt of a finding, as they are told live."""
    when = timestamp(finding.subject.first_seen)[11:19]
    for doubt in finding.doubts:
        evidence = f" ({doubt.evidence})" if doubt.evidence else ""
        yield f"{when} {heading(finding, numeric)}: {KINDS[doubt.kind]}: {doubt.text}{evidence}"


def heading(finding: Finding, numeric: bool) -> str:
    """Return which connections a finding is about."""
    subject = finding.subject
    local = socket(subject.local_address, subject.local_port)
    foreign = socket(subject.foreign_address, subject.foreign_port)
    kind = finding.doubts[0].kind
    if kind == "scan" or (finding.connections > 1 and subject.opened_by == "local"):
        local = subject.local_address
    if kind == "scan" or (finding.connections > 1 and subject.opened_by == "foreign"):
        foreign = subject.foreign_address
    if kind == "half-open-pile":
        foreign += " ..."
    arrow = "->" if subject.opened_by == "local" else "<-"
    text = f"{subject.proto.upper()} {local} {arrow} {foreign}"
    if subject.service and not numeric and kind != "scan":
        text += f" ({subject.service})"
    if finding.connections > 1:
        return f"{text}  {finding.connections} connections"
    return f"{text}  {subject.state or subject.pseudo_state or ''}".rstrip()


def _in_two(head: str) -> list[str]:
    """Return a heading as it is, or in two lines where it is too long (IPv6)."""
    if len(head) <= _WIDTH:
        return [head]
    arrow = " -> " if " -> " in head else " <- "
    before, _, behind = head.partition(arrow)
    return [before, f"{' ' * (_NUMBER + 4)}{arrow.strip()} {behind}"]


def _labelled(label: str, text: str) -> Iterator[str]:
    """Yield a text with a label before its first line, wrapped: `textwrap` would take longer."""
    line = f"{' ' * _NUMBER}{label:<{_LABEL}}"
    left = _WIDTH - len(line) + 1
    words: list[str] = []
    for word in text.split():
        left -= len(word) + 1
        if left < 0 and words:
            yield line + " ".join(words)
            line = " " * (_NUMBER + _LABEL)
            left = _WIDTH - len(line) - len(word)
            words = []
        words.append(word)
    yield line + " ".join(words)


# --- JSON ---------------------------------------------------------------------------------------


def json_line(number: int, finding: Finding) -> str:
    """Return a finding as one JSON object, without line end."""
    record: dict[str, Any] = {"finding": number, "connections": finding.connections}
    record |= subject_record(finding.subject)
    record["doubts"] = [doubt._asdict() for doubt in finding.doubts]
    record["explanation"] = finding.explanation
    record["look"] = finding.look
    record["pairs"] = [_pair(subject) for subject in finding.subjects]
    return json.dumps(record)


def subject_record(subject: Subject) -> dict[str, Any]:
    """Return the fields of a subject; times are ISO 8601, notes texts."""
    record: dict[str, Any] = subject._asdict()
    record["first_seen"] = timestamp(subject.first_seen)
    record["last_seen"] = timestamp(subject.last_seen)
    record["frame"] = subject.frame or None
    record["name"] = None if subject.name is None else _name_record(subject.name)
    record["notes"] = [text for bit, text in NOTES.items() if subject.notes & bit]
    record["pid"], record["program"] = subject.program or (None, None)
    return record


def _name_record(name: Name) -> dict[str, Any]:
    return {
        "text": name.text,
        "source": name.source,
        "frame": name.frame or None,
        "asked_by": name.asker,
        "until": timestamp(name.until) if name.until else None,
    }


def _pair(subject: Subject) -> str:
    local = socket(subject.local_address, subject.local_port)
    return f"{local},{socket(subject.foreign_address, subject.foreign_port)}"


# --- wire against kernel ------------------------------------------------------------------------


def mismatch_lines(mismatches: "Iterable[Mismatch]") -> Iterator[str]:
    """Yield the lines of what wire and kernel do not have in common."""
    from tracker.audit.against_look import look_next

    for number, mismatch in enumerate(mismatches, 1):
        if number == 1:
            yield ""
            yield "Wire Against Kernel"
        yield ""
        yield f"{number:<{_NUMBER}}{mismatch.kind}"
        yield from _labelled("what", mismatch.text)
        yield from _labelled("evidence", mismatch.evidence)
        for at, text in enumerate(look_next(mismatch)):
            yield from _labelled("" if at else "look", text)


def mismatch_line(mismatch: "Mismatch") -> str:
    """Return such a difference in one line, as it is told live."""
    return f"{mismatch.kind}: {mismatch.text} ({mismatch.evidence})"


def mismatch_record(mismatch: "Mismatch") -> str:
    """Return a difference between wire and kernel as one JSON object, without line end."""
    record: dict[str, Any] = {
        "kernel": mismatch.kind,
        "cause": mismatch.cause,
        "text": mismatch.text,
        "evidence": mismatch.evidence,
    }
    if mismatch.subject is not None:
        record |= subject_record(mismatch.subject)
    elif mismatch.socket is not None:
        record |= mismatch.socket._asdict()
        state = mismatch.socket.state
        record["state"] = None if state is None else state.name
    return json.dumps(record)


# --- the summary --------------------------------------------------------------------------------


def summary(
    audit: Audit, findings: list[Finding], mismatches: "Sequence[Mismatch]" = ()
) -> Iterator[str]:
    """Yield how many connections there were, and how many of them each rule explains.

    Of the `mismatches` between wire and kernel, how many have which benign cause.
    """
    unexplained = sum(finding.connections for finding in findings) + audit.beyond
    explained = sum(audit.explained.values())
    text = f"{counted(audit.connections, 'connection')}: {explained} explained"
    if findings:
        text += f", {unexplained} not, in {counted(len(findings), 'finding')}"
    yield text
    for key, count in audit.explained.most_common():
        yield f"explained: {count} by {_explanation(audit, key)}"
    if audit.beyond:
        yield f"{counted(audit.beyond, 'connection')} more that nothing explains, not listed"
    for cause, count in Counter(each.cause for each in mismatches).most_common():
        what = "that nothing explains" if cause is None else f"explained: {cause}"
        yield f"kernel: {counted(count, 'difference')} {what}"


def _explanation(audit: Audit, key: int | str) -> str:
    if isinstance(key, str):
        return key
    rule = audit.rules[key]
    note = f": {rule.note}" if rule.note else ""
    return f"rule {rule.number} (line {rule.line}){note}"
