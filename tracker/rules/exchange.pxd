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
cdef int LISTEN, NOTHING, OBSERVED, RCV_ACK_OF_FIN, RCV_ACK_OF_SYN, SYN_RECEIVED, SYN_SENT
cdef int TIMEOUT, TIME_WAIT
cdef unsigned int LETTER_GAP, NOTE_ACK_OF_UNSENT, NOTE_OUT_OF_WINDOW

cpdef exchange_seen(Connection connection, Endpoint sender, Endpoint receiver, Segment segment)

@cython.locals(end="unsigned int")
cdef bint _is_old(Connection connection, Endpoint receiver, Segment segment)

@cython.locals(number="unsigned int", unsent=bint)
cdef bint _is_bad_ack(Endpoint sender, Endpoint receiver, Segment segment)

@cython.locals(here="unsigned int")
cdef _correct(Endpoint sender, Endpoint receiver, Segment segment)

cdef _prove(Connection connection, Endpoint sender, Endpoint receiver, Segment segment)

@cython.locals(frame="unsigned long long", time="long long")
cdef _acknowledge(Connection connection, Endpoint receiver, Segment segment)
