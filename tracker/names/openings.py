"""Streams that begin with a name, put together as far as that: hellos of TLS, requests of HTTP.

And the messages of DNS over TCP, one after the other (RFC 1035 section 4.2.2).  Memory is bounded:
the number of streams, and of octets of each; the oldest gives way.
"""

from collections.abc import Callable

from tracker.names.incomplete import Incomplete

#: How many streams may be unfinished at a time, and how many octets of each are kept.
MOST_STREAMS = 1024
MOST_OCTETS = 65_535 + 2  # the longest message of DNS, with its length

#: So long a stream may take from its first segment to its name, ns.
PATIENCE = 30_000_000_000

_LENGTH = 2  # octets before a message of DNS, which say how long it is
_SHORTEST = 12  # octets of a message: its header (RFC 1035 section 4.1.1)
_MODULUS = 1 << 32

#: Returns the name that a stream begins with, None without one; raises Incomplete if it goes on.
Parser = Callable[[bytes], str | None]


def server_name(stream: bytes) -> str | None:
    """Return the name of the server in a ClientHello (`names.tls`)."""
    from tracker.names import tls  # here, because few short runs need it

    return tls.server_name(stream)


def host(stream: bytes) -> str | None:
    """Return the host of a request (`names.http`)."""
    from tracker.names import http

    return http.host(stream)


class _Stream:
    """What one side of a connection sent, from some point on.

    kind     what it is, as the caller says
    next     the sequence number that comes next
    begun    the time of its first segment, ns
    is_cut   whether octets are missing behind those that are there
    needed   how many octets there must be, at least, before it is worth looking again
    """

    def __init__(self, kind: int, sequence: int, time: int) -> None:
        self.kind = kind
        self.next = sequence
        self.begun = time
        self.is_cut = False
        self.needed = 0
        self.octets = bytearray()
        self._later: dict[int, tuple[bytes, bool]] = {}
        self._waiting = 0

    def add(self, sequence: int, octets: bytes, whole: bool) -> None:
        """Add the octets of a segment, which are its `whole` data or the beginning of them."""
        ahead = (sequence - self.next) % _MODULUS
        if ahead >= _MODULUS // 2:  # some are there already
            octets, ahead = octets[_MODULUS - ahead :], 0
        if ahead:
            if self._waiting + len(octets) <= MOST_OCTETS and sequence not in self._later:
                self._later[sequence] = octets, whole
                self._waiting += len(octets)
            return
        self._append(octets, whole)
        while self.next in self._later and not self.is_cut:
            self._append(*self._later.pop(self.next))

    def _append(self, octets: bytes, whole: bool) -> None:
        if not self.is_cut:
            self.octets += octets
            self.next = (self.next + len(octets)) % _MODULUS
            self.is_cut = not whole


class Openings:
    """The streams that are not yet there as far as their name.

    parsers     what finds the name, by kind; a kind without one is a row of messages of DNS
    count       how many streams there are
    given_up    how many were given up: too long, too slow, or too many
    parsed      how many octets were looked at for a name, those of each try
    """

    def __init__(self, parsers: dict[int, Parser]) -> None:
        self.given_up = 0
        self.parsed = 0
        self._parsers = parsers
        self._streams: dict[int, _Stream] = {}

    @property
    def count(self) -> int:
        """How many streams there are."""
        return len(self._streams)

    def waits(self, key: int) -> bool:
        """Return whether more is awaited of the stream with this key."""
        return key in self._streams

    def take(
        self, key: int, kind: int, start: tuple[int, int], octets: bytes, whole: bool
    ) -> tuple[int, list[bytes]]:
        """Take in a segment's data, at `start`: sequence number, and time in ns.

        `kind` says what begins here, unless the stream has begun before.  Returns the stream's kind
        and what is there now: its name, or messages of DNS.
        """
        sequence, time = start
        stream = self._streams.get(key)
        if stream is None:
            stream = _Stream(kind, sequence, time)
        stream.add(sequence, octets, whole)
        found, is_done = self._found(stream)
        if is_done:
            self._streams.pop(key, None)
        else:
            self._wait(key, stream, time)
        return stream.kind, found

    def _found(self, stream: _Stream) -> tuple[list[bytes], bool]:
        """Return what is there, and whether nothing more is awaited."""
        parser = self._parsers.get(stream.kind)
        if parser is None:
            found = _messages(stream.octets)
            return found, not stream.octets or self._gives_up(stream)
        if len(stream.octets) < stream.needed:
            return [], self._gives_up(stream)
        self.parsed += len(stream.octets)
        try:
            name = parser(bytes(stream.octets))
        except Incomplete as incomplete:
            stream.needed = incomplete.needed
            return [], self._gives_up(stream)
        return [] if name is None else [name.encode("ascii")], True

    def _gives_up(self, stream: _Stream) -> bool:
        """Return whether what is missing of a stream will never be there; count it then."""
        is_hopeless = stream.is_cut or len(stream.octets) >= MOST_OCTETS
        self.given_up += is_hopeless
        return is_hopeless

    def _wait(self, key: int, stream: _Stream, time: int) -> None:
        """Wait for more of a stream, and for others no longer."""
        self._streams[key] = stream
        if len(self._streams) > MOST_STREAMS:
            del self._streams[next(iter(self._streams))]
            self.given_up += 1
        self.forget(time)

    def forget(self, time: int) -> int:
        """Give up what has begun too long before `time`; return when to do that again, ns."""
        while self._streams:
            oldest = next(iter(self._streams))
            end = self._streams[oldest].begun + PATIENCE
            if time <= end:
                return end
            del self._streams[oldest]
            self.given_up += 1
        return time + PATIENCE


def _messages(octets: bytearray) -> list[bytes]:
    """Take the messages of DNS that are there as a whole out of `octets`."""
    messages = []
    while len(octets) >= _LENGTH:
        end = _LENGTH + int.from_bytes(octets[:_LENGTH])
        if end < _LENGTH + _SHORTEST:
            octets.clear()  # nothing that follows can be told from it
        if len(octets) < end:
            break
        messages.append(bytes(octets[_LENGTH:end]))
        del octets[:end]
    return messages
