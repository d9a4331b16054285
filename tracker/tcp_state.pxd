# C types for tcp_state.py (read when the package is compiled; see setup.py)
cdef bytes _NEXT
cdef int _COLUMNS, _END_DISPROVED

cpdef int step(int state, int event, int before_end) except -1
