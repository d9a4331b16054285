# C types for ring.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.frames cimport Frames

cdef Py_ssize_t CAPACITY, _COOKED_HEADER
cdef Py_ssize_t _BLOCK_STATUS, _BLOCK_FRAMES, _BLOCK_FIRST, _NEXT, _SECONDS, _NANOSECONDS, _CAPTURED, _LENGTH, _STATUS
cdef Py_ssize_t _LINK_HEADER, _TAG, _TAG_TYPE, _PROTOCOL, _INTERFACE, _DEVICE, _PACKET_TYPE, _ADDRESS_LENGTH, _ADDRESS, _ADDRESS_OCTETS
cdef Py_ssize_t _TAG_OCTETS, _MAC_ADDRESSES
cdef unsigned int _KERNELS, _OURS, _HAS_TAG, _HAS_TAG_TYPE, _OUTGOING, _VLAN
cdef int LINKTYPE_LINUX_SLL2
cdef long long _NS_IN_S

@cython.final
cdef class Ring:
    cdef public int link_type
    cdef public Py_ssize_t block_size
    cdef public Py_ssize_t size
    cdef public unsigned int loopback
    cdef unsigned char[::1] _octets
    cdef unsigned short[::1] _shorts
    cdef unsigned int[::1] _words
    cdef Py_ssize_t _block
    cdef Py_ssize_t _frame
    cdef unsigned int _left

    cpdef bint is_ready(self) except -1
    @cython.locals(block=Py_ssize_t, at=Py_ssize_t)
    cpdef bint fill(self, Frames frames) except -1
    cpdef release(self)
    @cython.locals(is_sent=bint, time="long long", start=Py_ssize_t, length="unsigned int", added=Py_ssize_t)
    cdef _take(self, Frames frames, Py_ssize_t at)
    @cython.locals(i=Py_ssize_t)
    cdef Py_ssize_t _put_tag_back(self, Py_ssize_t at, Py_ssize_t start) except -1
    @cython.locals(has_tag=bint, added=Py_ssize_t, to=Py_ssize_t, interface="unsigned int", i=Py_ssize_t)
    cdef Py_ssize_t _cook(self, Py_ssize_t at, Py_ssize_t start) except -1
    cdef unsigned int _tag_type(self, Py_ssize_t at) except? 0
    cdef _write16(self, Py_ssize_t at, unsigned int number)
