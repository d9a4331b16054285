"""The sequence space of both endpoints: SND.NXT, RCV.NXT, windows (RFC 9293 section 3.3.1).

Nothing here changes a state.
"""

from tracker.endpoint import Endpoint
from tracker.rules.times import LONGEST_GAP_NS
from tracker.sequence import add, after, before
from tracker.wire.segment import CUT_OFF, Segment
from tracker.words import (
    CLOSE_WAIT,
    CLOSING,
    LAST_ACK,
    LETTER_ACK,
    LETTER_DATA,
    LETTER_FIN,
    NOTHING,
)


def sends_syn(sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
    """Take the numbers of a SYN or SYN,ACK, with data on it or not (RFC 7413)."""
    sender.iss = segment.sequence
    sender.has_iss = True
    sender.snd_nxt = add(segment.sequence, 1 + segment.payload)
    sender.has_snd = True
    sender.asked_at = segment.time
    sender.gap = 0
    sender.window_scale = segment.window_scale
    receiver.rcv_nxt = add(segment.sequence, 1)
    receiver.has_rcv = True


def asks_again(sender: Endpoint, time: int) -> None:
    """Note when a SYN or FIN was repeated (RFC 6298 section 5: the gap doubles each time).

    Timers are never early, and those of Linux up to an eighth late (kernel/time/timer.c), the long
    ones most: so twice the gap before tells better when it was due.
    """
    if sender.asked_at == 0:
        sender.asked_at = time  # the first one was inferred, not seen
    elif time > sender.asked_at:
        gap = min(time - sender.asked_at, LONGEST_GAP_NS)
        due = 2 * sender.gap
        sender.gap = due if due < gap <= due + due // 8 else gap
        sender.asked_at = time


def proved_syn(endpoint: Endpoint, peer: Endpoint) -> bool:
    """Return whether `endpoint` acknowledged its peer's SYN (or there is none to speak of)."""
    if not peer.has_iss:
        return True
    return endpoint.has_ack and after(endpoint.ack_sent, peer.iss)


def has_sent_more(endpoint: Endpoint) -> bool:
    """Return whether `endpoint` sent more than SYN,ACKs, which only ESTABLISHED allows."""
    return endpoint.letters & (LETTER_ACK | LETTER_DATA | LETTER_FIN) != 0


def in_window(receiver: Endpoint, sequence: int) -> bool:
    """Return whether `sequence` lies inside the window of `receiver`, but is not the next."""
    return (
        receiver.has_rcv
        and after(sequence, receiver.rcv_nxt)
        and (not receiver.has_edge or not after(sequence, receiver.edge))
    )


def is_expected(sender: Endpoint, receiver: Endpoint, sequence: int) -> bool:
    """Return whether `receiver` expects exactly `sequence` next.

    Linux takes two more numbers for it, as some stacks send them: the end of what it holds
    behind a hole, and, once the FIN has arrived, the FIN's own (tcp_reset_check).
    """
    if sequence == receiver.rcv_nxt:
        return True
    if receiver.has_hole and sequence == receiver.hole_end:
        return True
    if sender.has_snd and sequence == sender.snd_nxt and after(receiver.rcv_nxt, sequence):
        return True  # it has acknowledged what was never sent, which moves no kernel's RCV.NXT
    return (
        sender.has_fin
        and sequence == sender.fin
        and receiver.rcv_nxt == add(sender.fin, 1)
        and (
            receiver.state == CLOSE_WAIT or receiver.state == CLOSING or receiver.state == LAST_ACK
        )
    )


def move(sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
    """Move SND.NXT of the sender, RCV.NXT of both, and the sender's window."""
    if segment.payload:
        end = add(segment.sequence, segment.payload)
        if not sender.has_snd or after(end, sender.snd_nxt):
            sender.snd_nxt = end
            sender.has_snd = True
        _arrive(receiver, segment.sequence, end)
    acknowledges(sender, segment)
    offers(sender, receiver, segment, 1)


def _arrive(receiver: Endpoint, start: int, end: int) -> None:
    """Let the octets from `start` to `end` arrive: RCV.NXT moves where none is missing.

    One range behind a hole is remembered; when there are more, the receiver's ACKs tell.
    """
    if not receiver.has_rcv or not after(start, receiver.rcv_nxt):
        if not receiver.has_rcv or after(end, receiver.rcv_nxt):
            receiver.rcv_nxt = end
            receiver.has_rcv = True
        _fill_hole(receiver)
    elif not receiver.has_hole:
        receiver.hole_start, receiver.hole_end = start, end
        receiver.has_hole = True
    elif not after(start, receiver.hole_end) and not before(end, receiver.hole_start):
        if before(start, receiver.hole_start):
            receiver.hole_start = start
        if after(end, receiver.hole_end):
            receiver.hole_end = end


def _fill_hole(receiver: Endpoint) -> None:
    if receiver.has_hole and not before(receiver.rcv_nxt, receiver.hole_start):
        receiver.has_hole = False
        if after(receiver.hole_end, receiver.rcv_nxt):
            receiver.rcv_nxt = receiver.hole_end


def acknowledges(sender: Endpoint, segment: Segment) -> None:
    """Note what the sender acknowledges: that has arrived, seen or not."""
    if sender.has_ack and not after(segment.acknowledgment, sender.ack_sent):
        return
    sender.ack_sent = segment.acknowledgment
    sender.has_ack = True
    if not sender.has_rcv or after(segment.acknowledgment, sender.rcv_nxt):
        sender.rcv_nxt = segment.acknowledgment
        sender.has_rcv = True
        _fill_hole(sender)


def offers(sender: Endpoint, receiver: Endpoint, segment: Segment, scaled: int) -> None:
    """Note the window, where both SYNs told whether it is scaled (RFC 7323 section 2.2)."""
    if sender.window_scale == CUT_OFF or receiver.window_scale == CUT_OFF:
        return
    if not scaled:
        edge = add(segment.acknowledgment, segment.window)
    elif not sender.has_edge and not receiver.has_edge:
        return
    elif sender.window_scale != NOTHING and receiver.window_scale != NOTHING:
        edge = add(segment.acknowledgment, segment.window << sender.window_scale)
    else:
        edge = add(segment.acknowledgment, segment.window)
    if not sender.has_edge or after(edge, sender.edge):
        sender.edge = edge
        sender.has_edge = True
