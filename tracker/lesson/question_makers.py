"""The kinds of questions: each makes one of a shot, or None where that does not suit it."""

from collections.abc import Iterable
from random import Random

from tracker.lesson import segments
from tracker.lesson.notation import notation, relative, sequence
from tracker.lesson.question_lost import lost
from tracker.lesson.question_rows import netstat_row, netstat_table
from tracker.lesson.question_sure import is_plain, is_sure, was_seen
from tracker.lesson.question_words import end_of, hosts, ports, reasons, said, told
from tracker.lesson.rules import saying
from tracker.lesson.scene import Question, Scene, Shot, choose, pair
from tracker.lesson.segments import kind
from tracker.lesson.sight import Sight, Socket
from tracker.sequence import add
from tracker.tcp_state import State
from tracker.wire.segment import FIN, SYN

#: States that a connection may be in, which a wrong choice may name.
_STATES = [state.name for state in State if state is not State.LISTEN]

_LARGEST_PORT = 65535
_MOST_LISTED = 4
_FEWEST_LISTED = 3


def client_socket(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask which of the sockets is the client's."""
    sight = shot.sight
    if shot.part is None or sight.basis not in ("syn", "syn-ack"):
        return None
    if sight.number in scene.crossed:
        return None  # both open it
    client, server = sight.sockets[sight.initiator], sight.sockets[1 - sight.initiator]
    mixed = [Socket(client.address, server.port), Socket(server.address, client.port)]
    did = "gets the SYN,ACK"
    if sight.basis == "syn":
        sent = scene.moves.get((sight.number, sight.initiator, State.SYN_SENT), [shot.frame])
        did = f"sends the first SYN, in frame {sent[0]}"
    return choose(
        "socket",
        f"Frame {shot.frame} belongs to a connection between {hosts(sight)}. Which socket is its "
        "client's?",
        str(client),
        map(str, [server, *mixed]),
        f"The client is who opens the connection: {client} {did}. A socket is an address and a "
        "port together (RFC 9293 section 3.1).",
        shot.frame,
        rng,
    )


def socket_pair(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask to which socket pair a frame belongs."""
    part = shot.part
    if part is None or part.kind == "error" or not shot.alone:
        return None
    first, second = shot.sight.sockets
    others = [other.sockets for other in scene.sights.values()]
    others += [
        (Socket(first.address, second.port), Socket(second.address, first.port)),
        (first, _neighbour(second)),
        (_neighbour(first), second),
    ]
    sender, receiver = shot.sight.sockets[part.side], shot.sight.sockets[1 - part.side]
    return choose(
        "socket pair",
        f"Which socket pair does frame {shot.frame} belong to?",
        pair(first, second),
        [pair(*each) for each in others if each != (second, first)],  # one host may be both
        f"The source of frame {shot.frame} is {sender}, its destination {receiver}: both sockets "
        "together are the socket pair, whichever way the frame goes (RFC 9293 section 3.3.1).",
        shot.frame,
        rng,
    )


def _neighbour(socket: Socket) -> Socket:
    """Return the socket with the next port."""
    return Socket(socket.address, socket.port + 1 if socket.port < _LARGEST_PORT else 1)


def state_after(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask for the state of one end after a frame."""
    part = shot.part
    if part is None or not part.after.is_tcp or not part.changes or not was_seen(part):
        return None
    side = rng.choice(part.changes).side
    end = part.after.ends[side]
    mine = [change for change in part.changes if change.side == side]
    if end.state is None or not is_sure(part.after, side, scene) or not is_plain(mine, part.after):
        return None
    return choose(
        "state",
        f"What state is {end_of(part.after, side)} in after frame {shot.frame}, {told(part)}?",
        end.state.name,
        _STATES,
        reasons(part, side),
        shot.frame,
        rng,
    )


def moved_by(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask which frame moved an end into a state."""
    part = shot.part
    if part is None or not part.changes or not was_seen(part):
        return None
    change = part.changes[-1]
    if not is_sure(part.after, change.side, scene) or not is_plain([change], part.after):
        return None
    if scene.moves.get((part.after.number, change.side, change.after)) != [shot.frame]:
        return None  # another frame did so, too
    if scene.is_reused(part.after):
        return None  # the same socket may have come there twice
    return choose(
        "frame",
        f"Which frame moved {end_of(part.after, change.side)} to {change.after.name}, in its "
        f"connection with {part.after.sockets[1 - change.side]}?",
        f"frame {shot.frame}",
        [f"frame {frame}" for frame in scene.frames.get(part.after.number, [])],
        f"Frame {shot.frame}, {told(part)}: {said(saying(change, part.after))}",
        shot.frame,
        rng,
    )


def told_apart(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask what tells two conversations between the same hosts apart (textbook example A)."""
    sight = shot.sight
    same = [other for other in scene.sights.values() if _are_alike(sight, other)]
    if not same:
        return None
    first, second = sorted((sight, rng.choice(same)), key=lambda each: each.number)
    return choose(
        "ports",
        f"Connections {first.number} and {second.number} are both between {hosts(sight)}. What "
        "tells their segments apart?",
        f"the ports: {ports(first)} and {ports(second)}",
        ["the MAC addresses", "the IP addresses", "the order of the frames", "the time to live"],
        "MAC and IP addresses are those of the hosts, the same for both. The ports, in the header "
        f"of each segment, name the programs (as in frame {shot.frame}): "
        f"{pair(*first.sockets)} is one socket pair, {pair(*second.sockets)} is another.",
        shot.frame,
        rng,
    )


def _are_alike(one: Sight, other: Sight) -> bool:
    """Return whether two connections differ in their ports, and in nothing else."""
    return (
        other.sockets != one.sockets
        and [socket.address for socket in other.sockets]
        == [socket.address for socket in one.sockets]
        and other.protocol == one.protocol
        and other.tunnel == one.tunnel
    )


def acknowledged_by(shot: Shot, scene: Scene, rng: Random) -> Question | None:  # noqa: ARG001
    """Ask which acknowledgment number answers a segment."""
    part = shot.part
    if part is None or kind(part) not in (segments.DATA, segments.SYN_ONLY, segments.FIN_FIRST):
        return None
    if part.after.ends[part.side].iss is None:
        return None  # its numbers could not count from a SYN
    length = part.payload + bool(part.flags & SYN) + bool(part.flags & FIN)
    number = sequence(part)
    right = relative(add(part.sequence, length), part.after.bases[part.side])
    wrong = {number, right - 1, right + 1, number + 2 * length, part.payload} - {right}
    return choose(
        "acknowledgment",
        f"Frame {shot.frame} is {notation(part)}, numbers counted from the SYN. Which "
        "acknowledgment number says that all of it has arrived?",
        str(right),
        [str(each) for each in sorted(wrong) if each >= 0],
        f"Frame {shot.frame} begins at {number} and takes {length} of the sequence space: each "
        "octet of data takes one, and so do SYN and FIN. The number that is expected next, "
        f"{right}, acknowledges all before it (RFC 9293 section 3.4).",
        shot.frame,
        rng,
    )


def by_time(shot: Shot, scene: Scene, rng: Random) -> Question | None:  # noqa: ARG001
    """Ask why a state changes although no frame was seen."""
    change = shot.change
    if change is None or change.certainty == "assumed":
        return None
    sight = shot.sight
    if not sight.ends[change.side].exists:
        return None
    statement = saying(change, sight)
    return choose(
        "time",
        f"No frame of its connection follows frame {shot.frame} for some time. Then "
        f"{end_of(sight, change.side)} goes from {change.before.name} to {change.after.name}. What "
        "does tracker conclude?",
        statement.text,
        [
            "A FIN has arrived that the capture missed.",
            "A RST has arrived that the capture missed.",
            "A router on the way has ended the connection.",
            "A SYN for a new connection has arrived that the capture missed.",
        ],
        f"After frame {shot.frame} only time has passed. {said(statement)}",
        shot.frame,
        rng,
    )


def connections(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask how many connections there are."""
    if shot is not scene.shots[0] or not scene.total or _came_again(scene.sights.values()):
        return None
    frames = sum(map(len, scene.frames.values()))
    total = scene.total
    wrong = {total + 1, total + 2, total - 1, 2 * total, frames}
    return choose(
        "count",
        "How many connections does the capture hold, counting datagrams of UDP between the same "
        "two sockets as one?",
        str(total),
        [str(each) for each in sorted(wrong) if each > 0],
        "Each socket pair is a connection, and so is each time that it is opened again (RFC 9293 "
        "section 3.3.1). UDP has none, but who talks to whom counts in the same way.",
        0,
        rng,
    )


def _came_again(sights: Iterable[Sight]) -> bool:
    """Return whether UDP between the same two sockets ended and began again: it may count twice."""
    pairs = {sight.number: sight.sockets for sight in sights if not sight.is_tcp}
    return len(pairs) != len(set(pairs.values()))


def together(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask how many connections some frames belong to."""
    others = [each for each in scene.shots if each.alone and each.part is not None]
    if not shot.alone or shot.part is None or len(others) < _FEWEST_LISTED:
        return None
    listed = {each.frame: each for each in rng.sample(others, min(len(others), _MOST_LISTED))}
    listed[shot.frame] = shot
    if len(listed) > _MOST_LISTED or len(listed) < _FEWEST_LISTED:
        return None
    found = [listed[frame] for frame in sorted(listed)]
    right = len({each.sight.number for each in found})
    if right == 1 or _came_again([each.sight for each in found]):
        return None  # nothing to find out, or no clear answer
    return choose(
        "frames",
        f"How many connections do frames {_listing([each.frame for each in found])} belong to?",
        str(right),
        [str(number) for number in range(1, len(found) + 1)],
        " ".join(f"Frame {each.frame}: {pair(*each.sight.sockets)}." for each in found)
        + " Frames with the same socket pair, both ways, are of one connection, unless it was "
        "opened again in between (RFC 9293 section 3.3.1).",
        shot.frame,
        rng,
    )


def _listing(frames: list[int]) -> str:
    return f"{', '.join(map(str, frames[:-1]))} and {frames[-1]}"


def udp_state(shot: Shot, scene: Scene, rng: Random) -> Question | None:  # noqa: ARG001
    """Ask for the state of something that has none."""
    part = shot.part
    if part is None or part.kind != "datagram":
        return None
    return choose(
        "udp",
        f"Frame {shot.frame} is a datagram of UDP from {part.after.sockets[part.side]}. Which of "
        "the states of RFC 9293 is that socket in?",
        "none: UDP has no states",
        ["ESTABLISHED", "SYN_SENT", "LISTEN", "CLOSED"],
        f"Frame {shot.frame} is no segment of TCP. UDP has no connections, so it has no states "
        "either: each datagram goes for itself (RFC 768).",
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
    netstat_table,
    by_time,
    together,
    udp_state,
    connections,
)
