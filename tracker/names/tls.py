"""The name of the server that a TLS client asks for, from its ClientHello.

With Encrypted ClientHello it is the outer name: all that the wire tells.
"""

from tracker.names.incomplete import Incomplete
from tracker.names.plausible import host_name

# A record: type, version (2 octets), length (2) (RFC 8446 section 5.1).
_RECORD_HEADER = 5
_BEGIN = b"\x16\x03"  # handshake, major version 3
_LONGEST_RECORD = 1 << 14

# A handshake message: type, length (3 octets) (RFC 8446 section 4).
_CLIENT_HELLO = b"\x01"
_MESSAGE_HEADER = 4
_MAJOR_VERSION = 3
_VERSION_AND_RANDOM = 2 + 32
# With each list in it (session, cipher suites, compression, extensions) as long as can be said.
LONGEST_HELLO = _MESSAGE_HEADER + _VERSION_AND_RANDOM + (1 + 32) + (2 + 65534) + 256 + (2 + 65535)

_SERVER_NAME = 0  # the extension's type (RFC 6066 section 3)
_HOST_NAME = 0  # the name's type in it


class _ContradictionError(Exception):
    """The octets are no ClientHello."""


def server_name(stream: bytes) -> str | None:
    """Return the name in the ClientHello that a client's `stream` begins with; None without one.

    Records may split the hello anywhere.  Nothing behind the name is read.  Raises `Incomplete`
    when the stream goes on before the name.
    """
    hello, goes_on = _carried(stream)
    try:
        return hello_name(hello)
    except Incomplete as more:
        if not goes_on:
            return None
        # The headers of more records may come on top of that.
        raise Incomplete(len(stream) + more.needed - len(hello)) from None


def _carried(stream: bytes) -> tuple[bytes, bool]:
    """Return what the handshake records at the beginning carry, and whether more can follow.

    A hello is not interrupted by other records (RFC 8446 section 5.1).
    """
    pieces: list[bytes] = []
    at = octets = 0
    while at < len(stream) and octets < LONGEST_HELLO:
        length = int.from_bytes(stream[at + 3 : at + _RECORD_HEADER])
        header = stream[at : at + _RECORD_HEADER]
        if not header.startswith(_BEGIN[: len(header)]):
            return b"".join(pieces), False
        if len(header) == _RECORD_HEADER and not 0 < length <= _LONGEST_RECORD:
            return b"".join(pieces), False
        at += _RECORD_HEADER
        pieces.append(stream[at : at + length])
        octets += len(pieces[-1])
        at += length
    return b"".join(pieces), True


def hello_name(hello: bytes) -> str | None:
    """Return the name in a ClientHello without records (RFC 8446 section 4.1.2); None without one.

    Raises `Incomplete` when the hello goes on before the name, with octets of the hello.
    """
    try:
        extension = _extension(hello)
        return None if extension is None else _host(extension)
    except _ContradictionError:
        return None


class _Fields:
    """Octets that are read from front to back, of a hello that may not be there to its end.

    end   where the hello ends, by its own length
    """

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0
        self.end = LONGEST_HELLO

    def left(self) -> int:
        """Return how much of the hello is still to be read."""
        return self.end - self._at

    def take(self, count: int) -> bytes:
        """Read so many octets."""
        if count > self.left():
            raise _ContradictionError
        end = self._at + count
        if end > len(self._octets):
            raise Incomplete(end)
        taken = self._octets[self._at : end]
        self._at = end
        return taken

    def number(self, octets: int) -> int:
        """Read a number of so many octets."""
        return int.from_bytes(self.take(octets))

    def counted(self, octets: int, least: int, most: int) -> bytes:
        """Read a list after its length, a number of so many octets in these limits."""
        length = self.number(octets)
        if not least <= length <= most:
            raise _ContradictionError
        return self.take(length)


def _extension(hello: bytes) -> bytes | None:
    """Return the extension server_name of a hello, None without one."""
    fields = _Fields(hello)
    _skip_to_extensions(fields)
    if not fields.left():  # before RFC 3546 there were none
        return None
    if fields.number(2) != fields.left():
        raise _ContradictionError
    while fields.left():
        kind = fields.number(2)
        octets = fields.counted(2, 0, 65535)
        if kind == _SERVER_NAME:
            return octets
    return None


def _skip_to_extensions(fields: _Fields) -> None:
    if fields.take(1) != _CLIENT_HELLO:
        raise _ContradictionError
    length = fields.number(3)
    if length > fields.left():
        raise _ContradictionError
    fields.end = _MESSAGE_HEADER + length
    if fields.take(_VERSION_AND_RANDOM)[0] != _MAJOR_VERSION:
        raise _ContradictionError
    fields.counted(1, 0, 32)  # session
    fields.counted(2, 2, 65534)  # cipher suites
    fields.counted(1, 1, 255)  # compression methods


def _host(extension: bytes) -> str | None:
    """Return the host name in the list that the extension is (RFC 6066 section 3)."""
    fields = _Fields(extension)
    fields.end = len(extension)
    if fields.number(2) != fields.left():
        raise _ContradictionError
    hosts = []
    while fields.left():
        kind = fields.number(1)
        name = fields.counted(2, 0, 65535)  # so for types to come, too
        if kind == _HOST_NAME:
            hosts.append(name)
    return host_name(hosts[0]) if len(hosts) == 1 else None  # "MUST NOT contain more than one"
