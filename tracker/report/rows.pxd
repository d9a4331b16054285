# C types for rows.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.report.sides cimport Sides, initiator, is_service
from tracker.report.text cimport address, ipv4, ipv6, socket4, timestamp

cdef int ASSUMED, CLOSED, EITHER, TCP, TIMEOUT, UNKNOWN, UNREACHABLE
cdef unsigned int LETTER_RST, LETTER_SYN, NOTE_REFUSED
cdef int _UNREPLIED, _REPLIED, _REFUSED, _IDLE_TIMEOUT, _END_OF_FLOW, _FORCED_END
cdef Py_ssize_t _LONGEST_PORT

@cython.final
cdef class RowMaker:
    cdef public long long now
    cdef public bint tcp
    cdef public bint udp
    cdef public bint version4
    cdef public bint version6
    cdef public bint open
    cdef public bint closed
    cdef public bint listening
    cdef public long long unreplied
    cdef public long long replied
    cdef public long long loss
    cdef public Sides whose
    cdef public frozenset service_ports
    cdef public dict tcp_names
    cdef public dict udp_names
    cdef public object programs
    cdef public object hosts

    cpdef bint takes(self, Connection connection) except -1
    cpdef bint is_narrow(self) except -1

@cython.final
cdef class Rows:
    cdef public RowMaker maker
    cdef public object connections
    cdef public Py_ssize_t count

cdef bint _answered(Endpoint endpoint)
cdef tuple _socket_key(Connection connection, int side)

cdef class Row:
    cpdef tuple cells(self)
    cpdef bint is_narrow(self) except -1
    cpdef list transitions(self)

cdef class ConnectionRow(Row):
    cdef public RowMaker maker
    cdef public Connection connection
    cdef public Endpoint local
    cdef public Endpoint foreign
    cdef public int side
    cdef public int opener
    cdef public int present
    cdef public Py_ssize_t number

    @cython.locals(maker=RowMaker, present=int, opener=int, sides=int)
    cpdef int look_at(self, Connection connection) except -1
    cpdef turn(self, int side)
    cpdef str proto(self)
    @cython.locals(connection=Connection)
    cpdef str host(self, int side)
    cpdef int port(self, int side) except -1
    @cython.locals(connection=Connection, maker=RowMaker, names=dict, port=int)
    cpdef str service(self)
    @cython.locals(connection=Connection)
    cpdef int pseudo_state(self) except -1
    cpdef str tunnel(self)
    @cython.locals(connection=Connection, a=Endpoint, b=Endpoint)
    cpdef int end_reason(self) except -1
    @cython.locals(notes="unsigned int", texts=list)
    cpdef list notes(self)
    @cython.locals(connection=Connection, side=int)
    cpdef int state(self, Endpoint endpoint) except -1
    cpdef int certainty(self, Endpoint endpoint) except -1
    cpdef int evidence(self, Endpoint endpoint) except -1
    cpdef list transitions(self)
    @cython.locals(local=str, foreign=str)
    cpdef tuple cells(self)
    @cython.locals(service=str)
    cpdef bint is_narrow(self) except -1
    @cython.locals(connection=Connection, low="unsigned long long", service=str)
    cdef str _socket(self, int side)
    cpdef object name(self, int side)
    @cython.locals(name=object)
    cpdef str host_text(self, int side)
    @cython.locals(service=str)
    cpdef str port_text(self, int side)

cdef class ListeningRow(Row):
    cdef public RowMaker maker
    cdef public int version
    cdef public unsigned long long high
    cdef public unsigned long long low
    cdef public str host
    cdef public int port
    cdef public str service
