# C types for style.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.report.rows cimport ConnectionRow, ListeningRow, Row, RowMaker
from tracker.report.send_queue cimport unacknowledged

cdef int LISTEN, TCP
cdef long long UNKNOWN

cdef class Style:
    cdef public RowMaker maker
    cdef public tuple names
    cdef public str program
    cdef public tuple heads
    cdef public tuple states
    cdef public str unconnected
    cdef public str joiner
    cdef public Py_ssize_t local
    cdef public Py_ssize_t foreign
    cdef public Py_ssize_t queue
    cdef public Py_ssize_t state
    cdef public bint has_queues
    cdef public bint counts_flags
    cdef public Py_ssize_t length
    cdef public tuple left
    cdef public tuple right
    cdef public tuple before_queue

    cpdef list heading(self, str as_of)
    cpdef str any_socket(self, ListeningRow row)
    cpdef str owner(self, Row row)
    @cython.locals(local=str, foreign=str)
    cpdef measure(self, Row row)
    cpdef fit(self)
    @cython.locals(head=str, local=str, foreign=str, state=str, line=str)
    cpdef str line(self, tuple cells, str queue)
    cpdef str names_line(self)
    @cython.locals(line=str)
    cpdef str row_line(self, Row row)
    cpdef str longer(self, str line, str owner)
    cpdef tuple cells(self, Row row)
    @cython.locals(local=str, colon=Py_ssize_t)
    cpdef tuple listening_cells(self, ListeningRow row)
    @cython.locals(connection=Connection, is_tcp=bint)
    cpdef tuple connection_cells(self, ConnectionRow row)
    cpdef str socket(self, ConnectionRow row, int side)
    cpdef long long waiting(self, Row row) except -2
    @cython.locals(number="long long")
    cpdef str send_queue(self, Row row)

@cython.locals(colon=Py_ssize_t)
cpdef Py_ssize_t port_at(str socket) except -1
