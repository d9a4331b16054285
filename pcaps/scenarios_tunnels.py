"""What happens in each capture with tunnels, captured outside, where their headers are seen.

In each tunnel there is a connection from port 1099 to port 80, with a request and a reply, and a
datagram from port 1305 to port 7, which is answered. The addresses inside tell the tunnels apart:
10.0.N.5 and 10.0.N.7, or fd00:N::5 and fd00:N::7.
"""

import socket
import time

from hosts import Host
from recording import Recording, Setting, scenario
from scenarios import HTTP, HTTP_CLIENT, talk
from tunnels import IN_IP, IN_UDP, Kind, Tunnel, address

_UNICAST = "ip or (ip6 and not ip6 multicast)"
_SETTLED = 0.1  # seconds: longer than an acknowledgment is delayed


def _converse(
    recording: Recording, caller: str, called: str
) -> tuple[socket.socket, socket.socket]:
    """One connection and one datagram with its answer; the ends of the connection."""
    lab = recording.lab
    family = socket.AF_INET6 if ":" in called else socket.AF_INET
    listener = lab.server.open_socket(family)
    listener.bind((called, HTTP))
    listener.listen(8)
    client = lab.client.open_socket(family)
    client.bind((caller, HTTP_CLIENT))
    client.connect((called, HTTP))
    server = lab.accept(listener)
    talk(client, server)
    echo = lab.server.open_socket(family, socket.SOCK_DGRAM)
    echo.bind((called, 7))
    asker = lab.client.open_socket(family, socket.SOCK_DGRAM)
    asker.bind((caller, 1305))
    asker.connect((called, 7))
    asker.send(b"hello")
    question, sender = echo.recvfrom(1000)
    echo.sendto(question, sender)
    asker.recv(1000)
    return client, server


def _one_after_the_other(recording: Recording, kinds: tuple[Kind, ...]) -> None:
    lab = recording.lab
    for number, kind in enumerate(kinds, 1):
        with Tunnel(kind, number, lab):
            _converse(
                recording, address(kind, number, lab.client), address(kind, number, lab.server)
            )
            time.sleep(_SETTLED)
    recording.mark("all open, all have talked")


# ---- tunnels of the kernel -----------------------------------------------------------------------


@scenario()
def vxlan(recording: Recording) -> None:
    """The kernel's own VXLAN, each end sending from a port of its own choice; closed by both."""
    lab = recording.lab
    for host, other in ((lab.client, lab.server), (lab.server, lab.client)):
        # fmt: off
        host.ip("link", "add", "vxlan5", "address", _inner_mac(host), "type", "vxlan", "id", "5",
                "local", host.address, "remote", other.address, "dev", "eth0", "dstport", "4789")
        host.ip("link", "set", "vxlan5", "addrgenmode", "none")
        _has(host, "10.0.1", "vxlan5")
        host.ip("link", "set", "vxlan5", "up")
        host.ip("neighbour", "replace", f"10.0.1.{_last(other)}", "lladdr", _inner_mac(other),
                "dev", "vxlan5", "nud", "permanent")
        # fmt: on
        host.run("ethtool", "-K", "vxlan5", "tso", "off", "gso", "off", "gro", "off", "tx", "off")
    client, server = _converse(recording, "10.0.1.5", "10.0.1.7")
    recording.mark("established")
    client.close()
    server.recv(1)
    server.close()
    recording.mark("both have closed")


@scenario(Setting(expression=_UNICAST))
def segment_routing(recording: Recording) -> None:
    """IPv4 in IPv6 with a segment routing header (RFC 8754), as the kernel makes it."""
    lab = recording.lab
    for host, other in ((lab.client, lab.server), (lab.server, lab.client)):
        for interface in ("all", "eth0"):
            host.set(f"ipv6.conf.{interface}.seg6_enabled", 1)
        host.run("ip", "sr", "tunsrc", "set", host.address6)
        _has(host, "10.0.1", "lo", "32")
        # fmt: off
        host.ip("route", "add", f"10.0.1.{_last(other)}", "encap", "seg6", "mode", "encap",
                "segs", other.address6, "dev", "eth0", "src", f"10.0.1.{_last(host)}")
        # fmt: on
    _converse(recording, "10.0.1.5", "10.0.1.7")
    recording.mark("established")


def _last(host: Host) -> str:
    return host.address.rpartition(".")[2]


def _inner_mac(host: Host) -> str:
    return f"02:00:00:00:03:{_last(host).zfill(2)}"


def _has(host: Host, network: str, interface: str, length: str = "24") -> None:
    """Give the host an address inside the tunnel."""
    made = f"{network}.{_last(host)}"
    host.ip("address", "add", f"{made}/{length}", "dev", interface)
    host.more_addresses.append(made)


# ---- tunnels of `tunnels.py` ---------------------------------------------------------------------


@scenario(Setting(expression=_UNICAST))
def tunnels_in_ip(recording: Recording) -> None:
    """Tunnels over IP, one after the other: IPIP, 6in4, GRE, ERSPAN and others."""
    _one_after_the_other(recording, IN_IP)


@scenario(Setting(expression=_UNICAST))
def tunnels_in_udp(recording: Recording) -> None:
    """Tunnels over UDP, one after the other: L2TP, GTP-U, VXLAN, Geneve and others."""
    _one_after_the_other(recording, IN_UDP)
