# C types for link.py (read when the package is compiled; see setup.py)
cimport cython
from tracker.wire.atm cimport decode_classical_ip, decode_sun_atm
from tracker.wire.cooked cimport decode_cooked, decode_cooked_v2
from tracker.wire.docsis cimport decode_docsis
from tracker.wire.dsa cimport decode_broadcom, decode_broadcom_prepended, decode_marvell
from tracker.wire.family cimport decode_enc, decode_ipnet, decode_nflog, decode_null, decode_pflog, decode_raw, decode_slip
from tracker.wire.hdlc cimport decode_cisco_hdlc, decode_frame_relay, decode_multilink_frame_relay
from tracker.wire.juniper cimport decode_juniper
from tracker.wire.ppp cimport decode_pppoe
from tracker.wire.radio cimport decode_avs, decode_ppi, decode_prism, decode_radiotap
from tracker.wire.recorded cimport decode_erf, decode_netanalyzer, decode_pktap
from tracker.wire.station cimport decode_arcnet, decode_fddi, decode_fibre_channel, decode_firewire, decode_infiniband, decode_token_ring
from tracker.wire.wireless cimport decode_wireless
from tracker.wire.segment cimport Frame, Segment

cdef int LLC, MPLS, PPP, PPP_PROTOCOL, OTHER_LINK_TYPE
cdef int DLT_ATM_CLIP, DLT_ATM_RFC1483, DLT_RAW, DLT_RAW_OPENBSD
cdef int LINKTYPE_APPLE_IP_OVER_IEEE1394, LINKTYPE_ARCNET_BSD, LINKTYPE_ARCNET_LINUX, LINKTYPE_ATM_CLIP
cdef int LINKTYPE_ATM_RFC1483, LINKTYPE_C_HDLC, LINKTYPE_C_HDLC_WITH_DIR, LINKTYPE_DOCSIS
cdef int LINKTYPE_DSA_TAG_BRCM, LINKTYPE_DSA_TAG_BRCM_PREPEND, LINKTYPE_DSA_TAG_DSA, LINKTYPE_DSA_TAG_EDSA
cdef int LINKTYPE_ENC, LINKTYPE_ERF, LINKTYPE_FDDI, LINKTYPE_FRELAY
cdef int LINKTYPE_FRELAY_WITH_DIR, LINKTYPE_IEEE802_11, LINKTYPE_IEEE802_11_AVS, LINKTYPE_IEEE802_11_PRISM
cdef int LINKTYPE_IEEE802_11_RADIOTAP, LINKTYPE_IEEE802_5, LINKTYPE_IPNET, LINKTYPE_IPOIB
cdef int LINKTYPE_IPV4, LINKTYPE_IPV6, LINKTYPE_IP_OVER_FC, LINKTYPE_LINUX_SLL
cdef int LINKTYPE_LINUX_SLL2, LINKTYPE_LOOP, LINKTYPE_MFR, LINKTYPE_MPLS
cdef int LINKTYPE_NETANALYZER, LINKTYPE_NETANALYZER_TRANSPARENT, LINKTYPE_NFLOG, LINKTYPE_NULL
cdef int LINKTYPE_PFLOG, LINKTYPE_PKTAP, LINKTYPE_PPI, LINKTYPE_PPP
cdef int LINKTYPE_PPP_ETHER, LINKTYPE_PPP_HDLC, LINKTYPE_PPP_PPPD, LINKTYPE_PPP_WITH_DIR
cdef int LINKTYPE_RAW, LINKTYPE_SLIP, LINKTYPE_SUNATM, LINKTYPE_USER2
cdef Py_ssize_t DIRECTION, ADDRESS_AND_CONTROL, LINUX_OFFSET, EDSA_HEADER, PREAMBLE

cpdef int decode_link(int link_type, Frame frame, Segment segment, Py_ssize_t at) except -1
cdef bint _is_ip(int link_type) noexcept
cdef int _line(int link_type, Frame frame, Segment segment, Py_ssize_t at) except -1
cdef int _station(int link_type, Frame frame, Segment segment, Py_ssize_t at) except -1
cdef int _tap(int link_type, Frame frame, Py_ssize_t at) except -1
