# C types for subjects.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.audit.speech cimport Speech
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.report.rows cimport ConnectionRow, RowMaker
from tracker.report.sides cimport Sides, basis
from tracker.report.zeek cimport history

cdef int EITHER, UDP, _BOTH
cdef long long SLACK

@cython.locals(connection=Connection, local=Endpoint, foreign=Endpoint, side=int)
cdef _subject(ConnectionRow row, Speech speech)
cdef _kind(heard, Connection connection)
@cython.locals(local=Endpoint, foreign=Endpoint, frame="unsigned long long")
cdef unsigned long long _first_frame(ConnectionRow row, said, heard) except? 0
@cython.locals(opened="long long", local=str)
cdef bint _is_asked(name, ConnectionRow row) except -1
cdef bint _is_local(str text, Sides whose) except -1
