# C types for pcap.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.capture.walker cimport Walker
from tracker.frames cimport Frames

cdef Py_ssize_t CAPACITY, RECORD_HEADER, SNAP_LENGTH, LINK_TYPE, FRACTION, CAPTURED, ORIGINAL, MINOR_VERSION
cdef int SWAPPED_BEFORE, TRIED
cdef unsigned int LINK_TYPE_MASK, _US_IN_S
cdef long long _NS_IN_S

@cython.final
cdef class PcapWalker(Walker):
    cdef public bint big
    cdef public bint swapped
    cdef public long long fraction
    cdef public int link_type
    cdef public unsigned int snap_length
    cdef public unsigned int max_captured
    cdef bint _decided
    cdef tuple _variants
    cdef const unsigned char[::1] _data

    cdef unsigned int _u32(self, Py_ssize_t at, bint big) except? 0

    @cython.locals(header=Py_ssize_t, captured=Py_ssize_t, original=Py_ssize_t, big=bint, count=Py_ssize_t, length="unsigned int", seconds="long long", fraction="long long")
    cpdef Py_ssize_t walk(self, Frames frames, data, Py_ssize_t start, Py_ssize_t end) except -1
    cdef _impossible(self, unsigned int length)
    @cython.locals(needed=Py_ssize_t)
    cdef bint _decide(self, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(captured=Py_ssize_t, original=Py_ssize_t, at=Py_ssize_t, length="unsigned int")
    cdef Py_ssize_t _to_see(self, Py_ssize_t header, Py_ssize_t start, Py_ssize_t end) except -2
