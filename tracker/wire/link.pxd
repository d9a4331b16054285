# C types for link.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.ip cimport decode_ipv4, decode_ipv6

cdef int ETHERNET_TRUNCATED, LLC_TRUNCATED, OTHER_ETHERTYPE, OTHER_LLC, VLAN_STACK, VLAN_TRUNCATED
cdef int LINKTYPE_ETHERNET
cdef Py_ssize_t ETHERTYPE, HEADER, VLAN_TAG, SNAP_HEADER
cdef unsigned int IPV4, IPV6, VLAN, QINQ, QINQ_OLD, VLAN_IDENTIFIER, MAX_LENGTH_FIELD, SNAP
cdef int MAX_VLAN_TAGS

cpdef int decode(int link_type, Frame frame, Segment segment) except -1

@cython.locals(at=Py_ssize_t, ethertype="unsigned int")
cpdef int decode_ethernet(Frame frame, Segment segment) except -1

@cython.locals(_=int)
cdef int _ethertype(Frame frame, Segment segment, unsigned int ethertype, Py_ssize_t at) except -1

@cython.locals(ethertype="unsigned int")
cdef int _llc(Frame frame, Segment segment, Py_ssize_t at) except -1
