# C types for wireless.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.octets cimport be16
from tracker.wire.segment cimport Frame, Segment

cdef int LLC, SUBFRAME, OTHER_ENCRYPTED, OTHER_WIRELESS, OTHER_WIRELESS_FRAGMENT, WIRELESS_TRUNCATED
cdef unsigned int WIRELESS_PADDED, VERSION_AND_TYPE, DATA, WITHOUT_DATA, WITH_QOS
cdef unsigned int TO_DS, FROM_DS, PROTECTED, WITH_HT_CONTROL
cdef Py_ssize_t FRAME_CONTROL, ADDRESS_1, ADDRESS_3, SEQUENCE_CONTROL, HEADER, ADDRESS_4, QOS_CONTROL, HT_CONTROL
cdef unsigned int FRAGMENT_NUMBER, GROUP, AGGREGATE, MESH, MESH_ADDRESSES
cdef Py_ssize_t MESH_CONTROL, MESH_ADDRESS, SUBFRAME_LENGTH, SUBFRAME_HEADER

@cython.locals(kind="unsigned int", flags="unsigned int", header=Py_ssize_t, body=Py_ssize_t)
cpdef int decode_wireless(Frame frame, Segment segment, Py_ssize_t at, unsigned int hints) except -1
@cython.locals(header=Py_ssize_t)
cdef Py_ssize_t _header(unsigned int kind, unsigned int flags) noexcept
cdef Py_ssize_t _fourth(unsigned int flags) noexcept
@cython.locals(addresses="unsigned int")
cdef int _with_qos(Frame frame, unsigned int flags, Py_ssize_t qos, Py_ssize_t body) except -1
@cython.locals(length=Py_ssize_t, following=Py_ssize_t)
cpdef int decode_subframe(Frame frame, Segment segment, Py_ssize_t at) except -1
