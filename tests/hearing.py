"""Let a listener hear frames, in this process, and ask for the names of hosts."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path

from captures import NS_IN_S, PCAPS, START, Record
from metering import feed, flow_table
from packets import ACK, UDP, ethernet, ipv4, tcp, udp

from tracker.capture.saved import SavedCapture
from tracker.connection import Connection
from tracker.meter import Meter
from tracker.names.listener import Listener
from tracker.names.name import Name
from tracker.report.hosts import HostNames
from tracker.report.text import address

MEMORY = 1 << 22
SEED = 0x0123456789ABCDEF

ASKER, OTHER, RESOLVER, WEB = "192.168.1.5", "192.168.1.6", "192.168.1.53", "198.51.100.7"

#: Version of IP, upper and lower half, as in `wire.segment`.
Address = tuple[int, int, int]

#: A second of the tests' captures, ns.
S = NS_IN_S


class Heard:
    """What a meter and its listener have of some frames."""

    def __init__(
        self,
        records: Sequence[Record] = (),
        memory: int = MEMORY,
        hosts: Mapping[str, tuple[str, ...]] | None = None,
        captured: Mapping[str, list[str]] | None = None,
    ) -> None:
        self.meter = Meter(flow_table(100_000))
        self.listener = Listener(memory, SEED)
        self.meter.hearer = self.listener
        self.hosts = HostNames(self.listener, dict(hosts or {}), captured or {})
        feed(self.meter, records)

    def connection(self, port: int) -> Connection:
        """Return the latest connection with an end at this port."""
        found = [
            connection
            for connection in self.meter.table.connections()
            if port in (connection.a_port, connection.b_port)
        ]
        return found[-1]

    def name(self, port: int, host: str) -> Name | None:
        """Return the name of `host` in the connection with an end at this port."""
        connection = self.connection(port)
        high, low = connection.b_high, connection.b_low
        side = int(address(connection.version, high, low) == host)
        return self.hosts.of(connection, side)

    def text(self, port: int, host: str) -> str | None:
        """Return the text of that name."""
        name = self.name(port, host)
        return None if name is None else name.text


def halves(text: str) -> Address:
    """Return version and halves of an address, as in `wire.segment`."""
    address = ip_address(text)
    number = int(address) + (0xFFFF << 32 if address.version == 4 else 0)
    return address.version, number >> 64, number & 0xFFFFFFFFFFFFFFFF


def heard(capture: str) -> Heard:
    """Return what is heard of one of our captures."""
    return heard_file(PCAPS / capture)


def heard_file(path: Path) -> Heard:
    """Return what is heard of a capture file."""
    whole = Heard()
    for frames in SavedCapture(str(path)):
        whole.meter.feed(frames, 0, frames.count)
    return whole


def at(seconds: float, octets: bytes, snap: int | None = None) -> Record:
    """Return a frame of the moment `seconds` after the start, cut to `snap` octets."""
    return Record(START + round(seconds * NS_IN_S), octets[:snap], len(octets))


def datagram(
    message: bytes,
    port: int = 53,
    source: str = RESOLVER,
    destination: str = ASKER,
    to: int = 40000,
    group: bool = False,
) -> bytes:
    """Return a frame with a message that came from `port`."""
    mac = b"\x01\x00\x5e\0\0\xfb" if group else bytes(6)
    return ethernet(ipv4(udp(message, port, to), UDP, source, destination), destination=mac)


def segment(
    data: bytes,
    sequence: int = 100,
    flags: int = ACK,
    ports: tuple[int, int] = (50000, 443),
    source: str = ASKER,
    destination: str = WEB,
) -> bytes:
    """Return a frame with data of a TCP connection."""
    octets = tcp(data, flags, *ports, sequence=sequence)
    return ethernet(ipv4(octets, 6, source, destination))
