"""FIN, and what later segments prove of it (rules 0, 5 and 6)."""

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.rules.space import asks_again
from tracker.rules.times import MIN_RTO_NS
from tracker.rules.timing import revive
from tracker.sequence import add, before
from tracker.wire.segment import FIN, Segment
from tracker.words import (
    ACK_OF_FIN_LOST,
    CLOSED,
    FIN_LOST,
    FIN_WAIT_2,
    NOTE_OUT_OF_WINDOW,
    OBSERVED,
    RCV_ACK_OF_FIN,
    RCV_FIN,
    SND_FIN,
    SND_FIN_CROSSING,
    TIME_WAIT,
)


def fin_seen(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Take a FIN: the first, a repeated one, or one outside the window."""
    fin = add(segment.sequence, segment.payload)
    if sender.has_fin and fin == sender.fin:
        _fin_again(connection, sender, receiver, segment)
    elif sender.has_fin and receiver.rcv_nxt == add(sender.fin, 1):
        pass  # the other one has taken effect
    elif receiver.has_rcv and before(fin, receiver.rcv_nxt):
        connection.notes |= NOTE_OUT_OF_WINDOW
    else:
        _first_fin(connection, sender, receiver, segment, fin)


def _first_fin(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment, fin: int
) -> None:
    """Take the FIN, whose number is `fin`."""
    frame, time = segment.frame, segment.time
    sender.fin = fin
    sender.has_fin = True
    sender.snd_nxt = add(fin, 1)
    sender.asked_at = time
    sender.gap = 0
    crossing = receiver.has_fin and segment.acknowledgment != add(receiver.fin, 1)
    connection.step(sender, SND_FIN_CROSSING if crossing else SND_FIN, frame, time, OBSERVED)


def _fin_again(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    frame, time = segment.frame, segment.time
    asks_again(sender, time)
    revive(connection, sender, segment)
    past_fin = add(sender.fin, 1)
    if not (receiver.has_ack and receiver.ack_sent == past_fin):
        # Rule 0: one who had got the FIN would have acknowledged it by now.  A copy that a
        # mirror port or the network made (rule 9) comes sooner than that.
        if sender.gap > MIN_RTO_NS // 2:
            _lose_fin(connection, receiver, sender, segment)
    elif sender.state == CLOSED and sender.evidence_event != RCV_ACK_OF_FIN:
        pass
    elif sender.state == FIN_WAIT_2 or sender.state == TIME_WAIT or sender.state == CLOSED:
        # Rule 5: the ACK was seen to pass, but its receiver asks for it again.
        connection.step(sender, ACK_OF_FIN_LOST, frame, time, OBSERVED)
        sender.pending = RCV_ACK_OF_FIN


def take_fin(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Rule 6: a FIN takes effect at the receiver once everything before it has arrived."""
    if sender.has_fin and not receiver.doubts_fin and receiver.rcv_nxt == sender.fin:
        receiver.rcv_nxt = add(sender.fin, 1)
        connection.step(receiver, RCV_FIN, segment.frame, segment.time, OBSERVED)


def proves_fin(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """The sender has its peer's FIN if it acknowledges it, and not if it goes on below."""
    frame, time = segment.frame, segment.time
    past_fin = add(receiver.fin, 1)
    if segment.acknowledgment == past_fin:
        sender.rcv_nxt = past_fin
        connection.step(sender, RCV_FIN, frame, time, OBSERVED)
    elif before(segment.acknowledgment, past_fin) and not (
        sender.has_ack and sender.ack_sent == past_fin
    ):
        # A FIN of its own that crosses the other on the way is no sign yet.
        if not segment.flags & FIN or sender.has_fin:
            _lose_fin(connection, sender, receiver, segment)


def _lose_fin(connection: Connection, endpoint: Endpoint, peer: Endpoint, segment: Segment) -> None:
    """Rule 0: the peer's FIN has not arrived; from here on only an ACK proves that it did."""
    endpoint.doubts_fin = True
    if endpoint.rcv_nxt == add(peer.fin, 1):
        endpoint.rcv_nxt = peer.fin
    connection.step(endpoint, FIN_LOST, segment.frame, segment.time, OBSERVED)
