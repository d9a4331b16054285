# C types for juniper.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be16, be32, le32
from tracker.wire.segment cimport Frame

cdef int ETHERNET, IP, LINK, MPLS, PPP, LINK_TRUNCATED, OTHER_FAMILY, OTHER_LINK_TYPE
cdef int LINKTYPE_JUNIPER_CHDLC, LINKTYPE_JUNIPER_ETHER, LINKTYPE_JUNIPER_FRELAY
cdef int LINKTYPE_JUNIPER_PPP, LINKTYPE_JUNIPER_PPPOE
cdef unsigned int LINKTYPE_C_HDLC, LINKTYPE_FRELAY
cdef unsigned int MAGIC, WITHOUT_LINK, WITH_EXTENSIONS, IPV4, MPLS_LABELS, IPV6
cdef Py_ssize_t FLAGS, HEADER, EXTENSIONS_LENGTH, PROTOCOL

@cython.locals(flags="unsigned int", header=Py_ssize_t)
cpdef int decode_juniper(int link_type, Frame frame, Py_ssize_t at) except -1
@cython.locals(number="unsigned int")
cdef int _protocol(Frame frame, Py_ssize_t at) except -1
cdef int _link(int link_type, Frame frame, Py_ssize_t at) except -1
cdef int _unknown(int link_type, Frame frame, Py_ssize_t at) except -1
