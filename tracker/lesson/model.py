"""From the steps of a capture to what the lesson page holds: a plain dict, for JSON.

Every state in it is one that the engine had.  What comes from the capture is text or a number,
and is cut to a length that a page can bear.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator

from tracker.lesson.figure import figure
from tracker.lesson.glossary import TERMS, Glossary
from tracker.lesson.layers import Layer, layers
from tracker.lesson.notation import notation
from tracker.lesson.questions import Question, questions
from tracker.lesson.rules import Saying, of_part, saying
from tracker.lesson.segments import kind
from tracker.lesson.sight import End, Sight
from tracker.lesson.steps import Change, Part, Step
from tracker.names.services import Services
from tracker.report.rows import CERTAINTIES
from tracker.report.text import counted, timestamp
from tracker.tcp_state import EVENTS, State
from tracker.typed import Any, NamedTuple

#: More connections than these are not shown: nobody would find one among them.
MAX_CONNECTIONS = 100

# Octets kept of all frames together, and of one at least and at most.
_OCTETS, _LEAST_OCTETS, _MOST_OCTETS = 1 << 17, 128, 2048

# Fields of a frame, parts of a frame and signs of a text that are kept at most; connections without
# room that are counted.
_FIELDS, _PARTS, _SIGNS, _COUNTED = 160, 16, 400, 100_000

_QUESTIONS = 8


class Selection:
    """What of the steps that are asked for is on the page: the first ones.

    most    how many frames there are at most

    Afterwards `steps` holds them, `shown` their connections; `left_out` counts the frames that had
    no room, `unseen` has the numbers of connections that had none, `other` is for whoever knows
    how many frames of the capture nobody asked for.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.steps: list[Step] = []
        self.shown: dict[int, Sight] = {}
        self.asked = 0
        self.left_out = 0
        self.other = 0
        self.unseen: set[int] = set()
        self.end = 0
        self._count = 0
        self._is_cut = False

    def add_all(self, steps: Iterable[Step]) -> None:
        """Look at all `steps` that are asked for, and keep those that have room."""
        for step in steps:
            if step.frame:
                self.asked += 1
                self._frame(step)
            elif not self._is_cut:
                self._time(step)

    def _frame(self, step: Step) -> None:
        found = [part.after for part in step.parts]
        self._is_cut = self._is_cut or self._count >= self.most
        room = [] if self._is_cut else [each for each in found[:_PARTS] if self._has_room(each)]
        if len(self.unseen) < _COUNTED:
            self.unseen.update(each.number for each in found if each not in room)
        if self._is_cut or (found and not room):
            self.left_out += 1
            return
        self._count += 1
        self.end = max(self.end, step.time)
        self._keep(step, {sight.number for sight in room})

    def _has_room(self, sight: Sight) -> bool:
        """Return whether a connection is on the page, or may still come there."""
        return sight.number in self.shown or len(self.shown) < MAX_CONNECTIONS

    def _time(self, step: Step) -> None:
        if any(sight.number in self.shown for sight in step.touched):
            self._keep(step, set())

    def _keep(self, step: Step, more: set[int]) -> None:
        """Keep of a step what is of connections on the page."""
        numbers = more | self.shown.keys()
        touched = tuple(sight for sight in step.touched if sight.number in numbers)
        self.shown.update((sight.number, sight) for sight in touched)
        numbers = numbers & self.shown.keys()
        self.steps.append(
            step._replace(
                parts=tuple(part for part in step.parts if part.after.number in numbers),
                changes=tuple(each for each in step.changes if each.connection in numbers),
                touched=touched,
                ended=tuple(number for number in step.ended if number in numbers),
            )
        )


class Idle(NamedTuple):
    """After how many ns without an answer, and with one, a pseudo-connection has ended."""

    unreplied: int
    replied: int

    def end(self, sight: Sight) -> int:
        """Return when the pseudo-connection ended."""
        replied = sight.pseudo_state == "replied"
        return sight.last_seen + (self.replied if replied else self.unreplied)


class Moments(NamedTuple):
    """A step of the page: at one time, what changed then, and what was so afterwards."""

    step: Step
    time: int
    changes: tuple[Change, ...]
    ended: tuple[int, ...]
    sights: dict[int, Sight]


def moments(steps: Iterable[Step], idle: Idle) -> Iterator[Moments]:
    """Yield the steps of the page: what time did at several moments is as many steps."""
    known: dict[int, Sight] = {}
    for step in steps:
        touched = {sight.number: sight for sight in step.touched}
        if step.frame:
            yield Moments(step, step.time, step.changes, step.ended, touched)
        else:
            yield from _apart(step, touched, known, idle)
        known.update(touched)


def _apart(
    step: Step, touched: dict[int, Sight], known: dict[int, Sight], idle: Idle
) -> Iterator[Moments]:
    """Yield what time did, each moment for itself."""
    ends = {number: idle.end(touched[number]) for number in step.ended}
    times = {change.time for change in step.changes} | set(ends.values())
    now = dict(known)
    for time in sorted(times):
        changes = tuple(change for change in step.changes if change.time == time)
        ended = tuple(number for number, end in ends.items() if end == time)
        numbers = {*ended, *(change.connection for change in changes)}
        for number in numbers:
            later = [each for each in step.changes if each.time > time]
            late = {each.side for each in later if each.connection == number}
            now[number] = _as_of(now.get(number), touched[number], changes, late)
        yield Moments(step, time, changes, ended, {number: now[number] for number in numbers})


def _as_of(
    before: Sight | None, after: Sight, changes: tuple[Change, ...], late: set[int]
) -> Sight:
    """Return a connection between two sights: `late` are the sides that change once more."""
    if before is None or not late:
        return after
    ends = [after.ends[0], after.ends[1]]
    for side in late:
        ends[side] = before.ends[side]
        for change in changes:
            if change.connection == after.number and change.side == side:
                ends[side] = _changed(ends[side], change)
    return after._replace(ends=(ends[0], ends[1]))


def _changed(end: End, change: Change) -> End:
    """Return an endpoint after a change that is not its last one."""
    return end._replace(
        state=change.after,
        certainty=change.certainty,
        row=end.row and change.after != State.CLOSED,
        frame=change.frame,
        event=change.event,
        since=change.time,
    )


# --- the dict ------------------------------------------------------------------------------------


class Lesson:
    """Makes the dict of a selection.

    title       what the page is called
    file        name of the capture
    services    names of ports
    """

    def __init__(self, title: str, file: str, services: Services) -> None:
        self.title = title
        self.file = file
        self.services = services
        self._glossary = Glossary()
        self._words: dict[str, int] = {}
        self._begin = 0
        self._octets = 0

    def model(self, selection: Selection, idle: Idle, seed: int = 1) -> dict[str, Any]:
        """Return what the page holds; times are ns after the first frame on it."""
        steps = selection.steps
        self._begin = min((step.time for step in steps), default=0)
        frames = sum(1 for step in steps if step.frame)
        self._octets = min(max(_OCTETS // max(frames, 1), _LEAST_OCTETS), _MOST_OCTETS)
        told = [self._step(moment) for moment in _ordered(moments(steps, idle))]
        return {
            "title": clean(self.title),
            "file": clean(self.file),
            "begin": timestamp(self._begin),
            "end": selection.end - self._begin,
            "frames": frames,
            "left_out": list(left_out(selection)),
            "connections": [self._connection(sight) for sight in selection.shown.values()],
            "steps": told,
            "words": list(self._words),
            "states": [state.name for state in State],
            "certainties": CERTAINTIES[1:],
            "events": [name for name, _ in EVENTS.values()],
            "terms": TERMS,
            "figure": figure(),
            "questions": [_question(each) for each in questions(steps, seed, _QUESTIONS)],
        }

    def _connection(self, sight: Sight) -> dict[str, Any]:
        names = self.services.names("tcp" if sight.is_tcp else "udp")
        return {
            "number": sight.number,
            "proto": "TCP" if sight.is_tcp else "UDP",
            "generation": sight.generation,
            "initiator": sight.initiator,
            "basis": sight.basis,
            "tunnel": sight.tunnel,
            "sockets": [
                {
                    "address": socket.address,
                    "port": socket.port,
                    "text": str(socket),
                    "service": clean(names.get(socket.port, "")),
                }
                for socket in sight.sockets
            ],
        }

    def _step(self, moment: Moments) -> dict[str, Any]:
        """Return one step; what is empty is not in it."""
        step = moment.step
        said = [each for part in step.parts for each in _of_part(part)]
        said += [_of_change(each, moment.sights[each.connection]) for each in moment.changes]
        said += [_of_end(moment.sights[number]) for number in moment.ended]
        told = {
            "frame": step.frame,
            "time": moment.time - self._begin,
            "parts": [_part(part) for part in step.parts],
            "ends": {number: _ends(sight) for number, sight in moment.sights.items()},
            "said": said,
            "new": [word for word, _ in self._new_words(said)],
            "reasons": [clean(reason) for reason in step.reasons],
        }
        if step.frame:
            told |= self._frame(step)
        return {key: value for key, value in told.items() if value or key in ("frame", "time")}

    def _frame(self, step: Step) -> dict[str, Any]:
        """Return the octets and the layers of a frame."""
        return {
            "wire": step.wire,
            "captured": len(step.octets),
            "octets": b64encode(step.octets[: self._octets]).decode("ascii"),
            "layers": [self._layer(each) for each in _some(layers(step.octets, step.link_type))],
        }

    def _layer(self, layer: Layer) -> list[Any]:
        """Return a layer: name, number, start, length, fields; texts by their places in `words`."""
        fields = [
            [
                self._word(field.label),
                self._word(field.value),
                field.start,
                field.length,
                self._word(field.bits),
            ]
            for field in layer.fields
        ]
        return [self._word(layer.name), layer.number, layer.start, layer.length, fields]

    def _word(self, text: str) -> int:
        """Return the place of a text among those that are kept once."""
        return self._words.setdefault(clean(text), len(self._words))

    def _new_words(self, said: list[dict[str, Any]]) -> list[tuple[str, str]]:
        """Return the terms that what is said of a step is the first to use."""
        return self._glossary.new(" ".join(map(_text, said)))


def _text(said: dict[str, Any]) -> str:
    """Return what is read of a statement: the sentence, the states, how they are known."""
    words = [said["text"], said.get("certainty", "")]
    words += [State(said[key]).name for key in ("before", "after") if key in said]
    return " ".join(words)


def clean(text: str) -> str:
    """Return a text without signs that steer or hide others, and not too long."""
    text = text if len(text) <= _SIGNS else text[: _SIGNS - 1] + "…"
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(sign: str) -> str:
    return sign if sign.isprintable() else "\ufffd"


def _some(found: list[Layer]) -> Iterator[Layer]:
    """Yield the layers, and no more fields than a page can bear."""
    room = _FIELDS
    for layer in found[:_FIELDS]:
        yield layer._replace(fields=layer.fields[:room])
        room = max(0, room - len(layer.fields))


def _ordered(found: Iterable[Moments]) -> list[Moments]:
    """Return the steps in their order, those of time where they belong.

    The engine tells of timers when it comes to it, which may be some frames of others later.
    """
    told: list[Moments] = []
    for moment in found:
        at = len(told)
        if not moment.step.frame:
            while at and told[at - 1].time > moment.time and not _share(told[at - 1], moment):
                at -= 1
        told.insert(at, moment)
    return told


def _share(one: Moments, other: Moments) -> bool:
    """Return whether two steps are of the same connection."""
    return not one.sights.keys().isdisjoint(other.sights)


def _part(part: Part) -> list[Any]:
    """Return a segment: connection, side of its sender, notation, kind."""
    return [part.after.number, part.side, notation(part), kind(part)]


def _ends(sight: Sight) -> list[Any]:
    """Return both ends, and what a pseudo-connection has come to."""
    return [*(_end(end) for end in sight.ends), sight.pseudo_state or ""]


def _end(end: End) -> list[int]:
    """Return state, certainty, whether there is a row, whether it was heard, evidence, doubt.

    What is not there is -1.
    """
    return [
        -1 if end.state is None else int(end.state),
        -1 if end.certainty is None else CERTAINTIES.index(end.certainty) - 1,
        int(end.row),
        int(end.exists),
        end.frame,
        -1 if end.event is None else int(end.event),
        -1 if end.doubt is None else int(end.doubt),
    ]


def _of_part(part: Part) -> Iterator[dict[str, Any]]:
    """Yield what a segment changed, then what else there is to say of it."""
    changes = [(change, saying(change, part.after)) for change in part.changes]
    for change, said in changes:
        yield _changing(change, said)
    mine = [said for _, said in changes]
    for said in of_part(part):
        if said not in mine:
            yield _said(part.after.number, said)


def _of_change(change: Change, sight: Sight) -> dict[str, Any]:
    return _changing(change, saying(change, sight))


def _of_end(sight: Sight) -> dict[str, Any]:
    text = "Nothing was heard of this pseudo-connection for a while: it is taken to have ended."
    return {"connection": sight.number, "text": text, "source": "config/tracker.yaml"}


def _changing(change: Change, said: Saying) -> dict[str, Any]:
    """Return a change of state: side, states before and after, certainty, evidence, sentence."""
    return _said(change.connection, said) | {
        "side": change.side,
        "before": int(change.before),
        "after": int(change.after),
        "certainty": change.certainty,
        "evidence": change.frame,
        "event": int(change.event),
    }


def _said(connection: int, said: Saying) -> dict[str, Any]:
    rule = {} if said.rule is None else {"rule": said.rule}
    return {"connection": connection, "source": said.source, "text": clean(said.text), **rule}


def _question(question: Question) -> dict[str, Any]:
    return {
        "text": question.text,
        "choices": list(question.choices),
        "answer": question.answer,
        "reason": question.reason,
        "frame": question.frame,
    }


def left_out(selection: Selection) -> Iterator[str]:
    """Yield what of the capture is not on the page, a sentence each."""
    if selection.left_out:
        yield (
            f"The page shows {counted(len(_frames(selection)), 'frame')}; "
            f"{selection.left_out} more of what was asked for had no room."
        )
    unseen = len(selection.unseen - selection.shown.keys())
    if unseen:
        least = "at least " if unseen >= _COUNTED else ""
        yield f"Nothing is shown of {least}{counted(unseen, 'connection')} more."
    if selection.other:
        what = counted(selection.other, "frame")
        yield f"{what} of the capture belong to other connections, or to none."


def _frames(selection: Selection) -> list[Step]:
    return [step for step in selection.steps if step.frame]
