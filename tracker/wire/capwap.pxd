# C types for capwap.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.segment cimport Frame, Segment
from tracker.wire.inner cimport enter_ethernet, refuse, too_short

cdef int CAPWAP, LINK, LLC, LWAPP, TZSP
cdef Py_ssize_t HEADER, FRAGMENT_OFFSET, WLAN_HEADER, TZSP_HEADER, LWAPP_HEADER
cdef unsigned int PREAMBLE_CLEAR, LENGTH, NATIVE, WIRELESS, IEEE802_11, FRAGMENT, KEEP_ALIVE, LWAPP_NO_DATA
cdef unsigned int TYPE, DATA, NO_DATA, QOS, BOTH_WAYS, PROTECTED, ORDER
cdef unsigned int TZSP_VERSION, TZSP_MAX_TYPE, TAG_PADDING, TAG_END
cdef unsigned int TZSP_ETHERNET, TZSP_WLAN, TZSP_PRISM, TZSP_AVS
cdef unsigned int LINKTYPE_IEEE802_11, LINKTYPE_PRISM, LINKTYPE_AVS

@cython.locals(length=Py_ssize_t, flags="unsigned int", offset="unsigned int", later="unsigned int")
cpdef int decode_capwap(Frame frame, Segment segment, Py_ssize_t at) except -1
cpdef int decode_lwapp(Frame frame, Segment segment, Py_ssize_t at) except -1
@cython.locals(control="unsigned int", flags="unsigned int")
cdef int _enter_wireless(Frame frame, Segment segment, int kind, Py_ssize_t at) except -1
@cython.locals(protocol="unsigned int")
cpdef int decode_tzsp(Frame frame, Segment segment, Py_ssize_t at) except -1
cdef int _enter_captured(Frame frame, Segment segment, unsigned int protocol, Py_ssize_t at) except -1
