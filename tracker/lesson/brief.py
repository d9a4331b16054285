"""A step as one line, to be read beside the figures of RFC 9293."""

from collections.abc import Iterator
from textwrap import wrap

from tracker.lesson.explained import idle
from tracker.lesson.notation import arrows, notation, spelled, states
from tracker.lesson.paint import Paint
from tracker.lesson.rules import Saying, of_part, saying
from tracker.lesson.sight import Sight
from tracker.lesson.steps import Change, Part, Step

_NS_IN_S = 1_000_000_000
_STATE = 14  # as long as (SYN-RECEIVED)
_NOTATION = 33
_BESIDE = 6  # columns before what is said in a line of its own

# From so many columns on, there is a place for the time.
_WITH_TIME = 100


class Brief:
    """Writes steps as lines; who opened the connection stands on the left."""

    def __init__(self, width: int, paint: Paint, absolute: bool) -> None:
        self._width = width
        self._with_time = width >= _WITH_TIME
        self._paint = paint
        self._absolute = absolute
        self._first = 0
        self._shown = 0

    def begin(self, time: int) -> Iterator[str]:
        """Count the times of all steps from `time`, ns; there is nothing to say of it."""
        self._first = self._first or time
        return iter(())

    def step(self, step: Step) -> Iterator[str]:
        """Yield the lines of a step."""
        sights = {sight.number: sight for sight in step.touched}
        for part in step.parts:
            yield from self._part(step, part)
        for number in step.ended:
            yield from self._beside(step.time, idle(sights[number]), sights[number])
        for change in step.changes:
            yield from self._change(change, sights[change.connection])
        if step.frame and not step.parts:
            what = "; ".join(step.reasons) or "a fragment that waits for the first one"
            yield self._line(step.frame, step.time, what)

    def _part(self, step: Step, part: Part) -> Iterator[str]:
        way, text = arrows(part), notation(part, self._absolute)
        if part.after.is_tcp:
            left, right = states(part.after)
        else:
            left, right = "client", "server"
        line = f"{left:<{_STATE}} {way[0]} {text:<{_NOTATION}} {way[1]} {right}"
        yield from self._connection(part.after)
        yield self._line(step.frame, step.time, line)
        for said in of_part(part):
            if said.rule:
                yield from self._said(_ruled(said))

    def _connection(self, sight: Sight) -> Iterator[str]:
        """Yield a heading where the line is of another connection than the one before."""
        if sight.number != self._shown:
            self._shown = sight.number
            opener = sight.initiator
            sockets = f"{sight.sockets[opener]}, {sight.sockets[1 - opener]}"
            for line in wrap(f"connection {sight.number}: {sockets}", self._width):
                yield self._paint(line, "heading")

    def _line(self, frame: int, time: int, text: str) -> str:
        number = str(frame) if frame else ""
        when = f"{(time - self._first) / _NS_IN_S:>11.6f}  " if self._with_time else ""
        return f"{number:>5}  {when}{text}".rstrip()

    def _beside(self, time: int, text: str, sight: Sight) -> Iterator[str]:
        yield from self._connection(sight)
        yield self._line(0, time, f"after {self._after(time)}:")
        yield from self._said(text)

    def _after(self, time: int) -> str:
        return f"{(time - self._first) / _NS_IN_S:.3f} s"

    def _change(self, change: Change, sight: Sight) -> Iterator[str]:
        """Yield what happens to one end without a segment, with the states that follow."""
        yield from self._connection(sight)
        end = sight.ends[change.side]
        name = "client" if change.side == sight.initiator else "server"
        before = change.before.name.replace("_", "-")
        text = f"{name} {before} --> {spelled(end)} after {self._after(change.time)}"
        yield self._line(0, change.time, text)
        yield from self._said(_ruled(saying(change, sight)))

    def _said(self, text: str) -> Iterator[str]:
        for line in wrap(text, self._width - _BESIDE):
            yield " " * _BESIDE + self._paint(line, "faint")


def _ruled(said: Saying) -> str:
    return said.text if said.rule is None else f"Rule {said.rule}: {said.text}"
