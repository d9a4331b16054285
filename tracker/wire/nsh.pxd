# C types for nsh.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame

cdef int NSH_PAYLOAD, OTHER_NSH, SHIM_TRUNCATED
cdef Py_ssize_t HEADER

@cython.locals(length=Py_ssize_t, protocol="unsigned int")
cpdef int decode_nsh(Frame frame, Py_ssize_t at) except -1
