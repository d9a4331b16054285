"""The name of a host, with where it came from."""

from tracker.typed import NamedTuple

#: Kinds of messages that tell names: DNS and its relatives, what hosts say of themselves or are
#: given, and what a client asks a server for.
DNS, MDNS, LLMNR, NETBIOS, DHCP, TLS, HTTP, QUIC = range(1, 9)

#: Where names come from, by these kinds; and from elsewhere: the settings, a name block of the
#: capture file, the system's resolver (--resolve).
SOURCES = ("", "dns", "mdns", "llmnr", "netbios", "dhcp", "tls", "http", "quic")
HOSTS, CAPTURE, RESOLVER = "hosts", "pcapng", "resolver"


class Name(NamedTuple):
    """A host's name.

    text     the name, in lower case, without the last dot
    source   where it came from, one of SOURCES, HOSTS, CAPTURE or RESOLVER
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
