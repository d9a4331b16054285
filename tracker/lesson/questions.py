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


def questions(steps: Iterable[Step], seed: int, count: int) -> list[Question]:
    """Return up to `count` questions about `steps`; the same ones for the same `seed`.

    Fewer where the capture has no more to ask about, none where it has no connection.
    """
    rng = Random(seed)  # noqa: S311 - nothing secret depends on it
    scene = look(steps, _MOST_SHOTS, rng)
    waiting = [_made(maker, scene, rng) for maker in MAKERS]
    found: list[Question] = []
    texts: set[str] = set()
    while waiting and len(found) < count:
        for made in list(waiting):
            question = next((each for each in made if each.text not in texts), None)
            if question is None:
                waiting.remove(made)
            elif len(found) < count:
                found.append(question)
                texts.add(question.text)
    rng.shuffle(found)
    return found


def _made(maker: Maker, scene: Scene, rng: Random) -> Iterator[Question]:
    """Yield the questions that one maker makes of the scene, in an order of chance."""
    shots = list(scene.shots)
    rng.shuffle(shots)
    return (made for shot in shots if (made := maker(shot, scene, rng)) is not None)
