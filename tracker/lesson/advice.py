"""What a state waits for, and what a system administrator usually does about it.

The commands are those of Linux; the RFC sections say why the state exists.
"""

from tracker.tcp_state import TABLE, Event, State
from tracker.typed import NamedTuple

#: What has to be seen for an event, of the endpoint and its {peer}.
_AWAITED: dict[Event, str] = {
    Event.SND_SYN: "it sends a SYN: a new connection",
    Event.RCV_SYN: "a SYN of {peer}",
    Event.RCV_ACK_OF_SYN: "an ACK of its SYN",
    Event.SND_FIN: "its program closes the socket: it sends a FIN",
    Event.SND_FIN_CROSSING: "it sends its FIN before it has acknowledged that of {peer}",
    Event.RCV_FIN: "a FIN of {peer}",
    Event.RCV_ACK_OF_FIN: "an ACK of its FIN",
    Event.RESET: "a RST, of either side, with the number that is expected",
    Event.UNREACHABLE: "an ICMP error about what it sent",
    Event.TIMEOUT: "nothing until its kernel gives up",
}


class Awaited(NamedTuple):
    """What would have to be seen next, and the state after it."""

    event: Event
    text: str
    state: State


def awaited(state: State, peer: str) -> list[Awaited]:
    """Return what would change `state`, from the state table; `peer` names the other end."""
    found = {
        event: after
        for event, after in zip(_AWAITED, TABLE[state], strict=True)
        if after is not None
    }
    if found.get(Event.SND_FIN_CROSSING) == found.get(Event.SND_FIN):
        found.pop(Event.SND_FIN_CROSSING, None)
    told = [Awaited(event, _AWAITED[event].format(peer=peer), found[event]) for event in found]
    if state is State.SYN_SENT:
        told.insert(0, Awaited(Event.RCV_ACK_OF_SYN, _ANSWER.format(peer=peer), _OPEN))
    return told


# Two steps of the table at once.
_ANSWER = "a SYN,ACK of {peer}: its SYN, and the ACK of the other one"
_OPEN = State.ESTABLISHED


def advice(state: State, before: State | None, event: Event | None) -> str:
    """Return what is usually done about `state`, into which `event` led from the state `before`."""
    if state is not State.CLOSED or event is None:
        return ADVICE[state]
    if event is Event.RESET and before is State.SYN_SENT:
        return _REFUSED
    return _ENDED.get(event, ADVICE[state])


_REFUSED = (
    "It was refused: no program listens at that port, or a filter refuses for it. Look whether the "
    "service runs there (ss -ltnp), on this address, and at the filters (nft list ruleset)."
)
_ENDED: dict[Event, str] = {
    Event.RESET: "It was aborted, not closed: a program ended without closing, closed with data "
    "left to read, or a filter or load balancer cut what was idle. If nobody meant that, look at "
    "the logs of the programs at both ends.",
    Event.UNREACHABLE: "The packets did not get there: look at the route (ip route get), at the "
    "other host, and at filters that refuse with ICMP.",
    Event.TIMEOUT: "It was given up for want of an answer: look whether the other host is up, and "
    "at filters that drop without a word.",
}

#: What is usually done, by state of TCP.
ADVICE: dict[State, str] = {
    State.CLOSED: "Nothing: there is no connection.",
    State.LISTEN: "Nothing, if the service is meant to be there. Otherwise find its program: "
    "ss -ltnp.",
    State.SYN_SENT: "No answer came. Look whether the address is right, the host is up, and no "
    "filter drops the SYN on its way or the answer on its way back; a refusal would be a RST. Many "
    "of them to many ports or hosts are a scan, or a program that tries again and again.",
    State.SYN_RECEIVED: "One for a moment is normal. If it stays, the last ACK of the handshake "
    "gets lost: look for a filter or for a way back that differs from the way there. Many from "
    "many addresses are a SYN flood: SYN cookies (net.ipv4.tcp_syncookies) help.",
    State.ESTABLISHED: "Nothing: this is how a connection that is used looks, or one that is idle. "
    "If no program should have it, ss -tnp names the program. If the other end is long gone, "
    "keep-alives (SO_KEEPALIVE) let the kernel find out.",
    State.FIN_WAIT_1: "For a moment it is normal. If it stays, its FIN or the ACK of it gets lost, "
    "or the other end takes no more data (window 0): look at the way, and at the other host.",
    State.FIN_WAIT_2: "The other end has not closed: its program holds the socket in CLOSE_WAIT. "
    "Look there. A socket that no program has any more goes by itself "
    "(net.ipv4.tcp_fin_timeout).",
    State.CLOSE_WAIT: "The other end has closed, and the program on this host has not: it does not "
    "notice, hangs, or forgets to close. The kernel will wait for ever. Find the program "
    "(ss -tnp state close-wait), look at its log, have it mended; to end it, restart it. Many of "
    "them, growing, are a leak of sockets.",
    State.CLOSING: "For a moment it is normal. If it stays, the ACK of its FIN gets lost.",
    State.LAST_ACK: "For a moment it is normal. If it stays, its FIN or the ACK of it gets lost: "
    "look for a filter that forgets connections once it has seen a FIN.",
    State.TIME_WAIT: "Nothing: it is normal for who closes first, and goes by itself. Tens of "
    "thousands of them to one server may use up the ports of a client: keep connections open and "
    "use them again, rather than change the kernel's settings.",
}

#: The same for pseudo-connections of UDP.
UDP_ADVICE: dict[str, str] = {
    "unreplied": "Nothing came back. That is normal for what needs no answer (logs, streams, "
    "groups). Where an answer is due, look at the server, and at filters on the way.",
    "replied": "Nothing: both sides have spoken.",
    "refused": "The other host says that nobody has this port. Look whether the service runs "
    "there (ss -lunp).",
}
