# C types for atm.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame

cdef int ETHERNET, IP, LLC, LINK_TRUNCATED, OTHER_CONTROL
cdef Py_ssize_t SUN_HEADER, EMULATION_HEADER
cdef unsigned int TRAFFIC, LAN_EMULATION, LLC_MULTIPLEXED, SNAP

@cython.locals(traffic="unsigned int")
cpdef int decode_sun_atm(Frame frame, Py_ssize_t at) except -1
cpdef int decode_classical_ip(Frame frame, Py_ssize_t at) except -1
