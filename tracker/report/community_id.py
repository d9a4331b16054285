"""Community ID version 1 of a connection (https://github.com/corelight/community-id-spec)."""

from tracker.connection import Connection

_SEED = b"\0\0"


def community_id(connection: Connection) -> str:
    """Return the flow hash that other tools give the same connection, seed 0.

    The endpoints of a connection stand in the order that the specification asks for.
    """
    from base64 import b64encode  # here, because a plain table needs neither
    from hashlib import sha1

    octets = _SEED
    if connection.version == 4:
        octets += (connection.a_low & 0xFFFFFFFF).to_bytes(4)
        octets += (connection.b_low & 0xFFFFFFFF).to_bytes(4)
    else:
        octets += (connection.a_high << 64 | connection.a_low).to_bytes(16)
        octets += (connection.b_high << 64 | connection.b_low).to_bytes(16)
    octets += bytes((connection.protocol, 0))
    octets += connection.a_port.to_bytes(2) + connection.b_port.to_bytes(2)
    digest = sha1(octets, usedforsecurity=False).digest()
    return "1:" + b64encode(digest).decode()
