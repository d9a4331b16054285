"""What is learned from a day: it explains that day, and nothing wider than it says."""

import re
from pathlib import Path

import pytest
from audit_subjects import made
from captures import PCAPS, run_here
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.audit.learned import Learner, generalized, reason_against
from tracker.audit.policy import Policy
from tracker.audit.policy_file import load_policy
from tracker.audit.subject import Subject
from tracker.config import Config
from tracker.names.name import Name
from tracker.names.services import load_services

SERVICES = load_services()


def learned(known: list[Subject], tmp_path: Path) -> Policy:
    """Return the policy that is learned from subjects, written and read again."""
    learner = Learner()
    for subject in known:
        learner.add(subject)
    learner.finish()
    path = tmp_path / "learned.yaml"
    path.write_text("\n".join(learner.lines(SERVICES, "a test")), encoding="utf-8")
    return load_policy(str(path), Config(), SERVICES)


NAMES = st.sampled_from(
    ["www.example.org", "a.example.org", "b.example.org", "mail.example.com", "x.y.example.net"]
)
ADDRESSES = st.sampled_from(
    ["192.168.1.7", "203.0.113.5", "203.0.113.6", "203.0.113.7", "2001:db8::7", "224.0.0.251"]
)


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    """Return a subject of an ordinary connection."""
    proto = draw(st.sampled_from(["tcp", "udp"]))
    name = draw(st.none() | NAMES)
    return made(
        proto=proto,
        local_address=draw(st.sampled_from(["192.168.1.5", "192.168.1.6", "fd00::5"])),
        foreign_address=draw(ADDRESSES),
        local_port=draw(st.sampled_from([22, 40000, 5353])),
        foreign_port=draw(st.sampled_from([53, 80, 443, 50001])),
        opened_by=draw(st.sampled_from(["local", "foreign"])),
        name=None if name is None else Name(name, "dns", 3),
        asked=name is not None and draw(st.booleans()),
        pseudo_state=None if proto == "tcp" else "replied",
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(known=st.lists(subjects(), min_size=1, max_size=12))
def test_what_was_learned_from_is_explained(known: list[Subject], tmp_path: Path) -> None:
    rules = learned(known, tmp_path)
    assert rules.learned
    for subject in known:
        assert rules.explains(subject) is not None
        assert rules.knows(subject)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(known=st.lists(subjects(), min_size=1, max_size=8), other=subjects())
def test_nothing_wider_is_explained(known: list[Subject], other: Subject, tmp_path: Path) -> None:
    """A service, a side and a local host that were not seen together are not explained."""
    rules = learned(known, tmp_path)
    seen = {_use(subject) for subject in known}
    if _use(other) not in seen:
        assert rules.explains(other) is None


def _use(subject: Subject) -> tuple[str, str, str, int]:
    port = subject.foreign_port if subject.opened_by == "local" else subject.local_port
    return subject.local_address, subject.opened_by, subject.proto, port


#: Peers, and what stands for them.
WIDER: list[tuple[list[str], list[str]]] = [
    (["a.example.org", "b.example.org"], ["a.example.org", "b.example.org"]),
    (["a.example.org", "b.example.org", "c.example.org"], ["*.example.org"]),
    (
        ["a.example.org", "b.example.org", "c.example.com"],
        ["a.example.org", "b.example.org", "c.example.com"],
    ),
    # Below a domain of a country anybody may have a name.
    (["a.co.uk", "b.co.uk", "c.co.uk"], ["a.co.uk", "b.co.uk", "c.co.uk"]),
    (["www.a.co.uk", "ftp.a.co.uk", "ns.a.co.uk"], ["*.a.co.uk"]),
    (["a.org", "b.org", "c.org"], ["a.org", "b.org", "c.org"]),
    (["203.0.113.5", "203.0.113.6"], ["203.0.113.5", "203.0.113.6"]),
    (["203.0.113.5", "203.0.113.6", "203.0.113.9"], ["203.0.113.0/24"]),
    (["203.0.113.5", "203.0.112.6", "203.0.111.9"], ["203.0.111.9", "203.0.112.6", "203.0.113.5"]),
    (["2001:db8::1", "2001:db8::2", "2001:db8::3"], ["2001:db8::/64"]),
    (["224.0.0.1", "224.0.0.2", "224.0.0.251"], ["224.0.0.1", "224.0.0.2", "224.0.0.251"]),
]


@pytest.mark.parametrize(("peers", "wider"), WIDER)
def test_peers_are_put_together_as_told(peers: list[str], wider: list[str]) -> None:
    assert generalized(peers) == wider


#: What is not learned from, by Zeek's letters.
NOT_NORMAL = [
    (made(history="S"), "unanswered"),
    (made(history="Sr"), "refused"),
    (made(history="Sh"), "half open"),
    (made(history="Ad", basis="service-port"), "older than the capture"),
    (made(proto="udp", history="D", pseudo_state="unreplied"), "unanswered"),
    (made(proto="udp", history="D", pseudo_state="refused"), "refused"),
]


@pytest.mark.parametrize(("subject", "reason"), NOT_NORMAL)
def test_what_is_not_normal_is_left_out(subject: Subject, reason: str, tmp_path: Path) -> None:
    assert reason_against(subject) == reason
    assert learned([subject], tmp_path).explains(subject) is None


def test_announcements_to_a_group_need_no_answer() -> None:
    announced = made(
        proto="udp", foreign_address="224.0.0.251", history="D", pseudo_state="unreplied"
    )
    assert reason_against(announced) is None


def test_a_scan_is_not_learned() -> None:
    """Twenty ports, of which two listen: those two connections neither."""
    learner = Learner()
    for port in range(20):
        history = "ShA" if port < 2 else "Sr"
        learner.add(
            made(foreign_port=1 + port, history=history, local_payload=0, foreign_payload=0)
        )
    learner.finish()
    assert learner.learned == 0
    assert learner.left_out == {"refused": 18, "part of a scan": 2}


# --- the command ----------------------------------------------------------------------------------


def test_one_day_explains_the_other(tmp_path: Path) -> None:
    """Days of one host (pcaps/README.md): no false finding."""
    path = tmp_path / "policy.yaml"
    day, other = PCAPS / "audit-day.pcap", PCAPS / "audit-other-day.pcap"
    outcome = run_here("learn", day, "--local", "192.168.1.5", "-o", path)
    assert outcome.status == 0
    assert re.search(r"learned from \d+ connections", outcome.stderr)
    for capture in (day, other):
        outcome = run_here("audit", capture, "--local", "192.168.1.5", "--policy", path, "--fail")
        assert (outcome.status, outcome.stdout) == (0, "")


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("reverse-shell", {"no-lookup", "new-peer"}),
        ("beacon", {"no-lookup", "new-peer", "beats"}),
        ("listener", {"undeclared-port", "new-peer"}),
        ("bare-https", {"no-lookup", "new-peer"}),
        ("ssh-on-443", {"wrong-protocol"}),
        ("half-open", {"half-open-pile"}),
        ("scan", {"scan"}),
    ],
)
def test_what_is_not_ordinary_is_found(name: str, kinds: set[str], tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    days = [PCAPS / "audit-day.pcap", PCAPS / "audit-other-day.pcap"]
    assert run_here("learn", *days, "--local", "192.168.1.5", "-o", path).status == 0
    outcome = run_here(
        "audit",
        PCAPS / f"audit-{name}.pcap",
        *("--local", "192.168.1.5", "--policy", path, "--json", "--fail"),
    )
    assert outcome.status == 3
    (finding,) = outcome.rows
    assert {doubt["kind"] for doubt in finding["doubts"]} == kinds


def test_nothing_to_learn_from_is_said() -> None:
    outcome = run_here("learn", PCAPS / "refused.pcap")
    assert outcome.status == 1
    assert "learned from 0 connections" in outcome.stderr
    assert "not learned: 1 connection, refused" in outcome.stderr


def test_wrong_use_is_told() -> None:
    assert run_here("learn").status == 2
    outcome = run_here("learn", PCAPS / "audit-day.pcap", "-o", "/no/such/folder/policy.yaml")
    assert outcome.status == 2
    assert outcome.stderr.count("\n") == 2  # whose it is, and what is wrong
