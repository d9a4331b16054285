# C types for ip.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.icmp cimport decode_icmp
from tracker.wire.tcp cimport decode_tcp
from tracker.wire.udp cimport decode_udp

cdef int AH_BEYOND_PACKET, AH_TRUNCATED, IP_VERSION, IPV4_HEADER_LENGTH, IPV4_TOTAL_LENGTH, IPV4_TRUNCATED
cdef int IPV6_EXTENSION_BEYOND_PACKET, IPV6_EXTENSION_TRUNCATED, IPV6_TRUNCATED
cdef int LATER_FRAGMENT, OTHER_PROTOCOL, TCP, UDP
cdef int ICMP, ICMP_V6
cdef int ETHER_IP, ETHER_IP_TUNNEL, FOUR_IN_SIX, GRE, GRE_TUNNEL, IP, IPIP, L2TP, L2TP_V3, MPLS
cdef int MPLS_IN_IP, SIX_IN_FOUR, SIX_IN_SIX
cdef int IPV4_IN_IP, IPV6_IN_IP, GRE_IN_IP, ETHERNET_IN_IP, L2TP_IN_IP, MPLS_IN_IP_PROTOCOL
cdef Py_ssize_t V4_TOTAL_LENGTH, V4_IDENTIFICATION, V4_FRAGMENT, V4_PROTOCOL, V4_SOURCE, V4_DESTINATION, V4_HEADER
cdef Py_ssize_t V6_PAYLOAD_LENGTH, V6_NEXT_HEADER, V6_SOURCE, V6_DESTINATION, V6_HEADER
cdef unsigned int MORE_FRAGMENTS, FRAGMENT_OFFSET
cdef int HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION_OPTIONS, MOBILITY, HIP, SHIM6
cdef int END_OF_OPTIONS, NO_OPERATION, LOOSE_SOURCE_ROUTE, STRICT_SOURCE_ROUTE
cdef unsigned long long _V4_MAPPED

cdef unsigned int _u32(Frame frame, Py_ssize_t at) except? 0
cdef unsigned long long _v4_address(Frame frame, Py_ssize_t at) except? 0
@cython.locals(high="unsigned long long")
cdef unsigned long long _u64(Frame frame, Py_ssize_t at) except? 0

cpdef int decode_ip(Frame frame, Segment segment, Py_ssize_t at) except -1

@cython.locals(header=Py_ssize_t, total=Py_ssize_t, fragment="unsigned int", protocol=int)
cpdef int decode_ipv4(Frame frame, Segment segment, Py_ssize_t at) except -1

@cython.locals(kind=int, length=Py_ssize_t)
cdef void _source_route(Frame frame, Segment segment, Py_ssize_t at, Py_ssize_t end) except *

@cython.locals(length=Py_ssize_t)
cpdef int decode_ipv6(Frame frame, Segment segment, Py_ssize_t at) except -1

cdef int _fragment(Frame frame, Segment segment, int protocol, Py_ssize_t at, Py_ssize_t length) except -1

@cython.locals(offset="unsigned int")
cdef bint _is_later(Frame frame, Segment segment, Py_ssize_t at, Py_ssize_t length) except -1

@cython.locals(size=Py_ssize_t)
cdef int _next_header(Frame frame, Segment segment, int header, Py_ssize_t at, Py_ssize_t length) except -1

@cython.locals(outer=int)
cdef int _tunnel(Frame frame, Segment segment, int protocol, Py_ssize_t at, Py_ssize_t length) except -1

cdef bint _is_extension(int header) noexcept

cdef int _transport(Frame frame, Segment segment, int protocol, Py_ssize_t at, Py_ssize_t length) except -1

@cython.locals(size=Py_ssize_t, header=int)
cdef int _authentication(Frame frame, Segment segment, Py_ssize_t at, Py_ssize_t length) except -1
