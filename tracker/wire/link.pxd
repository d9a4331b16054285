# C types for link.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.ip cimport decode_ipv4, decode_ipv6
from tracker.wire.shims cimport is_vlan, step_over

cdef int ETHERNET_TRUNCATED, LLC_TRUNCATED, OTHER_ETHERTYPE, OTHER_LLC, SHIM_STACK
cdef int LINKTYPE_ETHERNET
cdef Py_ssize_t ETHERTYPE, HEADER, SNAP_HEADER
cdef unsigned int IPV4, IPV6, VLAN_IDENTIFIER, MAX_LENGTH_FIELD, SNAP
cdef int MAX_SHIMS

cpdef int decode(int link_type, Frame frame, Segment segment) except -1

@cython.locals(at=Py_ssize_t, ethertype="unsigned int")
cpdef int decode_ethernet(Frame frame, Segment segment) except -1

@cython.locals(_=int, behind=Py_ssize_t)
cdef int _ethertype(Frame frame, Segment segment, unsigned int ethertype, Py_ssize_t at) except -1

@cython.locals(ethertype="unsigned int")
cdef int _llc(Frame frame, Segment segment, Py_ssize_t at) except -1
