"""Where what is known of a connection lies in its place in the `pool`.

A place holds, in this order, each part beginning where a multiple of 8 octets does:

    the socket pair, time of the last segment, neighbours in a queue     64 octets
    endpoint a: counters, sequence space, what is known of it            64 octets
    endpoint b: the same                                                 64 octets
    endpoint a, endpoint b: what only opening and closing need           56 octets each
    the connection: what only opening, closing and reporting need        40 octets

The constants below are offsets within a part, in units of the view that they are for.

They stand in a file of their own for the reason that `words` does.
"""

# Units of 8 octets in a place, and where its parts begin.
WORDS = 43
HOT = 8  # endpoint a; b follows
HOT_WORDS = 8
COLD = 24
COLD_WORDS = 7
REST = 38

# In units of 8 octets (`words`, `times`).
A_LOW, B_LOW, A_HIGH, B_HIGH, KEY, LAST_SEEN = range(6)
PACKETS, BYTES, PAYLOAD = range(3)
EVIDENCE_FRAME, SINCE, ASKED_AT, GAP = range(2, 6)
FIRST_SEEN, HISTORY = range(2)

# In units of 4 octets (`numbers`, `links`).
OLDER, NEWER = 12, 13
SND_NXT, RCV_NXT, ACK_SENT, EDGE, LAST_PRINT, DUPLICATES, LETTERS = range(6, 13)
ISS, FIN_NUMBER, HOLE_START, HOLE_END = range(4)
GENERATION, NOTES = 4, 5
TOLD = 9

# In octets (`octets`; those that may be NOTHING: `small`).
KIND, CALM, FRESH, BESIDE, QUEUE, GROUP = range(56, 62)
(
    STATE,
    WINDOW_SCALE,
    SHIFT,
    HAS_EDGE,
    HAS_SND,
    HAS_RCV,
    HAS_ACK,
    HAS_HOLE,
    EXISTS,
    HAS_ISS,
    HAS_FIN,
    ANSWERED,
) = range(52, 64)
READS, DOUBTS_FIN, BEFORE_END, CERTAINTY, EVIDENCE_EVENT, PENDING = range(48, 54)
(
    LEFT_BEHIND,
    SUPERSEDED,
    FIRST_SENDER,
    INITIATOR,
    BASIS,
    FAST_OPEN,
    SIMULTANEOUS,
    RESET_SEEN,
    RESET_SIDE,
    ATTEMPTED,
    ATTEMPT_SIDE,
    HISTORY_LENGTH,
) = range(24, 36)

# KIND: how `prediction` may take the next segment.
ODD, QUIET, DATAGRAM = range(3)

# QUEUE: the handshake is not complete; ended, but for TIME_WAIT; open; UDP's.
EMBRYONIC, CLOSED_QUEUE, OPEN, DATAGRAMS = range(4)
QUEUES = 4

# Where the parts of KEY begin, in bits: ports of a and b, protocol, version of IP.
B_PORT, PROTOCOL, VERSION = 16, 32, 40
