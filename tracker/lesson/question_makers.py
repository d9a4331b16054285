"""The kinds of questions: each makes one of a shot, or None where that does not suit it."""

from random import Random

from tracker.lesson import segments
from tracker.lesson.notation import notation, relative, sequence
from tracker.lesson.rules import Saying, of_part, saying, who
from tracker.lesson.scene import Question, Scene, Shot, choose, pair
from tracker.lesson.segments import kind
from tracker.lesson.sight import End, Sight, Socket
from tracker.lesson.steps import Part
from tracker.sequence import add
from tracker.tcp_state import Event, State
from tracker.wire.segment import FIN, SYN

#: States that a connection may be in, which a wrong choice may name.
_STATES = [state.name for state in State if state is not State.LISTEN]

_NO_ROW = "no row for it"
_LARGEST_PORT = 65535

#: What is asked as lost: segments whose loss leaves both ends in states that are certain.
_LOSSES = {
    segments.SYN_ONLY,
    segments.SYN_ACK,
    segments.FIRST_ACK,
    segments.FIN_FIRST,
    segments.ACKNOWLEDGMENT,
    segments.RESET,
}


def client_socket(shot: Shot, scene: Scene, rng: Random) -> Question | None:  # noqa: ARG001
    """Ask which of the sockets is the client's."""
    sight = shot.sight
    if shot.part is None or sight.basis not in ("syn", "syn-ack"):
        return None
    client, server = sight.sockets[sight.initiator], sight.sockets[1 - sight.initiator]
    mixed = [Socket(client.address, server.port), Socket(server.address, client.port)]
    return choose(
        "socket",
        f"Frame {shot.frame} belongs to a connection between {_hosts(sight)}. Which socket is its "
        "client's?",
        str(client),
        map(str, [server, *mixed]),
        f"The client is who opens the connection, here with a SYN: {client}. A socket is an "
        "address and a port together (RFC 9293 section 3.1).",
        shot.frame,
        rng,
    )


def socket_pair(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask to which socket pair a frame belongs."""
    part = shot.part
    if part is None or part.kind == "error" or part is not shot.first:
        return None
    first, second = shot.sight.sockets
    others = [pair(*other.sockets) for other in scene.sights.values()]
    others += [
        pair(Socket(first.address, second.port), Socket(second.address, first.port)),
        pair(first, _neighbour(second)),
        pair(_neighbour(first), second),
    ]
    sender, receiver = shot.sight.sockets[part.side], shot.sight.sockets[1 - part.side]
    return choose(
        "socket pair",
        f"Which socket pair does frame {shot.frame} belong to?",
        pair(first, second),
        others,
        f"Its source is {sender}, its destination {receiver}: both sockets together are the "
        "socket pair, whichever way the frame goes (RFC 9293 section 3.3.1).",
        shot.frame,
        rng,
    )


def _neighbour(socket: Socket) -> Socket:
    """Return the socket with the next port."""
    return Socket(socket.address, socket.port + 1 if socket.port < _LARGEST_PORT else 1)


def state_after(shot: Shot, scene: Scene, rng: Random) -> Question | None:  # noqa: ARG001
    """Ask for the state of one end after a frame."""
    part = shot.part
    if part is None or not part.after.is_tcp or not part.changes:
        return None
    side = rng.choice(part.changes).side
    end = part.after.ends[side]
    if not end.exists or end.state is None:
        return None
    return choose(
        "state",
        f"What state is {_end(part.after, side)} in after frame {shot.frame}, {_told(part)}?",
        end.state.name,
        _STATES,
        _reasons(part, side),
        shot.frame,
        rng,
    )


def netstat_row(shot: Shot, scene: Scene, rng: Random) -> Question | None:  # noqa: ARG001
    """Ask what netstat on one of the hosts shows."""
    part = shot.part
    if part is None or not part.after.is_tcp:
        return None
    side = rng.randrange(2)
    end = part.after.ends[side]
    assert end.state is not None
    host = part.after.sockets[side]
    other = part.after.sockets[1 - side]
    if any(other.sockets == part.after.sockets for other in _others(shot)):
        return None  # another generation may have a row there
    right = end.state.name if end.row else _NO_ROW
    return choose(
        "netstat",
        f"After frame {shot.frame}, {_told(part)}: what does netstat on {host.address} show of "
        f"its connection from {host} to {other}?",
        right,
        [_NO_ROW, *_STATES[1:]],
        _row_reason(end, side, part),
        shot.frame,
        rng,
    )


def _others(shot: Shot) -> list[Sight]:
    """Return the other connections that were known then."""
    return [sight for number, sight in shot.sights.items() if number != shot.sight.number]


def moved_by(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask which frame moved an end into a state."""
    part = shot.part
    if part is None or not part.changes:
        return None
    change = part.changes[-1]
    if change.by_time or not part.after.ends[change.side].exists:
        return None
    if not _is_only(change.after, part, shot, scene):
        return None
    frames = scene.frames.get(part.after.number, [])
    return choose(
        "frame",
        f"Which frame moved {_end(part.after, change.side)} to {change.after.name}?",
        f"frame {shot.frame}",
        [f"frame {frame}" for frame in frames],
        f"Frame {shot.frame}, {_told(part)}: {_said(saying(change, part.after))}",
        shot.frame,
        rng,
    )


def _is_only(state: State, part: Part, shot: Shot, scene: Scene) -> bool:
    """Return whether no other shot moved the same end into the same state, as far as is known."""
    side = part.changes[-1].side
    found = {
        other.frame
        for other in scene.shots
        if other.part is not None and other.sight.number == part.after.number
        for change in other.part.changes
        if change.side == side and change.after is state
    }
    return found == {shot.frame}


def told_apart(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask what tells two conversations between the same hosts apart (textbook example A)."""
    sight = shot.sight
    same = [
        other
        for other in scene.sights.values()
        if other.number != sight.number
        and [socket.address for socket in other.sockets]
        == [socket.address for socket in sight.sockets]
        and other.sockets != sight.sockets
        and other.protocol == sight.protocol
    ]
    if not same:
        return None
    first, second = sorted((sight, rng.choice(same)), key=lambda each: each.number)
    return choose(
        "ports",
        f"Connections {first.number} and {second.number} are both between {_hosts(sight)}. What "
        "tells their segments apart?",
        f"the ports: {_ports(first)} and {_ports(second)}",
        ["the MAC addresses", "the IP addresses", "the order of the frames", "the time to live"],
        "MAC and IP addresses are those of the hosts, the same for both. The ports, in the header "
        "of each segment, name the programs: "
        f"{pair(*first.sockets)} is one socket pair, {pair(*second.sockets)} is another.",
        shot.frame,
        rng,
    )


def lost(shot: Shot, scene: Scene, rng: Random) -> Question | None:  # noqa: ARG001
    """Ask for both states right after a segment got lost: who sent it moves, nobody gets it."""
    part = shot.part
    if part is None or kind(part) not in _LOSSES or not _is_plain(part):
        return None
    before = part.before.ends if part.before is not None else None
    states = [_state(part, side, before) for side in (0, 1)]
    side, opener = part.side, part.after.initiator
    kept = list(states)
    kept[1 - side] = _before(part, 1 - side, before)
    if kept[1 - side] == states[1 - side]:
        return None  # who should get it would not have changed anyway
    first = list(states)
    first[side] = _before(part, side, before)
    first[1 - side] = kept[1 - side]
    wrong = [states, first, [states[side], states[side]], [kept[1 - side], kept[1 - side]]]
    return choose(
        "lost",
        f"Frame {shot.frame}, {_told(part)}, is sent by {_end(part.after, side)} and gets lost on "
        "the way. What are both states right after that?",
        _both(kept, opener),
        [_both(each, opener) for each in wrong],
        f"{who(part.after, side).capitalize()} has sent it, and that is all that its state "
        f"depends on; {who(part.after, 1 - side)} never gets it, so for it nothing has happened "
        "(RFC 9293 section 3.10.7). What is lost, and not just an ACK or a RST, is sent again "
        "(section 3.8.1).",
        shot.frame,
        rng,
    )


def _is_plain(part: Part) -> bool:
    """Return whether all changes of a part are those of sending and receiving it."""
    return bool(part.changes) and not any(
        change.by_time or change.event >= Event.UNREACHABLE for change in part.changes
    )


def acknowledged_by(shot: Shot, scene: Scene, rng: Random) -> Question | None:  # noqa: ARG001
    """Ask which acknowledgment number answers a segment."""
    part = shot.part
    if part is None or part.kind != "segment" or kind(part) == segments.RESET:
        return None
    length = part.payload + bool(part.flags & SYN) + bool(part.flags & FIN)
    if not length or kind(part) not in (segments.DATA, segments.SYN_ONLY, segments.FIN_FIRST):
        return None
    base = part.after.bases[part.side]
    number = sequence(part)
    right = relative(add(part.sequence, length), base)
    wrong = {number, right - 1, right + 1, number + 2 * length, part.payload} - {right}
    return choose(
        "acknowledgment",
        f"Frame {shot.frame} is {notation(part)}, numbers counted from the SYN. Which "
        "acknowledgment number says that all of it has arrived?",
        str(right),
        [str(each) for each in sorted(wrong) if each >= 0],
        f"It begins at {number} and takes {length} of the sequence space: each octet of data takes "
        f"one, and so do SYN and FIN. The next number is {right} (RFC 9293 section 3.4).",
        shot.frame,
        rng,
    )


def by_time(shot: Shot, scene: Scene, rng: Random) -> Question | None:  # noqa: ARG001
    """Ask why a state changes although no frame was seen."""
    change = shot.change
    if change is None:
        return None
    sight = shot.sight
    said = saying(change, sight)
    return choose(
        "time",
        f"After frame {change.frame}, without another one, {_end(sight, change.side)} goes from "
        f"{change.before.name} to {change.after.name}. Why?",
        "time has passed: " + said.text[0].lower() + said.text[1:].rstrip("."),
        [
            "a FIN has arrived that the capture missed",
            "a RST has arrived that the capture missed",
            "its program has closed the socket",
            "a router on the way has ended the connection",
        ],
        _said(said),
        change.frame,
        rng,
    )


def connections(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask how many connections there are."""
    if shot is not scene.shots[0]:
        return None
    frames = sum(map(len, scene.frames.values()))
    wrong = {scene.total + 1, scene.total + 2, scene.total - 1, 2 * scene.total, frames}
    return choose(
        "count",
        "A socket pair that is used again counts again, and pseudo-connections of UDP count, too: "
        "how many connections are there in all that was captured?",
        str(scene.total),
        [str(each) for each in sorted(wrong) if each > 0],
        "Each socket pair is one, and so is each new connection between the same sockets "
        "(RFC 9293 section 3.3.1).",
        0,
        rng,
    )


def udp_state(shot: Shot, scene: Scene, rng: Random) -> Question | None:  # noqa: ARG001
    """Ask for the state of something that has none."""
    part = shot.part
    if part is None or part.kind != "datagram":
        return None
    return choose(
        "udp",
        f"Frame {shot.frame} is a datagram of UDP from {part.after.sockets[part.side]}. What state "
        "does netstat show for its socket?",
        "none: UDP has no states",
        ["ESTABLISHED", "SYN_SENT", "LISTEN", "CLOSED"],
        "UDP has no connections, so it has no states either: each datagram goes for itself "
        "(RFC 768).",
        shot.frame,
        rng,
    )


#: All kinds, in the order in which they take turns.
MAKERS = (
    state_after,
    socket_pair,
    lost,
    netstat_row,
    client_socket,
    told_apart,
    moved_by,
    acknowledged_by,
    by_time,
    udp_state,
    connections,
)


# --- words ----------------------------------------------------------------------------------------


def _hosts(sight: Sight) -> str:
    client, server = sight.sockets[sight.initiator], sight.sockets[1 - sight.initiator]
    return f"{client.address} and {server.address}"


def _ports(sight: Sight) -> str:
    return f"{sight.sockets[sight.initiator].port} to {sight.sockets[1 - sight.initiator].port}"


def _end(sight: Sight, side: int) -> str:
    """Return which end it is, with its socket."""
    return f"{who(sight, side)} ({sight.sockets[side]})"


def _told(part: Part) -> str:
    """Return what a frame is, and which way it goes."""
    sender = who(part.after, part.side)
    if part.kind == "error":
        return f"an ICMP error about what {sender} sent"
    return f"{notation(part)} from {sender}"


def _said(said: Saying) -> str:
    rule = "" if said.rule is None else f"Rule {said.rule}: "
    return f"{rule}{said.text} ({said.source})"


def _reasons(part: Part, side: int) -> str:
    """Return why an end is in its state after a part."""
    said = [_said(saying(change, part.after)) for change in part.changes if change.side == side]
    return f"Frame {part.frame}: {' '.join(said)}"


def _row_reason(end: End, side: int, part: Part) -> str:
    """Return why netstat on the host of an end shows what it shows."""
    if end.row:
        if any(change.side == side for change in part.changes):
            return _reasons(part, side)
        return f"Frame {part.frame} leaves its state as it was. {_said(of_part(part)[-1])}"
    if end.state is State.CLOSED:
        return f"For {who(part.after, side)} there is no connection any more: netstat shows none."
    return (
        f"Nothing of {who(part.after, side)} was seen yet, so nothing proves that it has the "
        "connection (rule 0): an endpoint that was never heard has no row."
    )


def _state(part: Part, side: int, before: tuple[End, End] | None) -> str:
    state = part.after.ends[side].state
    return _before(part, side, before) if state is None else state.name


def _before(part: Part, side: int, before: tuple[End, End] | None) -> str:
    """Return the state of an end before a part; LISTEN or CLOSED where this is the first."""
    if before is not None:
        state = before[side].state
        return "CLOSED" if state is None else state.name
    found = [change.before.name for change in part.changes if change.side == side]
    return found[0] if found else "CLOSED"


def _both(states: list[str], opener: int) -> str:
    return f"client {states[opener]}, server {states[1 - opener]}"
