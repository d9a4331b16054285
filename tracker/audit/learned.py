"""A policy from what is normal: grouped so that a person can read it, and no wider than was seen.

One rule for each service, direction and set of local hosts, with the peers that these hosts had.
A peer is named where the local host asked for its name; else it is an address.  Two things make a
rule wider than what was seen, and only these:

- names: where LEAST or more hosts directly below one domain were seen, all below it are meant; a
  domain has three labels at least, or two of which the last is a generic one of the Internet;
- addresses: where LEAST or more of one network were seen (IPv4 /24, IPv6 /64), the network is.

What does not show that it is normal is left out and counted: refused, unanswered, half open, picked
up in the middle, or part of a scan.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network

from tracker.audit.ftp import Control, announced
from tracker.audit.group import is_attempt, is_half_open, is_refused, is_unanswered, service_port
from tracker.audit.patterns import MOST, Attempts, initiator
from tracker.audit.peers import GROUPS, Places
from tracker.audit.subject import Subject
from tracker.names.services import Services
from tracker.report.text import counted, timestamp
from tracker.typed import NamedTuple

#: So many hosts of one domain, or of one network, stand for all of it.
LEAST = 3

_PREFIX = {4: 24, 6: 64}

#: Domains right below which names are given to strangers; below all others they are not, as far as
#: two labels tell (RFC 2606 and IANA's list of generic top-level domains).
_GENERIC = frozenset(("com", "org", "net", "edu", "gov", "mil", "int", "arpa", "test", "example"))

_IN_GROUPS = Places(GROUPS)


class _Seen:
    """What was seen of one peer at one service."""

    def __init__(self) -> None:
        self.count = 0
        self.first: Subject | None = None
        self.last = 0

    def add(self, subject: Subject) -> None:
        """Add a subject."""
        self.count += 1
        if self.first is None or subject.first_seen < self.first.first_seen:
            self.first = subject
        self.last = max(self.last, subject.last_seen)


class _Use(NamedTuple):
    """A service that was used: by whom it was opened, its protocol and port."""

    opened_by: str
    proto: str
    port: int


class Learner:
    """Takes subjects, and writes a policy that explains them.

    learned    how many it took
    left_out   how many it did not, by why
    """

    def __init__(self, control: Control | None = None) -> None:
        """Leave out what `control`, heard of FTP, announces: its control connection explains it."""
        self._control = control
        self.learned = 0
        self.left_out: Counter[str] = Counter()
        self._attempts: dict[str, Attempts] = defaultdict(Attempts)
        self._held: list[Subject] = []
        self._seen: dict[_Use, dict[str, dict[str, _Seen]]] = defaultdict(dict)

    def add(self, subject: Subject) -> None:
        """Learn from a subject, unless it is one to leave out."""
        if announced(self._control, subject):
            return
        is_tried = is_attempt(subject)
        if is_tried and len(self._attempts) < MOST:
            self._attempts[initiator(subject)].add(subject, None)
        reason = reason_against(subject)
        if reason is not None:
            self.left_out[reason] += 1
        elif is_tried and len(self._held) < MOST:
            self._held.append(subject)
        else:
            self._learn(subject)

    def finish(self) -> None:
        """Learn from what was opened and left at once, unless it is of a scan; come to an end."""
        for subject in self._held:
            if self._attempts[initiator(subject)].is_scan():
                self.left_out["part of a scan"] += 1
            else:
                self._learn(subject)
        self._held.clear()

    def _learn(self, subject: Subject) -> None:
        self.learned += 1
        use = _Use(subject.opened_by, subject.proto, service_port(subject))
        hosts = self._seen[use].setdefault(_peer(subject), {})
        hosts.setdefault(subject.local_address, _Seen()).add(subject)

    def lines(self, services: Services, source: str) -> Iterator[str]:
        """Yield the lines of the policy; `source` says what it was learned from."""
        yield f"# Learned by tracker from {source}: {counted(self.learned, 'connection')}."
        yield "# Read it and shorten it; `tracker audit --policy` reports what does not fit."
        yield "learned: true"
        yield "rules:"
        for use in sorted(self._seen):
            for peers, locals_ in _rules(self._seen[use]):
                yield from _rule(use, peers, locals_, self._seen[use], services)
        if not self._seen:
            yield "  []"


def reason_against(subject: Subject) -> str | None:
    """Return why a subject is nothing to learn from, None where it is."""
    if is_refused(subject):
        return "refused"
    if is_half_open(subject):
        return "half open"
    if is_unanswered(subject) and not _IN_GROUPS.has_address(subject.foreign_address):
        return "unanswered"
    if subject.proto == "tcp" and not subject.basis.startswith("syn"):
        return "older than the capture"
    return None


def _peer(subject: Subject) -> str:
    """Return the name that was asked for, else the address."""
    if subject.asked and subject.name is not None:
        return subject.name.text
    return subject.foreign_address


def _rules(seen: dict[str, dict[str, _Seen]]) -> list[tuple[list[str], tuple[str, ...]]]:
    """Return peers and local hosts of each rule: those peers that the same local hosts had."""
    by_hosts: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for peer, hosts in seen.items():
        by_hosts[tuple(sorted(hosts))].append(peer)
    return [(sorted(peers), hosts) for hosts, peers in sorted(by_hosts.items())]


def _rule(
    use: _Use,
    peers: list[str],
    hosts: tuple[str, ...],
    seen: dict[str, dict[str, _Seen]],
    services: Services,
) -> Iterator[str]:
    found = [each for peer in peers for each in seen[peer].values()]
    first = min((each.first for each in found if each.first), key=lambda each: each.first_seen)
    count = counted(sum(each.count for each in found), "connection")
    last = max(each.last for each in found)
    span = f"{timestamp(first.first_seen)[:19]} to {timestamp(last)[:19]}"
    name = services.name(use.port, use.proto)
    yield f"  # {f'{name}: ' if name else ''}{count}, {span}, as in frame {first.frame}"
    key = "to" if use.opened_by == "local" else "from"
    yield f"  - {key}: {_list(generalized(peers))}"
    yield f"    who: {_list(list(hosts))}"
    yield f"    services: [{_service(use, services)}]"


def _service(use: _Use, services: Services) -> str:
    """Return the name of a service where it means just this one, else protocol and port."""
    name = services.name(use.port, use.proto)
    other = "udp" if use.proto == "tcp" else "tcp"
    named = [
        port
        for proto in (use.proto, other)
        for port, each in services.names(proto).items()
        if each == name
    ]
    return name if name and named == [use.port] else f"{use.proto}/{use.port}"


def _list(words: list[str]) -> str:
    quoted = ", ".join(f'"{word}"' if ":" in word or "*" in word else word for word in words)
    return f"[{quoted}]"


# --- wider than was seen --------------------------------------------------------------------------


def generalized(peers: Iterable[str]) -> list[str]:
    """Return patterns and networks in place of LEAST or more peers of theirs, the others as is."""
    peers = list(peers)
    groups: dict[str, list[str]] = defaultdict(list)
    for peer in peers:
        groups[_wider(peer)].append(peer)
    found: list[str] = []
    for wider, members in groups.items():
        found += [wider] if wider and len(members) >= LEAST else members
    return sorted(found)


def _wider(peer: str) -> str:
    """Return the domain's pattern, or the network, that a peer belongs to; "" for none."""
    try:
        address = ip_address(peer)
    except ValueError:
        _, _, domain = peer.partition(".")
        return f"*.{domain}" if _is_domain(domain) else ""
    if _IN_GROUPS.has_address(peer):
        return ""
    return str(ip_network((address, _PREFIX[address.version]), strict=False))


def _is_domain(domain: str) -> bool:
    """Return whether names below `domain` are, as far as one can tell, of one owner."""
    labels = domain.split(".")
    return len(labels) >= 3 or (len(labels) == 2 and labels[1] in _GENERIC)
