"""The policy: which connections are explained, and by which rule; the first that fits counts.

`config/policy.yaml` explains the form.  A rule costs next to nothing where its service is another
one: rules are looked up by protocol and port first.
"""

from collections.abc import Sequence
from functools import lru_cache

from tracker.audit.group import service_port
from tracker.audit.peers import Places
from tracker.audit.subject import Subject
from tracker.typed import NamedTuple

ANY_PORT = (0, 65535)

#: Who opened a connection that a rule fits.
TO, FROM, WITH = "local", "foreign", ""


class Service(NamedTuple):
    """A range of ports of a protocol ("tcp", "udp")."""

    proto: str
    first: int
    last: int

    def has(self, proto: str, port: int) -> bool:
        """Return whether a port of a protocol is in the range."""
        return proto == self.proto and self.first <= port <= self.last


class Rule(NamedTuple):
    """One rule of a policy.

    number, line    its place among the rules, from 1, and in the file
    opened_by       TO, FROM or WITH
    services        which, () for any
    who, peers      local hosts and peers, None for any
    programs        names of programs, () for any
    """

    number: int
    line: int
    note: str
    allows: bool
    opened_by: str
    services: tuple[Service, ...]
    who: Places | None
    peers: Places | None
    programs: tuple[str, ...]

    def fits(self, subject: Subject) -> bool:
        """Return whether the rule, whose service is that of the subject, fits it."""
        if self.opened_by and self.opened_by != subject.opened_by:
            return False
        if self.programs and (subject.program is None or subject.program[1] not in self.programs):
            return False
        if self.who is not None and not self.who.has_address(subject.local_address):
            return False
        return self.peers is None or self.has_peer(subject)

    def has_peer(self, subject: Subject) -> bool:
        """Return whether the peer of the subject is named, by address or by a name asked for."""
        if self.peers is None:
            return False
        if self.peers.has_address(subject.foreign_address):
            return True
        return subject.asked and subject.name is not None and self.peers.has_name(subject.name.text)


class Policy:
    """Rules in their order; what they let others use, local hosts are known to listen on.

    learned    whether it was learned: then a peer that it does not know is a new one
    """

    def __init__(self, rules: Sequence[Rule], learned: bool) -> None:
        self.rules = tuple(rules)
        self.learned = learned
        allowed = [rule for rule in rules if rule.allows and rule.opened_by != TO]
        self._offered = tuple(service for rule in allowed for service in rule.services)
        self._of_service = lru_cache(maxsize=65536)(self._find)

    def explains(self, subject: Subject) -> Rule | None:
        """Return the first rule that fits, which allows the subject or doubts it; None for none."""
        for rule in self._of_service(subject.proto, service_port(subject)):
            if rule.fits(subject):
                return rule
        return None

    def knows(self, subject: Subject) -> bool:
        """Return whether any rule names the peer of the subject, for whatever service."""
        return any(rule.has_peer(subject) for rule in self.rules)

    def offers(self, subject: Subject) -> bool:
        """Return whether the local host is known to listen on the local port of the subject."""
        port = subject.local_port
        return any(service.has(subject.proto, port) for service in self._offered)

    def _find(self, proto: str, port: int) -> tuple[Rule, ...]:
        """Return the rules for a service, in their order."""
        return tuple(
            rule
            for rule in self.rules
            if not rule.services or any(service.has(proto, port) for service in rule.services)
        )
