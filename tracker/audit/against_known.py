"""What is known when the wire is held against a kernel's table, and what comes out of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from tracker.audit.dumps_rows import ANY4, ANY6, TCP4, TCP6, UDP4, UDP6, RawSocket, Tracked
from tracker.audit.subject import Subject
from tracker.host import KernelSocket, Pair
from tracker.tcp_state import State
from tracker.typed import NamedTuple

NS_IN_S = 1_000_000_000

#: Kinds of mismatches.
HIDDEN = "on the wire, not in the kernel's table"
UNSEEN = "in the kernel's table, not on the wire"
DIFFERENT = "on both, in different states"

#: Causes that are benign.
RAW = "raw or packet socket"
NAMESPACE = "another network namespace"
FORWARDED = "forwarded traffic"
TRANSLATED = "translated traffic"
OTHERS = "traffic of others"
COOKIES = "SYN cookies"
CLOSING = "closed, without an owner"
GONE = "socket already gone"
BETWEEN = "in the moment between"
NOT_COVERED = "not in this table"
LISTENING = "listening socket"
SILENT = "UDP socket that sent nothing"
LOOPBACK = "loopback"
INTERFACE = "another interface"
NEVER_LEFT = "never left the host"
PARTIAL = "the capture is not whole"
IDLE = "idle since before the capture"
STATES = "seen in another state"

#: All causes, with what each means, for people.
CAUSES = {
    RAW: "a program speaks TCP by itself; the kernel has no socket for it",
    NAMESPACE: "the socket is in the table of another network namespace of this host (container)",
    FORWARDED: "the host is a router here: neither address is its own",
    TRANSLATED: "NAT gives it other addresses or ports behind this host",
    OTHERS: "neither address is this host's: heard in promiscuous mode",
    COOKIES: "the kernel answers SYNs without keeping them until the handshake ends",
    CLOSING: "this host has closed it: the kernel may drop what is left",
    GONE: "UDP has no end that the wire shows: the socket may be closed",
    BETWEEN: "it began, ended or changed while the table was taken",
    NOT_COVERED: "the saved table does not list this protocol or version of IP",
    LISTENING: "a listening or unconnected socket is never on the wire",
    SILENT: "nothing was sent through it since the capture began",
    LOOPBACK: "what a host says to itself is not on this wire",
    INTERFACE: "its address is not one of this wire",
    NEVER_LEFT: "its SYN did not leave: a firewall, no route, no neighbour",
    PARTIAL: "the capture was filtered, or frames were dropped",
    IDLE: "nothing was sent since the capture began",
    STATES: "both have it, so it is not hidden",
}

#: How far apart wire and table may be, ns: `ss` takes its time, and clocks of two hosts differ.
TOLERANCE = 2 * NS_IN_S

_ANY = (None, ANY4, ANY6)


class Known(NamedTuple):
    """What is known beside the subjects and the sockets; all of it may be unknown.

    moment      when the table was taken, ns since 1970; None: the last frame of all subjects
    tolerance   how much earlier or later that may have been, ns
    began, ended    the first and the last frame of the capture, ns since 1970; 0: unknown
    addresses   this host's; those of its sockets are added
    watched     addresses of this host on the interface of the capture; empty: those on the wire
    covered     families that the table speaks of (`dumps_rows.TCP4` ...); empty: all
    forwards    whether this host is a router
    raw         its raw and packet sockets
    tracked     what its firewall tracks
    elsewhere   sockets of other network namespaces of this host, by what each is called
    full        listening sockets whose accept queue is full (`dumps_rows.Found.full`)
    heard       ns since the last segment of a connection (`Found.heard`)
    unsent      connections with octets that were not acknowledged (`Found.unsent`)
    places      where a socket stands in a saved table
    offers      called when it is needed: tells whether the SYN of a pair's local side offered
                window scaling, for those whose SYN was seen (`against_stack.offers`)
    other_way   pairs that the kernel lists when it is asked by another way (`against_diag`)
    partial     why the capture may lack frames, "" if it should be whole
    own         process ids that are ours: their packet sockets only listen
    """

    moment: int | None = None
    tolerance: int = TOLERANCE
    began: int = 0
    ended: int = 0
    addresses: frozenset[str] = frozenset()
    watched: frozenset[str] = frozenset()
    covered: frozenset[str] = frozenset()
    forwards: bool = False
    raw: Sequence[RawSocket] = ()
    tracked: Sequence[Tracked] = ()
    elsewhere: Mapping[str, Sequence[KernelSocket]] = {}
    full: Mapping[Pair, tuple[int, int]] = {}
    heard: Mapping[Pair, int] = {}
    unsent: frozenset[Pair] = frozenset()
    places: Mapping[Pair, str] = {}
    offers: Callable[[], Mapping[Pair, bool]] | None = None
    other_way: frozenset[Pair] = frozenset()
    partial: str = ""
    own: frozenset[int] = frozenset()


class Mismatch(NamedTuple):
    """Wire and kernel's table say different things.

    kind       HIDDEN, UNSEEN or DIFFERENT
    subject    what the wire shows, from the side of this host; None for UNSEEN
    socket     what the table has; None for HIDDEN
    cause      a benign cause, a key of CAUSES; None: nothing explains it, that is the finding
    text       a sentence
    evidence   frames, lines of the table, other processes
    """

    kind: str
    subject: Subject | None
    socket: KernelSocket | None
    cause: str | None
    text: str
    evidence: str

    def key(self) -> tuple[str, Pair]:
        """Return what tells it from others, at every look."""
        if self.subject is not None:
            return self.kind, pair_of(self.subject)
        assert self.socket is not None
        return self.kind, self.socket.pair()


class Reason(NamedTuple):
    """Why: a benign cause, or None, and what shows it."""

    cause: str | None
    evidence: str


def pair_of(subject: Subject) -> Pair:
    """Return the pair as the kernel would list it."""
    return subject[:5]


def ends(pair: Pair) -> str:
    """Return both ends as people read them."""
    proto, local, local_port, foreign, foreign_port = pair
    to = "" if foreign is None else f" and {end(foreign, foreign_port)}"
    return f"{proto} {end(local, local_port)}{to}"


def end(address: str, port: int) -> str:
    """Return a socket as text (RFC 5952 section 6)."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def turned(subject: Subject) -> Subject:
    """Return the subject from the side of its other host."""
    return subject._replace(
        local_address=subject.foreign_address,
        local_port=subject.foreign_port,
        foreign_address=subject.local_address,
        foreign_port=subject.local_port,
        state=subject.foreign_state,
        foreign_state=subject.state,
        opened_by="local" if subject.opened_by == "foreign" else "foreign",
        name=None,
        asked=False,
        local_packets=subject.foreign_packets,
        foreign_packets=subject.local_packets,
        local_payload=subject.foreign_payload,
        foreign_payload=subject.local_payload,
        local_speaks=subject.foreign_speaks,
        foreign_speaks=subject.local_speaks,
        program=None,
        present=subject.proto == "udp" or subject.foreign_state not in (None, "CLOSED", "LISTEN"),
    )


class Table:
    """The kernel's sockets, found by pair, or by what they are bound to."""

    def __init__(self, sockets: Iterable[KernelSocket]) -> None:
        self.pairs = {each.pair(): each for each in sockets}
        self.addresses = frozenset(
            each.local_address for each in self.pairs.values() if each.local_address not in _ANY
        )

    def of(self, subject: Subject) -> KernelSocket | None:
        """Return the socket that carries a subject; for UDP that may be an unconnected one."""
        found = self.pairs.get(pair_of(subject))
        if found is None and subject.proto == "udp":
            return self.bound(subject)
        return found

    def bound(self, subject: Subject) -> KernelSocket | None:
        """Return the socket without a peer at the local end: one that listens or receives."""
        wild = (ANY6,) if ":" in subject.local_address else (ANY4, ANY6)
        for address in (subject.local_address, *wild):
            found = self.pairs.get((subject.proto, address, subject.local_port, None, 0))
            if found is not None and found.state in (None, State.LISTEN):
                return found
        return None


def needed(subject: Subject) -> tuple[str, ...]:
    """Return the families of sockets that may carry the subject (IPv4 is carried by both)."""
    narrow, wide = (TCP4, TCP6) if subject.proto == "tcp" else (UDP4, UDP6)
    return (wide,) if ":" in subject.local_address else (narrow, wide)
