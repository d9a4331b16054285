"""The state diagram of RFC 9293, figure 5, made from the state table itself.

Only where the boxes stand, and which arrows the RFC draws, is said here.  What arrows there are,
and what they are called, is in `tcp_state.TABLE`: what that has and the figure has not, is listed
beside it.
"""

from tracker.tcp_state import EVENTS, TABLE, Event, State
from tracker.typed import Any

#: Width and height of the drawing, and of a box.
SIZE = (720, 600)
BOX = (118, 34)

#: The middle of each box, placed as in the RFC's figure.
_PLACES = {
    State.CLOSED: (360, 30),
    State.LISTEN: (360, 112),
    State.SYN_RECEIVED: (140, 190),
    State.SYN_SENT: (580, 190),
    State.ESTABLISHED: (360, 276),
    State.FIN_WAIT_1: (140, 366),
    State.CLOSE_WAIT: (580, 366),
    State.FIN_WAIT_2: (140, 470),
    State.CLOSING: (360, 470),
    State.LAST_ACK: (580, 470),
    State.TIME_WAIT: (360, 566),
}

#: Where CLOSED stands once more: the RFC draws it at the beginning and at the end.
END_PLACE = (580, 566)

#: The arrows of figure 5, and where their words begin: at which part of the way, and how far off.
_ARROWS = {
    (State.CLOSED, State.SYN_SENT): (0.5, 8, -8, "start"),
    (State.LISTEN, State.SYN_SENT): (0.5, -4, 16, "end"),
    (State.LISTEN, State.SYN_RECEIVED): (0.5, -8, -8, "end"),
    (State.SYN_SENT, State.SYN_RECEIVED): (0.6, 0, -7, "middle"),
    (State.SYN_RECEIVED, State.ESTABLISHED): (0.5, 10, -8, "start"),
    (State.SYN_RECEIVED, State.FIN_WAIT_1): (0.5, -8, 4, "end"),
    (State.ESTABLISHED, State.FIN_WAIT_1): (0.5, 14, 22, "start"),
    (State.ESTABLISHED, State.CLOSE_WAIT): (0.5, 10, -8, "start"),
    (State.FIN_WAIT_1, State.FIN_WAIT_2): (0.5, -8, 4, "end"),
    (State.FIN_WAIT_1, State.CLOSING): (0.5, 10, -8, "start"),
    (State.CLOSE_WAIT, State.LAST_ACK): (0.5, 8, 4, "start"),
    (State.FIN_WAIT_2, State.TIME_WAIT): (0.5, -8, 16, "end"),
    (State.CLOSING, State.TIME_WAIT): (0.5, 8, 4, "start"),
    (State.LAST_ACK, State.CLOSED): (0.5, 8, 4, "start"),
    (State.TIME_WAIT, State.CLOSED): (0.5, 0, -8, "middle"),
}


def figure() -> dict[str, Any]:
    """Return the diagram: boxes, arrows, and the arrows of the table that it does not draw."""
    found = arrows()
    return {
        "size": SIZE,
        "box": BOX,
        "places": {state.name: place for state, place in _PLACES.items()},
        "end": END_PLACE,
        "arrows": [_drawn(*pair, words) for pair, words in found.items() if pair in _ARROWS],
        "further": [
            [before.name, after.name, ", ".join(words)]
            for (before, after), words in found.items()
            if (before, after) not in _ARROWS
        ],
    }


def arrows() -> dict[tuple[State, State], list[str]]:
    """Return each arrow of the state table, with the events that it stands for."""
    found: dict[tuple[State, State], list[str]] = {}
    for before, row in TABLE.items():
        for event, after in zip(Event, row, strict=False):
            if after is not None:
                found.setdefault((before, after), []).append(EVENTS[event][0])
    return found


def _drawn(before: State, after: State, words: list[str]) -> dict[str, Any]:
    """Return an arrow with its ends at the borders of the boxes, and its words beside it."""
    part, right, down, anchor = _ARROWS[before, after]
    tail = _PLACES[before]
    head = END_PLACE if after == State.CLOSED else _PLACES[after]
    x1, y1 = _border(tail, head)
    x2, y2 = _border(head, tail)
    return {
        "from": before.name,
        "to": after.name,
        "words": [word for word in words if word not in _TOO_MANY or len(words) == 1] or words[-1:],
        "line": [x1, y1, x2, y2],
        "label": [round(x1 + (x2 - x1) * part) + right, round(y1 + (y2 - y1) * part) + down],
        "anchor": anchor,
    }


#: Events that lead to CLOSED from nearly everywhere: said beside the figure, as in the RFC.
_TOO_MANY = (EVENTS[Event.RESET][0], EVENTS[Event.UNREACHABLE][0])


def _border(box: tuple[int, int], towards: tuple[int, int]) -> tuple[int, int]:
    """Return where the line from the middle of `box` to `towards` leaves the box."""
    across, down = towards[0] - box[0], towards[1] - box[1]
    scale = min(
        BOX[0] / 2 / abs(across) if across else 1.0,
        BOX[1] / 2 / abs(down) if down else 1.0,
    )
    return round(box[0] + across * scale), round(box[1] + down * scale)
