"""The wire against the kernel's table: what the one has and the other does not admit.

Both are of one host at one moment.  They are never taken at exactly the same time, so what began or
changed within a tolerance of that moment (`Known.tolerance`) is no finding.
"""

from collections.abc import Iterable

from tracker.audit.against_causes import Host, Wire, is_loopback
from tracker.audit.against_known import (
    BETWEEN,
    DIFFERENT,
    HIDDEN,
    NS_IN_S,
    STATES,
    UNSEEN,
    Known,
    Mismatch,
    Reason,
    Table,
    ends,
    pair_of,
    turned,
)
from tracker.audit.against_unseen import why_unseen
from tracker.audit.dumps import read_dumps
from tracker.audit.dumps_rows import Found
from tracker.audit.subject import Subject
from tracker.host import KernelSocket
from tracker.words import NOTE_SEEDED

NOTHING_KNOWN = Known()


def compare(
    subjects: Iterable[Subject], sockets: Iterable[KernelSocket], known: Known = NOTHING_KNOWN
) -> list[Mismatch]:
    """Return what wire and kernel's table do not have in common; findings first, then by pair.

    subjects   what the wire shows as of `known.moment` plus `known.tolerance`, or as of its end
               where that is earlier; each connection once, from either side
    sockets    all that the table has

    A pair that was used again counts as its last connection.
    """
    table = Table(sockets)
    addresses = known.addresses | table.addresses
    wire = Wire(
        side
        for each in subjects
        if not _is_seeded(each)
        for side in _sides_of_this_host(each, addresses)
    )
    moment = wire.last() if known.moment is None else known.moment
    host = Host(wire, table, known, moment)
    found = [*_on_the_wire(host), *_off_the_wire(host)]
    return sorted(found, key=lambda each: (each.cause is not None, *map(str, each.key())))


def saved(paths: Iterable[str], others: Iterable[str] = ()) -> tuple[list[KernelSocket], Known]:
    """Return the sockets of a host from its saved tables, and what these tell beside.

    paths    of one host, in one network namespace, at one moment
    others   of other network namespaces of that host, each a file

    What the capture tells is to be added to it: `moment`, `began`, `ended`, `addresses`, `offers`,
    `partial`.  Raises DumpError for what is no table.
    """
    found = read_dumps(paths)
    known = with_tables(Known(), found)
    elsewhere = {path: read_dumps([path]).sockets for path in others}
    return found.sockets, known._replace(elsewhere=elsewhere)


def with_tables(known: Known, found: Found) -> Known:
    """Return `known` with what saved tables tell beside the sockets."""
    return known._replace(
        covered=frozenset(found.covered),
        raw=found.raw,
        tracked=found.tracked,
        full=found.full,
        heard=found.heard,
        unsent=frozenset(found.unsent),
        places=found.places,
    )


def _on_the_wire(host: Host) -> Iterable[Mismatch]:
    """Yield the subjects that the table has not, or in another state."""
    for subject in host.wire.pairs.values():
        socket = host.table.of(subject)
        if socket is not None:
            if subject.state is not None and socket.state is not None:
                yield from _in_another_state(host, subject, socket)
        elif subject.present and not _ended_before(host, subject):
            yield _hidden(host, subject)


def _off_the_wire(host: Host) -> Iterable[Mismatch]:
    """Yield the sockets of the table that the wire does not show."""
    receiving = {
        socket.pair()
        for subject in host.wire.pairs.values()
        if subject.proto == "udp" and (socket := host.table.of(subject)) is not None
    }
    for pair, socket in host.table.pairs.items():
        if pair not in host.wire.pairs and pair not in receiving:
            reason = why_unseen(host, socket)
            state = f", {socket.state.name}" if socket.state is not None else ""
            text = f"{ends(pair)}{state}{_owner(socket)}: nothing of it is on the wire"
            yield Mismatch(
                UNSEEN, None, socket, reason.cause, text, _with_place(host, reason, pair)
            )


def _hidden(host: Host, subject: Subject) -> Mismatch:
    reason = host.why(subject)
    state = subject.state or subject.pseudo_state or "open"
    text = f"{ends(pair_of(subject))}, {state}: the kernel does not admit it"
    parts = [_seen(host, subject), reason.evidence]
    evidence = "; ".join(part for part in parts if part)
    return Mismatch(HIDDEN, subject, None, reason.cause, text, evidence)


def _in_another_state(host: Host, subject: Subject, socket: KernelSocket) -> Iterable[Mismatch]:
    """Yield the mismatch where the states differ; that is never a finding, both have it."""
    assert socket.state is not None
    if subject.state == socket.state.name:
        return
    near = abs(subject.last_seen - host.moment) <= host.known.tolerance
    reason = Reason(BETWEEN if near else STATES, _seen(host, subject))
    text = (
        f"{ends(pair_of(subject))}: {subject.state} on the wire, {socket.state.name} in the table"
    )
    evidence = _with_place(host, reason, socket.pair())
    yield Mismatch(DIFFERENT, subject, socket, reason.cause, text, evidence)


def _sides_of_this_host(subject: Subject, addresses: frozenset[str]) -> Iterable[Subject]:
    """Return the subject from the side of this host: from both, for what it says to itself."""
    near, far = subject.local_address, subject.foreign_address
    if near == far or is_loopback(near) or (near in addresses and far in addresses):
        return subject, turned(subject)
    if near not in addresses and far in addresses:
        return (turned(subject),)
    return (subject,)


def _is_seeded(subject: Subject) -> bool:
    """Return whether it was taken from the kernel's table, and nothing of it seen since."""
    packets = subject.local_packets + subject.foreign_packets
    return bool(subject.notes & NOTE_SEEDED) and not packets


def _ended_before(host: Host, subject: Subject) -> bool:
    """Return whether a connection of UDP had been quiet for too long to have a socket still."""
    return subject.proto == "udp" and subject.last_seen < host.moment - 2 * host.known.tolerance


def _seen(host: Host, subject: Subject) -> str:
    """Return what the wire shows of a subject."""
    packets = subject.local_packets + subject.foreign_packets
    last = (host.moment - subject.last_seen) / NS_IN_S
    when = f"{last:.1f} s before the table" if last >= 0 else f"{-last:.1f} s after the table"
    frame = f"frame {subject.frame}, " if subject.frame else ""
    return f"{frame}{packets} packets, the last {when}"


def _with_place(host: Host, reason: Reason, pair: tuple[str, str, int, str | None, int]) -> str:
    place = host.known.places.get(pair)
    return f"{reason.evidence} ({place})" if place else reason.evidence


def _owner(socket: KernelSocket) -> str:
    return f", {socket.program} ({socket.pid})" if socket.pid and socket.program else ""
