# C types for flow_table.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection, Heir, Journal
from tracker.due cimport is_due, is_idle
from tracker.endpoint cimport Profile
from tracker.pool cimport Pool
from tracker.prediction cimport is_predicted
from tracker.queues cimport Queues
from tracker.socket_pairs cimport SocketPairs, share_of
from tracker.rules.errors cimport error_seen
from tracker.rules.generations cimport answers_attempt, claims, is_reopened_by, proves_attempt, replay_attempt
from tracker.rules.observe cimport part_seen, segment_seen
from tracker.rules.seeding cimport begin_in, is_untouched, put_other_end
from tracker.rules.timing cimport settle
from tracker.unpacked cimport Unpacked
from tracker.wire.segment cimport Segment

cdef unsigned int ACK, SYN
cdef int TCP
cdef int EMBRYONIC, CLOSED_QUEUE, OPEN, DATAGRAMS, QUEUES, CLOSED, LISTEN, NOTHING
cdef unsigned int TOLD_ENDED, LETTER_DATA
cdef long long LINGER_NS, _DISORDER_NS
cdef size_t CALM, KEY, LAST_SEEN, QUEUE, REST, TOLD, WORDS
cdef unsigned long long PROTOCOL, _RANKS

cpdef bint is_group(Segment segment) noexcept

cdef bint _may_begin(Connection connection, Segment segment) noexcept

@cython.final
cdef class FlowTable:
    cdef public Profile profile
    cdef public Py_ssize_t max_connections
    cdef public long long unreplied
    cdef public long long replied
    cdef public bint keep_ended
    cdef public bint keep_history
    cdef public bint tells_all
    cdef public bint first_data
    cdef public long long silence
    cdef public long long linger
    cdef public unsigned long long created
    cdef public unsigned long long ended_count
    cdef public list evicted
    cdef public Py_ssize_t max_half_open
    cdef public unsigned long long dropped_half_open
    cdef public Heir heir
    cdef Journal _journal
    cdef long long _idle
    cdef Pool _pool
    cdef SocketPairs _pairs
    cdef Queues _queues
    cdef object _ended
    cdef unsigned long long _given
    cdef long long _now
    cdef unsigned int _share, _shares
    cdef Unpacked _unpacked

    @cython.locals(place=Py_ssize_t, last="long long")
    cpdef segment_seen(self, Segment segment)
    @cython.locals(
        side=int, connection=Connection, was_calm=bint, is_quiet=bint, letters="unsigned int",
        new="unsigned int",
    )
    cdef int _apply(self, Segment segment, Py_ssize_t place) except -1
    @cython.locals(place=Py_ssize_t, side=int, connection=Connection)
    cpdef part_seen(self, Segment segment)
    @cython.locals(place=Py_ssize_t, side=int, connection=Connection)
    cpdef error_seen(self, Segment segment)
    cdef _tell_before(self, Connection connection, Segment segment, int side, bint error)
    cdef _tell_after(self, Connection connection, Segment segment, int side, bint error)
    @cython.locals(place=Py_ssize_t, connection=Connection)
    cpdef begun_by(self, Segment segment, long long time)
    @cython.locals(place=Py_ssize_t, connection=Connection)
    cpdef connection_of(self, Segment segment)
    cdef int _remove(self, size_t place) except -1
    @cython.locals(place=Py_ssize_t, connection=Connection)
    cdef Connection _create(self, Segment segment)
    cdef int _begin(self, Connection connection, Segment segment, int side) except -1
    @cython.locals(new=Connection)
    cdef Connection _generation(self, Connection connection, Segment segment, int side)
    @cython.locals(new=Connection)
    cdef Connection _succeed(self, Connection old, Segment segment, int side)
    cdef int _end(self, Connection connection, Segment segment) except -1
    @cython.locals(newest=Connection)
    cdef Connection _placed(self, Connection connection, Segment segment, int side)
    @cython.locals(old=Connection)
    cdef Connection _succession(self, Connection connection, Segment segment, int side)
    @cython.locals(queue=int)
    cdef int _queue(self, Connection connection) except -1
    @cython.locals(place=Py_ssize_t)
    cdef Py_ssize_t _find(self, Segment segment) except -2
    @cython.locals(connection=Connection, has_ended=bint)
    cdef bint _is_forgotten(self, Py_ssize_t place) except -1
    @cython.locals(present=int, has_ended=bint)
    cdef bint _has_ended(self, Connection connection) except -1
    cdef _leave(self, Connection connection)
    cdef int _set_back(self, long long time) except -1
    cdef bint _is_old(self, size_t place) except -1
    cdef int _tidy(self) except -1
    @cython.locals(head="long long", is_old=bint)
    cdef int _tidy_head(self, int queue) except -1
    @cython.locals(place=Py_ssize_t)
    cpdef expire(self, long long now)
    @cython.locals(place=Py_ssize_t)
    cpdef forget(self)
    cdef _expire_one(self, Connection connection, long long now)
    @cython.locals(at=size_t, key="unsigned long long")
    cdef bint _may_expire(self, Py_ssize_t place, long long now) except -1
    @cython.locals(queues=Queues)
    cdef int _evict(self, long long now) except -1
    cpdef take_share(self, unsigned int number, unsigned int shares)
    cdef int _refuse_to_choose(self) except -1
    cdef int _evict_ended(self) except -1
    @cython.locals(connection=Connection)
    cdef int _evict_one(self, Py_ssize_t place, int queue, long long now) except -1
    cdef bint _read(self, Connection connection, Py_ssize_t place, object now) except -1
    cdef int _pass_time(self, Connection connection, long long now) except -1
