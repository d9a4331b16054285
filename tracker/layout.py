"""Where what is known of a connection lies in its place in the `pool`.

A place holds, in this order, each part beginning where a multiple of 8 octets does:

    the socket pair, time of the last segment, neighbours in a queue     64 octets
    endpoint a: counters, sequence space, what is known of it            64 octets
    endpoint b: the same                                                 64 octets
    endpoint a, endpoint b: what only opening and closing need           48 octets each
    the connection: what only opening, closing and reporting need        40 octets

The constants below are offsets within a part, in units of the view that they are for.

They stand in a file of their own for the reason that `words` does.
"""

# Units of 8 octets in a place, and where its parts begin.
WORDS = 41
HOT = 8  # endpoint a; b follows
HOT_WORDS = 8
COLD = 24
COLD_WORDS = 6
REST = 36

# In units of 8 octets (`words`, `times`).
A_LOW, B_LOW, A_HIGH, B_HIGH, KEY, LAST_SEEN = range(6)
PACKETS, BYTES, PAYLOAD = range(3)
EVIDENCE_FRAME, SINCE, ASKED_AT, GAP = range(2, 6)
FIRST_SEEN, HISTORY = range(2)

# In units of 4 octets (`numbers`, `links`).
OLDER, NEWER = 12, 13
SND_NXT, RCV_NXT, ACK_SENT, EDGE, LAST_PRINT, DUPLICATES, LETTERS = range(6, 13)
KNOWN, FLAGS = 14, 15
ISS, FIN_NUMBER, HOLE_START, HOLE_END = range(4)
GENERATION, NOTES, SIDES, ENDS, TOLD, RANK = range(4, 10)

# In octets (`octets`; those that may be NOTHING: `small`).
KIND, CALM, BESIDE, QUEUE = range(56, 60)
SHIFT, HAS_EDGE = 54, 55

# Small values of an endpoint share a number: to take one apart costs less than to read one octet
# after the other.  What may be negative is there with 2 added.
#
#     KNOWN   from bit 0 on the state, from 4 before_end, 8 certainty, 12 evidence_event, 20 pending
#     FLAGS   from bit 0 on what is true or false, from 16 window_scale
#
# and those of the connection:
#
#     SIDES   from bit 0 on first_sender, 4 initiator, 8 basis, 12 reset_side, 16 attempt_side,
#             20 history_length
#     ENDS    from bit 0 on left_behind, 8 group, 16 what is true or false
#
# What others than `pool` look for in them:
STATE_BITS = 15
PENDING = 20
PENDING_BITS = 0xFF
ADDED = 2
EXISTS = 1
READS = 2
SIMULTANEOUS = 1 << 16

# KIND: how `prediction` may take the next segment.
ODD, QUIET, DATAGRAM = range(3)

# QUEUE: the handshake is not complete; ended, but for TIME_WAIT; open; UDP's.
EMBRYONIC, CLOSED_QUEUE, OPEN, DATAGRAMS = range(4)
QUEUES = 4

# Where the parts of KEY begin, in bits: ports of a and b, protocol, version of IP.
B_PORT, PROTOCOL, VERSION = 16, 32, 40
