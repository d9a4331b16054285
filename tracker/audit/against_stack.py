"""Whose TCP it is, the kernel's or a program's of its own: what the SYNs offered."""

from collections.abc import Callable, Iterable

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.host import Pair
from tracker.report.text import address
from tracker.wire.segment import CUT_OFF, TCP
from tracker.words import LETTER_SYN, LETTER_SYN_ACK

_NO_OPTION = -1


def offers(connections: Callable[[], Iterable[Connection]]) -> Callable[[], dict[Pair, bool]]:
    """Return what tells, when it is called, whether each side's SYN offered window scaling.

    It goes through the connections that `connections` gives, once.  A side whose SYN was not seen
    whole is left out; so is a SYN,ACK that could not offer it, because the SYN did not (RFC 7323
    section 2.2).
    """
    return lambda: dict(_each(connections()))


def _each(connections: Iterable[Connection]) -> Iterable[tuple[Pair, bool]]:
    """Yield the pair of each side, from its own view, with what its SYN offered."""
    for each in connections:
        if each.protocol != TCP or each.is_over():
            continue
        a = address(each.version, each.a_high, each.a_low), each.a_port
        b = address(each.version, each.b_high, each.b_low), each.b_port
        for near, far, mine, theirs in ((a, b, each.a, each.b), (b, a, each.b, each.a)):
            if _is_free(mine, theirs):
                yield ("tcp", *near, *far), mine.window_scale > _NO_OPTION


def _is_free(mine: Endpoint, theirs: Endpoint) -> bool:
    """Return whether a side's SYN was seen whole, and might have offered anything."""
    if mine.window_scale == CUT_OFF:
        return False
    if mine.letters & LETTER_SYN:
        return True
    answered = mine.letters & LETTER_SYN_ACK and theirs.letters & LETTER_SYN
    return bool(answered) and theirs.window_scale > _NO_OPTION
