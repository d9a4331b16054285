"""Packets as rows of a table -> Ethernet frames in a saved capture (classic pcap, microseconds).

Nothing here knows what traffic looks like: a row (`PACKET`) says everything about one packet but
its bytes. The rows of a chunk that share a layout become headers all at once, as one numpy array
of the layout's type; checksums of IP, TCP and UDP are valid, payloads are random printable text.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np

Table = np.ndarray[Any, Any]

PACKET = np.dtype(
    [
        ("time", "<i8"),  # microseconds since the capture's beginning
        ("source", "<u4"),  # IPv4 address, or the last 32 bits of an IPv6 address
        ("destination", "<u4"),
        ("sequence", "<u4"),
        ("acknowledgment", "<u4"),
        ("ts_value", "<u4"),  # milliseconds of the sender's clock
        ("ts_echo", "<u4"),  # the newest ts_value that the sender has got
        ("source_port", "<u2"),
        ("destination_port", "<u2"),
        ("length", "<u2"),  # bytes of payload
        ("flags", "u1"),  # of TCP
        ("layout", "u1"),  # one of TCP_SYN, TCP, UDP, TCP_BARE, plus IPV6
    ]
)

TCP_SYN, TCP, UDP, TCP_BARE, IPV6 = 0, 1, 2, 3, 4

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

FIRST_SECOND = 1_700_000_000  # the capture's beginning, seconds since the epoch
MAX_FRAME = 1514  # bytes on the wire: Ethernet header and an MTU of 1500
CHUNK_PACKETS = 16_384  # rows turned into frames at once
WINDOW, SYN_WINDOW = 502, 64_240  # Linux's first ones; 502 is times 2**7, a SYN's never is

_RECORD = [("seconds", "<u4"), ("microseconds", "<u4"), ("captured", "<u4"), ("wire", "<u4")]
_RECORD_BYTES = 16

_ETHERNET = [
    ("destination_mac_start", ">u2"),
    ("destination_mac", ">u4"),
    ("source_mac_start", ">u2"),
    ("source_mac", ">u4"),
    ("ether_type", ">u2"),
]
_ETHERNET_BYTES = 14

_IPV4_HEADER = [
    ("version_and_length", "u1"),
    ("service", "u1"),
    ("ip_length", ">u2"),
    ("identification", ">u2"),
    ("fragment", ">u2"),
    ("hops", "u1"),
    ("protocol", "u1"),
    ("ip_checksum", ">u2"),
    ("source", ">u4"),
    ("destination", ">u4"),
]
_IPV6_HEADER = [
    ("version_and_flow", ">u4"),
    ("ip_length", ">u2"),
    ("protocol", "u1"),
    ("hops", "u1"),
    ("source_prefix", ">u8"),
    ("source_middle", ">u4"),
    ("source", ">u4"),
    ("destination_prefix", ">u8"),
    ("destination_middle", ">u4"),
    ("destination", ">u4"),
]
_PORTS = [("source_port", ">u2"), ("destination_port", ">u2")]
_TCP_HEADER = [
    *_PORTS,
    ("sequence", ">u4"),
    ("acknowledgment", ">u4"),
    ("data_offset", "u1"),
    ("flags", "u1"),
    ("window", ">u2"),
    ("checksum", ">u2"),
    ("urgent", ">u2"),
]
_UDP_HEADER = [*_PORTS, ("udp_length", ">u2"), ("checksum", ">u2")]
_TS_OPTION = [("ts_kind", ">u2"), ("ts_value", ">u4"), ("ts_echo", ">u4")]
_SYN_OPTIONS = [("mss", ">u4"), ("sack", ">u2"), *_TS_OPTION, ("window_scale", ">u4")]
_ACK_OPTIONS = [("padding", ">u2"), *_TS_OPTION]
# 54 bytes of headers; Ethernet fills its frames up to 60 (IEEE 802.3, 3.2.8), with zeros.
_BARE_FILL = [("fill", "u1", (6,))]

_CONSTANTS = {
    "destination_mac_start": 0x0200,  # locally administered
    "source_mac_start": 0x0200,
    "version_and_length": 0x45,
    "fragment": 0x4000,  # do not fragment
    "version_and_flow": 0x60000000,
    "source_prefix": 0x20010DB8_00000000,  # 2001:db8::/32, documentation (RFC 3849)
    "destination_prefix": 0x20010DB8_00000000,
    "hops": 64,
    "window": WINDOW,
    "mss": 0x020405B4,  # kind 2, length 4, 1460 bytes (corrected for IPv6 below)
    "sack": 0x0402,  # kind 4, length 2
    "ts_kind": 0x080A,  # kind 8, length 10
    "window_scale": 0x01030307,  # no operation; kind 3, length 3, shift 7
    "padding": 0x0101,  # no operation, twice
}


@dataclass(frozen=True)
class Layout:
    """The headers that some packets share, record header included, with their constant fields."""

    ipv6: bool
    protocol: int
    transport: list[tuple[Any, ...]]
    options: list[tuple[Any, ...]]
    fill: list[tuple[Any, ...]]

    @cached_property
    def type(self) -> np.dtype[Any]:
        """The headers as one numpy record."""
        ip = _IPV6_HEADER if self.ipv6 else _IPV4_HEADER
        return np.dtype(_RECORD + _ETHERNET + ip + self.transport + self.options + self.fill)

    @property
    def ip_bytes(self) -> int:
        """Bytes of the IP header."""
        return 40 if self.ipv6 else 20

    @cached_property
    def transport_bytes(self) -> int:
        """Bytes of the TCP or UDP header, options included."""
        return np.dtype(self.transport + self.options).itemsize

    @property
    def wire_bytes(self) -> int:
        """Bytes on the wire without payload."""
        return self.type.itemsize - _RECORD_BYTES

    @cached_property
    def template(self) -> Table:
        """One record with every constant field set."""
        record = np.zeros((), self.type)
        for name, value in self.constants().items():
            if name in (self.type.names or ()):
                record[name] = value
        return record

    def constants(self) -> dict[str, int]:
        """Fields that are the same in all packets of this layout."""
        own = {
            "ether_type": 0x86DD if self.ipv6 else 0x0800,
            "protocol": self.protocol,
            "data_offset": self.transport_bytes // 4 << 4,
        }
        if self.options is _SYN_OPTIONS:
            own["window"] = SYN_WINDOW
        if self.ipv6:
            own["mss"] = 0x020405A0  # 1440 bytes: 20 less, the IP header is 20 longer
        return _CONSTANTS | own


def _layouts() -> dict[int, Layout]:
    """Every layout under the number that rows name it by."""
    found = {TCP_BARE: Layout(False, 6, _TCP_HEADER, [], _BARE_FILL)}
    for number, ipv6 in ((0, False), (IPV6, True)):
        found[number + TCP_SYN] = Layout(ipv6, 6, _TCP_HEADER, _SYN_OPTIONS, [])
        found[number + TCP] = Layout(ipv6, 6, _TCP_HEADER, _ACK_OPTIONS, [])
        found[number + UDP] = Layout(ipv6, 17, _UDP_HEADER, [], [])
    return found


LAYOUTS = _layouts()


class Text:
    """Random text that lies under all frames of a chunk, and sums of any stretch of it.

    A frame's payload is whatever text lies at its place in the chunk, so payloads cost one copy;
    their checksums cost the difference of two running sums.
    """

    def __init__(self, size: int, seed: int) -> None:
        alphabet = np.frombuffer(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n", np.uint8
        )
        # Longer than a chunk: a payload that the snap length cuts is summed as if it went on.
        size += MAX_FRAME + size % 2
        self.bytes = alphabet[np.random.default_rng(seed).integers(0, 64, size, np.uint8)]
        self._sums = (self._running(self.bytes), self._running(self.bytes[1:-1]))

    @staticmethod
    def _running(text: Table) -> Table:
        """Sums of the 16-bit words before each word, modulo 2**32."""
        sums = np.zeros(len(text) // 2 + 1, np.uint32)
        # Wrapping is harmless: only differences are used, and those are far below 2**32.
        np.cumsum(text.view(">u2"), dtype=np.uint32, out=sums[1:])
        return sums

    def sums(self, start: Table, length: Table) -> Table:
        """Sum of the 16-bit words from each start (bytes), an odd last byte padded by zero."""
        word, words = start // 2, length // 2
        even, odd = (running[word + words] - running[word] for running in self._sums)
        last = self.bytes[start + length - (length > 0)].astype(np.uint32) << 8
        sums: Table = np.where(start % 2 == 0, even, odd) + np.where(length % 2 == 1, last, 0)
        return sums


def _checksum(total: Table) -> Table:
    """The Internet checksum (RFC 1071) of a sum of 16-bit words."""
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Writer:
    """Writes rows as frames, in the order given, each cut to the snap length (bytes)."""

    def __init__(self, file: BinaryIO, snaplen: int, seed: int) -> None:
        self._file = file
        self._snaplen = snaplen
        self._text = Text(CHUNK_PACKETS * (_RECORD_BYTES + min(snaplen, MAX_FRAME)), seed)
        self._frames = np.empty_like(self._text.bytes)
        self._header_bytes = np.zeros(max(LAYOUTS) + 1, np.int64)
        for number, layout in LAYOUTS.items():
            self._header_bytes[number] = layout.wire_bytes
        self.packets = 0
        self.bytes = file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen, 1))

    def write(self, rows: Table) -> None:
        """Write any number of rows."""
        for first in range(0, len(rows), CHUNK_PACKETS):
            self._write_chunk(rows[first : first + CHUNK_PACKETS])

    def _write_chunk(self, rows: Table) -> None:
        wire = self._header_bytes[rows["layout"]] + rows["length"]
        ends = np.cumsum(np.minimum(wire, self._snaplen) + _RECORD_BYTES)
        starts = np.concatenate(([0], ends[:-1]))
        np.copyto(self._frames, self._text.bytes)
        for number in np.unique(rows["layout"]):
            chosen = np.flatnonzero(rows["layout"] == number)
            headers = self._headers(LAYOUTS[number], rows[chosen], starts[chosen], wire[chosen])
            self._place(headers, starts[chosen])
        self.packets += len(rows)
        self.bytes += self._file.write(memoryview(self._frames)[: ends[-1]])

    def _place(self, headers: Table, starts: Table) -> None:
        """Copy headers to their places in the chunk, as far as the snap length lets them."""
        kept = min(headers.itemsize, _RECORD_BYTES + self._snaplen)
        columns = headers.view(np.uint8).reshape(len(headers), -1)[:, :kept]
        self._frames[starts[:, None] + np.arange(kept)] = columns

    def _headers(self, layout: Layout, rows: Table, starts: Table, wire: Table) -> Table:
        headers = np.full(len(rows), layout.template)
        headers["seconds"] = FIRST_SECOND + rows["time"] // 1_000_000
        headers["microseconds"] = rows["time"] % 1_000_000
        headers["wire"] = wire
        headers["captured"] = np.minimum(wire, self._snaplen)
        headers["source_mac"] = rows["source"]
        headers["destination_mac"] = rows["destination"]
        for name in PACKET.names or ():
            if name in (layout.type.names or ()):
                headers[name] = rows[name]
        self._fill_lengths(layout, headers, rows["length"])
        self._fill_checksums(layout, headers, rows["length"].astype(np.int64), starts)
        return headers

    def _fill_lengths(self, layout: Layout, headers: Table, length: Table) -> None:
        headers["ip_length"] = layout.transport_bytes + length
        if not layout.ipv6:
            headers["ip_length"] += layout.ip_bytes
            headers["identification"] = (self.packets + np.arange(len(headers))) & 0xFFFF
        if layout.protocol == 17:
            headers["udp_length"] = layout.transport_bytes + length

    def _fill_checksums(self, layout: Layout, headers: Table, length: Table, starts: Table) -> None:
        ip = (_RECORD_BYTES + _ETHERNET_BYTES) // 2  # in words of 16 bits
        transport = ip + layout.ip_bytes // 2
        end = transport + layout.transport_bytes // 2
        addresses = transport - (16 if layout.ipv6 else 4)
        words = headers.view(">u2").reshape(len(headers), -1)
        if not layout.ipv6:
            headers["ip_checksum"] = _checksum(words[:, ip:transport].sum(1, dtype=np.uint32))
        # Addresses, protocol and length are the pseudo-header (RFC 9293, 3.1; RFC 8200, 8.1).
        total = words[:, addresses:end].sum(1, dtype=np.uint32) + layout.protocol
        total = total + layout.transport_bytes + length
        total = total + self._text.sums(starts + headers.itemsize, length)
        checksum = _checksum(total)
        if layout.protocol == 17:
            checksum[checksum == 0] = 0xFFFF  # zero would mean "no checksum" (RFC 768)
        headers["checksum"] = checksum
