"""What the connections of a capture tell about how complete it is."""

from collections.abc import Iterable

from tracker.connection import Connection, Heir
from tracker.endpoint import Endpoint
from tracker.report.sides import Guess, Host, Sides
from tracker.sequence import add, distance
from tracker.typed import NamedTuple
from tracker.wire.segment import TCP
from tracker.words import LETTER_ACK, LETTER_DATA, LETTER_FIN, LETTER_GAP

# Sequence numbers wrap: beyond this nobody can say how much went over the wire.
_HALF = 0x7FFFFFFF


class Tally(NamedTuple):
    """What the connections of a capture tell about it.

    tcp           connections of TCP
    missed        octets that were acknowledged and never seen, at least, and in how many
                  connections
    one_way       connections of which only one side was seen, though the other answered
    duplicates    frames that came twice, and in how many connections
    version6      connections over IPv6
    sides         whose connections they are, as far as they tell
    """

    tcp: int
    missed: int
    missed_in: int
    one_way: int
    duplicates: int
    duplicates_in: int
    version6: int
    sides: Sides


class Tallying(Heir):
    """Adds up what connections tell, those among them that a flow table forgets.

    `known` are hosts with several addresses; the sums are those of `Tally`, by now.
    """

    def __init__(self, known: Iterable[Host] = ()) -> None:
        self.guess = Guess(known)
        self.tcp = 0
        self.missed = 0
        self.missed_in = 0
        self.one_way = 0
        self.duplicates = 0
        self.duplicates_in = 0
        self.version6 = 0

    def inherit(self, connection: Connection) -> None:
        """Add what `connection` tells."""
        if self.guess.open:
            self.guess.see(connection)
        if connection.version == 6:
            self.version6 += 1
        a, b = connection.a, connection.b
        twice = a.duplicates + b.duplicates
        self.duplicates += twice
        if twice:
            self.duplicates_in += 1
        if connection.protocol == TCP:
            self.tcp += 1
            octets = _missed(a, b) + _missed(b, a)
            self.missed += octets
            if octets or (a.letters | b.letters) & LETTER_GAP:
                self.missed_in += 1
            if _is_one_way(a, b) or _is_one_way(b, a):
                self.one_way += 1

    def join(self, other: Heir) -> None:
        """Add what another one was told."""
        assert isinstance(other, Tallying)
        self._join(other)

    def _join(self, other: "Tallying") -> None:
        self.guess.join(other.guess)
        self.tcp += other.tcp
        self.missed += other.missed
        self.missed_in += other.missed_in
        self.one_way += other.one_way
        self.duplicates += other.duplicates
        self.duplicates_in += other.duplicates_in
        self.version6 += other.version6

    def tally(self, connections: Iterable[Connection]) -> Tally:
        """Return what all have told, when these `connections` have, too.

        All in one pass: each costs.
        """
        for connection in connections:
            self.inherit(connection)
        return Tally(
            self.tcp,
            self.missed,
            self.missed_in,
            self.one_way,
            self.duplicates,
            self.duplicates_in,
            self.version6,
            self.guess.sides(),
        )


def tally(connections: Iterable[Connection], known: Iterable[Host] = ()) -> Tally:
    """Return what the connections tell; `known` are hosts with several addresses."""
    return Tallying(known).tally(connections)


def _missed(endpoint: Endpoint, peer: Endpoint) -> int:
    """Return how many octets of `endpoint` its peer acknowledged that were never seen, at least."""
    if not (endpoint.packets and endpoint.has_iss and peer.has_ack):
        return 0
    acknowledged = distance(endpoint.iss, peer.ack_sent) - 1  # the SYN counts for one
    if endpoint.has_fin and peer.ack_sent == add(endpoint.fin, 1):
        acknowledged -= 1
    seen = endpoint.payload
    return acknowledged - seen if seen < acknowledged < _HALF else 0


def _is_one_way(seen: Endpoint, silent: Endpoint) -> bool:
    """Return whether only `seen` was captured, though its peer must have answered."""
    spoke = LETTER_ACK | LETTER_DATA | LETTER_FIN
    return not silent.packets and seen.letters & spoke != 0
