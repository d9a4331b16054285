"""The name of a host, with where it came from."""

from tracker.typed import NamedTuple

#: Where names come from.
HOSTS = "hosts"  # the configuration
DNS, MDNS, LLMNR, NETBIOS, DHCP = "dns", "mdns", "llmnr", "netbios", "dhcp"
TLS, QUIC, HTTP = "tls", "quic", "http"  # what a client asked a server for
CAPTURE = "pcapng"  # a name block of the capture file
RESOLVER = "resolver"  # asked for by us, with --resolve


class Name(NamedTuple):
    """A host's name.

    text     the name, in lower case, without the last dot
    source   where it came from, one of the constants of this module
    frame    number of the frame that told it, 0 for none
    time     when that was captured, ns since 1970
    until    when it ends to hold (its TTL), ns since 1970; 0 where that is not told
    asker    text of the address that asked for it, None where nobody did
    """

    text: str
    source: str
    frame: int = 0
    time: int = 0
    until: int = 0
    asker: str | None = None
