# C types for sides.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.report.text cimport address

cdef int BY_KERNEL, BY_SYN, NOTHING, SYSTEM_PORTS, UNKNOWN

@cython.final
cdef class Network:
    cdef public int version
    cdef public unsigned long long high
    cdef public unsigned long long low
    cdef public unsigned long long high_mask
    cdef public unsigned long long low_mask

    @cython.locals(sides=int)
    cpdef int sides(self, Connection connection) except -1
    cdef bint _holds(self, unsigned long long high, unsigned long long low) noexcept

@cython.final
cdef class Host:
    cdef public list networks
    cdef public str name

    @cython.locals(network=Network, sides=int)
    cpdef int sides(self, Connection connection) except -1

@cython.final
cdef class Sides:
    cdef public list networks
    cdef public str reason
    cdef public bint others
    cdef public bint guessed

    @cython.locals(network=Network, sides=int)
    cpdef int local(self, Connection connection) except -1

@cython.final
cdef class Guess:
    cdef public list known
    cdef public list hosts
    cdef public bint open
    cdef public bint begun

    @cython.locals(host=Host)
    cpdef see(self, Connection connection)
    cpdef join(self, Guess other)
    @cython.locals(host=Host)
    cdef Host _host(self, Connection connection, int side)

cdef Host LOOPBACK

cpdef bint is_loop(Connection connection) except -1
cpdef int initiator(Connection connection, frozenset service_ports) except -1
cpdef str basis(Connection connection, frozenset service_ports)
cdef int _serving(Connection connection, frozenset service_ports) except -1
cpdef bint is_service(int port, frozenset service_ports) except -1
