"""Which addresses a message of DNS tells names of: a walk over its records (RFC 1035 section 4).

It finds answers, and nothing in them: `names.dns` does that, when a name is asked for.
"""

from tracker.wire.segment import Frame

_HEADER = 12
_RESPONSE = 0x80  # the first bit of the flags; the rest of their first octet but AA, TC, RD: opcode
_OPCODE = 0x78
_CODE = 0x0F  # of the second octet: 0 for no error

_A, _CNAME, _PTR, _AAAA = 1, 5, 12, 28

#: An address: version of IP, upper and lower half as in `wire.segment`.
Address = tuple[int, int, int]
Noted = tuple[int, int, int, int, Address | None]
_INTERNET = 1
_CLASS = 0x7FFF  # without mDNS's flag (RFC 6762 section 10.2)

_POINTER = 0xC0

# No message that a host's name depends on has more records, or they do not lie that far behind
# (octets): each costs time, also when the message is taken apart.
_MOST_RECORDS = 256
_MOST_REVERSE = 16
_LONGEST = 4096
_MOST_LABELS = 64

_V4_MAPPED = 0xFFFF << 32


class Answers:
    """The addresses that one message tells names of.

    count    how many they are
    end      offset behind the last record that has to do with them
    noted    if it is a list: where these records are, for who takes them apart: type, offset of the
             owner, TTL (seconds), offset of what it says, and the address (version, two halves),
             None of a CNAME
    """

    def __init__(self) -> None:
        self.count = 0
        self.end = 0
        self.noted: list[Noted] | None = None
        self._reverses = 0
        self._versions = memoryview(bytearray(_MOST_RECORDS))
        self._halves = memoryview(bytearray(16 * _MOST_RECORDS)).cast("Q")
        self._data: bytes | bytearray | memoryview = b""
        self._start = 0
        self._end = 0
        self._at = 0

    def read(self, frame: Frame, start: int, end: int, everything: bool) -> int:
        """Read the message between two offsets of a frame; return how many addresses it tells of.

        Of its answers, or of `everything` in it, as in mDNS.  What is cut off or wrong ends it.
        """
        self.count = self.end = self._reverses = 0
        end = min(end, start + _LONGEST)
        data = self._data = frame.data
        self._start, self._end, self._at = start, end, start + _HEADER
        if start + _HEADER > end or data[start + 2] & (_RESPONSE | _OPCODE) != _RESPONSE:
            return 0
        if data[start + 3] & _CODE:
            return 0
        questions = data[start + 4] << 8 | data[start + 5]
        records = data[start + 6] << 8 | data[start + 7]
        if everything:
            records += data[start + 8] << 8 | data[start + 9]
            records += data[start + 10] << 8 | data[start + 11]
        for _ in range(min(questions, _MOST_RECORDS)):
            if not self._skip_name():
                return 0
            self._at += 4
        for _ in range(min(records, _MOST_RECORDS)):
            if not self._record():
                break
        return self.count

    def version(self, i: int) -> int:
        """Return the version of IP of an address, counted from 0."""
        return self._versions[i]

    def high(self, i: int) -> int:
        """Return the upper half of an address."""
        return self._halves[2 * i]

    def low(self, i: int) -> int:
        """Return the lower half of an address."""
        return self._halves[2 * i + 1]

    def _add(self, version: int, high: int, low: int) -> None:
        """Note an address; there are no more than records."""
        self._versions[self.count] = version
        self._halves[2 * self.count] = high
        self._halves[2 * self.count + 1] = low
        self.count += 1

    def _record(self) -> bool:
        """Read a record; return whether there may be another one."""
        data, owner = self._data, self._at
        if not self._skip_name() or self._at + 10 > self._end:
            return False
        at = self._at
        kind = data[at] << 8 | data[at + 1]
        is_internet = (data[at + 2] << 8 | data[at + 3]) & _CLASS == _INTERNET
        length = data[at + 8] << 8 | data[at + 9]
        before = self.count
        self._at = at = at + 10
        self._at += length
        if self._at > self._end:
            return False
        if is_internet and kind == _A and length == 4:
            self._add(4, 0, _V4_MAPPED | self._number(at, 4))
        elif is_internet and kind == _AAAA and length == 16:
            self._add(6, self._number(at, 8), self._number(at + 8, 8))
        elif is_internet and kind == _PTR and self._reverses < _MOST_REVERSE:
            self._reverses += 1
            self._reverse(owner)
        elif kind != _CNAME or not is_internet:
            return True
        self.end = self._at
        if self.noted is not None:
            self._note(kind, owner, at, self.count - before)
        return True

    def _note(self, kind: int, owner: int, at: int, found: int) -> None:
        """Note where a record is whose data is at an offset, and which has `found` an address."""
        assert self.noted is not None
        last = self.count - 1
        address = (self.version(last), self.high(last), self.low(last)) if found else None
        seconds = self._number(at - 6, 4)
        if seconds >> 31:
            seconds = 0  # RFC 2181 section 8
        if found or kind == _CNAME:
            self.noted.append((kind, owner, seconds, at, address))

    def _number(self, at: int, octets: int) -> int:
        number = 0
        for i in range(octets):
            number = number << 8 | self._data[at + i]
        return number

    def _skip_name(self) -> bool:
        """Go behind a name (section 4.1.4); return whether it is one."""
        at = self._at
        while at < self._end:
            length = self._data[at]
            if length >= _POINTER:
                self._at = at + 2
                return at + 2 <= self._end
            if length > 63:
                return False
            at += 1 + length
            if not length:
                self._at = at
                return at <= self._end
        return False

    def _reverse(self, at: int) -> None:
        """Add the address whose name for the way back stands at `at`."""
        labels = self._labels(at)
        if len(labels) == 6 and labels[4:] == [b"in-addr", b"arpa"]:
            number = _number(labels[3::-1], 10, 256)
            if number >= 0:
                self._add(4, 0, _V4_MAPPED | number)
        elif len(labels) == 34 and labels[32:] == [b"ip6", b"arpa"]:
            high, low = _number(labels[31:15:-1], 16, 16), _number(labels[15::-1], 16, 16)
            if high >= 0 and low >= 0:
                self._add(6, high, low)

    def _labels(self, at: int) -> list[bytes]:
        """Return the labels of a name, in lower case; none if it is none."""
        labels: list[bytes] = []
        while len(labels) <= _MOST_LABELS and at < self._end:
            length = self._data[at]
            if length >= _POINTER:
                target = self._start
                if at + 2 <= self._end:
                    target += (length & 0x3F) << 8 | self._data[at + 1]
                if target >= at or target == self._start:
                    return []  # only back, or it might never end
                at = target
            elif not length:
                return labels
            elif length > 63 or at + 1 + length > self._end:
                return []
            else:
                labels.append(bytes(self._data[at + 1 : at + 1 + length]).lower())
                at += 1 + length
        return []


def _number(parts: list[bytes], base: int, most: int) -> int:
    """Return the number that labels spell (RFC 1035 section 3.5, RFC 3596 section 2.5), else -1."""
    number = 0
    for part in parts:
        if not part.isalnum() or len(part) > 3:
            return -1
        try:
            digit = int(part, base)
        except ValueError:
            return -1
        if digit >= most:
            return -1
        number = number * most + digit
    return number
