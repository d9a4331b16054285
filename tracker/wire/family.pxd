# C types for family.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be16, be32, le16, le32
from tracker.wire.segment cimport Frame

cdef int ETHERTYPE, IP, PPP, LINK_HEADER_LENGTH, LINK_TRUNCATED, OTHER_FAMILY
cdef unsigned int INET, INET6_LINUX, INET6_BSD, INET6_SOLARIS, INET6_FREEBSD, INET6_MACOS
cdef unsigned int FRAMED_PPP, MAX_FAMILY, PFLOG_MINIMUM, NFULA_PAYLOAD, ATTRIBUTE_TYPE
cdef Py_ssize_t FAMILY, ENC_HEADER, PFLOG_FAMILY, IPNET_FAMILY, IPNET_HEADER, NFLOG_HEADER
cdef Py_ssize_t ATTRIBUTE_HEADER, SLIP_HEADER

@cython.locals(number="unsigned int")
cpdef int decode_null(Frame frame, Py_ssize_t at) except -1
cpdef int decode_raw(Frame frame, Py_ssize_t at) except -1
@cython.locals(number="unsigned int")
cpdef int decode_enc(Frame frame, Py_ssize_t at) except -1
@cython.locals(length=Py_ssize_t)
cpdef int decode_pflog(Frame frame, Py_ssize_t at) except -1
cpdef int decode_ipnet(Frame frame, Py_ssize_t at) except -1
cpdef int decode_slip(Frame frame, Py_ssize_t at) except -1
@cython.locals(family=Py_ssize_t, little=bint, length=Py_ssize_t, kind="unsigned int")
cpdef int decode_nflog(Frame frame, Py_ssize_t at) except -1
@cython.locals(version="unsigned int")
cdef int _logged(Frame frame, Py_ssize_t field, Py_ssize_t at) except -1
cdef int _family(Frame frame, unsigned int number, Py_ssize_t field, Py_ssize_t at) except -1
cdef bint _is_ip(unsigned int number) noexcept
