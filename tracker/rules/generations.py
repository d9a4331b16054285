"""When a segment starts a new generation of a socket pair, or belongs to the old (rules 2, 3)."""

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.sequence import add
from tracker.wire.segment import ACK, FIN, RST, SYN, Segment
from tracker.words import (
    BY_SYN,
    CLOSED,
    INFERRED,
    LAST_ACK,
    LISTEN,
    OBSERVED,
    RCV_SYN,
    RESET,
    SND_SYN,
    TIME_WAIT,
)


def is_reopened_by(connection: Connection, segment: Segment, side: int) -> bool:
    """Return whether `segment`, sent by `side`, starts a new generation (rule 3).

    That is a SYN with a new number after the old connection ended for its sender, or the
    answer to a SYN inside the connection, which shows that it had ended unseen.
    """
    sender = connection.b if side else connection.a
    flags = segment.flags & (FIN | SYN | RST | ACK)
    if connection.fresh:
        return False
    if flags == SYN:
        if sender.has_iss and segment.sequence == sender.iss:
            return False
        return sender.state == CLOSED or sender.state == TIME_WAIT or sender.state == LAST_ACK
    return flags == SYN | ACK and (
        answers_attempt(connection, segment, side)
        or _answers_old_syn(connection, sender, segment, side)
    )


def _answers_old_syn(connection: Connection, sender: Endpoint, segment: Segment, side: int) -> bool:
    """Return whether a listener took a late copy of the SYN for a new one."""
    initiator = connection.b if connection.initiator else connection.a
    return (
        sender.state == CLOSED
        and side != connection.initiator
        and sender.has_iss
        and segment.sequence != sender.iss
        and segment.acknowledgment == add(initiator.iss, 1)
    )


def answers_attempt(connection: Connection, segment: Segment, side: int) -> bool:
    """Return whether `segment` acknowledges the SYN that was sent inside the connection."""
    return (
        connection.attempted
        and side != connection.attempt_side
        and segment.acknowledgment == add(connection.attempt_sequence, 1)
    )


def proves_attempt(connection: Connection, segment: Segment, side: int) -> bool:
    """Return whether `segment`, just taken in, shows that the SYN inside was meant.

    Its sender answers the challenge ACK with a RST: it knows nothing of the old connection
    and is in SYN_SENT (RFC 9293 figure 9).
    """
    sender = connection.b if side else connection.a
    return (
        connection.attempted
        and side == connection.attempt_side
        and sender.state == CLOSED
        and sender.evidence_event == RESET
        and sender.evidence_frame == segment.frame
    )


def claims(segment: Segment, side: int, newer: "Connection") -> bool:
    """Return whether `segment` belongs to this generation and not to the unanswered `newer`.

    Who was left behind in the old one answers the new SYN with an ACK of the old numbers,
    and gets a RST with just the number it expects.
    """
    if segment.flags & SYN:
        return False
    if not segment.flags & RST:
        return side != newer.initiator
    initiator = newer.b if newer.initiator else newer.a
    refuses = segment.flags & ACK and segment.acknowledgment == add(initiator.iss, 1)
    return side == newer.initiator or not refuses


def replay_attempt(connection: Connection, old: "Connection") -> None:
    """Start with the SYN that `old` met inside and took for a challenge."""
    sender = connection.b if old.attempt_side else connection.a
    receiver = connection.a if old.attempt_side else connection.b
    connection.fresh = False
    connection.initiator = old.attempt_side
    connection.basis = BY_SYN
    connection.first_seen = old.attempt_time
    receiver.state = LISTEN
    sender.exists = True
    sender.iss = old.attempt_sequence
    sender.snd_nxt = add(sender.iss, 1)
    sender.has_iss = sender.has_snd = True
    sender.asked_at = old.attempt_time
    receiver.rcv_nxt = sender.snd_nxt
    receiver.has_rcv = True
    connection.step(sender, SND_SYN, old.attempt_frame, old.attempt_time, OBSERVED)
    connection.step(receiver, RCV_SYN, old.attempt_frame, old.attempt_time, INFERRED)
