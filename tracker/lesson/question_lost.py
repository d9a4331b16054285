"""Questions about segments that get lost: whoever sent one moves, and nobody gets it.

An endpoint changes its state when its user calls (RFC 9293 sections 3.10.1 and 3.10.4: OPEN and
CLOSE, which send SYN and FIN) and when a segment arrives (section 3.10.7).  So after a segment that
is lost, its sender is where the engine has it after the frame, and its receiver where it had it
before.  Asked is only what is certain then.
"""

from random import Random

from tracker.lesson import segments
from tracker.lesson.question_sure import is_sure, was_seen
from tracker.lesson.question_words import capital, end_of, said, told
from tracker.lesson.rules import saying, who
from tracker.lesson.scene import Question, Scene, Shot, choose
from tracker.lesson.segments import kind
from tracker.lesson.steps import Part
from tracker.tcp_state import Event, State

#: What happens next, by the kind of segment.
_NEXT = {
    segments.SYN_ONLY: "Nobody acknowledges it, so {sender} sends it again (section 3.8.1).",
    segments.SYN_ACK: "Nobody acknowledges it, so {sender} sends it again (section 3.8.1).",
    segments.FIN_FIRST: "Nobody acknowledges it, so {sender} sends it again (section 3.8.1).",
    segments.FIRST_ACK: "An ACK alone is not sent again by itself: {peer} still lacks it, and will "
    "repeat its SYN,ACK (section 3.8.1).",
    segments.ACKNOWLEDGMENT: "An ACK alone is not sent again by itself: {peer} still lacks it, and "
    "will repeat its FIN (section 3.8.1).",
    segments.RESET: "A RST is not sent again by itself: {peer} does not know that {sender} has no "
    "connection (a half-open connection, section 3.5.1).",
}

_OVER = State.CLOSED.name
_FEWEST_WRONG = 3

#: What an endpoint does itself by sending such a segment; all else it learns from the other one.
_SENT = {Event.SND_SYN, Event.SND_FIN, Event.RESET}


def lost(shot: Shot, scene: Scene, rng: Random) -> Question | None:
    """Ask for the states right after a segment got lost."""
    part = shot.part
    if part is None or not _is_certain(part, scene):
        return None
    if kind(part) == segments.SYN_ONLY and not _is_listening(shot, scene):
        return _lost_to_nobody(part, rng)
    return _lost_to_peer(part, rng)


def _is_certain(part: Part, scene: Scene) -> bool:
    """Return whether the states are certain that both ends have where `part` is lost."""
    what = kind(part)
    if what not in _NEXT or not part.changes:
        return False
    if what in (segments.SYN_ONLY, segments.SYN_ACK) and part.after.number in scene.crossed:
        return False  # who sent it may or may not have got the other SYN before
    mine = [change for change in part.changes if change.side == part.side]
    if not all(change.own and change.event in _SENT for change in mine):
        return False
    if what == segments.SYN_ONLY:
        return part.before is None
    if not was_seen(part):
        return False
    if what != segments.RESET and not is_sure(part.after, part.side, scene):
        return False
    return part.before is not None and is_sure(part.before, 1 - part.side, scene)


def _is_listening(shot: Shot, scene: Scene) -> bool:
    """Return whether a first SYN goes to an end in LISTEN: it does if it gets an answer."""
    server = scene.sights[shot.sight.number].ends[1 - shot.sight.initiator]
    return server.exists and not shot.is_reused()


def _lost_to_nobody(part: Part, rng: Random) -> Question | None:
    """Ask for the state of the sender only: nothing proves that anybody listens."""
    return choose(
        "lost",
        f"{_story(part)} What state is {who(part.after, part.side)} in right after that?",
        _state(part, part.side),
        [state.name for state in State if state not in (State.LISTEN, State.CLOSED)],
        _reason(part, []),
        part.frame,
        rng,
    )


def _lost_to_peer(part: Part, rng: Random) -> Question | None:
    """Ask for both states."""
    side, opener = part.side, part.after.initiator
    moved, left = _state(part, side), _before(part, side)
    got, kept = _state(part, 1 - side), _before(part, 1 - side)
    if got == kept:
        return None  # who should get it would not have changed anyway
    wrong = [(moved, got), (left, kept), (left, got), (moved, moved), (kept, kept)]
    wrong = [each for each in wrong if each != (moved, kept)]
    if len(set(wrong)) < _FEWEST_WRONG:
        wrong += [(moved, _OVER), (_OVER, kept)]  # both ends are in the same state
    return choose(
        "lost",
        f"{_story(part)} What are both states right after that?",
        _both(moved, kept, side == opener),
        [_both(*each, side == opener) for each in wrong],
        _reason(part, [f"For {who(part.after, 1 - side)}, nothing has happened: {kept}."]),
        part.frame,
        rng,
    )


def _story(part: Part) -> str:
    rest = "" if part.before is None else ", and all frames before it have arrived"
    return (
        f"Suppose that frame {part.frame}, {told(part)}, gets lost on its way to "
        f"{end_of(part.after, 1 - part.side)}{rest}."
    )


def _reason(part: Part, more: list[str]) -> str:
    """Say what sending did, what is left as it was, and what happens next."""
    sender, peer = who(part.after, part.side), who(part.after, 1 - part.side)
    did = [said(saying(change, part.after)) for change in part.changes if change.side == part.side]
    did = did or [_stays(part)]
    lost_on = f"A segment does something to {peer} only when it arrives (RFC 9293 section 3.10.7)."
    after = _NEXT[kind(part)].format(sender=sender, peer=peer)
    return " ".join([f"Frame {part.frame}:", *did, lost_on, *more, after])


def _stays(part: Part) -> str:
    """Say why sending `part` did not change the state of who sent it."""
    sender, state = capital(who(part.after, part.side)), _state(part, part.side)
    if kind(part) == segments.SYN_ACK:
        source = "RFC 9293 section 3.10.7.2"
        return f"{sender} is in {state} since it got the SYN, which this answers ({source})."
    return f"{sender} stays in {state}: sending an ACK changes no state."


def _state(part: Part, side: int) -> str:
    state = part.after.ends[side].state
    assert state is not None
    return state.name


def _before(part: Part, side: int) -> str:
    """Return the state of an end before a part; where this is the first, what it came from."""
    if part.before is not None:
        state = part.before.ends[side].state
        assert state is not None
        return state.name
    found = [change.before.name for change in part.changes if change.side == side]
    return found[0] if found else State.CLOSED.name


def _both(sender: str, receiver: str, opens: bool) -> str:
    """Return both states; `opens`: the sender is the client."""
    client, server = (sender, receiver) if opens else (receiver, sender)
    return f"client {client}, server {server}"
