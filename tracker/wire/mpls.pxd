# C types for mpls.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame
from tracker.wire.inner cimport ipv4_fits, ipv6_fits

cdef int ETHERNET, IP, OTHER_MPLS, SHIM_TRUNCATED
cdef unsigned int BOTTOM, CHANNEL_LABEL, CHANNEL_IPV4, CHANNEL_IPV6, NOT_UNIVERSAL, LAST_IN_ORDER
cdef unsigned int IPV4, IPV6, ARP, VLAN, QINQ, QINQ_OLD, MPLS, PPPOE
cdef Py_ssize_t LABEL, CHANNEL_HEADER, CONTROL_WORD, ETHERNET_HEADER, SOURCE_ADDRESS, ETHERTYPE

@cython.locals(bottom="unsigned int", label="unsigned int", version="unsigned int")
cpdef int decode_mpls(Frame frame, Py_ssize_t at) except -1
@cython.locals(channel="unsigned int")
cdef int _channel(Frame frame, Py_ssize_t at) except -1
cdef int _pseudowire(Frame frame, Py_ssize_t at) except -1
cdef bint _is_universal(Frame frame, Py_ssize_t at) except -1
@cython.locals(second="unsigned int")
cdef bint _is_old(Frame frame, Py_ssize_t at) except -1
@cython.locals(ethertype="unsigned int")
cdef bint _is_ethernet(Frame frame, Py_ssize_t at) except -1
