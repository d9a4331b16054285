"""One side of a connection, as far as segments have told (RFC 9293 section 3.3.1).

What the numbers of an endpoint mean, seen from outside:

iss        sequence number of its SYN
snd_nxt    one more than the highest sequence number it was seen to send (SND.NXT)
fin        sequence number of its FIN
rcv_nxt    what it expects next from its peer (RCV.NXT): everything before it was seen to pass
ack_sent   the highest acknowledgment number it sent itself: proof of what has arrived
edge       the right edge of the window it offered (RCV.NXT + RCV.WND), where the scale is known
"""

from tracker.tcp_state import Event, State
from tracker.typed import NamedTuple
from tracker.words import (
    CLOSED,
    CLOSING,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LAST_ACK,
    NOTHING,
    OBSERVED,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
)


class Transition(NamedTuple):
    """One change of state of one endpoint.

    frame     number of the frame that caused it, or of the last one before a timer did
    time      ns since 1970
    side      0 or 1: the endpoint's place in the socket pair
    before, after    its states
    event     `tcp_state.Event`
    """

    frame: int
    time: int
    side: int
    before: State
    after: State
    event: Event


class Profile:
    """How the hosts' kernels leave states by themselves, what the wire never says (rule 11).

    timers     ns an endpoint stays in each `State`, 0 for ever
    initial_rto    ns after which an unanswered SYN or SYN,ACK is sent again (RFC 6298 section 2.1)
    rfc1337    whether TIME_WAIT ignores a RST (RFC 1337 section 3; Linux: tcp_rfc1337, off)
    soonest    ns before which no timer ends a state, from when the endpoint entered it or last
               sent a SYN or FIN, whichever was first
    """

    def __init__(self, timers: list[int], rfc1337: bool, initial_rto: int) -> None:
        self.syn_sent = timers[SYN_SENT]
        self.syn_received = timers[SYN_RECEIVED]
        self.fin_wait_1 = timers[FIN_WAIT_1]
        self.fin_wait_2 = timers[FIN_WAIT_2]
        self.closing = timers[CLOSING]
        self.last_ack = timers[LAST_ACK]
        self.time_wait = timers[TIME_WAIT]
        self.rfc1337 = rfc1337
        self.initial_rto = initial_rto
        # See `rules.timing.end_of_state`: some end by an eighteenth before their time.
        shortest = min((timer for timer in timers if timer), default=0)
        self.soonest = min(shortest - shortest // 18, initial_rto * 5 // 4)

    def timer(self, state: int) -> int:
        """Return how long an endpoint stays in `state`, ns; 0 for ever."""
        if state == TIME_WAIT:
            return self.time_wait
        if state == FIN_WAIT_2:
            return self.fin_wait_2
        if state == SYN_SENT:
            return self.syn_sent
        if state == SYN_RECEIVED:
            return self.syn_received
        if state == FIN_WAIT_1:
            return self.fin_wait_1
        if state == LAST_ACK:
            return self.last_ack
        if state == CLOSING:
            return self.closing
        return 0


class Endpoint:
    """One side of a connection: its state, its sequence space (see above) and its counters.

    packets, bytes, payload   what it sent: frames, octets on the wire, octets of data
    duplicates      frames among them that came twice, with the same IP identification
    certainty       OBSERVED, INFERRED or ASSUMED
    evidence_frame, evidence_event    what caused the last transition
    since           when that was, ns; TIME_WAIT starts anew with a repeated FIN
    exists          whether any segment proves that the endpoint is there at all (rule 0)
    asked_at, gap   when it last sent a SYN or FIN, and how long after the time before, ns
    pending         an event in doubt: seen to pass, but then asked for again (rules 4 and 5)
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Be an endpoint of which nothing was seen."""
        self.packets = 0
        self.bytes = 0
        self.duplicates = 0
        self.last_print = 0
        self.payload = 0
        self.evidence_frame = 0
        self.since = 0
        self.asked_at = 0
        self.gap = 0
        self.iss = 0
        self.snd_nxt = 0
        self.fin = 0
        self.rcv_nxt = 0
        self.ack_sent = 0
        self.edge = 0
        self.hole_start = 0
        self.hole_end = 0
        self.letters = 0
        self.state = CLOSED
        self.before_end = CLOSED
        self.certainty = OBSERVED
        self.evidence_event = NOTHING
        self.pending = NOTHING
        self.window_scale = NOTHING
        self.exists = False
        self.has_iss = False
        self.has_snd = False
        self.has_fin = False
        self.has_rcv = False
        self.has_ack = False
        self.has_edge = False
        self.has_hole = False
        self.answered = False  # has sent a SYN,ACK
        self.doubts_fin = False  # the peer's FIN counts once acknowledged, not once seen
        self.reads = False  # acknowledged data after its own FIN: not an orphan
