# C types for connection.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.endpoint cimport Endpoint
from tracker.sequence cimport add, after
from tracker.tcp_state cimport step as next_state
from tracker.wire.segment cimport Segment

cdef unsigned int ACK, FIN, RST, SYN
cdef int TCP, ASSUMED, BY_SYN, CLOSED, ESTABLISHED, LISTEN, NOTHING, OBSERVED, RESET
cdef int SYN_RECEIVED, TIME_WAIT, UNKNOWN, CLOSED_QUEUE, DATAGRAMS, EMBRYONIC, OPEN
cdef unsigned int LETTER_ACK, LETTER_DATA, LETTER_FIN, LETTER_MULTI, LETTER_RETRANSMISSION
cdef unsigned int LETTER_RST, LETTER_SYN, LETTER_SYN_ACK, LETTER_ZERO_WINDOW
cdef int _LETTER_BITS, _LETTERS_IN_WORD

@cython.locals(flags="unsigned int", letters="unsigned int")
cdef unsigned int _flag_letters(Segment segment) noexcept

cdef class Connection

cdef class Journal:
    cpdef changed(self, Connection connection, Endpoint endpoint, int before)
    cpdef seen(self, Connection connection, unsigned long long frame, long long time)
    cpdef forgotten(self, Connection connection, long long time, bint evicted)
    cpdef takes(self, Connection connection, Segment segment, int side, bint error)
    cpdef took(self, Connection connection, Segment segment, int side, bint error)

cdef class Heir:
    cpdef inherit(self, Connection connection)
    cpdef join(self, Heir other)

@cython.final
cdef class Connection:
    # What every segment touches comes first, so that it shares a cache line or two.
    cdef public Endpoint a
    cdef public Endpoint b
    cdef public unsigned long long a_low
    cdef public unsigned long long b_low
    cdef public unsigned long long a_high
    cdef public unsigned long long b_high
    cdef public unsigned short a_port
    cdef public unsigned short b_port
    cdef public unsigned char version
    cdef public unsigned char protocol
    cdef public unsigned char calm
    cdef public unsigned char fresh
    cdef public long long last_seen
    cdef public Connection previous
    cdef public int place
    cdef public int shown
    cdef public signed char left_behind
    cdef public unsigned char superseded
    cdef public unsigned char first_sender
    cdef public signed char group
    cdef public unsigned char initiator
    cdef public unsigned char basis
    cdef public unsigned char fast_open
    cdef public unsigned char simultaneous
    cdef public unsigned char reset_seen
    cdef public unsigned char reset_side
    cdef public unsigned char attempted
    cdef public unsigned char attempt_side
    cdef public unsigned char history_length
    cdef public unsigned int notes
    cdef public unsigned int generation
    cdef public unsigned int rank
    cdef public unsigned int attempt_sequence
    cdef public long long first_seen
    cdef public long long reset_time
    cdef public unsigned long long attempt_frame
    cdef public long long attempt_time
    cdef public unsigned long long history_low
    cdef public unsigned long long history_high
    cdef public unsigned long long tunnel
    cdef public list transitions
    cdef public Journal journal
    cdef public unsigned int told

    cpdef void clear(self) noexcept
    cpdef void clear_rare(self) noexcept
    cpdef bint has_rare(self) noexcept
    @cython.locals(before=int, state=int)
    cpdef int step(
        self, Endpoint endpoint, int event, unsigned long long frame, long long time, int certainty
    ) except -1
    cdef _keep_transition(self, Endpoint endpoint, int event, unsigned long long frame, long long time, int state)
    @cython.locals(other=Connection)
    cpdef Connection copy(self)
    cdef bint _both_sent_data(self) noexcept
    cpdef int certainty(self, Endpoint endpoint) noexcept
    @cython.locals(responder=Endpoint)
    cpdef bint is_unanswered(self) noexcept
    cpdef succeed(self, Connection old)
    @cython.locals(limit="long long")
    cpdef bint is_idle(self, long long now, long long unreplied, long long replied) noexcept
    @cython.locals(present=int)
    cpdef int sides_present(self, long long now, long long unreplied, long long replied) except -1
    cpdef bint is_over(self) noexcept
    cpdef int queue(self) noexcept
    cdef bint _is_gone(self, Endpoint endpoint) noexcept
    @cython.locals(letters="unsigned int")
    cpdef void note_letters(self, Endpoint sender, int side, Segment segment) noexcept
    cpdef void note_letter(self, Endpoint endpoint, int side, unsigned int letter) noexcept
    @cython.locals(code="unsigned long long")
    cdef void _append_letter(self, int side, unsigned int letter) noexcept
