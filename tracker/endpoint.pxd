# C types for endpoint.py (read when the package is compiled; see setup.py)
cimport cython

cdef int CLOSED, CLOSING, FIN_WAIT_1, FIN_WAIT_2, LAST_ACK, NOTHING, OBSERVED, SYN_RECEIVED
cdef int SYN_SENT, TIME_WAIT

@cython.final
cdef class Profile:
    cdef public long long syn_sent
    cdef public long long syn_received
    cdef public long long fin_wait_1
    cdef public long long fin_wait_2
    cdef public long long closing
    cdef public long long last_ack
    cdef public long long time_wait
    cdef public bint rfc1337
    cdef public long long initial_rto
    cdef public long long soonest

    cpdef long long timer(self, int state) noexcept

@cython.final
cdef class Endpoint:
    # What every segment touches comes first, so that it shares a cache line or two.
    cdef public unsigned long long packets
    cdef public unsigned long long bytes
    cdef public unsigned long long payload
    cdef public unsigned int snd_nxt
    cdef public unsigned int rcv_nxt
    cdef public unsigned int ack_sent
    cdef public unsigned int edge
    cdef public unsigned int last_print
    cdef public unsigned int duplicates
    cdef public unsigned short letters
    cdef public unsigned char state
    cdef public signed char window_scale
    cdef public unsigned char has_snd
    cdef public unsigned char has_rcv
    cdef public unsigned char has_ack
    cdef public unsigned char has_edge
    cdef public unsigned char has_hole
    cdef public unsigned char exists
    cdef public unsigned char has_iss
    cdef public unsigned char has_fin
    cdef public unsigned char answered
    cdef public unsigned char doubts_fin
    cdef public unsigned char reads
    cdef public unsigned char before_end
    cdef public unsigned char certainty
    cdef public signed char evidence_event
    cdef public signed char pending
    cdef public unsigned int iss
    cdef public unsigned int fin
    cdef public unsigned int hole_start
    cdef public unsigned int hole_end
    cdef public unsigned long long evidence_frame
    cdef public long long since
    cdef public long long asked_at
    cdef public long long gap

    cpdef void clear(self) noexcept
