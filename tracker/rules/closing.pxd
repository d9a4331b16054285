# C types for closing.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.rules.space cimport asks_again
from tracker.rules.timing cimport revive
from tracker.sequence cimport add, before
from tracker.wire.segment cimport Segment

cdef unsigned int FIN
cdef int ACK_OF_FIN_LOST, CLOSED, FIN_LOST, FIN_WAIT_2, OBSERVED, RCV_ACK_OF_FIN, RCV_FIN
cdef int SND_FIN, SND_FIN_CROSSING, TIME_WAIT
cdef unsigned int NOTE_OUT_OF_WINDOW
cdef long long MIN_RTO_NS

@cython.locals(fin="unsigned int")
cpdef int fin_seen(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

@cython.locals(frame="unsigned long long", time="long long", crossing=bint)
cdef int _first_fin(
    Connection connection, Endpoint sender, Endpoint receiver, Segment segment, unsigned int fin
) except -1

@cython.locals(frame="unsigned long long", time="long long", past_fin="unsigned int")
cdef int _fin_again(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

cpdef int take_fin(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

@cython.locals(frame="unsigned long long", time="long long", past_fin="unsigned int")
cpdef int proves_fin(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

cdef int _lose_fin(Connection connection, Endpoint endpoint, Endpoint peer, Segment segment) except -1
