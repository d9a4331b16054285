# C types for tunnel.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment

cdef int GRE, OTHER_GRE, OTHER_TUNNEL

cpdef int decode_tunnel(int layer, Frame frame, Segment segment, Py_ssize_t at) except -1
cpdef bint may_carry(unsigned int source_port, unsigned int destination_port) noexcept
