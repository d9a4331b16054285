# C types for errors.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint, Profile
from tracker.rules.space cimport proved_syn
from tracker.rules.timing cimport settle
from tracker.sequence cimport after, before
from tracker.wire.segment cimport Segment

cdef int TCP, ESTABLISHED, OBSERVED, SYN_ACK_LOST, SYN_RECEIVED, SYN_SENT, UNREACHABLE
cdef unsigned int NOTE_ERROR_IGNORED, NOTE_FRAGMENTATION_NEEDED, NOTE_PARAMETER_PROBLEM
cdef unsigned int NOTE_PROHIBITED, NOTE_REFUSED, NOTE_SEEDED, NOTE_TIME_EXCEEDED
cdef unsigned int NOTE_UNREACHABLE
cdef int V4_UNREACHABLE, V4_NET, V4_HOST, V4_PROTOCOL, V4_PORT, V4_FRAGMENTATION_NEEDED
cdef int V4_NET_PROHIBITED, V4_HOST_PROHIBITED, V4_PROHIBITED, V4_LAST_CODE, V4_TIME_EXCEEDED
cdef int V4_REASSEMBLY
cdef int V6_UNREACHABLE, V6_NO_ROUTE, V6_PROHIBITED, V6_BEYOND_SCOPE, V6_ADDRESS
cdef int V6_PORT, V6_POLICY, V6_REJECT_ROUTE, V6_PACKET_TOO_BIG, V6_TIME_EXCEEDED

@cython.locals(sender=Endpoint, receiver=Endpoint, frame="unsigned long long", time="long long")
cpdef error_seen(Connection connection, Segment segment, int side, Profile profile)

@cython.locals(kind=int, code=int)
cdef unsigned int _kind(Segment segment) noexcept

cdef unsigned int _kind_v4(int kind, int code) noexcept

cdef bint _is_on_its_way(Connection connection, Endpoint sender, Endpoint receiver, Segment segment) except -1

cdef bint _is_fatal(Connection connection, Endpoint sender, Segment segment) except -1

cdef bint _ends_attempt(int version, int kind, int code) noexcept

cdef bint _ends_request(int version, int kind, int code) noexcept
