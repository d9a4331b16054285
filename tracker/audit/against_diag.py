"""The kernel's sockets by another way: netlink, which `ss` asks, not /proc/net (sock_diag(7)).

What hides a connection filters the answers of the kernel, often only one of the two: then they
differ, and that tells more than any capture.  Linux only.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address

from tracker.host import Pair

# Numbers of linux/netlink.h and linux/sock_diag.h.
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_NLM_F_REQUEST, _NLM_F_DUMP = 1, 0x300

_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_REQUEST = struct.Struct("=BBBxI48x")  # inet_diag_req_v2: family, protocol, extensions, states
# inet_diag_msg: family, state, timer, retransmissions, ports, addresses, interface, cookie
_MESSAGE = struct.Struct("!BBxxHH16s16s")

_ALL_STATES = 0xFFFFFFFF
_LISTEN, _TCP_CLOSE = 10, 7  # include/net/tcp_states.h
_LARGEST = 1 << 18
_PATIENCE = 5.0  # seconds


def diag_pairs() -> frozenset[Pair] | None:
    """Return the pairs of all connections of TCP as netlink lists them; None if it does not."""
    with suppress(OSError, AttributeError):
        return frozenset((*_ask(socket.AF_INET), *_ask(socket.AF_INET6)))
    return None


def _ask(family: int) -> Iterator[Pair]:
    """Yield the connections of a family; raises OSError."""
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, _ALL_STATES)
    flags = _NLM_F_REQUEST | _NLM_F_DUMP
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as asked:
        asked.settimeout(_PATIENCE)
        asked.send(_HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, flags, 1, 0) + body)
        while True:
            for kind, message in _messages(asked.recv(_LARGEST)):
                if kind == _NLMSG_DONE:
                    return
                if kind == _NLMSG_ERROR:
                    raise OSError("netlink refuses")
                if message[1] not in (_LISTEN, _TCP_CLOSE):
                    yield _pair(message)


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and body of each netlink message."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _, _, _ = _HEADER.unpack_from(data, at)
        yield kind, data[at + _HEADER.size : at + length]
        at += max(length + 3 & ~3, _HEADER.size)


def _pair(message: bytes) -> Pair:
    """Return the pair of an inet_diag_msg: its ports and addresses are in network order."""
    family, _, port, foreign_port, local, foreign = _MESSAGE.unpack_from(message)
    wide = family == socket.AF_INET6
    return "tcp", _text(local, wide), port, _text(foreign, wide), foreign_port


def _text(octets: bytes, wide: bool) -> str:
    """Return an address as `KernelSocket` has it."""
    if not wide:
        return str(IPv4Address(octets[:4]))
    found = IPv6Address(octets)
    return str(found.ipv4_mapped or found)
