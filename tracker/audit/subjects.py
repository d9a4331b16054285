"""From flow table, names and speech to subjects: each connection once, from a local side."""

from collections.abc import Iterable, Iterator

from tracker.audit.speech import Heard, Speech
from tracker.audit.spoken import spoken
from tracker.audit.subject import Subject
from tracker.config import Config
from tracker.connection import Connection
from tracker.names.name import DNS, LLMNR, MDNS, SOURCES, Name
from tracker.names.services import Services
from tracker.report.rows import PSEUDO_STATES, STATES, ConnectionRow, RowMaker, Wanted
from tracker.report.sides import EITHER, Sides, basis, network
from tracker.report.zeek import history
from tracker.typed import Any
from tracker.wire.segment import UDP

#: A program may take so long from an answer that is valid no longer to its connection, ns.
SLACK = 10_000_000_000

_ASKED = frozenset((SOURCES[DNS], SOURCES[LLMNR]))
_BOTH = 3

# Makes a named tuple of values in order, for a fraction of what its constructor costs.
_new = tuple.__new__


def row_maker(
    config: Config,
    whose: Sides,
    services: Services,
    now: int,
    hosts: Any = None,  # noqa: ANN401 - report.hosts.HostNames
    programs: Any = None,  # noqa: ANN401 - host.Programs
) -> RowMaker:
    """Return what `subjects` looks at connections with, as of the moment `now` (ns).

    `hosts` tells names (`report.hosts.HostNames`), `programs` whose the local sockets are
    (`host.Programs`), where they are wanted.
    """
    wanted = Wanted(
        now,
        closed=True,
        unreplied=config.nanoseconds("udp_unreplied"),
        replied=config.nanoseconds("udp_replied"),
    )
    maker = RowMaker(wanted, whose, frozenset(config.service_ports), services)
    maker.hosts = hosts
    maker.programs = programs
    return maker


def subjects(
    connections: Iterable[Connection], maker: RowMaker, speech: Speech | None
) -> Iterator[Subject]:
    """Yield a subject for each of `connections` with a local side; see `row_maker`.

    Where both sides are local it is seen from the side that opened it.
    """
    for subject, _ in with_bursts(connections, maker, speech):
        yield subject


def with_bursts(
    connections: Iterable[Connection], maker: RowMaker, speech: Speech | None
) -> Iterator[tuple[Subject, list[int]]]:
    """Yield each of the `subjects`, with the times (ns) of data in it that came after a silence."""
    row = ConnectionRow(maker)
    for connection in connections:
        sides = row.look_at(connection)
        if sides:
            row.turn(row.opener if sides == _BOTH else sides - 1)
            yield _subject(row, speech), [] if speech is None else speech.bursts(connection)


def _subject(row: ConnectionRow, speech: Speech | None) -> Subject:
    """Return the subject that a row is about."""
    connection, local, foreign = row.connection, row.local, row.foreign
    side = row.side
    said = heard = None
    if speech is not None:
        said, heard = speech.both(connection)
        if side:
            said, heard = heard, said
    name = row.name(1 - side)
    values = (
        row.proto(),
        row.host(side),
        row.port(side),
        row.host(1 - side),
        row.port(1 - side),
        STATES[row.state(local)],
        STATES[row.state(foreign)],
        PSEUDO_STATES[row.pseudo_state()],
        "local" if row.opener == side else "foreign",
        basis(connection, row.maker.service_ports),
        connection.first_seen,
        connection.last_seen,
        _first_frame(row, said, heard),
        name,
        name is not None and _is_asked(name, row),
        row.service(),
        local.packets,
        foreign.packets,
        local.payload,
        foreign.payload,
        history(connection, row.opener),
        connection.notes,
        _kind(said, connection),
        _kind(heard, connection),
        row.owner(),
        bool(row.present >> side & 1),
    )
    return _new(Subject, values)


def _kind(heard: Heard | None, connection: Connection) -> str | None:
    """Return which protocol a side speaks."""
    if heard is None:
        return None
    return spoken(heard.octets, connection.protocol == UDP, heard.length)


def _first_frame(row: ConnectionRow, said: Heard | None, heard: Heard | None) -> int:
    """Return the first frame that is known to be evidence of the connection, 0 for none."""
    local, foreign = row.local, row.foreign
    frame = 0
    if said is not None:
        frame = said.frame
    if heard is not None and (not frame or heard.frame < frame):
        frame = heard.frame
    if local.exists and local.evidence_frame and (not frame or local.evidence_frame < frame):
        frame = local.evidence_frame
    if foreign.exists and foreign.evidence_frame and (not frame or foreign.evidence_frame < frame):
        frame = foreign.evidence_frame
    return frame


def _is_asked(name: Name, row: ConnectionRow) -> bool:
    """Return whether the local host asked for a name, before it connected, and it still held.

    What mDNS says, everybody was told.  A host may ask over the other version of IP: then who asked
    must be local, as far as anybody says who is.
    """
    opened = row.connection.first_seen
    if not name.time <= opened <= max(name.until, name.time) + SLACK:
        return False
    if name.source == SOURCES[MDNS]:
        return True
    if name.source not in _ASKED or name.asker is None:
        return False
    local = row.host(row.side)
    return name.asker == local or (
        (":" in name.asker) != (":" in local) and _is_local(name.asker, row.maker.whose)
    )


def _is_local(text: str, whose: Sides) -> bool:
    """Return whether an address is local; where nobody says which are, any may be."""
    if not whose.networks:
        return True
    one = Connection()
    asked = network(text)
    one.version, one.a_high, one.a_low = asked.version, asked.high, asked.low
    return whose.local(one) & 1 != 0 and whose.local(one) != EITHER
