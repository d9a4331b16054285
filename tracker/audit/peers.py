"""Where hosts are: addresses, networks and names, for rules to hold subjects against."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network

from tracker.typed import NamedTuple

_BITS = {4: 32, 6: 128}


class Place(NamedTuple):
    """A network of addresses, or a name: `suffix` is what it ends in, "" for every name.

    version         4 or 6, 0 for a name
    number, mask    the network's address and mask, as numbers
    name            the whole name, "" where it is a pattern
    suffix          with its dot, as in ".example.org"
    """

    version: int
    number: int = 0
    mask: int = 0
    name: str = ""
    suffix: str = ""


@lru_cache(maxsize=65536)
def host_number(text: str) -> tuple[int, int]:
    """Return version and number of an address; a zone behind % does not count."""
    address = ip_address(text.partition("%")[0])
    return address.version, int(address)


def network_place(text: str) -> Place:
    """Return the place of an address or a network (CIDR); raise ValueError where it is neither."""
    network = ip_network(text.partition("%")[0], strict=False)
    return Place(network.version, int(network.network_address), int(network.netmask))


def name_place(text: str) -> Place:
    """Return the place of the name of a host, or of a pattern such as ``*.example.org``."""
    name = text.lower().rstrip(".")
    if name == "*":
        return Place(0)
    if name.startswith("*."):
        return Place(0, suffix=name[1:])
    return Place(0, name=name)


#: Multicast and broadcast (RFC 5771, RFC 919, RFC 4291 section 2.7).
GROUPS = tuple(map(network_place, ("224.0.0.0/4", "255.255.255.255/32", "ff00::/8")))


class Places:
    """Some places: a host is there if it is in one of them.

    To look costs as much as there are lengths of networks, however many networks there are.
    """

    def __init__(self, found: Iterable[Place]) -> None:
        self.found = frozenset(found)
        self._masks = sorted({(place.version, place.mask) for place in self.found if place.version})
        self._networks = {(each.version, each.mask, each.number) for each in self.found}
        self._names = frozenset(place.name for place in self.found if place.name)
        patterns = [place for place in self.found if not place.version and not place.name]
        self._suffixes = tuple(place.suffix for place in patterns)
        self._hosts: dict[str, bool] = {}

    def has_address(self, text: str) -> bool:
        """Return whether an address is in one of the networks."""
        known = self._hosts.get(text)
        if known is None:
            version, number = host_number(text)
            known = any(
                of == version and (version, mask, number & mask) in self._networks
                for of, mask in self._masks
            )
            if len(self._hosts) < _MOST:
                self._hosts[text] = known
        return known

    def has_name(self, name: str) -> bool:
        """Return whether a name, in lower case, is one of the names or fits a pattern."""
        return name in self._names or (bool(self._suffixes) and name.endswith(self._suffixes))


def union(all_places: Iterable[Places]) -> Places:
    """Return the places that are in any of some places."""
    return Places(place for places in all_places for place in places.found)


# Of so many addresses it is remembered where they are.
_MOST = 100_000
