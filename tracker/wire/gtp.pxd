# C types for gtp.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.inner cimport carries_ip, ip_fits, refuse, too_short

cdef int ETHERNET, GTP_U, IP, PPP_PAYLOAD
cdef Py_ssize_t FLAGS, MESSAGE_TYPE, LENGTH, HEADER, OPTIONAL, HEADER_V0, PPP_HEADER
cdef unsigned int VERSION_AND_PROTOCOL, VERSION_0, VERSION_1, EXTENSION, ANY_OPTIONAL, G_PDU
cdef unsigned int PPP_IPV4, PPP_IPV6

@cython.locals(version="unsigned int", length=Py_ssize_t, header=Py_ssize_t)
cpdef int decode_gtp(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(length=Py_ssize_t)
cdef int _extended(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(protocol="unsigned int")
cdef int _user_packet(Frame frame, Segment segment, Py_ssize_t at) except -1
