"""What kind of segment it is that was seen, told from its numbers and those known before it.

The words are those of RFC 9293, and of what people call these segments.
"""

from tracker.lesson.sight import End
from tracker.lesson.steps import Part
from tracker.sequence import add, after, before, distance
from tracker.tcp_state import Event
from tracker.wire.segment import ACK, FIN, MALFORMED, RST, SYN

#: Kinds of segments.
SYN_ONLY = "SYN"
SYN_AGAIN = "SYN again"
SYN_ACK = "SYN,ACK"
SYN_ACK_AGAIN = "SYN,ACK again"
FIRST_ACK = "last ACK of the handshake"
DATA = "data"
DATA_AGAIN = "data again"
DATA_EARLY = "data ahead of its turn"
ACKNOWLEDGMENT = "ACK"
ACK_AGAIN = "ACK again"
ACK_OF_SYN_AGAIN = "ACK of the SYN again"
ACK_OF_FIN_AGAIN = "ACK of the FIN again"
WINDOW_UPDATE = "window update"
KEEP_ALIVE = "keep-alive"
FIN_FIRST = "FIN"
FIN_AGAIN = "FIN again"
RESET = "RST"
ODD = "impossible flags"
DATAGRAM = "datagram"
ERROR = "ICMP error"
FRAGMENT = "later fragment"

_OPENING = SYN | ACK | FIN | RST


def kind(part: Part) -> str:
    """Return what kind of segment, datagram or error `part` is: one of the texts above."""
    if part.kind != "segment":
        return {"datagram": DATAGRAM, "error": ERROR}.get(part.kind, FRAGMENT)
    flags = part.flags & _OPENING
    if part.flags & MALFORMED or _is_odd(flags):
        return ODD
    if flags & RST:
        return RESET
    if flags & SYN:
        return _kind_of_syn(part)
    if flags & FIN:
        sender = sender_before(part)
        again = sender is not None and sender.fin == add(part.sequence, part.payload)
        return FIN_AGAIN if again else FIN_FIRST
    return _kind_of_data(part) if part.payload else _kind_of_ack(part)


def _is_odd(flags: int) -> bool:
    """Return whether no stack sends these flags (RFC 9293 section 3.10.7.4)."""
    return bool(flags & SYN and flags & (FIN | RST)) or not flags & (SYN | RST | ACK)


def _kind_of_syn(part: Part) -> str:
    sender = sender_before(part)
    again = sender is not None and sender.packets > 0 and sender.iss == part.sequence
    if part.flags & ACK:
        return SYN_ACK_AGAIN if again and sender_answered(part) else SYN_ACK
    return SYN_AGAIN if again else SYN_ONLY


def sender_answered(part: Part) -> bool:
    """Return whether the sender sent a SYN,ACK before: then it acknowledged something."""
    sender = sender_before(part)
    return sender is not None and sender.ack_sent is not None


def _kind_of_data(part: Part) -> str:
    sender, receiver = sender_before(part), receiver_before(part)
    if sender is None or receiver is None or sender.snd_nxt is None:
        return DATA
    end = add(part.sequence, part.payload)
    if is_keep_alive(part, sender):
        return KEEP_ALIVE
    if not after(end, sender.snd_nxt):
        return DATA_AGAIN
    if receiver.rcv_nxt is not None and after(part.sequence, receiver.rcv_nxt):
        return DATA_EARLY
    return DATA


def is_keep_alive(part: Part, sender: End) -> bool:
    """Return whether its only purpose is to be answered (RFC 9293 section 3.8.4)."""
    if sender.snd_nxt is None or part.payload > 1 or sender.iss == part.sequence:
        return False
    return add(part.sequence, 1) == sender.snd_nxt and sender.fin is None


def _kind_of_ack(part: Part) -> str:
    sender, receiver = sender_before(part), receiver_before(part)
    if sender is None or receiver is None:
        return ACKNOWLEDGMENT
    if sender.ack_sent is None or after(part.acknowledgment, sender.ack_sent):
        if receiver.iss is not None and part.acknowledgment == add(receiver.iss, 1):
            return FIRST_ACK
        return ACKNOWLEDGMENT
    if receiver.doubt == Event.RCV_ACK_OF_SYN:
        return ACK_OF_SYN_AGAIN
    if receiver.doubt == Event.RCV_ACK_OF_FIN:
        return ACK_OF_FIN_AGAIN
    return _kind_of_old_ack(part, sender)


def _kind_of_old_ack(part: Part, sender: End) -> str:
    if is_keep_alive(part, sender):
        return KEEP_ALIVE
    edge = part.after.ends[part.side].edge
    if part.acknowledgment == sender.ack_sent and edge != sender.edge:
        return WINDOW_UPDATE
    return ACK_AGAIN


def acknowledged(part: Part) -> int:
    """Return how many octets it acknowledges that were not before, 0 where that is not known.

    A SYN and a FIN take one sequence number each, and count here as RFC 9293 section 3.4 has it.
    """
    sender = sender_before(part)
    if not part.flags & ACK or sender is None or sender.ack_sent is None:
        return 0
    if not after(part.acknowledgment, sender.ack_sent):
        return 0
    return distance(sender.ack_sent, part.acknowledgment)


def missing(part: Part) -> int:
    """Return how many octets before it have not been seen to pass, 0 where none are."""
    receiver = receiver_before(part)
    if receiver is None or receiver.rcv_nxt is None:
        return 0
    if not before(receiver.rcv_nxt, part.sequence):
        return 0
    return distance(receiver.rcv_nxt, part.sequence)


def sender_before(part: Part) -> End | None:
    """Return the sender as it was before, None where this is the first segment."""
    return None if part.before is None else part.before.ends[part.side]


def receiver_before(part: Part) -> End | None:
    """Return the receiver as it was before, None where this is the first segment."""
    return None if part.before is None else part.before.ends[1 - part.side]
