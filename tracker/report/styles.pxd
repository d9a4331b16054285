# C types for styles.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.report.rows cimport ListeningRow, Row
from tracker.report.style cimport Style, port_at

cdef int CLOSED
cdef long long _LARGEST_NARROW

@cython.locals(row=Row, are_narrow=bint, is_narrow=bint)
cdef _measure(rows, Style style)

cdef class Windows(Style):
    cpdef str any_socket(self, ListeningRow row)
    @cython.locals(head=str, local=str, foreign=str, state=str, line=str)
    cpdef str line(self, tuple cells, str _queue)

cdef class Linux(Style):
    pass

cdef class SocketStatistics(Style):
    cdef public Py_ssize_t local_port
    cdef public Py_ssize_t foreign_port
    cdef public tuple after_local
    cdef public tuple after_foreign

    @cython.locals(local=str, foreign=str, here=Py_ssize_t, there=Py_ssize_t)
    cpdef measure(self, Row row)
    @cython.locals(
        head=str, local=str, foreign=str, state=str, here=Py_ssize_t, there=Py_ssize_t
    )
    cpdef str line(self, tuple cells, str queue)

cdef class Bsd(Style):
    cpdef str any_socket(self, ListeningRow _row)
