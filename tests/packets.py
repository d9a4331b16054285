"""Packets put together octet by octet, in the order of the RFCs' figures.

Nothing here comes from `tracker` or scapy: what the tests expect rests on these few lines and the
RFCs.  Fields that make no difference to the tracker (checksums, MAC addresses) are zero.
"""

import struct
from ipaddress import ip_address

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32

TCP, UDP = 6, 17
IPV4, IPV6 = 0x0800, 0x86DD
VLAN, QINQ = 0x8100, 0x88A8

#: Checksum and urgent pointer of a TCP header, which nothing depends on: a cut may begin there.
UNREAD = 4

CLIENT, SERVER = "192.168.1.5", "192.168.1.7"
CLIENT6, SERVER6 = "fd00::5", "fd00::7"


def ethernet(payload: bytes, ethertype: int = IPV4, destination: bytes = bytes(6)) -> bytes:
    """Return an Ethernet frame (IEEE 802.3 section 3.2), without padding and check sequence."""
    return destination + bytes(6) + struct.pack("!H", ethertype) + payload


def vlan(payload: bytes, identifier: int, ethertype: int = IPV4, priority: int = 0) -> bytes:
    """Return what follows the EtherType of a VLAN tag (IEEE 802.1Q section 9.6)."""
    return struct.pack("!HH", priority << 13 | identifier, ethertype) + payload


def ipv4(
    payload: bytes,
    protocol: int = TCP,
    source: str = CLIENT,
    destination: str = SERVER,
    *,
    options: bytes = b"",
    version: int = 4,
    header_length: int | None = None,
    total_length: int | None = None,
    identification: int = 0,
    more_fragments: bool = False,
    offset: int = 0,
) -> bytes:
    """Return an IPv4 packet (RFC 791 section 3.1); lengths are right unless given."""
    assert len(options) % 4 == 0
    words = 5 + len(options) // 4 if header_length is None else header_length
    total = 20 + len(options) + len(payload) if total_length is None else total_length
    header = struct.pack(
        "!BBHHHBBH4s4s",
        version << 4 | words,
        0,
        total,
        identification,
        more_fragments << 13 | offset,
        64,
        protocol,
        0,
        ip_address(source).packed,
        ip_address(destination).packed,
    )
    return header + options + payload


def ipv6(
    payload: bytes,
    next_header: int = TCP,
    source: str = CLIENT6,
    destination: str = SERVER6,
    *,
    version: int = 6,
    payload_length: int | None = None,
) -> bytes:
    """Return an IPv6 packet (RFC 8200 section 3); the length is right unless given."""
    length = len(payload) if payload_length is None else payload_length
    header = struct.pack("!IHBB", version << 28, length, next_header, 64)
    return header + ip_address(source).packed + ip_address(destination).packed + payload


def extension(next_header: int, octets: int = 8) -> bytes:
    """Return an extension header of RFC 8200 section 4.3 to 4.6, `octets` long."""
    assert octets % 8 == 0
    return bytes((next_header, octets // 8 - 1)) + bytes(octets - 2)


def fragment(
    next_header: int, offset: int = 0, more: bool = False, identification: int = 0
) -> bytes:
    """Return a fragment header (RFC 8200 section 4.5), `offset` in units of 8 octets."""
    return struct.pack("!BBHI", next_header, 0, offset << 3 | more, identification)


def authentication(next_header: int, octets: int = 24) -> bytes:
    """Return an authentication header (RFC 4302 section 2), `octets` long."""
    assert octets % 4 == 0
    return bytes((next_header, octets // 4 - 2)) + bytes(octets - 2)


def tcp(
    payload: bytes = b"",
    flags: int = ACK,
    source: int = 1099,
    destination: int = 80,
    *,
    sequence: int = 100,
    acknowledgment: int = 300,
    window: int = 8192,
    options: bytes = b"",
    data_offset: int | None = None,
) -> bytes:
    """Return a TCP segment (RFC 9293 section 3.1); the data offset is right unless given."""
    assert len(options) % 4 == 0
    words = 5 + len(options) // 4 if data_offset is None else data_offset
    header = struct.pack(
        "!HHIIBBHHH", source, destination, sequence, acknowledgment, words << 4, flags, window, 0, 0
    )
    return header + options + payload


def udp(
    payload: bytes = b"", source: int = 1305, destination: int = 7, *, length: int | None = None
) -> bytes:
    """Return a UDP datagram (RFC 768); the length is right unless given."""
    octets = 8 + len(payload) if length is None else length
    return struct.pack("!HHHH", source, destination, octets, 0) + payload


def tcp_frame(
    flags: int = ACK,
    payload: bytes = b"",
    *,
    back: bool = False,
    ports: tuple[int, int] = (1099, 80),
    sequence: int = 100,
    acknowledgment: int = 300,
) -> bytes:
    """Return a whole frame from client to server, or `back`; `ports` are theirs."""
    hosts = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    source, destination = ports[::-1] if back else ports
    segment = tcp(
        payload, flags, source, destination, sequence=sequence, acknowledgment=acknowledgment
    )
    return ethernet(ipv4(segment, TCP, *hosts))
