# C types for l2tp.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.inner cimport proves_ip, ipv4_fits, ipv6_fits, refuse, too_short

cdef int ETHERNET, L2TP, PPP
cdef Py_ssize_t HEADER, IDS, SESSION, UDP_HEADER_V3, MAX_UNKNOWN
cdef unsigned int CONTROL, LENGTH, SEQUENCE, OFFSET, RESERVED, VERSION, VERSION_2, VERSION_3
cdef unsigned int PPP_IPV4, PPP_IPV6

@cython.locals(flags="unsigned int", length=Py_ssize_t, end=Py_ssize_t)
cpdef int decode_l2tp(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(length=Py_ssize_t)
cdef Py_ssize_t _header_length(unsigned int flags) noexcept
@cython.locals(payload=Py_ssize_t, protocol="unsigned int")
cdef int _enter_ppp(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(session="unsigned int", last=Py_ssize_t)
cpdef int decode_l2tp_v3(Frame frame, Segment segment, Py_ssize_t at, bint entered) except -1
