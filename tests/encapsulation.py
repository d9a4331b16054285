"""Headers of tunnels put together octet by octet, in the order of the RFCs' figures."""

import struct
from ipaddress import ip_address

from packets import IPV4, IPV6, UDP, ethernet, ipv4, ipv6, tcp, udp

INNER_CLIENT, INNER_SERVER = "10.0.0.1", "10.0.0.2"
PACKET = ipv4(tcp(b"GET /"), 6, INNER_CLIENT, INNER_SERVER)
PACKET6 = ipv6(tcp(b"GET /"), 6, "fd01::1", "fd01::2")

# Of makers, so that they are universal (IEEE 802).
MACS = bytes.fromhex("001b21aabbcc") + bytes.fromhex("00e04c112233")


def bridged(packet: bytes = PACKET, ethertype: int = IPV4) -> bytes:
    """Return an Ethernet frame with addresses of makers."""
    return MACS + struct.pack("!H", ethertype) + packet


def checked(packet: bytes) -> bytes:
    """Return an IPv4 packet of five words with its header checksum (RFC 1071) filled in."""
    total = sum(struct.unpack("!10H", packet[:20]))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return packet[:10] + struct.pack("!H", total ^ 0xFFFF) + packet[12:]


def in_ip(payload: bytes, protocol: int) -> bytes:
    """Return a frame with an IPv4 packet of `protocol`."""
    return ethernet(ipv4(payload, protocol))


def in_udp(payload: bytes, port: int, source: int = 50000) -> bytes:
    """Return a frame with a datagram to `port`."""
    return ethernet(ipv4(udp(payload, source, port), UDP))


def in_udp6(payload: bytes, port: int) -> bytes:
    """Return a frame with a datagram to `port` in IPv6."""
    return ethernet(ipv6(udp(payload, 50000, port), UDP), IPV6)


def gre(payload: bytes, protocol: int = IPV4, flags: int = 0, options: bytes = b"") -> bytes:
    """Return a GRE header (RFC 2784 section 2, RFC 2890 section 2) and its payload."""
    return struct.pack("!HH", flags, protocol) + options + payload


def label(number: int = 100, bottom: bool = True) -> bytes:
    """Return an MPLS label stack entry: label 20 bits, class 3, bottom of stack 1, TTL 8."""
    return struct.pack("!I", number << 12 | bottom << 8 | 64)


def nsh(payload: bytes, next_protocol: int) -> bytes:
    """Return a network service header of MD type 1 (RFC 8300 section 2)."""
    return struct.pack("!BBBBI", 0, 6, 1, next_protocol, 7 << 8 | 255) + bytes(16) + payload


def vxlan(payload: bytes, flags: int = 0x08, identifier: int = 5) -> bytes:
    """Return a VXLAN header (RFC 7348 section 5) and its payload."""
    return struct.pack("!BxxxI", flags, identifier << 8) + payload


def geneve(payload: bytes, protocol: int, options: bytes = b"", version: int = 0) -> bytes:
    """Return a Geneve header (RFC 8926 section 3.4) and its payload."""
    first = version << 6 | len(options) // 4
    return struct.pack("!BBHI", first, 0, protocol, 5 << 8) + options + payload


def gtp(payload: bytes, flags: int = 0x30, message: int = 255, optional: bytes = b"") -> bytes:
    """Return a GTP-U header (TS 29.281 section 5.1) and its payload."""
    length = len(optional) + len(payload)
    return struct.pack("!BBHI", flags, message, length, 9) + optional + payload


def l2tp(payload: bytes, flags: int, fields: tuple[int, ...]) -> bytes:
    """Return an L2TP header (RFC 2661 section 3.1) of 16-bit `fields`, and its payload."""
    return struct.pack(f"!H{len(fields)}H", flags, *fields) + payload


def origin(port: int = 4000, address: str = "192.0.2.45") -> bytes:
    """Return a Teredo origin indication (RFC 4380 section 5.1.1): both fields are inverted."""
    inverted = bytes(octet ^ 0xFF for octet in ip_address(address).packed)
    return struct.pack("!HH", 0, port ^ 0xFFFF) + inverted


def authentication(identifier: bytes = b"", value: bytes = b"") -> bytes:
    """Return a Teredo authentication indication (RFC 4380 section 5.1.1)."""
    lengths = struct.pack("!HBB", 1, len(identifier), len(value))
    return lengths + identifier + value + bytes(8) + b"\0"


def capwap(payload: bytes, wireless: bool = False, flags: int = 0) -> bytes:
    """Return a CAPWAP header (RFC 5415 section 4.3) of 8 octets, and its payload."""
    return bytes((0, 2 << 3, 1 << 1 | wireless, flags)) + bytes(4) + payload


def wireless_data(packet: bytes, control: bytes = b"\x08\x01", quality: bytes = b"") -> bytes:
    """Return an IEEE 802.11 data frame (section 9.3.2.1) with an LLC/SNAP header and IPv4."""
    snap = bytes.fromhex("aaaa03000000") + struct.pack("!H", IPV4)
    return control + bytes(2) + MACS + MACS[:6] + bytes(2) + quality + snap + packet


def tzsp(payload: bytes, protocol: int = 1, kind: int = 0, tags: bytes = b"") -> bytes:
    """Return a TZSP header, the tags with the one that ends them, and the captured frame."""
    return struct.pack("!BBH", 1, kind, protocol) + tags + b"\1" + payload
