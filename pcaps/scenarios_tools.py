"""What other tools print of a host whose connections stand in as many states as there are.

The host asked is the client, where the capture is made; what it sends can be lost behind that.
"""

import socket
from collections.abc import Callable

from hosts import CLIENT, CLIENT6, SERVER, SERVER6, Lab
from recording import Recording, Setting, scenario
from wire import ports

#: Addresses so long that netstat cuts them, unless told not to.
LONG = "2001:db8:1111:2222:3333:4444:5555:5"
LONG_PEER = "2001:db8:1111:2222:3333:4444:5555:7"

TOOLS = (
    "netstat -tan",
    "netstat -tuan",
    "netstat -tn",
    "netstat -tanW",
    "netstat -ltn",
    "ss -tan",
    "ss -tuan",
)


@scenario(Setting(expression="tcp or udp", programs=("netstat",)))
def states_and_queues(recording: Recording) -> None:
    """Connections of one host in all states, some with data or a FIN that is not acknowledged.

    Ports of the client: 3000 and 3001 are open; what 3002 and 3003 have sent is not acknowledged;
    3004 has written more than its peer takes; 3005 is in SYN_SENT, 3006 and 3007 in FIN_WAIT_1,
    3008 in FIN_WAIT_2, 3009 in CLOSE_WAIT, 3010 in LAST_ACK, 3011 in CLOSING, 3012 in TIME_WAIT.
    It listens at 80, where 4000 is connected and 4001 in SYN_RECEIVED, and exchanges datagrams.
    """
    lab = recording.lab
    _add_long_addresses(lab)
    lost: set[int] = set()
    lab.wire.loses_frame = lambda sender, frame: (
        sender == "client" and not lost.isdisjoint(ports(frame))
    )
    pair = _Pairs(lab)
    pair(3000)
    pair(3001, LONG, LONG_PEER)
    _half_closed(pair)
    _datagrams(lab)
    _served(lab, lost)
    _stuffed(lab)
    _unacknowledged(pair, lost)
    recording.mark("all in their states", "client")
    recording.ask_tools("client", TOOLS)


class _Pairs:
    """Makes connections from the client to the server's port 8080."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._listeners = {
            address: _listener(lab, "server", address, 8080)
            for address in (SERVER, SERVER6, LONG_PEER)
        }

    def __call__(
        self, port: int, here: str = CLIENT, there: str = SERVER
    ) -> tuple[socket.socket, socket.socket]:
        """Connect, say a word both ways; both ends."""
        client = self.lab.client.open_socket(_family(here))
        client.bind((here, port))
        client.connect((there, 8080))
        server = self.lab.accept(self._listeners[there])
        client.sendall(b"hello")
        server.recv(100)
        server.sendall(b"hello yourself")
        client.recv(100)
        return client, server


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _listener(lab: Lab, role: str, address: str, port: int) -> socket.socket:
    made = lab.hosts[role].open_socket(_family(address))
    made.bind((address, port))
    made.listen(8)
    return made


def _add_long_addresses(lab: Lab) -> None:
    for host, address, other, mac in (
        (lab.client, LONG, LONG_PEER, lab.server.mac),
        (lab.server, LONG_PEER, LONG, lab.client.mac),
    ):
        host.ip("address", "add", f"{address}/64", "dev", "eth0", "nodad")
        # fmt: off
        host.ip("neighbour", "replace", other, "lladdr", mac, "dev", "eth0", "nud", "permanent")
        # fmt: on
        host.more_addresses.append(address)


def _half_closed(pair: _Pairs) -> None:
    client, _ = pair(3008)
    client.shutdown(socket.SHUT_WR)
    _, server = pair(3009, CLIENT6, SERVER6)
    server.shutdown(socket.SHUT_WR)
    client, server = pair(3012, CLIENT6, SERVER6)
    client.shutdown(socket.SHUT_WR)
    server.recv(100)
    server.close()
    client.recv(100)


def _datagrams(lab: Lab) -> None:
    """One socket that is connected and asks, one that is not and answers."""
    for here, there in ((CLIENT, SERVER), (LONG, LONG_PEER)):
        echo = lab.server.open_socket(_family(there), socket.SOCK_DGRAM)
        echo.bind((there, 7))
        connected = lab.client.open_socket(_family(here), socket.SOCK_DGRAM)
        connected.bind((here, 1305))
        connected.connect((there, 7))
        connected.send(b"hello")
        echo.sendto(*echo.recvfrom(100))
        answering = lab.client.open_socket(_family(here), socket.SOCK_DGRAM)
        answering.bind((here, 53))
        echo.sendto(b"question", (here, 53))
        answering.sendto(*answering.recvfrom(100))


def _served(lab: Lab, lost: set[int]) -> None:
    """The client listens, too: one connection is open, of the other the SYN,ACK is lost."""
    listener = _listener(lab, "client", CLIENT, 80)
    _listener(lab, "client", CLIENT6, 80)
    lost.add(4001)
    for port, address in ((4000, CLIENT), (4001, CLIENT6)):
        caller = lab.server.open_socket(_family(address))
        caller.bind((SERVER if address == CLIENT else SERVER6, port))
        caller.setblocking(False)
        caller.connect_ex((address, 80))
    accepted, _ = listener.accept()
    lab.client.keep(accepted)


def _stuffed(lab: Lab) -> None:
    """The peer has a small buffer and reads nothing, so that not all that is written is sent."""
    listener = lab.server.open_socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
    listener.bind((SERVER, 8081))
    listener.listen(8)
    client = lab.connect(3004, 8081)
    lab.accept(listener)
    client.setblocking(False)
    client.send(bytes(12_000))


def _unacknowledged(pair: _Pairs, lost: set[int]) -> None:
    """All of these at once, so that there is a quiet moment between what is sent again."""
    ends = {port: pair(port) for port in (3002, 3006, 3010)}
    ends |= {port: pair(port, CLIENT6, SERVER6) for port in (3003, 3007, 3011)}
    caller = pair.lab.client.open_socket()
    caller.bind((CLIENT, 3005))
    caller.setblocking(False)
    ends[3010][1].shutdown(socket.SHUT_WR)
    ends[3010][0].recv(100)
    lost.update(ends, {3005})
    steps: tuple[Callable[[], object], ...] = (
        lambda: caller.connect_ex((SERVER, 8080)),
        lambda: ends[3002][0].sendall(bytes(1000)),
        lambda: ends[3003][0].sendall(bytes(1)),
        lambda: ends[3006][0].shutdown(socket.SHUT_WR),
        lambda: ends[3007][0].sendall(bytes(500)),
        lambda: ends[3007][0].shutdown(socket.SHUT_WR),
        lambda: ends[3010][0].shutdown(socket.SHUT_WR),
        lambda: ends[3011][0].shutdown(socket.SHUT_WR),
        lambda: ends[3011][1].shutdown(socket.SHUT_WR),
    )
    for step in steps:
        step()
