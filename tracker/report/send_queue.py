"""Send-Q: what an endpoint has sent, and its peer not yet acknowledged.

Linux keeps it as write_seq - snd_una (net/ipv4/tcp_diag.c, tcp_diag_get_info, and tcp_ipv4.c,
get_tcp4_sock): a SYN counts for one, a FIN, too, and what is written but not sent counts as well,
which no wire tells.  FreeBSD counts octets of data only (so_snd in usr.bin/netstat/inet.c).
"""

from tracker.endpoint import Endpoint
from tracker.report.rows import ConnectionRow
from tracker.sequence import add, after, before, distance
from tracker.wire.segment import TCP
from tracker.words import (
    CLOSED,
    CLOSING,
    FIN_WAIT_1,
    LAST_ACK,
    LETTER_SYN,
    SYN_RECEIVED,
    SYN_SENT,
)

#: Less than any number: something may wait, but not what was seen.
UNKNOWN = -1


def unacknowledged(row: ConnectionRow, counts_flags: bool) -> int:
    """Return how many octets wait for an acknowledgment, SYN and FIN with them if `counts_flags`.

    UNKNOWN where the acknowledgments of the peer were not seen.  Nothing waits in UDP and CLOSED.
    """
    local, foreign = row.local, row.foreign
    state = row.state(local) - 1
    if row.connection.protocol != TCP or state == CLOSED:
        return 0
    is_opening = state in (SYN_SENT, SYN_RECEIVED)
    if not local.has_snd or not (foreign.has_ack or (is_opening and local.has_iss)):
        return UNKNOWN
    start = _first(local, foreign, state)
    if not after(local.snd_nxt, start):
        return 0
    octets = distance(start, local.snd_nxt)
    return octets if counts_flags else octets - _flags(local, start)


def _first(local: Endpoint, foreign: Endpoint, state: int) -> int:
    """Return the first sequence number that is not acknowledged: SND.UNA.

    It begins at a SYN, but behind that of a SYN,ACK (Linux: tcp_create_openreq_child), and no
    acknowledgment of what was never sent moves it.  Nor does one that is lost: then the state
    tells that the FIN still waits.
    """
    start = foreign.ack_sent if foreign.has_ack else local.iss
    if local.has_iss:
        least = local.iss if local.letters & LETTER_SYN else add(local.iss, 1)
        if before(start, least):
            start = least
    is_closing = state in (FIN_WAIT_1, CLOSING, LAST_ACK)
    if is_closing and local.has_fin and after(start, local.fin):
        return local.fin
    return start


def _flags(endpoint: Endpoint, start: int) -> int:
    """Return how many of SYN and FIN are among what was sent from `start` on."""
    flags = 0
    if endpoint.has_iss and start == endpoint.iss:
        flags += 1
    if endpoint.has_fin and not after(start, endpoint.fin):
        flags += 1
    return flags
