"""Links and addresses as the Linux kernel tells them over rtnetlink (man 7 rtnetlink).

A netlink socket asks about the network namespace that it was opened in.  /sys would tell about the
one that it was mounted in, which may be another, and /proc/net knows one counter for all drops.
"""

import errno
import os
import socket
import struct
from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple

# Numbers of linux/netlink.h and linux/rtnetlink.h.
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_RTM_NEWLINK, _RTM_GETLINK = 16, 18
_RTM_NEWADDR, _RTM_GETADDR = 20, 22
_NLM_F_REQUEST, _NLM_F_MULTI, _NLM_F_DUMP_INTR, _NLM_F_DUMP = 1, 2, 0x10, 0x300

# Of linux/if_link.h and linux/if_addr.h.
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_STATS64 = 1, 3, 23
_IFA_ADDRESS, _IFA_LOCAL = 1, 2

_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_LINK = struct.Struct("=BxHiII")  # ifinfomsg: family, type, index, flags, change
_ADDRESS = struct.Struct("=BBBBI")  # ifaddrmsg: family, prefix length, flags, scope, index
_ATTRIBUTE = struct.Struct("=HH")  # rtattr: length, type
_ERROR = struct.Struct("=i")
_TYPE_BITS = 0x3FFF  # of an attribute's type; the two above say how it is encoded

# rtnl_link_stats64, as far as it is used: 2 * (packets, octets), errors, dropped, ...
_STATISTICS = struct.Struct("=16Q")
_LARGEST = 1 << 18  # octets that the kernel answers at once
_ATTEMPTS = 3  # where what is listed changes while it is listed


class Link(NamedTuple):
    """A network device: flags are those of netdevice(7), `device_type` an ARPHRD number.

    `hardware` is its address; tunnels have an address of IP there.
    The counters are of packets and octets since the device came up; None: the kernel tells none.
    """

    name: str
    index: int  # type: ignore[assignment]  # hides a method of tuples
    flags: int
    device_type: int
    hardware: bytes
    received: int | None = None
    sent: int | None = None
    received_octets: int | None = None
    sent_octets: int | None = None
    dropped: int | None = None


def links() -> list[Link]:
    """Return all devices of this network namespace; raises OSError."""
    answers = _ask(_RTM_GETLINK, _NLM_F_DUMP, _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0))
    return [_link(body) for kind, body in answers if kind == _RTM_NEWLINK]


def link(name: str) -> Link | None:
    """Return the device called `name`, None if there is none; raises OSError."""
    try:
        index = socket.if_nametoindex(name)
    except OSError:
        return None
    try:
        answers = _ask(_RTM_GETLINK, 0, _LINK.pack(socket.AF_UNSPEC, 0, index, 0, 0))
    except OSError as error:
        if error.errno == errno.ENODEV:
            return None  # it went in between
        raise
    return next((_link(body) for kind, body in answers if kind == _RTM_NEWLINK), None)


def addresses() -> dict[int, tuple[str, ...]]:
    """Return the addresses of each device that has some, by its index; raises OSError.

    IPv4 before IPv6, as text without zone (RFC 5952).
    """
    answers = _ask(_RTM_GETADDR, _NLM_F_DUMP, _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0))
    found: dict[int, tuple[str, ...]] = {}
    for kind, body in answers:
        if kind != _RTM_NEWADDR:
            continue
        family, _, _, _, index = _ADDRESS.unpack_from(body)
        attributes = dict(_attributes(body, _ADDRESS.size))
        # At the end of a tunnel IFA_ADDRESS is the other end's.
        octets = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS)
        if octets and family in (socket.AF_INET, socket.AF_INET6):
            found[index] = (*found.get(index, ()), str(ip_address(octets)))
    return found


def _link(body: bytes) -> Link:
    _, device_type, index, flags, _ = _LINK.unpack_from(body)
    attributes = dict(_attributes(body, _LINK.size))
    name = os.fsdecode(attributes.get(_IFLA_IFNAME, b"").rstrip(b"\0"))
    hardware = attributes.get(_IFLA_ADDRESS, b"")
    statistics = attributes.get(_IFLA_STATS64, b"")
    if len(statistics) < _STATISTICS.size:
        return Link(name, index, flags, device_type, hardware)
    numbers = _STATISTICS.unpack_from(statistics)
    received, sent, received_octets, sent_octets = numbers[:4]
    dropped, overrun, fifo, missed = numbers[6], numbers[11], numbers[14], numbers[15]
    # Drivers count what their queue had no room for under one of three names, or under several.
    lost = dropped + max(overrun, fifo, missed)
    return Link(
        name,
        index,
        flags,
        device_type,
        hardware,
        received,
        sent,
        received_octets,
        sent_octets,
        lost,
    )


# --- messages -----------------------------------------------------------------------------------


def _ask(kind: int, flags: int, body: bytes) -> list[tuple[int, bytes]]:
    """Return type and body of the messages that answer a request; raises OSError."""
    for _ in range(_ATTEMPTS):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asked:
            length = _HEADER.size + len(body)
            asked.send(_HEADER.pack(length, kind, flags | _NLM_F_REQUEST, 1, 0) + body)
            answers, whole = _answers(asked)
        if whole:
            break
    return answers


def _answers(asked: socket.socket) -> tuple[list[tuple[int, bytes]], bool]:
    """Return the answers, and whether nothing changed between them; raises OSError."""
    answers: list[tuple[int, bytes]] = []
    whole = True
    while True:
        for kind, flags, body in _messages(asked.recv(_LARGEST)):
            whole = whole and not flags & _NLM_F_DUMP_INTR
            if kind == _NLMSG_DONE:
                return answers, whole
            if kind == _NLMSG_ERROR:
                number = -_ERROR.unpack_from(body)[0]
                raise OSError(number, os.strerror(number))
            answers.append((kind, body))
            if not flags & _NLM_F_MULTI:
                return answers, whole


def _messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield type, flags and body of each netlink message."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, flags, _, _ = _HEADER.unpack_from(data, at)
        yield kind, flags, data[at + _HEADER.size : at + length]
        at += max(length + 3 & ~3, _HEADER.size)


def _attributes(body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield type and value of the attributes from octet `at` on."""
    while at + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, at)
        yield kind & _TYPE_BITS, body[at + _ATTRIBUTE.size : at + length]
        at += max(length + 3 & ~3, _ATTRIBUTE.size)
