"""Whose netstat it is: which endpoint of a connection is *local* in its row (design section 5).

The engine knows no sides.  In this order: what the user says, the one address that takes part in
all connections, the initiator of each connection.
"""

from collections.abc import Iterable

from tracker.connection import Connection
from tracker.errors import UserError
from tracker.report.text import address
from tracker.typed import NamedTuple
from tracker.words import BY_SYN, NOTHING, UNKNOWN

BOTH = (0, 1)

#: Ports below are given to services only (RFC 6335 section 6).
SYSTEM_PORTS = 1024


class SidesError(UserError):
    """An address or network that is none: the message says which."""


class Network(NamedTuple):
    """Addresses with the same first bits: `bits & mask`, as 128-bit numbers, and its version."""

    version: int
    bits: int
    mask: int


class Sides(NamedTuple):
    """Whose table it is.

    networks   addresses of the local side; empty: any may be
    stated     whether the user said so; only then a connection may have two rows
    reason     which rule applied, for people
    """

    networks: tuple[Network, ...]
    stated: bool
    reason: str

    def local(self, connection: Connection) -> tuple[int, ...]:
        """Return the sides of `connection` that may be local, lowest first."""
        if not self.networks:
            return BOTH
        return tuple(
            side for side in BOTH if side != connection.group and self._holds(connection, side)
        )

    def _holds(self, connection: Connection, side: int) -> bool:
        high = connection.b_high if side else connection.a_high
        low = connection.b_low if side else connection.a_low
        bits = high << 64 | low
        return any(
            network.version == connection.version and bits & network.mask == network.bits
            for network in self.networks
        )


def stated(addresses: Iterable[str], source: str) -> Sides:
    """Return the sides for the addresses or CIDR networks that the user named in `source`.

    Raises SidesError for what is neither.
    """
    networks = tuple(_network(text) for text in addresses)
    return Sides(networks, True, f"local: {', '.join(addresses)} ({source})")


def _network(text: str) -> Network:
    from ipaddress import ip_network  # here, because most runs name no address

    try:
        network = ip_network(text.partition("%")[0], strict=False)
    except ValueError:
        raise SidesError(
            f"{text!r} is no address and no network; give one like 192.168.1.5, "
            "192.168.1.0/24 or fd00::5"
        ) from None
    ones = (1 << 128) - 1
    if network.version == 4:
        mapped = 0xFFFF00000000
        mask = ones & ~((1 << (32 - network.prefixlen)) - 1)
        return Network(4, mapped | int(network.network_address), mask)
    return Network(6, int(network.network_address), ones & ~((1 << 128 - network.prefixlen) - 1))


def guessed(connections: Iterable[Connection]) -> Sides:
    """Return the sides told from the connections themselves."""
    everyone = "local: the initiator of each connection, or who is left of it (or use --local)"
    common: set[tuple[int, int, int]] | None = None
    for connection in connections:
        pair = {_socket_address(connection, side) for side in BOTH if side != connection.group}
        common = pair if common is None else common & pair
        if not common or _is_loop(connection):
            return Sides((), False, everyone)
    if common and len(common) == 1:
        version, high, low = common.pop()
        ones = (1 << 128) - 1
        text = address(version, high, low)
        network = Network(version, high << 64 | low, ones)
        return Sides((network,), False, f"local: {text} (takes part in all connections)")
    return Sides((), False, everyone)


def _socket_address(connection: Connection, side: int) -> tuple[int, int, int]:
    if side:
        return connection.version, connection.b_high, connection.b_low
    return connection.version, connection.a_high, connection.a_low


def _is_loop(connection: Connection) -> bool:
    """Return whether both ends have the same address."""
    return _socket_address(connection, 0) == _socket_address(connection, 1)


def initiator(connection: Connection, service_ports: frozenset[int]) -> int:
    """Return the side that opened the connection (RFC 5103 section 2); see `basis`.

    Ports below 1024 and `service_ports` belong to services; where just one end has such a port,
    the other end is the initiator.
    """
    if connection.basis != UNKNOWN:
        return connection.initiator
    if connection.group != NOTHING:
        return 1 - connection.group  # nobody is at a group's address who could begin
    a_serves, b_serves = _serves(connection, service_ports)
    if a_serves != b_serves:
        return 1 if a_serves else 0
    return connection.first_sender


def basis(connection: Connection, service_ports: frozenset[int]) -> str:
    """Return how the initiator is known."""
    if connection.basis != UNKNOWN:
        return "syn" if connection.basis == BY_SYN else "syn-ack"
    if connection.group != NOTHING:
        return "first-packet"
    a_serves, b_serves = _serves(connection, service_ports)
    return "service-port" if a_serves != b_serves else "first-packet"


def _serves(connection: Connection, service_ports: frozenset[int]) -> tuple[bool, bool]:
    """Return whether each endpoint's port is a service's."""
    a_port, b_port = connection.a_port, connection.b_port
    return (
        a_port < SYSTEM_PORTS or a_port in service_ports,
        b_port < SYSTEM_PORTS or b_port in service_ports,
    )
