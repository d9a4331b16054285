# C types for reset.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint, Profile
from tracker.rules.generations cimport answers_attempt
from tracker.rules.space cimport in_window, is_expected
from tracker.sequence cimport add, after
from tracker.wire.segment cimport Segment

cdef unsigned int ACK
cdef int CLOSED, END_DISPROVED, NOTHING, OBSERVED, RESET, SYN_SENT, TIME_WAIT
cdef unsigned int NOTE_CHALLENGE, NOTE_LONE_RESET, NOTE_RESET_DISPROVED, NOTE_RESET_IGNORED
cdef unsigned int NOTE_SEEDED
cdef long long MIN_RTO_NS

cpdef int rst_seen(Connection connection, Endpoint sender, Endpoint receiver, Segment segment, Profile profile) except -1

@cython.locals(exact=bint, side=int)
cdef int _reset(Connection connection, Endpoint sender, Endpoint receiver, Segment segment, Profile profile) except -1

cdef bint _refuses(Connection connection, Endpoint receiver, Segment segment) noexcept

cdef int _close_by_reset(Connection connection, Endpoint sender, Endpoint receiver, Segment segment, bint arrives) except -1

@cython.locals(side=int, late=bint, new=bint)
cpdef bint outlives_reset(Connection connection, Endpoint sender, Segment segment) except -1
