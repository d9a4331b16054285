"""Rows: one endpoint's netstat each, with everything that the records of `records` name."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tracker.connection import Connection, Endpoint
from tracker.names import Services
from tracker.report import sides, zeek
from tracker.report.community_id import community_id
from tracker.report.text import address
from tracker.tcp_state import EVENTS, Event, State
from tracker.wire.segment import TCP
from tracker.words import LETTER_RST, NOTES

CERTAINTY = ("observed", "inferred", "assumed")
PROTOCOLS = {6: "tcp", 17: "udp"}
_STATES = tuple(state.name for state in State)
_EVENTS = tuple(EVENTS[event][0] for event in Event)

IDLE_TIMEOUT = "idle timeout"
END_OF_FLOW = "end of flow detected"
FORCED_END = "forced end"


class Row(NamedTuple):
    """One endpoint's view of a connection; None is unknown or does not apply.

    Times are ns since 1970; bytes are lengths of frames on the wire.
    """

    proto: str
    local_address: str
    local_port: int
    foreign_address: str | None
    foreign_port: int | None
    state: str | None
    foreign_state: str | None
    certainty: str | None
    foreign_certainty: str | None
    evidence_frame: int | None
    evidence: str | None
    foreign_evidence_frame: int | None
    foreign_evidence: str | None
    initiator: str | None
    initiator_basis: str | None
    generation: int | None
    first_seen: int | None
    last_seen: int | None
    local_packets: int | None
    foreign_packets: int | None
    local_bytes: int | None
    foreign_bytes: int | None
    local_payload_bytes: int | None
    foreign_payload_bytes: int | None
    local_name: str | None
    foreign_name: str | None
    service: str | None
    history: str | None
    conn_state: str | None
    community_id: str | None
    end_reason: str | None
    notes: tuple[str, ...]


class Wanted(NamedTuple):
    """Which rows to make.

    now         the moment of the table, ns
    tcp, udp, version4, version6    protocols and versions of IP
    open, closed, listening    connections as netstat has them, all others, listening sockets
    unreplied, replied    ns after which a UDP pseudo-connection has ended
    """

    now: int
    tcp: bool = True
    udp: bool = True
    version4: bool = True
    version6: bool = True
    open: bool = True
    closed: bool = False
    listening: bool = False
    unreplied: int = 0
    replied: int = 0

    def takes(self, connection: Connection) -> bool:
        """Return whether the protocol and the version of IP are wanted."""
        return (self.tcp if connection.protocol == TCP else self.udp) and (
            self.version4 if connection.version == 4 else self.version6
        )


class RowMaker:
    """Makes the rows of connections, as `wanted`, seen from `whose` side."""

    def __init__(
        self,
        wanted: Wanted,
        whose: sides.Sides,
        service_ports: frozenset[int],
        services: Services | None,
    ) -> None:
        self.wanted = wanted
        self.whose = whose
        self.service_ports = service_ports
        self.services = services

    def rows(self, connections: Iterable[Connection]) -> Iterator[Row]:
        """Yield the rows of all `connections`, in their order."""
        for connection in connections:
            if self.wanted.takes(connection):
                for side in self._sides(connection):
                    yield self.row(connection, side)

    def _sides(self, connection: Connection) -> tuple[int, ...]:
        """Return the sides of the connection that have a row."""
        present = self._present(connection)
        if not (self.wanted.open if present else self.wanted.closed):
            return ()
        if self.whose.networks:
            local = self.whose.local(connection)
        else:
            opener, _ = sides.initiator(connection, self.service_ports)
            local = (opener,)
            if present and opener not in present and not self.wanted.closed:
                local = present[:1]
        if self.wanted.closed:
            return local
        return tuple(side for side in local if side in present)

    def _present(self, connection: Connection) -> tuple[int, ...]:
        """Return the sides whose kernel would have the connection in its table."""
        if connection.protocol != TCP:
            return () if self._is_idle(connection) else sides.BOTH
        return tuple(
            side
            for side, endpoint in enumerate((connection.a, connection.b))
            if is_present(connection, endpoint, side)
        )

    def _is_idle(self, connection: Connection) -> bool:
        if connection.superseded:
            return True
        replied = connection.a.packets and connection.b.packets
        limit = self.wanted.replied if replied else self.wanted.unreplied
        return self.wanted.now - connection.last_seen > limit

    def row(self, connection: Connection, side: int) -> Row:
        """Return the row of `connection` with the endpoint `side` as local."""
        local, foreign = connection.a, connection.b
        local_address = address(connection.version, connection.a_high, connection.a_low)
        foreign_address = address(connection.version, connection.b_high, connection.b_low)
        local_port, foreign_port = connection.a_port, connection.b_port
        if side:
            local, foreign = foreign, local
            local_address, foreign_address = foreign_address, local_address
            local_port, foreign_port = foreign_port, local_port
        opener, basis = sides.initiator(connection, self.service_ports)
        proto = PROTOCOLS[connection.protocol]
        service = None
        if self.services is not None:
            port = foreign_port if opener == side else local_port
            service = self.services.name(port, proto)
        return Row(
            proto,
            local_address,
            local_port,
            foreign_address,
            foreign_port,
            *self._knowledge(connection, local, foreign),
            "local" if opener == side else "foreign",
            basis,
            connection.generation,
            connection.first_seen,
            connection.last_seen,
            local.packets,
            foreign.packets,
            local.bytes,
            foreign.bytes,
            local.payload,
            foreign.payload,
            None,
            None,
            service,
            zeek.history(connection, opener),
            zeek.conn_state(connection, opener),
            community_id(connection),
            self._end_reason(connection),
            tuple(text for bit, text in NOTES.items() if connection.notes & bit),
        )

    def _knowledge(
        self, connection: Connection, local: Endpoint, foreign: Endpoint
    ) -> tuple[str | int | None, ...]:
        """Return states, certainties and evidence of both endpoints."""
        if connection.protocol != TCP:
            return (None,) * 8
        known = (_known(connection, local), _known(connection, foreign))
        states, certainties, evidence = zip(*known, strict=True)
        return (*states, *certainties, *evidence[0], *evidence[1])

    def _end_reason(self, connection: Connection) -> str | None:
        """Return IPFIX's flowEndReason in words (RFC 5102 section 5.11.3), None while open."""
        if self._present(connection):
            return None
        if connection.protocol != TCP:
            return IDLE_TIMEOUT
        letters = connection.a.letters | connection.b.letters
        if letters & LETTER_RST or (connection.a.has_fin and connection.b.has_fin):
            return END_OF_FLOW
        timeouts = {connection.a.evidence_event, connection.b.evidence_event}
        return IDLE_TIMEOUT if int(Event.TIMEOUT) in timeouts else FORCED_END

    def listening(self, connections: Iterable[Connection]) -> Iterator[Row]:
        """Yield a row for each socket that answered a SYN and did not refuse one since."""
        answered: dict[tuple[int, int, int, int], int] = {}
        refused: dict[tuple[int, int, int, int], int] = {}
        for connection in connections:
            if connection.protocol != TCP or not self.wanted.takes(connection):
                continue
            side = 1 - sides.initiator(connection, self.service_ports)[0]
            if self.whose.networks and side not in self.whose.local(connection):
                continue
            endpoint = connection.b if side else connection.a
            key = _socket_key(connection, side)
            if endpoint.answered:
                answered[key] = max(answered.get(key, 0), connection.first_seen)
            elif endpoint.letters & LETTER_RST:
                refused[key] = max(refused.get(key, 0), connection.first_seen)
        for key, time in sorted(answered.items()):
            if time > refused.get(key, 0):
                yield self._listening_row(key)

    def _listening_row(self, key: tuple[int, int, int, int]) -> Row:
        version, high, low, port = key
        service = self.services.name(port, "tcp") if self.services else None
        row = dict.fromkeys(Row._fields)
        return Row(
            **row
            | {
                "proto": "tcp",
                "local_address": address(version, high, low),
                "local_port": port,
                "state": "LISTEN",
                "certainty": "inferred",
                "service": service,
                "notes": (),
            }
        )  # type: ignore[arg-type]


def is_present(connection: Connection, endpoint: Endpoint, side: int) -> bool:
    """Return whether the kernel of `endpoint` would have the connection in its table.

    A silent endpoint has no row (rule 0); in a generation that an unanswered SYN follows, only
    the one left behind has.
    """
    if connection.superseded and connection.left_behind != side:
        return False
    return endpoint.exists and endpoint.state not in (State.CLOSED, State.LISTEN)


def _known(
    connection: Connection, endpoint: Endpoint
) -> tuple[str | None, str | None, tuple[int | None, str | None]]:
    """Return state, certainty and evidence of an endpoint, None where nothing is known of it."""
    if not endpoint.exists:
        return None, None, (None, None)
    side = 0 if endpoint is connection.a else 1
    state = _STATES[endpoint.state]
    if connection.superseded and not is_present(connection, endpoint, side):
        state = "CLOSED"
    certainty = CERTAINTY[connection.certainty(endpoint)]
    if endpoint.evidence_event < 0:
        return state, certainty, (None, None)
    return state, certainty, (endpoint.evidence_frame, _EVENTS[endpoint.evidence_event])


def _socket_key(connection: Connection, side: int) -> tuple[int, int, int, int]:
    if side:
        return connection.version, connection.b_high, connection.b_low, connection.b_port
    return connection.version, connection.a_high, connection.a_low, connection.a_port
