"""What was learned, as the text of a policy that a person can read, with the evidence of each rule.

Ports are written as numbers, because names of services are not the same on every system.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from tracker.audit.learned import ByPeer, Learner, Seen, Use
from tracker.audit.look import socket
from tracker.audit.policy import FROM, TO, WITH
from tracker.audit.wider import everybody, generalized
from tracker.config import Config
from tracker.config.yaml_file import printable
from tracker.names.services import Services
from tracker.report.text import counted, timestamp
from tracker.typed import NamedTuple

# How long a line of a list may be.  Longer ones are written below each other.
_WIDEST = 100

# So many names of services are told of a rule.
_MOST_NAMES = 4

_KEYS = {TO: "to", FROM: "from", WITH: "with"}

# What YAML takes for text without quotes.  It takes words such as `no` and `1_000` for something
# else (YAML 1.1, its repository of types).
_PLAIN = re.compile(
    r"any|private|\d+(\.\d+){3}(/\d+)?|[a-z][a-z0-9-]*(\.[a-z0-9-]+)+|(tcp|udp)/[\d-]+"
)


class _Rule(NamedTuple):
    """A rule to be written: who opens, the peers and local hosts as words, the services."""

    opened_by: str
    peers: tuple[str, ...]
    hosts: tuple[str, ...]
    uses: list[Use]
    seen: list[Seen]


def policy_lines(
    learner: Learner, services: Services, config: Config, source: str
) -> Iterator[str]:
    """Yield the lines of the policy; `source` says what it was learned from."""
    count = counted(learner.learned, "connection")
    yield f"# Learned by tracker from {printable(source)}: {count}."
    yield "# Read it and shorten it; `tracker audit --policy` reports what does not fit."
    yield "learned: true"
    rules = _rules(learner.seen, config)
    yield "rules:" if rules else "rules: []"
    for rule in rules:
        yield from _comment(rule, services)
        yield from _entry("  - ", _KEYS[rule.opened_by], rule.peers)
        yield from _entry("    ", "who", rule.hosts)
        yield from _entry("    ", "services", _ports(rule.uses))


def opened_wide(learner: Learner, config: Config) -> Iterator[str]:
    """Yield what is said of services that everybody may use, as so many did."""
    for rule in _rules(learner.seen, config):
        if rule.peers in (("any",), ("private",)):
            who = "anybody" if rule.peers == ("any",) else "all private networks"
            ports, hosts = ", ".join(_ports(rule.uses)), ", ".join(rule.hosts)
            yield f"{who} may use {ports} of {hosts}: many did"


def _rules(seen: dict[Use, ByPeer], config: Config) -> list[_Rule]:
    """Return the rules, in the order of what they are for."""
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], _Rule] = {}
    for use in sorted(seen):
        for peers, hosts in _by_hosts(seen[use]):
            words = tuple(_words(use, peers, config))
            key = use.opened_by, words, hosts
            rule = found.setdefault(key, _Rule(*key, [], []))
            rule.uses.append(use)
            rule.seen.extend(each for peer in peers for each in seen[use][peer].values())
    return list(found.values())


def _by_hosts(by_peer: ByPeer) -> list[tuple[list[str], tuple[str, ...]]]:
    """Return the peers that the same local hosts had, with those hosts."""
    by_hosts: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for peer, by_host in by_peer.items():
        by_hosts[tuple(sorted(by_host))].append(peer)
    return [(sorted(peers), hosts) for hosts, peers in sorted(by_hosts.items())]


def _words(use: Use, peers: list[str], config: Config) -> list[str]:
    """Return the peers as they are written."""
    everyone = everybody(peers, config) if use.opened_by == FROM else None
    return generalized(peers) if everyone is None else [everyone]


def _comment(rule: _Rule, services: Services) -> Iterator[str]:
    """Yield the evidence of a rule."""
    first = min((each.first for each in rule.seen), key=lambda each: each.first_seen)
    count = counted(sum(each.count for each in rule.seen), "connection")
    last = max(each.last for each in rule.seen)
    names = dict.fromkeys(filter(None, (services.name(use.port, use.proto) for use in rule.uses)))
    told = ", ".join(list(names)[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
    told = f"{told}: " if told else ""
    yield f"  # {told}{count}, {timestamp(first.first_seen)[:19]} to {timestamp(last)[:19]} UTC"
    opener = socket(first.local_address, first.local_port)
    other = socket(first.foreign_address, first.foreign_port)
    arrow = "to" if first.opened_by == TO else "from"
    frame = f", frame {first.frame}" if first.frame else ""
    yield f"  # such as {opener} {arrow} {other}{frame}"


def _ports(uses: list[Use]) -> list[str]:
    """Return the ports of services, those in a row as a range."""
    runs: list[list[int | str]] = []
    for use in sorted(uses):
        if runs and runs[-1][0] == use.proto and runs[-1][2] == use.port - 1:
            runs[-1][2] = use.port
        else:
            runs.append([use.proto, use.port, use.port])
    return [
        f"{proto}/{first}" if first == last else f"{proto}/{first}-{last}"
        for proto, first, last in runs
    ]


def _entry(indent: str, key: str, words: tuple[str, ...] | list[str]) -> Iterator[str]:
    """Yield a key with a list behind it, or below it where that is too long for a line."""
    texts = [word if _PLAIN.fullmatch(word) else f'"{word}"' for word in words]
    line = f"{indent}{key}: [{', '.join(texts)}]"
    if len(line) <= _WIDEST:
        yield line
        return
    yield f"{indent}{key}:"
    for text in texts:
        yield f"      - {text}"
