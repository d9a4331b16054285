"""Segments with ACK and without SYN and RST: acceptability, acknowledgment, data, FIN."""

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.rules.closing import fin_seen, proves_fin, take_fin
from tracker.rules.opening import pick_up, proves_answer, proves_established
from tracker.rules.reset import outlives_reset
from tracker.rules.space import move
from tracker.rules.timing import revive
from tracker.sequence import add, after, before, distance
from tracker.wire.segment import FIN, Segment
from tracker.words import (
    CLOSED,
    LETTER_GAP,
    LISTEN,
    NOTE_ACK_OF_UNSENT,
    NOTE_OUT_OF_WINDOW,
    NOTHING,
    OBSERVED,
    RCV_ACK_OF_FIN,
    RCV_ACK_OF_SYN,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
    TIMEOUT,
)


def exchange_seen(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Take a segment with ACK and without SYN and RST: acknowledgment, data, FIN."""
    if connection.fresh:
        pick_up(connection, sender, receiver, segment)
    if connection.reset_seen and not outlives_reset(connection, sender, segment):
        pass
    elif receiver.has_edge and after(segment.sequence, receiver.edge):
        connection.notes |= NOTE_OUT_OF_WINDOW
    elif _is_bad_ack(sender, receiver, segment):
        connection.notes |= NOTE_ACK_OF_UNSENT
    else:
        _exchange(connection, sender, receiver, segment)


def _exchange(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Take such a segment that is acceptable."""
    sender.exists = True
    if sender.state == CLOSED:
        revive(connection, sender, segment)
    _correct(sender, receiver, segment)
    _prove(connection, sender, receiver, segment)
    if receiver.state == TIME_WAIT:
        receiver.since = segment.time  # RFC 9293 section 3.10.7.4: restart the 2 MSL timer
    if not _is_old(connection, receiver, segment):
        _acknowledge(connection, receiver, segment)
        move(sender, receiver, segment)
    if segment.flags & FIN:
        fin_seen(connection, sender, receiver, segment)
    if sender.has_fin:
        take_fin(connection, sender, receiver, segment)


def _is_old(connection: Connection, receiver: Endpoint, segment: Segment) -> bool:
    """Return whether the receiver has all of the segment and drops it.

    It is lenient by what it has not acknowledged yet, but not in SYN_RECEIVED (Linux
    tcp_sequence and tcp_check_req).
    """
    end = add(segment.sequence, segment.payload + (segment.flags & FIN))
    if receiver.state == SYN_RECEIVED and receiver.has_rcv and not connection.simultaneous:
        return segment.sequence != receiver.rcv_nxt and not after(end, receiver.rcv_nxt)
    return receiver.has_ack and before(end, receiver.ack_sent)


def _is_bad_ack(sender: Endpoint, receiver: Endpoint, segment: Segment) -> bool:
    """Return whether the acknowledgment makes its receiver drop the whole segment.

    That is one of more than can have been sent, one older than a window (RFC 5961 section
    5.2), and in SYN_RECEIVED any but of the SYN (RFC 9293 section 3.10.7.4, fifth).
    """
    number = segment.acknowledgment
    unsent = receiver.has_snd and after(number, receiver.snd_nxt)
    if receiver.state == SYN_RECEIVED and receiver.has_iss:
        return unsent or not after(number, receiver.iss)
    if not sender.has_edge:
        return False
    if unsent:
        return after(number, sender.edge)
    return before(number, sender.ack_sent) and (
        distance(number, sender.ack_sent) > distance(sender.ack_sent, sender.edge)
    )


def _correct(sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
    """Take back what the receiver claimed to have got: the sender sends it only now.

    An acknowledgment of more than was seen may mean that the capture lost something.  But
    where the sender goes on just where it was, nothing was lost and the number was wrong.
    """
    here = segment.sequence
    if here != sender.snd_nxt or not sender.has_snd or sender.has_fin:
        return
    if segment.payload or segment.flags & FIN:
        if receiver.has_rcv and after(receiver.rcv_nxt, here):
            receiver.rcv_nxt = here
        if receiver.has_ack and after(receiver.ack_sent, here):
            receiver.ack_sent = here


def _prove(connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
    """Draw what the segment proves about its own sender (rule 0)."""
    if sender.state == SYN_SENT:
        proves_answer(connection, sender, receiver, segment)
    elif sender.state == LISTEN or sender.state == SYN_RECEIVED:
        proves_established(connection, sender, receiver, segment)
    if receiver.has_fin:
        proves_fin(connection, sender, receiver, segment)
    if (
        sender.has_fin
        and sender.has_ack
        and after(segment.acknowledgment, sender.ack_sent)
        and not (receiver.has_fin and segment.acknowledgment == add(receiver.fin, 1))
    ):
        sender.reads = True


def _acknowledge(connection: Connection, receiver: Endpoint, segment: Segment) -> None:
    """Let the acknowledgment arrive at the receiver."""
    if receiver.packets and after(segment.acknowledgment, receiver.snd_nxt):
        # Sent, and not captured.
        connection.note_letter(receiver, 0 if receiver is connection.a else 1, LETTER_GAP)
    if receiver.evidence_event == TIMEOUT and receiver.before_end == SYN_RECEIVED:
        revive(connection, receiver, segment)  # a SYN cookie (RFC 4987 section 3.6) needs no state
    if receiver.pending == NOTHING:  # else: rules 4 and 5, it asked again; see `settle`
        _arrives(connection, receiver, segment)


def _arrives(connection: Connection, receiver: Endpoint, segment: Segment) -> None:
    """Let the receiver learn that its SYN or FIN has arrived."""
    frame, time = segment.frame, segment.time
    number = segment.acknowledgment
    if receiver.state == SYN_RECEIVED and receiver.has_iss and after(number, receiver.iss):
        connection.step(receiver, RCV_ACK_OF_SYN, frame, time, OBSERVED)
    if receiver.has_fin and number == add(receiver.fin, 1):
        connection.step(receiver, RCV_ACK_OF_FIN, frame, time, OBSERVED)
