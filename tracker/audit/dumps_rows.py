"""What the readers of saved tables share: where a row stands, its ends, its state; what they found.

A saved table is what a person copies from a host: it may be cut, translated, or somebody's attempt
to mislead.  What is not understood is refused with its place, never passed over.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, ip_address

from tracker.errors import UserError
from tracker.host import KernelSocket, Pair
from tracker.tcp_state import State
from tracker.typed import NamedTuple, NoReturn

#: A host with more sockets is none that a person copies from: refused, not read into memory.
MOST_ROWS = 1_000_000

ANY4, ANY6 = "0.0.0.0", "::"  # noqa: S104 - nothing is bound to them here

#: Families of sockets as the kernel keeps them: those of IPv6 carry connections of IPv4, too.
TCP4, TCP6, UDP4, UDP6 = "tcp", "tcp6", "udp", "udp6"

_LONGEST_QUOTE = 60

# As ss, and the netstats of Linux, BSD and Windows spell them, in capitals, with "_" for "-".
_STATES = {
    "LISTEN": State.LISTEN,
    "LISTENING": State.LISTEN,
    "SYN_SENT": State.SYN_SENT,
    "SYN_RECV": State.SYN_RECEIVED,
    "SYN_RCVD": State.SYN_RECEIVED,
    "SYN_RECEIVED": State.SYN_RECEIVED,
    "ESTAB": State.ESTABLISHED,
    "ESTABLISHED": State.ESTABLISHED,
    "FIN_WAIT_1": State.FIN_WAIT_1,
    "FIN_WAIT1": State.FIN_WAIT_1,
    "FIN_WAIT_2": State.FIN_WAIT_2,
    "FIN_WAIT2": State.FIN_WAIT_2,
    "CLOSE_WAIT": State.CLOSE_WAIT,
    "CLOSING": State.CLOSING,
    "LAST_ACK": State.LAST_ACK,
    "TIME_WAIT": State.TIME_WAIT,
    "UNCONN": State.CLOSED,
    "CLOSE": State.CLOSED,
    "CLOSED": State.CLOSED,
    "BOUND": State.CLOSED,
    "DELETE_TCB": State.CLOSED,
}


class DumpError(UserError):
    """A saved table that cannot be read: file, line, what was expected."""


class Place(NamedTuple):
    """Where something stands: file and line, from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"{self.path}, line {self.line}"

    def refuse(self, what: str) -> NoReturn:
        """Raise DumpError: `what` is wrong here, and what was expected."""
        raise DumpError(f"{self}: {what}")


class RawSocket(NamedTuple):
    """A socket past TCP and UDP: a program that has one may speak TCP by itself.

    kind          "raw" (raw(7)) or "packet" (packet(7))
    protocol      what it is for, as the table says it, "" for all or unknown: a raw socket's
                  protocol ("6", "tcp", "1"), a packet socket's EtherType ("2048", "arp")
    pid, program  the process that has it, None if unknown
    place         where that stands
    """

    kind: str
    protocol: str
    pid: int | None
    program: str | None
    place: str


class Tracked(NamedTuple):
    """A connection that the host's firewall tracks, both ways (nf_conntrack).

    original, reply   source and its port, destination and its port
    state             of TCP, as the firewall has it ("ESTABLISHED", "CLOSE"); "" for UDP
    """

    proto: str
    original: tuple[str, int, str, int]
    reply: tuple[str, int, str, int]
    state: str
    place: str

    @property
    def answered(self) -> tuple[str, int, str, int]:
        """The ends as they are behind the translation, initiator first."""
        return self.reply[2:] + self.reply[:2]

    @property
    def translated(self) -> bool:
        """Whether the answers do not simply go back where the first packet came from."""
        return self.original != self.answered


class Found:
    """What saved tables say, all of one host and one moment together.

    sockets    TCP's and UDP's
    raw        raw and packet sockets
    tracked    connections that the firewall tracks
    covered    which families of sockets the tables speak of, of TCP4, TCP6, UDP4, UDP6
    full       listening sockets whose queue of connections to accept is full, and that queue:
               how many wait, how many may
    heard      ns between the last segment of a connection and the moment (ss -i)
    unsent     connections with octets that were not acknowledged
    places     where each socket stands
    """

    def __init__(self) -> None:
        self.sockets: list[KernelSocket] = []
        self.raw: list[RawSocket] = []
        self.tracked: list[Tracked] = []
        self.covered: set[str] = set()
        self.full: dict[Pair, tuple[int, int]] = {}
        self.heard: dict[Pair, int] = {}
        self.unsent: set[Pair] = set()
        self.places: dict[Pair, str] = {}

    def add(self, socket: KernelSocket, place: Place) -> None:
        """Take a socket that stands at `place`; raises DumpError if there are too many."""
        if len(self.sockets) >= MOST_ROWS:
            place.refuse(f"more than {MOST_ROWS} sockets; give the table of one host")
        self.sockets.append(socket)
        self.places.setdefault(socket.pair(), str(place))


class Owner(NamedTuple):
    """The process that has a socket, None if that is unknown."""

    pid: int | None = None
    program: str | None = None


NOBODY = Owner()


def made(
    proto: str, local: tuple[str, int], foreign: tuple[str, int], state: State | None, owner: Owner
) -> KernelSocket:
    """Return the socket with these ends; a foreign end without port is none."""
    address, port = foreign if foreign[1] else (None, 0)
    return KernelSocket(proto, *local, address, port, state, *owner)


def end(text: str, any_address: str, place: Place) -> tuple[str, int]:
    """Return address and port (0: any) of an end as ss or a netstat prints it.

    BSD puts a dot before the port, all others a colon.  `any_address` is what "*" stands for.
    Raises DumpError for a name, or an address that was cut.
    """
    cut = max(text.rfind(":"), text.rfind("."))
    port = text[cut + 1 :]
    if cut < 0 or not (port == "*" or (port.isdecimal() and int(port) < 1 << 16)):
        place.refuse(
            f"{quote(text)} is no address with a port in numbers; take the table with -n "
            "(ss -tuanp, netstat -anp, Windows: netstat -ano)"
        )
    where = text[:cut].partition("%")[0].strip("[]")
    found = any_address if where in ("*", "") else address(where)
    if found is None:
        place.refuse(
            f"{quote(text)} has no whole address; take the table with -n, and netstat with --wide "
            "(BSD: -W), that it cuts none"
        )
    return found, 0 if port == "*" else int(port)


@lru_cache(maxsize=65536)
def address(text: str) -> str | None:
    """Return an address as `KernelSocket` has it; None for what is no address."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if not isinstance(found, IPv4Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(found)


def known_state(text: str) -> State | None:
    """Return the state that `text` names in any of the spellings, None for no state."""
    return _STATES.get(text.upper().replace("-", "_"))


def state(text: str, place: Place) -> State:
    """Return the state that `text` names; raises DumpError for none."""
    found = known_state(text)
    if found is None:
        place.refuse(
            f"{quote(text)} is no state of TCP; expected is one of LISTEN, SYN_SENT, SYN_RECV, "
            "ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT, "
            "in English"
        )
    return found


def number(text: str, place: Place, base: int = 10) -> int:
    """Return the number that `text` is; raises DumpError for none."""
    try:
        return int(text, base)
    except ValueError:
        place.refuse(f"{quote(text)} is no number")


def at_least(words: list[str], count: int, what: str, place: Place) -> None:
    """Raise DumpError where a row of `what` has fewer columns than it needs."""
    if len(words) < count:
        place.refuse(f"a row of {what} has at least {count} columns, this one has {len(words)}")


def quote(text: str) -> str:
    """Return text from a file as a message may show it."""
    return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}...")


def families(sockets: Iterable[KernelSocket]) -> set[str]:
    """Return what a table speaks of that lists these: both families of their protocols."""
    protocols = {each.protocol for each in sockets}
    return {f"{proto}{version}" for proto in protocols for version in ("", "6")}
