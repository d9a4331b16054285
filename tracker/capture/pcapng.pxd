# C types for pcapng.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.capture.walker cimport Walker
from tracker.frames cimport Frames

cdef Py_ssize_t CAPACITY, BLOCK, BLOCK_HEADER, LENGTH, MAX_BLOCK, SMALLEST_PACKET, MAX_INTERFACES
cdef unsigned int SECTION_HEADER, INTERFACE, PACKET, SIMPLE_PACKET, NAMES, STATISTICS, ENHANCED_PACKET
cdef unsigned int COMMENT, END_OF_OPTIONS, EPB_DROPCOUNT, UNKNOWN_DROPS
cdef unsigned long long _NS_IN_S
cdef long long _LAST_SECOND
cdef bint NATIVE_BIG
cdef int _TAKEN, _FRAME, _LATER, _BAD

cdef unsigned int _swapped(unsigned int number) noexcept

@cython.final
cdef class Interface:
    cdef public int link_type
    cdef public unsigned int snap_length
    cdef public unsigned int max_captured
    cdef public long long offset
    cdef public unsigned long long units
    cdef public unsigned long long multiplier
    cdef public unsigned long long limit
    cdef public unsigned long long divisor
    cdef public int bits

@cython.final
cdef class PcapngWalker(Walker):
    cdef public unsigned long long frames
    cdef public unsigned long long unknown_interface
    cdef public unsigned long long clamped
    cdef object _about
    cdef object _reader
    cdef list _interfaces
    cdef Py_ssize_t _latest
    cdef long long _time
    cdef unsigned int _length

    @cython.locals(size=Py_ssize_t)
    cpdef Py_ssize_t walk(self, Frames frames, data, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(interface=Interface, words="const unsigned int[::1]", times="long long[::1]", starts="long long[::1]", lengths="unsigned int[::1]", wires="unsigned int[::1]", is_swapped=bint, number="unsigned int", limit="unsigned long long", multiplier="unsigned long long", offset="long long", max_captured="unsigned int", last=Py_ssize_t, count=size_t, at=size_t, kind="unsigned int", size="unsigned int", its="unsigned int", ticks="unsigned long long", ticks_low="unsigned int", captured="unsigned int", wire="unsigned int", following=Py_ssize_t, time="long long")
    cdef Py_ssize_t _run(self, Frames frames, data, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(length=Py_ssize_t, size=Py_ssize_t)
    cdef Py_ssize_t _size(self, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(second="unsigned int")
    cdef bint _ends(self, Py_ssize_t at, Py_ssize_t end) except -1
    cdef bint _set_byte_order(self, Py_ssize_t start) except -1
    cdef _partial(self, Py_ssize_t start, Py_ssize_t size)
    cdef int _too_large(self, Py_ssize_t size) except -1
    @cython.locals(kind="unsigned int")
    cdef int _block(self, Frames frames, Py_ssize_t start, Py_ssize_t size) except -1
    cdef int _too_small(self, Py_ssize_t size) except -1
    @cython.locals(done=int)
    cdef int _obsolete(self, Frames frames, Py_ssize_t start, Py_ssize_t size) except -1
    @cython.locals(captured=Py_ssize_t, interface=Interface, options=Py_ssize_t)
    cdef int _packet(self, Frames frames, Py_ssize_t start, Py_ssize_t size, Py_ssize_t number) except -1
    @cython.locals(interface=Interface, wire="unsigned int", captured="unsigned int")
    cdef int _simple(self, Frames frames, Py_ssize_t start, Py_ssize_t size) except -1
    cdef int _too_long(self, Py_ssize_t captured, Py_ssize_t limit) except -1
    cdef bint _set_link_type(self, Frames frames, Interface interface) except -1
    @cython.locals(code="unsigned int", length="unsigned int")
    cdef int _options(self, Frames frames, Py_ssize_t at, Py_ssize_t end) except -1
    cdef _add_drops(self, Py_ssize_t at)
    @cython.locals(ticks="unsigned long long")
    cdef int _set_time(self, Interface interface, unsigned int high, unsigned int low) except -1
    @cython.locals(seconds="unsigned long long", fraction="unsigned long long")
    cdef int _set_decimal(self, Interface interface, unsigned long long ticks) except -1
    @cython.locals(bits=int, seconds="unsigned long long", fraction="unsigned long long", high="unsigned long long", low="unsigned long long")
    cdef int _set_binary(self, Interface interface, unsigned long long ticks) except -1
    @cython.locals(last="long long", whole="long long")
    cdef int _set_parts(self, Interface interface, unsigned long long seconds, unsigned long long fraction) except -1
    cdef int _other(self, unsigned int kind, bytes body) except -1
    cdef int _begin_section(self, bytes body) except -1
