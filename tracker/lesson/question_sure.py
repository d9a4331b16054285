"""What may be asked because its answer is certain: no other one could be defended by the RFC.

The engine also concludes what is likely: that an endpoint of which only the middle was seen is
open, that a repeated segment has arrived this time, that a kernel has given up.  It says so; a
question with one right answer is not made of that.
"""

from collections.abc import Iterable

from tracker.lesson.scene import Scene
from tracker.lesson.sight import Sight
from tracker.lesson.steps import Change, Part
from tracker.tcp_state import Event, State

#: What an endpoint does itself when it repeats something: that leaves no doubt about its state.
_REPEATED = {Event.SYN_ACK_LOST, Event.ACK_OF_SYN_LOST, Event.ACK_OF_FIN_LOST}


def is_sure(sight: Sight, side: int, scene: Scene) -> bool:
    """Return whether the state of an end of `sight` is proved, and nothing disproves it later."""
    end = sight.ends[side]
    if any((sight.number, side, frame) in scene.disproved for frame in (0, end.frame)):
        return False
    return bool(
        end.exists
        and end.state is not None
        and end.certainty != "assumed"
        and end.doubt is None
        and (end.event is None or end.event <= Event.RESET or end.event in _REPEATED)
    )


def was_seen(part: Part) -> bool:
    """Return whether the connection of `part` was seen from its beginning, or this is its first."""
    return part.before is None or all(end.certainty != "assumed" for end in part.before.ends)


def is_plain(changes: Iterable[Change], sight: Sight) -> bool:
    """Return whether all `changes` follow from a segment alone, by RFC 9293."""
    return all(_follows(change, sight) for change in changes)


def _follows(change: Change, sight: Sight) -> bool:
    if change.by_time or change.certainty == "assumed":
        return False
    if change.event == Event.RESET:
        return change.own or not _listens_again(change, sight)
    return change.event < Event.RESET or (change.own and change.event in _REPEATED)


def _listens_again(change: Change, sight: Sight) -> bool:
    """Return whether a server's half-open endpoint goes: its socket listens (section 3.10.7.4)."""
    return change.before == State.SYN_RECEIVED and change.side != sight.initiator
