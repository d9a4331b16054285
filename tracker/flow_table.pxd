# C types for flow_table.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint, Profile
from tracker.rules.errors cimport error_seen
from tracker.rules.generations cimport answers_attempt, claims, is_reopened_by, proves_attempt, replay_attempt
from tracker.rules.observe cimport part_seen, segment_seen
from tracker.rules.timing cimport settle
from tracker.wire.segment cimport Segment

cdef unsigned int ACK, SYN
cdef int TCP
cdef int EMBRYONIC, CLOSED_QUEUE, OPEN, DATAGRAMS, QUEUES, NOTHING, _SAMPLE, _FIRST_SIZE
cdef long long LINGER_NS
cdef unsigned long long _MIX, _MASK_64, _MASK_32

cdef unsigned long long _mix(unsigned long long hashed, unsigned long long value) noexcept

cdef unsigned long long _mix_socket(unsigned long long hashed, unsigned long long low, unsigned long long port) noexcept

cdef unsigned int _tag(unsigned long long hashed) noexcept

cpdef bint is_group(Segment segment) noexcept

cpdef int side_of_sender(Segment segment) except -1

@cython.locals(hashed="unsigned long long")
cdef unsigned int _hash(Segment segment, int side, unsigned long long seed) noexcept

cdef bint _matches(Connection connection, Segment segment, int side)

@cython.final
cdef class FlowTable:
    cdef public Profile profile
    cdef public Py_ssize_t max_connections
    cdef public long long unreplied
    cdef public long long replied
    cdef public bint keep_ended
    cdef public bint keep_history
    cdef public unsigned long long created
    cdef public unsigned long long ended_count
    cdef public list evicted
    cdef unsigned int[::1] _tags
    cdef list _slots
    cdef Py_ssize_t _mask
    cdef list _pool
    cdef list _free
    cdef object _ended
    cdef unsigned long long _seed
    cdef long long[::1] _heads
    cdef long long[::1] _tails
    cdef Py_ssize_t _count

    @cython.locals(side=int, tag="unsigned int", connection=Connection, was_calm=bint)
    cpdef Connection segment_seen(self, Segment segment)
    @cython.locals(side=int, connection=Connection)
    cpdef Connection part_seen(self, Segment segment)
    @cython.locals(side=int, connection=Connection)
    cpdef error_seen(self, Segment segment)
    @cython.locals(at=Py_ssize_t, connection=Connection)
    cdef Connection _find(self, Segment segment, int side, unsigned int tag)
    cdef Connection _at(self, Py_ssize_t index)
    @cython.locals(at=Py_ssize_t)
    cdef _insert(self, unsigned int tag, Connection connection)
    @cython.locals(tags="unsigned int[::1]", slots=list, at=Py_ssize_t, size=Py_ssize_t)
    cdef _grow(self)
    @cython.locals(at=Py_ssize_t)
    cdef Py_ssize_t _place_of(self, Connection connection) except -1
    @cython.locals(at=Py_ssize_t, gap=Py_ssize_t, tag="unsigned int")
    cdef _delete_slot(self, Connection connection)
    @cython.locals(hashed="unsigned long long")
    cdef unsigned int _hash_of(self, Connection connection)
    @cython.locals(connection=Connection)
    cdef Connection _create(self, Segment segment, int side, unsigned int tag)
    @cython.locals(connection=Connection)
    cdef Connection _new(self, Segment segment, int side)
    @cython.locals(new=Connection)
    cdef Connection _generation(self, Connection connection, Segment segment, int side)
    @cython.locals(new=Connection)
    cdef Connection _succeed(self, Connection old, Segment segment, int side)
    cdef _end(self, Connection connection)
    @cython.locals(queue=int, new=Connection)
    cdef _place(self, Connection connection, Segment segment, int side)
    @cython.locals(last="long long", other=Connection)
    cdef _link(self, Connection connection, int queue)
    @cython.locals(queue=int)
    cdef _unlink(self, Connection connection)
    cdef _remove(self, Connection connection)
    cdef _tidy(self, long long now)
    @cython.locals(head="long long", connection=Connection)
    cdef _tidy_head(self, int queue, long long now)
    cdef bint _has_ended(self, Connection connection, long long now)
    @cython.locals(connection=Connection)
    cpdef expire(self, long long now)
    cdef _evict(self)
    cdef _evict_ended(self)
    cdef _evict_one(self, Connection connection, int queue)
    @cython.locals(connection=Connection, best=Connection, _=int)
    cdef Connection _idle_longest(self, int queue)
