"""RST: when it closes, and when it turns out that it did not (rule 1, RFC 5961 section 3)."""

from tracker.connection import Connection
from tracker.endpoint import Endpoint, Profile
from tracker.rules.generations import answers_attempt
from tracker.rules.space import in_window, is_expected
from tracker.rules.times import MIN_RTO_NS
from tracker.sequence import add, after
from tracker.wire.segment import ACK, Segment
from tracker.words import (
    CLOSED,
    END_DISPROVED,
    NOTE_CHALLENGE,
    NOTE_LONE_RESET,
    NOTE_RESET_DISPROVED,
    NOTE_RESET_IGNORED,
    NOTE_SEEDED,
    NOTHING,
    OBSERVED,
    RESET,
    SYN_SENT,
    TIME_WAIT,
)


def rst_seen(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment, profile: Profile
) -> None:
    """Rule 1: a RST closes where its number is exactly the one expected (RFC 5961 3.2)."""
    if connection.fresh:
        connection.notes |= NOTE_LONE_RESET
    elif receiver.state != SYN_SENT:
        _reset(connection, sender, receiver, segment, profile)
    elif _refuses(connection, receiver, segment):
        _close_by_reset(connection, sender, receiver, segment, True)
    else:
        connection.notes |= NOTE_RESET_IGNORED


def _reset(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment, profile: Profile
) -> None:
    """Take a RST to a receiver that has got a SYN."""
    if receiver.has_rcv:
        exact = is_expected(sender, receiver, segment.sequence)
    else:
        exact = connection.notes & NOTE_SEEDED != 0  # nothing is known that speaks against it
    if receiver.state == TIME_WAIT and profile.rfc1337:
        exact = False
    side = 0 if sender is connection.a else 1
    if exact or (segment.flags & ACK and answers_attempt(connection, segment, side)):
        _close_by_reset(connection, sender, receiver, segment, True)
    elif (sender.has_snd and segment.sequence == sender.snd_nxt) or (
        receiver.has_ack and segment.sequence == receiver.ack_sent
    ):
        # Who sent it has closed; its receiver lacks something before it, or has more.
        _close_by_reset(connection, sender, receiver, segment, False)
    elif in_window(receiver, segment.sequence):
        connection.notes |= NOTE_CHALLENGE
    else:
        connection.notes |= NOTE_RESET_IGNORED


def _refuses(connection: Connection, receiver: Endpoint, segment: Segment) -> bool:
    """Return whether a RST acknowledges the SYN of `receiver` (RFC 9293 3.10.7.3)."""
    if connection.notes & NOTE_SEEDED and not receiver.has_iss:
        return segment.flags & ACK != 0
    return (
        segment.flags & ACK != 0
        and after(segment.acknowledgment, receiver.iss)
        and not after(segment.acknowledgment, receiver.snd_nxt)
    )


def _close_by_reset(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment, arrives: bool
) -> None:
    connection.reset_seen = True
    connection.reset_side = 0 if sender is connection.a else 1
    connection.reset_time = segment.time
    if sender.state != SYN_SENT:
        # In SYN_SENT a RST answers an unacceptable ACK; its sender waits on (figure 8).
        connection.step(sender, RESET, segment.frame, segment.time, OBSERVED)
        sender.pending = NOTHING
    if arrives:
        connection.step(receiver, RESET, segment.frame, segment.time, OBSERVED)
        receiver.pending = NOTHING


def outlives_reset(connection: Connection, sender: Endpoint, segment: Segment) -> bool:
    """Return whether `sender`, closed by a RST, is heard again and so was not closed.

    What its peer had on the way when the RST passed proves nothing: a late ACK after a
    close reopens nothing (rule 7).
    """
    if sender.state != CLOSED:
        return True
    if sender.evidence_event != RESET:
        return False
    side = 0 if sender is connection.a else 1
    late = segment.time - connection.reset_time > MIN_RTO_NS
    new = after(add(segment.sequence, segment.payload), sender.snd_nxt)
    if not late and not (new and side == connection.reset_side):
        return False
    if side == connection.reset_side:
        connection.notes |= NOTE_RESET_DISPROVED
    connection.step(sender, END_DISPROVED, segment.frame, segment.time, OBSERVED)
    return True
