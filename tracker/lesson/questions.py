"""Questions about a capture, with answers from the engine and the reasons for them.

Each answer is what the steps say: states after a frame, sockets, rows of netstat.  Wrong choices
are of the same kind as the right one: other sockets, frames and states, of the same capture where
it has some.
"""

from collections.abc import Callable, Iterable, Iterator
from random import Random

from tracker.lesson.question_makers import MAKERS
from tracker.lesson.scene import Question, Scene, Shot, look
from tracker.lesson.steps import Step

__all__ = ["Question", "questions"]

#: How many scenes of a capture are kept to ask about: each frame is as likely as the others.
_MOST_SHOTS = 400

Maker = Callable[[Shot, Scene, Random], Question | None]


def questions(steps: Iterable[Step], seed: int, count: int, whole: bool = False) -> list[Question]:
    """Return up to `count` questions about `steps`; the same ones for the same `seed`.

    The kinds take turns, and none has the same right answer twice.  Fewer where the capture has no
    more to ask about, none where it has no connection.

    whole    whether these are the steps of all connections of a capture: then they are counted, too
    """
    rng = Random(seed)  # noqa: S311 - nothing secret depends on it
    scene = look(steps, _MOST_SHOTS, rng, whole)
    waiting = [_made(maker, scene, rng) for maker in MAKERS]
    found: list[Question] = []
    known: set[tuple[str, str]] = set()
    while waiting and len(found) < count:
        for made in list(waiting):
            question = next((each for each in made if _key(each) not in known), None)
            if question is None:
                waiting.remove(made)
            elif len(found) < count:
                found.append(question)
                known.add(_key(question))
    rng.shuffle(found)
    return found


def _made(maker: Maker, scene: Scene, rng: Random) -> Iterator[Question]:
    """Yield the questions that one maker makes of the scene, in an order of chance."""
    shots = list(scene.shots)
    rng.shuffle(shots)
    return (made for shot in shots if (made := maker(shot, scene, rng)) is not None)


def _key(question: Question) -> tuple[str, str]:
    """Return what two questions have in common that are too much alike to ask both."""
    return question.kind, question.choices[question.answer]
