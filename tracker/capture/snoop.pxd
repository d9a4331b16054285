# C types for snoop.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.capture.walker cimport Walker
from tracker.frames cimport Frames

cdef Py_ssize_t CAPACITY, FILE_HEADER, RECORD_HEADER, DATALINK, ORIGINAL, CAPTURED, LENGTH, DROPS, SECONDS, FRACTION
cdef unsigned int VERSION, MAX_CAPTURED
cdef long long _NS_IN_S, _NS_IN_US

@cython.final
cdef class SnoopWalker(Walker):
    cdef public int link_type
    cdef object _about
    cdef unsigned int _drops
    cdef const unsigned char[::1] _data

    cdef unsigned int _u32(self, Py_ssize_t at) except? 0
    @cython.locals(captured="unsigned int", length="unsigned int", seconds="long long", time="long long")
    cpdef Py_ssize_t walk(self, Frames frames, data, Py_ssize_t start, Py_ssize_t end) except -1
    cdef bint _is_possible(self, unsigned int captured, unsigned int length) except -1
    cdef _set_drops(self, unsigned int drops)
