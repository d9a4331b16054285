# C types for community_id.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection

cdef Py_ssize_t _ADDRESSES, _SIZE4, _SIZE6, _LENGTH

@cython.locals(octets=bytearray, at=Py_ssize_t, text=bytes)
cpdef str community_id(Connection connection)
@cython.locals(i=Py_ssize_t)
cdef Py_ssize_t _put(bytearray octets, Py_ssize_t at, unsigned long long number, Py_ssize_t size) except -1
