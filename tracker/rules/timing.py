"""What happens without a segment: doubts end, timers run out (rules 4, 5 and 11)."""

from tracker.connection import Connection
from tracker.endpoint import Endpoint, Profile
from tracker.sequence import add
from tracker.wire.segment import Segment
from tracker.words import (
    CLOSED,
    END_DISPROVED,
    FIN_WAIT_2,
    INFERRED,
    NOTHING,
    OBSERVED,
    RCV_FIN,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
    TIMEOUT,
    UNREACHABLE,
)


def settle(connection: Connection, now: int, profile: Profile) -> None:
    """Let happen what happens by itself until `now` (ns): doubts end, timers run out."""
    if connection.a.pending != NOTHING:
        _settle_doubt(connection, connection.a, connection.b, now)
    if connection.b.pending != NOTHING:
        _settle_doubt(connection, connection.b, connection.a, now)
    if now >= _soonest(connection.a, profile):
        _settle_timer(connection, connection.a, now, profile)
    if now >= _soonest(connection.b, profile):
        _settle_timer(connection, connection.b, now, profile)


def _soonest(endpoint: Endpoint, profile: Profile) -> int:
    """Return a time (ns) before which no timer of `endpoint` runs out, whatever its state.

    Most segments come before it, and to know that costs less than to ask for the timer.
    """
    return min(endpoint.since, endpoint.asked_at) + profile.soonest


def _settle_doubt(connection: Connection, endpoint: Endpoint, peer: Endpoint, now: int) -> None:
    """End a doubt: who still lacked the ACK would have asked again by now."""
    deadline = _next_due(endpoint.asked_at, endpoint.gap, 0)
    if now >= deadline:
        event = endpoint.pending
        endpoint.pending = NOTHING
        connection.step(endpoint, event, endpoint.evidence_frame, deadline, OBSERVED)
        if peer.has_fin and endpoint.rcv_nxt == add(peer.fin, 1) and not endpoint.doubts_fin:
            connection.step(endpoint, RCV_FIN, endpoint.evidence_frame, deadline, OBSERVED)


def _next_due(asked_at: int, gap: int, floor: int) -> int:
    """Return by when a SYN or FIN that lacks its ACK is repeated, ns.

    Repetitions back off by doubling (RFC 6298 section 5.5); an eighth more is slack, for the timers
    of Linux may be as coarse as that (kernel/time/timer.c).  `floor` is the shortest gap that may
    be meant.
    """
    return asked_at + max(gap * 9 // 4, floor * 5 // 4)


def _settle_timer(connection: Connection, endpoint: Endpoint, now: int, profile: Profile) -> None:
    """Rule 11: a kernel gives up a state after its time, which no segment tells."""
    timer = profile.timer(endpoint.state)
    if endpoint.state == SYN_RECEIVED and connection.simultaneous:
        timer = profile.syn_sent  # it goes on to repeat its SYN (Linux, tcp_write_timeout())
    elif endpoint.state == FIN_WAIT_2 and endpoint.reads:
        timer = 0  # only an orphan has the timer, and an orphan acknowledges no data
    if timer and endpoint.exists:
        _give_up(connection, endpoint, now, timer, profile)


def _give_up(
    connection: Connection, endpoint: Endpoint, now: int, timer: int, profile: Profile
) -> None:
    """End the state of `endpoint`, which has a `timer` of so many ns, if that has run out."""
    deadline = end_of_state(
        endpoint.state,
        endpoint.since,
        timer,
        endpoint.asked_at,
        endpoint.gap,
        profile.initial_rto,
    )
    if now >= deadline:
        connection.step(endpoint, TIMEOUT, endpoint.evidence_frame, deadline, INFERRED)


def end_of_state(
    state: int, since: int, timer: int, asked_at: int, gap: int, initial_rto: int
) -> int:
    """Return when an endpoint leaves its state, in which it is `since` then, by a timer; all ns.

    `asked_at` and `gap` as in `Endpoint`, `initial_rto` as in `Profile`.
    """
    deadline = since + timer
    if state == SYN_SENT or state == SYN_RECEIVED:
        # Who is still asking is heard when it is due, and not given up before.
        return min(max(deadline, asked_at), _next_due(asked_at, gap, initial_rto))
    if state == TIME_WAIT or state == FIN_WAIT_2:
        return deadline
    # When the next FIN is due, it is given up instead if nearly the time of the timer is over
    # (Linux, tcp_orphan_retries: 8 times in a row, with the shortest gaps, are 102 s).
    due = asked_at + gap * 201 // 100
    return due if due >= deadline - timer // 18 else deadline


def revive(connection: Connection, endpoint: Endpoint, segment: Segment) -> None:
    """Take back a timeout or an ICMP error: who is heard again had not given up."""
    if endpoint.state == CLOSED and (
        endpoint.evidence_event == TIMEOUT or endpoint.evidence_event == UNREACHABLE
    ):
        connection.step(endpoint, END_DISPROVED, segment.frame, segment.time, OBSERVED)
