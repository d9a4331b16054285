# C types for speech.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.connection cimport Connection
from tracker.endpoint cimport Endpoint
from tracker.flow_table cimport FlowTable
from tracker.names.clues cimport Clues
from tracker.names.listener cimport Listener
from tracker.sequence cimport distance
from tracker.socket_pairs cimport side_of_sender
from tracker.wire.segment cimport Frame, Hearer, Segment

cdef int TCP, UDP
cdef unsigned int _FTP
cdef long long SILENCE

cdef Py_ssize_t _UDP_HEADER, _TCP_DATA_OFFSET

cdef class Speech(Hearer):
    cdef public size_t forgotten
    cdef public object control
    cdef FlowTable _table
    cdef Listener _names
    cdef Clues _keys
    cdef Py_ssize_t _half
    cdef dict _newer
    cdef dict _older
    cdef dict _bursts
    cdef dict _older_bursts

    cpdef hear(self, Frame frame, Segment segment)
    cpdef object of(self, Connection connection, int side)
    @cython.locals(key="unsigned long long")
    cpdef tuple both(self, Connection connection)
    @cython.locals(endpoint=Endpoint, found=tuple, time="long long")
    cdef object _of(self, Connection connection, int side, unsigned long long key)
    @cython.locals(port="unsigned int")
    cdef unsigned long long _key_of(self, Connection connection) except? 0
    cdef unsigned long long _key(self, Segment segment) except? 0
    cpdef list bursts(self, Connection connection)
    cdef _burst(self, Segment segment)
    cdef _keep(self, Frame frame, Segment segment)
    cdef _hear_control(self, Frame frame, Segment segment)

@cython.locals(start=Py_ssize_t, end=Py_ssize_t)
cdef bytes _data(Frame frame, Segment segment, Py_ssize_t most)
