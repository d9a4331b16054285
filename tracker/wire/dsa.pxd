# C types for dsa.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be16
from tracker.wire.segment cimport Frame, Segment

cdef int ETHERNET, ETHERTYPE, LINK_TRUNCATED
cdef Py_ssize_t ADDRESSES, TAG
cdef unsigned int GROUP, TAGGED, VLAN_IDENTIFIER

@cython.locals(header=Py_ssize_t, tag=Py_ssize_t)
cpdef int decode_marvell(Frame frame, Segment segment, Py_ssize_t at, Py_ssize_t before) except -1
@cython.locals(header=Py_ssize_t)
cpdef int decode_broadcom(Frame frame, Segment segment, Py_ssize_t at) except -1
cpdef int decode_broadcom_prepended(Frame frame, Py_ssize_t at) except -1
