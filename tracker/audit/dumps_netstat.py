"""Tables of `netstat`: Linux's -anp, Windows' -ano, BSD's and macOS' -an."""

import re

from tracker.audit.dumps_rows import (
    ANY4,
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
from tracker.tcp_state import State

_PROTOCOL = re.compile(r"(tcp|udp)(4|6|46|lite|lite6)?", re.IGNORECASE)
#: Raw sockets, as Linux and BSD call them; sockets of SCTP and the like are not looked at.
_RAW = frozenset(("raw", "raw6", "ip", "ip4", "ip6", "icmp", "icmp6", "icm4", "icm6"))
_PASSED = frozenset(("sctp", "sctp4", "sctp6", "dccp", "divert"))
_OWNER = re.compile(r"(\d+)/(\S+)")

#: Linux' netstat, but with --wide, cuts an address so that it fits into so many columns.
_WIDTH = 23

_SENDING = frozenset(
    (State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
)


def is_row(words: list[str]) -> bool:
    """Return whether these words begin a row of sockets in a netstat."""
    kind = words[0].lower()
    known = _PROTOCOL.fullmatch(kind) is not None or kind in _RAW or kind in _PASSED
    return known and len(words) > 2


class Table:
    """Tables of netstat.

    An IPv6 socket of just _WIDTH columns may have been cut: that is known only when none was
    longer.
    """

    def __init__(self, found: Found) -> None:
        self._found = found
        self._longest = 0
        self._doubtful: tuple[Place, str] | None = None

    def row(self, words: list[str], place: Place) -> None:
        """Take a row of sockets; raises DumpError for one that is none."""
        kind = words[0].lower()
        if "lite" in kind or kind in _PASSED:
            return
        if kind in _RAW:
            self._raw(words, place)
        elif words[1].isdecimal():
            at_least(words, 5, "netstat", place)
            self._unix(kind, words, place)
        else:
            self._windows(kind, words, place)

    def finish(self) -> None:
        """End the tables; raises DumpError where an address may be cut."""
        if self._doubtful is not None and self._longest <= _WIDTH:
            place, text = self._doubtful
            place.refuse(
                f"{quote(text)} fills its column and may be cut; take netstat with --wide, or ss"
            )

    def _unix(self, kind: str, words: list[str], place: Place) -> None:
        """Take a row with queues: protocol, Recv-Q, Send-Q, local, foreign, state."""
        local, foreign, *more = words[3:]
        stands = known_state(more[0]) if more else None
        self._note_length(local, place)
        self._note_length(foreign, place)
        if kind.startswith("tcp"):
            stands = state(more[0] if more else "", place)
        self._add(kind, (local, foreign), stands, _owner(more), place)
        if stands in _SENDING and number(words[2], place):
            self._found.unsent.add(self._found.sockets[-1].pair())

    def _windows(self, kind: str, words: list[str], place: Place) -> None:
        """Take a row without queues: protocol, local, foreign, state (TCP), process (-o)."""
        local, foreign, *more = words[1:]
        stands = None
        if kind == "tcp":
            at_least(words, 4, "netstat", place)
            stands = state(more.pop(0), place)
        pid = number(more[0], place) if more else 0
        self._add(kind, (local, foreign), stands, Owner(pid or None) if pid else NOBODY, place)

    def _raw(self, words: list[str], place: Place) -> None:
        """Take a raw socket: Linux puts the protocol's number where others have the port."""
        at_least(words, 5, "netstat", place)
        protocol = words[3].rpartition(":")[2] if words[0].startswith("raw") else ""
        owner = _owner(words[5:])
        self._found.raw.append(RawSocket("raw", protocol, owner.pid, owner.program, str(place)))

    def _add(
        self, kind: str, ends: tuple[str, str], stands: State | None, owner: Owner, place: Place
    ) -> None:
        """Take a socket; "*" is any address of the version that the protocol's name tells."""
        proto = kind[:3]
        any_address = ANY6 if "6" in kind else ANY4
        local, foreign = (end(text, any_address, place) for text in ends)
        stands = stands if proto == "tcp" else None
        self._found.add(made(proto, local, foreign, stands, owner), place)
        self._found.covered |= {TCP4, TCP6} if proto == "tcp" else {UDP4, UDP6}

    def _note_length(self, text: str, place: Place) -> None:
        """Note a socket of IPv6 that may be cut (Linux): it fills its column."""
        self._longest = max(self._longest, len(text))
        if len(text) == _WIDTH and text.count(":") > 1 and self._doubtful is None:
            self._doubtful = place, text


def _owner(words: list[str]) -> Owner:
    """Return the process that a row of Linux names (-p): process id, "/", program."""
    for word in words:
        found = _OWNER.fullmatch(word)
        if found:
            return Owner(int(found[1]), found[2].rstrip(":"))
    return NOBODY
