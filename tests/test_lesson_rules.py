"""Everything that may happen has its rule, its source and its sentence; none is left out."""

import re
from itertools import product
from pathlib import Path

import pytest
from captures import CHECKOUT, PCAPS
from test_lesson_steps import steps

from tracker import words
from tracker.lesson import rules, segments
from tracker.lesson.advice import ADVICE, UDP_ADVICE, advice, awaited
from tracker.lesson.glossary import TERMS, Glossary
from tracker.lesson.rules import Saying, of_part, saying
from tracker.lesson.sight import Sight
from tracker.lesson.steps import Change, Part
from tracker.report.rows import PSEUDO_STATES
from tracker.tcp_state import EVENTS, TABLE, TAKEN_BACK, Event, State

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")

#: The rules that the README lists, and the timers that rule 11 is about.
RULES = {int(number) for number in re.findall(r"\*\*Rule (\d+),", README)}
SETTINGS = (CHECKOUT / "config" / "tracker.yaml").read_text(encoding="utf-8")


def a_sight() -> Sight:
    """Return a connection of a capture."""
    return next(iter(steps(PCAPS / "client-closes-first.pcap"))).parts[0].after


def all_changes() -> list[Change]:
    """Return a change for every cell of both tables, as a segment does it, or time."""
    cells = [
        (state, Event(first + column), after)
        for table, first in ((TABLE, 0), (TAKEN_BACK, int(Event.PICKED_UP)))
        for state, row in table.items()
        for column, after in enumerate(row)
        if after is not None
    ]
    cells += [(State.CLOSED, Event.END_DISPROVED, state) for state in State]
    return [
        Change(1, 0, before, after, event, certainty, 1, 0, event is Event.TIMEOUT, own, ended_by)
        for before, event, after in cells
        for certainty, own in product(("observed", "inferred"), (True, False))
        for ended_by in (Event.RESET, Event.TIMEOUT, Event.UNREACHABLE, None)
    ]


def is_sound(said: Saying) -> bool:
    """Return whether a statement is whole: rule and source exist, sentences begin and end."""
    return (
        (said.rule is None or said.rule in RULES)
        and bool(re.match(r"(RFC \d+|config/tracker.yaml|no SYN seen)", said.source))
        and bool(re.fullmatch(r"[A-Z0-9][^{}]*[.]", said.text))
        and not re.search(r"\. [a-z]", said.text)
    )


def test_the_readme_has_the_rules() -> None:
    assert set(range(12)) == RULES


def test_every_cell_of_the_tables_is_explained() -> None:
    sight = a_sight()
    wrong = [(change, saying(change, sight)) for change in all_changes()]
    assert not [pair for pair in wrong if not is_sound(pair[1])]


def test_what_time_ends_is_explained_by_its_setting() -> None:
    """Rule 11: each state that has a timer in the table has one among the settings."""
    for state, row in TABLE.items():
        if row[Event.TIMEOUT] is None:
            continue
        change = Change(
            1, 0, state, State.CLOSED, Event.TIMEOUT, "inferred", 1, 0, True, False, None
        )
        said = saying(change, a_sight())
        assert said.rule == 11
        name = said.source.removeprefix("config/tracker.yaml, ")
        assert re.search(rf"^{name}:", SETTINGS, re.MULTILINE), name


@pytest.mark.parametrize("event", [Event.RCV_ACK_OF_SYN, Event.RCV_ACK_OF_FIN, Event.RCV_FIN])
def test_doubts_that_end_are_explained(event: Event) -> None:
    change = Change(
        1, 1, State.SYN_RECEIVED, State.ESTABLISHED, event, "observed", 1, 0, True, False, None
    )
    said = saying(change, a_sight())
    assert is_sound(said)
    assert said.rule in (4, 5)


def test_sources_of_events_are_those_of_the_table() -> None:
    """Where a statement has another source, it is a section of the same RFC."""
    for change in all_changes():
        source = saying(change, a_sight()).source
        if change.event is not Event.TIMEOUT and source != EVENTS[change.event][1]:
            assert source.startswith("RFC 9293 section 3.")


def test_every_note_is_explained() -> None:
    assert set(rules._NOTES) == set(words.NOTES)


def test_every_kind_of_segment_is_explained() -> None:
    kinds = {
        value
        for name, value in vars(segments).items()
        if name.isupper() and name[0] != "_" and isinstance(value, str)
    }
    assert set(rules._UNCHANGED) == kinds


def parts(path: Path) -> list[Part]:
    """Return all parts of a capture."""
    return [part for step in steps(path) for part in step.parts]


@pytest.mark.parametrize("name", sorted(path.name for path in PCAPS.glob("*.pcap*")))
def test_every_part_is_told_with_its_reasons(name: str) -> None:
    for part in parts(PCAPS / name):
        said = of_part(part)
        assert said, part
        assert all(is_sound(each) for each in said), said
        assert len(said) >= len(part.changes)


#: Kinds of segments as played (pcaps/README.md): capture, frame, kind.
KINDS = [
    ("client-closes-first.pcap", 1, segments.SYN_ONLY),
    ("client-closes-first.pcap", 2, segments.SYN_ACK),
    ("client-closes-first.pcap", 3, segments.FIRST_ACK),
    ("client-closes-first.pcap", 4, segments.DATA),
    ("client-closes-first.pcap", 5, segments.ACKNOWLEDGMENT),
    ("client-closes-first.pcap", 8, segments.FIN_FIRST),
    ("unanswered.pcap", 2, segments.SYN_AGAIN),
    ("syn-ack-repeated.pcap", 4, segments.SYN_ACK_AGAIN),
    ("syn-ack-repeated.pcap", 5, segments.ACK_OF_SYN_AGAIN),
    ("fin-repeated.pcap", 12, segments.FIN_AGAIN),
    ("fin-repeated.pcap", 13, segments.ACK_OF_FIN_AGAIN),
    ("refused.pcap", 2, segments.RESET),
    ("unreachable.pcap", 5, segments.ERROR),
    ("udp-refused.pcap", 1, segments.DATAGRAM),
]


@pytest.mark.parametrize(("name", "frame", "kind"), KINDS)
def test_segments_are_called_what_they_are(name: str, frame: int, kind: str) -> None:
    (part,) = [part for part in parts(PCAPS / name) if part.frame == frame]
    assert segments.kind(part) == kind


# --- words ----------------------------------------------------------------------------------------


def test_every_state_has_its_word_and_its_advice() -> None:
    assert {state.name for state in State} <= set(TERMS)
    assert set(ADVICE) == set(State)
    assert set(UDP_ADVICE) == set(PSEUDO_STATES) - {None}


def test_how_it_ended_is_what_is_advised_about() -> None:
    refused = advice(State.CLOSED, State.SYN_SENT, Event.RESET)
    assert "no program listens at that port" in refused
    texts = {advice(State.CLOSED, State.ESTABLISHED, event) for event in Event}
    assert len(texts | {refused}) == 5  # nothing, aborted, unreachable, given up, refused


def test_what_is_awaited_is_the_state_table() -> None:
    for state in State:
        told = {wait.state for wait in awaited(state, "the server")}
        table = {after for after in TABLE[state] if after is not None}
        if state is State.SYN_SENT:  # two steps at once: its SYN,ACK
            table |= {State.ESTABLISHED}
        assert told == table


def test_a_term_is_explained_once_where_it_first_appears() -> None:
    glossary = Glossary()
    assert [term for term, _ in glossary.new("a SYN goes to a port")] == ["SYN", "port"]
    assert [term for term, _ in glossary.new("the SYN,ACK of these ports")] == ["SYN,ACK"]
    assert glossary.new("SYN, port, nothing new in <CTL=ACK>") == []
    assert [term for term, _ in glossary.new("a sequence\n      number")] == ["sequence number"]


def test_explanations_use_no_term_that_nothing_explains() -> None:
    """Upper-case words in the sentences are terms, or names of documents."""
    names = {"RFC", "TCP", "UDP", "IP", "SO_KEEPALIVE", "ICMP"}
    sight = a_sight()
    texts = [saying(change, sight).text for change in all_changes()]
    texts += [text for _, _, text in rules._NOTES.values()]
    texts += [text for _, _, text in rules._UNCHANGED.values()]
    for text in texts:
        found = set(re.findall(r"\b[A-Z]{2,}(?:[_,][A-Z0-9]+)*\b", text))
        assert found <= set(TERMS) | names, text
