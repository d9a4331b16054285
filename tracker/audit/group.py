"""Connections that one cause made: between the same two hosts, to the same service."""

from collections import deque

from tracker.audit.subject import Subject
from tracker.typed import Any, NamedTuple

#: So many subjects of a group are kept, the first; and so many times, the latest.
MOST_SUBJECTS, MOST_TIMES = 64, 256

#: Protocol, local and foreign address, port of the service, who opened.
Key = tuple[str, str, str, int, str]


class Circumstances(NamedTuple):
    """What else is known of the capture.

    begun, ended    when, ns since 1970
    lookups         whether it holds any answer of DNS, mDNS or LLMNR at all
    policy          the policy that explains
    """

    begun: int
    ended: int
    lookups: bool
    policy: Any


class Group:
    """The subjects of one cause.

    subjects      the first of them; `count` says how many there are in all
    times         when they were opened, ns, the latest
    bursts        when data came after a silence in the latest of them, ns
    refused, unanswered    how many of them were
    rule          the rule that explains them if it were not for what contradicts it, or None
    """

    def __init__(self, rule: Any = None) -> None:  # noqa: ANN401 - audit.policy.Rule
        self.subjects: list[Subject] = []
        self.count = 0
        self.times: deque[int] = deque(maxlen=MOST_TIMES)
        self.bursts: list[int] = []
        self.refused = 0
        self.unanswered = 0
        self.last_seen = 0
        self.rule = rule

    def add(self, subject: Subject, bursts: list[int]) -> None:
        """Add a subject, with the bursts in it."""
        self.count += 1
        if len(self.subjects) < MOST_SUBJECTS:
            self.subjects.append(subject)
        self.times.append(subject.first_seen)
        if len(bursts) > len(self.bursts):
            self.bursts = bursts
        self.refused += is_refused(subject)
        self.unanswered += is_unanswered(subject)
        self.last_seen = max(self.last_seen, subject.last_seen)


def key_of(subject: Subject) -> Key:
    """Return what subjects of one group have in common."""
    return (
        subject.proto,
        subject.local_address,
        subject.foreign_address,
        service_port(subject),
        subject.opened_by,
    )


def service_port(subject: Subject) -> int:
    """Return the port that was connected to."""
    return subject.foreign_port if subject.opened_by == "local" else subject.local_port


def is_refused(subject: Subject) -> bool:
    """Return whether the other end refused it, or broke it off before it said anything."""
    if subject.proto == "udp":
        return subject.pseudo_state == "refused"
    letters = subject.history.lstrip("^")
    return "S" in letters and "r" in letters and "h" not in letters


def is_unanswered(subject: Subject) -> bool:
    """Return whether nothing came back at all."""
    if subject.proto == "udp":
        return subject.pseudo_state == "unreplied"
    letters = subject.history.lstrip("^")
    return "S" in letters and letters.isupper() and "A" not in letters


def is_half_open(subject: Subject) -> bool:
    """Return whether a SYN was answered, and nothing came of it: no ACK, no RST."""
    letters = set(subject.history.lstrip("^"))
    return subject.proto == "tcp" and {"S", "h"} <= letters and not letters & set("ADFRadfr")


def is_attempt(subject: Subject) -> bool:
    """Return whether it is TCP that was tried only: refused, unanswered, left at once; no data."""
    if subject.local_payload or subject.foreign_payload or subject.proto != "tcp":
        return False
    letters = subject.history.lstrip("^")
    return subject.basis.startswith("syn") and ("h" in letters or "A" not in letters)
