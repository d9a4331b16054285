# C types for rows.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint

cdef int TCP

@cython.final
cdef class ConnectionRow:
    cdef public RowMaker maker
    cdef public Connection connection
    cdef public Endpoint local
    cdef public Endpoint foreign
    cdef public int side
    cdef public int opener
    cdef public int present

    @cython.locals(connection=Connection)
    cpdef str state(self, Endpoint endpoint)
    @cython.locals(connection=Connection, hosts=dict)
    cpdef tuple cells(self)

@cython.final
cdef class RowMaker:
    cdef public object wanted
    cdef public object whose
    cdef public frozenset service_ports
    cdef public object services
    cdef public dict hosts

    cdef tuple _sides(self, Connection connection, int opener, int present)
