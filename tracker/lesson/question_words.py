"""What questions and their reasons call ends, frames and causes."""

from tracker.lesson.history import Happened
from tracker.lesson.notation import notation
from tracker.lesson.rules import Saying, saying, who
from tracker.lesson.sight import Sight
from tracker.lesson.steps import Part
from tracker.tcp_state import EVENTS


def capital(text: str) -> str:
    """Return `text` as a sentence begins."""
    return text[:1].upper() + text[1:]


def hosts(sight: Sight) -> str:
    """Return the addresses of both ends, the client's first."""
    client, server = sight.sockets[sight.initiator], sight.sockets[1 - sight.initiator]
    return f"{client.address} and {server.address}"


def ports(sight: Sight) -> str:
    """Return the ports of both ends, the client's first."""
    return f"{sight.sockets[sight.initiator].port} to {sight.sockets[1 - sight.initiator].port}"


def end_of(sight: Sight, side: int) -> str:
    """Return which end it is, with its socket."""
    return f"{who(sight, side)} ({sight.sockets[side]})"


def told(part: Part) -> str:
    """Return what a frame is, and which way it goes."""
    sender = who(part.after, part.side)
    if part.kind == "error":
        return f"an ICMP error about what {sender} sent"
    return f"{notation(part)} from {sender}"


def said(saying_: Saying) -> str:
    """Return a statement with its rule and its source."""
    rule = "" if saying_.rule is None else f"Rule {saying_.rule}: "
    return f"{rule}{saying_.text} ({saying_.source})"


def reasons(part: Part, side: int) -> str:
    """Return why an end is in its state after a part that changed it."""
    found = [said(saying(change, part.after)) for change in part.changes if change.side == side]
    return f"Frame {part.frame}: {' '.join(found)}"


def since(happened: Happened, proof: int) -> str:
    """Return when an end came into its state, and why; frame `proof` proves what was presumed."""
    change, sight = happened
    end = f"{capital(who(sight, change.side))} is in {change.after.name} since frame {change.frame}"
    if not sight.ends[change.side].exists:
        return f"{end}: presumed then, proved by frame {proof} (rule 0, {EVENTS[change.event][1]})."
    return f"{end}. {said(saying(*happened))}"
