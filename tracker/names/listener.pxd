# C types for listener.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.names.answers cimport Answers
from tracker.names.clues cimport Asker, Clues
from tracker.socket_pairs cimport side_of_sender
from tracker.wire.segment cimport Frame, Hearer, Segment

cdef int UDP
cdef int DNS, MDNS, LLMNR, NETBIOS, DHCP, TLS, HTTP, QUIC
cdef unsigned int _DNS, _DHCP_SERVER, _DHCP_CLIENT, _NETBIOS_NAMES, _NETBIOS_DATAGRAMS, _HTTPS
cdef unsigned int _DHCPV6_CLIENT, _DHCPV6_SERVER, _MDNS, _LLMNR
cdef Py_ssize_t _DNS_LENGTH
cdef int _SHORTEST_DNS
cdef Py_ssize_t _UDP_HEADER, _TCP_DATA_OFFSET, _HELLO_AT
cdef int _HANDSHAKE, _MAJOR, _CLIENT_HELLO, _LONG_HEADER, _MOST_PARSED, _EACH
cdef int _FIRST_OF_METHODS, _LAST_OF_METHODS
cdef unsigned int _QUIC1, _QUIC2, _FIRST_DRAFT, _LAST_DRAFT, _SHORTEST_INITIAL
cdef long long _NS_IN_S, _ENOUGH, PATIENCE

cdef class Listener(Hearer):
    cdef public Clues clues
    cdef public Clues initials
    cdef public object openings
    cdef public size_t unheard
    cdef Answers _answers
    cdef Asker _asker
    cdef long long _second
    cdef long long _parsed
    cdef int _waiting
    cdef long long _patience

    @cython.locals(start=Py_ssize_t, end=Py_ssize_t)
    cpdef hear(self, Frame frame, Segment segment)
    @cython.locals(source="unsigned int")
    cdef _hear_datagram(self, Frame frame, Segment segment, Py_ssize_t start, Py_ssize_t end)
    @cython.locals(kind=int, version="unsigned int", is_known=bint)
    cdef bint _is_initial(self, Frame frame, Segment segment, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(high="unsigned int")
    cdef unsigned int _number(self, Frame frame, Py_ssize_t at) except? 0
    cdef _hear_answers(self, Frame frame, Segment segment, Py_ssize_t start, Py_ssize_t end, int kind)
    @cython.locals(
        answers=Answers, asker=Asker, clues=Clues, i=int, who="unsigned long long",
        key="unsigned long long",
    )
    cdef _keep(self, Segment segment, int kind, const unsigned char[::1] data, Py_ssize_t start)
    cdef _name(self, int kind, Segment segment, bytes name, unsigned long long key)
    @cython.locals(
        low="unsigned long long", high="unsigned long long", key="unsigned long long",
        nobody="unsigned long long",
    )
    cdef _hear_told(self, Frame frame, Segment segment, Py_ssize_t start, Py_ssize_t end, int kind)
    @cython.locals(second="long long")
    cdef bint _may_parse(self, long long time) except -1
    @cython.locals(initials=Clues)
    cdef _hear_initial(self, Frame frame, Segment segment, Py_ssize_t start, Py_ssize_t end)
    cdef unsigned long long _connection(self, Segment segment) except? 0
    cdef _hear_stream(self, Frame frame, Segment segment, Py_ssize_t start, Py_ssize_t end)
    cdef bint _may_be_message(self, Frame frame, Py_ssize_t start, Py_ssize_t end) except -1
    cdef bint _is_hello(self, Frame frame, Py_ssize_t start, Py_ssize_t end) except -1
    cdef _forget(self, long long time)
    @cython.locals(first=int)
    cdef bint _is_request(self, Frame frame, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(key="unsigned long long", side=int, waits=bint, whole=bint)
    cdef _open(self, Frame frame, Segment segment, Py_ssize_t start, Py_ssize_t end, int kind)
    cdef _hear_message(self, Segment segment, bytes message)
