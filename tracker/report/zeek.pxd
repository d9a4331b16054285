# C types for zeek.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint

cdef int TCP
cdef unsigned int LETTER_ACK, LETTER_DATA, LETTER_FIN, LETTER_RST, LETTER_SYN, LETTER_SYN_ACK
cdef int _LETTERS_IN_WORD, _TURNED
cdef bytes _UPPER, _LOWER

@cython.locals(letters=bytearray, at=Py_ssize_t, i=int, word="unsigned long long", code="unsigned int", number=Py_ssize_t)
cpdef str history(Connection connection, int initiator)
@cython.locals(originator=Endpoint, responder=Endpoint)
cpdef str conn_state(Connection connection, int initiator)
@cython.locals(ours="unsigned int", theirs="unsigned int", silent=bint, mute=bint)
cdef str _tcp_conn_state(Endpoint originator, Endpoint responder)
