# C types for octets.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame

cpdef unsigned int be16(Frame frame, Py_ssize_t at) except? 0
cpdef unsigned int le16(Frame frame, Py_ssize_t at) except? 0
cpdef unsigned int be32(Frame frame, Py_ssize_t at) except? 0
cpdef unsigned int le32(Frame frame, Py_ssize_t at) except? 0
@cython.locals(high="unsigned long long")
cpdef unsigned long long be64(Frame frame, Py_ssize_t at) except? 0
cpdef int drop_trailer(Frame frame, Py_ssize_t octets) except -1
