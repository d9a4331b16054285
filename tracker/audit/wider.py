"""Which peers stand for more than themselves, when a policy is learned: the rules of that.

Only where there is evidence is a rule wider than what was seen:

- names: where LEAST or more hosts directly below one domain were seen, all below it are meant.  The
  domain has three labels at least, or two of which the last is a generic one of the Internet; and
  it is none below which anybody may have a host, as below those of clouds and of dynamic DNS;
- addresses: where LEAST or more of one network were seen (IPv4 /24, IPv6 /64), the network is;
- who connects to this host: where they come from MANY networks or more, all of the private networks
  are meant if those are, else anybody.

Groups (multicast, broadcast) stand for themselves.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network

from tracker.audit.peers import GROUPS, Places, network_place
from tracker.config import PRIVATE, Config

#: So many hosts of one domain, or of one network, stand for all of it.
LEAST = 3

#: Who connects from so many networks, stands for everybody.
MANY = 16

_PREFIX = {4: 24, 6: 64}

# Below these, names of two labels are names of owners (RFC 2606, IANA's generic top-level domains).
# Below others, such as those of countries, they may be the domains of a registry (co.uk).
_GENERIC = frozenset(("com", "org", "net", "edu", "gov", "mil", "int", "arpa", "test", "example"))

# Below these anybody may have a host: what is much used of the Public Suffix List's private part.
_ANYBODYS = (
    *("amazonaws.com", "cloudfront.net", "elasticbeanstalk.com", "azurewebsites.net"),
    *("azureedge.net", "azurefd.net", "cloudapp.net", "windows.net", "azure.com", "appspot.com"),
    *("trafficmanager.net", "googleusercontent.com", "firebaseapp.com", "herokuapp.com"),
    *("blogspot.com", "wordpress.com", "myshopify.com", "digitaloceanspaces.com", "fastly.net"),
    *("backblazeb2.com", "linodeobjects.com", "onrender.com", "b-cdn.net", "trycloudflare.com"),
    *("dyndns.org", "duckdns.org", "no-ip.org", "ddns.net", "hopto.org", "zapto.org", "sytes.net"),
    *("eu.org", "github.io", "githubusercontent.com", "gitlab.io", "netlify.app", "vercel.app"),
    *("pages.dev", "workers.dev", "r2.dev", "web.app", "fly.dev", "ngrok.io", "co.com", "uk.com"),
)
_BELOW_ANYBODYS = tuple(f".{domain}" for domain in _ANYBODYS)

_IN_GROUPS = Places(GROUPS)
_ANY = "any"


def generalized(peers: Iterable[str]) -> list[str]:
    """Return patterns and networks in place of LEAST or more peers of theirs, the others as is."""
    groups: dict[str, list[str]] = defaultdict(list)
    for peer in peers:
        groups[_wider(peer)].append(peer)
    found: list[str] = []
    for wider, members in groups.items():
        found += [wider] if wider and len(members) >= LEAST else members
    return sorted(found)


def everybody(peers: Iterable[str], config: Config) -> str | None:
    """Return "private" or "any" where addresses of MANY networks are peers, else None."""
    addresses = [peer for peer in peers if _is_address(peer)]
    if len({_wider(address) for address in addresses}) < MANY:
        return None
    private = Places(map(network_place, config.private_networks))
    return PRIVATE if all(map(private.has_address, addresses)) else _ANY


def needs_no_answer(local: str, foreign: str) -> bool:
    """Return whether nobody need answer: to groups, and to all of the local host's network.

    As its mask is not known, what ends in 255 counts as such (RFC 919 section 7) if the first half
    of the address is that of the local host.
    """
    if _IN_GROUPS.has_address(foreign):
        return True
    return foreign.endswith(".255") and foreign.split(".")[:2] == local.split(".")[:2]


@lru_cache(maxsize=65536)
def _wider(peer: str) -> str:
    """Return the domain's pattern, or the network, that a peer belongs to; "" for none."""
    if not _is_address(peer):
        _, _, domain = peer.partition(".")
        return f"*.{domain}" if _is_domain(domain) else ""
    if _IN_GROUPS.has_address(peer):
        return ""
    address = ip_address(peer.partition("%")[0])
    return str(ip_network((address, _PREFIX[address.version]), strict=False))


def _is_domain(domain: str) -> bool:
    """Return whether names below `domain` are, as far as one can tell, of one owner."""
    if domain in _ANYBODYS or domain.endswith(_BELOW_ANYBODYS):
        return False
    labels = domain.split(".")
    return len(labels) >= 3 or (len(labels) == 2 and labels[1] in _GENERIC)


def _is_address(peer: str) -> bool:
    """Return whether a peer is told by its address; names do not end in a number."""
    return ":" in peer or peer.rpartition(".")[2].isdigit()
