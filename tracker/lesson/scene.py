"""What of a capture may be asked about: some of its frames, each with what was known then."""

from collections.abc import Iterable, Iterator, Mapping
from random import Random

from tracker.lesson.history import Happened
from tracker.lesson.sight import Sight, Socket
from tracker.lesson.steps import Change, Part, Step
from tracker.tcp_state import Event, State
from tracker.typed import NamedTuple
from tracker.wire.segment import ACK, SYN

#: Of so many connections it is remembered how they are; of each, so many frames.
MOST_CONNECTIONS = 500

# So many moves that a later segment disproves are remembered; of further ends all are doubted.
_MOST_DISPROVED = 10_000

_CHOICES = 4


class Question(NamedTuple):
    """A question, with choices of which exactly one is right.

    kind      what it is about, as "state" or "socket pair"
    answer    the place of the right one among `choices`
    reason    why, with the frame and the rule
    frame     the frame that it is about, 0 for none
    """

    kind: str
    text: str
    choices: list[str]
    answer: int
    reason: str
    frame: int


class Shot(NamedTuple):
    """One part of one frame, or one change that time made, with all connections as they were then.

    frame     the last one of its connection so far
    part      None where no frame did it, but time
    alone     whether the frame has no other part: a tunnel's has one for each socket pair in it
    change    what time changed, None where a frame did it
    sights    the connections after it, by number
    causes    for both ends of its connection the last change, None where there was none
    """

    frame: int
    part: Part | None
    alone: bool
    change: Change | None
    sights: Mapping[int, Sight]
    causes: tuple[Happened | None, Happened | None]

    @property
    def sight(self) -> Sight:
        """The connection that it is about, after it."""
        if self.part is not None:
            return self.part.after
        assert self.change is not None
        return self.sights[self.change.connection]

    def is_reused(self) -> bool:
        """Return whether the same sockets had a connection before, which may have left a row."""
        return _has_another(self.sight, self.sights)


def _has_another(sight: Sight, sights: Mapping[int, Sight]) -> bool:
    return any(
        other.sockets == sight.sockets and other.number != sight.number for other in sights.values()
    )


class Scene(NamedTuple):
    """What was seen of a capture.

    shots     some of its frames, of which each was as likely as the others
    sights    its connections as they are at the end, the first ones by number
    total     how many connections there were, 0 where not all of them were looked at
    frames    the frames of each of these connections, the first ones
    moves     by connection, side and state: the frames that moved the end there, the first two
    disproved    by connection, side and frame: moves that a later segment disproves;
              frame 0: all of this end
    crossed   connections that both ends opened at the same time (RFC 9293 figure 7)
    """

    shots: list[Shot]
    sights: Mapping[int, Sight]
    total: int
    frames: Mapping[int, list[int]]
    moves: Mapping[tuple[int, int, State], list[int]]
    disproved: frozenset[tuple[int, int, int]]
    crossed: frozenset[int]

    def is_reused(self, sight: Sight) -> bool:
        """Return whether the same sockets have another connection, before or later."""
        return _has_another(sight, self.sights)


def look(steps: Iterable[Step], most: int, rng: Random, whole: bool) -> Scene:
    """Look at all `steps`, and keep at most so many shots (reservoir sampling, algorithm R).

    whole    whether these are the steps of all connections of the capture
    """
    looker = _Looker()
    shots: list[Shot] = []
    seen = 0
    for step in steps:
        for shot in looker.shots(step):
            seen += 1
            place = len(shots) if len(shots) < most else rng.randrange(seen)
            if place < most:
                shots[place : place + 1] = [shot._replace(sights=dict(looker.sights))]
    return looker.scene(shots, whole)


class _Looker:
    """Remembers of the steps what questions need; no more than of MOST_CONNECTIONS."""

    def __init__(self) -> None:
        self.sights: dict[int, Sight] = {}
        self._count = 0
        self._last: dict[int, int] = {}
        self._frames: dict[int, list[int]] = {}
        self._moves: dict[tuple[int, int, State], list[int]] = {}
        self._causes: dict[tuple[int, int], Happened] = {}
        self._disproved: set[tuple[int, int, int]] = set()
        self._opened: set[tuple[int, int]] = set()

    def shots(self, step: Step) -> Iterator[Shot]:
        """Remember a step, and yield what may be asked about it."""
        for sight in step.touched:
            self._count = max(self._count, sight.number)
            if sight.number <= MOST_CONNECTIONS:
                self.sights[sight.number] = sight
        for part in step.parts:
            if part.after.number <= MOST_CONNECTIONS:
                yield from self._of_part(part, step)
        for change in step.changes:
            if change.connection in self.sights:
                self._note(change, self.sights[change.connection], None)
                last = self._last.get(change.connection)
                if change.by_time and last is not None and not step.frame:
                    yield Shot(last, None, True, change, self.sights, (None, None))

    def _of_part(self, part: Part, step: Step) -> Iterator[Shot]:
        sight = part.after
        self._last[sight.number] = step.frame
        for change in part.changes:
            self._note(change, sight, part.before)
        if part.kind == "segment" and part.flags & (SYN | ACK) == SYN:
            self._opened.add((sight.number, part.side))
        if part.frame != step.frame:
            return  # put together from fragments: no one frame did it
        frames = self._frames.setdefault(sight.number, [])
        if len(frames) < MOST_CONNECTIONS:
            frames.append(step.frame)
        causes = self._causes.get((sight.number, 0)), self._causes.get((sight.number, 1))
        yield Shot(step.frame, part, len(step.parts) == 1, None, self.sights, causes)

    def _note(self, change: Change, sight: Sight, before: Sight | None) -> None:
        if before is not None:
            self._note_disproved(change, before)
        self._causes[change.connection, change.side] = Happened(change, sight)
        if not change.by_time:
            frames = self._moves.setdefault((change.connection, change.side, change.after), [])
            if len(frames) < 2:
                frames.append(change.frame)

    def _note_disproved(self, change: Change, before: Sight) -> None:
        """Note which frame did not do after all what it seemed to: it, or what proved it later."""
        end = change.connection, change.side
        if change.event < Event.PICKED_UP or end not in self._causes:
            return
        full = len(self._disproved) >= _MOST_DISPROVED
        frames = {self._causes[end].change.frame, before.ends[change.side].frame}
        self._disproved |= {(*end, 0 if full else frame) for frame in frames}

    def scene(self, shots: list[Shot], whole: bool) -> Scene:
        """Return what was seen, with the shots that were kept."""
        crossed = {number for number, side in self._opened if (number, 1 - side) in self._opened}
        total = self._count if whole else 0
        return Scene(
            shots,
            self.sights,
            total,
            self._frames,
            self._moves,
            frozenset(self._disproved),
            frozenset(crossed),
        )


def choose(
    kind: str, text: str, right: str, wrong: Iterable[str], reason: str, frame: int, rng: Random
) -> Question | None:
    """Return a question with up to three of the `wrong` choices, None where there is none."""
    others = [choice for choice in dict.fromkeys(wrong) if choice != right]
    if not others:
        return None
    choices = [right, *rng.sample(others, min(len(others), _CHOICES - 1))]
    rng.shuffle(choices)
    return Question(kind, text, choices, choices.index(right), reason, frame)


def pair(first: Socket, second: Socket) -> str:
    """Return a socket pair as text."""
    return f"{first}, {second}"
