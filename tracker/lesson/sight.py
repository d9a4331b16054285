"""What is known of a connection at one moment: plain values, kept where the engine keeps nothing.

The engine fills its objects anew for each segment; a lesson looks at what was before and after.
"""

from collections.abc import Sequence

from tracker.connection import Connection
from tracker.endpoint import Endpoint
from tracker.report.rows import CERTAINTIES, PSEUDO_STATES
from tracker.report.sides import basis, initiator
from tracker.report.text import address
from tracker.tcp_state import Event, State
from tracker.typed import NamedTuple
from tracker.wire.layers import tunnel_names
from tracker.wire.segment import TCP
from tracker.words import NOTE_REFUSED, NOTES, NOTHING


class Socket(NamedTuple):
    """An address and a port (RFC 9293 section 3.1)."""

    address: str
    port: int

    def __str__(self) -> str:
        """Return it as text (RFC 5952 section 6)."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else self.text4()

    def text4(self) -> str:
        """Return it as text, of IPv4."""
        return f"{self.address}:{self.port}"


class End(NamedTuple):
    """One endpoint of a connection, as `endpoint.Endpoint` has it; None where it knows nothing.

    state        a pseudo-connection of UDP has none
    certainty    "observed", "inferred" or "assumed"
    row          whether netstat on its host would show the connection
    frame, event, since    what caused the state, and when, ns since 1970; frame 0: none did
    doubt        the event that counts again once its doubt has ended (rules 4 and 5)
    """

    state: State | None
    certainty: str | None
    row: bool
    frame: int
    event: Event | None
    since: int
    exists: bool
    doubt: Event | None
    iss: int | None
    snd_nxt: int | None
    fin: int | None
    rcv_nxt: int | None
    ack_sent: int | None
    edge: int | None
    packets: int
    payload: int


class Sight(NamedTuple):
    """A connection, one generation of a socket pair, as it is at one moment.

    number       counts the connections of the capture, from 1, as their first segments come
    sockets, ends    in the order of the socket pair
    initiator    0 or 1: whose end opened it; `basis` says how that is known
    pseudo_state    of UDP: "unreplied", "replied" or "refused"
    notes        bits, as in `words.NOTES`
    bases        for each end the sequence number that relative ones count from
    tunnel       the tunnels around it, the outermost first, "" where there is none
    """

    number: int
    generation: int
    protocol: int
    sockets: tuple[Socket, Socket]
    ends: tuple[End, End]
    initiator: int
    basis: str
    pseudo_state: str | None
    notes: int
    bases: tuple[int, int]
    tunnel: str
    first_seen: int
    last_seen: int

    @property
    def is_tcp(self) -> bool:
        """Whether it is a connection of TCP, which has states."""
        return self.protocol == TCP


def sight(
    connection: Connection,
    number: int,
    bases: Sequence[int | None],
    present: int,
    service_ports: frozenset[int],
) -> Sight:
    """Return what is known of `connection`, whose number is `number`, now.

    `bases` are the first sequence numbers seen of both ends, `present` is
    `Connection.sides_present` now.
    """
    is_tcp = connection.protocol == TCP
    a = _end(connection, connection.a, bool(present & 1), is_tcp)
    b = _end(connection, connection.b, bool(present & 2), is_tcp)
    version = connection.version
    return Sight(
        number,
        connection.generation,
        connection.protocol,
        (
            Socket(address(version, connection.a_high, connection.a_low), connection.a_port),
            Socket(address(version, connection.b_high, connection.b_low), connection.b_port),
        ),
        (a, b),
        initiator(connection, service_ports),
        basis(connection, service_ports),
        None if is_tcp else _pseudo_state(connection),
        connection.notes,
        (_base(a, bases[0]), _base(b, bases[1])),
        "/".join(tunnel_names(connection.tunnel)) if connection.tunnel else "",
        connection.first_seen,
        connection.last_seen,
    )


def _end(connection: Connection, endpoint: Endpoint, row: bool, is_tcp: bool) -> End:
    event = endpoint.evidence_event
    return End(
        State(endpoint.state) if is_tcp else None,
        CERTAINTIES[connection.certainty(endpoint) + 1] if is_tcp else None,
        row,
        endpoint.evidence_frame,
        None if event == NOTHING else Event(event),
        endpoint.since,
        bool(endpoint.exists),
        None if endpoint.pending == NOTHING else Event(endpoint.pending),
        endpoint.iss if endpoint.has_iss else None,
        endpoint.snd_nxt if endpoint.has_snd else None,
        endpoint.fin if endpoint.has_fin else None,
        endpoint.rcv_nxt if endpoint.has_rcv else None,
        endpoint.ack_sent if endpoint.has_ack else None,
        endpoint.edge if endpoint.has_edge else None,
        endpoint.packets,
        endpoint.payload,
    )


def _base(end: End, first: int | None) -> int:
    """Return the number that the relative ones of `end` count from: its SYN's, else the first."""
    if end.iss is not None:
        return end.iss
    return 0 if first is None else first


def _pseudo_state(connection: Connection) -> str | None:
    """Return what a UDP pseudo-connection has come to."""
    if connection.a.packets and connection.b.packets:
        return PSEUDO_STATES[2]
    return PSEUDO_STATES[3] if connection.notes & NOTE_REFUSED else PSEUDO_STATES[1]


def note_names(notes: int) -> list[str]:
    """Return what the bits of `notes` are called."""
    return [name for bit, name in NOTES.items() if notes & bit]
