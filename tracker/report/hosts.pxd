# C types for hosts.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.names.clues cimport Clues
from tracker.names.listener cimport Listener
from tracker.report.text cimport address

cdef class HostNames:
    cdef public object resolver
    cdef Listener _listener
    cdef Clues _clues
    cdef dict _hosts
    cdef object _captured
    cdef dict _initials
    cdef dict _known
    cdef dict _told_of
    cdef size_t _kept

    cpdef object of(self, Connection connection, int side)
    cpdef object of_address(self, int version, unsigned long long high, unsigned long long low)
    @cython.locals(clues=Clues, key="unsigned long long", nobody="unsigned long long")
    cdef bint _may_know(self, Connection connection, int side) except -1
    @cython.locals(key="unsigned long long")
    cdef bint _has_said(self, Connection connection) except -1
    @cython.locals(key="unsigned long long")
    cdef object _said(self, Connection connection, int side)
    cdef object _opened(self, unsigned long long key, list initials)
    cdef object _found(self, tuple mine, str text, Connection connection, tuple other, said)
    cdef object _asked(self, tuple mine, Connection connection, tuple other, said)
    @cython.locals(key="unsigned long long", asker="unsigned long long")
    cdef list _answers(self, tuple mine, tuple other, unsigned long long until)
    @cython.locals(key="unsigned long long", nobody="unsigned long long")
    cdef object _told(self, tuple mine)
    cdef object _back(self, tuple mine, Connection connection)
    cdef list _names(self, unsigned long long key, tuple mine)
    cdef tuple _in_message(self, clue, tuple mine)
    cdef object _read(self, clue, tuple mine)
    cdef list _same_host(self, tuple other)

cdef tuple _address(Connection connection, int side)
@cython.locals(port="unsigned long long")
cdef unsigned long long _key(Clues clues, Connection connection) except? 0
cdef bint _is_within(clue, Connection connection) except -1
