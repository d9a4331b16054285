# C types for tcp.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment

cdef int CUT_OFF, DECODED, TCP_BEYOND_PACKET, TCP_DATA_OFFSET, TCP_TRUNCATED
cdef unsigned int SYN, MALFORMED
cdef Py_ssize_t SOURCE_PORT, DESTINATION_PORT, SEQUENCE, ACKNOWLEDGMENT, DATA_OFFSET, FLAGS, WINDOW, HEADER, NEEDED
cdef int END_OF_OPTIONS, NO_OPERATION, MAXIMUM_SEGMENT_SIZE, WINDOW_SCALE, MAX_WINDOW_SCALE

cdef unsigned int _u32(Frame frame, Py_ssize_t at) except? 0

@cython.locals(header=Py_ssize_t)
cpdef int decode_tcp(Frame frame, Segment segment, Py_ssize_t at, Py_ssize_t length) except -1

@cython.locals(kind=int, length=Py_ssize_t)
cdef void _syn_options(Frame frame, Segment segment, Py_ssize_t at, Py_ssize_t end) except *
