# C types for due.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.endpoint cimport Profile
from tracker.pool cimport Pool
from tracker.rules.timing cimport end_of_state

cdef size_t ASKED_AT, COLD, COLD_WORDS, ENDS, FLAGS, GAP, HOT, HOT_WORDS, KNOWN, LAST_SEEN, PACKETS
cdef size_t REST, SINCE, WORDS
cdef unsigned int EXISTS, PENDING, PENDING_BITS, READS, SIMULTANEOUS, STATE_BITS
cdef int ADDED, FIN_WAIT_2, NOTHING, SYN_RECEIVED

@cython.locals(word=size_t)
cpdef bint is_due(Pool pool, size_t place, long long now, Profile profile) except -1

@cython.locals(known="unsigned int", flags="unsigned int", state=int, timer="long long")
cdef bint _has_ended(Pool pool, size_t word, size_t hot, size_t cold, long long now, Profile profile) except -1

@cython.locals(word=size_t, hot=size_t, quiet="long long", both=bint)
cpdef bint is_idle(Pool pool, size_t place, long long now, long long unreplied, long long replied) except -1
