"""Segments as the figures of RFC 9293 write them: ``<SEQ=100><ACK=300><CTL=FIN,ACK>``."""

from tracker.lesson.sight import End, Sight
from tracker.lesson.steps import Part
from tracker.sequence import distance
from tracker.tcp_state import State
from tracker.wire.segment import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG

#: In the order in which RFC 9293's figures name them.
_CONTROL = (
    (SYN, "SYN"),
    (FIN, "FIN"),
    (RST, "RST"),
    (PSH, "PSH"),
    (ACK, "ACK"),
    (URG, "URG"),
    (ECE, "ECE"),
    (CWR, "CWR"),
)

# A relative number that lies so far behind is rather one before the base.
_HALF = 1 << 31


def control(flags: int, all_of_them: bool = True) -> str:
    """Return the control bits (RFC 9293 section 3.1), as in ``SYN,ACK``; "" for none.

    Those that no state depends on are left out unless `all_of_them` are wanted.
    """
    wanted = flags if all_of_them else flags & (SYN | FIN | RST | ACK)
    return ",".join(name for bit, name in _CONTROL if wanted & bit)


def notation(part: Part, absolute: bool = False) -> str:
    """Return a segment in RFC 9293's notation, a datagram or an error in the same manner.

    Sequence numbers count from the SYN of their sender, which is 0, or `absolute` as on the wire.
    """
    if part.kind == "error":
        return f"<ICMP type {part.icmp[0]}, code {part.icmp[1]}>"
    if part.kind == "datagram":
        return f"<DATAGRAM><DATA={part.payload}>"
    if part.kind == "fragment":
        return f"<FRAGMENT><DATA={part.payload}>"
    text = f"<SEQ={sequence(part, absolute)}>"
    if part.flags & ACK:
        text += f"<ACK={acknowledgment(part, absolute)}>"
    text += f"<CTL={control(part.flags, all_of_them=False)}>"
    return text + f"<DATA={part.payload}>" if part.payload else text


def sequence(part: Part, absolute: bool = False) -> int:
    """Return the sequence number, counted from its sender's first unless `absolute`."""
    return part.sequence if absolute else relative(part.sequence, part.after.bases[part.side])


def acknowledgment(part: Part, absolute: bool = False) -> int:
    """Return the acknowledgment number, counted from the other end's first unless `absolute`."""
    number = part.acknowledgment
    return number if absolute else relative(number, part.after.bases[1 - part.side])


def relative(number: int, base: int) -> int:
    """Return how far `number` lies behind `base`, or, below 0, before it (modulo 2**32)."""
    far = distance(base, number)
    return far if far < _HALF else far - (1 << 32)


def arrow(part: Part) -> str:
    """Return which way it goes where the one who opened the connection stands on the left.

    An ICMP error goes to the one who sent what it quotes.
    """
    to_the_right = (part.side == part.after.initiator) != (part.kind == "error")
    return "-->" if to_the_right else "<--"


def arrows(part: Part) -> tuple[str, str]:
    """Return what stands left and right of a segment in a line of the RFC's figures.

    Who sent an ICMP error is not said, for often it is a router on the way: there stands ``...``.
    """
    way = arrow(part)
    if part.kind != "error":
        return way, way
    return ("...", way) if way == "-->" else (way, "...")


def spelled(end: End) -> str:
    """Return a state as RFC 9293 spells it, in parentheses where it is only presumed.

    That is so for an endpoint that was never heard (rule 0): netstat has no row for it.
    """
    if end.state is None:
        return "-"
    name = end.state.name.replace("_", "-")
    return name if end.exists or end.state is State.CLOSED else f"({name})"


def states(sight: Sight) -> tuple[str, str]:
    """Return the states of both ends, of the one who opened the connection first."""
    opener = sight.initiator
    return spelled(sight.ends[opener]), spelled(sight.ends[1 - opener])
