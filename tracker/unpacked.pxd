# C types for unpacked.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection, Journal
from tracker.pool cimport Pool

cdef int NOTHING, ODD, _STANDS
cdef size_t BESIDE, KIND, LAST_SEEN, WORDS

@cython.final
cdef class Unpacked:
    cdef public dict beside
    cdef Pool _pool
    cdef Journal _journal
    cdef list _stands

    @cython.locals(connection=Connection)
    cpdef tell(self, Journal journal)
    @cython.locals(connection=Connection)
    cpdef Connection at(self, Py_ssize_t place)
    cdef int _fill(self, Connection connection, Py_ssize_t place) except -1
    @cython.locals(connection=Connection)
    cpdef Connection stand(self, Py_ssize_t place)
    cpdef int pack(self, Connection connection) except -1
    cpdef int show(self, Connection connection) except -1
    @cython.locals(connection=Connection)
    cpdef int pack_place(self, Py_ssize_t place) except -1
    cpdef int touch(self, Connection connection) except -1
    @cython.locals(connection=Connection)
    cpdef pack_all(self)
    cpdef int load(self, Connection connection, Py_ssize_t place) except -1
    @cython.locals(octet=Py_ssize_t)
    cdef int _store(self, Connection connection, Py_ssize_t place) except -1
    cpdef put(self, Connection connection, Py_ssize_t place)
    cpdef bint has_previous(self, Py_ssize_t place) except -1
    cpdef int forget(self, Py_ssize_t place) except -1
