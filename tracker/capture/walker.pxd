# C types for walker.py (read when the package is compiled; see setup.py)

cdef class Walker:
    cdef public bint more
    cdef public Py_ssize_t needed
    cdef public long long skip
    cdef public long long skipped
    cdef public object problem
    cdef public bint at_end
    cdef public Py_ssize_t start
    cdef public str unit
    cdef public Py_ssize_t header
    cdef public bint big
    cdef const unsigned char[::1] data

    cdef unsigned int u16(self, Py_ssize_t at) except? 0
    cdef unsigned int u32(self, Py_ssize_t at) except? 0
