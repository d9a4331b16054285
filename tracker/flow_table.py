"""Connections by socket pair: lookup, generations, expiry, limits.

The connections lie packed in a `pool`; `socket_pairs` finds their places there, and `queues` say
who goes first when the table is full.
"""

from collections import deque
from collections.abc import Iterator

from tracker.connection import Connection
from tracker.endpoint import Profile
from tracker.layout import (
    BESIDE,
    CALM,
    CLOSED_QUEUE,
    DATAGRAMS,
    EMBRYONIC,
    KEY,
    KIND,
    LAST_SEEN,
    ODD,
    OPEN,
    PROTOCOL,
    QUEUES,
    WORDS,
)
from tracker.pool import Pool
from tracker.prediction import is_predicted
from tracker.queues import Queues
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
from tracker.socket_pairs import SocketPairs
from tracker.typed import Any
from tracker.wire.segment import ACK, SYN, TCP, Segment
from tracker.words import NOTHING

# How long an ended connection is remembered, so that late segments find it: 2 MSL of Linux.
LINGER_NS = 120_000_000_000

# How many connections may be unpacked at a time, a power of two: more than open and close at once
# in most captures, and few enough to stay in a processor's cache.
_STANDS = 1024


def is_group(segment: Segment) -> bool:
    """Return whether the packet goes to a group or to everyone (RFC 1112, RFC 919, RFC 4291)."""
    if segment.version == 4:
        return segment.destination_low & 0xF0000000 == 0xE0000000 or (
            segment.destination_low & 0xFFFFFFFF == 0xFFFFFFFF
        )
    return segment.destination_high >> 56 == 0xFF


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
        self.created = 0
        self.ended_count = 0
        self.evicted = [0] * QUEUES
        self.max_half_open = max_connections
        self.dropped_half_open = 0
        self._pool = Pool()
        self._pairs = SocketPairs(self._pool, seed)
        self._queues = Queues(self._pool)
        self._beside: dict[int, tuple[Any, ...]] = {}  # by place, what few connections have
        self._ended: deque[Connection] = deque()
        # Connections that are unpacked because something happens to them, by the low bits of
        # their places; each is packed again when it is quiet, or another one needs its stand.
        self._unpacked: list[Any] = [None] * _STANDS

    def __len__(self) -> int:
        """Return how many socket pairs are in the table."""
        return self._pairs.count

    def segment_seen(self, segment: Segment) -> None:
        """Take `segment` to its connection, a new one if need be."""
        place = self._pairs.find(segment)
        if place < 0 or not is_predicted(self._pool, place, segment, self._pairs.side, self._idle):
            self._apply(segment, place)

    def _apply(self, segment: Segment, place: int) -> None:
        """Apply the rules to `segment` and its connection at `place`, a new one if need be."""
        side = self._pairs.side
        if place < 0:
            connection = self._create(segment)
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

    def part_seen(self, segment: Segment) -> None:
        """Count `segment`, a later part of one that was taken in, and step nothing."""
        place = self._pairs.find(segment)
        if place >= 0:
            connection = self._unpack(place)
            part_seen(connection, segment, self._pairs.side)
            self._pack(connection)

    def error_seen(self, segment: Segment) -> None:
        """Take an ICMP error to the connection that `segment`, the packet it quotes, belongs to."""
        place = self._pairs.find(segment)
        if place < 0:
            return
        side = self._pairs.side
        connection = self._unpack(place)
        if connection.previous is not None and connection.is_unanswered():
            if side != connection.initiator:
                connection = connection.previous
        error_seen(connection, segment, side, self.profile)
        self._pack(self._queued(connection, segment, side))

    def begun_by(self, segment: Segment, time: int) -> None:
        """Let the connection of `segment` have been seen first at `time` ns, or before."""
        place = self._pairs.find(segment)
        if place >= 0:
            connection = self._unpack(place)
            connection.first_seen = min(connection.first_seen, time)
            self._pack(connection)

    def connection_of(self, segment: Segment) -> Connection | None:
        """Return the connection that `segment` belongs to, as it is now."""
        place = self._pairs.find(segment)
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

    def _remove(self, place: int) -> None:
        """Take the connection at `place`, a packed one, out of the table."""
        self._pairs.remove(place)
        self._queues.take_out(place)
        if self._pool.octets[8 * place * WORDS + BESIDE]:
            del self._beside[place]
        self._pool.give_back(place)

    # --- generations -----------------------------------------------------------------------------

    def _create(self, segment: Segment) -> Connection:
        """Return a new connection between the sockets of `segment`, unpacked."""
        self._tidy(segment.time)
        if self._queues.lengths[EMBRYONIC] >= self.max_half_open:
            self.dropped_half_open += 1
            self._evict_one(self._queues.heads[EMBRYONIC], EMBRYONIC)
        if self._pairs.count + len(self._ended) >= self.max_connections:
            self._evict()
        place = self._pool.take(self.max_connections)
        connection = self._stand(place)
        self._pack(connection)
        self._begin(connection, segment, self._pairs.side)
        if self.keep_history:
            connection.transitions = []
        connection.place = place
        self._pairs.add(segment, place)
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
        self._queues.take_out(old.place)
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
            if self._pairs.count + len(self._ended) > self.max_connections:
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
        self._queues.put(connection.place, queue)
        return connection

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
        head = self._queues.heads[queue]
        if head < 0:
            return
        is_old = now - self._pool.times[head * WORDS + LAST_SEEN] > LINGER_NS
        if is_old and self._has_ended(head, now):
            self._remove(head)
            self.ended_count += 1
        elif queue == DATAGRAMS:
            self._queues.renew(head, queue)

    def _has_ended(self, place: int, now: int) -> bool:
        connection = self._unpack(place)
        if connection.protocol == TCP:
            settle(connection, now, self.profile)
            has_ended = connection.is_over() and connection.previous is None
        else:
            has_ended = connection.is_idle(now, self.unreplied, self.replied)
        self._pack(connection)
        return has_ended

    def expire(self, now: int) -> None:
        """Let time pass until `now` (ns): end doubts and timers of every connection."""
        self._pack_all()
        for place in range(self._pool.used):
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
        queues = self._queues
        if queues.heads[EMBRYONIC] >= 0:
            self._evict_one(queues.heads[EMBRYONIC], EMBRYONIC)
        elif self._ended:
            self._evict_ended()
        elif queues.heads[CLOSED_QUEUE] >= 0:
            self._evict_one(queues.heads[CLOSED_QUEUE], CLOSED_QUEUE)
        elif queues.heads[DATAGRAMS] >= 0:
            self._evict_one(queues.idle_longest(DATAGRAMS), DATAGRAMS)
        elif queues.heads[OPEN] >= 0:
            self._evict_one(queues.idle_longest(OPEN), OPEN)

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

    # --- reading ---------------------------------------------------------------------------------

    def connections(self) -> Iterator[Connection]:
        """Yield every connection held, ended ones too, older generations before newer ones."""
        yield from self._ended
        self._pack_all()
        for place in range(self._pool.used):
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
        for place in range(self._pool.used):
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
