# C types for space.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.endpoint cimport Endpoint
from tracker.sequence cimport add, after, before
from tracker.wire.segment cimport Segment

cdef int CLOSE_WAIT, CLOSING, LAST_ACK, NOTHING
cdef unsigned int LETTER_ACK, LETTER_DATA, LETTER_FIN
cdef int CUT_OFF
cdef long long LONGEST_GAP_NS

cpdef sends_syn(Endpoint sender, Endpoint receiver, Segment segment)

@cython.locals(gap="long long", due="long long")
cpdef asks_again(Endpoint sender, long long time)

cpdef bint proved_syn(Endpoint endpoint, Endpoint peer) except -1

cpdef bint has_sent_more(Endpoint endpoint) except -1

cpdef bint in_window(Endpoint receiver, unsigned int sequence) except -1

cpdef bint is_expected(Endpoint sender, Endpoint receiver, unsigned int sequence) except -1

@cython.locals(end="unsigned int")
cpdef move(Endpoint sender, Endpoint receiver, Segment segment)

cdef _arrive(Endpoint receiver, unsigned int start, unsigned int end)

cdef _fill_hole(Endpoint receiver)

cpdef acknowledges(Endpoint sender, Segment segment)

@cython.locals(edge="unsigned int")
cpdef offers(Endpoint sender, Endpoint receiver, Segment segment, bint scaled)
