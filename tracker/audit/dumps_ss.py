"""Tables of `ss` (iproute2): -tan, -tuanp, -anp, with or without a heading; -i and -e if given."""

import re

from tracker.audit.dumps_rows import (
    ANY6,
    NOBODY,
    TCP4,
    TCP6,
    UDP4,
    UDP6,
    Found,
    Owner,
    Place,
    RawSocket,
    at_least,
    end,
    known_state,
    made,
    number,
    quote,
    state,
)
from tracker.host import KernelSocket
from tracker.tcp_state import State

#: What stands first in a row where sockets of several kinds are listed.
NETIDS = frozenset(
    (
        *("tcp", "udp", "raw", "p_raw", "p_dgr", "icmp", "icmp6", "u_str", "u_dgr", "u_seq", "nl"),
        *("mptcp", "sctp", "dccp", "tipc", "v_str", "v_dgr", "xdp", "ti_st", "ti_dg", "ti_rd"),
        *("ti_sq", "???", "udplite", "unix"),
    )
)

_PACKET = frozenset(("p_raw", "p_dgr"))
_OWNER = re.compile(r'users:\(\("([^"]*)",pid=(\d+)')
_HEARD = re.compile(r"\blast(?:snd|rcv|ack):(\d+)")
_NS_IN_MS = 1_000_000

#: Until the peer acknowledges, what stands in Send-Q is sent again and again (RFC 6298).
_SENDING = frozenset(
    (State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
)


def is_heading(words: list[str]) -> bool:
    """Return whether these words head a table of `ss`."""
    return "Recv-Q" in words and words[0] in ("Netid", "State")


def is_row(words: list[str]) -> bool:
    """Return whether these words begin a row of `ss`."""
    if words[0] in NETIDS:
        return len(words) > 1 and known_state(words[1]) is not None
    return known_state(words[0]) is not None


class Table:
    """One table of `ss`: what its rows are may be known only when the last is read."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._rows: list[tuple[Place, list[str], str]] = []
        self._last: KernelSocket | None = None
        self._headed = ""

    def head(self, words: list[str]) -> None:
        """Begin anew below a heading."""
        self.finish()
        self._headed = words[0]

    def row(self, words: list[str], line: str, place: Place) -> None:
        """Take a row; those without a kind wait until the table ends."""
        if words[0] not in NETIDS:
            self._rows.append((place, words, line))
            return
        self._take(words[0], words[1:], line, place)

    def more(self, line: str) -> None:
        """Take the line below a row (-i, -m), which belongs to it."""
        self._hear(line)
        if self._rows:
            place, words, text = self._rows[-1]
            self._rows[-1] = place, words, f"{text} {line}"

    def finish(self) -> None:
        """End the table: say of which kind the rows were that did not tell it.

        -u alone lists sockets that are UNCONN or ESTAB, -t alone has other states as well; where
        only ESTAB is listed, it is taken for -t.
        """
        states = {known_state(words[0]) for _, words, _ in self._rows}
        udp = State.CLOSED in states and states <= {State.CLOSED, State.ESTABLISHED}
        kind = "udp" if udp else "tcp"
        for place, words, line in self._rows:
            self._take(kind, words, line, place)
        if self._headed == "State" and not self._rows:
            self._found.covered |= {TCP4, TCP6}
        self._rows.clear()
        self._headed = ""

    def _take(self, kind: str, words: list[str], line: str, place: Place) -> None:
        """Take a row of this kind, `words` from its state on."""
        self._last = None
        if kind in _PACKET or kind == "raw":
            self._raw(kind, words, line, place)
        elif kind in ("tcp", "udp"):
            self._socket(kind, words, line, place)

    def _socket(self, kind: str, words: list[str], line: str, place: Place) -> None:
        at_least(words, 5, "ss", place)
        is_tcp = kind == "tcp"
        stands = state(words[0], place)
        socket = made(
            kind,
            end(words[3], ANY6, place),
            end(words[4], ANY6, place),
            stands if is_tcp else None,
            _owner(line),
        )
        self._found.add(socket, place)
        self._found.covered |= {TCP4, TCP6} if is_tcp else {UDP4, UDP6}
        self._last = socket
        self._queues(socket, number(words[1], place), number(words[2], place))
        self._hear(line)

    def _queues(self, socket: KernelSocket, received: int, sent: int) -> None:
        """Note what the queues tell: of LISTEN how many wait to be accepted, and may (ss(8))."""
        if socket.state is State.LISTEN and received > sent:
            self._found.full[socket.pair()] = received, sent
        elif socket.state in _SENDING and sent:
            self._found.unsent.add(socket.pair())

    def _hear(self, line: str) -> None:
        """Note how long ago the last segment was, where -i says so, in ms."""
        ages = [int(text) for text in _HEARD.findall(line)]
        if self._last is not None and ages:
            self._found.heard[self._last.pair()] = min(ages) * _NS_IN_MS

    def _raw(self, kind: str, words: list[str], line: str, place: Place) -> None:
        at_least(words, 4, "ss", place)
        before, _, after = words[3].rpartition(":")
        protocol = before.strip("[]*") if kind in _PACKET else after
        owner = _owner(line)
        sort = "packet" if kind in _PACKET else "raw"
        self._found.raw.append(
            RawSocket(sort, protocol, owner.pid, owner.program, f"{place} ({quote(words[3])})")
        )


def _owner(line: str) -> Owner:
    """Return the first process that a row names (-p)."""
    found = _OWNER.search(line)
    return Owner(int(found[2]), found[1]) if found else NOBODY
