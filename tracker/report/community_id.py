"""Community ID version 1 of a connection (https://github.com/corelight/community-id-spec)."""

from binascii import b2a_base64
from hashlib import sha1

from tracker.connection import Connection

# What is hashed: seed 0, both addresses, protocol, an octet of padding, both ports.
_ADDRESSES = 2
_SIZE4, _SIZE6 = 16, 40
_LENGTH = 28  # of 20 octets in base 64

_SHA1 = sha1(usedforsecurity=False)  # to be copied: arguments by name cost as much as hashing


def community_id(connection: Connection) -> str:
    """Return the flow hash that other tools give the same connection, seed 0.

    The endpoints of a connection stand in the order that the specification asks for.
    """
    if connection.version == 4:
        octets = bytearray(_SIZE4)
        at = _put(octets, _ADDRESSES, connection.a_low, 4)
        at = _put(octets, at, connection.b_low, 4)
    else:
        octets = bytearray(_SIZE6)
        at = _put(octets, _ADDRESSES, connection.a_high, 8)
        at = _put(octets, at, connection.a_low, 8)
        at = _put(octets, at, connection.b_high, 8)
        at = _put(octets, at, connection.b_low, 8)
    octets[at] = connection.protocol
    at = _put(octets, at + 2, connection.a_port, 2)
    _put(octets, at, connection.b_port, 2)
    hashed = _SHA1.copy()
    hashed.update(octets)
    text = b2a_base64(hashed.digest())
    return f"1:{text[:_LENGTH].decode('ascii')}"


def _put(octets: bytearray, at: int, number: int, size: int) -> int:
    """Write the last `size` octets of a number and return where they end."""
    for i in range(size):
        octets[at + i] = number >> 8 * (size - 1 - i) & 255
    return at + size
