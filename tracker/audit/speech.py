"""What each side of a connection said first, and when it spoke again; in bounded memory.

Hearing costs next to nothing: the flow table says which segment is the first with data of its
sender, and which comes after a silence. No other is looked at, but for the control connections of
FTP (see `audit.ftp`).
"""

from array import array

from tracker.audit.ftp import Control
from tracker.connection import Connection
from tracker.flow_table import FlowTable
from tracker.names.clues import Clues
from tracker.names.listener import Listener
from tracker.sequence import distance
from tracker.socket_pairs import side_of_sender
from tracker.typed import NamedTuple
from tracker.wire.segment import TCP, UDP, Frame, Hearer, Segment

#: Of so many sides the first octets are remembered, the latest; so many octets of each.
MOST, OCTETS = 400_000, 64

#: Data after so long a silence begins a burst, ns; of so many connections the times of bursts are
#: remembered, of each the latest so many.
SILENCE, MOST_BURSTING, MOST_BURSTS = 1_500_000_000, 20_000, 64

_UDP_HEADER, _TCP_DATA_OFFSET = 8, 12

# The port of FTP's control connections, whose lines all count.
_FTP = 21


class Heard(NamedTuple):
    """The first data of one side of a connection.

    time       when it was captured, ns since 1970; `frame` is the number of its frame
    sequence   of its first octet, 0 for UDP
    length     of the data, as it was on the wire; `octets` are the first OCTETS of it
    """

    time: int
    frame: int
    sequence: int
    length: int
    octets: bytes


class Speech(Hearer):
    """Hears the first octets of each side, and lets `names` hear everything.

    forgotten    of how many sides the first octets had to make room for later ones, at least
    control      what the control connections of FTP announce
    """

    def __init__(
        self, table: FlowTable, names: Listener | None, seed: int, most: int = MOST
    ) -> None:
        """Hear what `table` takes in; `seed`: 64 bits that nobody outside can know."""
        self.forgotten = 0
        self.control = Control()
        self._table = table
        self._names = names
        self._half = most // 2
        self._keys = Clues(0, seed)  # for its keys, which nobody outside can let meet
        self._newer: dict[int, tuple[int, int, int, int, bytes]] = {}
        self._older: dict[int, tuple[int, int, int, int, bytes]] = {}
        self._bursts: dict[int, array[int]] = {}
        self._older_bursts: dict[int, array[int]] = {}

    def hear(self, frame: Frame, segment: Segment) -> None:
        """Hear a segment or datagram with data, decoded from `frame`."""
        if self._names is not None:
            self._names.hear(frame, segment)
        if self._table.first_data:
            self._keep(frame, segment)
        elif self._table.silence > SILENCE:
            self._burst(segment)
        if segment.source_port == _FTP or segment.destination_port == _FTP:
            self._hear_control(frame, segment)

    def of(self, connection: Connection, side: int) -> Heard | None:
        """Return what `side` of a connection said first, None where that was not heard."""
        return self._of(connection, side, self._key_of(connection))

    def both(self, connection: Connection) -> tuple[Heard | None, Heard | None]:
        """Return what `a` and `b` said first, as `of` does."""
        key = self._key_of(connection)
        return self._of(connection, 0, key), self._of(connection, 1, key)

    def _of(self, connection: Connection, side: int, key: int) -> Heard | None:
        endpoint = connection.b if side else connection.a
        if not endpoint.payload:
            return None
        found = self._newer.get(key ^ side) or self._older.get(key ^ side)
        if found is None or not connection.first_seen <= found[0] <= connection.last_seen:
            return None
        if connection.protocol == TCP and not (
            endpoint.has_iss and distance(endpoint.iss, found[2]) <= 1
        ):
            return None  # what came before it was not captured
        return tuple.__new__(Heard, found)

    def bursts(self, connection: Connection) -> list[int]:
        """Return when data came after a silence, ns since 1970, the latest MOST_BURSTS."""
        key = self._key_of(connection)
        found = self._bursts.get(key) or self._older_bursts.get(key) or ()
        return [time for time in found if connection.first_seen <= time <= connection.last_seen]

    def _burst(self, segment: Segment) -> None:
        """Remember when a connection speaks again."""
        key = self._key(segment)
        times = self._bursts.get(key)
        if times is None:
            if len(self._bursts) >= MOST_BURSTING // 2:
                self._older_bursts, self._bursts = self._bursts, {}
            times = self._bursts[key] = self._older_bursts.get(key) or array("q")
        if len(times) >= MOST_BURSTS:
            del times[0]
        times.append(segment.time)

    def _keep(self, frame: Frame, segment: Segment) -> None:
        """Remember the first octets of a side."""
        octets = _data(frame, segment, OCTETS)
        if not octets:
            return
        if len(self._newer) >= self._half:
            self.forgotten += len(self._older)
            self._older, self._newer = self._newer, {}
        sequence = segment.sequence if segment.protocol == TCP else 0
        heard = (segment.time, segment.frame, sequence, segment.payload, octets)
        self._newer[self._key(segment) ^ side_of_sender(segment)] = heard

    def _hear_control(self, frame: Frame, segment: Segment) -> None:
        if segment.protocol == TCP:
            self.control.hear(segment, _data(frame, segment, 256))

    def _key(self, segment: Segment) -> int:
        """Return the key of the connection of a segment, as of both of its sides."""
        if side_of_sender(segment) == 0:
            return self._keys.connection(
                segment.protocol,
                segment.source_high,
                segment.source_low,
                segment.destination_high,
                segment.destination_low,
                segment.source_port | segment.destination_port << 16,
            )
        return self._keys.connection(
            segment.protocol,
            segment.destination_high,
            segment.destination_low,
            segment.source_high,
            segment.source_low,
            segment.destination_port | segment.source_port << 16,
        )

    def _key_of(self, connection: Connection) -> int:
        """Return the same key for a connection."""
        port = connection.b_port
        return self._keys.connection(
            connection.protocol,
            connection.a_high,
            connection.a_low,
            connection.b_high,
            connection.b_low,
            connection.a_port | port << 16,
        )


def _data(frame: Frame, segment: Segment, most: int) -> bytes:
    """Return the first octets of data of a segment, as far as they were captured."""
    start = segment.transport_at
    end = min(start + segment.transport_length, frame.end)
    if segment.protocol == UDP:
        start += _UDP_HEADER
    elif start + _TCP_DATA_OFFSET < end:
        start += (frame.data[start + _TCP_DATA_OFFSET] >> 4) * 4
    else:
        return b""
    return bytes(frame.data[start : max(start, min(end, start + most))])
