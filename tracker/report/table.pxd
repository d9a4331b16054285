# C types for table.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.report.rows cimport ConnectionRow
from tracker.report.sides cimport basis

cdef int TCP
cdef Py_ssize_t _TUNNEL

@cython.locals(proto=str, local=str, foreign=str, state=str, line=str)
cdef str _line(tuple cells, str left_blanks, str right_blanks)
@cython.locals(i=Py_ssize_t, cell=str)
cdef _widen(list widths, tuple cells)
@cython.locals(line=str, cell=str, width=Py_ssize_t)
cdef str _wide_line(tuple cells, list widths)
