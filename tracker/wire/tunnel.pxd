# C types for tunnel.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.capwap cimport decode_capwap, decode_lwapp, decode_tzsp
from tracker.wire.gre cimport decode_gre
from tracker.wire.gtp cimport decode_gtp
from tracker.wire.inner cimport ethernet_fits, ip_fits, refuse, too_short
from tracker.wire.l2tp cimport decode_l2tp, decode_l2tp_v3
from tracker.wire.overlay cimport decode_geneve, decode_gue, decode_lisp, decode_lisp_control
from tracker.wire.overlay cimport decode_other_vxlan, decode_vxlan, decode_vxlan_gpe
from tracker.wire.teredo cimport decode_ayiya, decode_teredo

cdef int ETHER_IP, ETHER_IP_TUNNEL, ETHERNET, GRE, GRE_IN_UDP, L2TP_V3, MPLS, MPLS_IN_UDP
cdef int OTHER_TUNNEL
cdef Py_ssize_t ETHER_IP_HEADER, LABEL, UDP_HEADER, UDP_LENGTH
cdef unsigned int L2TP_PORT, GTP_CONTROL_PORT, GTP_PORT, GTP_PRIME_PORT, TEREDO_PORT, LISP_PORT
cdef unsigned int LISP_CONTROL_PORT, GRE_PORT, VXLAN_PORT, VXLAN_GPE_PORT, AYIYA_PORT, CAPWAP_PORT
cdef unsigned int GUE_PORT, GENEVE_PORT, MPLS_PORT, OTHER_VXLAN_PORT, TZSP_PORT, BOTTOM
cdef unsigned int LWAPP_PORT, LWAPP_CONTROL_PORT

cpdef int decode_tunnel(int layer, Frame frame, Segment segment, Py_ssize_t at) except -1
cdef int _ether_ip(Frame frame, Py_ssize_t at) except -1
cpdef bint may_carry(unsigned int source_port, unsigned int destination_port) noexcept
cdef bint is_tunnel(unsigned int port) noexcept
@cython.locals(length=Py_ssize_t, end=Py_ssize_t, tunnel="unsigned long long", reason=int)
cdef int _datagram(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(inside=Py_ssize_t, version="unsigned int")
cdef int _mpls(Frame frame, Segment segment, Py_ssize_t at) except -1
cdef int _decode_port(unsigned int port, Frame frame, Segment segment, Py_ssize_t at) except -1
cdef int _decode_rare_port(unsigned int port, Frame frame, Segment segment, Py_ssize_t at) except -1
