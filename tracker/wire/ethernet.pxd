# C types for ethernet.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.carried cimport decode_batman, decode_isl, decode_macsec, decode_trill, is_isl
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.ip cimport decode_ipv4, decode_ipv6
from tracker.wire.mpls cimport decode_mpls
from tracker.wire.nsh cimport decode_nsh
from tracker.wire.octets cimport be16
from tracker.wire.ppp cimport decode_pppoe
from tracker.wire.shims cimport is_vlan, tag_length

cdef int ETHERNET, ETHERTYPE, IP, LLC, NLPID, PPP_PROTOCOL
cdef int ETHERNET_TRUNCATED, LLC_TRUNCATED, OTHER_ETHERTYPE, OTHER_LLC, OTHER_SNAP, SHIM_STACK, SHIM_TRUNCATED
cdef Py_ssize_t HEADER, LLC_HEADER, SNAP_HEADER, SNAP, BRIDGED_PADDING
cdef unsigned int IPV4, IPV6, TRILL, BATMAN, BRIDGED_FRAME, PPP, PPPOE, MPLS, MPLS_MULTICAST
cdef unsigned int LONG_LLC, MACSEC, NSH
cdef unsigned int VLAN_IDENTIFIER, MAX_LENGTH_FIELD, GROUP
cdef unsigned int UNNUMBERED, IP_POINT, OSI_POINT, SNAP_POINT
cdef unsigned int ETHERTYPES, CISCO, BRIDGED, BRIDGED_WITH_CHECK_SEQUENCE, BRIDGED_ETHERNET
cdef int MAX_TAGS

@cython.locals(at=Py_ssize_t, ethertype="unsigned int")
cpdef int decode_ethernet(Frame frame, Segment segment, Py_ssize_t start) except -1

@cython.locals(_=int, length=Py_ssize_t)
cpdef int decode_ethertype(Frame frame, Segment segment, unsigned int ethertype, Py_ssize_t at) except -1

cdef int _encapsulated(Frame frame, unsigned int ethertype, Py_ssize_t at) except -1

@cython.locals(point="unsigned int")
cpdef int decode_llc(Frame frame, Py_ssize_t at) except -1

@cython.locals(organization="unsigned int", protocol="unsigned int")
cpdef int decode_snap(Frame frame, Py_ssize_t at, Py_ssize_t padding) except -1
