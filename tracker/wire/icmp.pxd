# C types for icmp.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be32, be64
from tracker.wire.segment cimport Frame, Segment

cdef int DECODED, ICMP_ERROR, ICMP_TRUNCATED, OTHER_PROTOCOL, TCP, UDP, ICMP
cdef Py_ssize_t HEADER, QUOTED
cdef int UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM, V6_UNREACHABLE, V6_PARAMETER_PROBLEM
cdef Py_ssize_t V4_HEADER, V4_FRAGMENT, V4_PROTOCOL, V4_SOURCE, V4_DESTINATION
cdef Py_ssize_t V6_HEADER, V6_NEXT_HEADER, V6_SOURCE, V6_DESTINATION
cdef unsigned int FRAGMENT_OFFSET
cdef int HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION_OPTIONS
cdef unsigned long long _V4_MAPPED

@cython.locals(kind=int, missing=int, end=Py_ssize_t)
cpdef int decode_icmp(Frame frame, Segment segment, int protocol, Py_ssize_t at, Py_ssize_t length) except -1

@cython.locals(header=Py_ssize_t, fragment="unsigned int", protocol=int, missing=int)
cdef int _quoted_v4(Frame frame, Segment segment, Py_ssize_t at, Py_ssize_t end) except -1

@cython.locals(header=int, missing=int, size=Py_ssize_t)
cdef int _quoted_v6(Frame frame, Segment segment, Py_ssize_t at, Py_ssize_t end) except -1

@cython.locals(missing=int)
cdef int _quoted_ports(Frame frame, Segment segment, int protocol, Py_ssize_t at, Py_ssize_t end) except -1

cdef int _missing(Frame frame, Py_ssize_t at, Py_ssize_t octets, Py_ssize_t end) except -1
