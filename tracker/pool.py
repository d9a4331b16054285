"""Connections as the flow table keeps them: packed, in places of equal size in one block of memory.

An object for each connection and for each of its endpoints would take more memory and, when there
are many, more cache lines for every packet.  The rules work on a `Connection`: `Pool.load` fills
one from its place and `Pool.store` puts it back.

What lies there is of two kinds: what `prediction` needs, of which it moves some with most segments,
and the rest, which only the rules change.  The first can be put into the place and taken from there
by itself (`show`, `follow`), while the other stays in the `Connection`.
"""

import mmap

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.errors import UserError
from tracker.layout import (
    A_HIGH,
    A_LOW,
    ACK_SENT,
    ANSWERED,
    ASKED_AT,
    ATTEMPT_SIDE,
    ATTEMPTED,
    B_HIGH,
    B_LOW,
    B_PORT,
    BASIS,
    BEFORE_END,
    BESIDE,
    BYTES,
    CALM,
    CERTAINTY,
    COLD,
    COLD_WORDS,
    DATAGRAM,
    DOUBTS_FIN,
    DUPLICATES,
    EDGE,
    EVIDENCE_EVENT,
    EVIDENCE_FRAME,
    EXISTS,
    FAST_OPEN,
    FIN_NUMBER,
    FIRST_SEEN,
    FIRST_SENDER,
    FRESH,
    GAP,
    GENERATION,
    GROUP,
    HAS_ACK,
    HAS_EDGE,
    HAS_FIN,
    HAS_HOLE,
    HAS_ISS,
    HAS_RCV,
    HAS_SND,
    HISTORY,
    HISTORY_LENGTH,
    HOLE_END,
    HOLE_START,
    HOT,
    HOT_WORDS,
    INITIATOR,
    ISS,
    KEY,
    KIND,
    LAST_PRINT,
    LAST_SEEN,
    LEFT_BEHIND,
    LETTERS,
    NEWER,
    NOTES,
    ODD,
    PACKETS,
    PAYLOAD,
    PENDING,
    PROTOCOL,
    QUEUE,
    QUIET,
    RCV_NXT,
    READS,
    RESET_SEEN,
    RESET_SIDE,
    REST,
    SHIFT,
    SIMULTANEOUS,
    SINCE,
    SND_NXT,
    STATE,
    SUPERSEDED,
    TOLD,
    VERSION,
    WINDOW_SCALE,
    WORDS,
)
from tracker.wire.segment import CUT_OFF, TCP
from tracker.words import NOTHING

_FIRST_PLACES = 512
_HUGE_PAGE = 1 << 21


class Pool:
    """Places for connections, from 0 to `places` - 1; from `used` on they were never taken.

    words, times, numbers, links, octets, small    the block, as unsigned and signed integers of
    8, 4 and 1 octets
    """

    def __init__(self) -> None:
        self.places = 0
        self.used = 0
        self._free = NOTHING  # the first of the places that are free again, chained
        self._block = block(_FIRST_PLACES * WORDS * 8)
        self._view(self._block, _FIRST_PLACES)

    def _view(self, block: mmap.mmap | bytearray, places: int) -> None:
        octets = memoryview(block)
        self.places = places
        self.octets = octets.cast("B")
        self.words = octets.cast("Q")
        self.times = octets.cast("q")
        self.numbers = octets.cast("I")
        self.links = octets.cast("i")
        self.small = octets.cast("b")

    def grow(self, limit: int) -> None:
        """Make room for twice as many places, `limit` at most; raise UserError where none is."""
        places = max(min(2 * self.places, limit), self.places + 1)
        self._view(bytearray(8), 0)  # a block that is looked at can't be resized
        self._block = _resized(self._block, places * WORDS * 8)
        self._view(self._block, places)

    def take(self, limit: int) -> int:
        """Return a place that is free, of `limit` at most."""
        place = self._free
        if place >= 0:
            self._free = self.links[2 * place * WORDS + NEWER]
        else:
            place = self.used
            if place == self.places:
                self.grow(limit)
            self.used += 1
        at = 8 * place * WORDS
        self.octets[at + KIND] = ODD
        self.octets[at + CALM] = False
        self.octets[at + BESIDE] = False
        self.small[at + QUEUE] = NOTHING
        return place

    def give_back(self, place: int) -> None:
        """Take back `place`, whose KEY is 0 from now on."""
        at = place * WORDS
        self.words[at + KEY] = 0
        self.links[2 * at + NEWER] = self._free
        self._free = place

    # --- a connection and its place --------------------------------------------------------------

    def store(self, connection: Connection, place: int) -> None:
        """Put `connection` into `place`, but for what stands beside it (see `flow_table`)."""
        self.show(connection, place)
        self.store_rest(connection, place)

    def show(self, connection: Connection, place: int) -> None:
        """Put into `place` what `prediction` needs of `connection`."""
        word = place * WORDS
        at = 8 * word
        self.times[word + LAST_SEEN] = connection.last_seen
        self.octets[at + KIND] = _kind(connection)
        self._show_endpoint(connection.a, word + HOT)
        self._show_endpoint(connection.b, word + HOT + HOT_WORDS)
        self.small[at + 8 * HOT + SHIFT] = _shift(connection.a, connection.b)
        self.small[at + 8 * (HOT + HOT_WORDS) + SHIFT] = _shift(connection.b, connection.a)

    def _show_endpoint(self, endpoint: Endpoint, hot: int) -> None:
        self.words[hot + PACKETS] = endpoint.packets
        self.words[hot + BYTES] = endpoint.bytes
        self.words[hot + PAYLOAD] = endpoint.payload
        at = 2 * hot
        self.numbers[at + SND_NXT] = endpoint.snd_nxt
        self.numbers[at + RCV_NXT] = endpoint.rcv_nxt
        self.numbers[at + ACK_SENT] = endpoint.ack_sent
        self.numbers[at + EDGE] = endpoint.edge
        self.numbers[at + LAST_PRINT] = endpoint.last_print
        self.numbers[at + DUPLICATES] = endpoint.duplicates
        self.numbers[at + LETTERS] = endpoint.letters
        self.octets[8 * hot + HAS_EDGE] = endpoint.has_edge

    def store_rest(self, connection: Connection, place: int) -> None:
        """Put into `place` what `prediction` does not need."""
        word = place * WORDS
        at = 8 * word
        self.octets[at + CALM] = connection.calm
        self.octets[at + FRESH] = connection.fresh
        self.small[at + GROUP] = connection.group
        self._store_endpoint(connection.a, word + HOT, word + COLD)
        self._store_endpoint(connection.b, word + HOT + HOT_WORDS, word + COLD + COLD_WORDS)
        self._store_ends(connection, word + REST)

    def _store_endpoint(self, endpoint: Endpoint, hot: int, cold: int) -> None:
        at = 8 * hot
        self.octets[at + STATE] = endpoint.state
        self.small[at + WINDOW_SCALE] = endpoint.window_scale
        self.octets[at + HAS_SND] = endpoint.has_snd
        self.octets[at + HAS_RCV] = endpoint.has_rcv
        self.octets[at + HAS_ACK] = endpoint.has_ack
        self.octets[at + HAS_HOLE] = endpoint.has_hole
        self.octets[at + EXISTS] = endpoint.exists
        self.octets[at + HAS_ISS] = endpoint.has_iss
        self.octets[at + HAS_FIN] = endpoint.has_fin
        self.octets[at + ANSWERED] = endpoint.answered
        self.words[cold + EVIDENCE_FRAME] = endpoint.evidence_frame
        self.times[cold + SINCE] = endpoint.since
        self.times[cold + ASKED_AT] = endpoint.asked_at
        self.times[cold + GAP] = endpoint.gap
        at = 2 * cold
        self.numbers[at + ISS] = endpoint.iss
        self.numbers[at + FIN_NUMBER] = endpoint.fin
        self.numbers[at + HOLE_START] = endpoint.hole_start
        self.numbers[at + HOLE_END] = endpoint.hole_end
        at = 8 * cold
        self.octets[at + READS] = endpoint.reads
        self.octets[at + DOUBTS_FIN] = endpoint.doubts_fin
        self.octets[at + BEFORE_END] = endpoint.before_end
        self.octets[at + CERTAINTY] = endpoint.certainty
        self.small[at + EVIDENCE_EVENT] = endpoint.evidence_event
        self.small[at + PENDING] = endpoint.pending

    def _store_ends(self, connection: Connection, word: int) -> None:
        self.times[word + FIRST_SEEN] = connection.first_seen
        self.words[word + HISTORY] = connection.history_low
        at = 2 * word
        self.numbers[at + GENERATION] = connection.generation
        self.numbers[at + NOTES] = connection.notes
        self.numbers[at + TOLD] = connection.told
        at = 8 * word
        self.small[at + LEFT_BEHIND] = connection.left_behind
        self.octets[at + SUPERSEDED] = connection.superseded
        self.octets[at + FIRST_SENDER] = connection.first_sender
        self.octets[at + INITIATOR] = connection.initiator
        self.octets[at + BASIS] = connection.basis
        self.octets[at + FAST_OPEN] = connection.fast_open
        self.octets[at + SIMULTANEOUS] = connection.simultaneous
        self.octets[at + RESET_SEEN] = connection.reset_seen
        self.octets[at + RESET_SIDE] = connection.reset_side
        self.octets[at + ATTEMPTED] = connection.attempted
        self.octets[at + ATTEMPT_SIDE] = connection.attempt_side
        self.octets[at + HISTORY_LENGTH] = connection.history_length

    def load(self, connection: Connection, place: int) -> None:
        """Fill `connection` from `place`, but for what stands beside it (see `flow_table`)."""
        word = place * WORDS
        at = 8 * word
        connection.place = place
        connection.a_low = self.words[word + A_LOW]
        connection.b_low = self.words[word + B_LOW]
        connection.a_high = self.words[word + A_HIGH]
        connection.b_high = self.words[word + B_HIGH]
        key = self.words[word + KEY]
        connection.a_port = key & 0xFFFF
        connection.b_port = key >> B_PORT & 0xFFFF
        connection.protocol = key >> PROTOCOL & 0xFF
        connection.version = key >> VERSION & 0xFF
        self.follow(connection, place)
        connection.calm = self.octets[at + CALM] != 0
        connection.fresh = self.octets[at + FRESH] != 0
        connection.group = self.small[at + GROUP]
        self._load_endpoint(connection.a, word + HOT, word + COLD)
        self._load_endpoint(connection.b, word + HOT + HOT_WORDS, word + COLD + COLD_WORDS)
        self._load_ends(connection, word + REST)

    def follow(self, connection: Connection, place: int) -> None:
        """Take from `place` what `prediction` may have moved."""
        word = place * WORDS
        connection.last_seen = self.times[word + LAST_SEEN]
        self._follow_endpoint(connection.a, word + HOT)
        self._follow_endpoint(connection.b, word + HOT + HOT_WORDS)

    def _follow_endpoint(self, endpoint: Endpoint, hot: int) -> None:
        endpoint.packets = self.words[hot + PACKETS]
        endpoint.bytes = self.words[hot + BYTES]
        endpoint.payload = self.words[hot + PAYLOAD]
        at = 2 * hot
        endpoint.snd_nxt = self.numbers[at + SND_NXT]
        endpoint.rcv_nxt = self.numbers[at + RCV_NXT]
        endpoint.ack_sent = self.numbers[at + ACK_SENT]
        endpoint.edge = self.numbers[at + EDGE]
        endpoint.last_print = self.numbers[at + LAST_PRINT]
        endpoint.duplicates = self.numbers[at + DUPLICATES]

    def _load_endpoint(self, endpoint: Endpoint, hot: int, cold: int) -> None:
        endpoint.letters = self.numbers[2 * hot + LETTERS]
        at = 8 * hot
        endpoint.state = self.octets[at + STATE]
        endpoint.window_scale = self.small[at + WINDOW_SCALE]
        endpoint.has_edge = self.octets[at + HAS_EDGE] != 0
        endpoint.has_snd = self.octets[at + HAS_SND] != 0
        endpoint.has_rcv = self.octets[at + HAS_RCV] != 0
        endpoint.has_ack = self.octets[at + HAS_ACK] != 0
        endpoint.has_hole = self.octets[at + HAS_HOLE] != 0
        endpoint.exists = self.octets[at + EXISTS] != 0
        endpoint.has_iss = self.octets[at + HAS_ISS] != 0
        endpoint.has_fin = self.octets[at + HAS_FIN] != 0
        endpoint.answered = self.octets[at + ANSWERED] != 0
        endpoint.evidence_frame = self.words[cold + EVIDENCE_FRAME]
        endpoint.since = self.times[cold + SINCE]
        endpoint.asked_at = self.times[cold + ASKED_AT]
        endpoint.gap = self.times[cold + GAP]
        at = 2 * cold
        endpoint.iss = self.numbers[at + ISS]
        endpoint.fin = self.numbers[at + FIN_NUMBER]
        endpoint.hole_start = self.numbers[at + HOLE_START]
        endpoint.hole_end = self.numbers[at + HOLE_END]
        at = 8 * cold
        endpoint.reads = self.octets[at + READS] != 0
        endpoint.doubts_fin = self.octets[at + DOUBTS_FIN] != 0
        endpoint.before_end = self.octets[at + BEFORE_END]
        endpoint.certainty = self.octets[at + CERTAINTY]
        endpoint.evidence_event = self.small[at + EVIDENCE_EVENT]
        endpoint.pending = self.small[at + PENDING]

    def _load_ends(self, connection: Connection, word: int) -> None:
        connection.first_seen = self.times[word + FIRST_SEEN]
        connection.history_low = self.words[word + HISTORY]
        at = 2 * word
        connection.generation = self.numbers[at + GENERATION]
        connection.notes = self.numbers[at + NOTES]
        connection.told = self.numbers[at + TOLD]
        at = 8 * word
        connection.left_behind = self.small[at + LEFT_BEHIND]
        connection.superseded = self.octets[at + SUPERSEDED] != 0
        connection.first_sender = self.octets[at + FIRST_SENDER]
        connection.initiator = self.octets[at + INITIATOR]
        connection.basis = self.octets[at + BASIS]
        connection.fast_open = self.octets[at + FAST_OPEN] != 0
        connection.simultaneous = self.octets[at + SIMULTANEOUS] != 0
        connection.reset_seen = self.octets[at + RESET_SEEN] != 0
        connection.reset_side = self.octets[at + RESET_SIDE]
        connection.attempted = self.octets[at + ATTEMPTED] != 0
        connection.attempt_side = self.octets[at + ATTEMPT_SIDE]
        connection.history_length = self.octets[at + HISTORY_LENGTH]


def _kind(connection: Connection) -> int:
    """Return how the next segment may be predicted."""
    if connection.protocol != TCP:
        return DATAGRAM
    if not connection.calm or connection.a.has_edge != connection.b.has_edge:
        return ODD
    if _is_even(connection.a) and _is_even(connection.b):
        return QUIET
    return ODD


def _is_even(endpoint: Endpoint) -> bool:
    """Return whether the endpoint has its numbers, and nothing of its peer's is missing."""
    return endpoint.has_snd and endpoint.has_rcv and endpoint.has_ack and not endpoint.has_hole


def _shift(endpoint: Endpoint, peer: Endpoint) -> int:
    """Return by how many bits its windows are shifted, NOTHING where they are not followed.

    See `rules.space.offers`.
    """
    ours, theirs = endpoint.window_scale, peer.window_scale
    if not endpoint.has_edge or CUT_OFF in (ours, theirs):
        return NOTHING
    return 0 if NOTHING in (ours, theirs) else ours


def block(size: int) -> mmap.mmap:
    """Return `size` octets of zeros, which take memory only once they are written to."""
    try:
        if not hasattr(mmap, "MAP_PRIVATE"):
            return mmap.mmap(-1, size)
        return _in_large_pages(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    except OSError:
        raise _no_room(size) from None


def _no_room(size: int) -> UserError:
    return UserError(
        f"no room for the connections: {size >> 20} MB of memory in one piece; set max_connections "
        "lower (--config)"
    )


def _in_large_pages(made: mmap.mmap) -> mmap.mmap:
    """Ask for large pages: fewer faults, and fewer misses when addresses are translated."""
    if hasattr(mmap, "MADV_HUGEPAGE") and len(made) >= _HUGE_PAGE:
        made.madvise(mmap.MADV_HUGEPAGE)
    return made


def _resized(old: mmap.mmap, size: int) -> mmap.mmap:
    """Return a larger block that begins with the octets of `old`."""
    try:
        old.resize(size)  # moves no octet (Linux, mremap)
    except OSError:
        raise _no_room(size) from None
    except (SystemError, ValueError):
        larger = block(size)
        larger[: len(old)] = old[:]
        old.close()
        return larger
    return _in_large_pages(old)
