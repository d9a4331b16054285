# C types for packing.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.frames cimport Frames

cdef Py_ssize_t RECORD_HEADER, SMALLEST_PACKET, _BEFORE
cdef unsigned int ENHANCED_PACKET
cdef unsigned long long _LOW
cdef long long _NS_IN_S
cdef bint NATIVE_BIG

@cython.final
cdef class Packer:
    cdef public unsigned int most
    cdef public bytearray buffer
    cdef public Py_ssize_t end
    cdef unsigned char[::1] _octets
    cdef unsigned int[::1] _words

    @cython.locals(data="const unsigned char[::1]", octets="unsigned char[::1]", times="long long[::1]", starts="long long[::1]", lengths="unsigned int[::1]", wires="unsigned int[::1]", most="unsigned int", at=Py_ssize_t, length="unsigned int", behind=Py_ssize_t, time="long long", seconds="unsigned long long", fraction="unsigned long long", start=Py_ssize_t)
    cpdef Py_ssize_t pack_records(self, Frames frames, Py_ssize_t first, Py_ssize_t last, Py_ssize_t room) except -1
    cdef int _put(self, Py_ssize_t at, unsigned int number) except -1
    @cython.locals(data="const unsigned char[::1]", octets="unsigned char[::1]", words="unsigned int[::1]", times="long long[::1]", starts="long long[::1]", lengths="unsigned int[::1]", wires="unsigned int[::1]", most="unsigned int", at=Py_ssize_t, length="unsigned int", size="unsigned int", behind=Py_ssize_t, word=Py_ssize_t, time="long long", start=Py_ssize_t)
    cpdef Py_ssize_t pack_blocks(self, Frames frames, Py_ssize_t first, Py_ssize_t last, Py_ssize_t room) except -1
