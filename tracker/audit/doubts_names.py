"""Doubts about who the peer is: nobody asked for its name, nobody knows it."""

from ipaddress import ip_address

from tracker.audit.evidence import first, moment, told
from tracker.audit.finding import Doubt
from tracker.audit.group import Circumstances, Group
from tracker.audit.subject import Subject
from tracker.names.name import DNS, HOSTS, LLMNR, MDNS, SOURCES
from tracker.report.text import duration

_LOOKUPS = frozenset((SOURCES[DNS], SOURCES[MDNS], SOURCES[LLMNR]))

# An answer from before the capture may still have held: so long many do, ns.
_HELD = 300_000_000_000


def no_lookup(group: Group, circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that this host connected to a bare address."""
    subject = group.subjects[0]
    if subject.opened_by != "local" or any(each.asked for each in group.subjects):
        return None
    if not _is_begun(subject) or _is_named(subject) or not _is_single(subject.foreign_address):
        return None
    text = "this host did not ask for a name of that address before it connected"
    parts = [first(subject), _name(subject)]
    if not circumstances.lookups:
        parts.append("the capture holds no lookups at all: none of anybody was seen")
    elif subject.first_seen - circumstances.begun < _HELD:
        before = duration(subject.first_seen - circumstances.begun)
        parts.append(f"the capture began {before} before; an older answer is not seen")
    return Doubt("no-lookup", text, "; ".join(filter(None, parts)))


def new_peer(group: Group, circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that the learned policy does not know the peer."""
    subject = group.subjects[0]
    policy = circumstances.policy
    if not policy.learned or policy.knows(subject) or not _is_single(subject.foreign_address):
        return None
    text = "the peer is seen for the first time: it was not there when the policy was learned"
    name = f" {subject.name.text}" if subject.name else ""
    return Doubt("new-peer", text, f"{first(subject)}: {subject.foreign_address}{name}")


def _is_begun(subject: Subject) -> bool:
    """Return whether its beginning was seen: what is older was perhaps asked for before."""
    return subject.proto == "udp" or subject.basis.startswith("syn")


def _is_named(subject: Subject) -> bool:
    return subject.name is not None and subject.name.source == HOSTS


def _is_single(text: str) -> bool:
    """Return whether an address is one host's: groups and everybody have no names."""
    address = ip_address(text)
    return not (address.is_multicast or text == "255.255.255.255" or address.is_loopback)


def _name(subject: Subject) -> str:
    """Return what is known of the name all the same."""
    name = subject.name
    if name is None:
        return ""
    if name.source in _LOOKUPS and name.until and name.until < subject.first_seen:
        return f"{told(name)}, which held until {moment(name.until)} only"
    return told(name)
