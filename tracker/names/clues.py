"""What was heard about names, as it came: messages by what they tell of, in bounded memory.

A capture may hold a million answers of DNS, and a table asks for few of them.  So a message is
kept as it is and taken apart only when a row asks for a name; here it is found, by a key: that of
an address, or of a connection.  No object is made for a message.  When half of the memory is full,
a new shelf is begun, and when that is full, the older one is forgotten.
"""

from tracker.pool import block
from tracker.typed import NamedTuple
from tracker.wire.segment import Segment

# Multipliers of the hash's steps (splitmix64).
_MIX, _MIX_AGAIN = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9
_MASK_64 = 0xFFFFFFFFFFFFFFFF

# A message takes so many words, then its octets: time, frame, who asked (two halves), what it is.
_ROW = 5
_TIME, _FRAME, _ASKER_HIGH, _ASKER_LOW, _WHAT = range(_ROW)
# What it is: its kind, the asker's version of IP, how many entries follow, its length.
_VERSION, _ENTRIES, _LENGTH = 8, 16, 32

# An entry takes two words: its key, and where its message stands with the entry before in its slot.
_ENTRY = 2
_PLACE_BITS, _PLACE = 32, 0xFFFFFFFF

# A slot for so many words: most messages take as many or more.
_WORDS_TO_A_SLOT = 16
_SMALLEST = 1 << 16

#: No more clues than so many, the newest, are told of one key; so many later ones are passed over.
MOST = 16
_MOST_PASSED = 256

#: Later than any clue, ns since 1970.
NEVER = 0x7FFFFFFFFFFFFFFF


class Clue(NamedTuple):
    """A message that tells a name.

    kind    one of the kinds of `name`
    time    when it was captured, ns since 1970; `frame` is the number of its frame
    version, high, low    address of who asked for it, version 0 where nobody did; then `high` is
              the side of the connection that is named, or `high` and `low` the address
    octets    the message, or just the name
    """

    kind: int
    time: int
    frame: int
    version: int
    high: int
    low: int
    octets: bytes


class Asker:
    """Who asked for a message, or whom it names; see `Clue`."""

    def __init__(self) -> None:
        self.version = 0
        self.high = 0
        self.low = 0

    def be(self, version: int, high: int, low: int) -> None:
        """Be this one from now on."""
        self.version = version
        self.high = high
        self.low = low


class Shelf:
    """Messages, until it is full: each with its entries behind it.

    messages    how many there are
    """

    def __init__(self, size: int) -> None:
        """Take up to `size` octets of memory, as far as messages fill it."""
        words = max(size, _SMALLEST) // 8
        slots = 1
        while slots * _WORDS_TO_A_SLOT < words:
            slots *= 2
        self.messages = 0
        self._used = 0
        self._end = words - slots // 2
        self._last = 0
        self._slots = slots
        self._heads = memoryview(block(4 * slots)).cast("I")
        room = memoryview(block(8 * self._end))
        self._octets = room.cast("B")
        self._words = room.cast("Q")

    def has_room(self, length: int, keys: int) -> bool:
        """Return whether a message of so many octets has room, and so many keys to it."""
        return self._used + _ROW + (length + 7) // 8 + _ENTRY * keys <= self._end

    def put(
        self,
        kind: int,
        segment: Segment,
        asker: Asker,
        data: bytes | bytearray | memoryview,
        start: int,
        end: int,
    ) -> None:
        """Put in the message `data[start:end]`, which came in `segment`; it must have room."""
        at = self._used
        length = end - start
        first = 8 * (at + _ROW)
        self._words[at + _TIME] = max(segment.time, 0)
        self._words[at + _FRAME] = segment.frame
        self._words[at + _ASKER_HIGH] = asker.high
        self._words[at + _ASKER_LOW] = asker.low
        self._words[at + _WHAT] = kind | asker.version << _VERSION | length << _LENGTH
        self._octets[first : first + length] = data[start:end]
        self._last = at
        self._used = at + _ROW + (length + 7) // 8
        self.messages += 1

    def tell(self, key: int) -> None:
        """Let the last message be found by `key`."""
        at = self._used
        slot = key & (self._slots - 1)
        before = self._heads[slot]
        self._words[at] = key
        self._words[at + 1] = self._last | before << _PLACE_BITS
        self._words[self._last + _WHAT] += 1 << _ENTRIES
        self._heads[slot] = at
        self._used = at + _ENTRY

    def has(self, key: int) -> bool:
        """Return whether there is a message with this key."""
        return self._next(key, self._heads[key & (self._slots - 1)]) != 0

    def _next(self, key: int, entry: int) -> int:
        """Return the first entry of the key from `entry` on; 0 if there is none."""
        while entry and self._words[entry] != key:
            entry = self._words[entry + 1] >> _PLACE_BITS
        return entry

    def heard(self, key: int, until: int, clues: list[Clue]) -> None:
        """Add what was heard with this key until then (ns), the newest first, up to MOST in all."""
        passed = 0
        entry = self._next(key, self._heads[key & (self._slots - 1)])
        while entry and len(clues) < MOST and passed < _MOST_PASSED:
            link = self._words[entry + 1]
            message = link & _PLACE
            if self._words[message + _TIME] <= until:
                clues.append(self._clue(message))
            else:
                passed += 1
            entry = self._next(key, link >> _PLACE_BITS)

    def search(self, octets: bytes) -> list[Clue]:
        """Return all clues in which these octets stand, in lower case."""
        found = []
        at = 0
        for _ in range(self.messages):
            clue = self._clue(at)
            if octets in clue.octets.lower():
                found.append(clue)
            entries = self._words[at + _WHAT] >> _ENTRIES & 0xFFFF
            at += _ROW + (len(clue.octets) + 7) // 8 + _ENTRY * entries
        return found

    def _clue(self, message: int) -> Clue:
        what, first = self._words[message + _WHAT], 8 * (message + _ROW)
        return Clue(
            what & 0xFF,
            self._words[message + _TIME],
            self._words[message + _FRAME],
            what >> _VERSION & 0xFF,
            self._words[message + _ASKER_HIGH],
            self._words[message + _ASKER_LOW],
            bytes(self._octets[first : first + (what >> _LENGTH)]),
        )


class Clues:
    """Messages by what they tell of, the newest of them.

    seed         64 bits that nobody outside can know, so that nobody can choose keys that meet
    kept         how many messages were kept in all
    forgotten    how many of them had to make room for newer ones
    """

    def __init__(self, memory: int, seed: int) -> None:
        """Take up to `memory` octets."""
        self.kept = 0
        self.forgotten = 0
        self._size = memory // 2
        self._seed = seed & _MASK_64
        self._newer = Shelf(self._size)
        self._older: Shelf | None = None

    @property
    def count(self) -> int:
        """How many messages there are."""
        return self._newer.messages + (self._older.messages if self._older is not None else 0)

    def address(self, version: int, high: int, low: int) -> int:
        """Return the key of an address; its halves are as in `wire.segment`."""
        return self._mixed(self._mixed(self._seed ^ version, high), low)

    def asked(self, address: int, asker: int) -> int:
        """Return the key of what one host asked of another; both are keys of `address`."""
        return self._mixed(self._mixed(address, 0), asker)  # another one than the other way round

    def connection(
        self, protocol: int, a_high: int, a_low: int, b_high: int, b_low: int, ports: int
    ) -> int:
        """Return the key of a connection between `a` and `b`; `ports`: a's and 65536 times b's."""
        key = self._mixed(self._mixed(self._seed ^ protocol << 8, a_high), a_low)
        return self._mixed(self._mixed(self._mixed(key, b_high), b_low), ports)

    def _mixed(self, key: int, value: int) -> int:
        key = (key ^ value) * _MIX & _MASK_64
        key = (key ^ key >> 29) * _MIX_AGAIN & _MASK_64
        return key ^ key >> 32

    def put(
        self,
        kind: int,
        segment: Segment,
        asker: Asker,
        data: bytes | bytearray | memoryview,
        start: int,
        end: int,
        keys: int,
    ) -> bool:
        """Keep the message `data[start:end]`, which came in `segment`; return whether it is kept.

        Then it has room for so many `keys` by which to `tell` it.
        """
        if not self._newer.has_room(end - start, keys):
            if self._older is not None:
                self.forgotten += self._older.messages
            self._older = self._newer
            self._newer = Shelf(self._size)
            if not self._newer.has_room(end - start, keys):
                self.kept += 1
                self.forgotten += 1
                return False
        self._newer.put(kind, segment, asker, data, start, end)
        self.kept += 1
        return True

    def tell(self, key: int) -> None:
        """Let the message that was kept last be found by `key`."""
        self._newer.tell(key)

    def has(self, key: int) -> bool:
        """Return whether anything was heard with this key."""
        return self._newer.has(key) or (self._older is not None and self._older.has(key))

    def heard(self, key: int, until: int = NEVER) -> list[Clue]:
        """Return what was heard with this key until then (ns), the newest first, up to MOST."""
        clues: list[Clue] = []
        self._newer.heard(key, until, clues)
        if self._older is not None:
            self._older.heard(key, until, clues)
        return clues

    def search(self, octets: bytes) -> list[Clue]:
        """Return all clues in which these octets stand, in lower case."""
        older = [] if self._older is None else self._older.search(octets)
        return older + self._newer.search(octets)
