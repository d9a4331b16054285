# C types for sequence.py (read when the package is compiled; see setup.py)
#
# The same arithmetic as there, which C does by itself in 32 bits: here, so that the C compiler
# puts it in where it is asked for.  A call would cost several times what is done in it.

cpdef inline unsigned int add(unsigned int number, unsigned int count) noexcept:
    return number + count

cpdef inline unsigned int distance(unsigned int start, unsigned int end) noexcept:
    return end - start

cpdef inline bint after(unsigned int left, unsigned int right) noexcept:
    return <int> (left - right) > 0

cpdef inline bint before(unsigned int left, unsigned int right) noexcept:
    return <int> (right - left) > 0
