# C types for clues.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Segment

cdef unsigned long long _MIX, _MIX_AGAIN, _MASK_64
cdef size_t _ROW, _TIME, _FRAME, _ASKER_HIGH, _ASKER_LOW, _WHAT, _ENTRY
cdef int _VERSION, _ENTRIES, _LENGTH, _PLACE_BITS, _MOST_PASSED
cdef unsigned long long _PLACE

@cython.final
cdef class Asker:
    cdef public int version
    cdef public unsigned long long high
    cdef public unsigned long long low

    cpdef be(self, int version, unsigned long long high, unsigned long long low)

@cython.final
cdef class Shelf:
    cdef public size_t messages
    cdef size_t _used
    cdef size_t _end
    cdef size_t _last
    cdef size_t _slots
    cdef unsigned int[::1] _heads
    cdef unsigned char[::1] _octets
    cdef unsigned long long[::1] _words

    cdef bint has_room(self, size_t length, size_t keys) except -1
    @cython.locals(at=size_t, length=size_t, first=size_t)
    cdef put(
        self, int kind, Segment segment, Asker asker, const unsigned char[::1] data,
        Py_ssize_t start, Py_ssize_t end,
    )
    @cython.locals(at=size_t, slot=size_t, before="unsigned long long")
    cdef tell(self, unsigned long long key)
    cdef bint has(self, unsigned long long key) except -1
    cdef size_t _next(self, unsigned long long key, size_t entry) except? 0
    @cython.locals(entry=size_t, link="unsigned long long", message=size_t, passed=int)
    cdef heard(self, unsigned long long key, unsigned long long until, list clues)
    @cython.locals(at=size_t, entries=size_t)
    cpdef list search(self, bytes octets)
    @cython.locals(what="unsigned long long", first=size_t)
    cpdef object _clue(self, size_t message)

@cython.final
cdef class Clues:
    cdef public size_t kept
    cdef public size_t forgotten
    cdef size_t _size
    cdef unsigned long long _seed
    cdef Shelf _newer
    cdef Shelf _older

    cpdef unsigned long long address(self, int version, unsigned long long high, unsigned long long low) except? 0
    cpdef unsigned long long asked(self, unsigned long long address, unsigned long long asker) except? 0
    @cython.locals(key="unsigned long long")
    cpdef unsigned long long connection(
        self, int protocol, unsigned long long a_high, unsigned long long a_low,
        unsigned long long b_high, unsigned long long b_low, unsigned long long ports,
    ) except? 0
    cdef unsigned long long _mixed(self, unsigned long long key, unsigned long long value) noexcept
    cpdef bint put(
        self, int kind, Segment segment, Asker asker, const unsigned char[::1] data,
        Py_ssize_t start, Py_ssize_t end, size_t keys,
    ) except -1
    cpdef tell(self, unsigned long long key)
    cpdef bint has(self, unsigned long long key) except -1
    cpdef list heard(self, unsigned long long key, unsigned long long until=*)
    cpdef list search(self, bytes octets)
