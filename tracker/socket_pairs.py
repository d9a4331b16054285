"""Where the connection of a socket pair lies: an open-addressing hash table of places in the pool.

With each place stands its tag, 32 bits of the socket pair's hash, so that a connection of another
pair need not be touched: with many connections the cost of a packet is the cache lines it touches.
"""

from tracker.layout import (
    A_HIGH,
    A_LOW,
    B_HIGH,
    B_LOW,
    B_PORT,
    KEY,
    PROTOCOL,
    VERSION,
    WORDS,
)
from tracker.pool import Pool, block
from tracker.wire.segment import Segment
from tracker.words import NOTHING

_FIRST_SIZE = 1024

# Multiplier of the hash's mixing step: an odd number with well spread bits (fraction of the
# golden ratio, as in splitmix64).
_MIX = 0x9E3779B97F4A7C15
_MASK_64 = 0xFFFFFFFFFFFFFFFF


def side_of_sender(segment: Segment) -> int:
    """Return which endpoint sent `segment`: 0, the lower socket, or 1 (Community ID v1 order)."""
    if segment.source_high != segment.destination_high:
        return 1 if segment.source_high > segment.destination_high else 0
    if segment.source_low != segment.destination_low:
        return 1 if segment.source_low > segment.destination_low else 0
    return 1 if segment.source_port > segment.destination_port else 0


def _mix(hashed: int, value: int) -> int:
    hashed = ((hashed ^ value) * _MIX) & _MASK_64
    return hashed ^ (hashed >> 32)


def _mix_socket(hashed: int, low: int, port: int) -> int:
    """Mix in one socket: the low half of its address, and its port in the bits above 48."""
    return _mix(hashed, low ^ (port << 48))


def _entries(slots: int) -> memoryview:
    """Return tag and place of so many slots, 32 bits each, all free."""
    return memoryview(block(8 * slots)).cast("I")


def share_of(segment: Segment, shares: int) -> int:
    """Return which of so many shares of all socket pairs, about equal ones, has that of `segment`.

    From 0 on, the same for both directions.
    """
    ports = segment.source_port + segment.destination_port
    hosts = segment.source_low + segment.destination_low & _MASK_64
    return (_mix(hosts, ports << 40) >> 40) % shares


class SocketPairs:
    """The places in `pool` of all connections in the table, by socket pair.

    seed     64 bits that nobody outside can know (see `flow_table`)
    count    how many there are

    What was asked for last:

    side          which endpoint sent the segment
    key, tag      word of the socket pair (`layout.KEY`), and its hash
    """

    def __init__(self, pool: Pool, seed: int) -> None:
        self.count = 0
        self.side = 0
        self.key = 0
        self.tag = 0
        self._pool = pool
        self._seed = seed & _MASK_64
        self._entries = _entries(_FIRST_SIZE)
        self._mask = _FIRST_SIZE - 1

    def find(self, segment: Segment) -> int:
        """Return the place of the connection of `segment`, NOTHING where there is none."""
        side = side_of_sender(segment)
        if side == 0:
            a_low, a_high, a_port = segment.source_low, segment.source_high, segment.source_port
            b_low, b_high = segment.destination_low, segment.destination_high
            b_port = segment.destination_port
        else:
            b_low, b_high, b_port = segment.source_low, segment.source_high, segment.source_port
            a_low, a_high = segment.destination_low, segment.destination_high
            a_port = segment.destination_port
        version, protocol = segment.version, segment.protocol
        key = a_port | b_port << B_PORT | protocol << PROTOCOL | version << VERSION
        tag = self._hash(version, protocol, a_low, a_port, b_low, b_port, a_high + b_high)
        self.side, self.tag, self.key = side, tag, key
        at = tag & self._mask
        while self._entries[2 * at]:
            if self._entries[2 * at] == tag:
                place: int = self._entries[2 * at + 1]
                word = place * WORDS
                if (
                    self._pool.words[word + KEY] == key
                    and self._pool.words[word + A_LOW] == a_low
                    and self._pool.words[word + B_LOW] == b_low
                    and (version == 4 or self._has(word, a_high, b_high))
                ):
                    return place
            at = (at + 1) & self._mask
        return NOTHING

    def _has(self, word: int, a_high: int, b_high: int) -> bool:
        """Return whether the upper halves of the addresses are these."""
        pool = self._pool
        return pool.words[word + A_HIGH] == a_high and pool.words[word + B_HIGH] == b_high

    def _hash(
        self,
        version: int,
        protocol: int,
        a_low: int,
        a_port: int,
        b_low: int,
        b_port: int,
        high: int,
    ) -> int:
        """Return the tag of a socket pair: 32 bits of its hash; 0 marks a free slot.

        Multiplying moves what differs upwards only: so the last step takes the upper half, in which
        every bit depends on all of the socket pair, and a scan of ports does not crowd together.
        """
        hashed = self._seed ^ (protocol << 8 | version)
        hashed = _mix_socket(hashed, a_low, a_port)
        hashed = _mix_socket(hashed, b_low, b_port)
        if version == 6:
            hashed = _mix(hashed, high)
        return ((hashed * _MIX) & _MASK_64) >> 32 or 1

    def add(self, segment: Segment, place: int) -> None:
        """Give `place` to the socket pair of `segment`, which was asked for last, in vain."""
        if self.count * 4 >= (self._mask + 1) * 3:
            self._grow()
        word = place * WORDS
        self._pool.words[word + KEY] = self.key
        if self.side == 0:
            self._pool.words[word + A_LOW] = segment.source_low
            self._pool.words[word + A_HIGH] = segment.source_high
            self._pool.words[word + B_LOW] = segment.destination_low
            self._pool.words[word + B_HIGH] = segment.destination_high
        else:
            self._pool.words[word + B_LOW] = segment.source_low
            self._pool.words[word + B_HIGH] = segment.source_high
            self._pool.words[word + A_LOW] = segment.destination_low
            self._pool.words[word + A_HIGH] = segment.destination_high
        self._insert(self.tag, place)
        self.count += 1

    def _insert(self, tag: int, place: int) -> None:
        at = tag & self._mask
        while self._entries[2 * at]:
            at = (at + 1) & self._mask
        self._entries[2 * at] = tag
        self._entries[2 * at + 1] = place

    def _grow(self) -> None:
        entries = self._entries
        size = 2 * (self._mask + 1)
        self._entries = _entries(size)
        self._mask = size - 1
        for at in range(0, len(entries), 2):
            if entries[at]:
                self._insert(entries[at], entries[at + 1])

    def _slot_of(self, place: int) -> int:
        """Return the slot of the connection at `place`."""
        word = place * WORDS
        key = self._pool.words[word + KEY]
        tag = self._hash(
            key >> VERSION,
            key >> PROTOCOL & 0xFF,
            self._pool.words[word + A_LOW],
            key & 0xFFFF,
            self._pool.words[word + B_LOW],
            key >> B_PORT & 0xFFFF,
            self._pool.words[word + A_HIGH] + self._pool.words[word + B_HIGH],
        )
        at = tag & self._mask
        while self._entries[2 * at + 1] != place or not self._entries[2 * at]:
            at = (at + 1) & self._mask
        return at

    def remove(self, place: int) -> None:
        """Forget `place`: empty its slot and close the gap (Knuth 6.4, algorithm R)."""
        gap = at = self._slot_of(place)
        while True:
            at = (at + 1) & self._mask
            tag = self._entries[2 * at]
            if tag == 0:
                break
            if (at - (tag & self._mask)) & self._mask >= (at - gap) & self._mask:
                self._entries[2 * gap] = tag
                self._entries[2 * gap + 1] = self._entries[2 * at + 1]
                gap = at
        self._entries[2 * gap] = 0
        self.count -= 1
