"""What most segments do: nothing but count, and move the numbers a little further.

In a connection that is open and quiet, the next segment is nearly always more data in order or an
acknowledgment.  Such a segment is taken in here, in its place in the pool, and everything else
goes through `rules` (the idea is Van Jacobson's header prediction, RFC 1144 section 3.2.2 and
Linux tcp_rcv_established: it makes nothing possible that the slow path does not do, and is right
only as long as both do the same, which a test checks).
"""

from tracker.layout import (
    ACK_SENT,
    BYTES,
    DATAGRAM,
    DUPLICATES,
    EDGE,
    HAS_EDGE,
    HOT,
    HOT_WORDS,
    KIND,
    LAST_PRINT,
    LAST_SEEN,
    LETTERS,
    ODD,
    PACKETS,
    PAYLOAD,
    RCV_NXT,
    SHIFT,
    SND_NXT,
    WORDS,
)
from tracker.pool import Pool
from tracker.rules.times import TWICE_NS
from tracker.sequence import add, after
from tracker.wire.segment import ACK, FIN, MALFORMED, RST, SYN, Segment
from tracker.words import LETTER_ACK, LETTER_DATA


def is_predicted(pool: Pool, place: int, segment: Segment, side: int, idle: int) -> bool:
    """Take in `segment`, sent by `side` of the connection at `place`, if it is one of those.

    Returns whether it is.  `idle`: ns without a datagram after which a pseudo-connection may have
    ended.
    """
    word = place * WORDS
    kind = pool.octets[8 * word + KIND]
    if kind == ODD or segment.fragmented:
        return False
    sender = word + HOT + HOT_WORDS * side
    if kind == DATAGRAM:
        if not pool.numbers[2 * sender + LETTERS] & LETTER_DATA:
            return False
        if segment.time - pool.times[word + LAST_SEEN] > idle:
            return False
    else:
        receiver = word + HOT + HOT_WORDS * (1 - side)
        if not _is_quiet(pool, sender, receiver, segment):
            return False
        _move(pool, sender, receiver, segment)
    if segment.ip_id:
        _note_twice(pool, word, sender, segment)
    pool.words[sender + PACKETS] += 1
    pool.words[sender + BYTES] += segment.length
    pool.words[sender + PAYLOAD] += segment.payload
    pool.times[word + LAST_SEEN] = max(pool.times[word + LAST_SEEN], segment.time)
    return True


def _is_quiet(pool: Pool, sender: int, receiver: int, segment: Segment) -> bool:
    """Return whether `segment` is an ACK, with data in order or without, that is nothing new."""
    if segment.flags & (FIN | SYN | RST | ACK | MALFORMED) != ACK or not segment.window:
        return False
    start, number = segment.sequence, segment.acknowledgment
    ours, theirs = 2 * sender, 2 * receiver
    sent = pool.numbers[theirs + SND_NXT]
    if number != sent and after(number, sent):
        return False
    if pool.octets[8 * receiver + HAS_EDGE] and after(start, pool.numbers[theirs + EDGE]):
        return False
    if not segment.payload:
        return pool.numbers[ours + LETTERS] & LETTER_ACK != 0
    return (
        pool.numbers[ours + LETTERS] & LETTER_DATA != 0
        and start == pool.numbers[ours + SND_NXT]
        and start == pool.numbers[theirs + RCV_NXT]
    )


def _move(pool: Pool, sender: int, receiver: int, segment: Segment) -> None:
    """Move the numbers of both endpoints; see `rules.space.move`."""
    ours, theirs = 2 * sender, 2 * receiver
    if segment.payload:
        end = add(segment.sequence, segment.payload)
        pool.numbers[ours + SND_NXT] = end
        pool.numbers[theirs + RCV_NXT] = end
    number = segment.acknowledgment
    if number != pool.numbers[ours + ACK_SENT] and after(number, pool.numbers[ours + ACK_SENT]):
        pool.numbers[ours + ACK_SENT] = number
        if number != pool.numbers[ours + RCV_NXT] and after(number, pool.numbers[ours + RCV_NXT]):
            pool.numbers[ours + RCV_NXT] = number
    shift = pool.small[8 * sender + SHIFT]
    if shift >= 0:
        edge = add(number, segment.window << shift)
        if after(edge, pool.numbers[ours + EDGE]):
            pool.numbers[ours + EDGE] = edge


def _note_twice(pool: Pool, word: int, sender: int, segment: Segment) -> None:
    """Count a packet that was captured twice; see `rules.observe`."""
    numbers = segment.sequence + segment.acknowledgment + segment.payload
    fingerprint = segment.ip_id << 16 ^ numbers & 0xFFFF
    at = 2 * sender
    since = segment.time - pool.times[word + LAST_SEEN]
    if fingerprint == pool.numbers[at + LAST_PRINT] and since < TWICE_NS:
        pool.numbers[at + DUPLICATES] += 1
    pool.numbers[at + LAST_PRINT] = fingerprint
