"""What the connections of a capture tell about how complete it is."""

from collections.abc import Iterable

from tracker.connection import Connection
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


def tally(connections: Iterable[Connection], known: Iterable[Host] = ()) -> Tally:
    """Add up what the connections tell, all in one pass: each costs.

    `known` are hosts with several addresses.
    """
    tcp = missed = missed_in = one_way = duplicates = duplicates_in = version6 = 0
    guess = Guess(known)
    for connection in connections:
        if guess.open:
            guess.see(connection)
        if connection.version == 6:
            version6 += 1
        a, b = connection.a, connection.b
        twice = a.duplicates + b.duplicates
        duplicates += twice
        if twice:
            duplicates_in += 1
        if connection.protocol != TCP:
            continue
        tcp += 1
        octets = _missed(a, b) + _missed(b, a)
        missed += octets
        if octets or (a.letters | b.letters) & LETTER_GAP:
            missed_in += 1
        if _is_one_way(a, b) or _is_one_way(b, a):
            one_way += 1
    return Tally(
        tcp, missed, missed_in, one_way, duplicates, duplicates_in, version6, guess.sides()
    )


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
