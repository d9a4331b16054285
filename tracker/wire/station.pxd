# C types for station.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be16
from tracker.wire.segment cimport Frame, Segment

cdef int ETHERTYPE, IP, LLC, LINK_TRUNCATED, OTHER_ARCNET, OTHER_CONTROL
cdef Py_ssize_t FDDI_HEADER, FDDI_DESTINATION, RING_HEADER, RING_CONTROL, RING_DESTINATION, RING_SOURCE
cdef Py_ssize_t ARCNET_DESTINATION, ARCNET_PROTOCOL, SPLIT, EXCEPTION_LENGTH, FC_HEADER
cdef Py_ssize_t INFINIBAND_ETHERTYPE, INFINIBAND_HEADER, FIREWIRE_ETHERTYPE, FIREWIRE_HEADER
cdef unsigned int FDDI_LENGTH_AND_FORMAT, FDDI_LLC, RING_FORMAT, RING_LLC, ROUTED, ROUTING_LENGTH
cdef unsigned int GROUP_SENT_FIRST, GROUP, RFC1051_IP, RFC1201_IP, RFC1201_IPV6, EXCEPTION

cpdef int decode_fddi(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(routed=int)
cpdef int decode_token_ring(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(header=Py_ssize_t, protocol="unsigned int")
cpdef int decode_arcnet(Frame frame, Segment segment, Py_ssize_t at, Py_ssize_t offset) except -1
@cython.locals(flag="unsigned int")
cdef int _arcnet_split(Frame frame, unsigned int protocol, Py_ssize_t at) except -1
cpdef int decode_fibre_channel(Frame frame, Py_ssize_t at) except -1
@cython.locals(ethertype="unsigned int")
cpdef int decode_infiniband(Frame frame, Py_ssize_t at) except -1
cpdef int decode_firewire(Frame frame, Py_ssize_t at) except -1
