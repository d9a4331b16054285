"""What happens in each capture with IP fragments (RFC 791 section 3.2, RFC 8200 section 4.5)."""

import socket

from hosts import CLIENT, CLIENT6, SERVER, SERVER6
from recording import Recording, Setting, scenario
from scenarios import REQUEST, opened
from wire import LateRule, in_order, no_frame_lost

_OFFSET = slice(20, 22)  # of an IPv4 frame: flags and fragment offset
_LITTLE_LATER = 0.05  # seconds: everything else of a datagram has passed by then


def _offset(frame: bytes) -> int:
    """Where in its IPv4 datagram a fragment begins."""
    return (int.from_bytes(frame[_OFFSET]) & 0x1FFF) * 8


def _is_first(frame: bytes) -> bool:
    return _offset(frame) == 0 and bool(frame[_OFFSET.start] & 0x20)


def _echo(recording: Recording, client: str, server: str) -> tuple[socket.socket, socket.socket]:
    """A connected UDP socket of the client, port 1305, and the server's port 7."""
    lab = recording.lab
    family = socket.AF_INET6 if ":" in client else socket.AF_INET
    asker = lab.client.open_socket(family, socket.SOCK_DGRAM)
    asker.bind((client, 1305))
    asker.connect((server, 7))
    echo = lab.server.open_socket(family, socket.SOCK_DGRAM)
    echo.bind((server, 7))
    return asker, echo


@scenario(Setting(expression="ip or (ip6 and not ip6 multicast)"))
def udp_fragments(recording: Recording) -> None:
    """Datagrams larger than the MTU of 1500 octets, in fragments, over IPv4 and IPv6.

    IPv4: 4000 octets and an answer of 2000; IPv6: 2000 octets either way; then 5 octets, whole.
    """
    for client, server, count in ((CLIENT, SERVER, 4000), (CLIENT6, SERVER6, 2000)):
        asker, echo = _echo(recording, client, server)
        asker.send(bytes(count))
        question, sender = echo.recvfrom(65535)
        echo.sendto(question[:2000], sender)
        asker.recv(65535)
        asker.send(b"hello")
    recording.mark("asked and answered")


@scenario()
def udp_fragments_astray(recording: Recording) -> None:
    """Fragments out of order, and one lost: the server complains "reassembly time exceeded".

    Each datagram has 1200 octets in three fragments (MTU 600). The first comes in order; of the
    second the last fragment comes first; of the third the middle one is lost behind the capture.
    The server answers what it gets, its fragments the other way round too. It waits one second
    for the lost one.
    """
    lab = recording.lab
    for host in (lab.client, lab.server):
        host.ip(
            "route", "change", "192.168.1.0/24", "dev", "eth0", "src", host.address, "mtu", "600"
        )
    lab.server.set("ipv4.ipfrag_time", 1)
    asker, echo = _echo(recording, CLIENT, SERVER)
    for late in (in_order, _first_last):
        lab.wire.late = late
        asker.send(bytes(1200))
        question, sender = echo.recvfrom(65535)
        echo.sendto(question, sender)
        asker.recv(65535)
    recording.mark("two asked and answered")
    lab.wire.late = in_order
    lab.wire.loses_frame = lambda sender, frame: sender == "client" and _offset(frame) == 576
    asker.send(bytes(1200))
    lab.wire.wait_until_lost(1)
    delivered = lab.wire.delivered
    lab.wire.wait_until_delivered(delivered + 1)
    recording.mark("the third was never whole")


def _first_last(sender: str, frame: bytes) -> float:
    """First fragments are overtaken by all others."""
    return _LITTLE_LATER if _is_first(frame) else 0.0


@scenario(Setting(routed=True))
def tcp_fragments(recording: Recording) -> None:
    """Segments of 1000 octets that a router cuts in three, because nobody forbids it (no DF).

    The MTU before the router is 400. The fragments of the first segment come in order, of the
    second the first one comes last. The third segment has a FIN; its middle fragment is lost before
    the capture, three times, so that a FIN is seen that nobody has received. Then it arrives, and
    the client closes too.
    """
    lab = recording.lab
    lab.server.set("ipv4.ip_no_pmtu_disc", 1)
    lab.router.ip("link", "set", "eth0", "mtu", "400")
    client, server = opened(recording)
    rules: tuple[LateRule, ...] = (in_order, _first_last)
    for late in rules:
        lab.wire.late = late
        server.sendall(bytes(1000))
        _received(client, 1000)
        client.sendall(REQUEST)
        server.recv(1000)
    recording.mark("two segments in fragments")
    lab.wire.late = in_order
    lab.wire.loses_frame = lambda sender, frame: sender == "server" and _offset(frame) == 376
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)  # data and FIN in one segment
    server.sendall(bytes(1000))
    server.shutdown(socket.SHUT_WR)
    lab.wire.wait_until_lost(3)
    recording.mark("the third, with FIN, was never whole", "client")
    lab.wire.loses_frame = no_frame_lost
    _received(client, 1000)
    recording.mark("server has closed")
    client.close()
    recording.mark("both have closed")


def _received(client: socket.socket, count: int) -> None:
    while count > 0:
        count -= len(client.recv(count))
