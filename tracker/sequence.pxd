# C types for sequence.py (read when the package is compiled; see setup.py)
cdef unsigned int _MODULUS_MASK
cdef unsigned int _HALF

cpdef unsigned int add(unsigned int number, unsigned int count) noexcept
cpdef unsigned int distance(unsigned int start, unsigned int end) noexcept
cpdef bint after(unsigned int left, unsigned int right) noexcept
cpdef bint before(unsigned int left, unsigned int right) noexcept
