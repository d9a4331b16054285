"""Whose netstat it is: which endpoint of a connection is *local* in its row (design section 5).

The engine knows no sides.  In this order: what the user says, the one host that takes part in all
connections, the initiator of each connection.  What a host says to itself has two rows.
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

    def key(self) -> tuple[int, int, int, int, int]:
        """Return what it is told from others by."""
        return self.version, self.high, self.low, self.high_mask, self.low_mask

    def _holds(self, high: int, low: int) -> bool:
        return low & self.low_mask == self.low and high & self.high_mask == self.high


class Host:
    """A host, by all of its addresses.

    name    what the user calls it, "" where nobody gave a name
    """

    def __init__(self, networks: list[Network], name: str = "") -> None:
        self.networks = networks
        self.name = name

    def sides(self, connection: Connection) -> int:
        """Return the sides of `connection` that are this host."""
        sides = 0
        for network in self.networks:
            sides |= network.sides(connection)
        return sides

    def key(self) -> list[tuple[int, int, int, int, int]]:
        """Return what it is told from others by: its addresses."""
        return [network.key() for network in self.networks]

    def text(self) -> str:
        """Return what to call it: its name, else its address."""
        return self.name or address(
            self.networks[0].version, self.networks[0].high, self.networks[0].low
        )


class Sides:
    """Whose table it is.

    networks   addresses of the local side
    reason     which rule applied, for people
    others     whether connections between others have a row, too
    guessed    whether nobody said so: a list of all connections (--closed) has each of them once
    """

    def __init__(
        self, networks: list[Network], reason: str, others: bool = False, guessed: bool = False
    ) -> None:
        self.networks = networks
        self.reason = reason
        self.others = others
        self.guessed = guessed

    def local(self, connection: Connection) -> int:
        """Return the sides of `connection` that are local: none, one, both, or EITHER."""
        sides = 0
        for network in self.networks:
            sides |= network.sides(connection)
        if self.others and not sides:
            return 3 if is_loop(connection) else EITHER
        return sides


def is_loop(connection: Connection) -> bool:
    """Return whether a host talks to itself: the addresses are equal, or both are loopback's."""
    if connection.a_low == connection.b_low and connection.a_high == connection.b_high:
        return True
    if connection.version != 4:
        return False
    return connection.a_low >> 24 & 0xFF == 127 and connection.b_low >> 24 & 0xFF == 127


def stated(addresses: Iterable[str], source: str, others: bool = False) -> Sides:
    """Return the sides for the addresses or CIDR networks that are named in `source`.

    With `others`, connections between others have a row, too.  Raises SidesError for what is no
    address and no network.
    """
    networks = [network(text) for text in addresses]
    rest = ", else the initiator" if others else ""
    return Sides(networks, f"local: {', '.join(addresses)} ({source}){rest}", others)


def network(text: str) -> Network:
    """Return the network, or the single address, that `text` names; raise SidesError if none."""
    from ipaddress import ip_network  # here, because most runs name no address

    try:
        found = ip_network(text.partition("%")[0], strict=False)
    except ValueError:
        raise SidesError(
            f"{text!r} is no address and no network; give one like 192.168.1.5, "
            "192.168.1.0/24 or fd00::5"
        ) from None
    mask = (1 << 2 * _HALF_BITS) - (1 << found.max_prefixlen - found.prefixlen)
    bits = int(found.network_address)
    if found.version == 4:
        bits |= 0xFFFF00000000 & mask
    return Network(
        found.version, bits >> _HALF_BITS, bits & _ONES, mask >> _HALF_BITS, mask & _ONES
    )


#: What a host calls itself (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
LOOPBACK = Host(
    [Network(4, 0, 0xFFFF_7F00_0000, _ONES, _ONES ^ 0xFF_FFFF), Network(6, 0, 1)], "loopback"
)


class Guess:
    """Whose table it is, told from the connections themselves.

    known   hosts with several addresses
    hosts   those that take part in all connections seen so far, at most two
    open    whether another connection may change that
    begun   whether any was seen
    """

    def __init__(self, known: Iterable[Host] = ()) -> None:
        self.known = [LOOPBACK, *known]
        self.hosts: list[Host] = []
        self.open = True
        self.begun = False

    def see(self, connection: Connection) -> None:
        """Leave the hosts that take part in this connection, too."""
        if self.begun:
            for host in self.hosts:
                if not host.sides(connection):
                    self.hosts = [other for other in self.hosts if other is not host]
        else:
            self.begun = True
            if connection.group != 0:
                self.hosts.append(self._host(connection, 0))
            if connection.group != 1 and not (self.hosts and self.hosts[0].sides(connection) & 2):
                self.hosts.append(self._host(connection, 1))
        self.open = bool(self.hosts)

    def join(self, other: "Guess") -> None:
        """Leave the hosts that take part in the connections that `other` has seen, too."""
        if not self.begun:
            self.begun, self.hosts = other.begun, other.hosts
        elif other.begun:
            keys = [host.key() for host in other.hosts]
            self.hosts = [host for host in self.hosts if host.key() in keys]
        self.open = bool(self.hosts) or not self.begun

    def _host(self, connection: Connection, side: int) -> Host:
        """Return the host at `side` of a connection."""
        for host in self.known:
            if host.sides(connection) >> side & 1:
                return host
        if side:
            return Host([Network(connection.version, connection.b_high, connection.b_low)])
        return Host([Network(connection.version, connection.a_high, connection.a_low)])

    def sides(self) -> Sides:
        """Return what the connections told."""
        if len(self.hosts) != 1:
            reason = (
                "local: the initiator of each connection, or who is left of it (or use --local)"
            )
            return Sides([], reason, others=True, guessed=True)
        host = self.hosts[0]
        reason = f"local: {host.text()} (takes part in all connections)"
        return Sides(host.networks, reason, guessed=True)


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
    if is_service(connection.a_port, service_ports):
        serving = 1
    if is_service(connection.b_port, service_ports):
        serving |= 2
    return serving


def is_service(port: int, service_ports: frozenset[int]) -> bool:
    """Return whether a port is a service's, and so no ephemeral one."""
    return port < SYSTEM_PORTS or port in service_ports
