# C types for events.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection, Journal
from tracker.endpoint cimport Endpoint
from tracker.report.community_id cimport community_id
from tracker.report.rows cimport ConnectionRow, RowMaker
from tracker.report.sides cimport basis, initiator
from tracker.report.text cimport timestamp
from tracker.report.zeek cimport conn_state, history

cdef int CLOSED, NOTHING, TCP
cdef unsigned int TOLD_ENDED
cdef unsigned int _OPENED, _B_IS_LOCAL, _STATE_A, _STATE_BITS, _STATE_MASK
cdef int _REFUSED
cdef str _LACK_OF_RESOURCES, _NEXT_GENERATION, _NEXT_GENERATION_SOURCE
cdef tuple _REPLY, _REFUSAL
cdef tuple _STATES, _PSEUDO_STATES, _CERTAINTIES, _END_REASONS, _EVIDENCE, _SOURCES

cdef class Events(Journal):
    cdef public RowMaker maker
    cdef ConnectionRow _row
    cdef list _lines

    cpdef list take(self)
    @cython.locals(side=int)
    cpdef changed(self, Connection connection, Endpoint endpoint, int before)
    cpdef seen(self, Connection connection, unsigned long long frame, long long time)
    cpdef forgotten(self, Connection connection, long long time, bint evicted)
    @cython.locals(row=ConnectionRow, maker=RowMaker)
    cdef int _look(self, Connection connection, long long time) except -1
    @cython.locals(sides=int, local=int)
    cdef bint _opens(self, Connection connection) except -1
    @cython.locals(row=ConnectionRow, connection=Connection, local=Endpoint, foreign=Endpoint, opener=Endpoint)
    cdef int _open(self, unsigned long long frame, long long time) except -1
    @cython.locals(connection=Connection, endpoint=Endpoint, event=int, frame="unsigned long long")
    cdef int _appear(self, int side, long long time) except -1
    @cython.locals(row=ConnectionRow, side=int)
    cdef int _supersede(self, unsigned long long frame, long long time) except -1
    @cython.locals(row=ConnectionRow, before=int, after=int, endpoint=Endpoint)
    cdef _change(self, int side, long long time, unsigned long long frame, str evidence, str source)
    @cython.locals(before=int, after=int)
    cdef _change_pseudo_state(self, unsigned long long frame, long long time)
    @cython.locals(row=ConnectionRow, connection=Connection, ended="long long")
    cdef int _close_if_over(self, unsigned long long frame, long long time) except -1
    @cython.locals(row=ConnectionRow)
    cdef str _names(self)
    @cython.locals(connection=Connection, answered=bint, limit="long long")
    cdef long long _end(self, long long time) except? -1
    @cython.locals(row=ConnectionRow, connection=Connection, local=Endpoint, foreign=Endpoint)
    cdef int _close(self, unsigned long long frame, long long time, str reason) except -1
    @cython.locals(row=ConnectionRow, connection=Connection)
    cdef int _shown(self, int side) except -1
    cdef int _told(self, int side) except -1
    @cython.locals(shift=int, connection=Connection)
    cdef int _keep(self, int side, unsigned int state) except -1
    @cython.locals(row=ConnectionRow, ours=int, theirs=int, pseudo=int)
    cdef int _tell(self, str event, long long time, unsigned long long frame, str rest) except -1
