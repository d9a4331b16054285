"""Which names `pcaps/names.pcap` and `pcaps/netstat-example.pcap` tell: from what was played there.

The names are the inputs of `pcaps/scenarios_names.py`: what was asked of a name server, what hosts
said of themselves, what clients asked for.  Nothing of it comes from the tracker.
"""

from typing import NamedTuple

from tracker.names.name import DHCP, DNS, HTTP, LLMNR, MDNS, NETBIOS, QUIC, TLS

INITIATOR, RESPONDER = "initiator", "responder"


class Named(NamedTuple):
    """The name of one side of a connection, as its other side knows it.

    capture     the file in pcaps/
    protocol    "tcp" or "udp"
    initiator   the initiator's address and port
    responder   the responder's
    side        whose name it is: "initiator" or "responder"
    name        the name; None: nobody tells one
    source      a kind of message, a constant of `tracker.names.name`; None without a name
    """

    capture: str
    protocol: str
    initiator: tuple[str, int]
    responder: tuple[str, int]
    side: str
    name: str | None
    source: int | None


_CLIENT, _SECOND, _CLIENT6, _SERVER = "192.168.1.5", "192.168.1.6", "fd00::5", "192.168.1.7"


def _responder(
    port: int,
    address: str,
    service: int,
    name: str | None,
    source: int | None,
    initiator: str = _CLIENT,
    protocol: str = "tcp",
) -> Named:
    """Return a row of names.pcap about who was called."""
    ends = (initiator, port), (address, service)
    return Named("names.pcap", protocol, *ends, RESPONDER, name, source)


def _netstat(port: int, address: str, service: int, name: str | None) -> Named:
    """Return a row of netstat-example.pcap; its names are those that DNS answered with."""
    ends = ("192.168.1.124", port), (address, service)
    return Named("netstat-example.pcap", "tcp", *ends, RESPONDER, name, DNS if name else None)


NAMED = [
    # Of www.example.com, which leads to the address by two CNAMEs: what was asked for.
    _responder(1101, "198.51.100.10", 80, "www.example.com", DNS),
    _responder(1102, "2001:db8::10", 80, "six.example.com", DNS, initiator=_CLIENT6),
    # DNS over TCP; the name server itself has no name.
    _responder(1103, _SERVER, 53, None, None),
    _responder(1104, "198.51.100.11", 80, "tcp.example.com", DNS),
    _responder(1105, "192.168.1.20", 631, "printer.local", MDNS),
    _responder(1106, "192.168.1.21", 80, "nas", LLMNR),
    _responder(1107, "192.168.1.22", 139, "fileserver", NETBIOS),
    # Its address, and its name as it told it, came to the client by DHCP.
    Named("names.pcap", "tcp", (_SECOND, 1108), (_SERVER, 80), INITIATOR, "laptop", DHCP),
    _responder(1108, _SERVER, 80, None, None, initiator=_SECOND),
    _responder(1109, "198.51.100.12", 443, "one.example.org", TLS),
    # Over two segments, and another name of the same address: each connection has its own.
    _responder(1110, "198.51.100.12", 443, "two.example.org", TLS),
    _responder(1111, "198.51.100.13", 80, "web.example.org", HTTP),
    _responder(1112, "198.51.100.14", 443, "quic.example.org", QUIC, protocol="udp"),
    # Two hosts know one address by two names: each sees its own.
    _responder(1113, "198.51.100.15", 80, "red.example.com", DNS),
    _responder(1114, "198.51.100.15", 80, "blue.example.com", DNS, initiator=_SECOND),
    Named("names.pcap", "tcp", (_SECOND, 1114), ("198.51.100.15", 80), INITIATOR, "laptop", DHCP),
    # The textbook's example.
    _netstat(3126, "192.168.0.2", 139, None),
    _netstat(3158, "207.138.126.152", 80, None),
    _netstat(3159, "207.138.126.169", 80, None),
    _netstat(3160, "207.138.126.169", 80, None),
    _netstat(3161, "198.51.100.10", 80, "sc.msn.com"),
    _netstat(3166, "203.0.113.25", 80, "www.cisco.com"),
]
