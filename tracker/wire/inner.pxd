# C types for inner.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment

cdef int ETHERNET, IP, OTHER_TUNNEL, TUNNEL_TRUNCATED
cdef Py_ssize_t ETHERNET_HEADER, ETHERTYPE, V4_HEADER, V4_TOTAL_LENGTH, V6_HEADER, V6_PAYLOAD_LENGTH
cdef Py_ssize_t V6_NEXT_HEADER
cdef unsigned int IPV4, IPV6, ICMP_V6
cdef int TCP, UDP

cpdef int refuse(Frame frame, int kind, Py_ssize_t at) except -1
cpdef int too_short(Frame frame, int kind, Py_ssize_t at, Py_ssize_t needed) except -1
cpdef int enter_ip(Frame frame, Segment segment, int kind, Py_ssize_t at) except -1
cpdef int enter_ethernet(Frame frame, Segment segment, int kind, Py_ssize_t at) except -1

@cython.locals(version="unsigned int")
cpdef bint ip_fits(Frame frame, Py_ssize_t at) except -1

@cython.locals(left=Py_ssize_t, header=Py_ssize_t, total=Py_ssize_t)
cpdef bint ipv4_fits(Frame frame, Py_ssize_t at) except -1

@cython.locals(left=Py_ssize_t, payload=Py_ssize_t)
cpdef bint ipv6_fits(Frame frame, Py_ssize_t at) except -1

@cython.locals(ethertype="unsigned int")
cpdef bint ethernet_fits(Frame frame, Py_ssize_t at) except -1

@cython.locals(ethertype="unsigned int")
cpdef bint carries_ip(Frame frame, Py_ssize_t at) except -1

@cython.locals(payload=Py_ssize_t)
cpdef bint proves_ip(Frame frame, Py_ssize_t at) except -1

@cython.locals(behind=Py_ssize_t, total="unsigned int")
cdef bint _checksum_fits(Frame frame, Py_ssize_t at) except -1
