# C types for shims.py (read when the package is compiled; see setup.py)
cimport cython

cdef unsigned int VLAN, QINQ, QINQ_OLD, VN_TAG, E_TAG, I_TAG, FABRIC_PATH, HSR, R_TAG, METADATA, EDSA
cdef Py_ssize_t ETHERNET_HEADER

cpdef bint is_vlan(unsigned int ethertype) except -1

cpdef Py_ssize_t tag_length(unsigned int ethertype) except -1
