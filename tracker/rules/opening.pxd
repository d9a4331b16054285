# C types for opening.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.rules.space cimport asks_again, has_sent_more, offers, proved_syn, sends_syn
from tracker.rules.timing cimport revive
from tracker.sequence cimport add, after, before, distance
from tracker.wire.segment cimport Segment

cdef unsigned int FIN
cdef int CUT_OFF, ACK_OF_SYN_LOST, ASSUMED, BY_SYN, BY_SYN_ACK, CLOSE_WAIT, ESTABLISHED, INFERRED, LISTEN
cdef int NOTHING, OBSERVED, PICKED_UP, RCV_ACK_OF_SYN, RCV_SYN, SND_SYN, SYN_ACK_LOST
cdef int SYN_RECEIVED, SYN_SENT
cdef unsigned int NOTE_CHALLENGE, NOTE_OLD_SYN
cdef long long ANSWER_NS

@cython.locals(frame="unsigned long long", time="long long")
cpdef int syn_seen(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

cdef int _open(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

cdef int _syn_again(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

cdef int _newer_attempt(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

@cython.locals(again=bint)
cpdef int syn_ack_seen(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

cdef bint _may_answer(Endpoint sender, Endpoint receiver) noexcept

@cython.locals(frame="unsigned long long", time="long long")
cdef int _open_by_syn_ack(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

@cython.locals(frame="unsigned long long", time="long long", known=int)
cdef int _answers(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

@cython.locals(number="unsigned int")
cdef bint _is_acceptable(Endpoint receiver, Segment segment) noexcept

@cython.locals(waited="long long")
cdef int _syn_ack_again(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

cpdef int pick_up(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

cpdef int proves_answer(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

@cython.locals(frame="unsigned long long", time="long long", known=int)
cdef int _was_answered(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

@cython.locals(frame="unsigned long long", time="long long", heard=bint)
cpdef int proves_established(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1
