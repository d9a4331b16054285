"""How connections came into their states: what `why` tells, collected from the steps."""

from collections.abc import Iterable

from tracker.lesson.sight import Sight
from tracker.lesson.steps import Change, Step
from tracker.typed import NamedTuple


class Happened(NamedTuple):
    """A change of a connection, with the connection as it was right after."""

    change: Change
    sight: Sight


class History:
    """A connection as it is at last, and what happened to it; `ended` when UDP's did, ns, or 0."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self.happened: list[Happened] = []
        self.ended = 0

    def of(self, side: int) -> list[Happened]:
        """Return what happened to the end at `side`."""
        return [each for each in self.happened if each.change.side == side]


def histories(steps: Iterable[Step]) -> list[History]:
    """Return the histories of the connections of `steps`, in the order of their numbers."""
    found: dict[int, History] = {}
    for step in steps:
        _note(step, found)
    return [found[number] for number in sorted(found)]


def _note(step: Step, found: dict[int, History]) -> None:
    """Note what a step did to its connections."""
    for sight in step.touched:
        found.setdefault(sight.number, History(sight)).sight = sight
    changes = [change for part in step.parts for change in part.changes]
    for change in (*changes, *step.changes):
        history = found[change.connection]
        history.happened.append(Happened(change, history.sight))
    for number in step.ended:
        found[number].ended = step.time
