"""What of a capture may be asked about: some of its frames, each with what was known then."""

from collections.abc import Iterable, Mapping
from random import Random

from tracker.lesson.sight import Sight, Socket
from tracker.lesson.steps import Change, Part, Step
from tracker.typed import NamedTuple

#: Of so many connections it is remembered how they are.
MOST_CONNECTIONS = 500

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

    part      None where no frame did it, but time
    first     the first part of the frame: where there are several, the frame is a tunnel's
    change    what time changed, None where a frame did it
    sights    the connections after it, by number
    """

    frame: int
    part: Part | None
    first: Part | None
    change: Change | None
    sights: Mapping[int, Sight]

    @property
    def sight(self) -> Sight:
        """The connection that it is about, after it."""
        if self.part is not None:
            return self.part.after
        assert self.change is not None
        return self.sights[self.change.connection]


class Scene(NamedTuple):
    """What was seen of a capture.

    shots     some of its frames, of which each was as likely as the others
    sights    its connections as they are at the end, the first ones by number
    total     how many connections there were
    frames    the frames of each of these connections, the first ones
    """

    shots: list[Shot]
    sights: dict[int, Sight]
    total: int
    frames: dict[int, list[int]]


def look(steps: Iterable[Step], most: int, rng: Random) -> Scene:
    """Look at all `steps`, and keep at most so many shots (reservoir sampling, algorithm R)."""
    scene = Scene([], {}, 0, {})
    seen = count = 0
    for step in steps:
        for sight in step.touched:
            count = max(count, sight.number)
            if sight.number <= MOST_CONNECTIONS:
                scene.sights[sight.number] = sight
        for shot in _shots(step, scene):
            seen += 1
            place = len(scene.shots) if len(scene.shots) < most else rng.randrange(seen)
            if place < most:
                kept = shot._replace(sights=dict(scene.sights))
                scene.shots[place : place + 1] = [kept]
    return scene._replace(total=count)


def _shots(step: Step, scene: Scene) -> Iterable[Shot]:
    """Yield what may be asked about a step."""
    for part in step.parts:
        number = part.after.number
        if number <= MOST_CONNECTIONS and part.frame == step.frame:
            frames = scene.frames.setdefault(number, [])
            if len(frames) < MOST_CONNECTIONS:
                frames.append(step.frame)
            yield Shot(step.frame, part, step.parts[0], None, scene.sights)
    for change in step.changes:
        if not step.frame and change.by_time and change.connection in scene.sights:
            yield Shot(0, None, None, change, scene.sights)


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
