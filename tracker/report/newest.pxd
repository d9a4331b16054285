# C types for newest.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.report.rows cimport ConnectionRow, ListeningRow

cdef int TCP, _PORT_BITS

@cython.locals(
    seen=ConnectionRow, connection=Connection, until="long long", states=list, best=list,
    listening=list, number="long long", udp="long long", new="long long", changed="long long",
    latest="long long", floor="long long", change="long long", state=int,
)
cpdef count(rows, long long since, Py_ssize_t most)
@cython.locals(change="long long")
cpdef long long last_change(Connection connection) except -1
@cython.locals(
    connection=Connection, row=ConnectionRow, until="long long", kept=list, missing=set,
    ports=set, floor="long long", sides=int, side=int, change="long long", key=tuple,
)
cpdef tuple keep(rows, counts, long long since, Py_ssize_t most, set watched, bint wide)
cdef str _mark(Connection connection, long long change, long long since, long long until)
cdef long long _ports(Connection connection) except -1
cdef tuple _key(Connection connection, int side)
