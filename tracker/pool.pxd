# C types for pool.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint

cdef int CUT_OFF, NOTHING, TCP, DATAGRAM, ODD, QUIET
cdef Py_ssize_t _FIRST_PLACES, _HUGE_PAGE
cdef size_t ACK_SENT, ANSWERED, ASKED_AT, ATTEMPTED, ATTEMPT_SIDE, A_HIGH, A_LOW, BASIS
cdef size_t BEFORE_END, BYTES, B_HIGH, B_LOW, CALM, CERTAINTY, COLD, COLD_WORDS, DOUBTS_FIN
cdef size_t DUPLICATES, EDGE, EVIDENCE_EVENT, EVIDENCE_FRAME, EXISTS, FAST_OPEN, FIN_NUMBER
cdef size_t FIRST_SEEN, FIRST_SENDER, FRESH, GAP, GENERATION, GROUP, HAS_ACK, HAS_EDGE
cdef size_t HAS_FIN, HAS_HOLE, HAS_ISS, HAS_RCV, HAS_SND, HISTORY, HISTORY_LENGTH, HOLE_END
cdef size_t HOLE_START, HOT, HOT_WORDS, INITIATOR, ISS, KEY, KIND, LAST_PRINT, LAST_SEEN
cdef size_t LEFT_BEHIND, LETTERS, NOTES, PACKETS, PAYLOAD, PENDING, RCV_NXT, READS
cdef size_t RESET_SEEN, RESET_SIDE, REST, SHIFT, SIMULTANEOUS, SINCE, SND_NXT, STATE
cdef size_t SUPERSEDED, TOLD, WINDOW_SCALE, WORDS, NEWER, QUEUE, BESIDE

cdef unsigned long long B_PORT, PROTOCOL, VERSION

@cython.final
cdef class Pool:
    cdef public size_t places
    cdef public Py_ssize_t used
    cdef Py_ssize_t _free
    cdef object _block
    cdef public unsigned char[::1] octets
    cdef public unsigned long long[::1] words
    cdef public long long[::1] times
    cdef public unsigned int[::1] numbers
    cdef public int[::1] links
    cdef public signed char[::1] small

    @cython.locals(place=Py_ssize_t, at=size_t)
    cpdef Py_ssize_t take(self, Py_ssize_t limit) except -1
    @cython.locals(at=size_t)
    cpdef int give_back(self, Py_ssize_t place) except -1
    cpdef int store(self, Connection connection, size_t place) except -1
    @cython.locals(word=size_t, at=size_t)
    cpdef int show(self, Connection connection, size_t place) except -1
    @cython.locals(at=size_t)
    cdef int _show_endpoint(self, Endpoint endpoint, size_t hot) except -1
    @cython.locals(word=size_t, at=size_t)
    cpdef int store_rest(self, Connection connection, size_t place) except -1
    @cython.locals(at=size_t)
    cdef int _store_endpoint(self, Endpoint endpoint, size_t hot, size_t cold) except -1
    @cython.locals(at=size_t)
    cdef int _store_ends(self, Connection connection, size_t word) except -1
    @cython.locals(word=size_t, at=size_t, key="unsigned long long")
    cpdef int load(self, Connection connection, size_t place) except -1
    @cython.locals(word=size_t)
    cpdef int follow(self, Connection connection, size_t place) except -1
    @cython.locals(at=size_t)
    cdef int _follow_endpoint(self, Endpoint endpoint, size_t hot) except -1
    @cython.locals(at=size_t)
    cdef int _load_endpoint(self, Endpoint endpoint, size_t hot, size_t cold) except -1
    @cython.locals(at=size_t)
    cdef int _load_ends(self, Connection connection, size_t word) except -1

cdef int _kind(Connection connection) noexcept

cdef bint _is_even(Endpoint endpoint) noexcept

@cython.locals(ours=int, theirs=int)
cdef int _shift(Endpoint endpoint, Endpoint peer) noexcept
