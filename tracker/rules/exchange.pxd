# C types for exchange.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.rules.closing cimport fin_seen, proves_fin, take_fin
from tracker.rules.opening cimport pick_up, proves_answer, proves_established
from tracker.rules.reset cimport outlives_reset
from tracker.rules.space cimport move
from tracker.rules.timing cimport revive
from tracker.sequence cimport add, after, before, distance
from tracker.wire.segment cimport Segment

cdef unsigned int FIN
cdef int CLOSED, LISTEN, NOTHING, OBSERVED, RCV_ACK_OF_FIN, RCV_ACK_OF_SYN, SYN_RECEIVED, SYN_SENT
cdef int TIMEOUT, TIME_WAIT
cdef unsigned int LETTER_GAP, NOTE_ACK_OF_UNSENT, NOTE_OUT_OF_WINDOW

cpdef int exchange_seen(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

cdef int _exchange(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

@cython.locals(end="unsigned int")
cdef bint _is_old(Connection connection, Endpoint receiver, Segment segment) noexcept

@cython.locals(number="unsigned int", unsent=bint)
cdef bint _is_bad_ack(Endpoint sender, Endpoint receiver, Segment segment) noexcept

@cython.locals(here="unsigned int")
cdef void _correct(Endpoint sender, Endpoint receiver, Segment segment) noexcept

cdef int _prove(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

cdef int _acknowledge(Connection connection, Endpoint receiver, Segment segment) except -1

@cython.locals(frame="unsigned long long", time="long long", number="unsigned int")
cdef int _arrives(Connection connection, Endpoint receiver, Segment segment) except -1
