"""How long a stack waits before it sends something again."""

# The shortest time after which anything is sent again for want of an ACK (Linux TCP_RTO_MIN;
# RFC 6298 section 2.4 says 1 s).  What is sent later than that after a RST was not on its way
# when the RST passed.
MIN_RTO_NS = 200_000_000

# No stack waits longer between two repetitions (RFC 6298 section 2.5 allows a limit of 60 s); a
# larger gap is a clock that was set.
LONGEST_GAP_NS = 3_600_000_000_000

# What comes again so soon was captured twice, not sent twice.
TWICE_NS = 50_000_000

# A SYN,ACK so soon after a repeated SYN answers it, and was not sent by a timer: that waits for 1 s
# at first (RFC 6298 section 2.1; Linux TCP_TIMEOUT_INIT).
ANSWER_NS = 500_000_000
