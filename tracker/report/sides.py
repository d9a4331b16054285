"""Whose netstat it is: which endpoint of a connection is *local* in its row (design section 5).

The engine knows no sides.  In this order: what the user says, the one address that takes part in
all connections, the initiator of each connection.
"""

from collections.abc import Iterable

from tracker.connection import Connection
from tracker.errors import UserError
from tracker.report.text import address
from tracker.words import BY_KERNEL, BY_SYN, NOTHING, UNKNOWN

#: Sides stand as bits here, 1 for `a` and 2 for `b`, as in `Connection.sides_present`.  This is:
#: neither is local rather than the other, so whoever opened the connection is taken.
EITHER = 7

#: Ports below are given to services only (RFC 6335 section 6).
SYSTEM_PORTS = 1024

_HALF_BITS = 64
_ONES = (1 << _HALF_BITS) - 1


class SidesError(UserError):
    """An address or network that is none: the message says which."""


class Network:
    """Addresses with the same first bits; address and mask in halves as in `wire.segment`."""

    def __init__(
        self, version: int, high: int, low: int, high_mask: int = _ONES, low_mask: int = _ONES
    ) -> None:
        self.version = version
        self.high = high
        self.low = low
        self.high_mask = high_mask
        self.low_mask = low_mask

    def sides(self, connection: Connection) -> int:
        """Return the sides of `connection` that are in the network; a group's never is."""
        if connection.version != self.version:
            return 0
        sides = 0
        if self._holds(connection.a_high, connection.a_low) and connection.group != 0:
            sides = 1
        if self._holds(connection.b_high, connection.b_low) and connection.group != 1:
            sides |= 2
        return sides

    def _holds(self, high: int, low: int) -> bool:
        return low & self.low_mask == self.low and high & self.high_mask == self.high


class Sides:
    """Whose table it is.

    networks   addresses of the local side
    reason     which rule applied, for people
    others     whether connections between others have a row, too
    """

    def __init__(self, networks: list[Network], reason: str, others: bool = False) -> None:
        self.networks = networks
        self.reason = reason
        self.others = others

    def local(self, connection: Connection) -> int:
        """Return the sides of `connection` that are local: none, one, both, or EITHER."""
        sides = 0
        for network in self.networks:
            sides |= network.sides(connection)
        return EITHER if self.others and not sides else sides


def stated(addresses: Iterable[str], source: str, others: bool = False) -> Sides:
    """Return the sides for the addresses or CIDR networks that are named in `source`.

    With `others`, connections between others have a row, too.  Raises SidesError for what is no
    address and no network.
    """
    networks = [_network(text) for text in addresses]
    rest = ", else the initiator" if others else ""
    return Sides(networks, f"local: {', '.join(addresses)} ({source}){rest}", others)


def _network(text: str) -> Network:
    from ipaddress import ip_network  # here, because most runs name no address

    try:
        network = ip_network(text.partition("%")[0], strict=False)
    except ValueError:
        raise SidesError(
            f"{text!r} is no address and no network; give one like 192.168.1.5, "
            "192.168.1.0/24 or fd00::5"
        ) from None
    mask = (1 << 2 * _HALF_BITS) - (1 << network.max_prefixlen - network.prefixlen)
    bits = int(network.network_address)
    if network.version == 4:
        bits |= 0xFFFF00000000 & mask
    return Network(
        network.version, bits >> _HALF_BITS, bits & _ONES, mask >> _HALF_BITS, mask & _ONES
    )


class Guess:
    """Whose table it is, told from the connections themselves.

    hosts   those that take part in all connections seen so far, at most two
    open    whether another connection may change that
    """

    def __init__(self) -> None:
        self.hosts: list[Network] = []
        self.open = True
        self._begun = False

    def see(self, connection: Connection) -> None:
        """Leave the hosts that take part in this connection, too."""
        if connection.a_low == connection.b_low and connection.a_high == connection.b_high:
            self.hosts = []  # a host and itself: neither end is foreign
        elif self._begun:
            for host in self.hosts:
                if not host.sides(connection):
                    self.hosts = [other for other in self.hosts if other is not host]
        else:
            self._begun = True
            if connection.group != 0:
                self.hosts.append(Network(connection.version, connection.a_high, connection.a_low))
            if connection.group != 1:
                self.hosts.append(Network(connection.version, connection.b_high, connection.b_low))
        self.open = bool(self.hosts)

    def sides(self) -> Sides:
        """Return what the connections told."""
        if len(self.hosts) != 1:
            reason = (
                "local: the initiator of each connection, or who is left of it (or use --local)"
            )
            return Sides([], reason, others=True)
        host = self.hosts[0]
        text = address(host.version, host.high, host.low)
        return Sides(self.hosts, f"local: {text} (takes part in all connections)")


def initiator(connection: Connection, service_ports: frozenset[int]) -> int:
    """Return the side that opened the connection (RFC 5103 section 2); see `basis`.

    Ports below 1024 and `service_ports` belong to services; where just one end has such a port,
    the other end is the initiator.
    """
    if connection.basis != UNKNOWN:
        return connection.initiator
    if connection.group != NOTHING:
        return 1 - connection.group  # nobody is at a group's address who could begin
    serving = _serving(connection, service_ports)
    if serving == 1 or serving == 2:
        return 2 - serving
    return connection.first_sender


def basis(connection: Connection, service_ports: frozenset[int]) -> str:
    """Return how the initiator is known."""
    if connection.basis != UNKNOWN:
        if connection.basis == BY_KERNEL:
            return "kernel"
        return "syn" if connection.basis == BY_SYN else "syn-ack"
    if connection.group != NOTHING:
        return "first-packet"
    serving = _serving(connection, service_ports)
    return "service-port" if serving == 1 or serving == 2 else "first-packet"


def _serving(connection: Connection, service_ports: frozenset[int]) -> int:
    """Return the sides whose port is a service's."""
    serving = 0
    if connection.a_port < SYSTEM_PORTS or connection.a_port in service_ports:
        serving = 1
    if connection.b_port < SYSTEM_PORTS or connection.b_port in service_ports:
        serving |= 2
    return serving
