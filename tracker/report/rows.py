"""Rows: one endpoint's netstat each; everything that the records of `records` name.

A row stores nothing but where it looks: connection, side, and who opened it.  What people read is
derived when it is asked for, so that a plain table costs little.
"""

from collections.abc import Iterable, Iterator

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.names import Services
from tracker.report import sides, zeek
from tracker.report.community_id import community_id
from tracker.report.text import address, duration, ipv4, ipv6, timestamp
from tracker.tcp_state import EVENTS, Event, State
from tracker.typed import Any, NamedTuple, Protocol
from tracker.wire.layers import tunnel_names
from tracker.wire.segment import TCP
from tracker.words import LETTER_RST, LETTER_SYN, NOTE_REFUSED, NOTES, TIMEOUT, UNREACHABLE

CERTAINTY = ("observed", "inferred", "assumed")
_PROTOCOLS = {6: "tcp", 17: "udp"}
_STATES = tuple(state.name for state in State)
_EVENTS = tuple(EVENTS[event][0] for event in Event)

IDLE_TIMEOUT = "idle timeout"
END_OF_FLOW = "end of flow detected"
FORCED_END = "forced end"

#: The names of a row's values, in the order of the records.
FIELDS = (
    "proto",
    "local_address",
    "local_port",
    "foreign_address",
    "foreign_port",
    "state",
    "foreign_state",
    "certainty",
    "foreign_certainty",
    "evidence_frame",
    "evidence",
    "foreign_evidence_frame",
    "foreign_evidence",
    "initiator",
    "initiator_basis",
    "generation",
    "pseudo_state",
    "tunnel",
    "first_seen",
    "last_seen",
    "local_packets",
    "foreign_packets",
    "local_bytes",
    "foreign_bytes",
    "local_payload_bytes",
    "foreign_payload_bytes",
    "local_name",
    "foreign_name",
    "service",
    "history",
    "conn_state",
    "community_id",
    "end_reason",
    "notes",
)


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


class Row(Protocol):
    """What tables and records need of a row; `values` are in the order of FIELDS."""

    def cells(self) -> tuple[str, str, str, str]:
        """Return protocol, local socket, foreign socket and state as netstat shows them."""

    def ages(self) -> tuple[str, str]:
        """Return how long ago the connection was first and last seen."""

    def values(self) -> list[Any]:
        """Return the values of FIELDS; None is unknown or does not apply."""

    def transitions(self) -> list[dict[str, Any]]:
        """Return every change of state, where the history was kept."""


class ConnectionRow:
    """One endpoint's view of a connection: the endpoint at `side` is local."""

    def __init__(
        self, maker: "RowMaker", connection: Connection, side: int, opener: int, present: int
    ) -> None:
        self.maker = maker
        self.connection = connection
        self.side = side
        self.opener = opener
        self.present = present
        self.local = connection.b if side else connection.a
        self.foreign = connection.a if side else connection.b

    @property
    def proto(self) -> str:
        """The protocol, "tcp" or "udp"."""
        return _PROTOCOLS[self.connection.protocol]

    def socket(self, side: int) -> tuple[str, int]:
        """Return address and port of the endpoint at `side`."""
        connection = self.connection
        if side:
            host = address(connection.version, connection.b_high, connection.b_low)
            return host, connection.b_port
        return address(connection.version, connection.a_high, connection.a_low), connection.a_port

    @property
    def service(self) -> str | None:
        """The name of the port at the responder's end, None where it has none."""
        services = self.maker.services
        if services is None:
            return None
        connection = self.connection
        port = connection.a_port if self.opener else connection.b_port
        return services.name(port, self.proto)

    def state(self, endpoint: Endpoint) -> str | None:
        """Return the state of an endpoint, None where nothing is known of it, or for UDP."""
        connection = self.connection
        if connection.protocol != TCP or not (endpoint.exists or endpoint.packets):
            return None
        if connection.superseded:
            side = 0 if endpoint is connection.a else 1
            if not self.present >> side & 1:
                return "CLOSED"
        return _STATES[endpoint.state] if endpoint.exists else "CLOSED"

    def certainty(self, endpoint: Endpoint) -> str | None:
        """Return how the state of an endpoint is known."""
        if self.connection.protocol != TCP or not (endpoint.exists or endpoint.packets):
            return None
        return CERTAINTY[self.connection.certainty(endpoint)]

    def evidence(self, endpoint: Endpoint) -> tuple[int | None, str | None]:
        """Return frame and event that brought an endpoint into its state."""
        if not endpoint.exists or endpoint.evidence_event < 0:
            return None, None
        return endpoint.evidence_frame, _EVENTS[endpoint.evidence_event]

    @property
    def pseudo_state(self) -> str | None:
        """What a UDP pseudo-connection has come to; None for TCP, which has states."""
        connection = self.connection
        if connection.protocol == TCP:
            return None
        if connection.a.packets and connection.b.packets:
            return "replied"
        return "refused" if connection.notes & NOTE_REFUSED else "unreplied"

    @property
    def tunnel(self) -> str | None:
        """The tunnels around the connection, the outermost first, None where there is none."""
        return "/".join(tunnel_names(self.connection.tunnel)) or None

    @property
    def end_reason(self) -> str | None:
        """IPFIX's flowEndReason in words (RFC 5102 section 5.11.3), None while open."""
        connection = self.connection
        if self.present:
            return None
        if connection.protocol != TCP:
            return IDLE_TIMEOUT
        a, b = connection.a, connection.b
        if (a.letters | b.letters) & LETTER_RST or (a.has_fin and b.has_fin):
            return END_OF_FLOW
        evidence = (a.evidence_event, b.evidence_event)
        if UNREACHABLE in evidence:
            return END_OF_FLOW
        return IDLE_TIMEOUT if TIMEOUT in evidence else FORCED_END

    @property
    def notes(self) -> list[str]:
        """What was odd about the connection."""
        notes = self.connection.notes
        return [text for bit, text in NOTES.items() if notes & bit] if notes else []

    def cells(self) -> tuple[str, str, str, str]:
        """Return protocol, local socket, foreign socket and state as netstat shows them."""
        connection = self.connection
        hosts = self.maker.hosts
        if connection.version == 4:
            a_low, b_low = connection.a_low, connection.b_low
            a_host = hosts.get(a_low) or hosts.setdefault(a_low, ipv4(a_low))
            b_host = hosts.get(b_low) or hosts.setdefault(b_low, ipv4(b_low))
        else:
            a_host = f"[{ipv6(connection.a_high, connection.a_low)}]"
            b_host = f"[{ipv6(connection.b_high, connection.b_low)}]"
        a_port: int | str = connection.a_port
        b_port: int | str = connection.b_port
        if self.maker.services is not None:
            if self.opener:
                a_port = self.service or a_port
            else:
                b_port = self.service or b_port
        local, foreign = f"{a_host}:{a_port}", f"{b_host}:{b_port}"
        if self.side:
            local, foreign = foreign, local
        if connection.protocol != TCP:
            return "UDP", local, foreign, ""
        return "TCP", local, foreign, self.state(self.local) or "-"

    def ages(self) -> tuple[str, str]:
        """Return how long ago the connection was first and last seen."""
        now = self.maker.wanted.now
        first, last = self.connection.first_seen, self.connection.last_seen
        return duration(max(now - first, 0)), duration(max(now - last, 0))

    def values(self) -> list[Any]:
        """Return the values of FIELDS; None is unknown or does not apply."""
        connection, local, foreign, opener = (
            self.connection,
            self.local,
            self.foreign,
            self.opener,
        )
        return [
            self.proto,
            *self.socket(self.side),
            *self.socket(1 - self.side),
            self.state(local),
            self.state(foreign),
            self.certainty(local),
            self.certainty(foreign),
            *self.evidence(local),
            *self.evidence(foreign),
            "local" if opener == self.side else "foreign",
            sides.basis(connection, self.maker.service_ports),
            connection.generation,
            self.pseudo_state,
            self.tunnel,
            timestamp(connection.first_seen),
            timestamp(connection.last_seen),
            local.packets,
            foreign.packets,
            local.bytes,
            foreign.bytes,
            local.payload,
            foreign.payload,
            None,
            None,
            self.service,
            zeek.history(connection, opener),
            zeek.conn_state(connection, opener),
            community_id(connection),
            self.end_reason,
            self.notes,
        ]

    def transitions(self) -> list[dict[str, Any]]:
        """Return every change of state, where the history was kept."""
        return [
            {
                "frame": change.frame,
                "time": timestamp(change.time),
                "since_first_seen": (change.time - self.connection.first_seen) / 1e9,
                "endpoint": "local" if change.side == self.side else "foreign",
                "before": change.before.name,
                "after": change.after.name,
                "event": EVENTS[change.event][0],
                "source": EVENTS[change.event][1],
            }
            for change in self.connection.transitions or ()
        ]


class ListeningRow:
    """A socket that was seen to answer a SYN."""

    def __init__(self, host: str, port: int, service: str | None) -> None:
        self.host = host
        self.port = port
        self.service = service

    def cells(self) -> tuple[str, str, str, str]:
        """Return protocol, local socket, any foreign socket, and LISTEN."""
        port = self.port if self.service is None else self.service
        if ":" in self.host:
            return "TCP", f"[{self.host}]:{port}", "[::]:*", "LISTEN"
        return "TCP", f"{self.host}:{port}", "0.0.0.0:*", "LISTEN"

    def ages(self) -> tuple[str, str]:
        """Return nothing: the socket was there before it was seen to answer."""
        return "", ""

    def values(self) -> list[Any]:
        """Return the values of FIELDS; there is no foreign endpoint."""
        known: dict[str, Any] = {
            "proto": "tcp",
            "local_address": self.host,
            "local_port": self.port,
            "state": "LISTEN",
            "certainty": "inferred",
            "service": self.service,
            "notes": [],
        }
        return [known.get(name) for name in FIELDS]

    def transitions(self) -> list[dict[str, Any]]:
        """Return nothing: a listening socket has no connection."""
        return []


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
        self.hosts: dict[int, str] = {}  # IPv4 addresses as text, by their low half

    def rows(self, connections: Iterable[Connection]) -> Iterator[ConnectionRow]:
        """Yield the rows of all `connections`, in their order."""
        wanted = self.wanted
        for connection in connections:
            if not wanted.takes(connection):
                continue
            present = connection.sides_present(wanted.now, wanted.unreplied, wanted.replied)
            if wanted.open if present else wanted.closed:
                opener = sides.initiator(connection, self.service_ports)
                for side in self._sides(connection, opener, present):
                    yield ConnectionRow(self, connection, side, opener, present)

    def _sides(self, connection: Connection, opener: int, present: int) -> tuple[int, ...]:
        """Return the sides of the connection that have a row; `present`: who has it in his."""
        local = self.whose.local(connection)
        if local == sides.BOTH and not self.whose.stated:
            local = (opener if not present or present >> opener & 1 else 1 - opener,)
        if self.wanted.closed:
            return local
        return tuple(side for side in local if present >> side & 1)

    def listening(self, connections: Iterable[Connection]) -> Iterator[ListeningRow]:
        """Yield a row for each socket that answered a SYN and did not refuse one since."""
        answered: dict[tuple[int, int, int, int], int] = {}
        refused: dict[tuple[int, int, int, int], int] = {}
        for connection in connections:
            if connection.protocol != TCP or not self.wanted.takes(connection):
                continue
            side = 1 - sides.initiator(connection, self.service_ports)
            if side not in self.whose.local(connection):
                continue
            endpoint = connection.b if side else connection.a
            key = _socket_key(connection, side)
            if endpoint.answered and not endpoint.letters & LETTER_SYN:  # no simultaneous open
                answered[key] = max(answered.get(key, 0), connection.first_seen)
            elif endpoint.letters & LETTER_RST:
                refused[key] = max(refused.get(key, 0), connection.first_seen)
        for key, time in sorted(answered.items()):
            if time > refused.get(key, 0):
                version, high, low, port = key
                service = self.services.name(port, "tcp") if self.services else None
                yield ListeningRow(address(version, high, low), port, service)


def _socket_key(connection: Connection, side: int) -> tuple[int, int, int, int]:
    if side:
        return connection.version, connection.b_high, connection.b_low, connection.b_port
    return connection.version, connection.a_high, connection.a_low, connection.a_port
