"""ClientHellos and records: what a real TLS stack says, and the same put together by hand."""

import contextlib
import ssl
from collections.abc import Iterable
from itertools import pairwise

HANDSHAKE = 22
SERVER_NAME, HOST_NAME = 0, 0  # RFC 6066 section 3


def spoken(name: str | None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> bytes:
    """Return the first record that Python's own TLS client sends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    sent = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return sent.read()


def counted(octets: bytes, size: int = 2) -> bytes:
    """Return octets after their length, a number of `size` octets."""
    return len(octets).to_bytes(size) + octets


def hello(
    extensions: bytes | None, version: int = 0x0303, session: bytes = b"", kind: int = 1
) -> bytes:
    """Return a ClientHello (RFC 8446 section 4.1.2) with these extensions; None: without any."""
    body = version.to_bytes(2) + bytes(range(32)) + counted(session, 1)
    body += counted(b"\x13\x01\xc0\x2f") + counted(b"\0", 1)
    body += b"" if extensions is None else counted(extensions)
    return bytes([kind]) + counted(body, 3)


def extension(kind: int, octets: bytes) -> bytes:
    """Return one extension."""
    return kind.to_bytes(2) + counted(octets)


def names(*entries: tuple[int, bytes]) -> bytes:
    """Return the extension server_name with entries of type and name (RFC 6066 section 3)."""
    listed = b"".join(bytes([kind]) + counted(name) for kind, name in entries)
    return extension(SERVER_NAME, counted(listed))


def record(octets: bytes, version: int = 0x0301, kind: int = HANDSHAKE) -> bytes:
    """Return one record (RFC 8446 section 5.1)."""
    return bytes([kind]) + version.to_bytes(2) + counted(octets)


def records(octets: bytes, cuts: Iterable[int]) -> bytes:
    """Return octets in records that end at these places, and one for the rest."""
    places = sorted({0, len(octets), *(cut for cut in cuts if 0 < cut < len(octets))})
    return b"".join(record(octets[start:end]) for start, end in pairwise(places))
