# C types for snoop.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.capture.walker cimport Walker
from tracker.frames cimport Frames

cdef Py_ssize_t CAPACITY, FILE_HEADER, RECORD_HEADER, DATALINK, ORIGINAL, CAPTURED, LENGTH, DROPS, SECONDS, FRACTION
cdef unsigned int VERSION, MAX_CAPTURED
cdef long long _NS_IN_S, _NS_IN_US
cdef bint NATIVE_BIG

cdef unsigned int _swapped(unsigned int number) noexcept

@cython.final
cdef class SnoopWalker(Walker):
    cdef public int link_type
    cdef object _about
    cdef unsigned int _drops

    @cython.locals(captured="unsigned int", length="unsigned int", seconds="long long", time="long long")
    cpdef Py_ssize_t walk(self, Frames frames, data, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(words="const unsigned int[::1]", times="long long[::1]", starts="long long[::1]", lengths="unsigned int[::1]", wires="unsigned int[::1]", drops="unsigned int", is_swapped=bint, last=Py_ssize_t, count=size_t, at=size_t, wire="unsigned int", captured="unsigned int", length="unsigned int", dropped="unsigned int", seconds="unsigned int", fraction="unsigned int", following=Py_ssize_t)
    cdef Py_ssize_t _run(self, Frames frames, data, Py_ssize_t start, Py_ssize_t end) except -1
    cdef bint _is_possible(self, unsigned int captured, unsigned int length) except -1
    cdef _set_drops(self, unsigned int drops)
