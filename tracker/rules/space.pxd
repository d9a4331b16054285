# C types for space.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.endpoint cimport Endpoint
from tracker.sequence cimport add, after, before
from tracker.wire.segment cimport Segment

cdef int CLOSE_WAIT, CLOSING, LAST_ACK, NOTHING
cdef unsigned int LETTER_ACK, LETTER_DATA, LETTER_FIN
cdef int CUT_OFF
cdef long long LONGEST_GAP_NS

cpdef void sends_syn(Endpoint sender, Endpoint receiver, Segment segment) noexcept

@cython.locals(gap="long long", due="long long")
cpdef void asks_again(Endpoint sender, long long time) noexcept

cpdef bint proved_syn(Endpoint endpoint, Endpoint peer) noexcept

cpdef bint has_sent_more(Endpoint endpoint) noexcept

cpdef bint in_window(Endpoint receiver, unsigned int sequence) noexcept

cpdef bint is_expected(Endpoint sender, Endpoint receiver, unsigned int sequence) noexcept

@cython.locals(end="unsigned int")
cpdef void move(Endpoint sender, Endpoint receiver, Segment segment) noexcept

cdef void _arrive(Endpoint receiver, unsigned int start, unsigned int end) noexcept

cdef void _fill_hole(Endpoint receiver) noexcept

cpdef void acknowledges(Endpoint sender, Segment segment) noexcept

@cython.locals(edge="unsigned int")
cpdef void offers(Endpoint sender, Endpoint receiver, Segment segment, bint scaled) noexcept
