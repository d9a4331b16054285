"""Rows: one endpoint's netstat each, and what tables and records tell of it.

A row stores nothing but where it looks: connection, side, and who opened it.  What people read is
derived when it is asked for, so that a plain table costs little.  What has few values is told as
a place in one of the tuples of texts here, None first.
"""

from collections.abc import Callable, Iterable, Iterator

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.names.name import Name
from tracker.names.services import Services
from tracker.report.sides import EITHER, Sides, initiator, is_service
from tracker.report.text import address, ipv4, ipv6, socket4, timestamp
from tracker.tcp_state import EVENTS, Event, State
from tracker.typed import Any, NamedTuple
from tracker.wire.layers import tunnel_names
from tracker.wire.segment import TCP
from tracker.words import (
    ASSUMED,
    CLOSED,
    LETTER_RST,
    LETTER_SYN,
    NOTE_REFUSED,
    NOTES,
    TIMEOUT,
    UNKNOWN,
    UNREACHABLE,
)

STATES = (None, *(state.name for state in State))
CERTAINTIES = (None, "observed", "inferred", "assumed")
EVIDENCE = (None, *(EVENTS[event][0] for event in Event))

PSEUDO_STATES = (None, "unreplied", "replied", "refused")
_UNREPLIED, _REPLIED, _REFUSED = 1, 2, 3

END_REASONS = (None, "idle timeout", "end of flow detected", "forced end")
_IDLE_TIMEOUT, _END_OF_FLOW, _FORCED_END = 1, 2, 3

#: What a connection is noted with of which something may have been missed.
FRAMES_DROPPED = "frames dropped since it was last seen"

#: How long the text of a socket of IPv4 may be that has no name of a service.
LONGEST_SOCKET4 = len("255.255.255.255:65535")
_LONGEST_PORT = len("65535")


class Wanted(NamedTuple):
    """Which rows to make.

    now         the moment of the table, ns
    tcp, udp, version4, version6    protocols and versions of IP
    open, closed, listening    connections as netstat has them, all others, listening sockets
    unreplied, replied    ns after which a UDP pseudo-connection has ended
    loss        when frames were dropped last before the engine had them, ns; 0 for never
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
    loss: int = 0


class RowMaker:
    """Says which rows connections have, as `wanted`, seen from `whose` side.

    programs    tells who has the local sockets, as `host.Programs`, where that is wanted
    hosts       tells the names of hosts, as `report.hosts.HostNames`, where they are wanted
    """

    def __init__(
        self,
        wanted: Wanted,
        whose: Sides,
        service_ports: frozenset[int],
        services: Services | None,
    ) -> None:
        self.now = wanted.now
        self.tcp = wanted.tcp
        self.udp = wanted.udp
        self.version4 = wanted.version4
        self.version6 = wanted.version6
        self.open = wanted.open
        self.closed = wanted.closed
        self.listening = wanted.listening
        self.unreplied = wanted.unreplied
        self.replied = wanted.replied
        self.loss = wanted.loss
        self.whose = whose
        self.service_ports = service_ports
        self.tcp_names = services.names("tcp") if services else {}
        self.udp_names = services.names("udp") if services else {}
        self.programs: Any = None
        self.hosts: Any = None

    def takes(self, connection: Connection) -> bool:
        """Return whether the protocol and the version of IP are wanted."""
        return (self.tcp if connection.protocol == TCP else self.udp) and (
            self.version4 if connection.version == 4 else self.version6
        )

    def is_narrow(self) -> bool:
        """Return whether no socket can be longer than LONGEST_SOCKET4."""
        return not (self.version6 or self.tcp_names or self.udp_names or self.hosts is not None)

    def rows(self, connections: Callable[[], Iterable[Connection]]) -> "Rows":
        """Return the rows of what `connections` gives, which is called for each pass over them."""
        return Rows(self, connections)


class Rows:
    """All rows, in the order of their connections, then the listening sockets.

    They may be gone through again, but not kept: a row, as its connection, is good only until the
    next one is asked for.  `count` says how many there were in the last pass.
    """

    def __init__(self, maker: RowMaker, connections: Callable[[], Iterable[Connection]]) -> None:
        self.maker = maker
        self.connections = connections
        self.count = 0

    def __iter__(self) -> "Iterator[ConnectionRow | ListeningRow]":
        """Yield the rows anew."""
        self.count = 0
        row = ConnectionRow(self.maker)
        for connection in self.connections():
            sides = row.look_at(connection)
            if sides & 1:
                row.turn(0)
                yield row
            if sides & 2:
                row.turn(1)
                yield row
        self.count = row.number
        if self.maker.listening:
            for socket in self._listening():
                self.count += 1
                yield ListeningRow(self.maker, socket)

    def _listening(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield version, address, port of each socket that answered a SYN and refused none since.

        Two passes, because sockets that refuse can be many, those that answer are few.
        """
        answered: dict[tuple[int, int, int, int], int] = {}
        refused: dict[tuple[int, int, int, int], int] = {}
        for connection, side, endpoint in self._responders():
            if _answered(endpoint):
                key = _socket_key(connection, side)
                answered[key] = max(answered.get(key, 0), connection.first_seen)
        for connection, side, endpoint in self._responders():
            if endpoint.letters & LETTER_RST and not _answered(endpoint):
                key = _socket_key(connection, side)
                if key in answered:
                    refused[key] = max(refused.get(key, 0), connection.first_seen)
        for key, time in sorted(answered.items()):
            if time > refused.get(key, 0):
                yield key

    def _responders(self) -> Iterator[tuple[Connection, int, Endpoint]]:
        """Yield connections of TCP whose responder may be local, with his side and endpoint."""
        maker = self.maker
        for connection in self.connections():
            if connection.protocol == TCP and maker.takes(connection):
                side = 1 - initiator(connection, maker.service_ports)
                if maker.whose.local(connection) >> side & 1:
                    yield connection, side, connection.b if side else connection.a


def _answered(endpoint: Endpoint) -> bool:
    """Return whether an endpoint answered a SYN, and not in a simultaneous open."""
    return endpoint.answered and not endpoint.letters & LETTER_SYN


def _socket_key(connection: Connection, side: int) -> tuple[int, int, int, int]:
    if side:
        return connection.version, connection.b_high, connection.b_low, connection.b_port
    return connection.version, connection.a_high, connection.a_low, connection.a_port


class Row:
    """What a table needs of a row."""

    def cells(self) -> tuple[str, str, str, str]:
        """Return protocol, local socket, foreign socket and state as netstat shows them."""
        raise NotImplementedError

    def is_narrow(self) -> bool:
        """Return whether both sockets certainly fit into LONGEST_SOCKET4."""
        raise NotImplementedError

    def transitions(self) -> list[dict[str, Any]]:
        """Return every change of state, where the history was kept."""
        raise NotImplementedError

    def owner(self) -> tuple[int, str] | None:
        """Return id and name of the process that has the local socket, where that is known."""
        raise NotImplementedError


class ConnectionRow(Row):
    """One endpoint's view of a connection.

    side       that of the endpoint that is local; `local` and `foreign` are the endpoints
    opener     the side of who opened it
    present    the sides that would have it in their table
    number     how many rows this has been by now
    """

    def __init__(self, maker: RowMaker) -> None:
        self.maker = maker
        self.connection = Connection()
        self.local = self.connection.a
        self.foreign = self.connection.b
        self.side = 0
        self.opener = 0
        self.present = 0
        self.number = 0

    def look_at(self, connection: Connection) -> int:
        """Look at a connection and return the sides from which there is a row of it."""
        maker = self.maker
        if not maker.takes(connection):
            return 0
        present = connection.sides_present(maker.now, maker.unreplied, maker.replied)
        if not (maker.open if present else maker.closed):
            return 0
        opener = initiator(connection, maker.service_ports)
        self.connection = connection
        self.present = present
        self.opener = opener
        sides = maker.whose.local(connection)
        if sides == EITHER or (sides == 3 and maker.closed and maker.whose.guessed):
            sides = 1 << (opener if not present or present >> opener & 1 else 1 - opener)
        return sides if maker.closed else sides & present

    def turn(self, side: int) -> None:
        """Take the view from `side`."""
        self.side = side
        self.local = self.connection.b if side else self.connection.a
        self.foreign = self.connection.a if side else self.connection.b
        self.number += 1

    # --- what is the same from both sides -------------------------------------------------------

    def proto(self) -> str:
        """Return the protocol, "tcp" or "udp"."""
        return "tcp" if self.connection.protocol == TCP else "udp"

    def host(self, side: int) -> str:
        """Return the address at `side`."""
        connection = self.connection
        if connection.version == 4:
            return ipv4(connection.b_low if side else connection.a_low)
        if side:
            return ipv6(connection.b_high, connection.b_low)
        return ipv6(connection.a_high, connection.a_low)

    def port(self, side: int) -> int:
        """Return the port at `side`."""
        return self.connection.b_port if side else self.connection.a_port

    def service(self) -> str | None:
        """Return the name of the port at the responder's end, None where it has none.

        Where nothing but the first packet tells who opened a connection of TCP, that end may as
        well be the initiator's, with an ephemeral port that happens to be registered.
        """
        connection, maker = self.connection, self.maker
        names = maker.tcp_names if connection.protocol == TCP else maker.udp_names
        if not names:
            return None
        port = self.port(1 - self.opener)
        if connection.basis == UNKNOWN and connection.protocol == TCP:
            return names.get(port) if is_service(port, maker.service_ports) else None
        return names.get(port)

    def pseudo_state(self) -> int:
        """Return what a UDP pseudo-connection has come to; none for TCP, which has states."""
        connection = self.connection
        if connection.protocol == TCP:
            return 0
        if connection.a.packets and connection.b.packets:
            return _REPLIED
        return _REFUSED if connection.notes & NOTE_REFUSED else _UNREPLIED

    def tunnel(self) -> str:
        """Return the tunnels around the connection, the outermost first, "" where there is none."""
        return "/".join(tunnel_names(self.connection.tunnel)) if self.connection.tunnel else ""

    def end_reason(self) -> int:
        """Return IPFIX's flowEndReason (RFC 5102 section 5.11.3), none while open."""
        connection = self.connection
        if self.present:
            return 0
        if connection.protocol != TCP:
            return _IDLE_TIMEOUT
        a, b = connection.a, connection.b
        if (a.letters | b.letters) & LETTER_RST or (a.has_fin and b.has_fin):
            return _END_OF_FLOW
        if a.evidence_event == UNREACHABLE or b.evidence_event == UNREACHABLE:
            return _END_OF_FLOW
        if a.evidence_event == TIMEOUT or b.evidence_event == TIMEOUT:
            return _IDLE_TIMEOUT
        return _FORCED_END

    def notes(self) -> list[str]:
        """Return what was odd about the connection."""
        notes = self.connection.notes
        texts = [text for bit, text in NOTES.items() if notes & bit] if notes else []
        if self.connection.last_seen < self.maker.loss:
            texts.append(FRAMES_DROPPED)
        return texts

    # --- of an endpoint -------------------------------------------------------------------------

    def state(self, endpoint: Endpoint) -> int:
        """Return the state of an endpoint, none where nothing is known of it, or for UDP."""
        connection = self.connection
        if connection.protocol != TCP or not (endpoint.exists or endpoint.packets):
            return 0
        if connection.superseded:
            side = 0 if endpoint is connection.a else 1
            if not self.present >> side & 1:
                return CLOSED + 1
        return (endpoint.state if endpoint.exists else CLOSED) + 1

    def certainty(self, endpoint: Endpoint) -> int:
        """Return how the state of an endpoint is known."""
        if self.connection.protocol != TCP or not (endpoint.exists or endpoint.packets):
            return 0
        if self.connection.last_seen < self.maker.loss:
            return ASSUMED + 1
        return self.connection.certainty(endpoint) + 1

    def evidence(self, endpoint: Endpoint) -> int:
        """Return the event that brought an endpoint into its state, in its evidence frame."""
        return endpoint.evidence_event + 1 if endpoint.exists else 0

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

    def owner(self) -> tuple[int, str] | None:
        """Return id and name of the process that has the local socket, where that is known."""
        programs = self.maker.programs
        if programs is None:
            return None
        side, other = self.side, 1 - self.side
        owner: tuple[int, str] | None = programs.of(
            self.proto(),
            self.host(side),
            self.port(side),
            self.host(other),
            self.port(other),
            self.connection.first_seen,
        )
        return owner

    # --- as netstat has it ----------------------------------------------------------------------

    def cells(self) -> tuple[str, str, str, str]:
        """Return protocol, local socket, foreign socket and state as netstat shows them."""
        local, foreign = self._socket(self.side), self._socket(1 - self.side)
        if self.connection.protocol != TCP:
            return "UDP", local, foreign, ""
        return "TCP", local, foreign, STATES[self.state(self.local)] or "-"

    def is_narrow(self) -> bool:
        """Return whether it is IPv4, without names that are longer than numbers."""
        if self.connection.version != 4 or self.maker.hosts is not None:
            return False
        service = self.service()
        return service is None or len(service) <= _LONGEST_PORT

    def name(self, side: int) -> Name | None:
        """Return the name of the host at `side`, where names are wanted and it has one."""
        if self.maker.hosts is None:
            return None
        name: Name | None = self.maker.hosts.of(self.connection, side)
        return name

    def host_text(self, side: int) -> str:
        """Return the name of the host at `side`, else its address, as it stands before a port."""
        name = self.name(side)
        if name is not None:
            return name.text
        return self.host(side) if self.connection.version == 4 else f"[{self.host(side)}]"

    def port_text(self, side: int) -> str:
        """Return the service's name at the responder's `side`, else the number of the port."""
        service = None if side == self.opener else self.service()
        return f"{self.port(side)}" if service is None else service

    def _socket(self, side: int) -> str:
        connection = self.connection
        if connection.version == 4 and self.maker.hosts is None:
            low = connection.b_low if side else connection.a_low
            service = None if side == self.opener else self.service()
            return socket4(low, self.port(side)) if service is None else f"{ipv4(low)}:{service}"
        return f"{self.host_text(side)}:{self.port_text(side)}"


class ListeningRow(Row):
    """A socket that was seen to answer a SYN.

    socket    version of IP, the halves of the address, and the port
    """

    def __init__(self, maker: RowMaker, socket: tuple[int, int, int, int]) -> None:
        self.maker = maker
        self.version, self.high, self.low, self.port = socket
        self.host = address(self.version, self.high, self.low)
        self.service = maker.tcp_names.get(self.port)

    def cells(self) -> tuple[str, str, str, str]:
        """Return protocol, local socket, any foreign socket, and LISTEN."""
        local = f"{self.host_text()}:{self.port_text()}"
        return "TCP", local, "0.0.0.0:*" if self.version == 4 else "[::]:*", "LISTEN"

    def name(self) -> Name | None:
        """Return the name of the host, where names are wanted and it has one."""
        if self.maker.hosts is None:
            return None
        name: Name | None = self.maker.hosts.of_address(self.version, self.high, self.low)
        return name

    def host_text(self) -> str:
        """Return the name of the host, else its address, as it stands before a port."""
        name = self.name()
        if name is not None:
            return name.text
        return self.host if self.version == 4 else f"[{self.host}]"

    def port_text(self) -> str:
        """Return the service's name, else the number of the port."""
        return f"{self.port}" if self.service is None else self.service

    def is_narrow(self) -> bool:
        """Return False: there are few, nobody need know before."""
        return False

    def transitions(self) -> list[dict[str, Any]]:
        """Return nothing: a listening socket has no connection."""
        return []

    def owner(self) -> tuple[int, str] | None:
        """Return id and name of the process that listens."""
        programs = self.maker.programs
        if programs is None:
            return None
        owner: tuple[int, str] | None = programs.of("tcp", self.host, self.port, None, 0)
        return owner
