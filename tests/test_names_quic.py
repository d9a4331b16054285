"""The name in QUIC's Initial packets: RFC 9001 appendix A, RFC 9369 appendix A, and made ones.

Packets are made here with the keys that the RFCs print, by `cryptography` alone, so that no key of
the tracker's takes part; that they are the RFCs' own is what the first tests show.
"""

import sys
from typing import NamedTuple

import pytest
from hellos import HOST_NAME, extension, hello, names
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.names import quic

pytest.importorskip("cryptography", reason="what is encrypted needs cryptography")

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

CONNECTION_ID = bytes.fromhex("8394c8f03e515708")
NAME = "www.example.com"
PADDING, PING = b"\0", b"\1"


class Keys(NamedTuple):
    """A version and the client's keys for CONNECTION_ID, as an appendix A.1 prints them."""

    version: int
    initial: int
    key: bytes
    iv: bytes
    hp: bytes


V1 = Keys(
    1,
    0,
    bytes.fromhex("1f369613dd76d5467730efcbe3b1a22d"),
    bytes.fromhex("fa044b2f42a3fd3b46fb255c"),
    bytes.fromhex("9f50449e04a0e810283a1e9933adedd2"),
)
V2 = Keys(
    0x6B3343CF,
    1,
    bytes.fromhex("8b1a0bc121284290a29e0971b5cd045d"),
    bytes.fromhex("91f73e2351d8fa91660e909f"),
    bytes.fromhex("45b95e15235d6f45a6b19cbcb0294ba9"),
)
both_versions = pytest.mark.parametrize("keys", [V1, V2], ids=["version 1", "version 2"])


def number(value: int) -> bytes:
    """Return a number of two octets (RFC 9000 section 16)."""
    return (0x4000 | value).to_bytes(2)


def sealed(
    keys: Keys,
    frames: bytes,
    packet_number: int = 0,
    to: bytes = CONNECTION_ID,
    token: bytes = b"",
    digits: int = 4,
) -> bytes:
    """Return a protected Initial packet (RFC 9001 section 5.4)."""
    first = 0xC0 | keys.initial << 4 | digits - 1
    shown = packet_number.to_bytes(digits)
    ids = bytes([len(to)]) + to + b"\0"
    beginning = keys.version.to_bytes(4) + ids + bytes([len(token)]) + token
    header = bytes([first]) + beginning + number(digits + len(frames) + 16) + shown
    nonce = int.from_bytes(keys.iv) ^ packet_number
    payload = AESGCM(keys.key).encrypt(nonce.to_bytes(12), frames, header)
    sample = payload[4 - digits :][:16]
    mask = Cipher(AES(keys.hp), ECB()).encryptor().update(sample)  # noqa: S305 - QUIC's
    hidden = bytes(octet ^ bits for octet, bits in zip(shown, mask[1:], strict=False))
    return bytes([first ^ mask[0] & 0x0F]) + header[1:-digits] + hidden + payload


def crypto(octets: bytes, offset: int = 0) -> bytes:
    """Return a CRYPTO frame (RFC 9000 section 19.6)."""
    return b"\x06" + number(offset) + number(len(octets)) + octets


HELLO = hello(
    extension(10, bytes(90)) + names((HOST_NAME, NAME.encode())) + extension(51, bytes(9))
)

# --- the RFCs' own packets ----------------------------------------------------------------------

#: RFC 9001 appendix A.2, and the same in RFC 9369.
FRAMES = bytes.fromhex(
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
    "04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
    "616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
    "04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
    "baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
    "0d0010000e0403050306030203080408050806002d00020101001c0002400100"
    "3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
    "75300901100f088394c8f03e51570806048000ffff"
)
#: How the protected packets begin and end: the end is the tag, which is made of all the rest.
PRINTED = {
    V1: (
        "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11",
        "e221af44860018ab0856972e194cd934",
    ),
    V2: (
        "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485",
        "a18b2faa745b6fe189cf772a9f84cbfc",
    ),
}


@both_versions
def test_the_client_initial_of_the_rfc(keys: Keys) -> None:
    packet = sealed(keys, FRAMES.ljust(1162, PADDING), packet_number=2)
    begin, end = map(bytes.fromhex, PRINTED[keys])
    assert (packet[: len(begin)], packet[-len(end) :], len(packet)) == (begin, end, 1200)
    assert quic.server_name([packet]) == "example.com"


def test_the_servers_initial_of_the_rfc_is_not_the_clients() -> None:
    """RFC 9001 appendix A.3: other keys."""
    packet = bytes.fromhex(
        "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a"
        "5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3"
        "dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84"
        "022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4"
        "2158407dd074ee"
    )
    assert quic.server_name([packet]) is None


# --- hellos in pieces ---------------------------------------------------------------------------


@both_versions
def test_a_hello_over_datagrams_in_any_order(keys: Keys) -> None:
    """As clients with long keys send it; RFC 9000 section 2.2: in any order."""
    middle = HELLO.index(NAME.encode()) + 5
    first = sealed(keys, crypto(HELLO[:middle]), 0)
    second = sealed(keys, crypto(HELLO[middle:], middle), 1)
    assert quic.server_name([first, second]) == NAME
    assert quic.server_name([second, first]) == NAME
    assert quic.server_name([first]) is None
    assert quic.server_name([second]) is None


def test_frames_in_any_order_with_others_between() -> None:
    """Clients mix them so that nobody relies on a place; some pieces come twice."""
    pieces = [crypto(HELLO[at : at + 20], at) for at in range(0, len(HELLO), 15)]
    ack = b"\2" + number(3) + number(0) + number(1) + number(0) + number(0) + number(1)
    ack_ecn = b"\3" + number(3) + number(0) + number(0) + number(0) + number(1) * 3
    frames = PING + ack.join(reversed(pieces)) + PADDING * 9 + ack_ecn + pieces[0]
    assert quic.server_name([sealed(V1, frames)]) == NAME


def test_coalesced_packets() -> None:
    """RFC 9000 section 12.2: Initial, 0-RTT, Initial in one datagram."""
    middle = HELLO.index(NAME.encode()) + 5
    early = bytes.fromhex("d000000001088394c8f03e51570800") + number(30) + bytes(30)
    first, second = (
        sealed(V1, crypto(HELLO[:middle])),
        sealed(V1, crypto(HELLO[middle:], middle), 1),
    )
    assert quic.server_name([first + early + second + bytes(40)]) == NAME
    retry = b"\xf0" + early[1:15]
    assert quic.server_name([first + retry + second]) is None  # nothing follows a Retry


def test_numbers_of_any_length_and_a_token() -> None:
    for digits in (1, 2, 3, 4):
        packet = sealed(V1, crypto(HELLO), packet_number=77, token=b"again", digits=digits)
        assert quic.server_name([packet]) == NAME


# --- connection ids that change -----------------------------------------------------------------


def test_the_servers_choice_changes_no_keys() -> None:
    """RFC 9001 section 5.2: keys are from the id of the client's first packet."""
    middle = HELLO.index(NAME.encode()) + 5
    first = sealed(V1, crypto(HELLO[:middle]))
    second = sealed(V1, crypto(HELLO[middle:], middle), 1, to=b"\xaa" * 20)
    assert quic.server_name([first, second]) == NAME


def test_keys_after_a_retry() -> None:
    """They are from the id that the Retry gave; the next id, the server's, changes them no more."""
    middle = HELLO.index(NAME.encode()) + 5
    before = bytes.fromhex("c0000000010411223344000041f4") + bytes(500)
    first = sealed(V1, crypto(HELLO[:middle]), token=b"retry")
    second = sealed(V1, crypto(HELLO[middle:], middle), 1, to=b"\xbb" * 8)
    assert quic.server_name([before, first, second]) == NAME


# --- what is not whole, or not QUIC -------------------------------------------------------------

WHOLE = sealed(V1, crypto(HELLO).ljust(300, PADDING))


def test_a_cut_packet_tells_nothing() -> None:
    assert quic.server_name([WHOLE]) == NAME
    assert {quic.server_name([WHOLE[:end]]) for end in range(len(WHOLE))} == {None}


@settings(max_examples=200)
@given(at=st.integers(0, len(WHOLE) - 1), bits=st.integers(1, 255))
def test_a_changed_octet_is_noticed(at: int, bits: int) -> None:
    """The tag is made of header and payload."""
    changed = WHOLE[:at] + bytes([WHOLE[at] ^ bits]) + WHOLE[at + 1 :]
    assert quic.server_name([changed]) is None


@settings(max_examples=200)
@given(octets=st.lists(st.binary(max_size=80), max_size=4), begin=st.integers(0, 30))
def test_any_octets(octets: list[bytes], begin: int) -> None:
    assert quic.server_name([WHOLE[:begin] + datagram for datagram in octets]) is None


@settings(max_examples=200)
@given(frames=st.binary(max_size=80), begin=st.sampled_from([b"", b"\2", b"\6", b"\6\0"]))
def test_any_frames(frames: bytes, begin: bytes) -> None:
    """Whoever can make keys can send what he wants."""
    padded = (begin + frames).ljust(20, PADDING)
    assert quic.server_name([sealed(V1, padded)]) is None


def test_what_ends_the_frames() -> None:
    """CONNECTION_CLOSE; and what no Initial packet may hold (RFC 9000 section 12.4)."""
    for kind in (b"\x1c", b"\x08"):
        assert quic.server_name([sealed(V1, kind + crypto(HELLO))]) is None


def test_huge_offsets_and_counts_cost_nothing() -> None:
    far = b"\x06" + b"\xff" * 8 + number(3) + b"far"
    acks = b"\2" + number(0) * 2 + b"\xff" * 8
    assert quic.server_name([sealed(V1, far + crypto(HELLO) + acks)]) == NAME


def test_only_so_many_packets_are_looked_at() -> None:
    """Each costs some work, and anybody can send them."""
    idle = sealed(V1, PING * 20)
    late = sealed(V1, crypto(HELLO))
    assert quic.server_name([idle] * (quic.MOST_PACKETS - 1) + [late]) == NAME
    assert quic.server_name([idle] * quic.MOST_PACKETS + [late]) is None


def test_a_datagram_that_is_too_long_is_not_looked_at() -> None:
    packet = sealed(V1, crypto(HELLO).ljust(1200, PADDING))
    rest = quic.LONGEST_DATAGRAM - len(packet)
    assert quic.server_name([packet + bytes(rest)]) == NAME
    assert quic.server_name([packet + bytes(rest + 1)]) is None


def test_only_so_many_frames_are_looked_at() -> None:
    before = crypto(HELLO[:9]) * (quic.MOST_FRAMES - 1)
    assert quic.server_name([sealed(V1, before + crypto(HELLO))]) == NAME
    assert quic.server_name([sealed(V1, crypto(b"") + before + crypto(HELLO))]) is None


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name, no error; `available` says why."""
    for module in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    quic.available.cache_clear()
    assert not quic.available()
    assert quic.server_name([WHOLE]) is None
    monkeypatch.undo()
    quic.available.cache_clear()
    assert quic.available()
