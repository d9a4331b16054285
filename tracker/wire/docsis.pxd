# C types for docsis.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport drop_trailer
from tracker.wire.segment cimport Frame

cdef int ETHERNET, LINK_TRUNCATED, OTHER_CONTROL
cdef Py_ssize_t PARAMETER, HEADER, CHECK_SEQUENCE
cdef unsigned int TYPE, HAS_EXTENDED

@cython.locals(header=Py_ssize_t)
cpdef int decode_docsis(Frame frame, Py_ssize_t at) except -1
