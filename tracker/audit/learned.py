"""A policy from what is normal: what was seen, and what of it is left out.

One rule for each service, direction and set of local hosts, with the peers that these hosts had;
`wider` says where peers stand for more than was seen.  Services with the same peers share a rule.
A peer is named where the local host asked for its name; else it is an address.

What does not show that it is normal is left out and counted: refused, unanswered, half open, picked
up in the middle, or part of a scan.
"""

import re
from collections import Counter, defaultdict

from tracker.audit.ftp import Control, announced
from tracker.audit.group import is_attempt, is_half_open, is_refused, is_unanswered, service_port
from tracker.audit.patterns import MOST, Attempts, initiator, is_little, target
from tracker.audit.policy import WITH, asked_port
from tracker.audit.policy_file import WORDS
from tracker.audit.subject import Subject
from tracker.audit.wider import needs_no_answer
from tracker.config import Config
from tracker.config.patterns import NAME
from tracker.typed import NamedTuple

# Why something is left out; the other reasons are those of `reason_against`.
_SCAN, _TOO_MANY = "part of a scan", "one attempt of too many"


class Use(NamedTuple):
    """A service that was used: by whom it was opened (as in `Rule`), its protocol and port."""

    opened_by: str
    proto: str
    port: int


class Seen:
    """What was seen of one peer and one local host at one service.

    count          how many connections
    first, last    the first, and when data came last, ns
    is_little      whether all were short and said little
    """

    def __init__(self, first: Subject) -> None:
        self.count = 0
        self.first = first
        self.last = 0
        self.is_little = True

    def add(self, subject: Subject) -> None:
        """Add a subject."""
        self.count += 1
        if subject.first_seen < self.first.first_seen:
            self.first = subject
        self.last = max(self.last, subject.last_seen)
        self.is_little = self.is_little and is_little(subject)


#: What was seen at one service, by peer (name or address) and by local address.
ByPeer = dict[str, dict[str, Seen]]

#: Whom scanners tried, by the address of the scanner.
Scans = dict[str, set[str]]


class Learner:
    """Takes subjects, and tells what is normal.

    seen       that, by service; complete after `finish`
    learned    how many connections it learned from
    left_out   from how many it did not, by why
    """

    def __init__(self, config: Config, control: Control | None = None) -> None:
        """Leave out what `control`, heard of FTP, announces: its control connection explains it."""
        self.seen: dict[Use, ByPeer] = defaultdict(dict)
        self.learned = 0
        self.left_out: Counter[str] = Counter()
        self._control = control
        self._no_names = WORDS | frozenset(name.lower() for name in config.hosts)
        self._attempts: dict[str, Attempts] = {}
        self._held: list[Subject] = []

    def add(self, subject: Subject) -> None:
        """Learn from a subject, unless it is one to leave out."""
        if announced(self._control, subject):
            return
        reason = reason_against(subject)
        if is_attempt(subject) and not subject.asked:
            reason = self._try(subject, reason) or reason
        elif reason is None:
            self._learn(subject)
        if reason is not None:
            self.left_out[reason] += 1

    def finish(self) -> None:
        """Come to an end: learn from what was opened and left at once, unless it is of a scan."""
        scans = {
            who: {address for address, _ in attempts.targets}
            for who, attempts in self._attempts.items()
            if attempts.is_scan()
        }
        for subject in self._held:
            if initiator(subject) in scans:
                self.left_out[_SCAN] += 1
            else:
                self._learn(subject)
        self._held.clear()
        for by_peer in self.seen.values() if scans else ():
            self._forget(by_peer, scans)

    def _try(self, subject: Subject, reason: str | None) -> str | None:
        """Hold an attempt until it is known whether it is of a scan; return why it is left out."""
        who = initiator(subject)
        if who not in self._attempts and len(self._attempts) >= MOST:
            return _TOO_MANY
        attempts = self._attempts.setdefault(who, Attempts())
        if attempts.wants(subject):
            attempts.add(subject, None)
        if reason is None and len(self._held) >= MOST:
            return _TOO_MANY
        if reason is None:
            self._held.append(subject)
        return None

    def _learn(self, subject: Subject) -> None:
        self.learned += 1
        by_host = self.seen[_use(subject)].setdefault(self._peer(subject), {})
        seen = by_host.get(subject.local_address)
        if seen is None:
            seen = by_host[subject.local_address] = Seen(subject)
        seen.add(subject)

    def _peer(self, subject: Subject) -> str:
        """Return the name that was asked for, where a policy can say it, else the address."""
        name = subject.name
        if not subject.asked or name is None or name.text in self._no_names:
            return subject.foreign_address
        return name.text if re.search(NAME, name.text) else subject.foreign_address

    def _forget(self, by_peer: ByPeer, scans: Scans) -> None:
        """Leave out what scanners said shortly to those whom they tried."""
        for peer, by_host in list(by_peer.items()):
            for host, seen in list(by_host.items()):
                tried = scans.get(initiator(seen.first), ())
                if seen.is_little and target(seen.first)[0] in tried:
                    self.learned -= seen.count
                    self.left_out[_SCAN] += seen.count
                    del by_host[host]
            if not by_host:
                del by_peer[peer]


def reason_against(subject: Subject) -> str | None:
    """Return why a subject is nothing to learn from, None where it is."""
    if is_refused(subject):
        return "refused"
    if is_half_open(subject):
        return "half open"
    if is_unanswered(subject):
        is_said_to_all = needs_no_answer(subject.local_address, subject.foreign_address)
        return None if subject.proto == "udp" and is_said_to_all else "unanswered"
    if subject.proto == "tcp" and not subject.basis.startswith("syn"):
        return "older than the capture"
    return None


def _use(subject: Subject) -> Use:
    asked = asked_port(subject)
    if asked:
        return Use(WITH, subject.proto, asked)
    return Use(subject.opened_by, subject.proto, service_port(subject))
