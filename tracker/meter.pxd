# C types for meter.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.flow_table cimport FlowTable
from tracker.frames cimport Frames
from tracker.wire.checksum cimport verify
from tracker.wire.decode cimport decode, decode_again, decode_inside
from tracker.wire.segment cimport Frame, Hearer, Segment

cdef int DECODED, ICMP_ERROR, LINKTYPE_RAW, OFFLOADED, OTHER_LINK_TYPE, OVERRUN, WAITING, MAX_INNER

@cython.final
cdef class Meter:
    cdef public FlowTable table
    cdef public object fragments
    cdef public unsigned long long frames
    cdef public unsigned long long decoded
    cdef public long long time
    cdef public long long started
    cdef public unsigned long long backwards
    cdef public long long jump
    cdef public unsigned long long cut
    cdef unsigned long long _skipped
    cdef public bint checksums
    cdef public unsigned long long offloaded
    cdef public Hearer hearer
    cdef object _locate
    cdef long long _base
    cdef int _link_type
    cdef Frame _frame
    cdef Segment _segment
    cdef dict _counts
    cdef dict _faults

    cpdef skip(self, Py_ssize_t count)
    cpdef feed(self, Frames frames, Py_ssize_t first, Py_ssize_t last)
    @cython.locals(frame=Frame, segment=Segment, link_type=int, i=Py_ssize_t, time="long long", reason=int)
    cdef Py_ssize_t _run(self, Frames frames, Py_ssize_t first, Py_ssize_t last) except -1
    @cython.locals(reason=int)
    cdef int _verified(self, Frame frame, Segment segment) except -1
    cdef int _inner_fragment(self, Frame frame, Segment segment, int reason) except -1
    @cython.locals(inside=Py_ssize_t)
    cdef _take(self, Frame frame, Segment segment, int reason)
    @cython.locals(found=int, _=int, reason=int)
    cdef int _inner(self, Frame frame, Segment segment) except -1
    @cython.locals(start=Py_ssize_t)
    cdef int _located(self, Frame frame, Segment segment) except -1
    @cython.locals(frame=Frame, segment=Segment, _=int)
    cdef bint _is_overrun(self) except -1
    @cython.locals(number="unsigned int", found=bint)
    cdef _nothing_first(self, Frame frame, Segment segment, int reason)
    cdef _not_decoded(self, int reason, bint inside)
    cdef _count(self, int reason, bint inside, unsigned int number, fault)
    @cython.locals(frame=Frame)
    cdef _fault(self)
