# C types for pcap.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.frames cimport Frames

cdef Py_ssize_t CAPACITY, RECORD_HEADER, LINK_TYPE, FRACTION, CAPTURED, ORIGINAL, MINOR_VERSION
cdef int SWAPPED_BEFORE
cdef unsigned int MAX_CAPTURED, LINK_TYPE_MASK
cdef long long _NS_IN_S

cdef class PcapWalker:
    cdef public bint big
    cdef public bint swapped
    cdef public long long unit
    cdef public int link_type
    cdef public long long bad_length
    cdef const unsigned char[::1] _data

    cdef unsigned int _u32(self, Py_ssize_t at, bint big) except? 0

    @cython.locals(captured=Py_ssize_t, original=Py_ssize_t, big=bint, count=Py_ssize_t, length="unsigned int", seconds="long long", fraction="long long")
    cpdef Py_ssize_t walk(self, Frames frames, data, Py_ssize_t start, Py_ssize_t end) except -1
