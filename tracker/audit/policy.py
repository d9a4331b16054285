"""The policy: which connections are explained, and by which rule; the first that fits counts.

`config/policy.yaml` explains the form.  A rule costs nothing where its service is another one:
rules are looked up by protocol and port first, and what was looked up is remembered.
"""

from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tracker.audit.group import service_port
from tracker.audit.peers import Places, union
from tracker.audit.subject import Subject
from tracker.typed import NamedTuple

ANY_PORT = (0, 65535)

#: Who opened a connection that a rule fits.
TO, FROM, WITH = "local", "foreign", ""

# Hosts of one network are asked at a group's address and answer from the service's port, each by
# itself: NetBIOS (RFC 1002 section 4.2), SSDP, WS-Discovery, mDNS (RFC 6762 section 6.7), LLMNR.
_DISCOVERY = frozenset((137, 1900, 3702, 5353, 5355))

# Below are services' ports (RFC 6335 section 6), from which nobody asks.
_SYSTEM_PORTS = 1024


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
        return self.peers is None or has_peer(self.peers, subject)


class Policy:
    """Rules in their order, and what local hosts are known to listen on.

    learned    whether it was learned: then a peer that it does not know is a new one
    path       the file that it comes from
    """

    def __init__(
        self, rules: Sequence[Rule], offered: Sequence[Service], learned: bool, path: str
    ) -> None:
        self.rules = tuple(rules)
        self.learned = learned
        self.path = path
        self._offered = tuple(offered)
        self._known = union(rule.peers for rule in rules if rule.peers is not None)
        self._ports = _by_port(self.rules)
        self._ranges = {proto: _Ranges(self.rules, proto) for proto in ("tcp", "udp")}
        self._of_service = lru_cache(maxsize=65536)(self._find)

    def explains(self, subject: Subject) -> Rule | None:
        """Return the first rule that fits, which allows the subject or doubts it; None for none.

        A datagram that answers a question to a group is of the service that was asked: a rule fits
        it that means whoever begins (`with`).
        """
        for rule in self._of_service(subject.proto, service_port(subject), asked_port(subject)):
            if rule.fits(subject):
                return rule
        return None

    def knows(self, subject: Subject) -> bool:
        """Return whether any rule names the peer of the subject, for whatever service."""
        return has_peer(self._known, subject)

    def offers(self, subject: Subject) -> bool:
        """Return whether the local host is known to listen on the local port of the subject.

        Rules say so that allow connections from others to that host, and `offers`, for every host.
        """
        proto, port = subject.proto, subject.local_port
        if any(service.has(proto, port) for service in self._offered):
            return True
        return any(
            rule.allows
            and rule.opened_by != TO
            and bool(rule.services)
            and (rule.who is None or rule.who.has_address(subject.local_address))
            for rule in self._of_service(proto, port, 0)
        )

    def _find(self, proto: str, port: int, asked: int) -> tuple[Rule, ...]:
        """Return the rules for a service, or that of the port `asked`, in their order."""
        rules = self._rules_for(proto, port)
        if asked:
            rules += [rule for rule in self._rules_for(proto, asked) if rule.opened_by == WITH]
        found = {rule.number: rule for rule in rules}
        return tuple(found[number] for number in sorted(found))

    def _rules_for(self, proto: str, port: int) -> list[Rule]:
        return [*self._ports.get((proto, port), ()), *self._ranges[proto].rules_for(port)]


class _Ranges:
    """Rules for any port, or for ranges of them: found by the stretch in which a port is."""

    def __init__(self, rules: Iterable[Rule], proto: str) -> None:
        self._proto = proto
        self._rules = [rule for rule in rules if not _is_narrow(rule)]
        ranges = [each for rule in self._rules for each in rule.services if each.proto == proto]
        self._bounds = sorted({each.first for each in ranges} | {each.last + 1 for each in ranges})
        self._stretches: dict[int, list[Rule]] = {}

    def rules_for(self, port: int) -> list[Rule]:
        """Return the rules for a port."""
        stretch = bisect(self._bounds, port)
        found = self._stretches.get(stretch)
        if found is None:
            found = self._stretches[stretch] = [
                rule for rule in self._rules if self._has(rule, port)
            ]
        return found

    def _has(self, rule: Rule, port: int) -> bool:
        return not rule.services or any(each.has(self._proto, port) for each in rule.services)


def has_peer(peers: Places, subject: Subject) -> bool:
    """Return whether the peer of a subject is among places, by address or a name asked for."""
    if peers.has_address(subject.foreign_address):
        return True
    return subject.asked and subject.name is not None and peers.has_name(subject.name.text)


def asked_port(subject: Subject) -> int:
    """Return at which port a group was asked for what a datagram answers; 0 for any other."""
    if subject.proto != "udp" or subject.opened_by == TO or subject.local_port < _SYSTEM_PORTS:
        return 0
    return subject.foreign_port if subject.foreign_port in _DISCOVERY else 0


def _by_port(rules: Iterable[Rule]) -> dict[tuple[str, int], list[Rule]]:
    """Return rules by protocol and port: those that name nothing but single ports."""
    ports: dict[tuple[str, int], list[Rule]] = defaultdict(list)
    for rule in filter(_is_narrow, rules):
        for each in rule.services:
            ports[each.proto, each.first].append(rule)
    return ports


def _is_narrow(rule: Rule) -> bool:
    return bool(rule.services) and all(each.first == each.last for each in rule.services)
