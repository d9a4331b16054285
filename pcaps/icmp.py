"""ICMP errors that no router sent, for both versions of IP (RFC 792, RFC 4443).

A forged error says what a router would say of a frame; its quote can be made to name another
sequence number, as somebody would who has to guess it.
"""

import struct
from ipaddress import ip_address
from typing import NamedTuple

from hosts import ROUTER, ROUTER6
from wire import checksum, transport

_ETHERNET = 14
_ROUTER_MAC = bytes.fromhex("020000000101")
_ICMP, _ICMPV6 = 1, 58
_MINIMUM_MTU = {4: 576, 6: 1280}  # a router quotes what fits into that


class Error(NamedTuple):
    """Type and code of an ICMP error, and its second word: an MTU, a pointer, or nothing."""

    type: int
    code: int = 0
    word: int = 0


def answer(quoted: bytes, error: Error, distance: int = 0, quote: int = 0) -> bytes:
    """The frame with which the router complains to the sender of the frame `quoted`.

    `distance` is added to the sequence number in the quote, which is cut after `quote` octets.
    """
    version = quoted[_ETHERNET] >> 4
    packet = bytearray(quoted[_ETHERNET:])
    if distance:
        _, tcp = transport(quoted)
        at = tcp - _ETHERNET + 4
        sequence = (int.from_bytes(packet[at : at + 4]) + distance) & 0xFFFFFFFF
        packet[at : at + 4] = sequence.to_bytes(4)
    room = _MINIMUM_MTU[version] - (28 if version == 4 else 48)
    message = struct.pack("!BBHI", error.type, error.code, 0, error.word)
    message += bytes(packet[: quote or room])
    link = quoted[6:12] + _ROUTER_MAC + quoted[12:14]
    return link + (_over_ipv4 if version == 4 else _over_ipv6)(message, quoted)


def _over_ipv4(message: bytes, quoted: bytes) -> bytes:
    message = _summed(message, b"")
    addresses = ip_address(ROUTER).packed + quoted[_ETHERNET + 12 : _ETHERNET + 16]
    length = 20 + len(message)
    header = struct.pack("!BBHHHBBH", 0x45, 0xC0, length, 0, 0, 64, _ICMP, 0) + addresses
    return header[:10] + checksum(header).to_bytes(2) + header[12:] + message


def _over_ipv6(message: bytes, quoted: bytes) -> bytes:
    addresses = ip_address(ROUTER6).packed + quoted[_ETHERNET + 8 : _ETHERNET + 24]
    message = _summed(message, addresses + struct.pack("!II", len(message), _ICMPV6))
    return struct.pack("!IHBB", 6 << 28, len(message), _ICMPV6, 64) + addresses + message


def _summed(message: bytes, pseudo_header: bytes) -> bytes:
    """The message with its checksum."""
    octets = pseudo_header + message
    value = checksum(octets + b"\0" * (len(octets) % 2))
    return message[:2] + value.to_bytes(2) + message[4:]
