# C types for observe.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint, Profile
from tracker.rules.exchange cimport exchange_seen
from tracker.rules.opening cimport syn_ack_seen, syn_seen
from tracker.rules.reset cimport rst_seen
from tracker.rules.seeding cimport take_numbers
from tracker.rules.space cimport move, proved_syn
from tracker.rules.timing cimport settle
from tracker.sequence cimport add, after
from tracker.wire.segment cimport Segment

cdef unsigned int ACK, FIN, MALFORMED, RST, SYN
cdef int TCP
cdef long long TWICE_NS
cdef int ESTABLISHED, NOTHING, SYN_RECEIVED, SYN_SENT
cdef unsigned int LETTER_DATA, NOTE_MALFORMED, NOTE_ODD_FLAGS, NOTE_SEEDED

@cython.locals(sender=Endpoint, receiver=Endpoint)
cpdef int segment_seen(Connection connection, Segment segment, int side, Profile profile) except -1

cdef void _datagram_seen(Connection connection, Endpoint sender, int side) noexcept

cdef bint _is_ordinary(Endpoint receiver, Segment segment) noexcept

@cython.locals(sender=Endpoint, end="unsigned int")
cpdef void part_seen(Connection connection, Segment segment, int side) noexcept

cpdef void count(Endpoint sender, Segment segment) noexcept

@cython.locals(numbers="unsigned int", fingerprint="unsigned int")
cdef void _note_twice(Connection connection, Endpoint sender, Segment segment) noexcept

@cython.locals(flags="unsigned int")
cdef int _turn(Connection connection, Endpoint sender, Endpoint receiver, Segment segment, Profile profile) except -1

cdef bint _is_calm(Connection connection) noexcept
