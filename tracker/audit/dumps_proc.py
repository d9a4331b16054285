"""Linux' own tables: /proc/net/tcp, tcp6, udp, udp6, raw, packet; nf_conntrack.

Source: net/ipv4/tcp_ipv4.c (tcp4_seq_show), net/ipv6/tcp_ipv6.c, net/ipv4/udp.c, raw.c,
net/packet/af_packet.c (packet_seq_show), net/netfilter/nf_conntrack_standalone.c.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

from tracker.audit.dumps_rows import (
    NOBODY,
    TCP4,
    TCP6,
    UDP4,
    UDP6,
    Found,
    Place,
    RawSocket,
    Tracked,
    address,
    at_least,
    made,
    number,
    quote,
)
from tracker.tcp_state import State
from tracker.typed import NamedTuple

#: By their numbers in include/net/tcp_states.h, from 1.
_STATES = (
    *(State.ESTABLISHED, State.SYN_SENT, State.SYN_RECEIVED, State.FIN_WAIT_1, State.FIN_WAIT_2),
    *(State.TIME_WAIT, State.CLOSED, State.CLOSE_WAIT, State.LAST_ACK, State.LISTEN),
    *(State.CLOSING, State.SYN_RECEIVED),
)
_SENDING = frozenset(
    (State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
)
_SLOT = re.compile(r"\d+:")
_END = re.compile(r"[0-9A-Fa-f]{8}(?:[0-9A-Fa-f]{24})?:[0-9A-Fa-f]{4}")
_LOOPBACK4 = ("0100007F", "7F000001")
_LOOPBACK6 = ("00000000000000000000000001000000", "00000000000000000000000000000001")
_TRACKED = re.compile(r"\b(src|dst|sport|dport)=(\S+)")
_WORD = 8  # hexadecimal digits

#: What a packet socket that takes all protocols is for (include/uapi/linux/if_ether.h).
ETH_P_ALL = 3


def is_row(words: list[str]) -> bool:
    """Return whether these words begin a row of a table of sockets in /proc/net."""
    return _SLOT.fullmatch(words[0]) is not None


class _Row(NamedTuple):
    place: Place
    local: str
    foreign: str
    state: int
    sent: int


class Table:
    """One table of sockets in /proc/net.

    Its addresses are numbers in the byte order of the host that printed them: kept until all were
    seen, for the one of loopback tells that order.  Most hosts are little-endian: that is
    presumed where nothing tells.
    """

    def __init__(self, found: Found) -> None:
        self._found = found
        self._rows: list[_Row] = []
        self._kind = ""
        self._hint = "tcp"

    def begin(self, path: str) -> None:
        """Begin a file: its name tells what no row does, raw, and udp without a heading."""
        name = path.replace("\\", "/").rpartition("/")[2].lower()
        self._hint = next((kind for kind in ("raw", "udp") if kind in name), "tcp")

    def head(self, words: list[str]) -> None:
        """Begin anew below a heading: UDP's and raw's end with "drops"."""
        self.finish()
        self._kind = ("raw" if self._hint == "raw" else "udp") if "drops" in words else "tcp"
        if self._kind != "raw":
            self._found.covered.add(f"{self._kind}6" if _is_wide(words) else self._kind)

    def row(self, words: list[str], place: Place) -> None:
        """Take a row; raises DumpError for one that is none."""
        at_least(words, 5, "/proc/net", place)
        kind = self._kind or self._hint
        if kind == "raw":
            self._raw(words, place)
            return
        for text in words[1:3]:
            if _END.fullmatch(text) is None:
                place.refuse(f"{quote(text)} is no address:port in hexadecimal (0500A8C0:0050)")
        stands = number(words[3], place, 16)
        if not 1 <= stands <= len(_STATES):
            place.refuse(f"state {quote(words[3])} is none of 01 to 0C (include/net/tcp_states.h)")
        sent = number(words[4].partition(":")[0], place, 16)
        self._kind = kind
        self._rows.append(_Row(place, words[1], words[2], stands, sent))

    def finish(self) -> None:
        """End the table: now the byte order is known, its sockets are made."""
        big = _is_big(row.local.partition(":")[0] for row in self._rows)
        for row in self._rows:
            self._add(row, big)
        self._rows.clear()
        self._kind = ""

    def _add(self, row: _Row, big: bool) -> None:
        stands = _STATES[row.state - 1] if self._kind == "tcp" else None
        local, foreign = (_end(text, big) for text in (row.local, row.foreign))
        socket = made(self._kind, local, foreign, stands, NOBODY)
        self._found.add(socket, row.place)
        narrow, wide = (TCP4, TCP6) if self._kind == "tcp" else (UDP4, UDP6)
        self._found.covered.add(wide if len(row.local) > 2 * _WORD else narrow)
        if stands in _SENDING and row.sent:
            self._found.unsent.add(socket.pair())

    def _raw(self, words: list[str], place: Place) -> None:
        """Take a raw socket: its port is the number of the protocol."""
        protocol = number(words[1].rpartition(":")[2], place, 16)
        self._found.raw.append(RawSocket("raw", str(protocol), None, None, str(place)))


def packet(words: list[str], found: Found, place: Place) -> None:
    """Take a row of /proc/net/packet."""
    at_least(words, 9, "/proc/net/packet", place)
    protocol = number(words[3], place, 16)
    every = "" if protocol == ETH_P_ALL else str(protocol)
    found.raw.append(RawSocket("packet", every, None, None, str(place)))


def tracked(line: str, found: Found, place: Place) -> None:
    """Take a row of nf_conntrack, or of `conntrack -L`: both ways of a connection."""
    words = line.split()
    proto = next((word for word in words[:3] if word in ("tcp", "udp")), None)
    if proto is None:
        return  # ICMP, SCTP: not compared
    fields = _TRACKED.findall(line)
    if [name for name, _ in fields] != ["src", "dst", "sport", "dport"] * 2:
        place.refuse("a tracked connection has src, dst, sport and dport, both ways")
    values = [value for _, value in fields]
    original, reply = (_way(values[at : at + 4], place) for at in (0, 4))
    stands = words[words.index(proto) + 3] if proto == "tcp" else ""
    found.tracked.append(Tracked(proto, original, reply, stands, str(place)))


def _way(values: list[str], place: Place) -> tuple[str, int, str, int]:
    """Return source, its port, destination, its port."""
    source, destination = (address(text) for text in values[:2])
    if source is None or destination is None:
        place.refuse(f"{quote(values[0])} or {quote(values[1])} is no address")
    return source, number(values[2], place), destination, number(values[3], place)


def _is_wide(words: list[str]) -> bool:
    """Return whether a heading is that of IPv6: only IPv4's says "rem_address"."""
    return "remote_address" in words


def _is_big(addresses: Iterable[str]) -> bool:
    """Return whether the host is big-endian, as its loopback address or a mapped one tells."""
    for text in addresses:
        digits = text.upper()
        if digits in (_LOOPBACK4[0], _LOOPBACK6[0]) or digits[16:24] == "FFFF0000":
            return False
        if digits in (_LOOPBACK4[1], _LOOPBACK6[1]) or digits[16:24] == "0000FFFF":
            return True
    return False


def _end(text: str, big: bool) -> tuple[str, int]:
    """Return address and port: each 32 bits of the address in the byte order of the host."""
    digits, _, port = text.partition(":")
    words = [bytes.fromhex(digits[at : at + _WORD]) for at in range(0, len(digits), _WORD)]
    octets = b"".join(word if big else word[::-1] for word in words)
    if len(octets) == 4:
        return str(IPv4Address(octets)), int(port, 16)
    wide = IPv6Address(octets)
    return str(wide.ipv4_mapped or wide), int(port, 16)
