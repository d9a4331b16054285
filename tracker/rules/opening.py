"""SYN and SYN,ACK, and what later segments prove of them (rules 0, 3, 4, 7, 8 and 9)."""

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.rules.space import asks_again, has_sent_more, offers, proved_syn, sends_syn
from tracker.rules.times import ANSWER_NS
from tracker.rules.timing import revive
from tracker.sequence import add, after, before, distance
from tracker.wire.segment import CUT_OFF, FIN, Segment
from tracker.words import (
    ACK_OF_SYN_LOST,
    ASSUMED,
    BY_SYN,
    BY_SYN_ACK,
    CLOSE_WAIT,
    ESTABLISHED,
    INFERRED,
    LISTEN,
    NOTE_CHALLENGE,
    NOTE_OLD_SYN,
    NOTHING,
    OBSERVED,
    PICKED_UP,
    RCV_ACK_OF_SYN,
    RCV_SYN,
    SND_SYN,
    SYN_ACK_LOST,
    SYN_RECEIVED,
    SYN_SENT,
)


def syn_seen(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Take a SYN without ACK: the first, a repeated one, a newer attempt, or a stray one."""
    frame, time = segment.frame, segment.time
    if connection.fresh:
        _open(connection, sender, receiver, segment)
    elif sender.has_iss and segment.sequence == sender.iss:
        _syn_again(connection, sender, receiver, segment)
    elif sender.state == SYN_SENT or (
        sender.state == ESTABLISHED and sender.has_iss and not proved_syn(sender, receiver)
    ):
        _newer_attempt(connection, sender, receiver, segment)
    elif not sender.has_iss and receiver.state == SYN_SENT:
        # Simultaneous open (RFC 9293 figure 7).
        connection.simultaneous = True
        sends_syn(sender, receiver, segment)
        connection.step(sender, SND_SYN, frame, time, OBSERVED)
        sender.evidence_frame = frame
        connection.step(receiver, RCV_SYN, frame, time, OBSERVED)
    else:
        # Rule 2: whoever is synchronized answers with a challenge ACK (RFC 5961 section 4).
        connection.notes |= NOTE_CHALLENGE
        connection.attempted = True
        connection.attempt_side = 0 if sender is connection.a else 1
        connection.attempt_sequence = segment.sequence
        connection.attempt_frame = frame
        connection.attempt_time = time


def _open(connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
    connection.fresh = False
    connection.initiator = 0 if sender is connection.a else 1
    connection.basis = BY_SYN
    receiver.state = LISTEN
    sends_syn(sender, receiver, segment)
    connection.step(sender, SND_SYN, segment.frame, segment.time, OBSERVED)
    connection.step(receiver, RCV_SYN, segment.frame, segment.time, INFERRED)


def _syn_again(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Rule 3: a repeated SYN is the same attempt; it has not got the SYN,ACK (rule 0)."""
    asks_again(sender, segment.time)
    if receiver.state == SYN_RECEIVED and receiver.answered and not connection.simultaneous:
        # It answers at once, and then waits as long as it did before (Linux, tcp_check_req()).
        receiver.since += max(segment.time - receiver.asked_at, 0)
        receiver.asked_at = segment.time
    revive(connection, sender, segment)
    if sender.state == ESTABLISHED and not proved_syn(sender, receiver):
        connection.step(sender, SYN_ACK_LOST, segment.frame, segment.time, OBSERVED)


def _newer_attempt(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Rule 3: while opening, the newest SYN that gets answered is the one.

    Initial sequence numbers of one socket pair grow with time (RFC 6528), so a lower one is
    an old duplicate (RFC 9293 figure 8); if it was not, the sender's next ACK tells.
    """
    if before(segment.sequence, sender.iss):
        connection.notes |= NOTE_OLD_SYN
    else:
        connection.step(sender, SYN_ACK_LOST, segment.frame, segment.time, OBSERVED)
        sends_syn(sender, receiver, segment)
        sender.since = segment.time
        sender.evidence_frame = segment.frame


def syn_ack_seen(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Take a SYN,ACK: an answer, a repeated one, or a stray one."""
    again = sender.has_iss and segment.sequence == sender.iss
    if connection.fresh:
        _open_by_syn_ack(connection, sender, receiver, segment)
        _answers(connection, sender, receiver, segment)
    elif again and sender.answered:
        _syn_ack_again(connection, sender, receiver, segment)
    elif again and connection.simultaneous:
        # It sent its SYN before, and answers the other one now.
        _answers(connection, sender, receiver, segment)
    elif _may_answer(sender, receiver):
        connection.step(sender, ACK_OF_SYN_LOST, segment.frame, segment.time, OBSERVED)
        sends_syn(sender, receiver, segment)
        sender.since = segment.time  # another number: it had given up, and waits anew
        _answers(connection, sender, receiver, segment)
    else:
        connection.notes |= NOTE_CHALLENGE


def _may_answer(sender: Endpoint, receiver: Endpoint) -> bool:
    """Return whether a SYN,ACK of `sender` can be news to `receiver`.

    It can as long as that one still waits for it, whatever was told of `sender` before.
    """
    if receiver.state == SYN_SENT:
        return True
    if sender.state != LISTEN and sender.state != SYN_RECEIVED:
        return False
    return not (sender.has_iss and proved_syn(receiver, sender))


def _open_by_syn_ack(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Rule 8: the SYN was not seen; the SYN,ACK tells who sent it, and its number."""
    frame, time = segment.frame, segment.time
    connection.fresh = False
    connection.initiator = 1 if sender is connection.a else 0
    connection.basis = BY_SYN_ACK
    sender.state = LISTEN
    sends_syn(sender, receiver, segment)
    connection.step(sender, RCV_SYN, frame, time, OBSERVED)
    receiver.iss = add(segment.acknowledgment, 0xFFFFFFFF)
    receiver.has_iss = True
    receiver.window_scale = CUT_OFF
    receiver.snd_nxt = segment.acknowledgment
    receiver.has_snd = True
    connection.step(receiver, SND_SYN, frame, time, INFERRED)


def _answers(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Take a SYN,ACK to its receiver, where it acknowledges that one's SYN."""
    frame, time = segment.frame, segment.time
    if sender.state == SYN_RECEIVED and not sender.answered:
        sender.evidence_frame = frame
        sender.since = time
        sender.certainty = OBSERVED
    sender.answered = True
    sender.rcv_nxt = sender.ack_sent = segment.acknowledgment
    sender.has_rcv = sender.has_ack = True
    if receiver.has_iss and _is_acceptable(receiver, segment):
        offers(sender, receiver, segment, 0)
        connection.fast_open = distance(receiver.iss, segment.acknowledgment) > 1
        known = OBSERVED if receiver.packets else INFERRED
        connection.step(receiver, RCV_SYN, frame, time, known)
        connection.step(receiver, RCV_ACK_OF_SYN, frame, time, known)


def _is_acceptable(receiver: Endpoint, segment: Segment) -> bool:
    """Return whether a SYN,ACK acknowledges what `receiver` has sent.

    It answers another one with a RST (RFC 9293 section 3.10.7.3, first).
    """
    number = segment.acknowledgment
    return after(number, receiver.iss) and not after(number, receiver.snd_nxt)


def _syn_ack_again(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Rule 4: after the handshake's last ACK; one who has sent more is past that.

    Where no ACK was seen, the initiator may still have the SYN,ACK: one that lacks it
    repeats its SYN, and that tells.
    """
    waited = segment.time - sender.asked_at
    if sender.asked_at == receiver.asked_at and waited < ANSWER_NS:
        sender.asked_at = segment.time  # it answers a repeated SYN
    else:
        asks_again(sender, segment.time)
    revive(connection, sender, segment)
    if receiver.state == SYN_SENT:
        _answers(connection, sender, receiver, segment)
    elif sender.state == ESTABLISHED or sender.state == CLOSE_WAIT:
        if not has_sent_more(sender):
            connection.step(sender, ACK_OF_SYN_LOST, segment.frame, segment.time, OBSERVED)
            sender.pending = RCV_ACK_OF_SYN


def pick_up(connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
    """Rule 7: no SYN was seen, so both endpoints are assumed to be ESTABLISHED."""
    connection.fresh = False
    receiver.exists = True
    sender.snd_nxt = receiver.rcv_nxt = segment.sequence
    receiver.snd_nxt = sender.rcv_nxt = segment.acknowledgment
    sender.has_snd = receiver.has_rcv = receiver.has_snd = sender.has_rcv = True
    connection.step(sender, PICKED_UP, segment.frame, segment.time, ASSUMED)
    connection.step(receiver, PICKED_UP, segment.frame, segment.time, ASSUMED)


def proves_answer(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """An initiator acknowledges: it got the SYN,ACK, whether that was seen or not."""
    if not receiver.has_iss or after(segment.acknowledgment, receiver.iss):
        _was_answered(connection, sender, receiver, segment)


def _was_answered(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Let an initiator that acknowledges the SYN of `receiver` have it."""
    frame, time = segment.frame, segment.time
    known = OBSERVED
    if not receiver.has_iss:
        known = INFERRED
        receiver.iss = add(segment.acknowledgment, 0xFFFFFFFF)
        receiver.window_scale = CUT_OFF
        receiver.snd_nxt = segment.acknowledgment
        receiver.has_iss = receiver.has_snd = receiver.exists = True
        sender.rcv_nxt = segment.acknowledgment
        sender.has_rcv = True
    if before(segment.sequence, add(sender.iss, 1)):
        sender.iss = add(segment.sequence, 0xFFFFFFFF)
        sender.snd_nxt = segment.sequence
        receiver.rcv_nxt = segment.sequence
    connection.step(sender, RCV_SYN, frame, time, known)
    connection.step(sender, RCV_ACK_OF_SYN, frame, time, known)


def proves_established(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """A responder sends something after its SYN,ACK, or without ever having sent one."""
    frame, time = segment.frame, segment.time
    if sender.has_iss:
        # A bare ACK of the SYN may be a challenge ACK, which needs no connection.
        heard = (
            receiver.packets == 0
            or segment.payload != 0
            or segment.flags & FIN != 0
            or after(segment.acknowledgment, add(receiver.iss, 1))
        )
        if heard and not connection.fast_open:
            sender.pending = NOTHING
            receiver.exists = True  # it has acknowledged the SYN, seen or not (rule 8)
            connection.step(sender, RCV_ACK_OF_SYN, frame, time, OBSERVED)
    elif receiver.has_iss and segment.acknowledgment == receiver.snd_nxt:
        # Its SYN,ACK was not captured; whether that arrived, the receiver's ACK will tell.
        sender.iss = add(segment.sequence, 0xFFFFFFFF)
        sender.window_scale = CUT_OFF
        sender.snd_nxt = segment.sequence
        sender.has_iss = sender.has_snd = True
        receiver.rcv_nxt = segment.sequence
        receiver.has_rcv = True
        connection.step(sender, RCV_SYN, frame, time, INFERRED)
        connection.step(sender, RCV_ACK_OF_SYN, frame, time, INFERRED)
    else:
        # It talks of a connection from before the SYN (RFC 9293 figure 9).
        sender.snd_nxt = segment.sequence
        sender.rcv_nxt = segment.acknowledgment
        receiver.rcv_nxt = segment.sequence
        sender.has_snd = sender.has_rcv = receiver.has_rcv = True
        connection.step(sender, PICKED_UP, frame, time, ASSUMED)
