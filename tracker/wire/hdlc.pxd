# C types for hdlc.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be16
from tracker.wire.segment cimport Frame

cdef int ETHERTYPE, IP, LINK, LLC, NLPID, PPP_PROTOCOL, SNAP
cdef int LINK_HEADER_LENGTH, LINK_TRUNCATED, OTHER_CONTROL, OTHER_ETHERTYPE, OTHER_NLPID
cdef Py_ssize_t CISCO_PROTOCOL, CISCO_HEADER, MAX_ADDRESS, MULTILINK_HEADER
cdef unsigned int LINKTYPE_FRELAY, MIN_ETHERTYPE, OSI, LAST, UNNUMBERED
cdef unsigned int PADDING, SNAP_FOLLOWS, IPV4, IPV6, PPP_FOLLOWS, BEGINS, CONTROL

cpdef int decode_cisco_hdlc(Frame frame, Py_ssize_t at) except -1
@cython.locals(start=Py_ssize_t)
cpdef int decode_frame_relay(Frame frame, Py_ssize_t at) except -1
@cython.locals(number="unsigned int")
cdef int _by_ethertype(Frame frame, Py_ssize_t at) except -1
@cython.locals(number="unsigned int")
cpdef int decode_nlpid(Frame frame, Py_ssize_t at) except -1
cpdef int decode_multilink_frame_relay(Frame frame, Py_ssize_t at) except -1
