"""What happens in each capture with ICMP errors: what routers say, and whom the kernels believe.

In `unreachable`, `prohibited`, `udp-refused`, `frag-needed` and their like the errors come from
kernels. In `icmp-in-*` they are forged (`icmp.py`), because no router sends all kinds: each
connection gets its own, and its port tells which. `docs/icmp-and-kernels.md` has the results.
"""

import socket
from contextlib import suppress

from hosts import CLIENT, CLIENT6, SERVER, SERVER6, Host
from icmp import Error, answer
from recording import Recording, Setting, scenario
from scenarios import HTTP, HTTP_CLIENT, opened, talk
from wire import no_loss

UNICAST6 = "ip6 and not ip6 multicast"  # hosts name their multicast groups at any time
_ETHERNET, _IPV6 = 14, b"\x86\xdd"


# ---- errors that kernels sent --------------------------------------------------------------------


def _calling(host: Host, port: int, to: str, to_port: int = HTTP) -> socket.socket:
    """A socket that has just sent its SYN; nobody waits for what comes."""
    family, source = (socket.AF_INET6, CLIENT6) if ":" in to else (socket.AF_INET, CLIENT)
    made = host.open_socket(family)
    made.bind((source, port))
    made.setblocking(False)
    made.connect_ex((to, to_port))
    return made


def _wait_for_icmp(recording: Recording, count: int = 1) -> None:
    """Wait until so many more ICMP errors have been on the wire."""
    wire = recording.lab.wire
    before = len(wire.frames)

    def seen() -> bool:
        return sum(_is_icmp(frame) for _, frame in wire.frames[before:]) >= count

    wire.wait_until(seen, f"{count} ICMP errors")


def _is_icmp(frame: bytes) -> bool:
    if frame[12:14] == _IPV6:
        return frame[_ETHERNET + 6] == 58
    return frame[_ETHERNET + 9] == 1


@scenario(Setting(routed=True))
def unreachable(recording: Recording) -> None:
    """The router asks in vain for the server's MAC address and says "host unreachable" of each SYN.

    The client gives up with the first error; the others come too late. The second try, from
    another port, ends the same way.
    """
    lab = recording.lab
    lab.listener(HTTP)
    lab.router.ip("neighbour", "del", SERVER, "dev", "server")
    lab.server.ip("link", "set", "eth0", "arp", "off")
    for port in (1099, 1100):
        _calling(lab.client, port, SERVER)
        recording.mark(f"SYN sent from port {port}")
        _wait_for_icmp(recording)
        recording.mark(f"port {port}: host unreachable")


@scenario(Setting(programs=("nft",)))
def prohibited(recording: Recording) -> None:
    """The server's firewall refuses port 81 with "host administratively prohibited".

    A connection to port 80 stays open meanwhile.
    """
    lab = recording.lab
    _firewall(lab.server, "ip", "tcp dport 81 reject with icmp type host-prohibited")
    opened(recording)
    _calling(lab.client, 1100, SERVER, 81)
    recording.mark("prohibited")


def _firewall(host: Host, family: str, rule: str, hook: str = "input") -> None:
    host.run("nft", "add", "table", family, "filter")
    host.run("nft", f"add chain {family} filter {hook} {{ type filter hook {hook} priority 0; }}")
    host.run("nft", f"add rule {family} filter {hook} {rule}")


@scenario(Setting(programs=("nft",)))
def prohibited_later(recording: Recording) -> None:
    """A firewall begins to refuse an open connection: data meets ICMP, and TCP goes on trying.

    When the firewall has gone, the data arrives.
    """
    lab = recording.lab
    client, server = opened(recording)
    recording.mark("established")
    _firewall(lab.server, "ip", "tcp dport 80 reject with icmp type host-prohibited")
    client.sendall(b"is anybody there?\n")
    _wait_for_icmp(recording, 2)
    recording.mark("data refused, again and again")
    lab.server.run("nft", "flush", "ruleset")
    server.recv(1000)
    talk(client, server)
    recording.mark("the connection goes on")


@scenario(Setting(expression=UNICAST6, routed=True, programs=("nft",)))
def unreachable_ipv6(recording: Recording) -> None:
    """Four SYNs and the four words of an IPv6 router for "no": each ends its connection.

    No route, administratively prohibited, address unreachable, port unreachable.
    """
    lab = recording.lab
    listener = lab.server.open_socket(socket.AF_INET6)
    listener.bind((SERVER6, HTTP))
    listener.listen(8)
    _calling(lab.client, 1099, SERVER6)
    no_route, prohibit, unreachable, refused = "fd00:1::9", "fd00:2::9", "fd00:3::9", SERVER6
    lab.client.ip("-6", "route", "add", "default", "via", "fd00::1")
    lab.client.ip("neighbour", "add", "fd00::1", "lladdr", lab.router.mac, "dev", "eth0")
    lab.router.ip("-6", "route", "add", "prohibit", prohibit)
    lab.router.ip("-6", "route", "add", "unreachable", unreachable)
    rule = "tcp dport 81 reject with icmpv6 type port-unreachable"
    _firewall(lab.router, "ip6", rule, "forward")
    _calling(lab.client, 1100, no_route)
    _calling(lab.client, 1101, prohibit)
    _calling(lab.client, 1102, unreachable)
    _calling(lab.client, 1103, refused, 81)
    recording.mark("four refused, one open")


@scenario(Setting(routed=True, programs=("nft",)))
def udp_refused(recording: Recording) -> None:
    """Datagrams meet "port unreachable" and "host unreachable"; their sockets stay as they are.

    Port 1305 to 7 is answered, 1306 to 9 meets the server's port unreachable, twice, and 1307 to 10
    the router's host unreachable.
    """
    lab = recording.lab
    _firewall(lab.router, "ip", "udp dport 10 reject with icmp type host-unreachable", "forward")
    echo = lab.server.open_socket(kind=socket.SOCK_DGRAM)
    echo.bind((SERVER, 7))
    senders = {}
    for port, to in ((1305, 7), (1306, 9), (1307, 10)):
        sender = lab.client.open_socket(kind=socket.SOCK_DGRAM)
        sender.bind((CLIENT, port))
        sender.connect((SERVER, to))
        sender.send(b"hello")
        senders[port] = sender
    question, asker = echo.recvfrom(1000)
    echo.sendto(question, asker)
    recording.mark("one answered, two refused")
    with suppress(ConnectionRefusedError):
        senders[1306].send(b"the error is read by this")
    senders[1306].send(b"hello again")
    recording.mark("refused again")


@scenario(Setting(routed=True))
def frag_needed(recording: Recording) -> None:
    """Path MTU discovery: a segment of 1400 octets is too big for the way, it goes on smaller.

    Behind the router the MTU is 600: its ICMP error says so, the client cuts the data anew.
    """
    _narrow(recording, 600)
    client, server = opened(recording)
    client.sendall(b"x" * 1400)
    _received(server, 1400)
    recording.mark("data arrived in pieces")
    client.close()
    server.recv(1)
    server.close()
    recording.mark("both have closed")


@scenario(Setting(expression=UNICAST6, routed=True))
def packet_too_big(recording: Recording) -> None:
    """The same over IPv6: the MTU behind the router is 1280, "packet too big" says so."""
    lab = recording.lab
    _narrow(recording, 1280)
    listener = lab.server.open_socket(socket.AF_INET6)
    listener.bind((SERVER6, HTTP))
    listener.listen(8)
    client = lab.client.open_socket(socket.AF_INET6)
    client.bind((CLIENT6, HTTP_CLIENT))
    client.connect((SERVER6, HTTP))
    server = lab.accept(listener)
    client.sendall(b"x" * 1400)
    _received(server, 1400)
    recording.mark("data arrived in pieces")


def _narrow(recording: Recording, mtu: int) -> None:
    recording.lab.router.ip("link", "set", "server", "mtu", str(mtu))


def _received(server: socket.socket, count: int) -> None:
    while count > 0:
        count -= len(server.recv(count))


# ---- forged errors: which of them does a kernel believe? -----------------------------------------

#: By port of the client: 1000 for each type, and the code.
ERRORS = {
    **{3000 + code: Error(3, code) for code in range(16) if code != 4},
    3004: Error(3, 4, 600),
    3016: Error(3, 16),
    4000: Error(4),
    5001: Error(5, 1, int.from_bytes(socket.inet_aton("192.168.1.9"))),
    11000: Error(11, 0),
    11001: Error(11, 1),
    12000: Error(12, 0, 20 << 24),
    12001: Error(12, 1),
}
#: The same for ICMPv6.
ERRORS6 = {
    **{1000 + code: Error(1, code) for code in range(8)},
    2000: Error(2, 0, 1280),
    3000: Error(3, 0),
    3001: Error(3, 1),
    4000: Error(4, 0, 40),
    4001: Error(4, 1, 6),
}
#: By port: how far the sequence number in the quote is from the one sent.
GUESSES = {20000: -1, 20001: 1, 20002: 2, 20003: 1_000_000, 20004: -1_000_000}
#: By port: the octets quoted of TCP, of the 20 and more there are.
CUT_SHORT = {21004: 4, 21008: 8}


def _complain(recording: Recording, about: str, errors: dict[int, Error]) -> None:
    """Answer the last segment of host `about` on each port with that port's error.

    A guessed number or a short quote comes with an error that would be believed otherwise.
    """
    wire = recording.lab.wire
    kind = Error(3, 1) if errors is ERRORS else Error(1, 1)
    for port, error in errors.items():
        wire.inject(about, answer(wire.last_sent(about, port), error))
    for port, distance in GUESSES.items():
        wire.inject(about, answer(wire.last_sent(about, port), kind, distance))
    for port, octets in CUT_SHORT.items():
        frame = wire.last_sent(about, port)
        header = 40 if frame[12:14] == _IPV6 else 20
        wire.inject(about, answer(frame, kind, quote=header + octets))


def _all_ports(errors: dict[int, Error]) -> list[int]:
    return [*errors, *GUESSES, *CUT_SHORT]


def _errors_in_syn_sent(recording: Recording, to: str, errors: dict[int, Error]) -> None:
    lab = recording.lab
    lab.wire.loses = lambda sender, flags: True
    for port in _all_ports(errors):
        _calling(lab.client, port, to)
    recording.mark("SYNs sent")
    _complain(recording, "client", errors)
    recording.mark("errors have come")
    lab.wire.wait_until_lost(lab.wire.lost + 1)
    recording.mark("who is left has sent its SYN again")


@scenario()
def icmp_in_syn_sent(recording: Recording) -> None:
    """Each SYN meets another forged ICMP error; most of them end SYN_SENT."""
    _errors_in_syn_sent(recording, SERVER, ERRORS)


@scenario(Setting(expression=UNICAST6))
def icmpv6_in_syn_sent(recording: Recording) -> None:
    """Each SYN meets another forged ICMPv6 error; most of them end SYN_SENT."""
    _errors_in_syn_sent(recording, SERVER6, ERRORS6)


def _errors_in_syn_received(recording: Recording, to: str, errors: dict[int, Error]) -> None:
    lab = recording.lab
    listener = lab.server.open_socket(socket.AF_INET6 if ":" in to else socket.AF_INET)
    listener.bind((to, HTTP))
    listener.listen(64)
    lab.wire.loses = lambda sender, flags: sender == "server"
    for port in _all_ports(errors):
        _calling(lab.client, port, to)
    recording.mark("SYN,ACKs sent", "server")
    _complain(recording, "server", errors)
    recording.mark("errors have come", "server")


@scenario(Setting(captured_at="server"))
def icmp_in_syn_received(recording: Recording) -> None:
    """Each SYN,ACK is lost and meets another forged ICMP error; some of them end SYN_RECEIVED."""
    _errors_in_syn_received(recording, SERVER, ERRORS)


@scenario(Setting(captured_at="server", expression=UNICAST6))
def icmpv6_in_syn_received(recording: Recording) -> None:
    """Each SYN,ACK is lost and meets another forged ICMPv6 error; some end SYN_RECEIVED."""
    _errors_in_syn_received(recording, SERVER6, ERRORS6)


@scenario()
def icmp_when_open(recording: Recording) -> None:
    """ICMP errors about data, and about a FIN, of open connections: none of them ends one."""
    lab = recording.lab
    errors = [*(Error(3, code) for code in (0, 1, 2, 3, 10, 13)), Error(4), Error(11), Error(12)]
    listener = lab.listener(HTTP)
    pairs = []
    for port in range(3000, 3000 + len(errors)):
        client = lab.connect(port, HTTP)
        pairs.append((client, lab.accept(listener)))
    recording.mark("established")
    for label, act, arrives in (("data", _send, 5), ("FIN", _shut, 1)):
        lab.wire.loses = lambda sender, flags: sender == "client"
        for client, _ in pairs:
            act(client)
        lab.wire.wait_until_lost(lab.wire.lost + len(pairs))
        for port, error in enumerate(errors, 3000):
            lab.wire.inject("client", answer(lab.wire.last_sent("client", port), error))
        recording.mark(f"{label} met errors", "client")
        lab.wire.loses = no_loss
        for _, server in pairs:
            server.recv(arrives)
        recording.mark(f"{label} has arrived")


def _send(client: socket.socket) -> None:
    client.sendall(b"hello")


def _shut(client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)
