# C types for udp.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.tunnel cimport may_carry

cdef int DECODED, UDP_BEYOND_PACKET, UDP_LENGTH, UDP_TRUNCATED
cdef Py_ssize_t SOURCE_PORT, DESTINATION_PORT, LENGTH, HEADER

@cython.locals(datagram=Py_ssize_t)
cpdef int decode_udp(Frame frame, Segment segment, Py_ssize_t at, Py_ssize_t length) except -1
