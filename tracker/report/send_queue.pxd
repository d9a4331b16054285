# C types for send_queue.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.endpoint cimport Endpoint
from tracker.report.rows cimport ConnectionRow
from tracker.sequence cimport add, after, before, distance

cdef int CLOSED, CLOSING, FIN_WAIT_1, LAST_ACK, SYN_RECEIVED, SYN_SENT, TCP
cdef unsigned int LETTER_SYN

@cython.locals(
    local=Endpoint, foreign=Endpoint, state=int, is_opening=bint, start="unsigned int",
    octets="long long",
)
cpdef long long unacknowledged(ConnectionRow row, bint counts_flags) except -2

@cython.locals(start="unsigned int", least="unsigned int", is_closing=bint)
cdef unsigned int _first(Endpoint local, Endpoint foreign, int state)
@cython.locals(flags=int)
cdef int _flags(Endpoint endpoint, unsigned int start)
