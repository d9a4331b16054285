# C types for timing.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint, Profile
from tracker.sequence cimport add
from tracker.wire.segment cimport Segment

cdef int CLOSED, END_DISPROVED, FIN_WAIT_2, INFERRED, NOTHING, OBSERVED, RCV_FIN, SYN_RECEIVED, SYN_SENT
cdef int TIMEOUT, UNREACHABLE, TIME_WAIT

cpdef int settle(Connection connection, long long now, Profile profile) except -1

@cython.locals(deadline="long long", event=int)
cdef int _settle_doubt(Connection connection, Endpoint endpoint, Endpoint peer, long long now) except -1

cdef long long _soonest(Endpoint endpoint, Profile profile) noexcept

cdef long long _next_due(long long asked_at, long long gap, long long floor) noexcept

@cython.locals(timer="long long")
cdef int _settle_timer(Connection connection, Endpoint endpoint, long long now, Profile profile) except -1

@cython.locals(deadline="long long")
cdef int _give_up(
    Connection connection, Endpoint endpoint, long long now, long long timer, Profile profile
) except -1

@cython.locals(deadline="long long", due="long long")
cpdef long long end_of_state(
    int state, long long since, long long timer, long long asked_at, long long gap,
    long long initial_rto,
) noexcept

cpdef int revive(Connection connection, Endpoint endpoint, Segment segment) except -1
