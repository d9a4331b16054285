"""What stands behind MPLS labels: IP, channels, pseudowires (RFC 4385, RFC 4448, RFC 5586).

Which of the readings of an ambiguous frame is taken agrees with what tshark 4.0 shows.
"""

import struct

import pytest
from decoding import Decoded, Fault, decode_frame, decoded, reason
from encapsulation import PACKET, PACKET6, bridged, label
from packets import IPV4, IPV6, QINQ, UNREAD, VLAN, ethernet, vlan

MPLS = 0x8847
CHANNEL_LABEL = 13
OTHER = ("other", "MPLS", "payload")
LOCAL = bytes.fromhex("020000005102")  # not universal, as people make them up
BROADCAST = b"\xff" * 6
MAKER = bytes.fromhex("001b21aabbcc")
CONTROL_WORDS = (bytes(4), b"\0\0\0\1", b"\0\0\x43\x21", b"\0\x40\0\1")


def behind_labels(payload: bytes) -> bytes:
    return ethernet(label(16, False) + label(17) + payload, MPLS)


def addressed(destination: bytes, source: bytes) -> bytes:
    return destination + source + struct.pack("!H", IPV4) + PACKET


def test_ethernet_without_a_control_word() -> None:
    for frame in (bridged(), bridged(PACKET6, IPV6), bridged(vlan(PACKET, 7), VLAN)):
        assert decoded(behind_labels(frame)).payload == 5


@pytest.mark.parametrize("word", CONTROL_WORDS)
@pytest.mark.parametrize("destination", [MAKER, BROADCAST, bytes.fromhex("40a6d9112233")])
def test_ethernet_behind_a_control_word(word: bytes, destination: bytes) -> None:
    """RFC 4448 section 4.6: four bits 0, twelve reserved, a sequence number or 0."""
    assert decoded(behind_labels(word + addressed(destination, MAKER))).payload == 5
    tagged = vlan(vlan(PACKET, 8), 7, VLAN)
    assert decoded(behind_labels(word + bridged(tagged, QINQ))).vlan == 7


@pytest.mark.parametrize("word", CONTROL_WORDS)
def test_what_may_be_read_in_two_ways_is_not_decoded(word: bytes) -> None:
    """Word and address 02:00:00:00:51:02 read as the makers' 00:00:00 and 00:00:51, too."""
    assert reason(behind_labels(word + addressed(LOCAL, LOCAL))) == OTHER
    assert reason(behind_labels(addressed(LOCAL, MAKER))) == OTHER
    assert reason(behind_labels(addressed(MAKER, LOCAL))) == OTHER


def test_addresses_that_begin_as_nothing_known() -> None:
    """First four bits other than 0, 1, 4 and 6 (RFC 4928 section 3)."""
    for first in (0x3C, 0x52, 0x80, 0xFF):
        frame = addressed(bytes((first,)) + MAKER[1:], MAKER)
        assert reason(behind_labels(frame)) == OTHER


@pytest.mark.parametrize(("channel", "packet"), [(0x0021, PACKET), (0x0057, PACKET6)])
def test_ip_in_an_associated_channel(channel: int, packet: bytes) -> None:
    """RFC 4385 section 5; behind the label 13 of RFC 5586 the first bits do not matter."""
    header = struct.pack("!HH", 0x1000, channel)
    assert decoded(behind_labels(header + packet)).payload == 5
    generic = ethernet(label(CHANNEL_LABEL) + struct.pack("!HH", 0, channel) + packet, MPLS)
    assert decoded(generic).payload == 5
    assert reason(behind_labels(b"\x10\0\0\7" + bytes(24))) == OTHER  # BFD


@pytest.mark.parametrize("payload", [bridged(), bytes(4) + bridged(), b"\x10\0\0\x21" + PACKET])
def test_cut_anywhere(payload: bytes) -> None:
    frame = behind_labels(payload)
    for length in range(len(frame)):
        result = decode_frame(frame[:length], len(frame), around=b"\xff" * 80)
        if length < len(frame) - len(b"GET /") - UNREAD:
            assert isinstance(result, Fault) and result.kind == "truncated", (length, result)
        else:
            assert isinstance(result, Decoded), (length, result)


def test_too_short_for_an_ethernet_frame() -> None:
    assert reason(behind_labels(bytes(17))) == OTHER
