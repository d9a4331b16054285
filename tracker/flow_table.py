"""Connections by socket pair: lookup, generations, expiry, limits.

The connections lie packed in a `pool`.  The table is an open-addressing hash table of their places
there; with each stands its tag, 32 bits of the socket pair's hash, so that a connection of another
pair need not be touched: with many connections the cost of a packet is the cache lines it touches.
Queues (embryonic, open, closed, datagrams; chained by place, oldest first) say who goes first when
the table is full.
"""

from array import array
from collections import deque
from collections.abc import Iterator

from tracker.connection import Connection
from tracker.endpoint import Profile
from tracker.layout import (
    A_HIGH,
    A_LOW,
    B_HIGH,
    B_LOW,
    B_PORT,
    BESIDE,
    CALM,
    KEY,
    KIND,
    LAST_SEEN,
    NEWER,
    ODD,
    OLDER,
    PROTOCOL,
    QUEUE,
    VERSION,
    WORDS,
)
from tracker.pool import Pool, block
from tracker.prediction import is_predicted
from tracker.rules.errors import error_seen
from tracker.rules.generations import (
    answers_attempt,
    claims,
    is_reopened_by,
    proves_attempt,
    replay_attempt,
)
from tracker.rules.observe import part_seen, segment_seen
from tracker.rules.timing import settle
from tracker.typed import Any
from tracker.wire.segment import ACK, SYN, TCP, Segment
from tracker.words import NOTHING

EMBRYONIC, CLOSED_QUEUE, OPEN, DATAGRAMS = range(4)
QUEUES = 4

# How long an ended connection is remembered, so that late segments find it: 2 MSL of Linux.
LINGER_NS = 120_000_000_000

# Among how many of those that wait longest the one idle longest is evicted.
_SAMPLE = 64

# How many connections may be unpacked at a time, a power of two: more than open and close at once
# in most captures, and few enough to stay in a processor's cache.
_STANDS = 1024
_FIRST_SIZE = 1024

# Multiplier of the hash's mixing step: an odd number with well spread bits (fraction of the
# golden ratio, as in splitmix64).
_MIX = 0x9E3779B97F4A7C15
_MASK_64 = 0xFFFFFFFFFFFFFFFF
_MASK_32 = 0xFFFFFFFF


def _mix(hashed: int, value: int) -> int:
    hashed = ((hashed ^ value) * _MIX) & _MASK_64
    return hashed ^ (hashed >> 32)


def _mix_socket(hashed: int, low: int, port: int) -> int:
    """Mix in one socket: the low half of its address, and its port in the bits above 48."""
    return _mix(hashed, low ^ (port << 48))


def side_of_sender(segment: Segment) -> int:
    """Return which endpoint sent `segment`: 0, the lower socket, or 1 (Community ID v1 order)."""
    if segment.source_high != segment.destination_high:
        return 1 if segment.source_high > segment.destination_high else 0
    if segment.source_low != segment.destination_low:
        return 1 if segment.source_low > segment.destination_low else 0
    return 1 if segment.source_port > segment.destination_port else 0


def is_group(segment: Segment) -> bool:
    """Return whether the packet goes to a group or to everyone (RFC 1112, RFC 919, RFC 4291)."""
    if segment.version == 4:
        return segment.destination_low & 0xF0000000 == 0xE0000000 or (
            segment.destination_low & _MASK_32 == _MASK_32
        )
    return segment.destination_high >> 56 == 0xFF


def _entries(slots: int) -> memoryview:
    """Return tag and place of so many slots, 32 bits each, all free."""
    return memoryview(block(8 * slots)).cast("I")


class FlowTable:
    """The connections seen, by protocol and socket pair.

    profile           how the hosts' kernels leave states by themselves
    max_connections   how many connections are held at most; then the embryonic go first, then
                      the closed, then those idle longest (`evicted` counts them)
    max_half_open     how many of them may be embryonic, all by default (`dropped_half_open` counts
                      those that were evicted for it, of `evicted`)
    unreplied, replied    ns without a datagram after which a UDP pseudo-connection has ended
    keep_ended        keep what has ended, to report it (else it is forgotten after LINGER_NS)
    keep_history      keep all transitions of each connection
    seed              64 bits that nobody outside can know, so that nobody can choose socket pairs
                      that fall into one place of the hash table
    """

    def __init__(
        self,
        profile: Profile,
        max_connections: int,
        unreplied: int,
        replied: int,
        keep_ended: bool = False,
        keep_history: bool = False,
        seed: int = 0,
    ) -> None:
        self.profile = profile
        self.max_connections = max_connections
        self.unreplied = unreplied
        self.replied = replied
        self._idle = min(unreplied, replied)
        self.keep_ended = keep_ended
        self.keep_history = keep_history
        self._seed = seed & _MASK_64
        self.created = 0
        self.ended_count = 0
        self.evicted = [0] * QUEUES
        self.max_half_open = max_connections
        self.dropped_half_open = 0
        self._pool = Pool()
        self._beside: dict[int, tuple[Any, ...]] = {}  # by place, what few connections have
        self._used = 0  # places from here on were never used
        self._free = NOTHING  # the first of the places that are free again, chained
        self._entries = _entries(_FIRST_SIZE)
        self._mask = _FIRST_SIZE - 1
        self._ended: deque[Connection] = deque()
        self._heads = array("q", [NOTHING] * QUEUES)
        self._tails = array("q", [NOTHING] * QUEUES)
        self._half_open = 0
        self._count = 0
        # What was asked for last: side of the sender, tag, word of the socket pair.
        self._side = 0
        self._tag = 0
        self._key = 0
        # Connections that are unpacked because something happens to them, by the low bits of
        # their places; each is packed again when it is quiet, or another one needs its stand.
        self._unpacked: list[Any] = [None] * _STANDS

    def __len__(self) -> int:
        """Return how many socket pairs are in the table."""
        return self._count

    def segment_seen(self, segment: Segment) -> None:
        """Take `segment` to its connection, a new one if need be."""
        place = self._locate(segment)
        if place < 0 or not is_predicted(self._pool, place, segment, self._side, self._idle):
            self._apply(segment, place)

    def _apply(self, segment: Segment, place: int) -> None:
        """Apply the rules to `segment` and its connection at `place`, a new one if need be."""
        side = self._side
        if place < 0:
            connection = self._create(segment, side)
        else:
            connection = self._unpack(place)
            if not connection.calm:
                connection = self._generation(connection, segment, side)
        was_calm = connection.calm
        letters = connection.a.letters | connection.b.letters << 16
        segment_seen(connection, segment, side, self.profile)
        if not (was_calm and connection.calm):
            connection = self._queued(connection, segment, side)
            if connection.protocol == TCP:
                self._touch(connection)
                return
        elif letters != connection.a.letters | connection.b.letters << 16:
            self._touch(connection)
            return
        self._pack(connection)

    def part_seen(self, segment: Segment) -> bool:
        """Count `segment`, a later part of one that was taken in, and step nothing.

        Returns whether its connection is known.
        """
        place = self._locate(segment)
        if place < 0:
            return False
        connection = self._unpack(place)
        part_seen(connection, segment, self._side)
        self._pack(connection)
        return True

    def error_seen(self, segment: Segment) -> None:
        """Take an ICMP error to the connection that `segment`, the packet it quotes, belongs to."""
        place = self._locate(segment)
        if place < 0:
            return
        side = self._side
        connection = self._unpack(place)
        if connection.previous is not None and connection.is_unanswered():
            if side != connection.initiator:
                connection = connection.previous
        error_seen(connection, segment, side, self.profile)
        self._pack(self._queued(connection, segment, side))

    def begun_by(self, segment: Segment, time: int) -> None:
        """Let the connection of `segment` have been seen first at `time` ns, or before."""
        place = self._locate(segment)
        if place >= 0:
            connection = self._unpack(place)
            connection.first_seen = min(connection.first_seen, time)
            self._pack(connection)

    def connection_of(self, segment: Segment) -> Connection | None:
        """Return the connection that `segment` belongs to, as it is now."""
        place = self._locate(segment)
        if place < 0:
            return None
        self._pack(self._unpack(place))
        connection = Connection()
        self._load(connection, place)
        return connection

    # --- a connection and its place --------------------------------------------------------------

    def _unpack(self, place: int) -> Connection:
        """Return the connection at `place`, to be worked on and packed again."""
        connection = self._stand(place)
        if connection.place != place:
            self._pack(connection)
            self._load(connection, place)
            self._pool.octets[8 * place * WORDS + KIND] = ODD  # what is packed is out of date
        return connection

    def _stand(self, place: int) -> Connection:
        """Return what the connection at `place` is unpacked into."""
        connection: Connection | None = self._unpacked[place & (_STANDS - 1)]
        if connection is None:
            connection = self._unpacked[place & (_STANDS - 1)] = Connection()
        return connection

    def _pack(self, connection: Connection) -> None:
        """Put `connection` back into its place, if it still has one, and let go of it."""
        if connection.place >= 0:
            self._store(connection, connection.place)
            connection.place = NOTHING

    def _touch(self, connection: Connection) -> None:
        """Keep in the place of an unpacked `connection` what has to be right there, too."""
        if connection.place >= 0:
            self._pool.times[connection.place * WORDS + LAST_SEEN] = connection.last_seen

    def _pack_all(self) -> None:
        for connection in self._unpacked:
            if connection is not None:
                self._pack(connection)

    def _load(self, connection: Connection, place: int) -> None:
        """Fill `connection` from `place`."""
        self._pool.load(connection, place)
        connection.clear_rare()
        if self._pool.octets[8 * place * WORDS + BESIDE]:
            (
                connection.previous,
                connection.transitions,
                connection.tunnel,
                connection.history_high,
                connection.reset_time,
                connection.attempt_sequence,
                connection.attempt_frame,
                connection.attempt_time,
            ) = self._beside[place]

    def _store(self, connection: Connection, place: int) -> None:
        """Put `connection` into `place`."""
        self._pool.store(connection, place)
        octet = 8 * place * WORDS + BESIDE
        if connection.has_rare():
            self._pool.octets[octet] = True
            self._beside[place] = (
                connection.previous,
                connection.transitions,
                connection.tunnel,
                connection.history_high,
                connection.reset_time,
                connection.attempt_sequence,
                connection.attempt_frame,
                connection.attempt_time,
            )
        elif self._pool.octets[octet]:
            self._pool.octets[octet] = False
            del self._beside[place]

    def _new_place(self) -> int:
        """Return a place that is free."""
        place = self._free
        if place >= 0:
            self._free = self._pool.links[2 * place * WORDS + NEWER]
            return place
        place = self._used
        if place == self._pool.places:
            self._pool.grow(self.max_connections)
        self._used += 1
        return place

    def _remove(self, place: int) -> None:
        """Take the connection at `place`, a packed one, out of the table."""
        self._delete_slot(place)
        self._unlink(place)
        at = place * WORDS
        if self._pool.octets[8 * at + BESIDE]:
            del self._beside[place]
        self._pool.words[at + KEY] = 0
        self._pool.links[2 * at + NEWER] = self._free
        self._free = place
        self._count -= 1

    # --- the hash table --------------------------------------------------------------------------

    def _locate(self, segment: Segment) -> int:
        """Return the place of the connection of `segment`, NOTHING where there is none."""
        side = side_of_sender(segment)
        if side == 0:
            a_low, a_high, a_port = segment.source_low, segment.source_high, segment.source_port
            b_low, b_high = segment.destination_low, segment.destination_high
            b_port = segment.destination_port
        else:
            b_low, b_high, b_port = segment.source_low, segment.source_high, segment.source_port
            a_low, a_high = segment.destination_low, segment.destination_high
            a_port = segment.destination_port
        version, protocol = segment.version, segment.protocol
        key = a_port | b_port << B_PORT | protocol << PROTOCOL | version << VERSION
        tag = self._hash(version, protocol, a_low, a_port, b_low, b_port, a_high + b_high)
        self._side, self._tag, self._key = side, tag, key
        at = tag & self._mask
        while self._entries[2 * at]:
            if self._entries[2 * at] == tag:
                place: int = self._entries[2 * at + 1]
                word = place * WORDS
                if (
                    self._pool.words[word + KEY] == key
                    and self._pool.words[word + A_LOW] == a_low
                    and self._pool.words[word + B_LOW] == b_low
                    and (version == 4 or self._has(word, a_high, b_high))
                ):
                    return place
            at = (at + 1) & self._mask
        return NOTHING

    def _has(self, word: int, a_high: int, b_high: int) -> bool:
        """Return whether the upper halves of the addresses are these."""
        pool = self._pool
        return pool.words[word + A_HIGH] == a_high and pool.words[word + B_HIGH] == b_high

    def _hash(
        self,
        version: int,
        protocol: int,
        a_low: int,
        a_port: int,
        b_low: int,
        b_port: int,
        high: int,
    ) -> int:
        """Return the tag of a socket pair: 32 bits of its hash; 0 marks a free slot."""
        hashed = self._seed ^ (protocol << 8 | version)
        hashed = _mix_socket(hashed, a_low, a_port)
        hashed = _mix_socket(hashed, b_low, b_port)
        if version == 6:
            hashed = _mix(hashed, high)
        return hashed & _MASK_32 or 1

    def _insert(self, tag: int, place: int) -> None:
        at = tag & self._mask
        while self._entries[2 * at]:
            at = (at + 1) & self._mask
        self._entries[2 * at] = tag
        self._entries[2 * at + 1] = place

    def _grow(self) -> None:
        entries = self._entries
        size = 2 * (self._mask + 1)
        self._entries = _entries(size)
        self._mask = size - 1
        for at in range(0, len(entries), 2):
            if entries[at]:
                self._insert(entries[at], entries[at + 1])

    def _slot_of(self, place: int) -> int:
        """Return the slot of the connection at `place`."""
        word = place * WORDS
        key = self._pool.words[word + KEY]
        tag = self._hash(
            key >> VERSION,
            key >> PROTOCOL & 0xFF,
            self._pool.words[word + A_LOW],
            key & 0xFFFF,
            self._pool.words[word + B_LOW],
            key >> B_PORT & 0xFFFF,
            self._pool.words[word + A_HIGH] + self._pool.words[word + B_HIGH],
        )
        at = tag & self._mask
        while self._entries[2 * at + 1] != place or not self._entries[2 * at]:
            at = (at + 1) & self._mask
        return at

    def _delete_slot(self, place: int) -> None:
        """Empty the slot of `place` and close the gap (Knuth 6.4, algorithm R)."""
        gap = at = self._slot_of(place)
        while True:
            at = (at + 1) & self._mask
            tag = self._entries[2 * at]
            if tag == 0:
                break
            if (at - (tag & self._mask)) & self._mask >= (at - gap) & self._mask:
                self._entries[2 * gap] = tag
                self._entries[2 * gap + 1] = self._entries[2 * at + 1]
                gap = at
        self._entries[2 * gap] = 0

    # --- generations -----------------------------------------------------------------------------

    def _create(self, segment: Segment, side: int) -> Connection:
        """Return a new connection between the sockets of `segment`, unpacked."""
        tag, key = self._tag, self._key
        self._tidy(segment.time)
        if self._half_open >= self.max_half_open:
            self.dropped_half_open += 1
            self._evict_one(self._heads[EMBRYONIC], EMBRYONIC)
        if self._count + len(self._ended) >= self.max_connections:
            self._evict()
        if self._count * 4 >= (self._mask + 1) * 3:
            self._grow()
        place = self._new_place()
        connection = self._stand(place)
        self._pack(connection)
        self._begin(connection, segment, side)
        if self.keep_history:
            connection.transitions = []
        connection.place = place
        word = place * WORDS
        self._pool.words[word + A_LOW] = connection.a_low
        self._pool.words[word + B_LOW] = connection.b_low
        self._pool.words[word + A_HIGH] = connection.a_high
        self._pool.words[word + B_HIGH] = connection.b_high
        self._pool.words[word + KEY] = key
        self._pool.octets[8 * word + KIND] = ODD
        self._pool.octets[8 * word + CALM] = False
        self._pool.octets[8 * word + BESIDE] = False
        self._pool.small[8 * word + QUEUE] = NOTHING
        self._insert(tag, place)
        self._count += 1
        return connection

    def _begin(self, connection: Connection, segment: Segment, side: int) -> None:
        """Make `connection` a new one between the sockets of `segment`."""
        self.created += 1
        connection.clear()
        connection.protocol = segment.protocol
        connection.version = segment.version
        if side == 0:
            connection.a_high, connection.a_low = segment.source_high, segment.source_low
            connection.b_high, connection.b_low = segment.destination_high, segment.destination_low
            connection.a_port, connection.b_port = segment.source_port, segment.destination_port
        else:
            connection.b_high, connection.b_low = segment.source_high, segment.source_low
            connection.a_high, connection.a_low = segment.destination_high, segment.destination_low
            connection.b_port, connection.a_port = segment.source_port, segment.destination_port
        connection.first_seen = connection.last_seen = segment.time
        connection.first_sender = connection.initiator = side
        connection.tunnel = segment.tunnel
        if segment.protocol != TCP and (segment.to_group or is_group(segment)):
            connection.group = 1 - side  # TCP knows none (RFC 9293 section 3.9.2.3)

    def _generation(self, connection: Connection, segment: Segment, side: int) -> Connection:
        """Return the generation of the socket pair that `segment` belongs to."""
        if segment.protocol != TCP:
            if connection.is_idle(segment.time, self.unreplied, self.replied):
                return self._succeed(connection, segment, side)
            return connection
        if connection.previous is not None:
            if connection.is_unanswered() and claims(segment, side, connection):
                return connection.previous
        if segment.flags & SYN:
            settle(connection, segment.time, self.profile)
            if is_reopened_by(connection, segment, side):
                new = self._succeed(connection, segment, side)
                if segment.flags & ACK and answers_attempt(connection, segment, side):
                    replay_attempt(new, connection)
                return new
        return connection

    def _succeed(self, old: Connection, segment: Segment, side: int) -> Connection:
        """Put a new generation into the place of `old`."""
        new = Connection()
        self._unpacked[old.place & (_STANDS - 1)] = new
        self._begin(new, segment, side)
        new.succeed(old)
        new.place = old.place
        self._unlink(old.place)
        old.place = NOTHING
        old.superseded = True
        if old.previous is not None:
            self._end(old.previous)
            old.previous = None
        if old.protocol == TCP:
            new.previous = old
            old.left_behind = 1 - side if segment.flags & ACK == 0 else NOTHING
        else:
            self._end(old)
        return new

    def _end(self, connection: Connection) -> None:
        """Let go of a connection that is out of the table."""
        connection.left_behind = NOTHING
        self.ended_count += 1
        if self.keep_ended:
            self._ended.append(connection)
            if self._count + len(self._ended) > self.max_connections:
                self._evict_ended()

    def _queued(self, connection: Connection, segment: Segment, side: int) -> Connection:
        """Put the connection into the queue where it belongs now; return its newest generation."""
        if connection.place < 0:
            return connection
        if connection.previous is not None and not connection.is_unanswered():
            self._end(connection.previous)
            connection.previous = None
        if proves_attempt(connection, segment, side):
            old = connection
            connection = self._succeed(old, segment, side)
            old.left_behind = NOTHING
            replay_attempt(connection, old)
        queue = OPEN
        if connection.protocol != TCP:
            queue = DATAGRAMS
        elif connection.is_over():
            queue = CLOSED_QUEUE
        elif connection.is_embryonic():
            queue = EMBRYONIC
        if self._pool.small[8 * connection.place * WORDS + QUEUE] != queue:
            self._unlink(connection.place)
            self._link(connection.place, queue)
        return connection

    # --- queues ----------------------------------------------------------------------------------

    def _link(self, place: int, queue: int) -> None:
        """Append the connection at `place` to `queue`."""
        if queue == EMBRYONIC:
            self._half_open += 1
        last = self._tails[queue]
        at = place * WORDS
        self._pool.small[8 * at + QUEUE] = queue
        self._pool.links[2 * at + OLDER] = last
        self._pool.links[2 * at + NEWER] = NOTHING
        self._tails[queue] = place
        if last < 0:
            self._heads[queue] = place
        else:
            self._pool.links[2 * last * WORDS + NEWER] = place

    def _unlink(self, place: int) -> None:
        """Take the connection at `place` out of its queue."""
        at = place * WORDS
        queue = self._pool.small[8 * at + QUEUE]
        if queue < 0:
            return
        if queue == EMBRYONIC:
            self._half_open -= 1
        older = self._pool.links[2 * at + OLDER]
        newer = self._pool.links[2 * at + NEWER]
        if older < 0:
            self._heads[queue] = newer
        else:
            self._pool.links[2 * older * WORDS + NEWER] = newer
        if newer < 0:
            self._tails[queue] = older
        else:
            self._pool.links[2 * newer * WORDS + OLDER] = older
        self._pool.small[8 * at + QUEUE] = NOTHING

    # --- time and limits -------------------------------------------------------------------------

    def _tidy(self, now: int) -> None:
        """Forget what ended long ago: a little work for each new connection."""
        if self.keep_ended:
            return
        self._tidy_head(CLOSED_QUEUE, now)
        self._tidy_head(CLOSED_QUEUE, now)
        self._tidy_head(EMBRYONIC, now)
        self._tidy_head(DATAGRAMS, now)
        self._tidy_head(DATAGRAMS, now)

    def _tidy_head(self, queue: int, now: int) -> None:
        """Look at the oldest connection of `queue`, and forget it if it has ended."""
        head = self._heads[queue]
        if head < 0:
            return
        is_old = now - self._pool.times[head * WORDS + LAST_SEEN] > LINGER_NS
        if is_old and self._has_ended(head, now):
            self._remove(head)
            self.ended_count += 1
        elif queue == DATAGRAMS:
            self._unlink(head)
            self._link(head, queue)

    def _has_ended(self, place: int, now: int) -> bool:
        connection = self._unpack(place)
        has_ended = connection.is_idle(now, self.unreplied, self.replied)
        if connection.protocol == TCP:
            settle(connection, now, self.profile)
            has_ended = connection.is_over() and connection.previous is None
        self._pack(connection)
        return has_ended

    def expire(self, now: int) -> None:
        """Let time pass until `now` (ns): end doubts and timers of every connection."""
        self._pack_all()
        for place in range(self._used):
            at = place * WORDS
            key = self._pool.words[at + KEY]
            if key >> PROTOCOL & 0xFF == TCP and not self._pool.octets[8 * at + CALM]:
                connection = self._unpack(place)
                settle(connection, now, self.profile)
                if connection.previous is not None:
                    settle(connection.previous, now, self.profile)
                self._pack(connection)

    def _evict(self) -> None:
        """Make room for one connection: embryonic first, then closed, then idle longest."""
        if self._heads[EMBRYONIC] >= 0:
            self._evict_one(self._heads[EMBRYONIC], EMBRYONIC)
        elif self._ended:
            self._evict_ended()
        elif self._heads[CLOSED_QUEUE] >= 0:
            self._evict_one(self._heads[CLOSED_QUEUE], CLOSED_QUEUE)
        elif self._heads[DATAGRAMS] >= 0:
            self._evict_one(self._idle_longest(DATAGRAMS), DATAGRAMS)
        elif self._heads[OPEN] >= 0:
            self._evict_one(self._idle_longest(OPEN), OPEN)

    def _evict_ended(self) -> None:
        """Drop the connection that ended first."""
        self._ended.popleft()
        self.evicted[CLOSED_QUEUE] += 1

    def _evict_one(self, place: int, queue: int) -> None:
        """Drop a connection, and the generation before it, if that is still there."""
        self.evicted[queue] += 1
        connection = self._stand(place)
        if connection.place == place:
            self._pack(connection)
        if self._pool.octets[8 * place * WORDS + BESIDE] and self._beside[place][0] is not None:
            self.evicted[CLOSED_QUEUE] += 1
        self._remove(place)

    def _idle_longest(self, queue: int) -> int:
        """Return the place of the longest idle of those that wait longest; others queue anew."""
        best = self._heads[queue]
        for _ in range(_SAMPLE):
            place = self._heads[queue]
            if (
                self._pool.times[place * WORDS + LAST_SEEN]
                < self._pool.times[best * WORDS + LAST_SEEN]
            ):
                best = place
            self._unlink(place)
            self._link(place, queue)
        return best

    # --- reading ---------------------------------------------------------------------------------

    def connections(self) -> Iterator[Connection]:
        """Yield every connection held, ended ones too, older generations before newer ones."""
        yield from self._ended
        self._pack_all()
        for place in range(self._used):
            connection = Connection()
            if self._read(connection, place):
                if connection.previous is not None:
                    yield connection.previous
                yield connection

    def each(self) -> Iterator[Connection]:
        """Yield the same, but good only until the next is asked for: one object, filled anew."""
        yield from self._ended
        self._pack_all()
        connection = Connection()
        for place in range(self._used):
            if self._read(connection, place):
                if connection.previous is not None:
                    yield connection.previous
                yield connection

    def _read(self, connection: Connection, place: int) -> bool:
        """Fill `connection` from `place`, if there is one; return whether."""
        if not self._pool.words[place * WORDS + KEY]:
            return False
        self._load(connection, place)
        return True
