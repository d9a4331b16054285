# C types for radio.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be32, drop_trailer, le16, le32
from tracker.wire.segment cimport Frame

cdef int LINK, WIRELESS, LINK_HEADER_LENGTH, LINK_TRUNCATED
cdef unsigned int WIRELESS_PADDED, LINKTYPE_IEEE802_11
cdef Py_ssize_t CHECK_SEQUENCE, RADIOTAP_LENGTH, RADIOTAP_PRESENT, RADIOTAP_HEADER
cdef unsigned int TSFT_PRESENT, FLAGS_PRESENT, MORE_WORDS, FLAG_CHECK_SEQUENCE, FLAG_PADDED
cdef Py_ssize_t AVS_LENGTH, AVS_HEADER, PRISM_HEADER
cdef unsigned int AVS_VERSION
cdef Py_ssize_t PPI_FLAGS, PPI_LENGTH, PPI_LINK_TYPE, PPI_HEADER, PPI_FIELD_HEADER, PPI_COMMON_FLAGS
cdef unsigned int PPI_ALIGNED, PPI_COMMON, PPI_CHECK_SEQUENCE

@cython.locals(length=Py_ssize_t, flags="unsigned int")
cpdef int decode_radiotap(Frame frame, Py_ssize_t at) except -1
@cython.locals(present="unsigned int", word="unsigned int", field=Py_ssize_t)
cdef unsigned int _radiotap_flags(Frame frame, Py_ssize_t at, Py_ssize_t length) except? 0
cpdef int decode_prism(Frame frame, Py_ssize_t at) except -1
@cython.locals(length=Py_ssize_t)
cpdef int decode_avs(Frame frame, Py_ssize_t at) except -1
@cython.locals(length=Py_ssize_t, link_type="unsigned int")
cpdef int decode_ppi(Frame frame, Py_ssize_t at) except -1
@cython.locals(end=Py_ssize_t, aligned=int, field=Py_ssize_t, size=Py_ssize_t, flags=Py_ssize_t)
cdef unsigned int _ppi_common(Frame frame, Py_ssize_t at, Py_ssize_t length) except? 0
