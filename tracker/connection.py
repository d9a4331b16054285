"""One connection: two endpoints, and what a segment seen on the wire does to both.

`Connection.segment_seen` takes each segment twice through `tcp_state`: once for its sender, once
for its receiver.  The code says *sender* and *receiver* throughout; who opened the connection,
and whose netstat is printed, is a label for those who show it.

What the numbers of an endpoint mean is RFC 9293 section 3.3.1, seen from outside:

iss        sequence number of its SYN
snd_nxt    one more than the highest sequence number it was seen to send (SND.NXT)
fin        sequence number of its FIN
rcv_nxt    what it expects next from its peer (RCV.NXT): everything before it was seen to pass
ack_sent   the highest acknowledgment number it sent itself: proof of what has arrived
edge       the right edge of the window it offered (RCV.NXT + RCV.WND), where the scale is known

The rules that people can look up in the README have numbers; the code names them where they act.
"""

from typing import NamedTuple

from tracker.sequence import add, after, before, distance
from tracker.tcp_state import Event, State, step
from tracker.wire.segment import ACK, FIN, RST, SYN, TCP, Segment
from tracker.words import (
    ASSUMED,
    BY_SYN,
    BY_SYN_ACK,
    INFERRED,
    LETTER_ACK,
    LETTER_DATA,
    LETTER_FIN,
    LETTER_GAP,
    LETTER_MULTI,
    LETTER_RETRANSMISSION,
    LETTER_RST,
    LETTER_SYN,
    LETTER_SYN_ACK,
    LETTER_ZERO_WINDOW,
    NOTE_ACK_OF_UNSENT,
    NOTE_CHALLENGE,
    NOTE_LONE_RESET,
    NOTE_ODD_FLAGS,
    NOTE_OLD_SYN,
    NOTE_OUT_OF_WINDOW,
    NOTE_RESET_DISPROVED,
    NOTE_RESET_IGNORED,
    NOTHING,
    OBSERVED,
    UNKNOWN,
)

CLOSED = int(State.CLOSED)
LISTEN = int(State.LISTEN)
SYN_SENT = int(State.SYN_SENT)
SYN_RECEIVED = int(State.SYN_RECEIVED)
ESTABLISHED = int(State.ESTABLISHED)
FIN_WAIT_1 = int(State.FIN_WAIT_1)
FIN_WAIT_2 = int(State.FIN_WAIT_2)
CLOSE_WAIT = int(State.CLOSE_WAIT)
CLOSING = int(State.CLOSING)
LAST_ACK = int(State.LAST_ACK)
TIME_WAIT = int(State.TIME_WAIT)

SND_SYN = int(Event.SND_SYN)
RCV_SYN = int(Event.RCV_SYN)
RCV_ACK_OF_SYN = int(Event.RCV_ACK_OF_SYN)
SND_FIN = int(Event.SND_FIN)
SND_FIN_CROSSING = int(Event.SND_FIN_CROSSING)
RCV_FIN = int(Event.RCV_FIN)
RCV_ACK_OF_FIN = int(Event.RCV_ACK_OF_FIN)
RESET = int(Event.RESET)
TIMEOUT = int(Event.TIMEOUT)
PICKED_UP = int(Event.PICKED_UP)
SYN_ACK_LOST = int(Event.SYN_ACK_LOST)
ACK_OF_SYN_LOST = int(Event.ACK_OF_SYN_LOST)
ACK_OF_FIN_LOST = int(Event.ACK_OF_FIN_LOST)
FIN_LOST = int(Event.FIN_LOST)
END_DISPROVED = int(Event.END_DISPROVED)

_LETTER_BITS = 5  # four for the letter, one for the side
_LETTERS_IN_WORD = 12

# The shortest time after which anything is sent again for want of an ACK (Linux TCP_RTO_MIN;
# RFC 6298 section 2.4 says 1 s).  What is sent later than that after a RST was not on its way
# when the RST passed.
MIN_RTO_NS = 200_000_000

# How long a SYN or SYN,ACK waits for its answer before it is sent again (RFC 6298 section 2.1).
INITIAL_RTO_NS = 1_000_000_000


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
    rfc1337    whether TIME_WAIT ignores a RST (RFC 1337 section 3; Linux: tcp_rfc1337, off)
    """

    def __init__(self, timers: list[int], rfc1337: bool) -> None:
        self.syn_sent = timers[SYN_SENT]
        self.syn_received = timers[SYN_RECEIVED]
        self.fin_wait_1 = timers[FIN_WAIT_1]
        self.fin_wait_2 = timers[FIN_WAIT_2]
        self.closing = timers[CLOSING]
        self.last_ack = timers[LAST_ACK]
        self.time_wait = timers[TIME_WAIT]
        self.rfc1337 = rfc1337

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
    certainty       OBSERVED, INFERRED or ASSUMED
    evidence_frame, evidence_event    what caused the last transition
    since           when that was, ns; TIME_WAIT starts anew with a repeated FIN
    exists          whether any segment proves that the endpoint is there at all (rule 0)
    asked_at, gap   when it last sent a SYN or FIN, and how long after the time before, ns
    pending         an event in doubt: seen to pass, but then asked for again (rules 4 and 5)
    """

    def __init__(self) -> None:
        self.packets = 0
        self.bytes = 0
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


class Connection:
    """What is between the two sockets of a pair, one generation of it; for UDP, a pseudo one.

    The endpoints `a` and `b` stand in the order of the socket pair (the lower address first, as
    in Community ID v1); `side` 0 is `a`.

    initiator       0 or 1, side of the endpoint that opened it; `basis` says how that is known
    first_sender    side of the first segment seen
    first_seen, last_seen    ns since 1970
    transitions     list of `Transition`, when history is kept, else None
    previous        the generation before, until the responder answers in this one
    superseded      whether a later generation has taken its place
    left_behind     side of the endpoint that is still in this one then, or -1
    """

    def __init__(self) -> None:
        self.a = Endpoint()
        self.b = Endpoint()
        self.a_high = 0
        self.a_low = 0
        self.b_high = 0
        self.b_low = 0
        self.a_port = 0
        self.b_port = 0
        self.version = 0
        self.protocol = 0
        self.generation = 1
        self.first_seen = 0
        self.last_seen = 0
        self.first_frame = 0
        self.first_sender = 0
        self.initiator = 0
        self.basis = UNKNOWN
        self.notes = 0
        self.fresh = True  # nothing seen yet that opens a connection
        self.calm = False  # established and nothing in doubt: most segments change no state
        self.fast_open = False
        self.simultaneous = False  # both sent a SYN of their own
        self.reset_seen = False
        self.reset_side = 0
        self.reset_time = 0
        self.attempted = False  # a SYN inside the connection waits for its answer (rule 2)
        self.attempt_side = 0
        self.attempt_sequence = 0
        self.attempt_frame = 0
        self.attempt_time = 0
        self.history_low = 0
        self.history_high = 0
        self.history_length = 0
        self.transitions: list[Transition] | None = None
        self.previous: Connection | None = None
        self.superseded = False
        self.left_behind = NOTHING
        # The flow table's business: place in the pool, neighbours in the queue, which queue.
        self.index = 0
        self.older = NOTHING
        self.newer = NOTHING
        self.queue = NOTHING

    # --- a segment ------------------------------------------------------------------------------

    def segment_seen(self, segment: Segment, side: int, profile: Profile) -> None:
        """Count `segment`, sent by endpoint `side`, and step both endpoints."""
        sender = self.b if side else self.a
        receiver = self.a if side else self.b
        sender.packets += 1
        sender.bytes += segment.length
        sender.payload += segment.payload
        if segment.time > self.last_seen:
            self.last_seen = segment.time
        if segment.protocol != TCP:
            sender.exists = True
            self._note_letter(sender, side, LETTER_DATA)
            return
        self._note_letters(sender, side, segment)
        if self.calm and segment.flags & (FIN | SYN | RST | ACK) == ACK:
            if not (receiver.has_edge and after(segment.sequence, receiver.edge)):
                self._move(sender, receiver, segment)
            return
        self.settle(segment.time, profile)
        self._turn(sender, receiver, segment, profile)
        self.calm = self._is_calm()

    def _turn(
        self, sender: Endpoint, receiver: Endpoint, segment: Segment, profile: Profile
    ) -> None:
        """Step both endpoints: RST, SYN, ACK, FIN, in the order of RFC 9293 section 3.10.7.4."""
        flags = segment.flags & (FIN | SYN | RST | ACK)
        if flags & SYN and flags & (FIN | RST):
            self.notes |= NOTE_ODD_FLAGS
        elif flags & RST:
            self._reset(sender, receiver, segment, profile)
        elif flags & SYN:
            sender.exists = True
            if flags & ACK:
                self._syn_ack(sender, receiver, segment)
            else:
                self._syn(sender, receiver, segment)
        elif flags & ACK:
            self._exchange(sender, receiver, segment)
        else:
            # NULL, XMAS, a FIN without ACK: RFC 9293 section 3.10.7.4, fifth, drops them.
            self.notes |= NOTE_ODD_FLAGS

    def _is_calm(self) -> bool:
        """Return whether nothing but a SYN, FIN or RST can change the states."""
        return (
            self.a.state == ESTABLISHED
            and self.b.state == ESTABLISHED
            and self.a.pending == NOTHING
            and self.b.pending == NOTHING
            and not self.reset_seen
            and not self.attempted
            and self._proved_syn(self.a, self.b)
            and self._proved_syn(self.b, self.a)
        )

    def _step(
        self, endpoint: Endpoint, event: int, frame: int, time: int, certainty: int
    ) -> None:
        """Let `event` happen to `endpoint` and keep the evidence where it changes the state."""
        state = step(endpoint.state, event, endpoint.before_end)
        if state == endpoint.state:
            return
        if endpoint.certainty == ASSUMED and event != RESET and not self._both_sent_data():
            certainty = ASSUMED
        if self.transitions is not None:
            self._keep_transition(endpoint, event, frame, time, state)
        if state == CLOSED:
            endpoint.before_end = endpoint.state
        endpoint.state = state
        endpoint.certainty = certainty
        endpoint.evidence_frame = frame
        endpoint.evidence_event = event
        endpoint.since = time

    def _keep_transition(
        self, endpoint: Endpoint, event: int, frame: int, time: int, state: int
    ) -> None:
        if self.transitions is not None:
            side = 0 if endpoint is self.a else 1
            before = State(endpoint.state)
            self.transitions.append(
                Transition(frame, time, side, before, State(state), Event(event))
            )

    def _both_sent_data(self) -> bool:
        """Return whether both sides sent data: then neither had closed before it was seen."""
        return self.a.letters & self.b.letters & LETTER_DATA != 0

    def certainty(self, endpoint: Endpoint) -> int:
        """Return how the state of `endpoint` is known."""
        if (
            endpoint.certainty == ASSUMED
            and endpoint.state == ESTABLISHED
            and self._both_sent_data()
        ):
            return OBSERVED
        return endpoint.certainty

    # --- SYN ------------------------------------------------------------------------------------

    def _syn(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        frame, time = segment.frame, segment.time
        if self.fresh:
            self._open(sender, receiver, segment)
        elif sender.has_iss and segment.sequence == sender.iss:
            self._syn_again(sender, receiver, segment)
        elif sender.state == SYN_SENT or (
            sender.state == ESTABLISHED and sender.has_iss and not self._proved_syn(sender, receiver)
        ):
            self._newer_attempt(sender, receiver, segment)
        elif not sender.has_iss and receiver.state == SYN_SENT:
            # Simultaneous open (RFC 9293 figure 7).
            self.simultaneous = True
            self._sends_syn(sender, receiver, segment)
            self._step(sender, SND_SYN, frame, time, OBSERVED)
            sender.evidence_frame = frame
            self._step(receiver, RCV_SYN, frame, time, OBSERVED)
        else:
            # Rule 2: whoever is synchronized answers with a challenge ACK (RFC 5961 section 4).
            self.notes |= NOTE_CHALLENGE
            self.attempted = True
            self.attempt_side = 0 if sender is self.a else 1
            self.attempt_sequence = segment.sequence
            self.attempt_frame = frame
            self.attempt_time = time

    def _open(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        self.fresh = False
        self.initiator = 0 if sender is self.a else 1
        self.basis = BY_SYN
        receiver.state = LISTEN
        self._sends_syn(sender, receiver, segment)
        self._step(sender, SND_SYN, segment.frame, segment.time, OBSERVED)
        self._step(receiver, RCV_SYN, segment.frame, segment.time, INFERRED)

    def _sends_syn(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
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

    def _asks_again(self, sender: Endpoint, time: int) -> None:
        """Note when a SYN or FIN was repeated (RFC 6298 section 5: the gap doubles each time)."""
        if time > sender.asked_at:
            sender.gap = time - sender.asked_at
            sender.asked_at = time

    def _revive(self, endpoint: Endpoint, segment: Segment) -> None:
        """Take back a timeout: who is heard again had not given up."""
        if endpoint.state == CLOSED and endpoint.evidence_event == TIMEOUT:
            self._step(endpoint, END_DISPROVED, segment.frame, segment.time, OBSERVED)

    def _syn_again(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """Rule 3: a repeated SYN is the same attempt; it has not got the SYN,ACK (rule 0)."""
        self._asks_again(sender, segment.time)
        self._revive(sender, segment)
        if sender.state == ESTABLISHED and not self._proved_syn(sender, receiver):
            self._step(sender, SYN_ACK_LOST, segment.frame, segment.time, OBSERVED)

    def _newer_attempt(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """Rule 3: while opening, the newest SYN that gets answered is the one.

        Initial sequence numbers of one socket pair grow with time (RFC 6528), so a lower one is
        an old duplicate (RFC 9293 figure 8); if it was not, the sender's next ACK tells.
        """
        if before(segment.sequence, sender.iss):
            self.notes |= NOTE_OLD_SYN
            return
        self._step(sender, SYN_ACK_LOST, segment.frame, segment.time, OBSERVED)
        self._sends_syn(sender, receiver, segment)
        sender.since = segment.time
        sender.evidence_frame = segment.frame

    def _syn_ack(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        if self.fresh:
            self._open_by_syn_ack(sender, receiver, segment)
        elif sender.has_iss and segment.sequence == sender.iss and sender.answered:
            self._syn_ack_again(sender, receiver, segment)
            return
        elif sender.has_iss and segment.sequence == sender.iss and self.simultaneous:
            pass  # it sent its SYN before, and answers the other one now
        elif not self._may_answer(sender, receiver):
            self.notes |= NOTE_CHALLENGE
            return
        else:
            self._step(sender, ACK_OF_SYN_LOST, segment.frame, segment.time, OBSERVED)
            self._sends_syn(sender, receiver, segment)
        self._answers(sender, receiver, segment)

    def _may_answer(self, sender: Endpoint, receiver: Endpoint) -> bool:
        """Return whether a SYN,ACK of `sender` can be news to `receiver`.

        It can as long as that one still waits for it, whatever was told of `sender` before.
        """
        if receiver.state == SYN_SENT:
            return True
        if sender.state != LISTEN and sender.state != SYN_RECEIVED:
            return False
        return not (sender.has_iss and self._proved_syn(receiver, sender))

    def _open_by_syn_ack(
        self, sender: Endpoint, receiver: Endpoint, segment: Segment
    ) -> None:
        """Rule 8: the SYN was not seen; the SYN,ACK tells who sent it, and its number."""
        frame, time = segment.frame, segment.time
        self.fresh = False
        self.initiator = 1 if sender is self.a else 0
        self.basis = BY_SYN_ACK
        sender.state = LISTEN
        self._sends_syn(sender, receiver, segment)
        self._step(sender, RCV_SYN, frame, time, OBSERVED)
        receiver.iss = add(segment.acknowledgment, 0xFFFFFFFF)
        receiver.has_iss = True
        receiver.snd_nxt = segment.acknowledgment
        receiver.has_snd = True
        self._step(receiver, SND_SYN, frame, time, INFERRED)

    def _answers(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """Take a SYN,ACK to its receiver, where it acknowledges that one's SYN."""
        frame, time = segment.frame, segment.time
        if sender.state == SYN_RECEIVED and not sender.answered:
            sender.evidence_frame = frame
            sender.since = time
            sender.certainty = OBSERVED
        sender.answered = True
        sender.rcv_nxt = sender.ack_sent = segment.acknowledgment
        sender.has_rcv = sender.has_ack = True
        if not receiver.has_iss:
            return
        if not after(segment.acknowledgment, receiver.iss) or after(
            segment.acknowledgment, receiver.snd_nxt
        ):
            # Unacceptable: RFC 9293 section 3.10.7.3, first. Its receiver answers with a RST.
            return
        self._offers(sender, receiver, segment, 0)
        self.fast_open = distance(receiver.iss, segment.acknowledgment) > 1
        known = OBSERVED if receiver.packets else INFERRED
        self._step(receiver, RCV_SYN, frame, time, known)
        self._step(receiver, RCV_ACK_OF_SYN, frame, time, known)

    def _syn_ack_again(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """Rule 4: after the handshake's last ACK; one who has sent more is past that.

        Where no ACK was seen, the initiator may still have the SYN,ACK: one that lacks it
        repeats its SYN, and that tells.
        """
        self._asks_again(sender, segment.time)
        self._revive(sender, segment)
        if receiver.state == SYN_SENT:
            self._answers(sender, receiver, segment)
        elif sender.state == ESTABLISHED or sender.state == CLOSE_WAIT:
            if not self._has_sent_more(sender):
                self._step(sender, ACK_OF_SYN_LOST, segment.frame, segment.time, OBSERVED)
                sender.pending = RCV_ACK_OF_SYN

    def _has_sent_more(self, endpoint: Endpoint) -> bool:
        """Return whether `endpoint` sent more than SYN,ACKs, which only ESTABLISHED allows."""
        return endpoint.letters & (LETTER_ACK | LETTER_DATA | LETTER_FIN) != 0

    def _proved_syn(self, endpoint: Endpoint, peer: Endpoint) -> bool:
        """Return whether `endpoint` acknowledged its peer's SYN (or there is none to speak of)."""
        if not peer.has_iss:
            return True
        return endpoint.has_ack and after(endpoint.ack_sent, peer.iss)

    # --- RST ------------------------------------------------------------------------------------

    def _reset(
        self, sender: Endpoint, receiver: Endpoint, segment: Segment, profile: Profile
    ) -> None:
        """Rule 1: a RST closes where its number is exactly the one expected (RFC 5961 3.2)."""
        if self.fresh:
            self.notes |= NOTE_LONE_RESET
            return
        if receiver.state == SYN_SENT:
            if self._refuses(receiver, segment):
                self._close_by_reset(sender, receiver, segment, True)
            else:
                self.notes |= NOTE_RESET_IGNORED
            return
        exact = receiver.has_rcv and self._is_expected(sender, receiver, segment.sequence)
        if receiver.state == TIME_WAIT and profile.rfc1337:
            exact = False
        side = 0 if sender is self.a else 1
        if exact or (segment.flags & ACK and self.answers_attempt(segment, side)):
            self._close_by_reset(sender, receiver, segment, True)
        elif (sender.has_snd and segment.sequence == sender.snd_nxt) or (
            receiver.has_ack and segment.sequence == receiver.ack_sent
        ):
            # Who sent it has closed; its receiver lacks something before it, or has more.
            self._close_by_reset(sender, receiver, segment, False)
        elif self._in_window(receiver, segment.sequence):
            self.notes |= NOTE_CHALLENGE
        else:
            self.notes |= NOTE_RESET_IGNORED

    def _refuses(self, receiver: Endpoint, segment: Segment) -> bool:
        """Return whether a RST acknowledges the SYN of `receiver` (RFC 9293 3.10.7.3)."""
        return (
            segment.flags & ACK != 0
            and after(segment.acknowledgment, receiver.iss)
            and not after(segment.acknowledgment, receiver.snd_nxt)
        )

    def _is_expected(self, sender: Endpoint, receiver: Endpoint, sequence: int) -> bool:
        """Return whether `receiver` expects exactly `sequence` next.

        Linux takes two more numbers for it, as some stacks send them: the end of what it holds
        behind a hole, and, once the FIN has arrived, the FIN's own (tcp_reset_check).
        """
        if sequence == receiver.rcv_nxt:
            return True
        if receiver.has_hole and sequence == receiver.hole_end:
            return True
        return (
            sender.has_fin
            and sequence == sender.fin
            and receiver.rcv_nxt == add(sender.fin, 1)
            and (
                receiver.state == CLOSE_WAIT
                or receiver.state == CLOSING
                or receiver.state == LAST_ACK
            )
        )

    def _in_window(self, receiver: Endpoint, sequence: int) -> bool:
        return (
            receiver.has_rcv
            and after(sequence, receiver.rcv_nxt)
            and (not receiver.has_edge or not after(sequence, receiver.edge))
        )

    def _close_by_reset(
        self, sender: Endpoint, receiver: Endpoint, segment: Segment, arrives: bool
    ) -> None:
        self.reset_seen = True
        self.reset_side = 0 if sender is self.a else 1
        self.reset_time = segment.time
        if sender.state != SYN_SENT:
            # In SYN_SENT a RST answers an unacceptable ACK; its sender waits on (figure 8).
            self._step(sender, RESET, segment.frame, segment.time, OBSERVED)
            sender.pending = NOTHING
        if arrives:
            self._step(receiver, RESET, segment.frame, segment.time, OBSERVED)
            receiver.pending = NOTHING

    def _outlives_reset(self, sender: Endpoint, segment: Segment) -> bool:
        """Return whether `sender`, closed by a RST, is heard again and so was not closed.

        What its peer had on the way when the RST passed proves nothing: a late ACK after a
        close reopens nothing (rule 7).
        """
        if sender.state != CLOSED:
            return True
        if sender.evidence_event != RESET:
            return False
        side = 0 if sender is self.a else 1
        late = segment.time - self.reset_time > MIN_RTO_NS
        new = after(add(segment.sequence, segment.payload), sender.snd_nxt)
        if not late and not (new and side == self.reset_side):
            return False
        if side == self.reset_side:
            self.notes |= NOTE_RESET_DISPROVED
        self._step(sender, END_DISPROVED, segment.frame, segment.time, OBSERVED)
        return True

    # --- ACK, data, FIN -------------------------------------------------------------------------

    def _exchange(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """Take a segment with ACK and without SYN and RST: acknowledgment, data, FIN."""
        if self.fresh:
            self._pick_up(sender, receiver, segment)
        elif self.reset_seen and not self._outlives_reset(sender, segment):
            return
        if receiver.has_edge and after(segment.sequence, receiver.edge):
            self.notes |= NOTE_OUT_OF_WINDOW
            return
        if self._is_bad_ack(sender, receiver, segment):
            self.notes |= NOTE_ACK_OF_UNSENT
            return
        sender.exists = True
        self._revive(sender, segment)
        self._correct(sender, receiver, segment)
        self._prove(sender, receiver, segment)
        if receiver.state == TIME_WAIT:
            receiver.since = segment.time  # RFC 9293 section 3.10.7.4: restart the 2 MSL timer
        if not self._is_old(receiver, segment):
            self._acknowledge(sender, receiver, segment)
            self._move(sender, receiver, segment)
        if segment.flags & FIN:
            self._fin(sender, receiver, segment)
        self._take_fin(sender, receiver, segment)

    def _is_old(self, receiver: Endpoint, segment: Segment) -> bool:
        """Return whether the receiver has all of the segment and drops it.

        It is lenient by what it has not acknowledged yet, but not in SYN_RECEIVED (Linux
        tcp_sequence and tcp_check_req).
        """
        end = add(segment.sequence, segment.payload + (segment.flags & FIN))
        if receiver.state == SYN_RECEIVED and receiver.has_rcv and not self.simultaneous:
            return segment.sequence != receiver.rcv_nxt and not after(end, receiver.rcv_nxt)
        return receiver.has_ack and before(end, receiver.ack_sent)

    def _is_bad_ack(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> bool:
        """Return whether the acknowledgment makes its receiver drop the whole segment.

        That is one of more than can have been sent, one older than a window (RFC 5961 section
        5.2), and in SYN_RECEIVED any but of the SYN (RFC 9293 section 3.10.7.4, fifth).
        """
        number = segment.acknowledgment
        unsent = receiver.has_snd and after(number, receiver.snd_nxt)
        if receiver.state == SYN_RECEIVED and receiver.has_iss:
            return unsent or not after(number, receiver.iss)
        if not sender.has_edge:
            return False
        if unsent:
            return after(number, sender.edge)
        return before(number, sender.ack_sent) and (
            distance(number, sender.ack_sent) > distance(sender.ack_sent, sender.edge)
        )

    def _correct(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """Take back what the receiver claimed to have got: the sender sends it only now.

        An acknowledgment of more than was seen may mean that the capture lost something.  But
        where the sender goes on just where it was, nothing was lost and the number was wrong.
        """
        here = segment.sequence
        if here != sender.snd_nxt or not sender.has_snd or sender.has_fin:
            return
        if segment.payload or segment.flags & FIN:
            if receiver.has_rcv and after(receiver.rcv_nxt, here):
                receiver.rcv_nxt = here
            if receiver.has_ack and after(receiver.ack_sent, here):
                receiver.ack_sent = here

    def _pick_up(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """Rule 7: no SYN was seen, so both endpoints are assumed to be ESTABLISHED."""
        self.fresh = False
        receiver.exists = True
        sender.snd_nxt = receiver.rcv_nxt = segment.sequence
        receiver.snd_nxt = sender.rcv_nxt = segment.acknowledgment
        sender.has_snd = receiver.has_rcv = receiver.has_snd = sender.has_rcv = True
        self._step(sender, PICKED_UP, segment.frame, segment.time, ASSUMED)
        self._step(receiver, PICKED_UP, segment.frame, segment.time, ASSUMED)

    def _prove(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """Draw what the segment proves about its own sender (rule 0)."""
        if sender.state == SYN_SENT:
            self._proves_answer(sender, receiver, segment)
        elif sender.state == LISTEN or sender.state == SYN_RECEIVED:
            self._proves_established(sender, receiver, segment)
        if receiver.has_fin:
            self._proves_fin(sender, receiver, segment)
        if (
            sender.has_fin
            and sender.has_ack
            and after(segment.acknowledgment, sender.ack_sent)
            and not (receiver.has_fin and segment.acknowledgment == add(receiver.fin, 1))
        ):
            sender.reads = True

    def _proves_answer(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """An initiator acknowledges: it got the SYN,ACK, whether that was seen or not."""
        frame, time = segment.frame, segment.time
        if receiver.has_iss and not after(segment.acknowledgment, receiver.iss):
            return
        known = OBSERVED
        if not receiver.has_iss:
            known = INFERRED
            receiver.iss = add(segment.acknowledgment, 0xFFFFFFFF)
            receiver.snd_nxt = segment.acknowledgment
            receiver.has_iss = receiver.has_snd = receiver.exists = True
            sender.rcv_nxt = segment.acknowledgment
            sender.has_rcv = True
        if before(segment.sequence, add(sender.iss, 1)):
            sender.iss = add(segment.sequence, 0xFFFFFFFF)
            sender.snd_nxt = segment.sequence
            receiver.rcv_nxt = segment.sequence
        self._step(sender, RCV_SYN, frame, time, known)
        self._step(sender, RCV_ACK_OF_SYN, frame, time, known)

    def _proves_established(
        self, sender: Endpoint, receiver: Endpoint, segment: Segment
    ) -> None:
        """A responder sends something after its SYN,ACK, or without ever having sent one."""
        frame, time = segment.frame, segment.time
        if sender.has_iss:
            # A bare ACK of the SYN may be a challenge ACK, which needs no connection.
            heard = (
                receiver.packets == 0
                or segment.payload != 0
                or segment.flags & FIN != 0
                or after(segment.acknowledgment, add(receiver.iss, 1))
            )
            if heard and not self.fast_open:
                sender.pending = NOTHING
                self._step(sender, RCV_ACK_OF_SYN, frame, time, OBSERVED)
        elif receiver.has_iss and segment.acknowledgment == receiver.snd_nxt:
            # Its SYN,ACK was not captured; whether that arrived, the receiver's ACK will tell.
            sender.iss = add(segment.sequence, 0xFFFFFFFF)
            sender.snd_nxt = segment.sequence
            sender.has_iss = sender.has_snd = True
            receiver.rcv_nxt = segment.sequence
            receiver.has_rcv = True
            self._step(sender, RCV_SYN, frame, time, INFERRED)
            self._step(sender, RCV_ACK_OF_SYN, frame, time, INFERRED)
        else:
            # It talks of a connection from before the SYN (RFC 9293 figure 9).
            sender.snd_nxt = segment.sequence
            sender.rcv_nxt = segment.acknowledgment
            receiver.rcv_nxt = segment.sequence
            sender.has_snd = sender.has_rcv = receiver.has_rcv = True
            self._step(sender, PICKED_UP, frame, time, ASSUMED)

    def _proves_fin(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """The sender has its peer's FIN if it acknowledges it, and not if it goes on below."""
        frame, time = segment.frame, segment.time
        past_fin = add(receiver.fin, 1)
        if segment.acknowledgment == past_fin:
            sender.rcv_nxt = past_fin
            self._step(sender, RCV_FIN, frame, time, OBSERVED)
        elif before(segment.acknowledgment, past_fin) and not (
            sender.has_ack and sender.ack_sent == past_fin
        ):
            # A FIN of its own that crosses the other on the way is no sign yet.
            if not segment.flags & FIN or sender.has_fin:
                self._lose_fin(sender, receiver, segment)

    def _lose_fin(self, endpoint: Endpoint, peer: Endpoint, segment: Segment) -> None:
        """Rule 0: the peer's FIN has not arrived; from here on only an ACK proves that it did."""
        endpoint.doubts_fin = True
        if endpoint.rcv_nxt == add(peer.fin, 1):
            endpoint.rcv_nxt = peer.fin
        self._step(endpoint, FIN_LOST, segment.frame, segment.time, OBSERVED)

    def _acknowledge(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """Let the acknowledgment arrive at the receiver."""
        frame, time = segment.frame, segment.time
        if receiver.has_snd and after(segment.acknowledgment, receiver.snd_nxt):
            # Sent, and not captured.
            self._note_letter(receiver, 0 if receiver is self.a else 1, LETTER_GAP)
        if receiver.evidence_event == TIMEOUT and receiver.before_end == SYN_RECEIVED:
            self._revive(receiver, segment)  # a SYN cookie (RFC 4987 section 3.6) needs no state
        if receiver.pending != NOTHING:
            return  # Rules 4 and 5: it asked again after it was answered; see settle
        if (
            receiver.state == SYN_RECEIVED
            and receiver.has_iss
            and after(segment.acknowledgment, receiver.iss)
        ):
            self._step(receiver, RCV_ACK_OF_SYN, frame, time, OBSERVED)
        if receiver.has_fin and segment.acknowledgment == add(receiver.fin, 1):
            self._step(receiver, RCV_ACK_OF_FIN, frame, time, OBSERVED)

    def _move(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """Move SND.NXT of the sender, RCV.NXT of both, and the sender's window."""
        if segment.payload:
            end = add(segment.sequence, segment.payload)
            if not sender.has_snd or after(end, sender.snd_nxt):
                sender.snd_nxt = end
                sender.has_snd = True
            self._arrive(receiver, segment.sequence, end)
        self._acknowledges(sender, segment)
        self._offers(sender, receiver, segment, 1)

    def _arrive(self, receiver: Endpoint, start: int, end: int) -> None:
        """Let the octets from `start` to `end` arrive: RCV.NXT moves where none is missing.

        One range behind a hole is remembered; when there are more, the receiver's ACKs tell.
        """
        if not receiver.has_rcv or not after(start, receiver.rcv_nxt):
            if not receiver.has_rcv or after(end, receiver.rcv_nxt):
                receiver.rcv_nxt = end
                receiver.has_rcv = True
            self._fill_hole(receiver)
        elif not receiver.has_hole:
            receiver.hole_start, receiver.hole_end = start, end
            receiver.has_hole = True
        elif not after(start, receiver.hole_end) and not before(end, receiver.hole_start):
            if before(start, receiver.hole_start):
                receiver.hole_start = start
            if after(end, receiver.hole_end):
                receiver.hole_end = end

    def _fill_hole(self, receiver: Endpoint) -> None:
        if receiver.has_hole and not before(receiver.rcv_nxt, receiver.hole_start):
            receiver.has_hole = False
            if after(receiver.hole_end, receiver.rcv_nxt):
                receiver.rcv_nxt = receiver.hole_end

    def _acknowledges(self, sender: Endpoint, segment: Segment) -> None:
        """Note what the sender acknowledges: that has arrived, seen or not."""
        if sender.has_ack and not after(segment.acknowledgment, sender.ack_sent):
            return
        sender.ack_sent = segment.acknowledgment
        sender.has_ack = True
        if not sender.has_rcv or after(segment.acknowledgment, sender.rcv_nxt):
            sender.rcv_nxt = segment.acknowledgment
            sender.has_rcv = True
            self._fill_hole(sender)

    def _offers(
        self, sender: Endpoint, receiver: Endpoint, segment: Segment, scaled: int
    ) -> None:
        """Note the window, where both SYNs told whether it is scaled (RFC 7323 section 2.2)."""
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

    def _fin(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        frame, time = segment.frame, segment.time
        fin = add(segment.sequence, segment.payload)
        if sender.has_fin and fin == sender.fin:
            self._fin_again(sender, receiver, segment)
            return
        if sender.has_fin and receiver.rcv_nxt == add(sender.fin, 1):
            return  # the other one has taken effect
        if receiver.has_rcv and before(fin, receiver.rcv_nxt):
            self.notes |= NOTE_OUT_OF_WINDOW
            return
        sender.fin = fin
        sender.has_fin = True
        sender.snd_nxt = add(fin, 1)
        sender.asked_at = time
        sender.gap = 0
        crossing = receiver.has_fin and segment.acknowledgment != add(receiver.fin, 1)
        self._step(sender, SND_FIN_CROSSING if crossing else SND_FIN, frame, time, OBSERVED)

    def _fin_again(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        frame, time = segment.frame, segment.time
        self._asks_again(sender, time)
        self._revive(sender, segment)
        past_fin = add(sender.fin, 1)
        if not (receiver.has_ack and receiver.ack_sent == past_fin):
            # Rule 0: one who had got the FIN would have acknowledged it by now.  A copy that a
            # mirror port or the network made (rule 9) comes sooner than that.
            if sender.gap > MIN_RTO_NS // 2:
                self._lose_fin(receiver, sender, segment)
            return
        if sender.state == CLOSED and sender.evidence_event != RCV_ACK_OF_FIN:
            return
        if sender.state == FIN_WAIT_2 or sender.state == TIME_WAIT or sender.state == CLOSED:
            # Rule 5: the ACK was seen to pass, but its receiver asks for it again.
            self._step(sender, ACK_OF_FIN_LOST, frame, time, OBSERVED)
            sender.pending = RCV_ACK_OF_FIN

    def _take_fin(self, sender: Endpoint, receiver: Endpoint, segment: Segment) -> None:
        """Rule 6: a FIN takes effect at the receiver once everything before it has arrived."""
        if sender.has_fin and not receiver.doubts_fin and receiver.rcv_nxt == sender.fin:
            receiver.rcv_nxt = add(sender.fin, 1)
            self._step(receiver, RCV_FIN, segment.frame, segment.time, OBSERVED)

    # --- time -----------------------------------------------------------------------------------

    def settle(self, now: int, profile: Profile) -> None:
        """Let happen what happens by itself until `now` (ns): doubts end, timers run out."""
        self._settle_doubt(self.a, self.b, now)
        self._settle_doubt(self.b, self.a, now)
        self._settle_timer(self.a, now, profile)
        self._settle_timer(self.b, now, profile)

    def _settle_doubt(self, endpoint: Endpoint, peer: Endpoint, now: int) -> None:
        """End a doubt: who still lacked the ACK would have asked again by now."""
        if endpoint.pending == NOTHING:
            return
        deadline = self._next_due(endpoint, 0)
        if now < deadline:
            return
        event = endpoint.pending
        endpoint.pending = NOTHING
        self._step(endpoint, event, endpoint.evidence_frame, deadline, OBSERVED)
        if peer.has_fin and endpoint.rcv_nxt == add(peer.fin, 1) and not endpoint.doubts_fin:
            self._step(endpoint, RCV_FIN, endpoint.evidence_frame, deadline, OBSERVED)

    def _next_due(self, endpoint: Endpoint, floor: int) -> int:
        """Return by when a SYN or FIN that lacks its ACK is repeated, ns.

        Repetitions back off by doubling (RFC 6298 section 5.5); a tenth more is slack for coarse
        timers.  `floor` is the shortest gap that may be meant.
        """
        return endpoint.asked_at + max(endpoint.gap * 21 // 10, floor * 5 // 4)

    def _settle_timer(self, endpoint: Endpoint, now: int, profile: Profile) -> None:
        """Rule 11: a kernel gives up a state after its time, which no segment tells."""
        timer = profile.timer(endpoint.state)
        if not timer or not endpoint.exists:
            return
        deadline = endpoint.since + timer
        if endpoint.state == FIN_WAIT_2:
            if endpoint.reads:
                return  # only an orphan has the timer, and an orphan acknowledges no data
        elif endpoint.state == SYN_SENT or endpoint.state == SYN_RECEIVED:
            # Who is still asking is heard when it is due, and not given up before.
            due = self._next_due(endpoint, INITIAL_RTO_NS)
            deadline = min(max(deadline, endpoint.asked_at), due)
        elif endpoint.state != TIME_WAIT:
            deadline = max(deadline, self._next_due(endpoint, 0))
        if now >= deadline:
            self._step(endpoint, TIMEOUT, endpoint.evidence_frame, deadline, endpoint.certainty)

    # --- generations ----------------------------------------------------------------------------

    def is_reopened_by(self, segment: Segment, side: int) -> bool:
        """Return whether `segment`, sent by `side`, starts a new generation (rule 3).

        That is a SYN with a new number after the old connection ended for its sender, or the
        answer to a SYN inside the connection, which shows that it had ended unseen.
        """
        sender = self.b if side else self.a
        flags = segment.flags & (FIN | SYN | RST | ACK)
        if self.fresh:
            return False
        if flags == SYN:
            if sender.has_iss and segment.sequence == sender.iss:
                return False
            return (
                sender.state == CLOSED or sender.state == TIME_WAIT or sender.state == LAST_ACK
            )
        return flags == SYN | ACK and (
            self.answers_attempt(segment, side)
            or self._answers_old_syn(sender, segment, side)
        )

    def _answers_old_syn(self, sender: Endpoint, segment: Segment, side: int) -> bool:
        """Return whether a listener took a late copy of the SYN for a new one."""
        initiator = self.b if self.initiator else self.a
        return (
            sender.state == CLOSED
            and side != self.initiator
            and sender.has_iss
            and segment.sequence != sender.iss
            and segment.acknowledgment == add(initiator.iss, 1)
        )

    def answers_attempt(self, segment: Segment, side: int) -> bool:
        """Return whether `segment` acknowledges the SYN that was sent inside the connection."""
        return (
            self.attempted
            and side != self.attempt_side
            and segment.acknowledgment == add(self.attempt_sequence, 1)
        )

    def proves_attempt(self, segment: Segment, side: int) -> bool:
        """Return whether `segment`, just taken in, shows that the SYN inside was meant.

        Its sender answers the challenge ACK with a RST: it knows nothing of the old connection
        and is in SYN_SENT (RFC 9293 figure 9).
        """
        sender = self.b if side else self.a
        return (
            self.attempted
            and side == self.attempt_side
            and sender.state == CLOSED
            and sender.evidence_event == RESET
            and sender.evidence_frame == segment.frame
        )

    def is_unanswered(self) -> bool:
        """Return whether the responder has said nothing in this generation yet."""
        responder = self.a if self.initiator else self.b
        return self.basis == BY_SYN and not responder.has_iss

    def claims(self, segment: Segment, side: int, newer: "Connection") -> bool:
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

    def succeed(self, old: "Connection") -> None:
        """Follow `old` as the next generation of the same socket pair."""
        self.generation = old.generation + 1
        if old.transitions is not None:
            self.transitions = []

    def replay_attempt(self, old: "Connection") -> None:
        """Start with the SYN that `old` met inside and took for a challenge."""
        sender = self.b if old.attempt_side else self.a
        receiver = self.a if old.attempt_side else self.b
        self.fresh = False
        self.initiator = old.attempt_side
        self.basis = BY_SYN
        self.first_seen = old.attempt_time
        receiver.state = LISTEN
        sender.exists = True
        sender.iss = old.attempt_sequence
        sender.snd_nxt = add(sender.iss, 1)
        sender.has_iss = sender.has_snd = True
        sender.asked_at = old.attempt_time
        receiver.rcv_nxt = sender.snd_nxt
        receiver.has_rcv = True
        self._step(sender, SND_SYN, old.attempt_frame, old.attempt_time, OBSERVED)
        self._step(receiver, RCV_SYN, old.attempt_frame, old.attempt_time, INFERRED)

    def is_idle(self, now: int, unreplied: int, replied: int) -> bool:
        """Return whether a UDP pseudo-connection has ended by `now`.

        `unreplied` and `replied` say after how long without a datagram, ns.
        """
        if self.superseded:
            return True
        limit = replied if self.a.packets and self.b.packets else unreplied
        return now - self.last_seen > limit

    def sides_present(self, now: int, unreplied: int, replied: int) -> int:
        """Return whose kernels would have the connection in their table: bits 1 (`a`), 2 (`b`).

        A silent endpoint has no row (rule 0); in a generation that an unanswered SYN follows,
        only the endpoint left behind has.  For the times see `is_idle`.
        """
        if self.protocol != TCP:
            return 0 if self.is_idle(now, unreplied, replied) else 3
        present = 0
        if self.a.exists and self.a.state != CLOSED and self.a.state != LISTEN:
            present = 1
        if self.b.exists and self.b.state != CLOSED and self.b.state != LISTEN:
            present |= 2
        if self.superseded:
            present &= 0 if self.left_behind < 0 else 1 << self.left_behind
        return present

    def is_embryonic(self) -> bool:
        """Return whether the handshake is not complete."""
        return self.protocol == TCP and (self.a.state <= SYN_RECEIVED or self.b.state <= SYN_RECEIVED)

    def is_over(self) -> bool:
        """Return whether neither endpoint is there any more, but for TIME_WAIT."""
        return self._is_gone(self.a) and self._is_gone(self.b)

    def _is_gone(self, endpoint: Endpoint) -> bool:
        return (
            not endpoint.exists
            or endpoint.state == CLOSED
            or endpoint.state == LISTEN
            or endpoint.state == TIME_WAIT
        )

    # --- Zeek's history -------------------------------------------------------------------------

    def _note_letters(self, sender: Endpoint, side: int, segment: Segment) -> None:
        """Note the letters of Zeek's history that this segment is the first to bring."""
        flags = segment.flags & (FIN | SYN | RST | ACK)
        letters = 0
        if flags & (FIN | SYN | RST):
            if flags & SYN:
                letters = LETTER_SYN_ACK if flags & ACK else LETTER_SYN
                if flags & (FIN | RST):
                    letters = LETTER_MULTI
            elif flags & FIN:
                letters = LETTER_FIN
            if flags & RST and not flags & SYN:
                letters |= LETTER_RST
        elif not segment.payload:
            letters = LETTER_ACK
        if segment.payload:
            letters |= LETTER_DATA
            if (
                sender.has_snd
                and not flags & SYN
                and not after(add(segment.sequence, segment.payload), sender.snd_nxt)
            ):
                letters |= LETTER_RETRANSMISSION
        if not segment.window and not flags & RST:
            letters |= LETTER_ZERO_WINDOW
        letters &= ~sender.letters
        if letters:
            bit = 1
            while bit <= letters:
                if letters & bit:
                    self._note_letter(sender, side, bit)
                bit <<= 1

    def _note_letter(self, endpoint: Endpoint, side: int, letter: int) -> None:
        """Append one letter, five bits, to the history, once for each endpoint."""
        if endpoint.letters & letter:
            return
        endpoint.letters |= letter
        code = side << 4
        while letter:
            code += 1
            letter >>= 1
        if self.history_length < _LETTERS_IN_WORD:
            self.history_low |= code << (_LETTER_BITS * self.history_length)
        else:
            self.history_high |= code << (
                _LETTER_BITS * (self.history_length - _LETTERS_IN_WORD)
            )
        self.history_length += 1
