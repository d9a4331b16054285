"""Connections as the flow table keeps them: packed, in places of equal size in one block of memory.

An object for each connection and for each of its endpoints would take more memory and, when there
are many, more cache lines for every packet.  The rules work on a `Connection`: `Pool.load` fills
one from its place and `Pool.store` puts it back.

What lies there is of two kinds: what `prediction` needs, of which it moves some with most segments,
and the rest, which only the rules change.  The first can be put into the place and taken from there
by itself (`show`, `follow`), while the other stays in the `Connection`.
"""

import mmap
from collections.abc import Iterable, Iterator

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.errors import UserError
from tracker.layout import (
    A_HIGH,
    A_LOW,
    ACK_SENT,
    ASKED_AT,
    B_HIGH,
    B_LOW,
    B_PORT,
    BESIDE,
    BYTES,
    CALM,
    COLD,
    COLD_WORDS,
    DATAGRAM,
    DUPLICATES,
    EDGE,
    ENDS,
    EVIDENCE_FRAME,
    FIN_NUMBER,
    FIRST_SEEN,
    FLAGS,
    GAP,
    GENERATION,
    HAS_EDGE,
    HISTORY,
    HOLE_END,
    HOLE_START,
    HOT,
    HOT_WORDS,
    ISS,
    KEY,
    KIND,
    KNOWN,
    LAST_PRINT,
    LAST_SEEN,
    LETTERS,
    NEWER,
    NOTES,
    ODD,
    PACKETS,
    PAYLOAD,
    PROTOCOL,
    QUEUE,
    QUIET,
    RANK,
    RCV_NXT,
    REST,
    SHIFT,
    SIDES,
    SINCE,
    SND_NXT,
    TOLD,
    VERSION,
    WORDS,
)
from tracker.wire.segment import CUT_OFF, TCP
from tracker.words import NOTHING

_FIRST_PLACES = 512
_HUGE_PAGE = 1 << 21

# A rank and a place in one number: the place in the lower half.
_PLACE = 0xFFFFFFFF

# How many octets are handed over before they are freed.
_HANDFUL = 1 << 24


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
        self._resize(max(min(2 * self.places, limit), self.places + 1))

    def _resize(self, places: int) -> None:
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

    def in_order(self) -> Iterable[int]:
        """Return all places, in the order of the ranks of who is or was there."""
        if self._is_in_order():
            return range(self.used)
        ranked = [self._ranked(place) for place in range(self.used)]
        ranked.sort()
        return (each & _PLACE for each in ranked)

    def _is_in_order(self) -> bool:
        last = 0
        for place in range(self.used):
            ranked = self._ranked(place)
            if ranked < last:
                return False
            last = ranked
        return True

    def _ranked(self, place: int) -> int:
        """Return `place` behind the rank of the connection there."""
        rank: int = self.numbers[2 * (place * WORDS + REST) + RANK]
        return rank << 32 | place

    def hand_over(self) -> Iterator[memoryview]:
        """Yield the octets of all places that were ever taken, and free them bit by bit."""
        octets = memoryview(self._block)[: 8 * self.used * WORDS]
        for start in range(0, len(octets), _HANDFUL):
            yield octets[start : start + _HANDFUL]
            if hasattr(mmap, "MADV_DONTNEED"):
                self._block.madvise(mmap.MADV_DONTNEED, start, min(_HANDFUL, len(octets) - start))

    def append(self, places: int) -> memoryview:
        """Take so many more places and return their octets, to be filled with those of a pool.

        Raises UserError where there is no room.  Let go of what is returned before `grow`.
        """
        first = self.used
        self.used += places
        if self.used > self.places:
            self._resize(self.used)
        return memoryview(self._block)[8 * first * WORDS : 8 * self.used * WORDS]

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
        self._store_endpoint(connection.a, word + HOT, word + COLD)
        self._store_endpoint(connection.b, word + HOT + HOT_WORDS, word + COLD + COLD_WORDS)
        self._store_ends(connection, word + REST)

    def _store_endpoint(self, endpoint: Endpoint, hot: int, cold: int) -> None:
        self.numbers[2 * hot + KNOWN] = _known(endpoint)
        self.numbers[2 * hot + FLAGS] = _flags(endpoint)
        self.words[cold + EVIDENCE_FRAME] = endpoint.evidence_frame
        self.times[cold + SINCE] = endpoint.since
        self.times[cold + ASKED_AT] = endpoint.asked_at
        self.times[cold + GAP] = endpoint.gap
        at = 2 * cold
        self.numbers[at + ISS] = endpoint.iss
        self.numbers[at + FIN_NUMBER] = endpoint.fin
        self.numbers[at + HOLE_START] = endpoint.hole_start
        self.numbers[at + HOLE_END] = endpoint.hole_end

    def _store_ends(self, connection: Connection, word: int) -> None:
        self.times[word + FIRST_SEEN] = connection.first_seen
        self.words[word + HISTORY] = connection.history_low
        at = 2 * word
        self.numbers[at + GENERATION] = connection.generation
        self.numbers[at + NOTES] = connection.notes
        self.numbers[at + SIDES] = _sides(connection)
        self.numbers[at + ENDS] = _ends(connection)
        self.numbers[at + TOLD] = connection.told
        self.numbers[at + RANK] = connection.rank

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
        _take_known(endpoint, self.numbers[2 * hot + KNOWN])
        _take_flags(endpoint, self.numbers[2 * hot + FLAGS])
        endpoint.evidence_frame = self.words[cold + EVIDENCE_FRAME]
        endpoint.since = self.times[cold + SINCE]
        endpoint.asked_at = self.times[cold + ASKED_AT]
        endpoint.gap = self.times[cold + GAP]
        at = 2 * cold
        endpoint.iss = self.numbers[at + ISS]
        endpoint.fin = self.numbers[at + FIN_NUMBER]
        endpoint.hole_start = self.numbers[at + HOLE_START]
        endpoint.hole_end = self.numbers[at + HOLE_END]

    def _load_ends(self, connection: Connection, word: int) -> None:
        connection.first_seen = self.times[word + FIRST_SEEN]
        connection.history_low = self.words[word + HISTORY]
        at = 2 * word
        connection.generation = self.numbers[at + GENERATION]
        connection.notes = self.numbers[at + NOTES]
        connection.told = self.numbers[at + TOLD]
        connection.rank = self.numbers[at + RANK]
        _take_sides(connection, self.numbers[at + SIDES])
        _take_ends(connection, self.numbers[at + ENDS])


# --- small values in one number, see `layout` ----------------------------------------------------


def _known(endpoint: Endpoint) -> int:
    return (
        endpoint.state
        | endpoint.before_end << 4
        | endpoint.certainty << 8
        | (endpoint.evidence_event + 2) << 12
        | (endpoint.pending + 2) << 20
    )


def _take_known(endpoint: Endpoint, known: int) -> None:
    endpoint.state = known & 0xF
    endpoint.before_end = known >> 4 & 0xF
    endpoint.certainty = known >> 8 & 0xF
    endpoint.evidence_event = (known >> 12 & 0xFF) - 2
    endpoint.pending = (known >> 20 & 0xFF) - 2


def _flags(endpoint: Endpoint) -> int:
    return (
        endpoint.exists
        | endpoint.reads << 1
        | endpoint.answered << 2
        | endpoint.doubts_fin << 3
        | endpoint.has_iss << 4
        | endpoint.has_snd << 5
        | endpoint.has_fin << 6
        | endpoint.has_rcv << 7
        | endpoint.has_ack << 8
        | endpoint.has_edge << 9
        | endpoint.has_hole << 10
        | (endpoint.window_scale + 2) << 16
    )


def _take_flags(endpoint: Endpoint, flags: int) -> None:
    endpoint.exists = flags & 1 != 0
    endpoint.reads = flags & 1 << 1 != 0
    endpoint.answered = flags & 1 << 2 != 0
    endpoint.doubts_fin = flags & 1 << 3 != 0
    endpoint.has_iss = flags & 1 << 4 != 0
    endpoint.has_snd = flags & 1 << 5 != 0
    endpoint.has_fin = flags & 1 << 6 != 0
    endpoint.has_rcv = flags & 1 << 7 != 0
    endpoint.has_ack = flags & 1 << 8 != 0
    endpoint.has_edge = flags & 1 << 9 != 0
    endpoint.has_hole = flags & 1 << 10 != 0
    endpoint.window_scale = (flags >> 16 & 0xFF) - 2


def _sides(connection: Connection) -> int:
    return (
        connection.first_sender
        | connection.initiator << 4
        | connection.basis << 8
        | connection.reset_side << 12
        | connection.attempt_side << 16
        | connection.history_length << 20
    )


def _take_sides(connection: Connection, sides: int) -> None:
    connection.first_sender = sides & 0xF
    connection.initiator = sides >> 4 & 0xF
    connection.basis = sides >> 8 & 0xF
    connection.reset_side = sides >> 12 & 0xF
    connection.attempt_side = sides >> 16 & 0xF
    connection.history_length = sides >> 20 & 0xFF


def _ends(connection: Connection) -> int:
    return (
        connection.left_behind + 2
        | (connection.group + 2) << 8
        | connection.simultaneous << 16
        | connection.superseded << 17
        | connection.fast_open << 18
        | connection.reset_seen << 19
        | connection.attempted << 20
        | connection.fresh << 21
    )


def _take_ends(connection: Connection, ends: int) -> None:
    connection.left_behind = (ends & 0xFF) - 2
    connection.group = (ends >> 8 & 0xFF) - 2
    connection.simultaneous = ends & 1 << 16 != 0
    connection.superseded = ends & 1 << 17 != 0
    connection.fast_open = ends & 1 << 18 != 0
    connection.reset_seen = ends & 1 << 19 != 0
    connection.attempted = ends & 1 << 20 != 0
    connection.fresh = ends & 1 << 21 != 0


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
