# C types for ppp.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be16
from tracker.wire.segment cimport Frame

cdef int ETHERNET, IP, LINK, MPLS, PPP, PPP_PAYLOAD
cdef int OTHER_PPP, OTHER_PPP_FRAGMENT, PPP_TRUNCATED, SHIM_TRUNCATED
cdef Py_ssize_t PPPOE_HEADER, BRIDGING_HEADER, MULTILINK_HEADER
cdef unsigned int LINKTYPE_C_HDLC, ALL_STATIONS, CISCO_UNICAST, CISCO_MULTICAST, ONE_OCTET
cdef unsigned int IPV4, IPV6, BRIDGING, MULTILINK, MPLS_UNICAST, MPLS_MULTICAST
cdef unsigned int ETHERNET_NETWORK, BEGINS

cpdef int decode_pppoe(Frame frame, Py_ssize_t at) except -1
@cython.locals(address="unsigned int")
cpdef int decode_ppp(Frame frame, Py_ssize_t at) except -1
cpdef int decode_ppp_protocol(Frame frame, Py_ssize_t at) except -1
cpdef int decode_ppp_payload(Frame frame, unsigned int protocol, Py_ssize_t at) except -1
cdef int _bridged(Frame frame, Py_ssize_t at) except -1
cdef int _multilink(Frame frame, Py_ssize_t at) except -1
