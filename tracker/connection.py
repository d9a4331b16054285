"""One connection: two endpoints, and the only place where their states change.

`rules` says what a segment seen on the wire means for both endpoints: it steps through
`tcp_state`, once for the segment's sender, once for its receiver.  The code says *sender* and
*receiver* throughout; who opened the connection, and whose netstat is printed, is a label for
those who show it.
"""

from tracker.endpoint import Endpoint, Transition
from tracker.layout import CLOSED_QUEUE, DATAGRAMS, EMBRYONIC, OPEN
from tracker.sequence import add, after
from tracker.tcp_state import Event, State
from tracker.tcp_state import step as next_state
from tracker.wire.segment import ACK, FIN, RST, SYN, TCP, Segment
from tracker.words import (
    ASSUMED,
    BY_SYN,
    CLOSED,
    ESTABLISHED,
    LETTER_ACK,
    LETTER_DATA,
    LETTER_FIN,
    LETTER_MULTI,
    LETTER_RETRANSMISSION,
    LETTER_RST,
    LETTER_SYN,
    LETTER_SYN_ACK,
    LETTER_ZERO_WINDOW,
    LISTEN,
    NOTHING,
    OBSERVED,
    RESET,
    SYN_RECEIVED,
    TIME_WAIT,
    UNKNOWN,
)

_LETTER_BITS = 5  # four for the letter, one for the side
_LETTERS_IN_WORD = 12


class Journal:
    """Is told what happens to connections, as it happens; what is not overridden is not noted.

    Each is called when it is done: the connection is as it is afterwards.
    """

    def changed(self, connection: "Connection", endpoint: Endpoint, before: int) -> None:
        """Note a transition of `endpoint` from the state `before`; its evidence says why."""

    def seen(self, connection: "Connection", frame: int, time: int) -> None:
        """Note that something happened to `connection`, its first segment perhaps, or its end.

        In frame number `frame`; 0 if no frame did it, but only time has passed until `time` (ns).
        Segments that change nothing but counters and numbers are not noted.
        """

    def forgotten(self, connection: "Connection", time: int, evicted: bool) -> None:
        """Note that `connection` leaves the table, `evicted` because there is no room for it."""

    def takes(self, connection: "Connection", segment: Segment, side: int, error: bool) -> None:
        """Note that `connection` is about to take in `segment`, which its end `side` sent.

        Or an ICMP `error`, whose segment is the one that it quotes.  This and `took` are called
        only where the flow table tells all: for each segment, for each part of one, each error.
        """

    def took(self, connection: "Connection", segment: Segment, side: int, error: bool) -> None:
        """Note that `connection` has taken it in; a new generation may follow from that."""


class Heir:
    """Is left the connections that a flow table forgets because they ended long ago."""

    def inherit(self, connection: "Connection") -> None:
        """Take from `connection` what shall not be forgotten; it is good only meanwhile."""

    def join(self, other: "Heir") -> None:
        """Take what `other` has inherited, too."""


class Connection:
    """What is between the two sockets of a pair, one generation of it; for UDP, a pseudo one.

    The endpoints `a` and `b` stand in the order of the socket pair (the lower address first, as
    in Community ID v1); `side` 0 is `a`.

    initiator       0 or 1, side of the endpoint that opened it; `basis` says how that is known
    first_sender    side of the first segment seen
    group           side whose address is a group's or everyone's, or -1
    tunnel          the tunnels around it, as in `wire.segment`
    first_seen, last_seen    ns since 1970
    transitions     list of `Transition`, when history is kept, else None
    previous        the generation before, until the responder answers in this one
    superseded      whether a later generation has taken its place
    left_behind     side of the endpoint that is still in this one then, or -1
    place           its place in the flow table's pool while it is worked on, or -1
    shown           its place while that holds what is predicted, and the rest is here, or -1
    journal         who is told what happens to it, or None
    rank            its place in the order of connections: how many segments and datagrams, modulo
                    2**32, the table had been given when the first one of its socket pair came
    told            what the journal keeps of it: 32 bits, of which only TOLD_ENDED means anything
                    to others
    """

    def __init__(self) -> None:
        self.a = Endpoint()
        self.b = Endpoint()
        self.journal: Journal | None = None
        self.clear()

    def clear(self) -> None:
        """Be a new connection, of which nothing was seen."""
        self.a.clear()
        self.b.clear()
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
        self.first_sender = 0
        self.group = NOTHING
        self.initiator = 0
        self.basis = UNKNOWN
        self.notes = 0
        self.fresh = True  # nothing seen yet that opens a connection
        self.calm = False  # established and nothing in doubt: most segments change no state
        self.fast_open = False
        self.simultaneous = False  # both sent a SYN of their own
        self.reset_seen = False
        self.reset_side = 0
        self.attempted = False  # a SYN inside the connection waits for its answer (rule 2)
        self.attempt_side = 0
        self.history_low = 0
        self.history_length = 0
        self.superseded = False
        self.left_behind = NOTHING
        self.place = NOTHING
        self.shown = NOTHING
        self.rank = 0
        self.told = 0
        self.clear_rare()

    def clear_rare(self) -> None:
        """Have nothing of what few connections have."""
        self.transitions: list[Transition] | None = None
        self.previous: Connection | None = None
        self.tunnel = 0
        self.history_high = 0
        self.reset_time = 0
        self.attempt_sequence = 0
        self.attempt_frame = 0
        self.attempt_time = 0

    def has_rare(self) -> bool:
        """Return whether it has anything of that."""
        return (
            self.transitions is not None
            or self.previous is not None
            or self.tunnel != 0
            or self.history_high != 0
            or self.reset_seen
            or self.attempted
        )

    def step(self, endpoint: Endpoint, event: int, frame: int, time: int, certainty: int) -> int:
        """Let `event` happen to `endpoint` and keep the evidence where it changes the state.

        Returns 1 if it does, else 0.
        """
        before, state = endpoint.state, next_state(endpoint.state, event, endpoint.before_end)
        if state == before:
            return 0
        if endpoint.certainty == ASSUMED and event != RESET and not self._both_sent_data():
            certainty = ASSUMED
        if self.transitions is not None:
            self._keep_transition(endpoint, event, frame, time, state)
        if state == CLOSED:
            endpoint.before_end = before
        endpoint.state = state
        endpoint.certainty = certainty
        endpoint.evidence_frame = frame
        endpoint.evidence_event = event
        endpoint.since = time
        if self.journal is not None:
            self.journal.changed(self, endpoint, before)
        return 1

    def _keep_transition(
        self, endpoint: Endpoint, event: int, frame: int, time: int, state: int
    ) -> None:
        if self.transitions is not None:
            side = 0 if endpoint is self.a else 1
            before = State(endpoint.state)
            self.transitions.append(
                Transition(frame, time, side, before, State(state), Event(event))
            )

    def copy(self) -> "Connection":
        """Return another connection that is like this one now; no journal is told of it."""
        from copy import copy  # here, because few runs copy anything

        other = copy(self)
        other.a, other.b = copy(self.a), copy(self.b)
        other.journal = None
        if self.transitions is not None:
            other.transitions = list(self.transitions)
        return other

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

    def is_unanswered(self) -> bool:
        """Return whether the responder has said nothing in this generation yet."""
        responder = self.a if self.initiator else self.b
        return self.basis == BY_SYN and not responder.has_iss

    def succeed(self, old: "Connection") -> None:
        """Follow `old` as the next generation of the same socket pair."""
        self.generation = old.generation + 1
        if old.transitions is not None:
            self.transitions = []

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

    def is_over(self) -> bool:
        """Return whether neither endpoint is there any more, but for TIME_WAIT."""
        return self._is_gone(self.a) and self._is_gone(self.b)

    def queue(self) -> int:
        """Return the queue where it waits to be evicted, of those in `layout`."""
        if self.protocol != TCP:
            return DATAGRAMS
        if self.is_over():
            return CLOSED_QUEUE
        if self.a.state <= SYN_RECEIVED or self.b.state <= SYN_RECEIVED:
            return EMBRYONIC
        return OPEN

    def _is_gone(self, endpoint: Endpoint) -> bool:
        return (
            not endpoint.exists
            or endpoint.state == CLOSED
            or endpoint.state == LISTEN
            or endpoint.state == TIME_WAIT
        )

    def note_letters(self, sender: Endpoint, side: int, segment: Segment) -> None:
        """Note the letters of Zeek's history that this segment is the first to bring."""
        letters = _flag_letters(segment)
        if segment.payload:
            letters |= LETTER_DATA
            if sender.has_snd and not after(add(segment.sequence, segment.payload), sender.snd_nxt):
                letters |= LETTER_RETRANSMISSION
        if not segment.window and not segment.flags & RST:
            letters |= LETTER_ZERO_WINDOW
        letters &= ~sender.letters
        while letters:
            self.note_letter(sender, side, letters & -letters)
            letters &= letters - 1

    def note_letter(self, endpoint: Endpoint, side: int, letter: int) -> None:
        """Append one letter, five bits, to the history, once for each endpoint."""
        if endpoint.letters & letter == 0:
            endpoint.letters |= letter
            self._append_letter(side, letter)

    def _append_letter(self, side: int, letter: int) -> None:
        code = side << 4
        while letter:
            code += 1
            letter >>= 1
        if self.history_length < _LETTERS_IN_WORD:
            self.history_low |= code << (_LETTER_BITS * self.history_length)
        else:
            self.history_high |= code << (_LETTER_BITS * (self.history_length - _LETTERS_IN_WORD))
        self.history_length += 1


def _flag_letters(segment: Segment) -> int:
    """Return the letters that the flags of `segment` stand for."""
    flags = segment.flags & (FIN | SYN | RST | ACK)
    if flags & SYN:
        if flags & (FIN | RST):
            return LETTER_MULTI
        return LETTER_SYN_ACK if flags & ACK else LETTER_SYN
    letters = LETTER_FIN if flags & FIN else 0
    if flags & RST:
        letters |= LETTER_RST
    if letters or segment.payload:
        return letters
    return LETTER_ACK
