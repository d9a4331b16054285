# C types for pcap.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.capture.walker cimport Walker
from tracker.frames cimport Frames

cdef Py_ssize_t CAPACITY, RECORD_HEADER, SNAP_LENGTH, LINK_TYPE, FRACTION, CAPTURED, ORIGINAL, MINOR_VERSION
cdef int SWAPPED_BEFORE, TRIED
cdef unsigned int LINK_TYPE_MASK, _US_IN_S
cdef unsigned long long _LOW
cdef bint NATIVE_BIG
cdef long long _NS_IN_S

cdef unsigned int _swapped(unsigned int number) noexcept

@cython.final
cdef class PcapWalker(Walker):
    cdef public bint swapped
    cdef public long long fraction
    cdef public int link_type
    cdef public unsigned int snap_length
    cdef public unsigned int max_captured
    cdef bint _decided
    cdef tuple _variants

    @cython.locals(header=Py_ssize_t, captured=Py_ssize_t, original=Py_ssize_t, length="unsigned int", seconds="long long", fraction="long long", time="long long")
    cpdef Py_ssize_t walk(self, Frames frames, data, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(words="const unsigned long long[::1]", times="long long[::1]", starts="long long[::1]", lengths="unsigned int[::1]", wires="unsigned int[::1]", last=Py_ssize_t, big=bint, header=Py_ssize_t, unit="long long", most="unsigned int", low="unsigned long long", count=size_t, at=size_t, shift=int, middle="unsigned long long", time="unsigned long long", octets="unsigned long long", seconds="unsigned int", fraction="unsigned int", length="unsigned int", wire="unsigned int", following=Py_ssize_t)
    cdef Py_ssize_t _run(self, Frames frames, data, Py_ssize_t start, Py_ssize_t end) except -1
    cdef _impossible(self, unsigned int length)
    @cython.locals(needed=Py_ssize_t)
    cdef bint _decide(self, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(captured=Py_ssize_t, original=Py_ssize_t, at=Py_ssize_t, length="unsigned int")
    cdef Py_ssize_t _to_see(self, Py_ssize_t header, Py_ssize_t start, Py_ssize_t end) except -2
