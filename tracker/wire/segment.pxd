# C types for segment.py (read when the package is compiled; see setup.py)
cimport cython

cdef int MAX_TUNNELS, NESTING

@cython.final
cdef class Frame:
    cdef public const unsigned char[::1] data
    cdef public Py_ssize_t start
    cdef public Py_ssize_t end
    cdef public Py_ssize_t wire_end
    cdef public Py_ssize_t fault_offset
    cdef public Py_ssize_t fault_needed
    cdef public Py_ssize_t fault_had
    cdef public unsigned int fault_number
    cdef public int layer
    cdef public unsigned int next_type
    cdef public Py_ssize_t at
    cdef public Py_ssize_t again

    cpdef int enter(self, int layer, Py_ssize_t at, unsigned int number=*)
    cpdef int fault(self, int reason, Py_ssize_t offset, Py_ssize_t needed)

@cython.final
cdef class Segment:
    cdef public long long time
    cdef public unsigned long long frame
    cdef public unsigned int length
    cdef public int version
    cdef public int protocol
    cdef public unsigned long long source_high
    cdef public unsigned long long source_low
    cdef public unsigned long long destination_high
    cdef public unsigned long long destination_low
    cdef public unsigned int source_port
    cdef public unsigned int destination_port
    cdef public unsigned int sequence
    cdef public unsigned int acknowledgment
    cdef public unsigned int flags
    cdef public unsigned int window
    cdef public unsigned int payload
    cdef public int mss
    cdef public int window_scale
    cdef public int vlan
    cdef public unsigned int ip_id
    cdef public bint fragmented
    cdef public unsigned int fragment_at
    cdef public unsigned int fragment_length
    cdef public int fragment_protocol
    cdef public bint more
    cdef public Py_ssize_t packet_at
    cdef public Py_ssize_t transport_at
    cdef public Py_ssize_t transport_length
    cdef public int icmp_type
    cdef public int icmp_code
    cdef public bint to_group
    cdef public unsigned long long tunnel
    cdef public Py_ssize_t inside

    cpdef int enter_tunnel(self, Frame frame, int kind, int layer, Py_ssize_t at, unsigned int number=*)

cdef class Hearer:
    cpdef hear(self, Frame frame, Segment segment)
