# C types for mpls.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame

cdef int IP, OTHER_MPLS, SHIM_TRUNCATED
cdef unsigned int BOTTOM
cdef Py_ssize_t LABEL

@cython.locals(bottom="unsigned int", version="unsigned int")
cpdef int decode_mpls(Frame frame, Py_ssize_t at) except -1
