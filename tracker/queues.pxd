# C types for queues.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.pool cimport Pool

cdef int NOTHING, QUEUES, _SAMPLE
cdef size_t LAST_SEEN, NEWER, OLDER, QUEUE, WORDS

@cython.final
cdef class Queues:
    cdef public long long[::1] heads
    cdef public long long[::1] lengths
    cdef long long[::1] _tails
    cdef Pool _pool

    cpdef int put(self, size_t place, int queue) except -1
    @cython.locals(at=size_t)
    cpdef int renew(self, size_t place, int queue) except -1
    cdef int _append(self, size_t place, int queue) except -1
    @cython.locals(last="long long", at=size_t)
    cdef int _come_last(self, size_t place, int queue) except -1
    @cython.locals(queue=int, at=size_t)
    cpdef int take_out(self, size_t place) except -1
    cdef int _join(self, int queue, Py_ssize_t older, Py_ssize_t newer) except -1
    @cython.locals(
        best=Py_ssize_t, place=Py_ssize_t, _="long long", times="long long[::1]", links="int[::1]"
    )
    cpdef Py_ssize_t idle_longest(self, int queue) except -1
    @cython.locals(first=Py_ssize_t, last=Py_ssize_t, _="long long", links="int[::1]")
    cdef int _turn(self, int queue, long long count) except -1
