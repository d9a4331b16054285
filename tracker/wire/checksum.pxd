# C types for checksum.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be16
from tracker.wire.segment cimport Frame, Segment

cdef int DECODED, IPV4_CHECKSUM, TCP_CHECKSUM, UDP_CHECKSUM, OFFLOADED, TCP
cdef Py_ssize_t V4_CHECKSUM, TCP_FIELD, UDP_FIELD, V6_HEADER
cdef unsigned long long _V4

@cython.locals(header=Py_ssize_t, stored="unsigned int", end=Py_ssize_t)
cpdef int verify(Frame frame, Segment segment) except -1

@cython.locals(at=Py_ssize_t, pseudo="unsigned long long", stored="unsigned int")
cdef int _verify(Frame frame, Segment segment, Py_ssize_t field, Py_ssize_t length, int reason) except -1

cdef unsigned long long _pseudo(Segment segment)

@cython.locals(total="unsigned long long", _=int)
cdef unsigned long long _sum_of(unsigned long long number) noexcept

@cython.locals(total="unsigned long long", end=Py_ssize_t)
cdef unsigned long long _sum(Frame frame, Py_ssize_t at, Py_ssize_t length) except? 0

cdef unsigned int _folded(unsigned long long total) noexcept
