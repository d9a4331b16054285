"""What crosses the wire: connections of a wanted shape as tables of packets (`frames.PACKET`).

Everything is computed for many connections at once, in batches of about a million packets whose
memory does not depend on the number of connections. Times are microseconds since the capture's
beginning, sorted inside a connection but not between connections. The observer sees every packet
once and in order: there is no loss, no retransmission and no reordering.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from frames import ACK, FIN, IPV6, PACKET, PSH, RST, SYN, TCP, TCP_BARE, TCP_SYN, UDP, Table

INITIATOR, RESPONDER = 0, 1

INITIATOR_NET = 0x0A000000  # 10.0.0.0/8
RESPONDER_NET = 0xAC100000  # 172.16.0.0/12
FLOOD_NET, FLOOD_SOURCES = 0x2C000000, 2**26  # 44.0.0.0/6
FLOOD_VICTIM = 0xC0000250  # 192.0.2.80
SCANNER, SCANNED_NET = 0xC6336442, 0xCB007100  # 198.51.100.66, from 203.0.113.0 on
SCANNED_PORTS = 65_535  # of each host, before the next host is scanned

TCP_SERVICES = np.array([80, 443, 22, 25, 8080, 8443, 587, 993], np.uint16)
UDP_SERVICES = np.array([443, 514, 3478, 51820], np.uint16)
FIRST_PORT, INITIATOR_PORTS = 32_768, 28_232  # Linux's ephemeral ports
CONNECTIONS_PER_INITIATOR, CONNECTIONS_PER_RESPONDER = 8, 20

BATCH_PACKETS = 1_000_000
REQUEST_SHARE = 0.25  # of data segments that the initiator sends
FULL_SHARE = 0.72  # of the responder's data segments that are as long as possible
MSS, MSS_IPV6 = 1448, 1428  # bytes of payload beside the timestamps option, MTU 1500
TAIL = 1.1  # exponent of the Pareto law of connection lengths: few connections, most packets
LONGEST = 2_000  # times the scale of that law, where it is cut
# Data segments are followed by a pure ACK as `_acked` says: 0.2 of those in the initiator's runs,
# 3/7 of those in the responder's, and 0.63 more for the last segment of a connection.
PACKETS_PER_DATA = 1 + REQUEST_SHARE * 0.2 + (1 - REQUEST_SHARE) * 3 / 7
PACKETS_BESIDE_DATA = 3 + 0.63  # the handshake, and the last ACK
PACKETS_OF_CLOSE = 3.5  # three or four


@dataclass(frozen=True, slots=True)
class Shape:
    """What a capture is made of; the options of generate.py explain each."""

    connections: int
    packets: int
    duration: float  # seconds
    gap: float  # milliseconds, median
    udp_share: float
    ipv6_share: float
    open_share: float
    elephants: int
    elephant_packets: int
    syn_flood: int
    port_scan: int
    seed: int
    mss: int = MSS

    @property
    def span(self) -> int:
        """Duration in microseconds."""
        return int(self.duration * 1e6)

    @property
    def pairs(self) -> int:
        """Socket pairs of connections that talk, elephants included."""
        return self.connections + self.elephants

    @property
    def expected_packets(self) -> int:
        """About how many packets come out."""
        beside = self.elephants * self.elephant_packets + self.syn_flood + 2 * self.port_scan
        return self.packets + beside


@dataclass(frozen=True, slots=True)
class Group:
    """Some connections that are built together; one element of each array for each."""

    address: tuple[Table, Table]  # of initiators, of responders
    port: tuple[Table, Table]
    ipv6: Table

    def __len__(self) -> int:
        return len(self.ipv6)

    def choose(self, chosen: Table) -> Group:
        """The chosen connections only."""
        first, second = self.address
        return Group(
            (first[chosen], second[chosen]),
            (self.port[INITIATOR][chosen], self.port[RESPONDER][chosen]),
            self.ipv6[chosen],
        )


def packets(shape: Shape) -> Iterator[Table]:
    """All packets of a shape, in batches."""
    yield from _background(shape)
    yield from _elephants(shape)
    yield from _syn_flood(shape)
    yield from _port_scan(shape)


# --- Connections that talk ---------------------------------------------------------------------


def _background(shape: Shape) -> Iterator[Table]:
    mean = max(1.0, shape.packets / max(1, shape.connections))
    size = max(1, int(BATCH_PACKETS / mean))
    for first in range(0, shape.connections, size):
        count = min(size, shape.connections - first)
        rng = np.random.default_rng([shape.seed, 1, first])
        group = _group(rng, shape, first, count, TCP_SERVICES)
        is_udp = rng.random(count) < shape.udp_share
        datagrams = 2 * rng.geometric(0.5, int(is_udp.sum()))
        group.port[RESPONDER][is_udp] = rng.choice(UDP_SERVICES, len(datagrams))
        yield _udp(rng, shape, group.choose(is_udp), datagrams)
        wanted = mean * count - datagrams.sum()
        stays_open = rng.random(count - len(datagrams)) < shape.open_share
        data = _data_segments(rng, stays_open, wanted)
        yield _tcp(rng, shape, group.choose(~is_udp), data, stays_open, lasts=stays_open)


def _elephants(shape: Shape) -> Iterator[Table]:
    data = np.array([max(1, int(shape.elephant_packets / PACKETS_PER_DATA))])
    closes = np.array([False])
    for number in range(shape.elephants):
        rng = np.random.default_rng([shape.seed, 2, number])
        group = _group(rng, shape, shape.connections + number, 1, TCP_SERVICES)
        yield _tcp(rng, shape, group, data, closes, lasts=~closes)


def _group(
    rng: np.random.Generator, shape: Shape, first: int, count: int, services: Table
) -> Group:
    """Connections `first`, `first` + 1, ...: no two of a shape share a socket of the initiator."""
    initiators = -(-shape.pairs // CONNECTIONS_PER_INITIATOR)
    responders = -(-shape.pairs // CONNECTIONS_PER_RESPONDER)
    index = np.arange(first, first + count)
    # Random-looking, yet never twice for one initiator: the factor shares none with the range.
    port = FIRST_PORT + (index // initiators * 20_011 + index % initiators) % INITIATOR_PORTS
    responder = RESPONDER_NET + 1 + rng.integers(0, responders, count)
    return Group(
        (INITIATOR_NET + 1 + index % initiators, responder),
        (port, rng.choice(services, count)),
        rng.random(count) < shape.ipv6_share,
    )


def _data_segments(rng: np.random.Generator, stays_open: Table, wanted: float) -> Table:
    """How many data segments each connection carries, heavy-tailed, `wanted` packets in all."""
    count = len(stays_open)
    beside = PACKETS_BESIDE_DATA * count + PACKETS_OF_CLOSE * (count - stays_open.sum())
    weight = np.minimum(rng.pareto(TAIL, count), LONGEST)
    more = max(0.0, (wanted - beside) / PACKETS_PER_DATA - count)  # than one for each
    scale = more / max(1.0, weight.sum())
    data: Table = 1 + (weight * scale + rng.random(count)).astype(np.int64)
    return data


def _firsts(counts: Table) -> Table:
    """Index of each connection's first packet when their packets lie one after the other."""
    return np.cumsum(counts) - counts


def _lengths(rng: np.random.Generator, from_initiator: Table) -> Table:
    """Payload bytes of data segments: requests log-normal, answers mostly full."""
    count = len(from_initiator)
    request = np.clip(rng.lognormal(5.5, 0.8, count), 1, MSS)
    answer = np.where(rng.random(count) < FULL_SHARE, MSS, rng.integers(1, MSS, count))
    return np.where(from_initiator, request, answer).astype(np.int64)


def _acked(from_initiator: Table, first: Table, last: Table) -> Table:
    """Which data segments a pure ACK follows: each second of a run, and a connection's last.

    A run is what one endpoint sends before the other one does; what is left of it is acknowledged
    by the other's data (RFC 9293, 3.8.6.3: at least every second segment).
    """
    index = np.arange(len(from_initiator))
    turns = np.concatenate(([True], from_initiator[1:] != from_initiator[:-1]))
    turns[first] = True
    in_run = index - np.maximum.accumulate(np.where(turns, index, 0))
    acked: Table = in_run % 2 == 1
    acked[last] = True
    return acked


def _body(
    rng: np.random.Generator, group: Group, data: Table, mss: int
) -> tuple[Table, Table, Table]:
    """Data and its ACKs: the sender and payload length of each, packets of each connection."""
    first = _firsts(data)
    from_initiator = rng.random(int(data.sum())) < REQUEST_SHARE
    from_initiator[first] = True
    longest = np.repeat(np.where(group.ipv6, min(mss, MSS_IPV6), mss), data)
    length = np.minimum(_lengths(rng, from_initiator), longest)
    acked = _acked(from_initiator, first, first + data - 1)
    repeat = 1 + acked
    sender = np.repeat(np.where(from_initiator, INITIATOR, RESPONDER), repeat)
    length = np.repeat(length, repeat)
    ack = np.flatnonzero(acked) + np.cumsum(acked)[acked]
    sender[ack] = 1 - sender[ack]
    length[ack] = 0
    return sender, length, np.add.reduceat(repeat, first)


def _tcp(
    rng: np.random.Generator,
    shape: Shape,
    group: Group,
    data: Table,
    stays_open: Table,
    lasts: Table,
) -> Table:
    """Whole connections: handshake, data, and the close of both ends unless it stays open."""
    if len(group) == 0:
        return np.zeros(0, PACKET)
    body_sender, body_length, body = _body(rng, group, data, shape.mss)
    close = np.where(stays_open, 0, rng.integers(3, 5, len(group)))
    count = 3 + body + close
    first = _firsts(count)
    place = np.arange(len(body_sender)) + np.repeat(first + 3 - _firsts(body), body)

    sender = np.zeros(int(count.sum()), np.int64)
    flags = np.full(len(sender), ACK, np.uint8)
    length = np.zeros(len(sender), np.int64)
    flags[first] = SYN
    flags[first + 1], sender[first + 1] = SYN | ACK, RESPONDER
    sender[place], length[place] = body_sender, body_length
    flags[place[body_length > 0]] |= PSH
    _close(rng, sender, flags, first + 3 + body, close)

    rows = _rows(group, count, sender, length)
    rows["flags"] = flags
    rows["layout"] = np.where(flags & SYN, TCP_SYN, TCP) + np.repeat(group.ipv6 * IPV6, count)
    rows["time"] = _times(rng, shape, count, lasts)
    _number(rng, rows, sender, count)
    _stamp(rng, rows, sender, count)
    return rows


def _close(
    rng: np.random.Generator, sender: Table, flags: Table, start: Table, close: Table
) -> None:
    """FIN, ACK, FIN, ACK; or FIN, FIN, ACK where the second end closes at once."""
    closes = close > 0
    start, last = start[closes], (start + close - 1)[closes]
    one = rng.integers(0, 2, len(start))
    sender[start + 1] = 1 - one
    flags[start], sender[start] = FIN | ACK, one
    flags[last - 1], sender[last - 1] = FIN | ACK, 1 - one
    sender[last] = one


def _rows(group: Group, count: Table, sender: Table, length: Table) -> Table:
    """Rows with sockets and lengths filled in."""
    rows = np.zeros(len(sender), PACKET)
    rows["length"] = length
    for part, (initiator, responder) in (("", group.address), ("_port", group.port)):
        one, other = np.repeat(initiator, count), np.repeat(responder, count)
        rows["source" + part] = np.where(sender == INITIATOR, one, other)
        rows["destination" + part] = np.where(sender == INITIATOR, other, one)
    return rows


def _times(rng: np.random.Generator, shape: Shape, count: Table, lasts: Table) -> Table:
    """Microseconds of each packet; a connection that lasts goes on until near the end."""
    first = _firsts(count)
    pace = shape.gap * 1e3 * rng.lognormal(0, 1, len(count))
    # However slow, a handshake leaves most of the capture to what follows.
    gaps = rng.exponential(np.repeat(np.minimum(pace, shape.span / 50), count))
    gaps[first] = 0
    natural = np.add.reduceat(gaps, first)
    begin, end = 0.1 * rng.random(len(count)), 0.9 + 0.1 * rng.random(len(count))
    life = np.where(lasts, (end - begin) * shape.span, np.minimum(natural, 0.9 * shape.span))
    latest = shape.span - life
    start = np.where(lasts, begin * shape.span, rng.random(len(count)) * latest)
    # A handshake keeps its natural pace: only what comes after it is stretched or squeezed.
    stretched = np.ones(len(gaps), bool)
    stretched[first] = stretched[first + 1] = False
    stretched[first + np.minimum(2, count - 1)] = False
    kept = np.add.reduceat(np.where(stretched, 0, gaps), first)
    factor = np.maximum(0, life - kept) / np.maximum(1, natural - kept)
    gaps[stretched] *= np.repeat(factor, count)[stretched]
    elapsed = np.cumsum(gaps)
    return (np.repeat(start - elapsed[first], count) + elapsed).astype(np.int64)


def _number(rng: np.random.Generator, rows: Table, sender: Table, count: Table) -> None:
    """Sequence numbers, and acknowledgments of all that the other end has sent so far."""
    first = _firsts(count)
    used = rows["length"] + ((rows["flags"] & (SYN | FIN)) > 0).astype(np.int64)
    sent = []
    for side in (INITIATOR, RESPONDER):
        own = np.where(sender == side, used, 0)
        before = np.cumsum(own) - own
        initial = rng.integers(0, 2**32, len(count)) - before[first]
        sent.append((before + np.repeat(initial, count)) & 0xFFFFFFFF)
    rows["sequence"] = np.where(sender == INITIATOR, sent[0], sent[1])
    rows["acknowledgment"] = np.where(sender == INITIATOR, sent[1], sent[0])
    rows["acknowledgment"][first] = 0


def _stamp(rng: np.random.Generator, rows: Table, sender: Table, count: Table) -> None:
    """TCP timestamps (RFC 7323): clocks of a millisecond, with a random offset each."""
    offsets = [rng.integers(0, 2**32, len(count)) for _ in (INITIATOR, RESPONDER)]
    offset = np.where(sender == INITIATOR, *(np.repeat(side, count) for side in offsets))
    rows["ts_value"] = (rows["time"] // 1000 + offset) & 0xFFFFFFFF
    index = np.arange(len(rows))
    newest = [
        np.maximum.accumulate(np.where(sender == side, index, 0)) for side in (INITIATOR, RESPONDER)
    ]
    rows["ts_echo"] = rows["ts_value"][np.where(sender == INITIATOR, newest[1], newest[0])]
    rows["ts_echo"][_firsts(count)] = 0


def _udp(rng: np.random.Generator, shape: Shape, group: Group, count: Table) -> Table:
    """Requests and answers in turns."""
    if len(group) == 0:
        return np.zeros(0, PACKET)
    turn = np.arange(int(count.sum())) - np.repeat(_firsts(count), count)
    # At least 18 bytes of payload: shorter frames would need filling up to Ethernet's minimum.
    longest = max(18, min(1400, shape.mss))
    length = np.clip(rng.lognormal(5, 0.9, len(turn)), 18, longest).astype(np.int64)
    rows = _rows(group, count, turn % 2, length)
    rows["layout"] = UDP + np.repeat(group.ipv6 * IPV6, count)
    rows["time"] = _times(rng, shape, count, np.zeros(len(group), bool))
    return rows


# --- Attacks: bare headers without options, as the tools that make them send -------------------


def _bare(count: int) -> Table:
    rows = np.zeros(count, PACKET)
    rows["layout"] = TCP_BARE
    return rows


def _turned(rows: Table, delay: int) -> Table:
    """Answers to `rows`, `delay` microseconds later: sockets and numbers the other way round."""
    back = rows.copy()
    for part in ("", "_port"):
        back["source" + part] = rows["destination" + part]
        back["destination" + part] = rows["source" + part]
    back["time"] += delay
    return back


def _syn_flood(shape: Shape) -> Iterator[Table]:
    """SYNs of distinct forged sources to one socket, in the middle 80 % of the capture."""
    for first in range(0, shape.syn_flood, BATCH_PACKETS):
        rng = np.random.default_rng([shape.seed, 3, first])
        index = np.arange(first, min(first + BATCH_PACKETS, shape.syn_flood))
        rows = _bare(len(index))
        # An odd factor permutes the numbers below a power of two: no source comes twice.
        rows["source"] = FLOOD_NET + index * 0x9E3779B1 % FLOOD_SOURCES
        rows["destination"] = FLOOD_VICTIM
        rows["source_port"] = rng.integers(FIRST_PORT, 65_536, len(index))
        rows["destination_port"] = 80
        rows["sequence"] = rng.integers(0, 2**32, len(index))
        rows["flags"] = SYN
        rows["time"] = (0.1 + 0.8 * rng.random(len(index))) * shape.span
        yield rows


def _port_scan(shape: Shape) -> Iterator[Table]:
    """A half-open scan: one port of 64 is open (SYN,ACK, then RST), the others answer RST."""
    for first in range(0, shape.port_scan, BATCH_PACKETS):
        rng = np.random.default_rng([shape.seed, 4, first])
        index = np.arange(first, min(first + BATCH_PACKETS, shape.port_scan))
        probes = _bare(len(index))
        probes["source"], probes["source_port"] = SCANNER, 40_000
        probes["destination"] = SCANNED_NET + index // SCANNED_PORTS
        probes["destination_port"] = 1 + index % SCANNED_PORTS
        probes["sequence"] = rng.integers(0, 2**32, len(index))
        probes["flags"] = SYN
        probes["time"] = (0.1 + 0.8 * index / shape.port_scan) * shape.span
        yield probes
        answers = _turned(probes, delay=300)
        is_open = rng.random(len(index)) < 1 / 64
        answers["acknowledgment"] = probes["sequence"] + 1
        answers["sequence"] = np.where(is_open, rng.integers(0, 2**32, len(index)), 0)
        answers["flags"] = np.where(is_open, SYN | ACK, RST | ACK)
        yield answers
        resets = _turned(answers[is_open], delay=200)
        resets["sequence"] = answers["acknowledgment"][is_open]
        resets["acknowledgment"] = 0
        resets["flags"] = RST
        yield resets
