"""The state machine of TCP as one table, for somebody who watches (RFC 9293 section 3.3.2).

Rule one: everything that may change the state of an endpoint is in this file.  (An endpoint begins
in CLOSED; the one that a first SYN is sent to, in LISTEN.)
Rule two: this file does not know who is client or server, local or foreign: an endpoint *sends*
(``SND_``) or *receives* (``RCV_``), nothing else.

The RFC draws its figures with the state after the departure or arrival of each segment.  An
observer sees a segment once, and that is both: one departure, for its sender, and one arrival,
for its receiver.  So each segment steps the table twice, in the order of RFC 9293 section
3.10.7.4: RST, SYN, ACK, FIN.  Some well-known arrows of the RFC's figure 5 are two steps here:
SYN_SENT to ESTABLISHED is RCV_SYN and RCV_ACK_OF_SYN, FIN_WAIT_1 to TIME_WAIT is RCV_ACK_OF_FIN
and RCV_FIN.

Whether a segment holds an "ACK of SYN" or an "ACK of FIN" is decided by its acknowledgment number
(in `connection`), never by the ACK flag: an ACK that does not cover the FIN is not an ACK of it.

That a segment seen has also arrived is a presumption.  When a later segment disproves it, the
second table, `TAKEN_BACK`, takes the state back.
"""

from enum import IntEnum


class State(IntEnum):
    """The eleven states of RFC 9293 section 3.3.2."""

    CLOSED = 0
    LISTEN = 1
    SYN_SENT = 2
    SYN_RECEIVED = 3
    ESTABLISHED = 4
    FIN_WAIT_1 = 5
    FIN_WAIT_2 = 6
    CLOSE_WAIT = 7
    CLOSING = 8
    LAST_ACK = 9
    TIME_WAIT = 10


class Event(IntEnum):
    """What one endpoint did or met; the columns of `TABLE`, then those of `TAKEN_BACK`."""

    SND_SYN = 0
    RCV_SYN = 1
    RCV_ACK_OF_SYN = 2
    SND_FIN = 3
    SND_FIN_CROSSING = 4
    RCV_FIN = 5
    RCV_ACK_OF_FIN = 6
    RESET = 7
    UNREACHABLE = 8
    TIMEOUT = 9
    PICKED_UP = 10
    SYN_ACK_LOST = 11
    ACK_OF_SYN_LOST = 12
    ACK_OF_FIN_LOST = 13
    FIN_LOST = 14
    END_DISPROVED = 15


_: None = None
_CL, _LI, _SS, _SR, _ES, _F1, _F2, _CW, _CG, _LA, _TW = State

#: The state after each event of figure 5; ``_``: the event does not change it.
#:
#: snd FIN crossing: a FIN sent while the peer's FIN is not yet acknowledged.
#: RST: one that its receiver accepts (RFC 5961 section 3.2), for both endpoints.
#: ICMP: an error says that the packet did not get there (RFC 1122 section 4.2.3.9, RFC 5461).
#: timeout: the endpoint's own timer ran out, which no segment tells (see config/tracker.yaml).
# fmt: off
TABLE: dict[State, tuple[State | None, ...]] = {
#                       snd  rcv  rcv     snd  FIN     rcv  rcv      RST  ICMP time  RFC 9293
#                       SYN  SYN  ACK     FIN  cros-   FIN  ACK           er-  out   section
#                                 of SYN       sing         of FIN        ror
    State.CLOSED:       (_SS, _,   _,      _,   _,      _,   _,       _,   _,   _),    # 3.5
    State.LISTEN:       (_SS, _SR, _,      _,   _,      _,   _,       _,   _,   _),    # 3.10.7.2
    State.SYN_SENT:     (_,   _SR, _,      _,   _,      _,   _,       _CL, _CL, _CL),  # 3.10.7.3
    State.SYN_RECEIVED: (_,   _,   _ES,    _F1, _F1,    _CW, _,       _CL, _CL, _CL),  # 3.10.7.4
    State.ESTABLISHED:  (_,   _,   _,      _F1, _F1,    _CW, _,       _CL, _,   _),    # 3.6
    State.FIN_WAIT_1:   (_,   _,   _,      _,   _,      _CG, _F2,     _CL, _,   _CL),  # 3.6, 1
    State.FIN_WAIT_2:   (_,   _,   _,      _,   _,      _TW, _,       _CL, _,   _CL),  # 3.6, 1
    State.CLOSE_WAIT:   (_,   _,   _,      _LA, _CG,    _,   _,       _CL, _,   _),    # 3.6, 2
    State.CLOSING:      (_,   _,   _,      _,   _,      _,   _TW,     _CL, _,   _CL),  # 3.6, 3
    State.LAST_ACK:     (_,   _,   _,      _,   _,      _,   _CL,     _CL, _,   _CL),  # 3.6, 2
    State.TIME_WAIT:    (_SS, _SR, _,      _,   _,      _,   _,       _CL, _,   _CL),  # 3.6.1
}
# TIME_WAIT and RST: RFC 9293 section 3.10.7.4 closes it, and so does Linux; RFC 1337 advises to
# ignore the RST, and so does the engine with the setting `rfc1337`.
# fmt: on

#: What later segments disprove, and the state it is taken back to.
#:
#: picked up: seen in the middle of the connection, no SYN before (or in spite of) it.
#: SYN,ACK lost: the initiator repeats its SYN, or the SYN,ACK is repeated and it stays silent.
#: ACK of SYN lost: the responder repeats its SYN,ACK after the ACK was seen to pass.
#: ACK of FIN lost: an endpoint repeats its FIN after the ACK of it was seen to pass.
#: FIN lost: an endpoint goes on acknowledging less than the FIN, or the FIN comes again.
# fmt: off
TAKEN_BACK: dict[State, tuple[State | None, ...]] = {
#                       picked  SYN,ACK  ACK(SYN)  ACK(FIN)  FIN
#                       up      lost     lost      lost      lost
    State.CLOSED:       (_ES,    _,       _,        _LA,      _),
    State.LISTEN:       (_ES,    _,       _,        _,        _),
    State.SYN_SENT:     (_,      _,       _,        _,        _),
    State.SYN_RECEIVED: (_ES,    _,       _,        _,        _),
    State.ESTABLISHED:  (_,      _SS,     _SR,      _,        _),
    State.FIN_WAIT_1:   (_,      _,       _,        _,        _),
    State.FIN_WAIT_2:   (_,      _,       _,        _F1,      _),
    State.CLOSE_WAIT:   (_,      _SS,     _SR,      _,        _ES),
    State.CLOSING:      (_,      _,       _,        _,        _F1),
    State.LAST_ACK:     (_,      _,       _,        _,        _),
    State.TIME_WAIT:    (_,      _,       _,        _CG,      _F2),
}
# fmt: on

_COLUMNS = Event.END_DISPROVED
_NEXT = bytes(old if new is None else new for old in State for new in TABLE[old] + TAKEN_BACK[old])
_END_DISPROVED = int(Event.END_DISPROVED)


def step(state: int, event: int, before_end: int) -> int:
    """Return the state after `event`.

    One event fits no table: an end that turns out not to have happened (the "sender" of a RST
    goes on talking, an endpoint that was given up asks again) gives back the state `before_end`.
    """
    if event == _END_DISPROVED:
        return before_end
    return _NEXT[state * _COLUMNS + event]


#: What each event is called where people read it, and where it is defined.
EVENTS: dict[Event, tuple[str, str]] = {
    Event.SND_SYN: ("snd SYN", "RFC 9293 section 3.5"),
    Event.RCV_SYN: ("rcv SYN", "RFC 9293 section 3.10.7.2"),
    Event.RCV_ACK_OF_SYN: ("rcv ACK of SYN", "RFC 9293 section 3.10.7.4"),
    Event.SND_FIN: ("snd FIN", "RFC 9293 section 3.6"),
    Event.SND_FIN_CROSSING: ("snd FIN, crossing", "RFC 9293 section 3.6 case 3"),
    Event.RCV_FIN: ("rcv FIN", "RFC 9293 section 3.10.7.4"),
    Event.RCV_ACK_OF_FIN: ("rcv ACK of FIN", "RFC 9293 section 3.10.7.4"),
    Event.RESET: ("RST", "RFC 9293 section 3.5.3, RFC 5961 section 3.2"),
    Event.UNREACHABLE: ("ICMP error", "RFC 1122 section 4.2.3.9, RFC 5461 section 2.2"),
    Event.TIMEOUT: ("timeout", "RFC 9293 section 3.8.3, config/tracker.yaml"),
    Event.PICKED_UP: ("picked up in the middle", "no SYN seen"),
    Event.SYN_ACK_LOST: ("SYN,ACK lost", "RFC 9293 section 3.8.1, the SYN is repeated"),
    Event.ACK_OF_SYN_LOST: ("ACK of SYN lost", "RFC 9293 section 3.8.1, SYN,ACK is repeated"),
    Event.ACK_OF_FIN_LOST: ("ACK of FIN lost", "RFC 9293 section 3.8.1, the FIN is repeated"),
    Event.FIN_LOST: ("FIN lost", "RFC 9293 section 3.4, the ACK stays below it"),
    Event.END_DISPROVED: (
        "end disproved",
        "RFC 5961 section 3, RFC 6298 section 5: it is heard again",
    ),
}
