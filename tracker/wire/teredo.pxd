# C types for teredo.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.inner cimport enter_ip, ipv6_fits, refuse, too_short

cdef int AYIYA, IP, TEREDO
cdef Py_ssize_t TYPE, ORIGIN_LENGTH, AUTHENTICATION_LENGTH, MIN_LENGTH, AYIYA_HEADER, AYIYA_NEXT_HEADER
cdef unsigned int ORIGIN, AUTHENTICATION, AYIYA_FORWARD, IPV4_IN_IP, IPV6_IN_IP

cpdef int decode_teredo(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(protocol="unsigned int", identity=Py_ssize_t, signature=Py_ssize_t)
cpdef int decode_ayiya(Frame frame, Segment segment, Py_ssize_t at) except -1
