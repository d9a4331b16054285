# C types for decode.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.ethernet cimport decode_ethernet, decode_ethertype, decode_llc, decode_snap
from tracker.wire.hdlc cimport decode_nlpid
from tracker.wire.ip cimport decode_ip
from tracker.wire.link cimport decode_link
from tracker.wire.mpls cimport decode_mpls
from tracker.wire.nsh cimport decode_nsh
from tracker.wire.plain cimport decode_plain
from tracker.wire.ppp cimport decode_ppp, decode_ppp_payload, decode_ppp_protocol
from tracker.wire.tunnel cimport decode_tunnel
from tracker.wire.wireless cimport decode_subframe, decode_wireless

cdef int ETHERNET, ETHERTYPE, IP, LINK, LLC, MAX_STEPS, MPLS, NSH_PAYLOAD, PPP, PPP_PAYLOAD, UDP_PAYLOAD
cdef int NLPID, PPP_PROTOCOL, SNAP, SUBFRAME, WIRELESS
cdef int DECODED, LINKTYPE_ETHERNET, NESTING, OTHER_NSH, GOES_ON
cdef unsigned int NSH_IPV4, NSH_IPV6, NSH_ETHERNET, NSH_NSH, NSH_MPLS

@cython.locals(reason=int)
cpdef int decode(int link_type, Frame frame, Segment segment) except -1

@cython.locals(at=Py_ssize_t)
cpdef int decode_inside(Frame frame, Segment segment) except -1

cpdef int decode_again(Frame frame, Segment segment) except -1

@cython.locals(_=int, reason=int)
cdef int _go_on(Frame frame, Segment segment) except -1

@cython.locals(layer=int, at=Py_ssize_t)
cdef int _step(Frame frame, Segment segment) except -1

cdef int _link(Frame frame, Segment segment, int link_type, Py_ssize_t at) except -1

cdef int _announced(int layer, Frame frame, Py_ssize_t at) except -1

cdef int _nsh_payload(Frame frame, unsigned int protocol, Py_ssize_t at) except -1
