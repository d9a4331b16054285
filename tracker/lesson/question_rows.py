"""Questions about netstat's table on one of the hosts.

Each end of a connection is a row on its own host, with its own socket as the local one.  A question
is asked only where it is proved that there is a row, or that there is none any more: what an end
has that was never heard is presumed (rule 0), and a timer is its kernel's affair.
"""

from random import Random

from tracker.lesson.question_sure import is_plain, is_sure, was_seen
from tracker.lesson.question_words import capital, reasons, since, told
from tracker.lesson.rules import who
from tracker.lesson.scene import Question, Scene, Shot, choose
from tracker.lesson.sight import Socket
from tracker.lesson.steps import Part
from tracker.tcp_state import State

_NO_ROW = "no row for it"

#: States that a row of a connection may show.
_STATES = [state.name for state in State if state not in (State.CLOSED, State.LISTEN)]


def netstat_row(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask what netstat on one of the hosts shows of a connection."""
    part, side = shot.part, rng.randrange(2)
    if part is None or not _is_shown(shot, part, side, scene):
        return None
    host, other = part.after.sockets[side], part.after.sockets[1 - side]
    return choose(
        "netstat",
        f"After frame {shot.frame}, {told(part)}: what does netstat on {host.address} show of its "
        f"connection from {host} to {other}?",
        _row(part, side) or _NO_ROW,
        [_NO_ROW, *_STATES],
        _reason(shot, part, side),
        shot.frame,
        rng,
    )


def netstat_table(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask which of several rows is in the table of one of the hosts."""
    part, side = shot.part, rng.randrange(2)
    if part is None or not _is_shown(shot, part, side, scene):
        return None
    host, other = part.after.sockets[side], part.after.sockets[1 - side]
    state = _row(part, side)
    if not state or _is_at_home(host, other):
        return None
    wrong = [_line(other, host, state)]
    wrong += [_line(host, other, each) for each in rng.sample(_STATES, 3) if each != state]
    wrong.insert(1, _line(other, host, rng.choice(_STATES)))
    return choose(
        "table",
        f"Which of these rows is in netstat's table on {host.address} after frame {shot.frame}, "
        f"{told(part)}? (local socket, foreign socket, state)",
        _line(host, other, state),
        wrong[:3],
        f"Netstat's local socket is the one of its own host, here {host}. "
        + _reason(shot, part, side),
        shot.frame,
        rng,
    )


def _line(local: Socket, foreign: Socket, state: str) -> str:
    return f"{local}  {foreign}  {state}"


def _is_at_home(one: Socket, other: Socket) -> bool:
    """Return whether both ends are surely the same host's: then its table has both rows."""
    from ipaddress import ip_address

    return one.address == other.address or ip_address(one.address).is_loopback


def _is_shown(shot: Shot, part: Part, side: int, scene: Scene) -> bool:
    """Return whether it is certain what netstat shows of the end at `side`."""
    if not part.after.is_tcp or shot.is_reused() or not was_seen(part):
        return False
    end = part.after.ends[side]
    cause = shot.causes[side]
    return (
        is_sure(part.after, side, scene)
        and cause is not None
        and is_plain([cause.change], cause.sight)
        and end.row == (end.state != State.CLOSED)
    )


def _row(part: Part, side: int) -> str:
    """Return the state in the row of an end, "" where there is none."""
    end = part.after.ends[side]
    return end.state.name if end.row and end.state is not None else ""


def _reason(shot: Shot, part: Part, side: int) -> str:
    """Return why netstat on the host of an end shows what it shows."""
    if any(change.side == side for change in part.changes):
        text = reasons(part, side)
    else:
        cause = shot.causes[side]
        assert cause is not None
        why = since(cause, part.after.ends[side].frame)
        text = f"Frame {shot.frame} does not change the state. {why}"
    if _row(part, side):
        return text
    return f"{text} {capital(who(part.after, side))} has no connection any more: no row."
