# C types for gre.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.inner cimport ip_fits

cdef int ERSPAN, ETHERNET, ETHERTYPE, IP, LINK, NVGRE, PPP, PPTP
cdef int GRE_TRUNCATED, GRE_VERSION, OTHER_GRE
cdef Py_ssize_t HEADER, ROUTE_HEADER, WCCP_REDIRECT
cdef Py_ssize_t ERSPAN_2_HEADER, ERSPAN_3_HEADER, ERSPAN_3_SUBHEADER
cdef unsigned int GRE_TUNNEL
cdef unsigned int CHECKSUM, ROUTING, KEY, SEQUENCE, ACKNOWLEDGMENT, VERSION, ENHANCED
cdef unsigned int IPV4, IPV6, VLAN, MPLS, MPLS_MULTICAST, METADATA, NSH, BRIDGED, EOIP, FRAME_RELAY
cdef unsigned int PPP_TYPE, WCCP, ERSPAN_2, ERSPAN_3, ARUBA_FIRST, ARUBA_LAST, ERSPAN_3_OPTIONAL, ERSPAN_VERSION_2, ERSPAN_VERSION_3
cdef unsigned int LINKTYPE_IEEE802_11, LINKTYPE_FRELAY

@cython.locals(flags="unsigned int", protocol="unsigned int", length=Py_ssize_t, inside=Py_ssize_t)
cpdef int decode_gre(Frame frame, Segment segment, Py_ssize_t at) except -1

@cython.locals(length=Py_ssize_t)
cdef Py_ssize_t _header_length(unsigned int flags, unsigned int protocol) noexcept

@cython.locals(family="unsigned int", length=Py_ssize_t)
cdef Py_ssize_t _behind_routes(Frame frame, Py_ssize_t at) except -1

cdef int _enter(Frame frame, Segment segment, unsigned int flags, unsigned int protocol, Py_ssize_t at) except -1
cdef int _enter_rare(Frame frame, unsigned int protocol, Py_ssize_t at) except -1
cdef bint _is_ethertype(unsigned int protocol) noexcept

@cython.locals(version="unsigned int", last="unsigned int")
cdef int _erspan(Frame frame, unsigned int protocol, Py_ssize_t at) except -1

@cython.locals(version="unsigned int")
cdef int _redirected(Frame frame, Py_ssize_t at) except -1

cdef void _rename(Segment segment, int kind) noexcept
cdef int _other(Frame frame, unsigned int protocol, Py_ssize_t at) except -1
