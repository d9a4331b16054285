# C types for flow_table.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Profile
from tracker.pool cimport Pool
from tracker.prediction cimport is_predicted
from tracker.rules.errors cimport error_seen
from tracker.rules.generations cimport answers_attempt, claims, is_reopened_by, proves_attempt, replay_attempt
from tracker.rules.observe cimport part_seen, segment_seen
from tracker.rules.timing cimport settle
from tracker.wire.segment cimport Segment

cdef unsigned int ACK, SYN
cdef int TCP
cdef int EMBRYONIC, CLOSED_QUEUE, OPEN, DATAGRAMS, QUEUES, NOTHING, _SAMPLE, _FIRST_SIZE, _STANDS, ODD
cdef long long LINGER_NS
cdef unsigned long long _MIX, _MASK_64, _MASK_32
cdef size_t A_HIGH, A_LOW, B_HIGH, B_LOW, BESIDE, CALM, KEY, KIND, LAST_SEEN, NEWER, OLDER
cdef size_t QUEUE, WORDS
cdef unsigned long long B_PORT, PROTOCOL, VERSION

cdef unsigned long long _mix(unsigned long long hashed, unsigned long long value) noexcept

cdef unsigned long long _mix_socket(unsigned long long hashed, unsigned long long low, unsigned long long port) noexcept

cpdef bint is_group(Segment segment) noexcept

cpdef int side_of_sender(Segment segment) noexcept

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
    cdef public Py_ssize_t max_half_open
    cdef public unsigned long long dropped_half_open
    cdef Py_ssize_t _half_open
    cdef long long _idle
    cdef Pool _pool
    cdef dict _beside
    cdef Py_ssize_t _used
    cdef Py_ssize_t _free
    cdef unsigned int[::1] _entries
    cdef Py_ssize_t _mask
    cdef object _ended
    cdef unsigned long long _seed
    cdef long long[::1] _heads
    cdef long long[::1] _tails
    cdef Py_ssize_t _count
    cdef int _side
    cdef unsigned int _tag
    cdef unsigned long long _key
    cdef list _unpacked

    @cython.locals(place=Py_ssize_t)
    cpdef segment_seen(self, Segment segment)
    @cython.locals(side=int, connection=Connection, was_calm=bint, letters="unsigned int")
    cdef _apply(self, Segment segment, Py_ssize_t place)
    cdef bint _has(self, size_t word, unsigned long long a_high, unsigned long long b_high) except -1
    @cython.locals(place=Py_ssize_t, connection=Connection)
    cpdef bint part_seen(self, Segment segment) except -1
    @cython.locals(place=Py_ssize_t, side=int, connection=Connection)
    cpdef error_seen(self, Segment segment)
    @cython.locals(place=Py_ssize_t, connection=Connection)
    cpdef begun_by(self, Segment segment, long long time)
    @cython.locals(place=Py_ssize_t, connection=Connection)
    cpdef connection_of(self, Segment segment)
    @cython.locals(connection=Connection)
    cdef Connection _unpack(self, Py_ssize_t place)
    @cython.locals(connection=Connection)
    cdef Connection _stand(self, Py_ssize_t place)
    cdef int _pack(self, Connection connection) except -1
    cdef int _touch(self, Connection connection) except -1
    @cython.locals(connection=Connection)
    cdef _pack_all(self)
    cdef int _load(self, Connection connection, Py_ssize_t place) except -1
    @cython.locals(octet=Py_ssize_t)
    cdef int _store(self, Connection connection, Py_ssize_t place) except -1
    @cython.locals(place=Py_ssize_t)
    cdef Py_ssize_t _new_place(self) except -1
    @cython.locals(at=size_t)
    cdef _remove(self, Py_ssize_t place)
    @cython.locals(
        side=int, a_low="unsigned long long", a_high="unsigned long long", a_port="unsigned long long",
        b_low="unsigned long long", b_high="unsigned long long", b_port="unsigned long long",
        version="unsigned long long", protocol="unsigned long long", key="unsigned long long", tag="unsigned int", at=size_t,
        place=Py_ssize_t, word=size_t,
    )
    cdef Py_ssize_t _locate(self, Segment segment) except -2
    @cython.locals(hashed="unsigned long long")
    cdef unsigned int _hash(
        self, unsigned long long version, unsigned long long protocol, unsigned long long a_low,
        unsigned long long a_port, unsigned long long b_low, unsigned long long b_port,
        unsigned long long high,
    ) noexcept
    @cython.locals(at=size_t)
    cdef _insert(self, unsigned int tag, Py_ssize_t place)
    @cython.locals(entries="unsigned int[::1]", at=size_t, size=Py_ssize_t, end=Py_ssize_t)
    cdef _grow(self)
    @cython.locals(word=size_t, key="unsigned long long", tag="unsigned int", at=size_t)
    cdef Py_ssize_t _slot_of(self, Py_ssize_t place) except -1
    @cython.locals(at=size_t, gap=Py_ssize_t, tag="unsigned int")
    cdef _delete_slot(self, Py_ssize_t place)
    @cython.locals(tag="unsigned int", key="unsigned long long", place=Py_ssize_t, connection=Connection, word=size_t)
    cdef Connection _create(self, Segment segment, int side)
    cdef _begin(self, Connection connection, Segment segment, int side)
    @cython.locals(new=Connection)
    cdef Connection _generation(self, Connection connection, Segment segment, int side)
    @cython.locals(new=Connection)
    cdef Connection _succeed(self, Connection old, Segment segment, int side)
    cdef _end(self, Connection connection)
    @cython.locals(queue=int, old=Connection)
    cdef Connection _queued(self, Connection connection, Segment segment, int side)
    @cython.locals(last="long long", at=size_t)
    cdef _link(self, Py_ssize_t place, int queue)
    @cython.locals(queue=int, at=size_t, older=Py_ssize_t, newer=Py_ssize_t)
    cdef _unlink(self, Py_ssize_t place)
    cdef _tidy(self, long long now)
    @cython.locals(head="long long", is_old=bint)
    cdef _tidy_head(self, int queue, long long now)
    @cython.locals(connection=Connection, has_ended=bint)
    cdef bint _has_ended(self, Py_ssize_t place, long long now) except -1
    @cython.locals(connection=Connection, place=Py_ssize_t, at=size_t, key="unsigned long long")
    cpdef expire(self, long long now)
    cdef _evict(self)
    cdef _evict_ended(self)
    @cython.locals(connection=Connection)
    cdef _evict_one(self, Py_ssize_t place, int queue)
    @cython.locals(best=Py_ssize_t, place=Py_ssize_t, _=int)
    cdef Py_ssize_t _idle_longest(self, int queue) except -1
    cdef bint _read(self, Connection connection, Py_ssize_t place) except -1
