# C types for carried.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be16, drop_trailer
from tracker.wire.segment cimport Frame, Segment

cdef int ETHERNET, ETHERTYPE, ETHERNET_TRUNCATED, OTHER_BATMAN, OTHER_ETHERTYPE, SHIM_TRUNCATED
cdef Py_ssize_t MACSEC_HEADER, MACSEC_CHANNEL, MACSEC_CHECK_VALUE, TRILL_HEADER, BATMAN_FIXED
cdef Py_ssize_t BATMAN_BROADCAST_HEADER, BATMAN_UNICAST_HEADER, BATMAN_UNICAST_4_HEADER
cdef Py_ssize_t ISL_HEADER, ISL_VLAN
cdef unsigned int MACSEC, HAS_CHANNEL, CHANGED, TRILL_OPTIONS
cdef unsigned int BATMAN_VERSION, BATMAN_BROADCAST, BATMAN_UNICAST, BATMAN_UNICAST_4

@cython.locals(control="unsigned int", header=Py_ssize_t)
cpdef int decode_macsec(Frame frame, Py_ssize_t at) except -1
@cython.locals(options=Py_ssize_t)
cpdef int decode_trill(Frame frame, Py_ssize_t at) except -1
@cython.locals(kind="unsigned int", header=Py_ssize_t)
cpdef int decode_batman(Frame frame, Py_ssize_t at) except -1
cpdef bint is_isl(Frame frame, Py_ssize_t at) except -1
cpdef int decode_isl(Frame frame, Segment segment, Py_ssize_t at) except -1
