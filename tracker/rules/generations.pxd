# C types for generations.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.sequence cimport add
from tracker.wire.segment cimport Segment

cdef unsigned int ACK, FIN, RST, SYN
cdef int BY_SYN, CLOSED, INFERRED, LAST_ACK, LISTEN, OBSERVED, RCV_SYN, RESET, SND_SYN
cdef int TIME_WAIT

@cython.locals(sender=Endpoint, flags="unsigned int")
cpdef bint is_reopened_by(Connection connection, Segment segment, int side) noexcept

@cython.locals(initiator=Endpoint)
cdef bint _answers_old_syn(Connection connection, Endpoint sender, Segment segment, int side) noexcept

cpdef bint answers_attempt(Connection connection, Segment segment, int side) noexcept

@cython.locals(sender=Endpoint)
cpdef bint proves_attempt(Connection connection, Segment segment, int side) noexcept

@cython.locals(initiator=Endpoint, refuses=bint)
cpdef bint claims(Segment segment, int side, Connection newer) noexcept

@cython.locals(sender=Endpoint, receiver=Endpoint)
cpdef int replay_attempt(Connection connection, Connection old) except -1
