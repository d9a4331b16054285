# C types for ppp.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame

cdef int IP, PPP_PAYLOAD, OTHER_PPP, PPP_TRUNCATED, SHIM_TRUNCATED
cdef Py_ssize_t PPPOE_HEADER
cdef unsigned int IPV4, IPV6

cpdef int decode_pppoe(Frame frame, Py_ssize_t at) except -1
cpdef int decode_ppp(Frame frame, Py_ssize_t at) except -1
cpdef int decode_ppp_payload(Frame frame, unsigned int protocol, Py_ssize_t at) except -1
