# C types for tally.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection, Heir
from tracker.endpoint cimport Endpoint
from tracker.report.sides cimport Guess
from tracker.sequence cimport add, distance

cdef int TCP
cdef long long _HALF
cdef unsigned int LETTER_ACK, LETTER_DATA, LETTER_FIN, LETTER_GAP

cdef class Tallying(Heir):
    cdef public Guess guess
    cdef public long long tcp, missed, missed_in, one_way, duplicates, duplicates_in, version6

    @cython.locals(a=Endpoint, b=Endpoint, twice="unsigned int", octets="long long")
    cpdef inherit(self, Connection connection)
    cpdef join(self, Heir other)
    cdef _join(self, Tallying other)

@cython.locals(acknowledged="long long", seen="long long")
cdef long long _missed(Endpoint endpoint, Endpoint peer) except -1

@cython.locals(spoke="unsigned int")
cdef bint _is_one_way(Endpoint seen, Endpoint silent)
