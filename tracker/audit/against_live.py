"""The wire against this host's own kernel, while it goes on.

The kernel is asked first, the wire is looked at after that; what remains unexplained is looked at
once more, a second later, before it is called hidden.  What only a closer look explains (other
network namespaces, owners of raw sockets, tracked connections) is asked for only then: it costs
some 10 us for each file that any process has open.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from time import sleep, time_ns

from tracker import host
from tracker.audit.against import compare
from tracker.audit.against_diag import diag_pairs
from tracker.audit.against_known import BETWEEN, HIDDEN, NS_IN_S, Known, Mismatch
from tracker.audit.dumps import read_dumps
from tracker.audit.dumps_proc import ETH_P_ALL
from tracker.audit.dumps_rows import DumpError, RawSocket, Tracked
from tracker.audit.subject import Subject
from tracker.host import KernelSocket

#: Seconds between the two looks: a socket that is on its way to being gone is gone by then.
AGAIN = 1.0

#: How far wire and kernel may be apart on one host, ns, beside the time that the list takes: frames
#: wait in the ring, and a program is told of a segment before or after the sniffer.
LIVE_TOLERANCE = NS_IN_S // 2

#: A machine with more containers is looked at in part.
_MOST_NAMESPACES = 256

_TABLES = ("tcp", "tcp6", "udp", "udp6")
_FORWARDING = ("/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding")

Look = Callable[[], Iterable[Subject]]


def look(wire: Look, known: Known, wait: Callable[[float], None] = sleep) -> list[Mismatch]:
    """Return what wire and this host's kernel do not have in common, as `against.compare` does.

    wire     called after the kernel was asked: returns the subjects as of now, caught up
    known    what is known of the capture: `began`, `watched`, `partial`, `addresses`
    wait     called with seconds between the two looks; frames should be taken in meanwhile

    What is unexplained at the first look and not at the second is named BETWEEN.

    Raises UserError if psutil is missing or may not look.
    """
    first = _look(wire, known)
    if all(each.cause for each in first):
        return first
    wait(AGAIN)
    still = {each.key() for each in _look(wire, known) if each.cause is None}
    return [each if each.cause or each.key() in still else _settled(each) for each in first]


def _look(wire: Look, known: Known) -> list[Mismatch]:
    """Ask the kernel, then the wire; closer where something is unexplained."""
    begun = time_ns()
    sockets = host.sockets(programs=True)
    took = time_ns() - begun
    known = known._replace(moment=begun + took // 2, tolerance=LIVE_TOLERANCE + took)
    subjects = list(wire())
    found = compare(subjects, sockets, known)
    if any(each.cause is None and each.kind == HIDDEN for each in found):
        return compare(subjects, sockets, closer(known))
    return found


def _settled(mismatch: Mismatch) -> Mismatch:
    """Return a mismatch that was gone at the second look."""
    evidence = f"{mismatch.evidence}; {AGAIN:g} s later wire and kernel agree"
    return mismatch._replace(cause=BETWEEN, evidence=evidence)


def closer(known: Known) -> Known:
    """Return `known` with all that this host tells beside its sockets (Linux; else unchanged)."""
    return known._replace(
        forwards=known.forwards or any(_first(path) == "1" for path in _FORWARDING),
        raw=[*known.raw, *raw_sockets()],
        tracked=[*known.tracked, *_tracked()],
        elsewhere={**known.elsewhere, **namespaces()},
        own=known.own | {os.getpid()},
        other_way=known.other_way | (diag_pairs() or frozenset()),
    )


def namespaces() -> dict[str, list[KernelSocket]]:
    """Return the sockets of the other network namespaces, by a process of each (root sees all)."""
    seen = {_link("/proc/self/ns/net")}
    found: dict[str, list[KernelSocket]] = {}
    for pid in _processes():
        inside = _link(f"/proc/{pid}/ns/net")
        if inside is None or inside in seen or len(found) >= _MOST_NAMESPACES:
            continue
        seen.add(inside)
        with suppress(DumpError):  # it may end at any time
            paths = [f"/proc/{pid}/net/{table}" for table in _TABLES]
            sockets = read_dumps(path for path in paths if os.path.exists(path)).sockets
            found[f"the namespace of {_first(f'/proc/{pid}/comm') or '?'} ({pid})"] = sockets
    return found


def raw_sockets() -> list[RawSocket]:
    """Return the raw and packet sockets of this network namespace with their owners."""
    found = list(_raw_rows())
    owners = _owners({inode for _, _, inode, _ in found}) if found else {}
    sockets = []
    for kind, protocol, inode, place in found:
        pid, program = owners.get(inode, (None, None))
        sockets.append(RawSocket(kind, protocol, pid, program, place))
    return sockets


def _raw_rows() -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, protocol, inode and place of each raw and packet socket."""
    for path in ("/proc/net/raw", "/proc/net/raw6"):
        for words in _rows(path, 10):
            yield "raw", str(int(words[1].rpartition(":")[2], 16)), words[9], path
    for words in _rows("/proc/net/packet", 9):
        protocol = int(words[3], 16)
        every = "" if protocol == ETH_P_ALL else str(protocol)
        yield "packet", every, words[8], "/proc/net/packet"


def _owners(inodes: set[str]) -> dict[str, tuple[int, str]]:
    """Return the process that has each of these sockets, as far as this user may see."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, tuple[int, str]] = {}
    for pid in _processes():
        with suppress(OSError):
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                inode = wanted.get(_link(f"/proc/{pid}/fd/{descriptor}") or "")
                if inode is not None:
                    found.setdefault(inode, (pid, _first(f"/proc/{pid}/comm") or "?"))
    return found


def _tracked() -> list[Tracked]:
    """Return what the firewall tracks, where the kernel shows it (CONFIG_NF_CONNTRACK_PROCFS)."""
    path = "/proc/net/nf_conntrack"
    if not os.access(path, os.R_OK):
        return []
    with suppress(DumpError):
        return read_dumps([path]).tracked
    return []


def _processes() -> list[int]:
    with suppress(OSError):
        return sorted(int(name) for name in os.listdir("/proc") if name.isdecimal())
    return []


def _rows(path: str, columns: int) -> Iterator[list[str]]:
    """Yield the words of each row below the heading."""
    with suppress(OSError), open(path, encoding="ascii", errors="replace") as file:
        for line in file.readlines()[1:]:
            words = line.split()
            if len(words) >= columns:
                yield words


def _first(path: str) -> str | None:
    """Return the first line of a small file, None where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return None


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None
