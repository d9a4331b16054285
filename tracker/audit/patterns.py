"""What many connections make together: scans, and piles of half-open connections.

Both are made of attempts, of which there may be millions: each pattern keeps the first of them and
counts the others.
"""

from tracker.audit.evidence import first, moment
from tracker.audit.finding import Doubt
from tracker.audit.group import is_half_open, is_refused, is_unanswered, service_port
from tracker.audit.subject import Subject
from tracker.report.text import counted
from tracker.typed import Any

#: A scan tries so many sockets, a pile holds so many connections, at least.
SCAN, PILE = 15, 15

#: Of so many scanners, and sockets with piles, attempts are put together; of each scanner so many
#: targets are told apart.
MOST, MOST_TARGETS = 10_000, 10_000

# So many attempts are kept, the first: more than make a scan or a pile.
MOST_KEPT = 64

# A scanner's other connections belong to its scan if they are no longer, ns, and say no more.
_SHORT, _LITTLE = 10_000_000_000, 512

# More of those that a scan tried than this share refuse or do not answer.
_FAILED = 0.5

Attempt = tuple[Subject, Any]
"""A subject, and the rule that explains it, or None."""


class Attempts:
    """Attempts that have something in common: who made them, or where they go.

    kept      the first MOST_KEPT of them, with the rule that would explain each
    count     how many there are
    failed    how many of them were refused or not answered
    targets   which sockets they tried, as far as they are told apart
    peers     the foreign addresses of those that are kept
    others    the first of what else the scanner said to whom it tried; `more`: how many in all
    """

    def __init__(self) -> None:
        self.kept: list[Attempt] = []
        self.count = 0
        self.failed = 0
        self.targets: set[tuple[str, int]] = set()
        self.peers: set[str] = set()
        self.others: list[Subject] = []
        self.more = 0
        self.last_seen = 0

    def add(self, subject: Subject, rule: Any) -> None:  # noqa: ANN401
        """Add an attempt; keep it if it is among the first MOST_KEPT."""
        self.count += 1
        self.failed += is_refused(subject) or is_unanswered(subject)
        self.last_seen = max(self.last_seen, subject.last_seen)
        if len(self.kept) < MOST_KEPT:
            self.kept.append((subject, rule))
            self.peers.add(subject.foreign_address)
        if len(self.targets) < MOST_TARGETS:
            self.targets.add(target(subject))

    def wants(self, subject: Subject) -> bool:
        """Return whether an attempt tells anything new of a scan, or is one of many of a scan."""
        if len(self.kept) < MOST_KEPT:
            return target(subject) not in self.targets
        return self.is_scan()

    def is_scan(self) -> bool:
        """Return whether somebody tries many sockets, most in vain."""
        return len(self.targets) >= SCAN and self.failed > _FAILED * self.count

    def is_flood(self) -> bool:
        """Return whether many addresses try one socket in vain."""
        return len(self.peers) >= PILE

    def is_pile(self) -> bool:
        """Return whether many connections to one socket stay half open."""
        return self.count >= PILE


def initiator(subject: Subject) -> str:
    """Return the address of who opened it."""
    return subject.local_address if subject.opened_by == "local" else subject.foreign_address


def target(subject: Subject) -> tuple[str, int]:
    """Return the socket that was tried."""
    address = subject.foreign_address if subject.opened_by == "local" else subject.local_address
    return address, service_port(subject)


def is_little(subject: Subject) -> bool:
    """Return whether a connection of a scanner is part of its scan: short, little said."""
    return (
        subject.last_seen - subject.first_seen <= _SHORT
        and subject.local_payload + subject.foreign_payload <= _LITTLE
    )


def may_pile(subject: Subject) -> bool:
    """Return whether it is half open at this host, and was opened from outside."""
    if subject.opened_by != "foreign" or subject.local_payload or subject.foreign_payload:
        return False
    return is_half_open(subject)


def scan_doubt(attempts: Attempts) -> Doubt:
    """Return the doubt that a scan is."""
    subject = attempts.kept[0][0]
    who = "this host tries" if subject.opened_by == "local" else "the peer tries"
    addresses = {address for address, _ in attempts.targets}
    ports = {port for _, port in attempts.targets}
    text = (
        f"{who} {counted(len(ports), 'port')} of {counted(len(addresses), 'host')}: "
        f"{attempts.failed} of {attempts.count} attempts refused or not answered"
    )
    return Doubt("scan", text, f"{first(subject)}, until {moment(attempts.last_seen)}")


def pile_doubt(attempts: Attempts) -> Doubt:
    """Return the doubt that a pile of half-open connections is."""
    subject = attempts.kept[0][0]
    text = (
        f"{counted(attempts.count, 'connection')} to port {subject.local_port} stay half open: "
        "this host answered each SYN, and no ACK came (a SYN flood, or its answers go astray)"
    )
    evidence = f"{first(subject)}, until {moment(attempts.last_seen)}"
    return Doubt("half-open-pile", text, f"{evidence}; from {_addresses(attempts)}")


def flood_doubt(attempts: Attempts) -> Doubt:
    """Return the doubt that attempts of many at one socket are."""
    subject = attempts.kept[0][0]
    text = (
        f"{attempts.count} attempts from outside at port {subject.local_port}: "
        f"{attempts.failed} refused or not answered"
    )
    evidence = f"{first(subject)}, until {moment(attempts.last_seen)}"
    return Doubt("from-outside", text, f"{evidence}; from {_addresses(attempts)}")


def _addresses(attempts: Attempts) -> str:
    """Return from how many addresses they came, as far as they are kept."""
    more = " or more" if attempts.count > len(attempts.kept) else ""
    count = len(attempts.peers)
    return f"{count} address{'' if count == 1 else 'es'}{more}"
