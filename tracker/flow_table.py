"""Connections by socket pair: lookup, generations, expiry, limits.

The connections lie packed in a `pool`; `socket_pairs` finds their places there, and `queues` say
who goes first when the table is full.

What becomes of a socket pair depends on its own segments and on the time, as long as no limit is
reached and the clock is not set back.  So several tables, in as many processes, may have a share of
the socket pairs each, and are joined afterwards: see `FlowTable.take_share`.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from tracker.connection import Connection, Heir, Journal
from tracker.due import is_due, is_idle
from tracker.endpoint import Profile
from tracker.layout import (
    CALM,
    CLOSED_QUEUE,
    DATAGRAMS,
    EMBRYONIC,
    KEY,
    LAST_SEEN,
    OPEN,
    PROTOCOL,
    QUEUE,
    QUEUES,
    REST,
    TOLD,
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
from tracker.rules.seeding import begin_in, is_untouched, put_other_end
from tracker.rules.timing import settle
from tracker.socket_pairs import SocketPairs, share_of
from tracker.typed import Any, NamedTuple
from tracker.unpacked import Unpacked
from tracker.wire.segment import ACK, SYN, TCP, Segment
from tracker.words import CLOSED, LETTER_DATA, LISTEN, NOTHING, TOLD_ENDED

# How long an ended connection is remembered unless `linger` says otherwise: 2 MSL of Linux.
LINGER_NS = 120_000_000_000

# Frames may be out of order by so much (ns); one that is older says that the clock was set back.
_DISORDER_NS = 1_000_000_000

# Places in the order of connections are numbered modulo 2**32.
_RANKS = 0xFFFFFFFF


class Beside(NamedTuple):
    """What a table knows beside the octets of its places, to be joined to another one.

    places                  how many places there are
    created, ended_count    as in the table
    rare                    by place, what few connections have
    ended                   what has ended and is kept, and when, by segments given to the table
    heir                    who has inherited what the table forgot
    """

    places: int
    created: int
    ended_count: int
    rare: dict[int, tuple[Any, ...]]
    ended: list[tuple[int, Connection]]
    heir: Heir | None


class ShareError(Exception):
    """A table with a share of the socket pairs has no answer: that depends on the others."""


def is_group(segment: Segment) -> bool:
    """Return whether the packet goes to a group or to everyone (RFC 1112, RFC 919, RFC 4291)."""
    if segment.version == 4:
        return segment.destination_low & 0xF0000000 == 0xE0000000 or (
            segment.destination_low & 0xFFFFFFFF == 0xFFFFFFFF
        )
    return segment.destination_high >> 56 == 0xFF


def _given(ended: tuple[int, Connection]) -> int:
    """Return when a connection ended, by the segments given to the table."""
    return ended[0]


def _may_begin(connection: Connection, segment: Segment) -> bool:
    """Return whether `segment` may belong to another generation than `connection`."""
    return segment.flags & SYN != 0 or connection.previous is not None or connection.protocol != TCP


class FlowTable:
    """The connections seen, by protocol and socket pair.

    profile           how the hosts' kernels leave states by themselves
    max_connections   how many connections are held at most; then the embryonic go first, then
                      the closed, then those idle longest (`evicted` counts them)
    max_half_open     how many of them may be embryonic, all by default (`dropped_half_open` counts
                      those that were evicted for it, of `evicted`)
    unreplied, replied    ns without a datagram after which a UDP pseudo-connection has ended
    keep_ended        keep what has ended, to report it (else it is forgotten after `linger`)
    keep_history      keep all transitions of each connection
    linger            ns for which an ended connection is remembered, so that late segments find
                      it; its place may be used anew later than that
    seed              64 bits that nobody outside can know, so that nobody can choose socket pairs
                      that fall into one place of the hash table

    Of the segment taken in last, `first_data` says whether it is the first with data of its sender,
    and `silence` for how long nothing was seen of its connection before, ns.

    `heir`, None at first, is left what the table forgets, but not what it drops.

    `journal`, None at first, is told from then on what happens to the connections; where
    `tells_all` is set, also of every segment that they take in.
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
        self.linger = LINGER_NS
        self.created = 0
        self.ended_count = 0
        self.evicted = [0] * QUEUES
        self.max_half_open = max_connections
        self.dropped_half_open = 0
        self.tells_all = False
        self.first_data = False
        self.silence = 0
        self.heir: Heir | None = None
        self._journal: Journal | None = None
        self._pool = Pool()
        self._pairs = SocketPairs(self._pool, seed)
        self._queues = Queues(self._pool)
        self._unpacked = Unpacked(self._pool)
        self._ended: deque[tuple[int, Connection]] = deque()  # with `_given` as it was then
        self._given = 0  # segments and datagrams, of any share
        self._now = 0  # the latest time that was seen since the clock was set back
        self._share, self._shares = 0, 1

    def __len__(self) -> int:
        """Return how many socket pairs are in the table."""
        return self._pairs.count

    @property
    def journal(self) -> Journal | None:
        """Who is told what happens to the connections."""
        return self._journal

    @journal.setter
    def journal(self, journal: Journal | None) -> None:
        self._journal = journal
        self._unpacked.tell(journal)

    def segment_seen(self, segment: Segment) -> None:
        """Take `segment` to its connection, a new one if need be."""
        self._given += 1
        if segment.time > self._now:
            self._now = segment.time
        elif segment.time < self._now - _DISORDER_NS:
            self._set_back(segment.time)
        self.first_data = False
        if self._shares > 1 and share_of(segment, self._shares) != self._share:
            return
        place = self._pairs.find(segment)
        self.silence = 0
        if place >= 0:
            last = self._pool.times[place * WORDS + LAST_SEEN]
            self.silence = segment.time - last
            if self._now - last > self.linger and self._is_forgotten(place):
                self.silence, place = 0, NOTHING
        if (
            place < 0
            or self.tells_all
            or not is_predicted(self._pool, place, segment, self._pairs.side, self._idle)
        ):
            self._apply(segment, place)

    def _apply(self, segment: Segment, place: int) -> None:
        """Apply the rules to `segment` and its connection at `place`, a new one if need be."""
        side = self._pairs.side
        if place < 0:
            connection = self._create(segment)
        else:
            connection = self._unpacked.at(place)
            if not connection.calm and _may_begin(connection, segment):
                connection = self._generation(connection, segment, side)
        was_calm = connection.calm
        letters = connection.a.letters | connection.b.letters << 16
        if self.tells_all:
            self._tell_before(connection, segment, side, False)
        segment_seen(connection, segment, side, self.profile)
        if segment.payload:
            new = (connection.a.letters | connection.b.letters << 16) & ~letters
            self.first_data = new & (LETTER_DATA | LETTER_DATA << 16) != 0
        if self.tells_all:
            self._tell_after(connection, segment, side, False)
        if not (was_calm and connection.calm):
            connection = self._placed(connection, segment, side)
            is_quiet = connection.protocol != TCP
        else:
            is_quiet = letters == connection.a.letters | connection.b.letters << 16
        if is_quiet:
            self._unpacked.show(connection)
        else:
            self._unpacked.touch(connection)

    def part_seen(self, segment: Segment) -> None:
        """Count `segment`, a later part of one that was taken in, and step nothing."""
        place = self._find(segment)
        if place >= 0:
            connection = self._unpacked.at(place)
            side = self._pairs.side
            if self.tells_all:
                self._tell_before(connection, segment, side, False)
            part_seen(connection, segment, side)
            if self.tells_all:
                self._tell_after(connection, segment, side, False)
            self._unpacked.pack(connection)

    def error_seen(self, segment: Segment) -> None:
        """Take an ICMP error to the connection that `segment`, the packet it quotes, belongs to."""
        place = self._find(segment)
        if place < 0:
            return
        side = self._pairs.side
        connection = self._unpacked.at(place)
        if connection.previous is not None and connection.is_unanswered():
            if side != connection.initiator:
                connection = connection.previous
        if self.tells_all:
            self._tell_before(connection, segment, side, True)
        error_seen(connection, segment, side, self.profile)
        if self.tells_all:
            self._tell_after(connection, segment, side, True)
        self._unpacked.pack(self._placed(connection, segment, side))

    def _tell_before(
        self, connection: Connection, segment: Segment, side: int, error: bool
    ) -> None:
        if self._journal is not None:
            self._journal.takes(connection, segment, side, error)

    def _tell_after(self, connection: Connection, segment: Segment, side: int, error: bool) -> None:
        if self._journal is not None:
            self._journal.took(connection, segment, side, error)

    def begun_by(self, segment: Segment, time: int) -> None:
        """Let the connection of `segment` have been seen first at `time` ns, or before."""
        place = self._pairs.find(segment)
        if place >= 0:
            connection = self._unpacked.at(place)
            connection.first_seen = min(connection.first_seen, time)
            self._unpacked.pack(connection)

    def connection_of(self, segment: Segment) -> Connection | None:
        """Return the connection that `segment` belongs to, as it is now."""
        place = self._pairs.find(segment)
        if place < 0:
            return None
        self._unpacked.pack(self._unpacked.at(place))
        connection = Connection()
        self._unpacked.load(connection, place)
        return connection

    def _remove(self, place: int) -> None:
        """Take the connection at `place`, a packed one, out of the table."""
        self._pairs.remove(place)
        self._queues.take_out(place)
        self._unpacked.forget(place)
        self._pool.give_back(place)

    # --- generations -----------------------------------------------------------------------------

    def _create(self, segment: Segment) -> Connection:
        """Return a new connection between the sockets of `segment`, unpacked."""
        self._tidy()
        if self._queues.lengths[EMBRYONIC] >= self.max_half_open:
            self.dropped_half_open += 1
            self._evict_one(self._queues.heads[EMBRYONIC], EMBRYONIC, segment.time)
        if self._pairs.count + len(self._ended) >= self.max_connections:
            self._evict(segment.time)
        place = self._pool.take(self.max_connections)
        connection = self._unpacked.stand(place)
        self._unpacked.pack(connection)
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
        connection.rank = self._given & _RANKS
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
        new.journal = self._journal
        self._unpacked.put(new, old.place)
        self._begin(new, segment, side)
        new.succeed(old)
        new.rank = old.rank
        new.place = old.place
        self._queues.take_out(old.place)
        old.place = NOTHING
        old.superseded = True
        if old.previous is not None:
            self._end(old.previous, segment)
            old.previous = None
        if old.protocol == TCP:
            new.previous = old
            old.left_behind = 1 - side if segment.flags & ACK == 0 else NOTHING
            if self._journal is not None:
                self._journal.seen(old, segment.frame, segment.time)
        else:
            self._end(old, segment)
        return new

    def _end(self, connection: Connection, segment: Segment) -> None:
        """Let go of a connection that `segment` has put out of the table."""
        connection.left_behind = NOTHING
        if self._journal is not None:
            self._journal.seen(connection, segment.frame, segment.time)
        self.ended_count += 1
        if not self.keep_ended:
            self._leave(connection)
        else:
            self._ended.append((self._given, connection))
            if self._pairs.count + len(self._ended) > self.max_connections:
                self._evict_ended()

    def _placed(self, connection: Connection, segment: Segment, side: int) -> Connection:
        """Put the connection where it belongs after `segment`; return its newest generation."""
        newest = connection
        if connection.place >= 0:
            if connection.previous is not None or connection.attempted:
                newest = self._succession(connection, segment, side)
            self._queue(newest)
        if self._journal is not None:
            self._journal.seen(connection, segment.frame, segment.time)
            if newest is not connection:
                self._journal.seen(newest, segment.frame, segment.time)
        return newest

    def _succession(self, connection: Connection, segment: Segment, side: int) -> Connection:
        """Return the newest generation, where `segment` shows that one has gone or begun."""
        if connection.previous is not None and not connection.is_unanswered():
            self._end(connection.previous, segment)
            connection.previous = None
        if proves_attempt(connection, segment, side):
            old = connection
            connection = self._succeed(old, segment, side)
            old.left_behind = NOTHING
            replay_attempt(connection, old)
        return connection

    def _queue(self, connection: Connection) -> None:
        """Put the connection into the queue where it belongs now."""
        queue = connection.queue()
        if self._pool.small[8 * connection.place * WORDS + QUEUE] != queue:
            self._queues.put(connection.place, queue)

    def seed(
        self,
        version: int,
        local: tuple[int, int, int],
        foreign: tuple[int, int, int],
        state: int,
        time: int,
        opened: bool | None = None,
    ) -> bool:
        """Take in a TCP connection that a kernel has and of which no segment was seen.

        `local` and `foreign` are address (upper and lower half, as in `wire.segment`) and port,
        `state` is what the local kernel says, at `time` (ns); `opened` says whether the local side
        opened the connection, None if that is not known.  Where both ends are local, the second
        call for the same socket pair tells the state of the other end.  Returns whether it was
        taken in: not if segments of it were seen, or it is no connection (CLOSED, LISTEN).
        """
        pair = Segment()
        pair.version, pair.protocol, pair.time = version, TCP, time
        pair.source_high, pair.source_low, pair.source_port = local
        pair.destination_high, pair.destination_low, pair.destination_port = foreign
        if state in (CLOSED, LISTEN):
            return False
        place = self._find(pair)
        side = self._pairs.side
        if place < 0:
            connection = self._create(pair)
            begin_in(connection, side, state, opened)
        else:
            connection = self._unpacked.at(place)
            if not is_untouched(connection):
                return False
            put_other_end(connection, side, state)
        self._queue(connection)
        if self._journal is not None:
            self._journal.seen(connection, 0, time)
        self._unpacked.pack(connection)
        return True

    # --- time and limits -------------------------------------------------------------------------

    def _find(self, segment: Segment) -> int:
        """Return the place of the connection of `segment`, NOTHING where none is remembered."""
        place = self._pairs.find(segment)
        return NOTHING if place >= 0 and self._is_forgotten(place) else place

    def _is_forgotten(self, place: int) -> bool:
        """Forget the connection at `place` if it ended long ago; return whether it did."""
        if self.keep_ended or not self._is_old(place):
            return False
        connection = self._unpacked.at(place)
        has_ended = self._has_ended(connection)
        if has_ended:
            self._leave(connection)
        self._unpacked.pack(connection)
        if has_ended:
            self._remove(place)
            self.ended_count += 1
        return has_ended

    def _has_ended(self, connection: Connection) -> bool:
        """Return whether no kernel has the connection in its table any more."""
        if connection.protocol == TCP:
            settle(connection, self._now, self.profile)
        present = connection.sides_present(self._now, self.unreplied, self.replied)
        has_ended = not present and connection.previous is None
        if self._journal is not None:
            self._journal.seen(connection, 0, self._now)
            if has_ended:
                self._journal.forgotten(connection, self._now, False)
        return has_ended

    def _leave(self, connection: Connection) -> None:
        if self.heir is not None:
            self.heir.inherit(connection)

    def _set_back(self, time: int) -> None:
        """Let it be `time` (ns) again: what ended before was forgotten too early, or not yet.

        Raises ShareError where this table has only a share of the socket pairs: what was forgotten
        depends on when connections came, others' too.
        """
        self._refuse_to_choose()
        self._now = time

    def _is_old(self, place: int) -> bool:
        """Return whether nothing was seen of the connection at `place` for longer than `linger`."""
        return self._now - self._pool.times[place * WORDS + LAST_SEEN] > self.linger

    def _tidy(self) -> None:
        """Give places back of what ended long ago: a little work for each new connection."""
        if not self.keep_ended:
            self._tidy_head(CLOSED_QUEUE)
            self._tidy_head(CLOSED_QUEUE)
            self._tidy_head(EMBRYONIC)
            self._tidy_head(DATAGRAMS)
            self._tidy_head(DATAGRAMS)

    def _tidy_head(self, queue: int) -> None:
        """Look at the oldest connection of `queue`, and forget it if it has ended."""
        head = self._queues.heads[queue]
        if head >= 0:
            is_old = self._is_old(head)
            if not (is_old and self._is_forgotten(head)):
                # It may be heard of all the time, or be in a long TIME_WAIT: next time another one.
                if queue == DATAGRAMS or (queue == CLOSED_QUEUE and is_old):
                    self._queues.renew(head, queue)

    def expire(self, now: int) -> None:
        """Let time pass until `now` (ns): end doubts and timers of every connection.

        Each state ends when it would have ended without this call, so that it may come often; but
        no segment should follow that is earlier than `now`.
        """
        self._now = max(self._now, now)
        self._unpacked.pack_all()
        for place in range(self._pool.used):
            if self._may_expire(place, now):
                self._expire_one(self._unpacked.at(place), now)

    def forget(self) -> None:
        """Forget at once all that ended long ago."""
        for place in range(self._pool.used):
            if self._pool.words[place * WORDS + KEY]:
                self._is_forgotten(place)

    def _expire_one(self, connection: Connection, now: int) -> None:
        if connection.protocol == TCP:
            settle(connection, now, self.profile)
            if connection.previous is not None:
                settle(connection.previous, now, self.profile)
        if self._journal is not None:
            if connection.previous is not None:
                self._journal.seen(connection.previous, 0, now)
            self._journal.seen(connection, 0, now)
        self._unpacked.pack(connection)

    def _may_expire(self, place: int, now: int) -> bool:
        """Return whether time may have changed the connection at `place` by `now`, if any is."""
        at = place * WORDS
        key = self._pool.words[at + KEY]
        if not key:
            return False
        if key >> PROTOCOL & 0xFF != TCP:
            if self._journal is None or self._pool.numbers[2 * (at + REST) + TOLD] & TOLD_ENDED:
                return False
            return is_idle(self._pool, place, now, self.unreplied, self.replied)
        if self._pool.octets[8 * at + CALM]:
            return False
        return is_due(self._pool, place, now, self.profile) or self._unpacked.has_previous(place)

    def _evict(self, now: int) -> None:
        """Make room for one connection: embryonic first, then closed, then idle longest.

        Raises ShareError where this table has only a share of the socket pairs.
        """
        queues = self._queues
        if queues.heads[EMBRYONIC] >= 0:
            self._evict_one(queues.heads[EMBRYONIC], EMBRYONIC, now)
        elif self._ended:
            self._evict_ended()
        elif queues.heads[CLOSED_QUEUE] >= 0:
            self._evict_one(queues.heads[CLOSED_QUEUE], CLOSED_QUEUE, now)
        elif queues.heads[DATAGRAMS] >= 0:
            self._evict_one(queues.idle_longest(DATAGRAMS), DATAGRAMS, now)
        elif queues.heads[OPEN] >= 0:
            self._evict_one(queues.idle_longest(OPEN), OPEN, now)

    def _evict_ended(self) -> None:
        """Drop the connection that ended first."""
        self._refuse_to_choose()
        self._ended.popleft()
        self.evicted[CLOSED_QUEUE] += 1

    def _evict_one(self, place: int, queue: int, now: int) -> None:
        """Drop a connection, and the generation before it, if that is still there."""
        self._refuse_to_choose()
        self.evicted[queue] += 1
        if self._journal is not None:
            connection = self._unpacked.at(place)
            if connection.previous is not None:
                self._journal.forgotten(connection.previous, now, True)
            self._journal.forgotten(connection, now, True)
        self._unpacked.pack_place(place)
        if self._unpacked.has_previous(place):
            self.evicted[CLOSED_QUEUE] += 1
        self._remove(place)

    # --- shares ----------------------------------------------------------------------------------

    def take_share(self, number: int, shares: int) -> None:
        """Be one of `shares` tables that are given the same segments, and have a share of them.

        Each takes in those of its socket pairs only; `number`, from 0 on, says which.  Each has
        that part of the limits, too, and raises ShareError where it would have to drop a
        connection, or where the clock is set back: what goes then, only a table that has them all
        can say.
        """
        self._share, self._shares = number, shares
        self.max_connections = max(self.max_connections // shares, 1)
        self.max_half_open = max(self.max_half_open // shares, 1)

    def _refuse_to_choose(self) -> None:
        if self._shares > 1:
            raise ShareError

    def hand_over(self) -> tuple[Beside, Iterator[memoryview]]:
        """Return what another table needs to be joined by this one, which is gone then.

        The second part are the octets of the places.
        """
        self._unpacked.pack_all()
        beside = Beside(
            self._pool.used,
            self.created,
            self.ended_count,
            self._unpacked.beside,
            list(self._ended),
            self.heir,
        )
        return beside, self._pool.hand_over()

    def join(self, beside: Beside) -> memoryview:
        """Take in what another table handed over; return where to put the octets of its places.

        The connections that come so can be read; no segment finds them.
        """
        self.created += beside.created
        self.ended_count += beside.ended_count
        if self.heir is not None and beside.heir is not None:
            self.heir.join(beside.heir)
        first = self._pool.used
        self._unpacked.beside.update((first + place, each) for place, each in beside.rare.items())
        self._ended = deque(sorted([*self._ended, *beside.ended], key=_given))
        return self._pool.append(beside.places)

    # --- reading ---------------------------------------------------------------------------------

    def connections(self, now: int | None = None) -> Iterator[Connection]:
        """Yield every connection held, ended ones too, older generations before newer ones.

        As they are, or as they will be at `now` (ns) if nothing happens until then: what that
        changes is changed in what is yielded, not here.
        """
        yield from (connection for _, connection in tuple(self._ended))
        for place in range(self._pool.used):
            connection = Connection()
            if self._read(connection, place, now):
                if connection.previous is not None:
                    yield connection.previous
                yield connection

    def each(self, now: int | None = None) -> Iterator[Connection]:
        """Yield the same, but good only until the next is asked for: one object, filled anew.

        Segments may be taken in between two of them; what comes or goes meanwhile may be missing.
        """
        return self._each(range(self._pool.used), now)

    def in_order(self) -> Iterator[Connection]:
        """Yield the same, in the order in which the socket pairs came.

        `each` has that order, too, as long as no place was used anew.
        """
        return self._each(self._pool.in_order(), None)

    def _each(self, places: Iterable[int], now: int | None) -> Iterator[Connection]:
        yield from (connection for _, connection in tuple(self._ended))
        connection = Connection()
        for place in places:
            if self._read(connection, place, now):
                if connection.previous is not None:
                    yield connection.previous
                yield connection

    def _read(self, connection: Connection, place: int, now: int | None) -> bool:
        """Fill `connection` from `place`, if there is one, as of `now`; return whether."""
        if not self._pool.words[place * WORDS + KEY]:
            return False
        self._unpacked.pack_place(place)
        self._unpacked.load(connection, place)
        if now is not None and connection.protocol == TCP and not connection.calm:
            self._pass_time(connection, now)
        return True

    def _pass_time(self, connection: Connection, now: int) -> None:
        """Let time pass until `now` for `connection`, which is a copy, and for no other."""
        if connection.transitions is not None:
            connection.transitions = list(connection.transitions)
        settle(connection, now, self.profile)
        if connection.previous is not None:
            connection.previous = connection.previous.copy()
            settle(connection.previous, now, self.profile)
