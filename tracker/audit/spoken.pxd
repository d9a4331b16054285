# C types for spoken.py (read when the package is compiled; see setup.py)
cimport cython

cdef int _ENOUGH, _NTP_LENGTH, _DNS_HEADER

cpdef str spoken(bytes octets, bint is_datagram, Py_ssize_t length)
cdef str _known(bytes octets, bint is_datagram, Py_ssize_t length)
@cython.locals(at=Py_ssize_t)
cdef str _datagram(bytes octets, Py_ssize_t length)
cdef bint _is_hello(bytes octets) except -1
cdef bint _is_dns_stream(bytes octets, Py_ssize_t length) except -1
@cython.locals(opcode=int, questions=int, answers=int, others=int, more=int)
cdef bint _is_dns(bytes octets, Py_ssize_t start) except -1
cdef int _number(bytes octets, Py_ssize_t at) except -1
@cython.locals(size=Py_ssize_t, length=Py_ssize_t, i=Py_ssize_t)
cdef bint _is_name(bytes octets, Py_ssize_t at) except -1
