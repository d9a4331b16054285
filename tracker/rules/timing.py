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
    _settle_doubt(connection, connection.a, connection.b, now)
    _settle_doubt(connection, connection.b, connection.a, now)
    _settle_timer(connection, connection.a, now, profile)
    _settle_timer(connection, connection.b, now, profile)


def _settle_doubt(connection: Connection, endpoint: Endpoint, peer: Endpoint, now: int) -> None:
    """End a doubt: who still lacked the ACK would have asked again by now."""
    if endpoint.pending == NOTHING:
        return
    deadline = _next_due(endpoint, 0)
    if now < deadline:
        return
    event = endpoint.pending
    endpoint.pending = NOTHING
    connection.step(endpoint, event, endpoint.evidence_frame, deadline, OBSERVED)
    if peer.has_fin and endpoint.rcv_nxt == add(peer.fin, 1) and not endpoint.doubts_fin:
        connection.step(endpoint, RCV_FIN, endpoint.evidence_frame, deadline, OBSERVED)


def _next_due(endpoint: Endpoint, floor: int) -> int:
    """Return by when a SYN or FIN that lacks its ACK is repeated, ns.

    Repetitions back off by doubling (RFC 6298 section 5.5); a tenth more is slack for coarse
    timers.  `floor` is the shortest gap that may be meant.
    """
    return endpoint.asked_at + max(endpoint.gap * 21 // 10, floor * 5 // 4)


def _settle_timer(connection: Connection, endpoint: Endpoint, now: int, profile: Profile) -> None:
    """Rule 11: a kernel gives up a state after its time, which no segment tells."""
    timer = profile.timer(endpoint.state)
    if not timer or not endpoint.exists:
        return
    deadline = endpoint.since + timer
    if endpoint.state == FIN_WAIT_2:
        if endpoint.reads:
            return  # only an orphan has the timer, and an orphan acknowledges no data
    elif endpoint.state == SYN_SENT or endpoint.state == SYN_RECEIVED:
        # Who is still asking is heard when it is due, and not given up before.
        due = _next_due(endpoint, profile.initial_rto)
        deadline = min(max(deadline, endpoint.asked_at), due)
    elif endpoint.state != TIME_WAIT:
        deadline = max(deadline, _next_due(endpoint, 0))
    if now >= deadline:
        connection.step(endpoint, TIMEOUT, endpoint.evidence_frame, deadline, INFERRED)


def revive(connection: Connection, endpoint: Endpoint, segment: Segment) -> None:
    """Take back a timeout or an ICMP error: who is heard again had not given up."""
    if endpoint.state == CLOSED and (
        endpoint.evidence_event == TIMEOUT or endpoint.evidence_event == UNREACHABLE
    ):
        connection.step(endpoint, END_DISPROVED, segment.frame, segment.time, OBSERVED)
