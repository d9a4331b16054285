"""Why a state is what it is, in plain words: each event and note with its rule and its source.

The numbers of rules are those of the README; the sources of events are those of `tcp_state`, from
whose table every statement follows.  "Client" is who opened the connection, "server" the other.
"""

import re

from tracker.lesson import segments
from tracker.lesson.notation import relative, sequence
from tracker.lesson.segments import kind, missing, receiver_before
from tracker.lesson.sight import Sight
from tracker.lesson.steps import Change, Part
from tracker.report.text import counted
from tracker.tcp_state import EVENTS, Event, State
from tracker.typed import NamedTuple
from tracker.wire.segment import RST
from tracker.words import (
    NOTE_ACK_OF_UNSENT,
    NOTE_CHALLENGE,
    NOTE_ERROR_IGNORED,
    NOTE_FRAGMENTATION_NEEDED,
    NOTE_LONE_RESET,
    NOTE_MALFORMED,
    NOTE_ODD_FLAGS,
    NOTE_OLD_SYN,
    NOTE_OUT_OF_WINDOW,
    NOTE_PARAMETER_PROBLEM,
    NOTE_PROHIBITED,
    NOTE_REFUSED,
    NOTE_RESET_DISPROVED,
    NOTE_RESET_IGNORED,
    NOTE_SEEDED,
    NOTE_TIME_EXCEEDED,
    NOTE_UNREACHABLE,
)


class Saying(NamedTuple):
    """One statement: the number of the rule, None for the state table itself; source; sentence."""

    rule: int | None
    source: str
    text: str


def who(sight: Sight, side: int) -> str:
    """Return what the end at `side` is called: "the client" or "the server"."""
    return "the client" if side == sight.initiator else "the server"


def _capital(text: str) -> str:
    """Return `text` with a capital where a sentence begins."""
    return _BEGINS.sub(lambda match: match[0].capitalize(), text)


_BEGINS = re.compile(r"(?:^|(?<=\. ))the ")


# --- what happens to states ----------------------------------------------------------------------

#: For each event that a segment causes: rule, and sentence about the endpoint {who} and its {peer}.
#: Where the state before makes a difference, it stands beside the event.
_EVENTS: dict[tuple[Event, State | None], tuple[int | None, str]] = {
    (Event.SND_SYN, None): (
        None,
        "{who} asks to open a connection: it sends a SYN and waits for an answer.",
    ),
    (Event.SND_SYN, State.TIME_WAIT): (
        3,
        (
            "{who} uses the same pair of sockets again: a SYN with a new number opens the next "
            "connection."
        ),
    ),
    (Event.RCV_SYN, State.LISTEN): (
        0,
        (
            "{who}, if somebody listens there, gets the SYN and answers it. That is presumed: "
            "until {who} is heard, no netstat shows it a row."
        ),
    ),
    (Event.RCV_SYN, State.SYN_SENT): (None, "{who} gets the other end's SYN."),
    (Event.RCV_SYN, None): (None, "{who} gets the SYN and answers it."),
    (Event.RCV_ACK_OF_SYN, None): (
        None,
        "{who} learns that its own SYN has arrived: for {who} the connection is open.",
    ),
    (Event.SND_FIN, None): (
        None,
        "{who} has nothing more to send and says so with a FIN. It can still receive.",
    ),
    (Event.SND_FIN, State.CLOSE_WAIT): (
        None,
        "{who} closes, too: it sends its own FIN, and waits for the ACK of it.",
    ),
    (Event.SND_FIN_CROSSING, None): (
        None,
        (
            "{who} sends its FIN before it has acknowledged the other one: both close at the same "
            "time."
        ),
    ),
    (Event.RCV_FIN, State.ESTABLISHED): (
        None,
        "{who} learns that {peer} sends no more. The program at {who} has yet to close its side.",
    ),
    (Event.RCV_FIN, State.SYN_RECEIVED): (
        None,
        "{who} learns that {peer} sends no more. The program at {who} has yet to close its side.",
    ),
    (Event.RCV_FIN, State.FIN_WAIT_1): (
        None,
        "{who} gets a FIN while its own is not acknowledged yet: both close at the same time.",
    ),
    (Event.RCV_FIN, State.FIN_WAIT_2): (
        None,
        (
            "Both sides have closed. {who}, who closed first, waits for a while, so that late "
            "segments of this connection cannot disturb a new one."
        ),
    ),
    (Event.RCV_ACK_OF_FIN, State.FIN_WAIT_1): (
        None,
        "{who} learns that its FIN has arrived, and waits for the FIN of {peer}.",
    ),
    (Event.RCV_ACK_OF_FIN, State.CLOSING): (
        None,
        (
            "{who} learns that its FIN has arrived. Both sides have closed; it waits for a while, "
            "so that late segments cannot disturb a new connection."
        ),
    ),
    (Event.RCV_ACK_OF_FIN, State.LAST_ACK): (
        None,
        "{who} learns that its FIN has arrived: for {who} the connection is over.",
    ),
    (Event.UNREACHABLE, None): (
        None,
        "An ICMP error says that what {who} sent did not get there: it gives up.",
    ),
    (Event.PICKED_UP, None): (
        7,
        (
            "No SYN of this connection was seen: it is older than the capture. {who} is assumed to "
            "be in the middle of it."
        ),
    ),
    (Event.SYN_ACK_LOST, None): (
        0,
        "{who} never got the SYN,ACK that was seen to pass: it still waits for an answer.",
    ),
    (Event.ACK_OF_SYN_LOST, None): (
        4,
        "{who} repeats its SYN,ACK: the ACK of it, which was seen to pass, has not arrived.",
    ),
    (Event.ACK_OF_FIN_LOST, None): (
        5,
        "{who} repeats its FIN: the ACK of it, which was seen to pass, has not arrived.",
    ),
    (Event.FIN_LOST, None): (
        0,
        "{who} has not got the FIN that was seen to pass: it still acknowledges less than that.",
    ),
}

#: Sources that depend on the state before.
_SOURCES: dict[tuple[Event, State], str] = {
    (Event.RCV_SYN, State.SYN_SENT): "RFC 9293 section 3.10.7.3",
    (Event.SND_SYN, State.TIME_WAIT): "RFC 9293 section 3.6.1",
}

#: What time does: doubts that end (rules 4 and 5).
_DOUBTS: dict[Event, tuple[int, str]] = {
    Event.RCV_ACK_OF_SYN: (
        4,
        (
            "{who} would have repeated its SYN,ACK by now if it still lacked the ACK: it must have "
            "got it."
        ),
    ),
    Event.RCV_ACK_OF_FIN: (
        5,
        "{who} would have repeated its FIN by now if it still lacked the ACK: it must have got it.",
    ),
    Event.RCV_FIN: (5, "With that, the FIN of {peer} has its effect on {who}, too."),
}

#: What a timer ends (rule 11), by state.
_TIMERS: dict[State, str] = {
    State.SYN_SENT: "{who} got no answer, and would have asked again by now: its kernel gives up.",
    State.SYN_RECEIVED: "{who} waited for the last ACK of the handshake: its kernel gives up.",
    State.FIN_WAIT_1: "{who} waited for the ACK of its FIN: its kernel gives up.",
    State.FIN_WAIT_2: "{who} waited for the FIN of {peer}, which did not come: its kernel gives "
    "up, for no program has the socket any more.",
    State.CLOSING: "{who} waited for the ACK of its FIN: its kernel gives up.",
    State.LAST_ACK: "{who} waited for the ACK of its FIN: its kernel gives up.",
    State.TIME_WAIT: "{who} has waited long enough: what is left of the connection is forgotten.",
}

#: Why an end turns out to be none, by the event that it was taken for.
_DISPROVED: dict[Event | None, tuple[int, str]] = {
    Event.RESET: (
        1,
        (
            "{who} goes on as if there had been no RST: either it never got it, or {who} never "
            "sent it, and somebody else forged it."
        ),
    ),
    Event.TIMEOUT: (11, "{who} is heard again: it had not given up."),
    Event.UNREACHABLE: (11, "{who} is heard again: the ICMP error had not stopped it."),
}


def saying(change: Change, sight: Sight) -> Saying:
    """Return why the state of an endpoint changed; `sight` is its connection afterwards."""
    rule, text = _said(change, sight)
    source = _SOURCES.get((change.event, change.before), EVENTS[change.event][1])
    if change.event == Event.TIMEOUT:
        source = f"config/tracker.yaml, {change.before.name.lower()}"
    elif change.by_time:
        source = "RFC 6298 section 5"
    name = who(sight, change.side)
    return Saying(rule, source, _capital(text.format(who=name, peer=who(sight, 1 - change.side))))


def _said(change: Change, sight: Sight) -> tuple[int | None, str]:
    if change.event == Event.TIMEOUT:
        return 11, _TIMERS[change.before]
    if change.by_time:
        return _DOUBTS[change.event]
    if change.event == Event.RESET:
        return 1, _reset(change, sight)
    if change.event == Event.END_DISPROVED:
        return _DISPROVED.get(change.ended_by, _DISPROVED[Event.TIMEOUT])
    if change.before == State.LISTEN and change.certainty != "inferred":
        return 8, "{who} has got a SYN, which was not seen, for it answers one."
    return _EVENTS.get((change.event, change.before)) or _EVENTS[change.event, None]


def _reset(change: Change, sight: Sight) -> str:
    """Say what a RST does to the one who sent it, or to the one who gets it."""
    if change.own and not sight.ends[change.side].exists:
        return "{who} refuses with a RST: nobody listens there, and there never was a connection."
    if change.own:
        return "{who} aborts: it sends a RST and forgets the connection at once."
    if change.before == State.SYN_SENT:
        return "{who} gets a RST that acknowledges its SYN: nobody listens there, it is refused."
    return "{who} gets a RST with exactly the number that it expects next: the connection is over."


# --- what is odd about a segment ------------------------------------------------------------------

#: For each note of `words.NOTES`: rule, source, sentence about the {sender} and its {peer}.
_NOTES: dict[int, tuple[int | None, str, str]] = {
    NOTE_ODD_FLAGS: (
        10,
        "RFC 9293 section 3.10.7.4",
        "No TCP sends such control bits. It is dropped, and changes nothing.",
    ),
    NOTE_MALFORMED: (
        10,
        "RFC 9293 section 3.1",
        "Its header says an impossible length: who gets it drops it.",
    ),
    NOTE_CHALLENGE: (
        2,
        "RFC 5961 sections 3.2 and 4.2",
        (
            "Within an open connection this could be forged. {peer} changes nothing, and owes a "
            "challenge ACK: an ACK that tells an honest sender what is expected."
        ),
    ),
    NOTE_RESET_IGNORED: (
        1,
        "RFC 5961 section 3.2",
        "Its number lies outside of what {peer} accepts: it is ignored.",
    ),
    NOTE_RESET_DISPROVED: (
        1,
        "RFC 5961 section 3",
        "The one who seemed to send the RST goes on talking: the RST may have been forged.",
    ),
    NOTE_OUT_OF_WINDOW: (
        None,
        "RFC 9293 section 3.10.7.4",
        "Its number lies beyond what {peer} offered to take: it is dropped.",
    ),
    NOTE_ACK_OF_UNSENT: (
        None,
        "RFC 9293 section 3.10.7.4",
        "It acknowledges what {peer} never sent: {peer} ignores it.",
    ),
    NOTE_OLD_SYN: (
        3,
        "RFC 9293 section 3.5, figure 8",
        "Its number is lower than that of the SYN before: an old copy that comes late.",
    ),
    NOTE_LONE_RESET: (
        7,
        "RFC 9293 section 3.5.3",
        "A RST for something that was not seen: it ends that, and opens nothing.",
    ),
    NOTE_REFUSED: (
        None,
        "RFC 792, RFC 1122 section 4.1.3.3, RFC 4443 section 3.1",
        "The other host says that nobody is at this port.",
    ),
    NOTE_UNREACHABLE: (
        None,
        "RFC 792, RFC 4443 section 3.1",
        "A host on the way says that the packet cannot get there.",
    ),
    NOTE_PROHIBITED: (
        None,
        "RFC 1812 section 5.2.7.1, RFC 4443 section 3.1",
        "A filter on the way says that it does not let the packet through.",
    ),
    NOTE_FRAGMENTATION_NEEDED: (
        None,
        "RFC 1191 section 3, RFC 8201 section 3",
        "The packet is too big for the way: {sender} has to send smaller ones. That ends nothing.",
    ),
    NOTE_TIME_EXCEEDED: (
        None,
        "RFC 792, RFC 4443 section 3.3",
        "The packet was on its way through too many routers, or for too long.",
    ),
    NOTE_PARAMETER_PROBLEM: (
        None,
        "RFC 792, RFC 4443 section 3.4",
        "A host on the way does not understand the packet's header.",
    ),
    NOTE_ERROR_IGNORED: (
        None,
        "RFC 5927 section 4.1",
        "It quotes a number that is not on its way: it may be forged, and is ignored.",
    ),
    NOTE_SEEDED: (None, "", "The connection was in the kernel's table before."),
}


def new_notes(part: Part) -> int:
    """Return the notes that `part` was the first to bring, as bits."""
    return part.after.notes & ~(0 if part.before is None else part.before.notes)


def _of_note(bit: int, part: Part) -> Saying:
    rule, source, text = _NOTES[bit]
    if bit == NOTE_CHALLENGE and part.flags & RST:
        rule = 1
    return Saying(rule, source, _about(text, part))


def _about(text: str, part: Part) -> str:
    sender, peer = who(part.after, part.side), who(part.after, 1 - part.side)
    return _capital(text.format(sender=sender, peer=peer))


# --- what a segment is ----------------------------------------------------------------------------


def of_part(part: Part) -> list[Saying]:
    """Return what a segment, datagram or error did, or in one sentence why it changed nothing."""
    said = [saying(change, part.after) for change in part.changes]
    notes = new_notes(part)
    said += [_of_note(bit, part) for bit in _NOTES if notes & bit]
    if _begins_to_exist(part):
        said.append(_answered(part))
    return said or [_nothing(part)]


def _begins_to_exist(part: Part) -> bool:
    """Return whether this is the first that is heard of an end whose state was presumed."""
    if part.before is None or not part.after.is_tcp:
        return False
    return part.after.ends[part.side].exists and not part.before.ends[part.side].exists


def _answered(part: Part) -> Saying:
    text = "{sender} is heard for the first time: what was presumed of it is proved, and its "
    text += "netstat shows the connection now."
    return Saying(0, "RFC 9293 section 3.10.7.2", _about(text, part))


def _nothing(part: Part) -> Saying:
    """Say why nothing changes."""
    rule, source, text = _UNCHANGED[kind(part)]
    text = text.format(
        sender="{sender}",
        peer="{peer}",
        payload=counted(part.payload, "octet"),
        acknowledged=counted(segments.acknowledged(part), "octet"),
        missing=counted(missing(part), "octet"),
    )
    if kind(part) == segments.RESET:
        text = _reset_without_effect(part)
    elif _is_over(part):
        rule, source, text = 7, "RFC 9293 section 3.10.7.1", _LATE
    return Saying(rule, source, _about(text, part))


_LATE = "For {peer} the connection is over: what comes late reopens nothing."


def _is_over(part: Part) -> bool:
    """Return whether who gets it has no connection any more."""
    receiver = receiver_before(part)
    return receiver is not None and receiver.exists and receiver.state == State.CLOSED


def _reset_without_effect(part: Part) -> str:
    receiver = receiver_before(part)
    if receiver is None or receiver.state == State.CLOSED:
        return "For {peer} the connection is over already: the RST finds nothing to end."
    if receiver.rcv_nxt is None:
        return "{peer} does not accept the RST."
    expected = relative(receiver.rcv_nxt, part.after.bases[part.side])
    return (
        f"Its number is {sequence(part)}, and {{peer}} expects {expected} next: {{peer}} does not "
        "accept the RST."
    )


#: What a segment that changes nothing is: rule, source, sentence.
_UNCHANGED: dict[str, tuple[int | None, str, str]] = {
    segments.SYN_ONLY: (
        2,
        "RFC 5961 section 4.2",
        "A SYN within an open connection changes nothing: it could be forged.",
    ),
    segments.SYN_AGAIN: (
        3,
        "RFC 9293 section 3.8.1",
        "{sender} repeats its SYN, for it got no answer yet: it is the same attempt.",
    ),
    segments.SYN_ACK: (
        None,
        "RFC 9293 section 3.10.7.3",
        "{sender} answers a SYN. It changes nothing that was known.",
    ),
    segments.SYN_ACK_AGAIN: (
        4,
        "RFC 9293 section 3.8.1",
        "{sender} repeats its SYN,ACK, for it lacks the ACK: it is still in the same state.",
    ),
    segments.FIRST_ACK: (
        None,
        "RFC 9293 section 3.10.7.4",
        "{sender} acknowledges the SYN of {peer}.",
    ),
    segments.DATA: (
        None,
        "RFC 9293 section 3.10.7.4",
        "{payload} of data go from {sender} to {peer}. Data change no state.",
    ),
    segments.DATA_AGAIN: (
        9,
        "RFC 9293 section 3.8.1",
        (
            "{payload} of data again, which passed before: {sender} lacks the ACK of them. Data "
            "change no state."
        ),
    ),
    segments.DATA_EARLY: (
        9,
        "RFC 9293 section 3.10.7.4",
        (
            "{payload} of data, but {missing} before them have not passed yet: {peer} keeps them "
            "until then. Data change no state."
        ),
    ),
    segments.ACKNOWLEDGMENT: (
        None,
        "RFC 9293 section 3.10.7.4",
        "{sender} says what it has got: {acknowledged} more. That changes no state.",
    ),
    segments.ACK_AGAIN: (
        9,
        "RFC 5681 section 2",
        "{sender} acknowledges nothing new. That changes no state.",
    ),
    segments.ACK_OF_SYN_AGAIN: (
        4,
        "RFC 9293 section 3.10.7.4",
        (
            "{sender} acknowledges the SYN,ACK again. Whether that arrives, the silence of {peer} "
            "will tell."
        ),
    ),
    segments.ACK_OF_FIN_AGAIN: (
        5,
        "RFC 9293 section 3.10.7.4",
        (
            "{sender} acknowledges the FIN again. Whether that arrives, the silence of {peer} will "
            "tell."
        ),
    ),
    segments.WINDOW_UPDATE: (
        9,
        "RFC 9293 section 3.8.6",
        "{sender} says how much it can take now: a window update. That changes no state.",
    ),
    segments.KEEP_ALIVE: (
        9,
        "RFC 9293 section 3.8.4",
        (
            "{sender} asks whether {peer} is still there: a keep-alive, with the number before its "
            "next. That changes no state."
        ),
    ),
    segments.FIN_FIRST: (
        6,
        "RFC 9293 section 3.10.7.4",
        "The FIN has no effect yet: something before it has not passed.",
    ),
    segments.FIN_AGAIN: (
        5,
        "RFC 9293 section 3.8.1",
        "{sender} repeats its FIN, for it lacks the ACK of it: it is still in the same state.",
    ),
    segments.RESET: (1, "RFC 5961 section 3.2", ""),
    segments.ODD: (
        10,
        "RFC 9293 section 3.10.7.4",
        "No TCP sends such control bits. It is dropped, and changes nothing.",
    ),
    segments.DATAGRAM: (
        None,
        "RFC 768",
        (
            "A datagram with {payload} of data. UDP has no connections and no states: each "
            "datagram goes for itself."
        ),
    ),
    segments.ERROR: (
        None,
        "RFC 1122 section 4.2.3.9",
        "The error ends nothing: it is not about something that is still on its way.",
    ),
    segments.FRAGMENT: (
        None,
        "RFC 791 section 3.2, RFC 8200 section 4.5",
        "A later part of a packet: it has no header of TCP or UDP of its own, and only counts.",
    ),
}
