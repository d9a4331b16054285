"""Connections by socket pair: lookup, generations, expiry, limits.

The table is an open-addressing hash table.  Beside each slot stands its tag, 32 bits of the socket
pair's hash, so that a connection of another pair need not be touched: with many connections the
cost of a packet is the cache lines it touches.  Queues (embryonic, open, closed, datagrams;
chained by place in the pool, oldest first) say who goes first when the table is full.
"""

from array import array
from collections import deque
from collections.abc import Iterator

from tracker.connection import Connection
from tracker.endpoint import Profile
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


def _tag(hashed: int) -> int:
    """Return 32 bits of a hash; 0 marks an empty slot and is no tag."""
    return hashed & _MASK_32 or 1


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


def _hash(segment: Segment, side: int, seed: int) -> int:
    """Return 32 bits of the socket pair's hash, the same for both directions."""
    hashed = seed ^ (segment.protocol << 8 | segment.version)
    if side == 0:
        hashed = _mix_socket(hashed, segment.source_low, segment.source_port)
        hashed = _mix_socket(hashed, segment.destination_low, segment.destination_port)
    else:
        hashed = _mix_socket(hashed, segment.destination_low, segment.destination_port)
        hashed = _mix_socket(hashed, segment.source_low, segment.source_port)
    if segment.version == 6:
        hashed = _mix(hashed, segment.source_high + segment.destination_high)
    return _tag(hashed)


def _matches(connection: Connection, segment: Segment, side: int) -> bool:
    if connection.protocol != segment.protocol or connection.version != segment.version:
        return False
    if side == 0:
        return (
            connection.a_port == segment.source_port
            and connection.b_port == segment.destination_port
            and connection.a_low == segment.source_low
            and connection.b_low == segment.destination_low
            and connection.a_high == segment.source_high
            and connection.b_high == segment.destination_high
        )
    return (
        connection.b_port == segment.source_port
        and connection.a_port == segment.destination_port
        and connection.b_low == segment.source_low
        and connection.a_low == segment.destination_low
        and connection.b_high == segment.source_high
        and connection.a_high == segment.destination_high
    )


class FlowTable:
    """The connections seen, by protocol and socket pair.

    profile           how the hosts' kernels leave states by themselves
    max_connections   how many connections are held at most; then the embryonic go first, then
                      the closed, then those idle longest (`evicted` counts them)
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
        self.keep_ended = keep_ended
        self.keep_history = keep_history
        self._seed = seed & _MASK_64
        self.created = 0
        self.ended_count = 0
        self.evicted = [0] * QUEUES
        self._tags = array("I", bytes(4 * _FIRST_SIZE))
        self._slots: list[Any] = [None] * _FIRST_SIZE
        self._mask = _FIRST_SIZE - 1
        self._pool: list[Any] = []  # Connection, or None where the place is free
        self._free: list[int] = []
        self._ended: deque[Connection] = deque()
        self._heads = array("q", [NOTHING] * QUEUES)
        self._tails = array("q", [NOTHING] * QUEUES)
        self._count = 0

    def __len__(self) -> int:
        """Return how many socket pairs are in the table."""
        return self._count

    def segment_seen(self, segment: Segment) -> Connection:
        """Take `segment` to its connection, a new one if need be, and return that."""
        side = side_of_sender(segment)
        tag = _hash(segment, side, self._seed)
        connection = self._find(segment, side, tag)
        if connection is None:
            connection = self._create(segment, side, tag)
        elif not connection.calm:
            connection = self._generation(connection, segment, side)
        was_calm = connection.calm
        segment_seen(connection, segment, side, self.profile)
        if not (was_calm and connection.calm):
            self._place(connection, segment, side)
        return connection

    def part_seen(self, segment: Segment) -> Connection | None:
        """Count `segment`, a later part of one that was taken in, and step nothing."""
        side = side_of_sender(segment)
        connection = self._find(segment, side, _hash(segment, side, self._seed))
        if connection is not None:
            part_seen(connection, segment, side)
        return connection

    def error_seen(self, segment: Segment) -> None:
        """Take an ICMP error to the connection that `segment`, the packet it quotes, belongs to."""
        side = side_of_sender(segment)
        connection = self._find(segment, side, _hash(segment, side, self._seed))
        if connection is not None:
            if connection.previous is not None and connection.is_unanswered():
                if side != connection.initiator:
                    connection = connection.previous
            error_seen(connection, segment, side, self.profile)
            self._place(connection, segment, side)

    # --- the hash table -------------------------------------------------------------------------

    def _find(self, segment: Segment, side: int, tag: int) -> Connection | None:
        at = tag & self._mask
        while self._tags[at]:
            if self._tags[at] == tag:
                connection: Connection = self._slots[at]
                if _matches(connection, segment, side):
                    return connection
            at = (at + 1) & self._mask
        return None

    def _at(self, index: int) -> Connection:
        connection: Connection = self._pool[index]
        return connection

    def _insert(self, tag: int, connection: Connection) -> None:
        at = tag & self._mask
        while self._tags[at]:
            at = (at + 1) & self._mask
        self._tags[at] = tag
        self._slots[at] = connection

    def _grow(self) -> None:
        tags, slots = self._tags, self._slots
        size = 2 * len(slots)
        self._tags = array("I", bytes(4 * size))
        self._slots = [None] * size
        self._mask = size - 1
        for at, connection in enumerate(slots):
            if connection is not None:
                self._insert(tags[at], connection)

    def _place_of(self, connection: Connection) -> int:
        """Return the slot of `connection`."""
        at = self._hash_of(connection) & self._mask
        while self._slots[at] is not connection:
            at = (at + 1) & self._mask
        return at

    def _delete_slot(self, connection: Connection) -> None:
        """Empty the slot of `connection` and close the gap (Knuth 6.4, algorithm R)."""
        gap = at = self._place_of(connection)
        while True:
            at = (at + 1) & self._mask
            tag = self._tags[at]
            if tag == 0:
                break
            if (at - (tag & self._mask)) & self._mask >= (at - gap) & self._mask:
                self._tags[gap] = tag
                self._slots[gap] = self._slots[at]
                gap = at
        self._tags[gap] = 0
        self._slots[gap] = None

    def _hash_of(self, connection: Connection) -> int:
        hashed = self._seed ^ (connection.protocol << 8 | connection.version)
        hashed = _mix_socket(hashed, connection.a_low, connection.a_port)
        hashed = _mix_socket(hashed, connection.b_low, connection.b_port)
        if connection.version == 6:
            hashed = _mix(hashed, connection.a_high + connection.b_high)
        return _tag(hashed)

    # --- generations ----------------------------------------------------------------------------

    def _create(self, segment: Segment, side: int, tag: int) -> Connection:
        self._tidy(segment.time)
        if self._count + len(self._ended) >= self.max_connections:
            self._evict()
        if self._count * 3 >= (self._mask + 1) * 2:
            self._grow()
        connection = self._new(segment, side)
        if self.keep_history:
            connection.transitions = []
        if self._free:
            connection.index = self._free.pop()
            self._pool[connection.index] = connection
        else:
            connection.index = len(self._pool)
            self._pool.append(connection)
        self._insert(tag, connection)
        self._count += 1
        return connection

    def _new(self, segment: Segment, side: int) -> Connection:
        connection = Connection()
        self.created += 1
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
        return connection

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
        new = self._new(segment, side)
        new.succeed(old)
        self._slots[self._place_of(old)] = new
        new.index = old.index
        self._unlink(old)
        self._pool[new.index] = new
        old.index = NOTHING
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

    def _place(self, connection: Connection, segment: Segment, side: int) -> None:
        """Put the connection into the queue where it belongs now."""
        if connection.index < 0:
            return
        if connection.previous is not None and not connection.is_unanswered():
            self._end(connection.previous)
            connection.previous = None
        if proves_attempt(connection, segment, side):
            new = self._succeed(connection, segment, side)
            connection.left_behind = NOTHING
            replay_attempt(new, connection)
            connection = new
        queue = OPEN
        if connection.protocol != TCP:
            queue = DATAGRAMS
        elif connection.is_over():
            queue = CLOSED_QUEUE
        elif connection.is_embryonic():
            queue = EMBRYONIC
        if connection.queue != queue:
            self._unlink(connection)
            self._link(connection, queue)

    # --- queues ---------------------------------------------------------------------------------

    def _link(self, connection: Connection, queue: int) -> None:
        """Append `connection` to `queue`."""
        last = self._tails[queue]
        connection.queue = queue
        connection.older = last
        connection.newer = NOTHING
        self._tails[queue] = connection.index
        if last < 0:
            self._heads[queue] = connection.index
        else:
            self._at(last).newer = connection.index

    def _unlink(self, connection: Connection) -> None:
        """Take `connection` out of its queue."""
        queue = connection.queue
        if queue < 0:
            return
        if connection.older < 0:
            self._heads[queue] = connection.newer
        else:
            self._at(connection.older).newer = connection.newer
        if connection.newer < 0:
            self._tails[queue] = connection.older
        else:
            self._at(connection.newer).older = connection.older
        connection.queue = NOTHING

    def _remove(self, connection: Connection) -> None:
        """Take `connection` out of the table."""
        self._delete_slot(connection)
        self._unlink(connection)
        self._pool[connection.index] = None
        self._free.append(connection.index)
        connection.index = NOTHING
        self._count -= 1

    # --- time and limits ------------------------------------------------------------------------

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
        connection = self._at(head)
        if now - connection.last_seen > LINGER_NS and self._has_ended(connection, now):
            self._remove(connection)
            self._end(connection)
        elif queue == DATAGRAMS:
            self._unlink(connection)
            self._link(connection, queue)

    def _has_ended(self, connection: Connection, now: int) -> bool:
        if connection.protocol != TCP:
            return connection.is_idle(now, self.unreplied, self.replied)
        settle(connection, now, self.profile)
        return connection.is_over() and connection.previous is None

    def expire(self, now: int) -> None:
        """Let time pass until `now` (ns): end doubts and timers of every connection."""
        for connection in self._pool:
            if connection is not None and connection.protocol == TCP:
                settle(connection, now, self.profile)
                if connection.previous is not None:
                    settle(connection.previous, now, self.profile)

    def _evict(self) -> None:
        """Make room for one connection: embryonic first, then closed, then idle longest."""
        if self._heads[EMBRYONIC] >= 0:
            self._evict_one(self._at(self._heads[EMBRYONIC]), EMBRYONIC)
        elif self._ended:
            self._evict_ended()
        elif self._heads[CLOSED_QUEUE] >= 0:
            self._evict_one(self._at(self._heads[CLOSED_QUEUE]), CLOSED_QUEUE)
        elif self._heads[DATAGRAMS] >= 0:
            self._evict_one(self._idle_longest(DATAGRAMS), DATAGRAMS)
        elif self._heads[OPEN] >= 0:
            self._evict_one(self._idle_longest(OPEN), OPEN)

    def _evict_ended(self) -> None:
        """Drop the connection that ended first."""
        self._ended.popleft()
        self.evicted[CLOSED_QUEUE] += 1

    def _evict_one(self, connection: Connection, queue: int) -> None:
        """Drop `connection`, and the generation before it, if that is still there."""
        self.evicted[queue] += 1
        if connection.previous is not None:
            self.evicted[CLOSED_QUEUE] += 1
        self._remove(connection)

    def _idle_longest(self, queue: int) -> Connection:
        """Return the longest idle of those that wait longest; the others queue anew."""
        best = self._at(self._heads[queue])
        for _ in range(_SAMPLE):
            connection = self._at(self._heads[queue])
            if connection.last_seen < best.last_seen:
                best = connection
            self._unlink(connection)
            self._link(connection, queue)
        return best

    # --- reading --------------------------------------------------------------------------------

    def connections(self) -> Iterator[Connection]:
        """Yield every connection held, ended ones too, older generations before newer ones."""
        yield from self._ended
        for connection in self._pool:
            if connection is not None:
                if connection.previous is not None:
                    yield connection.previous
                yield connection
