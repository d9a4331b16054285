"""How long a stack waits before it sends something again."""

# The shortest time after which anything is sent again for want of an ACK (Linux TCP_RTO_MIN;
# RFC 6298 section 2.4 says 1 s).  What is sent later than that after a RST was not on its way
# when the RST passed.
MIN_RTO_NS = 200_000_000

# How long a SYN or SYN,ACK waits for its answer before it is sent again (RFC 6298 section 2.1).
INITIAL_RTO_NS = 1_000_000_000
