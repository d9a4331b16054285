# C types for text.py (read when the package is compiled; see setup.py)
cimport cython

cdef long long _NS_IN_S, _NS_IN_DAY, _S_IN_DAY
cdef tuple _OCTETS, _TWO_DIGITS
cdef bytes _HEX_DIGITS
cdef int _COLON, _GROUPS, _LONGEST_IPV6
cdef _Day _DAY

cpdef str address(int version, unsigned long long high, unsigned long long low)
cpdef str ipv4(unsigned long long low)
cpdef str socket4(unsigned long long low, int port)
@cython.locals(first=int, end=int, text=bytearray, at=Py_ssize_t, i=int, group="unsigned int", shift=int)
cpdef str ipv6(unsigned long long high, unsigned long long low)
cdef unsigned int _group(unsigned long long high, unsigned long long low, int i) noexcept
@cython.locals(first=int, end=int, begun=int, longest=int, i=int)
cdef (int, int) _zeros(unsigned long long high, unsigned long long low) noexcept

@cython.final
cdef class _Day:
    cdef public long long number
    cdef public str text

    cdef str date(self, long long number)

@cython.locals(day="long long", rest="long long", second="long long")
cpdef str timestamp(long long ns)
