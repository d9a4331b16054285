# C types for frames.py (read when the package is compiled; see setup.py)
cimport cython

@cython.final
cdef class Frames:
    cdef public int link_type
    cdef public const unsigned char[::1] data
    cdef public Py_ssize_t count
    cdef public long long[::1] times
    cdef public long long[::1] starts
    cdef public unsigned int[::1] lengths
    cdef public unsigned int[::1] wires

    cpdef append(self, long long time, Py_ssize_t start, unsigned int length, unsigned int wire)
    cpdef Py_ssize_t run_until(self, Py_ssize_t first, long long limit) except -1
