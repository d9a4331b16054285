# C types for tally.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.report.sides cimport Guess
from tracker.sequence cimport add, distance

cdef int TCP
cdef long long _HALF
cdef unsigned int LETTER_ACK, LETTER_DATA, LETTER_FIN, LETTER_GAP

@cython.locals(
    connection=Connection, a=Endpoint, b=Endpoint, twice="unsigned int", octets="long long",
    tcp="long long", missed="long long", missed_in="long long", one_way="long long",
    duplicates="long long", duplicates_in="long long",
    version6="long long", guess=Guess,
)
cpdef tally(connections, known=*)

@cython.locals(acknowledged="long long", seen="long long")
cdef long long _missed(Endpoint endpoint, Endpoint peer) except -1

@cython.locals(spoke="unsigned int")
cdef bint _is_one_way(Endpoint seen, Endpoint silent)
