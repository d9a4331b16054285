"""Connections that are unpacked because something happens to them, and what lies beside the pool.

When one is quiet, what predicts the next segment is put into its place; the rest of it follows when
another one needs its stand.
"""

from tracker.connection import Connection, Journal
from tracker.layout import BESIDE, KIND, LAST_SEEN, ODD, WORDS
from tracker.pool import Pool
from tracker.typed import Any
from tracker.words import NOTHING

# How many connections may be unpacked at a time, a power of two: more than open and close at once
# in most captures, and few enough to stay in a processor's cache.
_STANDS = 2048


class Unpacked:
    """The connections of `pool` that are worked on, by the low bits of their places.

    beside    by place, what few connections have
    """

    def __init__(self, pool: Pool) -> None:
        self.beside: dict[int, tuple[Any, ...]] = {}
        self._pool = pool
        self._journal: Journal | None = None
        self._stands: list[Any] = [None] * _STANDS

    def tell(self, journal: Journal | None) -> None:
        """Let `journal` be told what happens to all connections."""
        self._journal = journal
        for connection in self._stands:
            if connection is not None:
                connection.journal = journal
        for beside in self.beside.values():
            if beside[0] is not None:
                beside[0].journal = journal

    def at(self, place: int) -> Connection:
        """Return the connection at `place`, to be worked on and packed again."""
        connection: Connection | None = self._stands[place & (_STANDS - 1)]
        if connection is None or connection.place != place:
            connection = self.stand(place)
            self._fill(connection, place)
        return connection

    def _fill(self, connection: Connection, place: int) -> None:
        """Let `connection`, which stands where it should, be the one at `place`."""
        if connection.shown == place:
            self._pool.follow(connection, place)
            connection.shown = NOTHING
            connection.place = place
        else:
            self.pack(connection)
            self.load(connection, place)
        self._pool.octets[8 * place * WORDS + KIND] = ODD  # what is packed is out of date

    def stand(self, place: int) -> Connection:
        """Return what the connection at `place` is unpacked into."""
        connection: Connection | None = self._stands[place & (_STANDS - 1)]
        if connection is None:
            connection = self._stands[place & (_STANDS - 1)] = Connection()
            connection.journal = self._journal
        return connection

    def pack(self, connection: Connection) -> None:
        """Put `connection` back into its place, if it still has one, and let go of it."""
        if connection.place >= 0:
            self._pool.show(connection, connection.place)
            self._store(connection, connection.place)
            connection.place = NOTHING
        elif connection.shown >= 0:
            self._store(connection, connection.shown)
            connection.shown = NOTHING

    def show(self, connection: Connection) -> None:
        """Put what is predicted of `connection` into its place, if it still has one."""
        if connection.place >= 0:
            self._pool.show(connection, connection.place)
            connection.shown = connection.place
            connection.place = NOTHING

    def pack_place(self, place: int) -> None:
        """Pack the connection at `place`, if it is unpacked."""
        connection: Connection | None = self._stands[place & (_STANDS - 1)]
        if connection is not None and place in (connection.place, connection.shown):
            self.pack(connection)

    def touch(self, connection: Connection) -> None:
        """Keep in the place of an unpacked `connection` what has to be right there, too."""
        if connection.place >= 0:
            self._pool.times[connection.place * WORDS + LAST_SEEN] = connection.last_seen

    def pack_all(self) -> None:
        """Pack all that are unpacked."""
        for connection in self._stands:
            if connection is not None:
                self.pack(connection)

    def load(self, connection: Connection, place: int) -> None:
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
            ) = self.beside[place]

    def _store(self, connection: Connection, place: int) -> None:
        """Put `connection` into `place`, but for what is shown there."""
        self._pool.store_rest(connection, place)
        octet = 8 * place * WORDS + BESIDE
        if connection.has_rare():
            self._pool.octets[octet] = True
            self.beside[place] = (
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
            del self.beside[place]

    def put(self, connection: Connection, place: int) -> None:
        """Let `connection` stand where the one at `place` does."""
        self._stands[place & (_STANDS - 1)] = connection

    def has_previous(self, place: int) -> bool:
        """Return whether the generation before that at `place` is there, too."""
        if not self._pool.octets[8 * place * WORDS + BESIDE]:
            return False
        return self.beside[place][0] is not None

    def forget(self, place: int) -> None:
        """Forget what is beside the connection at `place`."""
        if self._pool.octets[8 * place * WORDS + BESIDE]:
            del self.beside[place]
