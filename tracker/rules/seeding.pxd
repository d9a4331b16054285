# C types for seeding.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.rules.space cimport sends_syn
from tracker.sequence cimport add, after
from tracker.wire.segment cimport Segment

cdef unsigned int ACK, FIN, RST, SYN, LETTER_FIN, NOTE_SEEDED
cdef int ACK_OF_FIN_LOST, CUT_OFF, ASSUMED, BY_KERNEL, CLOSE_WAIT, CLOSED, CLOSING, ESTABLISHED, FIN_WAIT_1
cdef int FIN_WAIT_2, LAST_ACK, NOTHING, OBSERVED, RCV_ACK_OF_FIN, RCV_SYN, SND_SYN
cdef int SYN_RECEIVED, SYN_SENT, TIME_WAIT
cdef long long _LONGEST_SYN_GAP_NS

cpdef begin_in(Connection connection, int side, int state, object opened)

cpdef bint is_untouched(Connection connection) except -1

@cython.locals(endpoint=Endpoint)
cpdef put_other_end(Connection connection, int side, int state)

cdef int _state_of_peer(int state) noexcept

cdef void _put(Endpoint endpoint, int state, long long time) noexcept

@cython.locals(flags="unsigned int")
cpdef int take_numbers(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

@cython.locals(answers=bint, given_up=bint, state=int)
cdef void _take_syn_numbers(Endpoint sender, Endpoint receiver, Segment segment) noexcept

cdef void _take_ack_numbers(Endpoint sender, Endpoint receiver, Segment segment) noexcept

@cython.locals(end="unsigned int", again=bint)
cdef int _take_sent_fin(Connection connection, Endpoint sender, Segment segment) except -1

@cython.locals(number="unsigned int", is_covered=bint)
cdef void _take_covered_fin(Endpoint receiver, Segment segment) noexcept

@cython.locals(state=int)
cdef bint _sent_fin_unseen(Endpoint endpoint) noexcept

@cython.locals(number="unsigned int")
cdef bint _may_cover_fin(Endpoint endpoint, Segment segment) noexcept
