# C types for pool.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint

cdef int CUT_OFF, NOTHING, TCP, DATAGRAM, ODD, QUIET
cdef Py_ssize_t _FIRST_PLACES, _HANDFUL, _HUGE_PAGE
cdef size_t ACK_SENT, ASKED_AT, A_HIGH, A_LOW, BESIDE, BYTES, B_HIGH, B_LOW, CALM, COLD, COLD_WORDS
cdef size_t DUPLICATES, EDGE, ENDS, EVIDENCE_FRAME, FIN_NUMBER, FIRST_SEEN, FLAGS, GAP, GENERATION
cdef size_t HAS_EDGE, HISTORY, HOLE_END, HOLE_START, HOT, HOT_WORDS, ISS, KEY, KIND, KNOWN
cdef size_t LAST_PRINT, LAST_SEEN, LETTERS, NEWER, NOTES, PACKETS, PAYLOAD, QUEUE, RANK, RCV_NXT, REST
cdef size_t SHIFT, SIDES, SINCE, SND_NXT, TOLD, WORDS

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
    @cython.locals(place=Py_ssize_t, ranked="unsigned long long", last="unsigned long long")
    cdef bint _is_in_order(self) except -1
    @cython.locals(rank="unsigned long long")
    cdef unsigned long long _ranked(self, size_t place) except? 0
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

cdef unsigned int _known(Endpoint endpoint) noexcept

cdef void _take_known(Endpoint endpoint, unsigned int known) noexcept

cdef unsigned int _flags(Endpoint endpoint) noexcept

cdef void _take_flags(Endpoint endpoint, unsigned int flags) noexcept

cdef unsigned int _sides(Connection connection) noexcept

cdef void _take_sides(Connection connection, unsigned int sides) noexcept

cdef unsigned int _ends(Connection connection) noexcept

cdef void _take_ends(Connection connection, unsigned int ends) noexcept

cdef int _kind(Connection connection) noexcept

cdef bint _is_even(Endpoint endpoint) noexcept

@cython.locals(ours=int, theirs=int)
cdef int _shift(Endpoint endpoint, Endpoint peer) noexcept
