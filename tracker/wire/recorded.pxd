# C types for recorded.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport drop_trailer, le32
from tracker.wire.segment cimport Frame

cdef int ETHERNET, IP, LINK, PPP, LINK_TRUNCATED, OTHER_CONTROL, OTHER_LINK_TYPE
cdef Py_ssize_t PKTAP_TYPE, PKTAP_LINK_TYPE, PKTAP_FIXED, PKTAP_MINIMUM
cdef Py_ssize_t NETANALYZER_HEADER, CHECK_SEQUENCE
cdef Py_ssize_t ERF_TYPE, ERF_HEADER, ERF_EXTENSION, ERF_ETHERNET_PAD
cdef unsigned int PKTAP_PACKET, ERF_MORE, ERF_KIND
cdef unsigned int ERF_HDLC_POS, ERF_COLOR_HDLC_POS, ERF_DSM_COLOR_HDLC_POS, ERF_COLOR_HASH_POS
cdef unsigned int ERF_ETH, ERF_COLOR_ETH, ERF_DSM_COLOR_ETH, ERF_COLOR_HASH_ETH
cdef unsigned int ERF_IPV4, ERF_IPV6

@cython.locals(length=Py_ssize_t)
cpdef int decode_pktap(Frame frame, Py_ssize_t at, unsigned int whose) except -1
@cython.locals(header=Py_ssize_t)
cpdef int decode_netanalyzer(Frame frame, Py_ssize_t at, Py_ssize_t preamble) except -1
@cython.locals(kind="unsigned int", more="unsigned int")
cpdef int decode_erf(Frame frame, Py_ssize_t at) except -1
cdef int _erf_other(Frame frame, unsigned int kind, Py_ssize_t at) except -1
