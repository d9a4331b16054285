# C types for table.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.report.rows cimport ConnectionRow, Row
from tracker.report.sides cimport basis

cdef int TCP
cdef Py_ssize_t _NAMES, _PROGRAM, _TUNNEL
cdef tuple _PROTO_BLANKS

@cython.locals(row=Row, local=str, foreign=str, left=Py_ssize_t, right=Py_ssize_t)
cdef tuple _socket_widths(rows)
cdef str _row_line(Row row, tuple left, tuple right)
@cython.locals(proto=str, local=str, foreign=str, state=str, line=str)
cdef str _line(tuple cells, tuple left, tuple right)
@cython.locals(i=Py_ssize_t, cell=str)
cdef _widen(list widths, tuple cells)
@cython.locals(line=str, cell=str, width=Py_ssize_t)
cdef str _wide_line(tuple cells, list widths)
@cython.locals(
    connection=Connection, local=Endpoint, foreign=Endpoint, proto=str, local_socket=str,
    foreign_socket=str, state=str, foreign_state=str, certainty=str, opener=str, now="long long",
)
cdef tuple _wide_connection_cells(ConnectionRow row)
