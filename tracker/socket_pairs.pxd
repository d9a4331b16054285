# C types for socket_pairs.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.pool cimport Pool
from tracker.wire.segment cimport Segment

cdef int NOTHING, _FIRST_SIZE
cdef unsigned long long _MIX, _MASK_64
cdef size_t A_HIGH, A_LOW, B_HIGH, B_LOW, KEY, WORDS
cdef unsigned long long B_PORT, PROTOCOL, VERSION

cpdef int side_of_sender(Segment segment) noexcept

cdef unsigned long long _mix(unsigned long long hashed, unsigned long long value) noexcept

cdef unsigned long long _mix_socket(unsigned long long hashed, unsigned long long low, unsigned long long port) noexcept

@cython.locals(ports="unsigned long long", hosts="unsigned long long")
cpdef unsigned int share_of(Segment segment, unsigned int shares) except? 0

@cython.final
cdef class SocketPairs:
    cdef public Py_ssize_t count
    cdef public int side
    cdef public unsigned long long key
    cdef public unsigned int tag
    cdef Pool _pool
    cdef unsigned long long _seed
    cdef unsigned int[::1] _entries
    cdef Py_ssize_t _mask

    @cython.locals(
        side=int, a_low="unsigned long long", a_high="unsigned long long", a_port="unsigned long long",
        b_low="unsigned long long", b_high="unsigned long long", b_port="unsigned long long",
        version="unsigned long long", protocol="unsigned long long", key="unsigned long long",
        tag="unsigned int", at=size_t, place=Py_ssize_t, word=size_t,
    )
    cpdef Py_ssize_t find(self, Segment segment) except -2
    cdef bint _has(self, size_t word, unsigned long long a_high, unsigned long long b_high) except -1
    @cython.locals(hashed="unsigned long long")
    cdef unsigned int _hash(
        self, unsigned long long version, unsigned long long protocol, unsigned long long a_low,
        unsigned long long a_port, unsigned long long b_low, unsigned long long b_port,
        unsigned long long high,
    ) noexcept
    @cython.locals(word=size_t)
    cpdef int add(self, Segment segment, Py_ssize_t place) except -1
    @cython.locals(at=size_t)
    cdef int _insert(self, unsigned int tag, Py_ssize_t place) except -1
    @cython.locals(entries="unsigned int[::1]", at=size_t, size=Py_ssize_t)
    cdef _grow(self)
    @cython.locals(word=size_t, key="unsigned long long", tag="unsigned int", at=size_t)
    cdef Py_ssize_t _slot_of(self, Py_ssize_t place) except -1
    @cython.locals(at=size_t, gap=size_t, tag="unsigned int")
    cpdef int remove(self, Py_ssize_t place) except -1
