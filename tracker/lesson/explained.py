"""A step of a capture as text, explained: layers, sockets, exchange, states, rules, new words."""

from collections.abc import Iterator
from textwrap import wrap

from tracker.lesson.boxes import boxes
from tracker.lesson.glossary import Glossary
from tracker.lesson.layers import layers
from tracker.lesson.notation import arrows, notation
from tracker.lesson.paint import Lines, Paint
from tracker.lesson.rules import Saying, of_part, saying, who
from tracker.lesson.sight import Sight
from tracker.lesson.steps import Change, Part, Step
from tracker.report.text import counted, timestamp
from tracker.tcp_state import State
from tracker.wire.reasons import MALFORMED, TRUNCATED
from tracker.wire.segment import ACK

_NS_IN_S = 1_000_000_000
_LABEL = 14  # columns

_UNDECODED = {
    TRUNCATED: "The capture holds too little of this frame to know more.",
    MALFORMED: "What the frame says of itself cannot be: a receiver drops it.",
}
_OTHER = "There is neither TCP nor UDP in it, so it moves no connection."
_WAITS = (
    "A fragment of a packet of which the first one was not seen yet: only that one names the "
    "ports. It waits."
)


class Explainer:
    """Writes steps as text, `width` columns wide, and remembers which words were explained."""

    def __init__(self, width: int, paint: Paint, lines: Lines, absolute: bool) -> None:
        self._width = width
        self._paint = paint
        self._lines = lines
        self._absolute = absolute
        self._glossary = Glossary()
        self._first: int | None = None

    def begin(self, time: int) -> Iterator[str]:
        """Say from when on the times of all steps count: from `time`, ns."""
        if self._first is not None:
            return
        self._first = time
        numbers = "Numbers are as on the wire."
        if not self._absolute:
            numbers = "Numbers count from the SYN of each end, which has the number 0."
        text = f"Times count from the first frame, {timestamp(time)}. {numbers}"
        yield from wrap(text, self._width)
        yield ""

    def step(self, step: Step) -> Iterator[str]:
        """Yield the lines of a step."""
        lines = list(self._frame(step) if step.frame else self._time(step))
        sights = {sight.number: sight for sight in step.touched}
        for change in step.changes:
            lines += self._change(change, sights[change.connection])
        yield from lines
        yield from self._words("\n".join(lines))
        yield ""

    # --- a frame ----------------------------------------------------------------------------------

    def _frame(self, step: Step) -> Iterator[str]:
        length = counted(step.wire, "octet")
        yield self._heading(f"Frame {step.frame}", f"{self._since(step.time)}, {length}")
        yield from boxes(layers(step.octets, step.link_type), self._width, self._lines)
        for part in step.parts:
            yield from self._part(step, part)
        is_error = any(part.kind == "error" for part in step.parts)
        for reason in step.reasons if not is_error else ():
            yield from self._labelled("not decoded", reason)
            yield from self._labelled("", _UNDECODED.get(reason.partition(":")[0], _OTHER))
        if not step.parts and not step.reasons:
            yield from self._labelled("waits", _WAITS)

    def _part(self, step: Step, part: Part) -> Iterator[str]:
        after = part.after
        if part.frame != step.frame:
            yield from self._labelled("fragment", f"the packet that frame {part.frame} began")
        sender, receiver = after.sockets[part.side], after.sockets[1 - part.side]
        roles = who(after, part.side)[4:], who(after, 1 - part.side)[4:]
        verb = "quotes what went from" if part.kind == "error" else "from"
        yield from self._labelled("sockets", f"{verb} {sender} ({roles[0]})")
        yield from self._labelled("", f"to {receiver} ({roles[1]})")
        yield from self._labelled("socket pair", f"{after.sockets[0]}, {after.sockets[1]}")
        yield from self._labelled("connection", _which(after))
        yield from self._labelled("exchange", self._exchange(part))
        if after.is_tcp:
            for side in (after.initiator, 1 - after.initiator):
                yield from self._end(part, side)
        for said in _beside(part):
            yield from self._said("", said)

    def _exchange(self, part: Part) -> str:
        """Return the part in RFC 9293's notation, between the names of both ends."""
        left, right = arrows(part)
        text = f"client {left} {notation(part, self._absolute)} {right} server"
        if self._absolute or part.kind != "segment":
            return text
        numbers = f"sequence number {part.sequence}"
        if part.flags & ACK:
            numbers += f", acknowledgment number {part.acknowledgment}"
        return f"{text} ({numbers} on the wire)"

    def _end(self, part: Part, side: int) -> Iterator[str]:
        """Yield the states of one end before and after, and why they changed."""
        changes = [change for change in part.changes if change.side == side]
        after = part.after.ends[side]
        states = [named(*state) for state in _states(part, side, changes)]
        text = " --> ".join(states)
        if after.state is not None and (after.exists or changes):
            text += f", {after.certainty}"
        yield from self._labelled(who(part.after, side)[4:], text, who(part.after, side)[4:])
        for change in changes:
            yield from self._said("", saying(change, part.after))

    # --- what time does ---------------------------------------------------------------------------

    def _time(self, step: Step) -> Iterator[str]:
        yield self._heading("Time passes", f"{self._since(step.time)}, no frame")
        for sight in step.touched:
            if sight.number in step.ended:
                yield from self._labelled("connection", _which(sight))
                yield from self._labelled("", idle(sight))

    def _change(self, change: Change, sight: Sight) -> Iterator[str]:
        """Yield what happens to one end without a part of its own."""
        yield from self._labelled("connection", _which(sight))
        name = who(sight, change.side)[4:]
        text = f"{change.before.name} --> {change.after.name}, {change.certainty}"
        yield from self._labelled(name, f"{text}, at {self._since(change.time)}", name)
        yield from self._said("", saying(change, sight))

    # --- lines ------------------------------------------------------------------------------------

    def _since(self, time: int) -> str:
        return f"{(time - (self._first or 0)) / _NS_IN_S:.6f} s"

    def _heading(self, left: str, right: str) -> str:
        return f"{self._paint(left, 'heading')}  {right}"

    def _said(self, label: str, said: Saying) -> Iterator[str]:
        rule = "" if said.rule is None else f"Rule {said.rule}: "
        source = f" ({said.source})" if said.source else ""
        yield from self._labelled(label, f"{rule}{said.text}{source}")

    def _labelled(self, label: str, text: str, style: str = "heading") -> Iterator[str]:
        """Yield `text` behind `label`, in as many lines as it takes."""
        for line in wrap(text, self._width - _LABEL, break_on_hyphens=False) or [""]:
            yield f"  {self._paint(label, style)}{' ' * (_LABEL - 2 - len(label))}{line}"
            label = ""

    def _words(self, text: str) -> Iterator[str]:
        """Yield what the terms mean that `text` is the first to use."""
        label = "new words"
        for term, meaning in self._glossary.new(text):
            yield from self._labelled(label, f"{term}: {meaning}")
            label = ""


def _which(sight: Sight) -> str:
    """Return which connection it is."""
    text = f"number {sight.number} of this capture"
    if sight.generation > 1:
        text += f", generation {sight.generation} of its socket pair"
    if not sight.is_tcp:
        text += f", a pseudo-connection of UDP: {sight.pseudo_state}"
    return f"{text}, in the tunnel {sight.tunnel}" if sight.tunnel else text


def idle(sight: Sight) -> str:
    """Return why a pseudo-connection of UDP has ended."""
    setting = "udp_replied" if sight.pseudo_state == "replied" else "udp_unreplied"
    return f"Rule 11: no datagram for a while: it has ended (config/tracker.yaml, {setting})."


def _states(part: Part, side: int, changes: list[Change]) -> list[tuple[State | None, bool]]:
    """Return the states of an end, from before the part to after it, and which are proved."""
    after = part.after.ends[side]
    states: list[tuple[State | None, bool]] = []
    if part.before is not None:
        before = part.before.ends[side]
        states.append((before.state, before.exists))
    elif changes:
        states.append((changes[0].before, after.exists))
    states += [(change.after, after.exists) for change in changes]
    if not states or states[-1] != (after.state, after.exists):
        states.append((after.state, after.exists))
    return states


def named(state: State | None, exists: bool) -> str:
    """Return the name of a state, in parentheses where it is only presumed."""
    if state is None:
        return "-"
    return state.name if exists or state is State.CLOSED else f"({state.name})"


def _beside(part: Part) -> list[Saying]:
    """Return what is to be said of a part beside its changes."""
    return of_part(part)[len(part.changes) :]
