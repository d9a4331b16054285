"""Tunnels between the hosts, for kinds that a kernel may have been built without.

A tunnel has a TUN or TAP device at each host. What the kernel sends there, a thread wraps in the
tunnel's header and sends to the other host, through a raw socket of the tunnel's protocol or a UDP
socket; so the headers outside and inside are a kernel's, and only what stands between is ours.
"""

import fcntl
import os
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple, Self

from hosts import Host, Lab
from wire import checksum

_MULTICAST = (0xFF, 0x33)  # how such an IPv6 address begins, and its MAC address
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_TAP, _IFF_NO_PI = 0x0001, 0x0002, 0x1000

Header = Callable[[bytes, int], bytes]
"""Given what is carried and how many packets came before: the header to put before it."""


class Kind(NamedTuple):
    """A kind of tunnel: what is outside, what is inside, and the header between the two.

    `over` is 4 or 6, an IP version; `protocol` an IP protocol, `port` a UDP port instead.
    `carries` is 4 or 6, an IP version, or 2, Ethernet frames with IPv4.
    """

    name: str
    header: Header
    protocol: int = 0
    port: int = 0
    over: int = 4
    carries: int = 4


# ---- headers -------------------------------------------------------------------------------------


def _always(header: str) -> Header:
    """The same octets, given in hexadecimal, before every packet."""
    octets = bytes.fromhex(header)
    return lambda inner, number: octets


def _numbered_gre(inner: bytes, number: int) -> bytes:
    """GRE with checksum, key 5 and sequence number (RFC 2784, RFC 2890)."""
    header = bytearray(struct.pack("!HHHHII", 0xB000, 0x0800, 0, 0, 5, number))
    octets = bytes(header) + inner
    header[4:6] = checksum(octets + bytes(len(octets) % 2)).to_bytes(2)
    return bytes(header)


def _pptp(inner: bytes, number: int) -> bytes:
    """GRE as PPTP has it, with call 7 and sequence number (RFC 2637), and PPP's for IPv4."""
    ppp = b"\xff\x03\x00\x21"
    return struct.pack("!HHHHI", 0x3001, 0x880B, len(ppp + inner), 7, number) + ppp


def _erspan(inner: bytes, number: int) -> bytes:
    """ERSPAN type II: GRE with sequence number, then session 9."""
    return struct.pack("!HHIHHI", 0x1000, 0x88BE, number, 1 << 12, 9, 0)


def _gtp(inner: bytes, number: int) -> bytes:
    """GTP-U for tunnel 1 (3GPP TS 29.281)."""
    return struct.pack("!BBHI", 0x30, 0xFF, len(inner), 1)


def _gtp_numbered(inner: bytes, number: int) -> bytes:
    """GTP-U for tunnel 2 with sequence number, and an extension header as 5G has it."""
    header = struct.pack("!BBHI", 0x36, 0xFF, len(inner) + 8, 2)
    return header + struct.pack("!HBB", number, 0, 0x85) + b"\x01\x00\x09\x00"


_TWO_LABELS = "00064040 000c8140"  # 100, then 200, the bottom of the stack

IN_IP = (
    Kind("IPIP", _always(""), 4),
    Kind("6in4", _always(""), 41, carries=6),
    Kind("4in6", _always(""), 4, over=6),
    Kind("6in6", _always(""), 41, over=6, carries=6),
    Kind("GRE", _always("0000 0800"), 47),
    Kind("GRE, IPv6 in IPv6", _always("0000 86dd"), 47, over=6, carries=6),
    Kind("GRE, checksum, key, number", _numbered_gre, 47),
    Kind("GRE, Ethernet", _always("0000 6558"), 47, carries=2),
    Kind("NVGRE", _always("2000 6558 00123400"), 47, carries=2),
    Kind("ERSPAN", _erspan, 47, carries=2),
    Kind("PPTP", _pptp, 47),
    Kind("GRE, MPLS", _always("0000 8847" + _TWO_LABELS), 47),
    Kind("EtherIP", _always("3000"), 97, carries=2),
    Kind("MPLS", _always(_TWO_LABELS), 137),
)
IN_UDP = (
    Kind("L2TP", _always("0002 0001 0002 ff03 0021"), port=1701),
    Kind("GTP-U", _gtp, port=2152),
    Kind("GTP-U, number and extension", _gtp_numbered, port=2152),
    Kind("Teredo", _always(""), port=3544, carries=6),
    Kind("LISP", _always("80 000001 00000000"), port=4341),
    Kind("GRE-in-UDP", _always("0000 0800"), port=4754),
    Kind("VXLAN", _always("08 000000 000005 00"), port=4789, over=6, carries=2),
    Kind("VXLAN-GPE", _always("0c 0000 01 000005 00"), port=4790),
    Kind("GUE", _always("00 04 0000"), port=6080),
    Kind("Geneve", _always("00 00 6558 000005 00"), port=6081, carries=2),
    Kind("Geneve, an option", _always("02 00 0800 000005 00 0102 01 01 00000000"), port=6081),
    Kind("MPLS-in-UDP", _always(_TWO_LABELS), port=6635),
    Kind("TZSP", _always("01 00 0001 01"), port=37008, carries=2),
)


# ---- ends ----------------------------------------------------------------------------------------


class Tunnel:
    """A tunnel between the client and the server, which carries packets until the block ends.

    The devices stay, with their addresses and all connections; so do the client's UDP sockets. The
    other sockets go, since the next tunnel may need the same protocol or port.
    """

    def __init__(self, kind: Kind, number: int, lab: Lab) -> None:
        client, server = lab.client, lab.server
        self._ends = (_End(kind, number, client, server), _End(kind, number, server, client))
        for end in self._ends:
            lab.at_the_end(end.close)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._carry, name=kind.name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._ended.set()
        self._thread.join()
        for end in self._ends:
            end.fall_silent()

    def _carry(self) -> None:
        work = {end.device: end.send for end in self._ends}
        work.update({end.socket.fileno(): end.receive for end in self._ends})
        while not self._ended.is_set():
            ready, _, _ = select.select(list(work), [], [], 0.02)
            for descriptor in ready:
                work[descriptor]()


class _End:
    """One end of a tunnel: a device of the host, and a socket to the other end."""

    def __init__(self, kind: Kind, number: int, host: Host, other: Host) -> None:
        self._kind = kind
        self._stays = host.role == "client" and not kind.protocol
        self._numbers: Iterator[int] = count()
        self.device = _device(kind, number, host)
        _bring_up(kind, number, host, other)
        self.socket = _outside(kind, number, host, other)
        self._to: Any = (_outer(kind, other), kind.port)

    def fall_silent(self) -> None:
        if not self._stays:
            self.socket.close()

    def close(self) -> None:
        os.close(self.device)
        self.socket.close()

    def send(self) -> None:
        """Wrap what the kernel wants to send, and send it."""
        inner = os.read(self.device, 65535)
        destination = inner[24 if self._kind.carries == 6 else 0]
        if self._kind.carries != 4 and destination in _MULTICAST:
            return  # a host names its multicast groups; nobody needs it
        octets = self._kind.header(inner, next(self._numbers)) + inner
        if self._stays:
            self.socket.send(octets)
        else:
            self.socket.sendto(octets, self._to)

    def receive(self) -> None:
        """Unwrap what came for the kernel; answers will go where it came from."""
        packet, self._to = self.socket.recvfrom(65535)
        if self._kind.protocol and self._kind.over == 4:
            packet = packet[(packet[0] & 0x0F) * 4 :]  # a raw socket shows the IPv4 header too
        os.write(self.device, packet[len(self._kind.header(b"", 0)) :])


def address(kind: Kind, number: int, host: Host) -> str:
    """The address that a host has in a tunnel."""
    last = host.address.rpartition(".")[2]
    return f"fd00:{number}::{last}" if kind.carries == 6 else f"10.0.{number}.{last}"


def _outer(kind: Kind, host: Host) -> str:
    return host.address6 if kind.over == 6 else host.address


def _device(kind: Kind, number: int, host: Host) -> int:
    flags = _IFF_NO_PI | (_IFF_TAP if kind.carries == 2 else _IFF_TUN)
    with host.inside():
        made = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(made, _TUNSETIFF, struct.pack("16sH22x", f"tunnel{number}".encode(), flags))
    return made


def _mac(number: int, host: Host) -> str:
    return f"02:00:00:01:{number:02x}:{host.address.rpartition('.')[2].zfill(2)}"


def _bring_up(kind: Kind, number: int, host: Host, other: Host) -> None:
    name = f"tunnel{number}"
    host.ip("link", "set", name, "addrgenmode", "none", "mtu", "1300", "multicast", "off")
    if kind.carries == 2:
        host.ip("link", "set", name, "address", _mac(number, host))
    length = "64" if kind.carries == 6 else "24"
    nodad = ("nodad",) if kind.carries == 6 else ()
    host.ip("address", "add", f"{address(kind, number, host)}/{length}", "dev", name, *nodad)
    host.ip("link", "set", name, "up")
    if kind.carries == 2:
        # fmt: off
        host.ip("neighbour", "replace", address(kind, number, other),
                "lladdr", _mac(number, other), "dev", name, "nud", "permanent")
        # fmt: on
    host.more_addresses.append(address(kind, number, host))


def _outside(kind: Kind, number: int, host: Host, other: Host) -> socket.socket:
    family = socket.AF_INET6 if kind.over == 6 else socket.AF_INET
    with host.inside():
        if kind.protocol:
            made = socket.socket(family, socket.SOCK_RAW, kind.protocol)
        else:
            made = socket.socket(family, socket.SOCK_DGRAM)
    if kind.protocol:
        made.bind((_outer(kind, host), 0))
    elif host.role == "client":
        made.bind((_outer(kind, host), 50000 + number))
        made.connect((_outer(kind, other), kind.port))
    else:
        made.bind((_outer(kind, host), kind.port))
    return made
