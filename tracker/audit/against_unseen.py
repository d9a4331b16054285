"""Why a kernel's table has what the wire does not show.

Most is idle.  But some states last only so long, and octets that are not acknowledged are sent
again: what must have been on the wire while it was captured, and was not, is the finding.  The
capture is lied to then (a rootkit filters packet sockets), or it is the wrong wire.
"""

from collections.abc import Callable

from tracker.audit.against_causes import Host, is_loopback
from tracker.audit.against_known import (
    BETWEEN,
    IDLE,
    INTERFACE,
    LISTENING,
    LOOPBACK,
    NEVER_LEFT,
    NS_IN_S,
    PARTIAL,
    SILENT,
    TRANSLATED,
    Reason,
)
from tracker.host import KernelSocket
from tracker.tcp_state import State

#: How long a state lasts at most without a segment, ns: Linux repeats one at least every 120 s
#: (TCP_RTO_MAX) and ends TIME_WAIT after 60 s; Windows may be set to 300 s (TcpTimedWaitDelay).
_REPEATED = 130 * NS_IN_S
_LONGEST = {
    State.SYN_RECEIVED: _REPEATED,
    State.FIN_WAIT_1: _REPEATED,
    State.CLOSING: _REPEATED,
    State.LAST_ACK: _REPEATED,
    State.TIME_WAIT: 310 * NS_IN_S,
}


def why_unseen(host: Host, socket: KernelSocket) -> Reason:
    """Return why the wire may lack a socket of the table; cause None: it must have shown it."""
    for cause in _CAUSES:
        found = cause(host, socket)
        if found is not None:
            return found
    return _idle_or_not(host, socket)


def _listening(_host: Host, socket: KernelSocket) -> Reason | None:
    if socket.foreign_address is None:
        return Reason(LISTENING, "it has no peer")
    return None


def _loopback(host: Host, socket: KernelSocket) -> Reason | None:
    """Return LOOPBACK for what a host says to itself, where the capture has none of that."""
    to_itself = is_loopback(socket.local_address) or socket.foreign_address in host.addresses
    heard = host.wire.hears_loopback
    return Reason(LOOPBACK, "both ends are this host") if to_itself and not heard else None


def _interface(host: Host, socket: KernelSocket) -> Reason | None:
    """Return INTERFACE where its address is another interface's."""
    watched = host.known.watched or host.wire.addresses
    if socket.local_address in watched:
        return None
    return Reason(INTERFACE, f"{socket.local_address} does not occur in the capture")


def _translated(host: Host, socket: KernelSocket) -> Reason | None:
    entry = host.tracked.get((socket.protocol, *_ends(socket)))
    if entry is None or not entry.translated:
        return None
    return Reason(TRANSLATED, f"the firewall translates it ({entry.place})")


def _silent(_host: Host, socket: KernelSocket) -> Reason | None:
    return Reason(SILENT, "connected") if socket.protocol == "udp" else None


def _ended_before(host: Host, _socket: KernelSocket) -> Reason | None:
    """Return BETWEEN where the capture had ended when the table was taken."""
    ended = host.known.ended
    if not ended or host.moment <= ended + host.known.tolerance:
        return None
    return Reason(BETWEEN, f"the capture had ended {(host.moment - ended) / NS_IN_S:.1f} s before")


def _never_left(_host: Host, socket: KernelSocket) -> Reason | None:
    return Reason(NEVER_LEFT, "SYN_SENT") if socket.state is State.SYN_SENT else None


def _partial(host: Host, _socket: KernelSocket) -> Reason | None:
    return Reason(PARTIAL, host.known.partial) if host.known.partial else None


_CAUSES: tuple[Callable[[Host, KernelSocket], Reason | None], ...] = (
    *(_listening, _loopback, _interface, _translated, _silent, _ended_before),
    *(_never_left, _partial),
)


def _idle_or_not(host: Host, socket: KernelSocket) -> Reason:
    """Return IDLE, unless it must have been on the wire while that was captured."""
    known = host.known
    captured = host.moment - known.began - known.tolerance if known.began else 0
    heard = known.heard.get(socket.pair())
    if heard is not None and heard < captured:
        return Reason(None, f"its last segment was {heard / NS_IN_S:.1f} s before")
    longest = _LONGEST.get(socket.state) if socket.state is not None else None
    if longest is not None and longest < captured:
        assert socket.state is not None
        limit = longest / NS_IN_S
        return Reason(None, f"{socket.state.name} cannot last {limit:.0f} s without a segment")
    if socket.pair() in known.unsent and captured > _REPEATED:
        return Reason(None, "octets are not acknowledged, so they are sent again and again")
    return Reason(IDLE, "nothing of it was captured")


def _ends(socket: KernelSocket) -> tuple[str, int, str, int]:
    assert socket.foreign_address is not None
    return (socket.local_address, socket.local_port, socket.foreign_address, socket.foreign_port)
