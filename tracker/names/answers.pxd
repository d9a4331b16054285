# C types for answers.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame

cdef int _HEADER, _RESPONSE, _OPCODE, _CODE, _A, _CNAME, _PTR, _AAAA, _INTERNET, _CLASS, _POINTER
cdef int _MOST_RECORDS, _MOST_REVERSE, _MOST_LABELS
cdef Py_ssize_t _LONGEST
cdef unsigned long long _V4_MAPPED

@cython.final
cdef class Answers:
    cdef public int count
    cdef public Py_ssize_t end
    cdef public list noted
    cdef int _reverses
    cdef unsigned char[::1] _versions
    cdef unsigned long long[::1] _halves
    cdef const unsigned char[::1] _data
    cdef Py_ssize_t _start
    cdef Py_ssize_t _end
    cdef Py_ssize_t _at

    @cython.locals(questions=int, records=int, _=int)
    cpdef int read(self, Frame frame, Py_ssize_t start, Py_ssize_t end, bint everything) except -1
    cpdef int version(self, int i) except -1
    cpdef unsigned long long high(self, int i) except? 0
    cpdef unsigned long long low(self, int i) except? 0
    cdef _add(self, int version, unsigned long long high, unsigned long long low)
    @cython.locals(owner=Py_ssize_t, at=Py_ssize_t, kind=int, is_internet=bint, length=Py_ssize_t, before=int)
    cdef bint _record(self) except -1
    @cython.locals(last=int, seconds="unsigned long long")
    cdef _note(self, int kind, Py_ssize_t owner, Py_ssize_t at, int found)
    @cython.locals(number="unsigned long long", i=int)
    cdef unsigned long long _number(self, Py_ssize_t at, int octets) except? 0
    @cython.locals(at=Py_ssize_t, length=Py_ssize_t)
    cdef bint _skip_name(self) except -1
    cdef _reverse(self, Py_ssize_t at)
    @cython.locals(length=Py_ssize_t, target=Py_ssize_t)
    cdef list _labels(self, Py_ssize_t at)
