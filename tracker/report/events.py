"""Events: what happens to connections, as it happens, one JSON line for each.

    opened    the first segment of a connection was seen; not one that opens nothing, as a lone RST
    changed   an endpoint has another state than was told before, or is heard for the first time;
              a UDP pseudo-connection was answered, or refused
    closed    no kernel has it any more: neither endpoint has a row

The names are those of `records`; `state`, `foreign_state` and `pseudo_state` are what they are
after the event.  So the last line of a connection tells what the table would show.  Which end is
local stays as it was when the connection was opened.

What a timer ends is learned of when time passes (`FlowTable.expire`): its line may follow lines of
other connections that are later.  And an end may turn out to be none: when someone is heard again
who was taken for closed, `changed` says so ("end disproved"), and another `closed` will follow.
"""

import json

from tracker.connection import Connection, Journal
from tracker.endpoint import Endpoint
from tracker.report.community_id import community_id
from tracker.report.rows import (
    CERTAINTIES,
    END_REASONS,
    PSEUDO_STATES,
    STATES,
    ConnectionRow,
    RowMaker,
)
from tracker.report.sides import basis, initiator
from tracker.report.text import timestamp
from tracker.report.zeek import conn_state, history
from tracker.tcp_state import EVENTS, Event
from tracker.wire.segment import TCP
from tracker.words import CLOSED, NOTHING, TOLD_ENDED

# What `Connection.told` keeps, beside TOLD_ENDED: whether it was opened, whether `b` is local, and
# from these bits on the state that was told last of `a` and of `b` (of UDP, the pseudo-state).
_OPENED = 2
_B_IS_LOCAL = 4
_STATE_A = 4
_STATE_BITS = 4
_STATE_MASK = 15

_LACK_OF_RESOURCES = '"lack of resources"'
_NEXT_GENERATION = '"next generation"'
_NEXT_GENERATION_SOURCE = '"RFC 9293 section 3.6.1, a new SYN"'
_REPLY = '"rcv datagram"', '"config/tracker.yaml, udp_replied"'
_REFUSAL = '"ICMP error"', '"RFC 1122 section 4.1.3.3"'
_REFUSED = PSEUDO_STATES.index("refused")


def _quoted(texts: tuple[str | None, ...]) -> tuple[str, ...]:
    """Return each text as JSON has it."""
    return tuple(map(json.dumps, texts))


_STATES = _quoted(STATES)
_PSEUDO_STATES = _quoted(PSEUDO_STATES)
_CERTAINTIES = _quoted(CERTAINTIES)
_END_REASONS = _quoted(END_REASONS)
_EVIDENCE = _quoted((None, *(EVENTS[event][0] for event in Event)))
_SOURCES = _quoted((None, *(EVENTS[event][1] for event in Event)))


class Events(Journal):
    """A journal that keeps the lines until they are taken.

    The protocols and versions of IP that `maker` wants are told of, from its sides.
    """

    def __init__(self, maker: RowMaker) -> None:
        self.maker = maker
        self._row = ConnectionRow(maker)
        self._lines: list[str] = []

    def take(self) -> list[str]:
        """Return the lines since the last time, without line ends."""
        lines = self._lines
        self._lines = []
        return lines

    # --- what the engine tells ------------------------------------------------------------------

    def changed(self, connection: Connection, endpoint: Endpoint, before: int) -> None:  # noqa: ARG002
        """Tell a transition, unless it belongs to what opens the connection."""
        if connection.told & _OPENED:
            self._look(connection, endpoint.since)
            side = 0 if endpoint is connection.a else 1
            # First the other one, if it is the first time that it is heard.
            self._appear(1 - side, endpoint.since)
            self._change(
                side,
                endpoint.since,
                endpoint.evidence_frame,
                _EVIDENCE[endpoint.evidence_event + 1],
                _SOURCES[endpoint.evidence_event + 1],
            )

    def seen(self, connection: Connection, frame: int, time: int) -> None:
        """Tell what is new about a connection but for transitions."""
        if not connection.told:
            if self._opens(connection):
                self._look(connection, time)
                self._open(frame, time)
                self._close_if_over(frame, time)
        elif connection.told & _OPENED:
            self._look(connection, time)
            if connection.protocol == TCP:
                self._supersede(frame, time)
                self._appear(0, time)
                self._appear(1, time)
                self._close_if_over(frame, time)
            elif not connection.told & TOLD_ENDED:
                self._change_pseudo_state(frame, time)
                self._close_if_over(frame, time)

    def forgotten(self, connection: Connection, time: int, evicted: bool) -> None:
        """Tell the end of a connection that is told no end of otherwise."""
        if connection.told & _OPENED and not connection.told & TOLD_ENDED:
            self._look(connection, time)
            self._row.present = 0
            self._close(
                0, time, _LACK_OF_RESOURCES if evicted else _END_REASONS[self._row.end_reason()]
            )

    # --- what there is to tell ------------------------------------------------------------------

    def _look(self, connection: Connection, time: int) -> None:
        """Look at a connection from the side that is local, at `time`."""
        row, maker = self._row, self.maker
        row.connection = connection
        row.present = connection.sides_present(time, maker.unreplied, maker.replied)
        row.opener = initiator(connection, maker.service_ports)
        row.turn(1 if connection.told & _B_IS_LOCAL else 0)

    def _opens(self, connection: Connection) -> bool:
        """Return whether a connection begins that is to be told of; note which end is local."""
        if connection.protocol == TCP and connection.fresh:
            return False
        sides = self.maker.whose.local(connection)
        if not sides or not self.maker.takes(connection):
            connection.told = TOLD_ENDED  # nothing of it will be told
            return False
        local = initiator(connection, self.maker.service_ports)
        if sides in (1, 2):
            local = sides - 1
        connection.told = _OPENED | _B_IS_LOCAL if local else _OPENED
        return True

    def _open(self, frame: int, time: int) -> None:
        row = self._row
        connection, local, foreign = row.connection, row.local, row.foreign
        opener = connection.b if row.opener else connection.a
        self._keep(0, self._shown(0))
        self._keep(1, self._shown(1))
        service = row.service()
        self._tell(
            "opened",
            time,
            frame,
            f', "certainty": {_CERTAINTIES[row.certainty(local)]}'
            f', "foreign_certainty": {_CERTAINTIES[row.certainty(foreign)]}'
            f', "evidence": {_EVIDENCE[row.evidence(local)]}'
            f', "foreign_evidence": {_EVIDENCE[row.evidence(foreign)]}'
            f', "source": {_SOURCES[row.evidence(opener)]}'
            f', "initiator": "{"local" if row.opener == row.side else "foreign"}"'
            f', "initiator_basis": "{basis(connection, self.maker.service_ports)}"'
            f', "tunnel": {json.dumps(row.tunnel() or None)}'
            f"{self._names()}"
            f', "service": {json.dumps(service)}'
            f', "community_id": "{community_id(connection)}"',
        )

    def _appear(self, side: int, time: int) -> None:
        """Tell the state of an endpoint that is new without a transition: it is heard now."""
        connection = self._row.connection
        endpoint = connection.b if side else connection.a
        event = endpoint.evidence_event
        if self._shown(side) == CLOSED + 1 and endpoint.state != CLOSED:
            event = NOTHING  # it was heard, and is not open
        frame = 0 if event == NOTHING else endpoint.evidence_frame
        self._change(side, time, frame, _EVIDENCE[event + 1], _SOURCES[event + 1])

    def _supersede(self, frame: int, time: int) -> None:
        """Tell of the endpoints that the next generation has taken away."""
        row = self._row
        if row.connection.superseded:
            for side in (0, 1):
                if not row.present >> side & 1:
                    self._change(side, time, frame, _NEXT_GENERATION, _NEXT_GENERATION_SOURCE)

    def _change(self, side: int, time: int, frame: int, evidence: str, source: str) -> None:
        """Tell the state of an endpoint, unless it was told."""
        row = self._row
        before, after = self._told(side), self._shown(side)
        if before == after:
            return
        self._keep(side, after)
        endpoint = row.connection.b if side else row.connection.a
        self._tell(
            "changed",
            time,
            frame,
            f', "endpoint": "{"local" if side == row.side else "foreign"}"'
            f', "before": {_STATES[before]}'
            f', "after": {_STATES[after]}'
            f', "certainty": {_CERTAINTIES[row.certainty(endpoint)]}'
            f', "evidence": {evidence}'
            f', "source": {source}',
        )

    def _change_pseudo_state(self, frame: int, time: int) -> None:
        before, after = self._told(0), self._shown(0)
        if before == after:
            return
        self._keep(0, after)
        evidence, source = _REFUSAL if after == _REFUSED else _REPLY
        self._tell(
            "changed",
            time,
            frame,
            f', "endpoint": null, "before": {_PSEUDO_STATES[before]}'
            f', "after": {_PSEUDO_STATES[after]}'
            f', "certainty": null, "evidence": {evidence}, "source": {source}',
        )

    def _close_if_over(self, frame: int, time: int) -> None:
        row = self._row
        connection = row.connection
        if row.present:
            connection.told &= ~TOLD_ENDED
        elif not connection.told & TOLD_ENDED:
            ended = self._end(time)
            self._close(frame if ended == time else 0, ended, _END_REASONS[row.end_reason()])

    def _end(self, time: int) -> int:
        """Return when a connection ended that has ended by `time`, ns."""
        connection = self._row.connection
        if connection.protocol != TCP:
            answered = connection.a.packets and connection.b.packets
            limit = self.maker.replied if answered else self.maker.unreplied
            return min(connection.last_seen + limit, time)
        if connection.superseded:
            return time
        return max(connection.a.since, connection.b.since)

    def _close(self, frame: int, time: int, reason: str) -> None:
        row = self._row
        connection, local, foreign = row.connection, row.local, row.foreign
        connection.told |= TOLD_ENDED
        self._tell(
            "closed",
            time,
            frame,
            f', "end_reason": {reason}'
            f"{self._names()}"
            f', "first_seen": "{timestamp(connection.first_seen)}"'
            f', "last_seen": "{timestamp(connection.last_seen)}"'
            f', "local_packets": {local.packets}'
            f', "foreign_packets": {foreign.packets}'
            f', "local_bytes": {local.bytes}'
            f', "foreign_bytes": {foreign.bytes}'
            f', "local_payload_bytes": {local.payload}'
            f', "foreign_payload_bytes": {foreign.payload}'
            f', "history": "{history(connection, row.opener)}"'
            f', "conn_state": "{conn_state(connection, row.opener)}"'
            f', "notes": {json.dumps(row.notes())}',
        )

    def _names(self) -> str:
        """Return the names of the hosts: what a client asked for first, what it said later."""
        row = self._row
        local, foreign = row.name(row.side), row.name(1 - row.side)
        return (
            f', "local_name": {json.dumps(local and local.text)}'
            f', "foreign_name": {json.dumps(foreign and foreign.text)}'
        )

    # --- what was told --------------------------------------------------------------------------

    def _shown(self, side: int) -> int:
        """Return the state that a row would show of an endpoint; of UDP the pseudo-state."""
        row = self._row
        connection = row.connection
        if connection.protocol != TCP:
            return 0 if side else row.pseudo_state()
        return row.state(connection.b if side else connection.a)

    def _told(self, side: int) -> int:
        """Return what was told last."""
        return self._row.connection.told >> _STATE_A + _STATE_BITS * side & _STATE_MASK

    def _keep(self, side: int, state: int) -> None:
        """Keep what is told now."""
        shift = _STATE_A + _STATE_BITS * side
        connection = self._row.connection
        connection.told = connection.told & ~(_STATE_MASK << shift) | state << shift

    def _tell(self, event: str, time: int, frame: int, rest: str) -> None:
        """Keep a line: what every event has, and the `rest`."""
        row = self._row
        ours, theirs, pseudo = self._told(row.side), self._told(1 - row.side), 0
        if row.connection.protocol != TCP:
            ours, theirs, pseudo = 0, 0, self._told(0)
        self._lines.append(
            f'{{"time": "{timestamp(time)}"'
            f', "event": "{event}"'
            f', "proto": "{row.proto()}"'
            f', "local_address": "{row.host(row.side)}"'
            f', "local_port": {row.port(row.side)}'
            f', "foreign_address": "{row.host(1 - row.side)}"'
            f', "foreign_port": {row.port(1 - row.side)}'
            f', "generation": {row.connection.generation}'
            f', "frame": {frame or "null"}'
            f', "state": {_STATES[ours]}'
            f', "foreign_state": {_STATES[theirs]}'
            f', "pseudo_state": {_PSEUDO_STATES[pseudo]}'
            f"{rest}}}"
        )
