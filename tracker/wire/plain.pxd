# C types for plain.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment

cdef unsigned int SYN
cdef int TCP
cdef size_t ETHERTYPE, VERSION, TOTAL_LENGTH, IDENTIFICATION, FRAGMENT, PROTOCOL, SOURCE
cdef size_t DESTINATION, SOURCE_PORT, DESTINATION_PORT, SEQUENCE, ACKNOWLEDGMENT, DATA_OFFSET
cdef size_t FLAGS, WINDOW, END, ETHERNET_HEADER
cdef unsigned int IP_HEADER, HEADERS, GROUP
cdef unsigned long long V4_MAPPED

@cython.locals(at=size_t, flags="unsigned int", header="unsigned int", total="unsigned int",
               source="unsigned int", destination="unsigned int")
cpdef bint decode_plain(Frame frame, Segment segment) except -1
