"""The name of the server that a QUIC client asks for, from its first datagrams.

Initial packets are encrypted with keys that anybody can make from what the first of them says
openly (RFC 9001 section 5.2).  That needs the library `cryptography`, an optional extra: without it
no such names are told.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from tracker.names.incomplete import Incomplete
from tracker.names.tls import LONGEST_HELLO, hello_name
from tracker.typed import NamedTuple

# A hello needs two or three packets; each is tried with the keys of so many connection ids: the
# client's choice, that of a Retry, and what the server chooses changes no keys.
MOST_PACKETS = 10
_MOST_IDS = 3
# Anybody can make packets that take long.  Clients begin with 1200 octets or little more (RFC 9000
# section 14.1), and some cut the hello into twenty frames.
LONGEST_DATAGRAM = 2048
MOST_FRAMES = 64  # of a packet

# Long headers (RFC 9000 section 17.2).
_LONG_AND_FIXED = 0xC0
_TYPE = 0x30
_INITIAL, _RETRY = 0, 3  # as in version 1; each version turns them round by its own number
_LONGEST_ID = 20

# Header protection (RFC 9001 section 5.4): the sample is taken as if the number had 4 octets.
_SAMPLE_AT, _SAMPLE = 4, 16

# Frames that Initial packets may hold (RFC 9000 section 12.4), but CONNECTION_CLOSE.
_PADDING_AND_PING = re.compile(rb"[\x00\x01]*")
_ACK, _ACK_ECN, _CRYPTO = 2, 3, 6


class _Version(NamedTuple):
    """How a version of QUIC makes keys, and tells Initial packets.

    salt      what goes into the keys
    label     stands before the names of keys
    initial   the type of Initial packets
    """

    salt: bytes
    label: bytes
    initial: int


def _versions() -> dict[bytes, _Version]:
    """Return the versions by their numbers: 1 and 2, and the drafts that old captures hold."""
    one = _Version(bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), b"tls13 quic ", 0)
    two = _Version(bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"), b"tls13 quicv2 ", 1)
    draft29 = one._replace(salt=bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899"))
    draft23 = one._replace(salt=bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502"))
    drafts = {23: draft23, 29: draft29, 33: one}  # draft-ietf-quic-tls: since when
    versions = {
        (0xFF000000 + number).to_bytes(4): drafts[max(since for since in drafts if since <= number)]
        for number in range(23, 35)
    }
    # RFC 9001 section 5.2; RFC 9369 sections 3.1 to 3.3.
    return versions | {bytes.fromhex("00000001"): one, bytes.fromhex("6b3343cf"): two}


_VERSIONS = _versions()

#: What keys are made from: the version and a destination connection id.
_Id = tuple[_Version, bytes]


class _Packet(NamedTuple):
    """A protected Initial packet.

    version   how it is protected
    to        destination connection id
    octets    from its first octet to its end
    number    where in them its packet number begins
    """

    version: _Version
    to: bytes
    octets: bytes
    number: int


@lru_cache(maxsize=1)
def available() -> bool:
    """Return whether the library that decrypts is installed."""
    try:
        import cryptography.hazmat.primitives.ciphers.aead  # noqa: F401 - looked for, not used
    except ImportError:
        return False
    return True


def server_name(datagrams: list[bytes]) -> str | None:
    """Return the name in the ClientHello of a client's `datagrams`, in the order of their coming.

    None without one, while the hello is not there as far as its name, and where `available` says
    no.  No more than `MOST_PACKETS` packets are looked at, in datagrams that are not too long.
    """
    if not available():
        return None
    pieces: list[tuple[int, bytes]] = []
    keys: dict[_Id, _Keys] = {}
    for packet in _packets(datagrams):
        own = packet.version, packet.to
        if own not in keys and len(keys) < _MOST_IDS:
            keys[own] = _Keys(*own)
        pieces += _crypto(_opened(packet, keys))
    try:
        return hello_name(_joined(pieces))
    except Incomplete:
        return None


def _joined(pieces: list[tuple[int, bytes]]) -> bytes:
    """Return what the pieces, with their offsets, make from the beginning on without a gap."""
    joined = bytearray()
    for offset, octets in sorted(pieces):
        if offset > len(joined) or len(joined) > LONGEST_HELLO:
            break
        joined += octets[len(joined) - offset :]
    return bytes(joined)


# ---- packets -------------------------------------------------------------------------------------


class _EndError(Exception):
    """No more can be read here: the octets end, or are not what they should be."""


class _Fields:
    """Octets that are read from front to back."""

    def __init__(self, octets: bytes, at: int) -> None:
        self.at = at
        self._octets = octets

    def left(self) -> bool:
        """Return whether there is more to read."""
        return self.at < len(self._octets)

    def take(self, count: int) -> bytes:
        """Read so many octets."""
        end = self.at + count
        if end > len(self._octets):
            raise _EndError
        taken = self._octets[self.at : end]
        self.at = end
        return taken

    def number(self) -> int:
        """Read a number whose first two bits tell its length (RFC 9000 section 16)."""
        first = self.take(1)
        more = (1 << (first[0] >> 6)) - 1
        return int.from_bytes(first + self.take(more)) & ((1 << (8 * more + 6)) - 1)

    def skip(self, octets: re.Pattern[bytes]) -> None:
        """Read octets that match, if there are such."""
        found = octets.match(self._octets, self.at)
        if found:
            self.at = found.end()


def _packets(datagrams: list[bytes]) -> Iterator[_Packet]:
    """Yield the Initial packets of datagrams, which may each hold several."""
    count = 0
    for datagram in datagrams:
        for packet in _coalesced(datagram) if len(datagram) <= LONGEST_DATAGRAM else ():
            yield packet
            count += 1
            if count == MOST_PACKETS:
                return


def _coalesced(datagram: bytes) -> Iterator[_Packet]:
    """Yield the Initial packets of a datagram (RFC 9000 section 12.2)."""
    fields = _Fields(datagram, 0)
    while fields.left():
        start = fields.at
        try:
            version, to, number = _header(fields)
        except _EndError:
            return
        if version is not None:
            yield _Packet(version, to, datagram[start : fields.at], number - start)


def _header(fields: _Fields) -> tuple[_Version | None, bytes, int]:
    """Read a packet with a long header: version, None if it is no Initial packet; id; number."""
    first = fields.take(1)[0]
    version = _VERSIONS.get(fields.take(4))
    if first & _LONG_AND_FIXED != _LONG_AND_FIXED or version is None:
        raise _EndError
    kind = ((first & _TYPE) >> 4) - version.initial & 3
    to = _connection_id(fields)
    _connection_id(fields)
    if kind == _RETRY:  # has no length, and nothing behind it
        raise _EndError
    if kind == _INITIAL:
        fields.take(fields.number())  # token
    length = fields.number()
    number = fields.at
    fields.take(length)
    return version if kind == _INITIAL else None, to, number


def _connection_id(fields: _Fields) -> bytes:
    length = fields.take(1)[0]
    if length > _LONGEST_ID:
        raise _EndError
    return fields.take(length)


# ---- protection ----------------------------------------------------------------------------------


class _Keys:
    """What protects the Initial packets that a client sends (RFC 9001 sections 5.1 and 5.2)."""

    def __init__(self, version: _Version, first_id: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import ECB

        secret = _expanded(_hmac(version.salt, first_id), b"tls13 client in", 32)
        self._packets = AESGCM(_expanded(secret, version.label + b"key", 16))
        self._iv = int.from_bytes(_expanded(secret, version.label + b"iv", 12))
        hiding = AES(_expanded(secret, version.label + b"hp", 16))
        self._header = Cipher(hiding, ECB()).encryptor()  # noqa: S305 - RFC 9001 section 5.4.3

    def opened(self, packet: _Packet) -> bytes | None:
        """Return the frames of a packet; None if it is not protected with these keys."""
        from cryptography.exceptions import InvalidTag

        sample = packet.octets[packet.number + _SAMPLE_AT :][:_SAMPLE]
        if len(sample) < _SAMPLE:
            return None
        mask = self._header.update(sample)
        first = packet.octets[0] ^ mask[0] & 0x0F
        end = packet.number + (first & 3) + 1
        hidden = zip(packet.octets[packet.number : end], mask[1:], strict=False)
        number = bytes(octet ^ bits for octet, bits in hidden)
        header = bytes([first]) + packet.octets[1 : packet.number] + number
        # The first packets' numbers are small: nothing was cut off them.
        nonce = (self._iv ^ int.from_bytes(number)).to_bytes(12)
        try:
            return self._packets.decrypt(nonce, packet.octets[end:], header)
        except InvalidTag:
            return None


def _opened(packet: _Packet, keys: dict[_Id, _Keys]) -> bytes:
    """Return the frames of a packet that its own id's keys open, or another's; none: b""."""
    own = keys.get((packet.version, packet.to))
    others = [each for each in keys.values() if each is not own]
    for each in [own, *others] if own else others:
        frames = each.opened(packet)
        if frames is not None:
            return frames
    return b""


def _expanded(secret: bytes, label: bytes, length: int) -> bytes:
    """Return HKDF-Expand-Label without context (RFC 8446 section 7.1), of up to 32 octets."""
    info = length.to_bytes(2) + bytes([len(label)]) + label + b"\0"
    return _hmac(secret, info + b"\1")[:length]


def _hmac(key: bytes, octets: bytes) -> bytes:
    import hmac

    return hmac.digest(key, octets, "sha256")


# ---- frames --------------------------------------------------------------------------------------


def _crypto(frames: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield offset and octets of the first CRYPTO frames (RFC 9000 section 19.6)."""
    fields = _Fields(frames, 0)
    try:
        for _ in range(MOST_FRAMES):
            fields.skip(_PADDING_AND_PING)
            kind = fields.number()
            if kind == _CRYPTO:
                offset = fields.number()
                yield offset, fields.take(fields.number())
            elif kind in (_ACK, _ACK_ECN):
                _skip_ack(fields, kind)
            else:
                return
    except _EndError:
        return


def _skip_ack(fields: _Fields, kind: int) -> None:
    """Read an ACK frame (RFC 9000 section 19.3)."""
    for _ in range(2):  # largest acknowledged, delay
        fields.number()
    ranges = fields.number()
    for _ in range(1 + 2 * ranges + (3 if kind == _ACK_ECN else 0)):
        fields.number()
