"""All doubts about a group of connections, one function for each."""

from collections.abc import Callable

from tracker.audit.doubts_names import new_peer, no_lookup
from tracker.audit.doubts_opening import (
    forbidden,
    from_outside,
    half_open,
    older,
    refused,
    unanswered,
    undeclared_port,
)
from tracker.audit.doubts_regular import regular
from tracker.audit.doubts_speech import odd_port, wrong_protocol
from tracker.audit.finding import Doubt
from tracker.audit.group import Circumstances, Group

#: In the order in which they are told: what weighs most first.
_DOUBTS: tuple[Callable[[Group, Circumstances], Doubt | None], ...] = (
    forbidden,
    wrong_protocol,
    odd_port,
    no_lookup,
    undeclared_port,
    from_outside,
    new_peer,
    regular,
    refused,
    unanswered,
    half_open,
    older,
)


def doubts(group: Group, circumstances: Circumstances) -> list[Doubt]:
    """Return what is doubtful about a group that nothing explains: one doubt at least."""
    found = [doubt for each in _DOUBTS if (doubt := each(group, circumstances)) is not None]
    return found or [_no_rule(group)]


def contradictions(group: Group, circumstances: Circumstances) -> list[Doubt]:
    """Return the doubts that contradict the rule that explains a group."""
    doubt = wrong_protocol(group, circumstances)
    return [] if doubt is None else [doubt]


def _no_rule(group: Group) -> Doubt:
    subject = group.subjects[0]
    who = "this host opened it" if subject.opened_by == "local" else "it was opened from outside"
    text = f"no rule of the policy allows it: {who}, to {subject.service or 'an unnamed service'}"
    return Doubt("no-rule", text, f"frame {subject.frame}" if subject.frame else "")
