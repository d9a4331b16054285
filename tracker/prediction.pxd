# C types for prediction.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.pool cimport Pool
from tracker.sequence cimport add, after
from tracker.wire.segment cimport Segment

cdef unsigned int ACK, FIN, MALFORMED, RST, SYN, LETTER_ACK, LETTER_DATA
cdef long long TWICE_NS
cdef size_t ACK_SENT, BYTES, DUPLICATES, EDGE, HAS_EDGE, HOT, HOT_WORDS, KIND, LAST_PRINT
cdef size_t LAST_SEEN, LETTERS, PACKETS, PAYLOAD, RCV_NXT, SHIFT, SND_NXT, WORDS
cdef int DATAGRAM, ODD

@cython.locals(word=size_t, kind=int, sender=size_t, receiver=size_t)
cpdef bint is_predicted(Pool pool, size_t place, Segment segment, int side, long long idle) except -1

@cython.locals(start="unsigned int", number="unsigned int", sent="unsigned int", ours=size_t, theirs=size_t)
cdef bint _is_quiet(Pool pool, size_t sender, size_t receiver, Segment segment) except -1

@cython.locals(ours=size_t, theirs=size_t, end="unsigned int", number="unsigned int", shift=int, edge="unsigned int")
cdef int _move(Pool pool, size_t sender, size_t receiver, Segment segment) except -1

@cython.locals(numbers="unsigned int", fingerprint="unsigned int", at=size_t, since="long long")
cdef int _note_twice(Pool pool, size_t word, size_t sender, Segment segment) except -1
