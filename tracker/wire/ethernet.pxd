# C types for ethernet.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.ip cimport decode_ipv4, decode_ipv6
from tracker.wire.mpls cimport decode_mpls
from tracker.wire.nsh cimport decode_nsh
from tracker.wire.ppp cimport decode_pppoe
from tracker.wire.shims cimport is_vlan, tag_length

cdef int ETHERNET_TRUNCATED, LLC_TRUNCATED, OTHER_ETHERTYPE, OTHER_LLC, SHIM_STACK, SHIM_TRUNCATED
cdef Py_ssize_t ETHERTYPE, HEADER, SNAP_HEADER
cdef unsigned int IPV4, IPV6, PPPOE, MPLS, MPLS_MULTICAST, NSH
cdef unsigned int VLAN_IDENTIFIER, MAX_LENGTH_FIELD, SNAP, GROUP
cdef int MAX_TAGS

@cython.locals(at=Py_ssize_t, ethertype="unsigned int")
cpdef int decode_ethernet(Frame frame, Segment segment, Py_ssize_t start) except -1

@cython.locals(_=int, length=Py_ssize_t)
cpdef int decode_ethertype(Frame frame, Segment segment, unsigned int ethertype, Py_ssize_t at) except -1

cdef int _encapsulated(Frame frame, unsigned int ethertype, Py_ssize_t at) except -1

@cython.locals(ethertype="unsigned int")
cpdef int decode_llc(Frame frame, Segment segment, Py_ssize_t at) except -1
