"""From made-up subjects to findings: what is doubted, what is grouped, what is bounded."""

from collections.abc import Iterable
from typing import Any

import pytest
from audit_days import Normal, Rule
from captures import NS_IN_S, START

from tracker.audit.finding import KINDS, Finding
from tracker.audit.findings import MOST_GROUPS, Audit
from tracker.audit.group import Circumstances
from tracker.audit.subject import Subject
from tracker.audit.told import block, json_line
from tracker.names.name import Name

PEER = "203.0.113.5"


def subject(**fields: Any) -> Subject:
    """Return a subject: by default HTTPS of this host with a bare address, opened and used."""
    known: dict[str, Any] = {
        "proto": "tcp",
        "local_address": "192.168.1.5",
        "local_port": 40000,
        "foreign_address": PEER,
        "foreign_port": 443,
        "state": "ESTABLISHED",
        "foreign_state": "ESTABLISHED",
        "pseudo_state": None,
        "opened_by": "local",
        "basis": "syn",
        "first_seen": START,
        "last_seen": START + NS_IN_S,
        "frame": 1,
        "name": None,
        "asked": False,
        "service": "https",
        "local_packets": 5,
        "foreign_packets": 4,
        "local_payload": 500,
        "foreign_payload": 700,
        "history": "ShADad",
        "notes": 0,
        "local_speaks": "tls",
        "foreign_speaks": "tls",
        "program": None,
        "present": True,
    }
    return Subject(**known | fields)


NAME = Name("www.example.org", "dns", 1, START - NS_IN_S, START + 300 * NS_IN_S, "192.168.1.5")
TRIED = {
    "state": "CLOSED",
    "foreign_state": None,
    "local_payload": 0,
    "foreign_payload": 0,
    "local_speaks": None,
    "foreign_speaks": None,
    "present": False,
}
REFUSED, UNANSWERED = TRIED | {"history": "Sr"}, TRIED | {"history": "S", "state": "SYN_SENT"}
NOBODY = Normal([])


class Anything:
    """A policy that allows, or doubts, everything."""

    learned = False

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    def explains(self, _subject: Subject) -> Rule:
        return self._rule

    def knows(self, _subject: Subject) -> bool:
        return True

    def offers(self, _subject: Subject) -> bool:
        return True


def found(subjects: Iterable[Subject], policy: Any = NOBODY, lasts: float = 600) -> list[Finding]:
    """Return the findings among subjects, of a capture that lasts so many seconds."""
    audit = Audit(policy)
    for each in subjects:
        audit.add(each, [])
    return audit.findings(Circumstances(START, START + round(lasts * NS_IN_S), True, policy))


def kinds(*subjects: Subject, policy: Any = NOBODY) -> set[str]:
    """Return the kinds of doubts about subjects that make one finding."""
    (finding,) = found(subjects, policy)
    assert {doubt.kind for doubt in finding.doubts} <= set(KINDS)
    return {doubt.kind for doubt in finding.doubts}


UNLEARNED = type("Unlearned", (Normal,), {"learned": False})([])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"no-lookup"}),
        ({"name": NAME, "asked": True}, {"no-rule"}),
        ({"name": Name("nas", "hosts")}, {"no-rule"}),
        ({"basis": "service-port", "history": "AdD"}, {"older"}),
        ({"local_speaks": "ssh", "foreign_speaks": "ssh"}, {"no-lookup", "wrong-protocol"}),
        ({"local_speaks": "unknown", "foreign_speaks": None}, {"no-lookup", "wrong-protocol"}),
        ({"local_speaks": "tls", "foreign_speaks": "http"}, {"no-lookup"}),
        ({"foreign_port": 80, "service": "http"}, {"no-lookup", "wrong-protocol"}),
        ({"foreign_port": 4444, "local_speaks": "ssh"}, {"no-lookup", "odd-port"}),
        ({"foreign_port": 2525, "local_speaks": "unknown"}, {"no-lookup"}),
        (UNANSWERED, {"no-lookup", "unanswered"}),
        (REFUSED, {"no-lookup"}),
        ({"opened_by": "foreign", "local_port": 31337}, {"undeclared-port"}),
        ({"opened_by": "foreign", "local_port": 31337} | REFUSED, {"from-outside"}),
        ({"opened_by": "foreign", "local_port": 31337} | UNANSWERED, {"from-outside"}),
        (
            {"opened_by": "foreign", "local_port": 22, "history": "Sh"}
            | {each: TRIED[each] for each in ("local_speaks", "foreign_speaks")},
            {"undeclared-port", "half-open"},
        ),
        (
            {"proto": "udp", "foreign_address": "224.0.0.251", "foreign_port": 5353}
            | {"local_speaks": "dns", "foreign_speaks": None, "pseudo_state": "unreplied"},
            {"unanswered"},
        ),
    ],
)
def test_what_is_doubted(fields: dict[str, Any], expected: set[str]) -> None:
    assert kinds(subject(**fields), policy=UNLEARNED) == expected


def test_a_lookup_that_held_no_longer_is_evidence_and_no_lookup() -> None:
    old = NAME._replace(until=START - NS_IN_S)
    (finding,) = found([subject(name=old)], UNLEARNED)
    (doubt,) = finding.doubts
    assert doubt.kind == "no-lookup"
    assert "www.example.org" in doubt.evidence and "held until" in doubt.evidence


def test_three_refusals_are_again_and_again() -> None:
    times = [subject(first_seen=START + at * NS_IN_S, **REFUSED) for at in (0, 7, 40)]
    assert kinds(*times, policy=UNLEARNED) == {"no-lookup", "refused"}
    assert "refused" not in kinds(*times[:2], policy=UNLEARNED)


def test_a_peer_that_was_not_there_when_the_policy_was_learned() -> None:
    assert "new-peer" in kinds(subject())
    known = Normal([subject(foreign_port=80)])
    assert "new-peer" not in kinds(subject(), policy=known)


def test_a_rule_explains_unless_what_is_spoken_contradicts_it() -> None:
    allowed = Anything(Rule())
    assert found([subject()], allowed) == []
    (finding,) = found([subject(local_speaks="ssh", foreign_speaks="ssh"), subject()], allowed)
    assert [doubt.kind for doubt in finding.doubts] == ["wrong-protocol"]
    assert finding.connections == 1


def test_a_rule_that_names_no_service_allows_whatever_is_spoken() -> None:
    assert found([subject(local_speaks="ssh")], Anything(Rule(services=()))) == []


def test_a_rule_may_doubt() -> None:
    doubting = Anything(Rule(allows=False, note="no games"))
    (finding,) = found([subject()], doubting)
    assert finding.doubts[0].kind == "forbidden"
    assert "no games" in finding.doubts[0].text


# --- what many make together --------------------------------------------------------------------


def scan(count: int, **fields: Any) -> list[Subject]:
    """Return attempts of a peer at so many ports of this host."""
    made = {"opened_by": "foreign", "foreign_port": 50000, **REFUSED, **fields}
    return [subject(local_port=port, **made) for port in range(1, count + 1)]


def test_a_scan_is_one_finding() -> None:
    (finding,) = found(scan(40))
    assert [doubt.kind for doubt in finding.doubts] == ["scan"]
    assert finding.connections == 40


def test_a_few_attempts_are_no_scan() -> None:
    findings = found(scan(10))
    assert len(findings) == 10
    assert all("scan" not in {doubt.kind for doubt in each.doubts} for each in findings)


def test_what_the_scanner_found_belongs_to_the_scan() -> None:
    banner = subject(opened_by="foreign", local_port=22, local_speaks="ssh", local_payload=40)
    (finding,) = found([*scan(40), banner._replace(foreign_payload=0)])
    assert finding.connections == 41


def test_what_a_scanner_says_to_others_is_no_part_of_its_scan() -> None:
    """A host of ours that tries forty ports of one peer, and reads a page of another."""
    tries = [subject(foreign_port=port, **REFUSED) for port in range(1, 41)]
    page = subject(foreign_address="203.0.113.99")
    findings = found([*tries, page], UNLEARNED)
    assert [each.connections for each in findings] == [40, 1]


def test_the_policy_does_not_explain_a_scan() -> None:
    (finding,) = found(scan(40), Anything(Rule()))
    assert finding.doubts[0].kind == "scan"


def test_names_that_were_asked_for_are_no_scan() -> None:
    """A browser whose way out is cut tries many hosts, all of which it asked for."""
    tries = [
        subject(foreign_address=f"203.0.113.{last}", name=NAME, asked=True, **UNANSWERED)
        for last in range(1, 60)
    ]
    assert all(each.doubts[0].kind != "scan" for each in found(tries))
    assert found(tries, Anything(Rule())) == []


def test_a_service_that_answers_most_is_no_scanner() -> None:
    """Who opens and closes connections to many open ports, as a monitor does."""
    tries = scan(40, history="ShAFaf", state="CLOSED")
    assert all(each.doubts[0].kind != "scan" for each in found(tries))


def test_refusals_are_counted_though_they_began_as_attempts() -> None:
    """A thousand attempts at one port are no scan, and none of them is lost."""
    tries = [subject(first_seen=START + at * NS_IN_S // 7, **REFUSED) for at in range(1000)]
    (finding,) = found(tries)
    assert finding.connections == 1000
    assert "refused" in {doubt.kind for doubt in finding.doubts}


def test_a_pile_is_one_finding_whoever_sent_it() -> None:
    waiting = TRIED | {"opened_by": "foreign", "local_port": 22, "history": "Sh"}
    pile = [subject(foreign_address=f"203.0.113.{last}", **waiting) for last in range(1, 101)]
    (finding,) = found(pile, Anything(Rule()))
    assert [doubt.kind for doubt in finding.doubts] == ["half-open-pile"]
    assert finding.connections == 100
    assert found(pile[:5], Anything(Rule())) == []


def test_attempts_of_many_at_one_socket_are_one_finding() -> None:
    """A SYN flood that is refused, or dropped: nobody is named by who pretends to send it."""
    tried = {"opened_by": "foreign", "local_port": 81, "foreign_port": 5000} | UNANSWERED
    flood = [
        subject(foreign_address=f"203.0.{number >> 8}.{number & 255}", **tried)
        for number in range(30_000)
    ]
    (finding,) = found(flood)
    assert [doubt.kind for doubt in finding.doubts] == ["from-outside"]
    assert finding.connections == 30_000
    assert len(found(flood[:5])) == 5


def test_attempts_of_one_at_one_socket_are_not_of_many() -> None:
    tried = {"opened_by": "foreign", "local_port": 81} | REFUSED
    (finding,) = found(subject(foreign_port=port, **tried) for port in range(2000, 2500))
    assert finding.connections == 500
    assert {doubt.kind for doubt in finding.doubts} == {"from-outside", "new-peer", "refused"}


def test_beats_to_one_peer() -> None:
    times = [subject(first_seen=START + 30 * at * NS_IN_S) for at in range(8)]
    assert kinds(*times, policy=UNLEARNED) == {"no-lookup", "beats"}


def test_beats_within_one_connection() -> None:
    audit = Audit(UNLEARNED)
    audit.add(subject(), [START + 60 * at * NS_IN_S for at in range(1, 10)])
    (finding,) = audit.findings(Circumstances(START, START + NS_IN_S, True, UNLEARNED))
    assert [doubt.kind for doubt in finding.doubts] == ["no-lookup", "beats"]
    assert "every 60.0 s, jitter up to 0.0 s" in finding.doubts[1].text


def test_short_pauses_in_one_connection_are_no_beats() -> None:
    """Who talks to a program waits for it: only silences of 5 s or more are told."""
    audit = Audit(UNLEARNED)
    audit.add(subject(), [START + 3 * at * NS_IN_S for at in range(1, 10)])
    (finding,) = audit.findings(Circumstances(START, START + NS_IN_S, True, UNLEARNED))
    assert [doubt.kind for doubt in finding.doubts] == ["no-lookup"]


# --- bounds, and words --------------------------------------------------------------------------


def test_groups_are_bounded_and_the_rest_is_counted() -> None:
    audit = Audit(UNLEARNED)
    more = 50
    for number in range(MOST_GROUPS + more):
        audit.add(
            subject(foreign_address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"), []
        )
    findings = audit.findings(Circumstances(START, START, True, UNLEARNED))
    assert len(findings) == MOST_GROUPS
    assert audit.beyond == more


def test_every_finding_can_be_told() -> None:
    """Each kind of doubt has words for what to look at, and no line is wider than 80 columns."""
    cases = [
        [subject()],
        scan(20),
        [subject(local_speaks="ssh")],
        [subject(foreign_address="2001:db8:1111:2222:3333:4444:5555:6666", program=(7, "nc"))],
    ]
    for subjects in cases:
        for finding in found(subjects):
            assert json_line(1, finding).startswith('{"finding": 1')
            lines = list(block(1, finding, numeric=False))
            assert len(lines) > 2
            assert all(len(line) <= 80 or "2001:db8" in line for line in lines)
