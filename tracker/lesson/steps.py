"""A capture, step by step: what each frame did to its connections, and what time did in between.

This is the one source of `explain`, `why`, the lesson page and the quiz.  It says only what the
engine says: each state in a step is the engine's at that moment.
"""

from collections.abc import Callable, Iterable, Iterator

from tracker.connection import Connection, Journal
from tracker.endpoint import Endpoint
from tracker.flow_table import FlowTable
from tracker.frames import Frames, Run
from tracker.lesson.sight import Sight, sight
from tracker.meter import Meter
from tracker.moment import END, Moment
from tracker.report.rows import CERTAINTIES
from tracker.tcp_state import Event, State
from tracker.typed import NamedTuple
from tracker.wire.segment import TCP, Segment
from tracker.words import (
    NOTHING,
    RCV_ACK_OF_FIN,
    RCV_ACK_OF_SYN,
    RCV_FIN,
    TIMEOUT,
    TOLD_ENDED,
)

# Looking at the timers of all connections costs more than a frame does: with many connections it
# is done so seldom that a frame still pays for no more than this many of them.
_LOOKED_AT = 64

# What `Connection.told` keeps beside TOLD_ENDED: whether nobody asks for the connection, and, from
# this bit on, its number.
_SKIPPED = 2
_NUMBER = 2

#: Says whether a connection is asked for.
Choice = Callable[[Sight], bool]

# How many first sequence numbers of connections seen from the middle are kept.
_MAX_FIRST = 100_000


# What may happen without a segment (`rules.timing`).
_BY_TIME = (TIMEOUT, RCV_ACK_OF_SYN, RCV_ACK_OF_FIN, RCV_FIN)


class Change(NamedTuple):
    """One change of state of one endpoint.

    connection    the number of its connection, as in `Sight`
    side          0 or 1, its place in the socket pair
    certainty     "observed", "inferred" or "assumed", of the state after
    frame         number of the frame that caused it, or of the last one before a timer did
    time          when, ns since 1970
    by_time       whether no segment did it, but time: a timer ran out, or a doubt has ended
    own           whether the endpoint itself sent what did it
    ended_by      of an end that turns out to be none, by what it had ended
    """

    connection: int
    side: int
    before: State
    after: State
    event: Event
    certainty: str
    frame: int
    time: int
    by_time: bool
    own: bool
    ended_by: Event | None


class Part(NamedTuple):
    """One segment, datagram or ICMP error of a frame, and what it did to its connection.

    kind       "segment", "datagram", "fragment" (a later one), or "error" (ICMP, that quotes one)
    frame      the number of its frame: an earlier one, where a fragment had to wait for others
    side       who sent it, or in an error what it quotes: 0 or 1 in the socket pair
    before     the connection before it, None where this is its first segment
    after      the connection after it
    changes    what it changed, of this connection
    icmp       type and code of an error, as in RFC 792 or RFC 4443
    """

    kind: str
    frame: int
    side: int
    flags: int
    sequence: int
    acknowledgment: int
    window: int
    payload: int
    mss: int
    window_scale: int
    icmp: tuple[int, int]
    before: Sight | None
    after: Sight
    changes: tuple[Change, ...]


class Step(NamedTuple):
    """What one frame did, or what time did before the next one.

    frame      number of the frame, from 1; 0: no frame, time has passed
    time       when, ns since 1970
    link_type, octets, wire    the captured frame and its length on the wire; 0, b"", 0 for time
    parts      the segments, datagrams and errors that found their connections
    reasons    why nothing, or not all of it, is a segment or datagram
    changes    changes by time, or of other connections than those of the parts
    touched    every connection that something happened to, as it is afterwards
    ended      numbers of the UDP pseudo-connections that time has ended
    """

    frame: int
    time: int
    link_type: int
    octets: bytes
    wire: int
    parts: tuple[Part, ...]
    reasons: tuple[str, ...]
    changes: tuple[Change, ...]
    touched: tuple[Sight, ...]
    ended: tuple[int, ...]


class _Observer(Journal):
    """Keeps what the engine tells until a step is made of it."""

    def __init__(
        self, table: FlowTable, service_ports: frozenset[int], takes: Choice | None
    ) -> None:
        self.table = table
        self.service_ports = service_ports
        self.is_wanted = takes
        self.time = 0
        self.frame = 0
        self.side = NOTHING
        self.count = 0
        self.parts: list[Part] = []
        self.changes: list[Change] = []
        self.touched: dict[int, Sight] = {}
        self.ended: list[int] = []
        self._first: dict[int, list[int | None]] = {}
        self._before: Sight | None = None

    # --- what the engine tells ------------------------------------------------------------------

    def takes(self, connection: Connection, segment: Segment, side: int, error: bool) -> None:  # noqa: ARG002
        if connection.told & _SKIPPED:
            return
        self.side = side
        self.frame = segment.frame  # an earlier one, where a fragment had to wait
        self._before = self._sight(connection) if connection.told else None

    def took(self, connection: Connection, segment: Segment, side: int, error: bool) -> None:
        self.side = NOTHING
        number = self._number(connection)
        if connection.told & _SKIPPED:
            return
        self._note_first(connection, segment, side)
        after = self.touched[number] = self._sight(connection)
        mine = tuple(change for change in self.changes if change.connection == number)
        self.changes = [change for change in self.changes if change.connection != number]
        self.parts.append(_part(segment, side, error, self._before, after, mine))

    def changed(self, connection: Connection, endpoint: Endpoint, before: int) -> None:
        number = self._number(connection)
        if connection.told & _SKIPPED:
            return
        side = 0 if endpoint is connection.a else 1
        by_time = self._is_by_time(endpoint)
        event = Event(endpoint.evidence_event)
        self.changes.append(
            Change(
                number,
                side,
                State(before),
                State(endpoint.state),
                event,
                str(CERTAINTIES[endpoint.certainty + 1]),
                endpoint.evidence_frame,
                endpoint.since,
                by_time,
                side == self.side and not by_time,
                self._ended_by(number, side) if event == Event.END_DISPROVED else None,
            )
        )

    def _ended_by(self, number: int, side: int) -> Event | None:
        """Return what had ended the endpoint, just now or before."""
        for change in reversed(self.changes):
            if change.connection == number and change.side == side:
                return change.event
        return None if self._before is None else self._before.ends[side].event

    def _is_by_time(self, endpoint: Endpoint) -> bool:
        """Return whether the last event of `endpoint` is no segment's: see `rules.timing`."""
        if endpoint.evidence_event in _BY_TIME:
            return endpoint.evidence_event == TIMEOUT or endpoint.evidence_frame != self.frame
        return False

    def seen(self, connection: Connection, frame: int, time: int) -> None:  # noqa: ARG002
        number = self._number(connection)
        if connection.told & _SKIPPED:
            return
        self.touched[number] = self._sight(connection)
        if connection.protocol == TCP or connection.told & TOLD_ENDED:
            return
        if connection.is_idle(time, self.table.unreplied, self.table.replied):
            connection.told |= TOLD_ENDED
            self.ended.append(number)

    def forgotten(self, connection: Connection, time: int, evicted: bool) -> None:  # noqa: ARG002
        self._first.pop(connection.told >> _NUMBER, None)

    # --- what is made of it ---------------------------------------------------------------------

    def _number(self, connection: Connection) -> int:
        """Return the connection's number; it is kept in what the journal may keep.

        With it is kept, from the first time on, whether nobody asks for the connection.
        """
        if not connection.told >> _NUMBER:
            self.count += 1
            connection.told |= self.count << _NUMBER
            if self.is_wanted is not None and not self.is_wanted(self._sight(connection)):
                connection.told |= _SKIPPED
        return connection.told >> _NUMBER

    def _note_first(self, connection: Connection, segment: Segment, side: int) -> None:
        """Keep the first sequence number of an end whose SYN was not seen."""
        endpoint = connection.b if side else connection.a
        if endpoint.has_iss or connection.protocol != TCP or len(self._first) >= _MAX_FIRST:
            return
        numbers = self._first.setdefault(connection.told >> _NUMBER, [None, None])
        if numbers[side] is None:
            numbers[side] = segment.sequence

    def _sight(self, connection: Connection) -> Sight:
        number = connection.told >> _NUMBER
        present = connection.sides_present(self.time, self.table.unreplied, self.table.replied)
        if connection.group != NOTHING:
            present &= ~(1 << connection.group)  # no host has the address of a group
        first = self._first.get(number, (None, None))
        return sight(connection, number, first, present, self.service_ports)

    def take(self) -> tuple[tuple[Part, ...], tuple[Change, ...], tuple[Sight, ...], list[int]]:
        """Return what was told since the last time: parts, changes, connections, ends of UDP."""
        told = tuple(self.parts), tuple(self.changes), tuple(self.touched.values()), self.ended
        self.parts, self.changes, self.touched, self.ended = [], [], {}, []
        return told


def _part(
    segment: Segment,
    side: int,
    error: bool,
    before: Sight | None,
    after: Sight,
    changes: tuple[Change, ...],
) -> Part:
    kind = "segment" if segment.protocol == TCP else "datagram"
    if error:
        kind = "error"
    elif segment.fragmented and segment.fragment_at:
        kind = "fragment"
    return Part(
        kind,
        segment.frame,
        side,
        segment.flags,
        segment.sequence,
        segment.acknowledgment,
        segment.window,
        segment.payload,
        segment.mss,
        segment.window_scale,
        (segment.icmp_type, segment.icmp_code) if error else (0, 0),
        before,
        after,
        changes,
    )


class Steps:
    """Plays a capture and yields its steps.

    meter    a new one
    takes    says which connections are asked for, by their sockets or numbers; then steps are told
             of these only, and of no frame in which there is nothing of them

    Timers that ran out are told before the frame that follows them: at once while there are few
    connections, else somewhat later, with their own times.
    """

    def __init__(
        self, meter: Meter, service_ports: frozenset[int], takes: Choice | None = None
    ) -> None:
        self.meter = meter
        self._all = takes is None
        self._observer = _Observer(meter.table, service_ports, takes)
        self._reasons: dict[str, int] = {}
        self._since = 0
        self._latest = 0
        meter.table.journal = self._observer
        meter.table.tells_all = True

    def play(self, runs: Iterable[Run], moment: Moment = END) -> Iterator[Step]:
        """Yield the steps of `runs` of frames, until `moment`, as `replay.replay` takes them."""
        limit = moment.time
        for frames, first, last in runs:
            if not self.meter.frames:
                limit = moment.limit(frames.times[first])
            for i in range(first, last):
                if self.meter.frames == moment.frame:
                    break
                yield from self._frame(frames, i, limit)
            if self.meter.frames == moment.frame:
                break
        yield from self._time_passes(self.meter.time if limit is None else limit, True)

    def _frame(self, frames: Frames, i: int, limit: int | None) -> Iterator[Step]:
        """Yield what one frame does, between what time does; nothing where it is too late."""
        now = frames.times[i]
        if limit is not None and now > limit:
            self.meter.skip(1)
            return
        yield from self._time_passes(now, False)
        self._observer.time = now
        self._observer.frame = self.meter.frames + 1
        self.meter.feed(frames, i, i + 1)
        if self._all or self._observer.touched:
            yield self._step(frames, i)
        yield from self._time_passes(now, False)  # a doubt may be over due

    def _step(self, frames: Frames, i: int) -> Step:
        """Return what the frame that was fed last did."""
        parts, changes, touched, ended = self._observer.take()
        start = frames.starts[i]
        return Step(
            self.meter.frames,
            frames.times[i],
            frames.link_type,
            bytes(frames.data[start : start + frames.lengths[i]]),
            frames.wires[i],
            parts,
            self._new_reasons() if self._all else (),
            changes,
            touched,
            tuple(ended),
        )

    def _new_reasons(self) -> tuple[str, ...]:
        """Return why something in the last frame was not decoded."""
        reasons = {row.reason: row.count for row in self.meter.undecoded()}
        new = tuple(text for text, count in reasons.items() if count > self._reasons.get(text, 0))
        self._reasons = reasons
        return new

    def _time_passes(self, now: int, at_once: bool) -> Iterator[Step]:
        """Let timers run out until `now`, unless that was done a little while ago."""
        table = self.meter.table
        self._since += 1
        if now < self._latest or (not at_once and self._since * _LOOKED_AT < len(table)):
            return
        self._since = 0
        self._latest = now
        self._observer.time = now
        self._observer.frame = 0
        table.expire(now)
        _, changes, touched, ended = self._observer.take()
        if changes or ended:
            last = max([change.time for change in changes], default=now)
            yield Step(0, last, 0, b"", 0, (), (), _in_order(changes), touched, tuple(ended))


def _in_order(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: change.time))
