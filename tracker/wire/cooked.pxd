# C types for cooked.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be16
from tracker.wire.segment cimport Frame, Segment

cdef int ETHERNET, ETHERTYPE, LINK, LLC, PPP, LINK_TRUNCATED, OTHER_ETHERTYPE
cdef unsigned int LINKTYPE_FRELAY, LINKTYPE_IEEE802_11_RADIOTAP, LINKTYPE_NETLINK
cdef Py_ssize_t V1_DEVICE, V1_PROTOCOL, V1_HEADER, V2_DEVICE, V2_PACKET_TYPE, V2_HEADER
cdef unsigned int TO_ALL, TO_GROUP, FRAME_RELAY, RADIOTAP, NETLINK
cdef unsigned int ETHERNET_FRAME, IEEE_802_2, PPP_FRAME, MIN_ETHERTYPE

@cython.locals(device="unsigned int")
cpdef int decode_cooked(Frame frame, Segment segment, Py_ssize_t at) except -1
cpdef int decode_cooked_v2(Frame frame, Segment segment, Py_ssize_t at) except -1
cdef void _to_whom(Segment segment, unsigned int packet_type) noexcept
@cython.locals(protocol="unsigned int")
cdef int _payload(Frame frame, unsigned int device, Py_ssize_t field, Py_ssize_t at) except -1
