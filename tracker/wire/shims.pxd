# C types for shims.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame

cdef int OTHER_MPLS, OTHER_NSH, OTHER_PPP, SHIM_TRUNCATED
cdef unsigned int IPV4, IPV6, VLAN, QINQ, QINQ_OLD, VN_TAG, E_TAG, I_TAG, FABRIC_PATH
cdef unsigned int PPPOE, MPLS, MPLS_MULTICAST, NSH, PPP_IPV4, PPP_IPV6, MPLS_BOTTOM
cdef unsigned int NSH_IPV4, NSH_IPV6, NSH_ETHERNET
cdef Py_ssize_t ETHERNET_HEADER

cpdef bint is_vlan(unsigned int ethertype) except -1

cpdef Py_ssize_t tag_length(unsigned int ethertype) except -1

@cython.locals(length=Py_ssize_t)
cpdef Py_ssize_t step_over(Frame frame, unsigned int ethertype, Py_ssize_t at) except? -1

@cython.locals(protocol="unsigned int")
cdef Py_ssize_t _pppoe(Frame frame, Py_ssize_t at) except? -1

@cython.locals(bottom="unsigned int", version="unsigned int")
cdef Py_ssize_t _mpls(Frame frame, Py_ssize_t at) except? -1

@cython.locals(length=Py_ssize_t, protocol="unsigned int")
cdef Py_ssize_t _nsh(Frame frame, Py_ssize_t at) except? -1

cdef Py_ssize_t _ethernet(Frame frame, Py_ssize_t at) except? -1
