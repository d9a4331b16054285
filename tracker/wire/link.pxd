# C types for link.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame

cdef int OTHER_LINK_TYPE

cpdef int decode_link(int link_type, Frame frame, Py_ssize_t at) except -1
