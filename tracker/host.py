"""What this host's own kernel says: its sockets and whose they are, through psutil.

This is the host's netstat, which `tracker` does without; it only names the programs behind what was
seen on the wire, and the connections that were open before.
"""

import sys
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from itertools import islice
from time import time_ns
from typing import Any, NamedTuple

from tracker.errors import UserError
from tracker.tcp_state import State

#: psutil's names of states; Solaris and Windows have some that are none of TCP's.
_STATES = {
    "LISTEN": State.LISTEN,
    "SYN_SENT": State.SYN_SENT,
    "SYN_RECV": State.SYN_RECEIVED,
    "ESTABLISHED": State.ESTABLISHED,
    "FIN_WAIT1": State.FIN_WAIT_1,
    "FIN_WAIT2": State.FIN_WAIT_2,
    "CLOSE_WAIT": State.CLOSE_WAIT,
    "CLOSING": State.CLOSING,
    "LAST_ACK": State.LAST_ACK,
    "TIME_WAIT": State.TIME_WAIT,
}

# A process has these; the kernel finishes the others alone after `close`, and begins SYN_RECEIVED.
_OWNED = frozenset((State.LISTEN, State.SYN_SENT, State.ESTABLISHED, State.CLOSE_WAIT, None))
# Until a server accepts it, nobody has it.
_ACCEPTED = frozenset((State.ESTABLISHED, State.CLOSE_WAIT))
# A connection only begins: no earlier owner is this one's.
_BEGINS = frozenset((State.SYN_SENT, State.SYN_RECEIVED))

_WILDCARD4, _WILDCARD6 = "0.0.0.0", "::"  # noqa: S104 - nothing is bound to them here
_MAPPED = "::ffff:"

#: Protocol, local address and port, foreign address and port (None, 0: any).
Pair = tuple[str, str, int, str | None, int]


class KernelSocket(NamedTuple):
    """A socket of this host, as its kernel lists it.

    protocol          "tcp" or "udp"
    local_address     text (RFC 5952), IPv4 where IPv6 only carries it; "0.0.0.0" or "::" is any
    foreign_address   None, and port 0, if there is no other end: listening, unconnected
    state             None for UDP
    pid, program      the process that has it; None: unknown, or nobody has it
    """

    protocol: str
    local_address: str
    local_port: int
    foreign_address: str | None
    foreign_port: int
    state: State | None
    pid: int | None
    program: str | None

    def pair(self) -> Pair:
        """Return what tells the socket from others."""
        return self[:5]


def sockets(programs: bool) -> list[KernelSocket]:
    """Return the sockets of TCP and UDP in this network namespace, in a stable order.

    The owner comes from psutil in any case, and of several processes that share a socket it names
    one; their names, which cost some 70 us for each process, only with `programs`.  The list is
    made while sockets come and go: one may be missing that was there all the time.

    Raises UserError if psutil is missing or may not look.
    """
    psutil = load_psutil()
    try:
        listed = psutil.net_connections("inet")
    except (psutil.Error, OSError, RuntimeError) as error:
        raise UserError(f"this system does not show its sockets: {error}; run as root") from None
    owners = {entry.pid for entry in listed} - {None} if programs else set()
    names = {pid: _name(psutil, pid) for pid in owners}
    found = [_socket(entry, names.get(entry.pid)) for entry in listed]
    return sorted(found, key=_order)


def hidden(found: Iterable[KernelSocket]) -> int:
    """Return how many sockets lack an owner that they should have.

    They are those of other users' processes, where privileges are missing, and a few of the kernel
    itself (NFS, WireGuard).  Connections that a server has not accepted yet belong to nobody: not
    counted where the owner of the listening socket is known.
    """
    found = list(found)
    served = {each.local_port for each in found if each.state is State.LISTEN and each.pid}
    return sum(
        each.pid is None
        and each.state in _OWNED
        and not (each.state in _ACCEPTED and each.local_port in served)
        for each in found
    )


class Programs:
    """Which process owned which socket pair, also after the socket is gone.

    A pair may be used again by another process.  So each owner is remembered with the time when it
    was last seen to have the socket, and is not that of a connection that opened later (`of`).
    What remains: a pair that changes hands while one list is made (0.1 s for 5 000 sockets).

    hidden   sockets at the last look without the owner that they should have (see the function)
    """

    def __init__(self, limit: int = 100_000) -> None:
        """Remember at most `limit` sockets; those that were not seen for longest go first."""
        self.hidden = 0
        self._limit = limit
        # Owner and when it was last seen (ns since 1970), in the order of that.
        self._owners: dict[Pair, tuple[tuple[int, str], int]] = {}

    def refresh(self) -> None:
        """Look at all sockets now; raises UserError as `sockets` does."""
        found = sockets(programs=True)
        now = time_ns()
        self.hidden = hidden(found)
        seen: dict[Pair, tuple[int, str]] = {}
        for each in found:
            if each.pid is not None:
                # Of those that share it, always the same one.
                seen.setdefault(each.pair(), (each.pid, each.program or "?"))
            elif each.state in _BEGINS:
                self._owners.pop(each.pair(), None)
        for pair, owner in seen.items():
            self._owners.pop(pair, None)
            self._owners[pair] = owner, now
        for pair in list(islice(self._owners, max(len(self._owners) - self._limit, 0))):
            del self._owners[pair]

    def of(
        self,
        protocol: str,
        local_address: str,
        local_port: int,
        foreign_address: str | None,
        foreign_port: int,
        opened: int = 0,
    ) -> tuple[int, str] | None:
        """Return process id and name of who has, or last had, a socket; None if that is unknown.

        For what has no socket of its own, or not yet, it is the owner of the one that listens or,
        of UDP, receives there.  Who was last seen before `opened` (ns since 1970) is not meant.
        """
        whole = (protocol, local_address, local_port, foreign_address, foreign_port)
        anywhere = (_WILDCARD6,) if ":" in local_address else (_WILDCARD4, _WILDCARD6)
        bound = [(protocol, address, local_port, None, 0) for address in (local_address, *anywhere)]
        for pair in (whole, *bound):
            owner, seen = self._owners.get(pair, (None, 0))
            if owner is not None and seen >= opened:
                return owner
        return None


def _socket(entry: Any, program: str | None) -> KernelSocket:  # noqa: ANN401 - psutil has no types
    is_tcp = entry.type == _STREAM
    local = entry.laddr or (_WILDCARD4, 0)
    foreign = entry.raddr or (None, 0)
    return KernelSocket(
        "tcp" if is_tcp else "udp",
        address(local[0]),
        local[1],
        foreign[0] and address(foreign[0]),
        foreign[1],
        _STATES.get(entry.status, State.CLOSED) if is_tcp else None,
        entry.pid,
        program,
    )


_STREAM = 1  # SOCK_STREAM everywhere


@lru_cache(maxsize=65536)
def address(text: str) -> str:
    """Return an address as on the wire: without zone, IPv4 not mapped into IPv6 (RFC 4291)."""
    if ":" not in text:
        return text
    text = text.partition("%")[0]
    if text.startswith(_MAPPED) and "." in text:
        return text.removeprefix(_MAPPED)
    return str(ip_address(text))


def _order(each: KernelSocket) -> tuple[str, str, int, str, int, int, int]:
    foreign = each.foreign_address or ""
    state = 0 if each.state is None else int(each.state)
    return (*each[:3], foreign, each.foreign_port, state, each.pid or sys.maxsize)


def _name(psutil: Any, pid: int) -> str | None:  # noqa: ANN401 - a module without types
    """Return what a process is called, None if it is gone."""
    try:
        return str(psutil.Process(pid).name())
    except (psutil.Error, OSError):
        return None


def load_psutil() -> Any:  # noqa: ANN401 - a module without types
    """Return psutil; raise UserError where it is not installed."""
    try:
        import psutil
    except ImportError:
        raise UserError(
            "-p and --with-kernel need psutil: pip install 'socket-tracker[processes]'"
        ) from None
    return psutil
