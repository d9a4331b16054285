# C types for timing.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint, Profile
from tracker.sequence cimport add
from tracker.wire.segment cimport Segment

cdef int CLOSED, END_DISPROVED, FIN_WAIT_2, INFERRED, NOTHING, OBSERVED, RCV_FIN, SYN_RECEIVED, SYN_SENT
cdef int TIMEOUT, UNREACHABLE, TIME_WAIT

cpdef settle(Connection connection, long long now, Profile profile)

@cython.locals(deadline="long long", event=int)
cdef _settle_doubt(Connection connection, Endpoint endpoint, Endpoint peer, long long now)

cdef long long _next_due(long long asked_at, long long gap, long long floor) noexcept

@cython.locals(timer="long long", deadline="long long")
cdef _settle_timer(Connection connection, Endpoint endpoint, long long now, Profile profile)

@cython.locals(deadline="long long", due="long long")
cpdef long long end_of_state(
    int state, long long since, long long timer, long long asked_at, long long gap,
    long long initial_rto,
) noexcept

cpdef revive(Connection connection, Endpoint endpoint, Segment segment)
