# C types for overlay.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.inner cimport carries_ip, enter_ethernet, enter_ip, proves_ip, refuse, too_short

cdef int ETHERNET, ETHERTYPE, GENEVE, GUE, LISP, MPLS, VXLAN, VXLAN_GPE
cdef Py_ssize_t HEADER, GUE_HEADER, LISP_CONTROL_HEADER, GPE_NEXT_PROTOCOL, LISP_NEXT_PROTOCOL
cdef unsigned int VALID_IDENTIFIER, GPE_VERSION, GENEVE_VERSION, GENEVE_OPTIONS
cdef unsigned int GPE_IPV4, GPE_IPV6, GPE_ETHERNET, GPE_NSH, GPE_MPLS
cdef unsigned int MIN_ETHERTYPE, BRIDGED, IPV4, IPV6, NSH
cdef unsigned int GUE_CONTROL, GUE_OPTIONS, IPV4_IN_IP, IPV6_IN_IP
cdef unsigned int LISP_MULTI_PROTOCOL, LISP_ENCAPSULATED_CONTROL

cpdef int decode_vxlan(Frame frame, Segment segment, Py_ssize_t at) except -1
cpdef int decode_other_vxlan(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(protocol="unsigned int")
cpdef int decode_vxlan_gpe(Frame frame, Segment segment, Py_ssize_t at) except -1
cdef int _next_protocol(Frame frame, Segment segment, int kind, unsigned int protocol, Py_ssize_t at) except -1
@cython.locals(length=Py_ssize_t, version="unsigned int", protocol="unsigned int")
cpdef int decode_geneve(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(variant="unsigned int", protocol="unsigned int")
cpdef int decode_gue(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(protocol="unsigned int")
cpdef int decode_lisp(Frame frame, Segment segment, Py_ssize_t at) except -1
cpdef int decode_lisp_control(Frame frame, Segment segment, Py_ssize_t at) except -1
