# C types for connection.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.sequence cimport add, after, before, distance
from tracker.tcp_state cimport step
from tracker.wire.segment cimport Segment

cdef unsigned int ACK, FIN, RST, SYN
cdef int TCP
cdef int CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT
cdef int CLOSING, LAST_ACK, TIME_WAIT
cdef int SND_SYN, RCV_SYN, RCV_ACK_OF_SYN, SND_FIN, SND_FIN_CROSSING, RCV_FIN, RCV_ACK_OF_FIN, RESET
cdef int TIMEOUT, PICKED_UP, SYN_ACK_LOST, ACK_OF_SYN_LOST, ACK_OF_FIN_LOST, FIN_LOST, END_DISPROVED
cdef int OBSERVED, INFERRED, ASSUMED, UNKNOWN, BY_SYN, BY_SYN_ACK
cdef unsigned int NOTE_ODD_FLAGS, NOTE_CHALLENGE, NOTE_RESET_IGNORED, NOTE_RESET_DISPROVED
cdef unsigned int NOTE_OUT_OF_WINDOW, NOTE_ACK_OF_UNSENT, NOTE_OLD_SYN, NOTE_LONE_RESET
cdef unsigned int LETTER_SYN, LETTER_SYN_ACK, LETTER_ACK, LETTER_DATA, LETTER_FIN, LETTER_RST
cdef unsigned int LETTER_GAP, LETTER_MULTI, LETTER_RETRANSMISSION, LETTER_ZERO_WINDOW
cdef int NOTHING, _LETTER_BITS, _LETTERS_IN_WORD
cdef long long MIN_RTO_NS, INITIAL_RTO_NS

@cython.final
cdef class Profile:
    cdef public long long syn_sent
    cdef public long long syn_received
    cdef public long long fin_wait_1
    cdef public long long fin_wait_2
    cdef public long long closing
    cdef public long long last_ack
    cdef public long long time_wait
    cdef public bint rfc1337

    cpdef long long timer(self, int state)

@cython.final
cdef class Endpoint:
    cdef public unsigned long long packets
    cdef public unsigned long long bytes
    cdef public unsigned long long payload
    cdef public unsigned long long evidence_frame
    cdef public long long since
    cdef public long long asked_at
    cdef public long long gap
    cdef public unsigned int iss
    cdef public unsigned int snd_nxt
    cdef public unsigned int fin
    cdef public unsigned int rcv_nxt
    cdef public unsigned int ack_sent
    cdef public unsigned int edge
    cdef public unsigned int hole_start
    cdef public unsigned int hole_end
    cdef public unsigned short letters
    cdef public unsigned char state
    cdef public unsigned char before_end
    cdef public unsigned char certainty
    cdef public signed char evidence_event
    cdef public signed char pending
    cdef public signed char window_scale
    cdef public bint exists
    cdef public bint has_iss
    cdef public bint has_snd
    cdef public bint has_fin
    cdef public bint has_rcv
    cdef public bint has_ack
    cdef public bint has_edge
    cdef public bint has_hole
    cdef public bint answered
    cdef public bint doubts_fin
    cdef public bint reads

@cython.final
cdef class Connection:
    cdef public Endpoint a
    cdef public Endpoint b
    cdef public unsigned long long a_high
    cdef public unsigned long long a_low
    cdef public unsigned long long b_high
    cdef public unsigned long long b_low
    cdef public unsigned int a_port
    cdef public unsigned int b_port
    cdef public unsigned char version
    cdef public unsigned char protocol
    cdef public unsigned int generation
    cdef public long long first_seen
    cdef public long long last_seen
    cdef public unsigned long long first_frame
    cdef public unsigned char first_sender
    cdef public unsigned char initiator
    cdef public unsigned char basis
    cdef public unsigned int notes
    cdef public bint fresh
    cdef public bint calm
    cdef public bint fast_open
    cdef public bint simultaneous
    cdef public bint reset_seen
    cdef public unsigned char reset_side
    cdef public long long reset_time
    cdef public bint attempted
    cdef public unsigned char attempt_side
    cdef public unsigned int attempt_sequence
    cdef public unsigned long long attempt_frame
    cdef public long long attempt_time
    cdef public unsigned long long history_low
    cdef public unsigned long long history_high
    cdef public int history_length
    cdef public list transitions
    cdef public Connection previous
    cdef public bint superseded
    cdef public signed char left_behind
    cdef public Py_ssize_t index
    cdef public Py_ssize_t older
    cdef public Py_ssize_t newer
    cdef public int queue

    @cython.locals(sender=Endpoint, receiver=Endpoint)
    cpdef segment_seen(self, Segment segment, int side, Profile profile)
    @cython.locals(flags="unsigned int")
    cdef _turn(self, Endpoint sender, Endpoint receiver, Segment segment, Profile profile)
    cdef bint _is_calm(self)
    @cython.locals(state=int)
    cdef _step(self, Endpoint endpoint, int event, unsigned long long frame, long long time, int certainty)
    cdef _keep_transition(self, Endpoint endpoint, int event, unsigned long long frame, long long time, int state)
    cdef bint _both_sent_data(self)
    cpdef int certainty(self, Endpoint endpoint) except -1
    @cython.locals(frame="unsigned long long", time="long long")
    cdef _syn(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef _open(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef _sends_syn(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef _asks_again(self, Endpoint sender, long long time)
    cdef _revive(self, Endpoint endpoint, Segment segment)
    cdef _syn_again(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef _newer_attempt(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef _syn_ack(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef bint _may_answer(self, Endpoint sender, Endpoint receiver)
    @cython.locals(frame="unsigned long long", time="long long")
    cdef _open_by_syn_ack(self, Endpoint sender, Endpoint receiver, Segment segment)
    @cython.locals(frame="unsigned long long", time="long long", known=int)
    cdef _answers(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef _syn_ack_again(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef bint _has_sent_more(self, Endpoint endpoint)
    cdef bint _proved_syn(self, Endpoint endpoint, Endpoint peer)
    @cython.locals(exact=bint, side=int)
    cdef _reset(self, Endpoint sender, Endpoint receiver, Segment segment, Profile profile)
    cdef bint _refuses(self, Endpoint receiver, Segment segment)
    cdef bint _is_expected(self, Endpoint sender, Endpoint receiver, unsigned int sequence)
    cdef bint _in_window(self, Endpoint receiver, unsigned int sequence)
    cdef _close_by_reset(self, Endpoint sender, Endpoint receiver, Segment segment, bint arrives)
    @cython.locals(side=int, late=bint, new=bint)
    cdef bint _outlives_reset(self, Endpoint sender, Segment segment) except -1
    cdef _exchange(self, Endpoint sender, Endpoint receiver, Segment segment)
    @cython.locals(end="unsigned int")
    cdef bint _is_old(self, Endpoint receiver, Segment segment)
    @cython.locals(number="unsigned int", unsent=bint)
    cdef bint _is_bad_ack(self, Endpoint sender, Endpoint receiver, Segment segment)
    @cython.locals(here="unsigned int")
    cdef _correct(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef _pick_up(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef _prove(self, Endpoint sender, Endpoint receiver, Segment segment)
    @cython.locals(frame="unsigned long long", time="long long", known=int)
    cdef _proves_answer(self, Endpoint sender, Endpoint receiver, Segment segment)
    @cython.locals(frame="unsigned long long", time="long long", heard=bint)
    cdef _proves_established(self, Endpoint sender, Endpoint receiver, Segment segment)
    @cython.locals(frame="unsigned long long", time="long long", past_fin="unsigned int")
    cdef _proves_fin(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef _lose_fin(self, Endpoint endpoint, Endpoint peer, Segment segment)
    @cython.locals(frame="unsigned long long", time="long long")
    cdef _acknowledge(self, Endpoint sender, Endpoint receiver, Segment segment)
    @cython.locals(end="unsigned int")
    cdef _move(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef _arrive(self, Endpoint receiver, unsigned int start, unsigned int end)
    cdef _fill_hole(self, Endpoint receiver)
    cdef _acknowledges(self, Endpoint sender, Segment segment)
    @cython.locals(edge="unsigned int")
    cdef _offers(self, Endpoint sender, Endpoint receiver, Segment segment, bint scaled)
    @cython.locals(frame="unsigned long long", time="long long", fin="unsigned int", crossing=bint)
    cdef _fin(self, Endpoint sender, Endpoint receiver, Segment segment)
    @cython.locals(frame="unsigned long long", time="long long", past_fin="unsigned int")
    cdef _fin_again(self, Endpoint sender, Endpoint receiver, Segment segment)
    cdef _take_fin(self, Endpoint sender, Endpoint receiver, Segment segment)
    cpdef settle(self, long long now, Profile profile)
    @cython.locals(deadline="long long", event=int)
    cdef _settle_doubt(self, Endpoint endpoint, Endpoint peer, long long now)
    cdef long long _next_due(self, Endpoint endpoint, long long floor)
    @cython.locals(timer="long long", deadline="long long", due="long long")
    cdef _settle_timer(self, Endpoint endpoint, long long now, Profile profile)
    @cython.locals(sender=Endpoint, flags="unsigned int")
    cpdef bint is_reopened_by(self, Segment segment, int side) except -1
    @cython.locals(initiator=Endpoint)
    cdef bint _answers_old_syn(self, Endpoint sender, Segment segment, int side)
    cpdef bint answers_attempt(self, Segment segment, int side) except -1
    @cython.locals(sender=Endpoint)
    cpdef bint proves_attempt(self, Segment segment, int side) except -1
    @cython.locals(responder=Endpoint)
    cpdef bint is_unanswered(self) except -1
    @cython.locals(initiator=Endpoint, refuses=bint)
    cpdef bint claims(self, Segment segment, int side, Connection newer) except -1
    cpdef succeed(self, Connection old)
    @cython.locals(sender=Endpoint, receiver=Endpoint)
    cpdef replay_attempt(self, Connection old)
    @cython.locals(limit="long long")
    cpdef bint is_idle(self, long long now, long long unreplied, long long replied) except -1
    @cython.locals(present=int)
    cpdef int sides_present(self, long long now, long long unreplied, long long replied) except -1
    cpdef bint is_embryonic(self) except -1
    cpdef bint is_over(self) except -1
    cdef bint _is_gone(self, Endpoint endpoint)
    @cython.locals(flags="unsigned int", letters="unsigned int", bit="unsigned int", end="unsigned int")
    cdef _note_letters(self, Endpoint sender, int side, Segment segment)
    @cython.locals(code="unsigned long long")
    cdef _note_letter(self, Endpoint endpoint, int side, unsigned int letter)
