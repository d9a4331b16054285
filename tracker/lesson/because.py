"""Why a connection is in its states: as text, and as JSON."""

from collections.abc import Callable, Iterator
from textwrap import wrap
from typing import Any

from tracker.lesson.advice import UDP_ADVICE, Awaited, advice, awaited
from tracker.lesson.explained import idle, named
from tracker.lesson.glossary import TERMS
from tracker.lesson.history import Happened, History
from tracker.lesson.paint import Paint
from tracker.lesson.records import change_record, role, states_record
from tracker.lesson.rules import saying, who
from tracker.lesson.sight import Sight, note_names
from tracker.report.text import counted, duration, timestamp
from tracker.tcp_state import EVENTS, Event, State

_NS_IN_S = 1_000_000_000
_LABEL = 14  # columns

#: How it is known who opened a connection (RFC 5103), in words.
_BASES = {
    "syn": "its SYN was seen",
    "syn-ack": "the SYN,ACK that answers it was seen",
    "kernel": "its kernel says so",
    "service-port": "the port of the other end is that of a service",
    "first-packet": "its packet is the first that was seen, and nothing tells better",
}

_CERTAIN = {
    "observed": "observed: frame {frame} did it.",
    "inferred": "inferred: no segment of its own tells it, but what its peer sends, or silence, "
    "proves it.",
    "assumed": "assumed: the capture began in the middle of the connection, and nothing that was "
    "seen since contradicts.",
}
_PRESUMED = (
    "presumed: nothing of this end was seen, so nothing proves it, and no netstat shows a row of "
    "it (rule 0)."
)
_REFUSES = "observed: it answered, but never had this connection, so no netstat shows a row of it."
_NO_ROW = " Netstat on its host has no row for it any more."


class Because:
    """Says why connections are in their states.

    now      the moment, ns since 1970
    first    when the capture began, ns since 1970
    timer    says how long an endpoint stays in a state (`Profile.timer`), ns, 0 for ever
    """

    def __init__(self, now: int, first: int, timer: Callable[[int], int]) -> None:
        self._now = now
        self._first = first
        self._timer = timer

    # --- text -------------------------------------------------------------------------------------

    def lines(self, history: History, width: int, paint: Paint) -> Iterator[str]:
        """Yield the lines about one connection, `width` columns wide."""
        sight = history.sight
        opener = sight.initiator
        protocol = "TCP" if sight.is_tcp else "UDP"
        pair = f"{sight.sockets[opener]} (client), {sight.sockets[1 - opener]} (server)"
        yield paint(f"{protocol} {pair}", "heading")
        yield from wrap(self._about(history), width)
        yield ""
        if sight.is_tcp:
            for side in (opener, 1 - opener):
                yield from wrap(_is_in(sight, side), width)
                for label, text in self._told(history, side):
                    yield from _labelled(label, text, width, paint)
                yield ""
        else:
            yield from wrap(_udp_advice(sight), width)
            yield ""

    def _about(self, history: History) -> str:
        sight = history.sight
        words = [f"Connection {sight.number} of the capture"]
        if sight.generation > 1:
            words.append(f", generation {sight.generation} of its socket pair")
        words.append(f", as of {self._since(self._now)} ({timestamp(self._now)}). ")
        words.append(f"Opened by the client: {_BASES[sight.basis]}.")
        if not sight.is_tcp:
            words.append(f" UDP has no states; this pseudo-connection is {sight.pseudo_state}.")
        if history.ended:
            words.append(f" {idle(sight)}")
        if sight.notes:
            words.append(f" Noted: {', '.join(note_names(sight.notes))}.")
        return "".join(words)

    def _told(self, history: History, side: int) -> Iterator[tuple[str, str]]:
        """Yield what is told of one end: label and text."""
        sight = history.sight
        end = sight.ends[side]
        assert end.state is not None
        for each in history.of(side):
            yield self._happened(each)
        yield "certainty", _certainty(history, side)
        if not end.exists:
            return
        label = "next"
        for wait in awaited(end.state, who(sight, 1 - side)):
            yield label, self._awaited(wait, end.state, end.since)
            label = ""
        yield "what to do", _advice(history, side)

    def _happened(self, each: Happened) -> tuple[str, str]:
        change = each.change
        said = saying(change, each.sight)
        rule = "" if said.rule is None else f"Rule {said.rule}: "
        label = "by time" if change.by_time else f"frame {change.frame}"
        states = f"{change.before.name} --> {change.after.name}"
        return label, f"{self._since(change.time)}  {states}. {rule}{said.text} ({said.source})"

    def _awaited(self, wait: Awaited, state: State, since: int) -> str:
        text = f"{wait.text} --> {wait.state.name}"
        if wait.event != Event.TIMEOUT:
            return text
        timer = self._timer(state)
        if not timer:
            return text
        about = "" if state in (State.TIME_WAIT, State.FIN_WAIT_2) else "about "
        text += f": {about}{duration(timer)} after it came into this state, which is {about}at "
        return f"{text}{self._since(since + timer)} (setting {state.name.lower()})"

    def _since(self, time: int) -> str:
        return f"{(time - self._first) / _NS_IN_S:.3f} s"

    # --- JSON -------------------------------------------------------------------------------------

    def record(self, history: History) -> dict[str, Any]:
        """Return the same as an object."""
        sight = history.sight
        return {
            "proto": "tcp" if sight.is_tcp else "udp",
            "connection": sight.number,
            "generation": sight.generation,
            "as_of": timestamp(self._now),
            "socket_pair": [str(socket) for socket in sight.sockets],
            "client": str(sight.sockets[sight.initiator]),
            "server": str(sight.sockets[1 - sight.initiator]),
            "initiator_basis": sight.basis,
            "ended": bool(history.ended),
            "notes": note_names(sight.notes),
            "states": states_record(sight),
            "history": [change_record(each.change, each.sight) for each in history.happened],
            "next": self._next(sight),
            "advice": _advices(history),
        }

    def _next(self, sight: Sight) -> dict[str, list[dict[str, Any]]]:
        told: dict[str, list[dict[str, Any]]] = {}
        for side in (0, 1) if sight.is_tcp else ():
            end = sight.ends[side]
            assert end.state is not None
            told[role(sight, side)] = [
                {
                    "event": EVENTS[wait.event][0],
                    "source": EVENTS[wait.event][1],
                    "text": self._awaited(wait, end.state, end.since),
                    "state": wait.state.name,
                }
                for wait in awaited(end.state, who(sight, 1 - side))
            ]
        return told


def _is_in(sight: Sight, side: int) -> str:
    """Return in which state an end is, and what that means."""
    end = sight.ends[side]
    assert end.state is not None
    name = who(sight, side)
    state = named(end.state, end.exists)
    return f"{name[0].upper()}{name[1:]} is in {state}: {TERMS[end.state.name]}."


def _certainty(history: History, side: int) -> str:
    """Return how sure the state of an end is, and whether its host's netstat would show it."""
    sight = history.sight
    end = sight.ends[side]
    if not end.exists:
        return _REFUSES if end.packets else _PRESUMED
    text = _CERTAIN[end.certainty or "observed"].format(frame=end.frame)
    text += f" It sent {counted(end.packets, 'packet')}, with {counted(end.payload, 'octet')} of "
    return f"{text}data.{'' if end.row else _NO_ROW}"


def _advice(history: History, side: int) -> str:
    """Return what is usually done about the state of an end."""
    state = history.sight.ends[side].state
    assert state is not None
    happened = history.of(side)
    change = happened[-1].change if happened else None
    return advice(state, change and change.before, change and change.event)


def _advices(history: History) -> dict[str, str]:
    """Return that for both ends, as far as they were heard."""
    sight = history.sight
    if not sight.is_tcp:
        return {"both": _udp_advice(sight)}
    return {role(sight, side): _advice(history, side) for side in (0, 1) if sight.ends[side].exists}


def _udp_advice(sight: Sight) -> str:
    return UDP_ADVICE[sight.pseudo_state or "unreplied"]


def _labelled(label: str, text: str, width: int, paint: Paint) -> Iterator[str]:
    for line in wrap(text, width - _LABEL, break_on_hyphens=False):
        yield f"  {paint(label, 'heading')}{' ' * (_LABEL - 2 - len(label))}{line}"
        label = ""
