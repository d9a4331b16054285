"""Connections that a kernel has in its table and of which no segment was seen yet.

They begin in the state that the kernel says, and take their numbers from the first segments that
are seen, as one that is picked up in the middle does (rule 7).
"""

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.rules.space import sends_syn
from tracker.sequence import add, after
from tracker.wire.segment import ACK, CUT_OFF, FIN, RST, SYN, Segment
from tracker.words import (
    ACK_OF_FIN_LOST,
    ASSUMED,
    BY_KERNEL,
    CLOSE_WAIT,
    CLOSED,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LAST_ACK,
    LETTER_FIN,
    NOTE_SEEDED,
    NOTHING,
    OBSERVED,
    RCV_ACK_OF_FIN,
    RCV_SYN,
    SND_SYN,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
)

# A SYN or SYN,ACK that is being repeated comes again after twice this, at the latest (Linux: 64 s
# before the seventh SYN, the last one).
_LONGEST_SYN_GAP_NS = 32_000_000_000


def begin_in(connection: Connection, side: int, state: int, opened: bool | None) -> None:
    """Let `connection`, a new one, be one that the kernel of endpoint `side` has in `state`.

    `opened`: whether that endpoint opened it, None if that is not known.
    """
    local = connection.b if side else connection.a
    foreign = connection.a if side else connection.b
    connection.fresh = False
    connection.notes = NOTE_SEEDED
    if state == SYN_SENT:
        opened = True
    elif state == SYN_RECEIVED:
        opened = False
    if opened is not None:
        connection.basis = BY_KERNEL
        connection.initiator = connection.first_sender = side if opened else 1 - side
    _put(local, state, connection.first_seen)
    _put(foreign, _state_of_peer(state), connection.first_seen)
    foreign.exists = state != SYN_SENT  # nobody may be there (rule 0)
    local.answered = state == SYN_RECEIVED


def is_untouched(connection: Connection) -> bool:
    """Return whether `connection` is one that a kernel has and nothing was seen of it yet."""
    return connection.notes & NOTE_SEEDED != 0 and not connection.a.packets + connection.b.packets


def put_other_end(connection: Connection, side: int, state: int) -> None:
    """Let the kernel have the endpoint `side` in `state`, too, beside the other one."""
    endpoint = connection.b if side else connection.a
    _put(endpoint, state, connection.first_seen)


def _state_of_peer(state: int) -> int:
    """Return in which state the peer of an endpoint in `state` is at least.

    What the endpoint got, it has acknowledged, and that has arrived; what it sent and was not
    acknowledged has not.
    """
    if state == SYN_SENT:
        return SYN_RECEIVED  # if it is there at all
    if state == SYN_RECEIVED:
        return SYN_SENT
    if state == FIN_WAIT_2:
        return CLOSE_WAIT
    if state == CLOSE_WAIT or state == CLOSING or state == LAST_ACK:
        return FIN_WAIT_2
    if state == TIME_WAIT:
        return CLOSED
    return ESTABLISHED


def _put(endpoint: Endpoint, state: int, time: int) -> None:
    endpoint.state = state
    endpoint.certainty = ASSUMED
    endpoint.exists = True
    endpoint.since = time
    if state == SYN_SENT or state == SYN_RECEIVED:
        endpoint.asked_at = time
        endpoint.gap = _LONGEST_SYN_GAP_NS


def take_numbers(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> None:
    """Take the numbers that are not known yet from `segment`, before the rules use them.

    A RST is not asked for any: it may be a forged one.
    """
    flags = segment.flags & (FIN | SYN | RST | ACK)
    if flags == SYN or flags == SYN | ACK:
        _take_syn_numbers(sender, receiver, segment)
    elif flags & ACK and not flags & (SYN | RST):
        _take_ack_numbers(sender, receiver, segment)
        _take_sent_fin(connection, sender, segment)
        _take_covered_fin(receiver, segment)


def _take_syn_numbers(sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
    """Take the numbers of a SYN or SYN,ACK; the first that is seen is a repeated one."""
    answers = segment.flags & ACK != 0
    if answers and receiver.state == SYN_SENT and not receiver.has_iss:
        receiver.iss = add(segment.acknowledgment, 0xFFFFFFFF)
        receiver.snd_nxt = segment.acknowledgment
        receiver.has_iss = receiver.has_snd = True
        receiver.window_scale = CUT_OFF
    given_up = sender.state == CLOSED and sender.evidence_event != NOTHING  # it may be revived
    state = sender.before_end if given_up else sender.state
    if state != (SYN_RECEIVED if answers else SYN_SENT) or sender.has_iss or not sender.exists:
        return
    sends_syn(sender, receiver, segment)
    sender.gap = _LONGEST_SYN_GAP_NS
    if given_up:
        return
    sender.evidence_event = RCV_SYN if answers else SND_SYN
    sender.evidence_frame = segment.frame
    sender.certainty = OBSERVED


def _take_ack_numbers(sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
    """Take the numbers of a segment with ACK."""
    if not receiver.has_snd:
        receiver.snd_nxt = segment.acknowledgment
        receiver.has_snd = True
    if not sender.has_rcv:
        sender.rcv_nxt = segment.acknowledgment
        sender.has_rcv = True
    if not receiver.has_rcv:
        receiver.rcv_nxt = segment.sequence
        receiver.has_rcv = True
    if not sender.has_snd:
        sender.snd_nxt = segment.sequence
        sender.has_snd = True
    if sender.state == SYN_SENT and not sender.has_iss:
        sender.iss = add(segment.sequence, 0xFFFFFFFF)
        sender.has_iss = True
        sender.window_scale = CUT_OFF


def _take_sent_fin(connection: Connection, sender: Endpoint, segment: Segment) -> None:
    """Take the number of a FIN that was sent unseen, where it is sent again.

    An end that was taken to be acknowledged was not where its sender goes on behind it (rule 5).
    """
    end = add(segment.sequence, segment.payload + (segment.flags & FIN))
    again = segment.flags & FIN and _sent_fin_unseen(sender)
    if again or (sender.has_fin and after(end, add(sender.fin, 1))):
        sender.fin = add(end, 0xFFFFFFFF)
        sender.has_fin = True
        sender.snd_nxt = end
        if sender.state != CLOSED or sender.evidence_event in (NOTHING, RCV_ACK_OF_FIN):
            connection.step(sender, ACK_OF_FIN_LOST, segment.frame, segment.time, OBSERVED)


def _take_covered_fin(receiver: Endpoint, segment: Segment) -> None:
    """Take the number of a FIN that was sent unseen, where it is acknowledged."""
    number = segment.acknowledgment
    if receiver.has_fin:
        is_covered = not receiver.letters & LETTER_FIN and after(number, add(receiver.fin, 1))
    else:
        is_covered = _sent_fin_unseen(receiver) and _may_cover_fin(receiver, segment)
    if is_covered:
        receiver.fin = add(number, 0xFFFFFFFF)
        receiver.has_fin = True
        receiver.snd_nxt = number


def _sent_fin_unseen(endpoint: Endpoint) -> bool:
    """Return whether `endpoint` has sent a FIN whose number is not known."""
    if endpoint.has_fin:
        return False
    state = endpoint.state
    return (
        state == FIN_WAIT_1
        or state == FIN_WAIT_2
        or state == CLOSING
        or state == LAST_ACK
        or state == TIME_WAIT
        or (state == CLOSED and endpoint.evidence_event == NOTHING)
    )


def _may_cover_fin(endpoint: Endpoint, segment: Segment) -> bool:
    """Return whether `segment` acknowledges all that `endpoint` is known to have sent, and more.

    A FIN takes no room in a window, but where there is none, it mostly waits behind data that do.
    """
    number = segment.acknowledgment
    if not segment.window:
        return False
    return after(number, endpoint.snd_nxt) or (number == endpoint.snd_nxt and not endpoint.payload)
