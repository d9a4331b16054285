"""Days of a host, for `tracker audit`: two ordinary ones, and one for each thing that is not.

The client looks up each name at a name server, dnsmasq, before it connects to it. TLS is Python's;
of HTTP, SSH, SMTP, FTP and NTP, plain sockets say as much as matters here: the first lines, and
what FTP announces.
"""

import random
import socket
import struct
import time

from hosts import CLIENT, SERVER
from recording import Recording, Setting, scenario
from scenarios_names import beyond, called, datagrams, look_up, own, start_dnsmasq

DNS, NTP, HTTP, HTTPS, SSH, SUBMISSION = 53, 123, 80, 443, 22, 587
FTP, FTP_DATA = 21, 20
NAMES = {
    "www.example.org": "198.51.100.20",
    "news.example.org": "198.51.100.21",
    "git.example.org": "198.51.100.22",
    "mail.example.com": "198.51.100.25",
    "time.example.net": "198.51.100.123",
    "backup.example.net": SERVER,
}
ADMIN = "192.168.1.10"
ELSEWHERE = "203.0.113.66"

SSH_HELLO, SSH_ANSWER = b"SSH-2.0-OpenSSH_9.6\r\n", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
FILE = b"Two sockets make a socket pair.\n"

Ends = tuple[socket.socket, socket.socket]
"""The client's socket and the server's."""

_HOW = Setting(expression="tcp or udp", precision="micro", programs=("dnsmasq",))


class Day:
    """What the client does on a day; its ports are counted from `first` on."""

    def __init__(self, recording: Recording, first: int, moved: str = "") -> None:
        self.lab = recording.lab
        self.askers: list[socket.socket] = []
        self._port = first
        names = NAMES | ({"www.example.org": moved} if moved else {})
        addresses = sorted(set(names.values()) - {SERVER})
        own(self.lab.server, self.lab.client, *addresses, ADMIN, ELSEWHERE)
        beyond(self.lab)
        self.names = names
        records = [f"--host-record={name},{address}" for name, address in names.items()]
        start_dnsmasq(self.lab, *records)

    def port(self) -> int:
        self._port += 1
        return self._port

    def asked(self, name: str) -> str:
        """The address of a name, from the name server; the socket that asked stays open."""
        asker = datagrams(self.lab.client, (CLIENT, self.port()), (SERVER, DNS))
        look_up(asker, name)
        self.askers.append(asker)
        return self.names[name]

    def connected(self, address: str, port: int) -> Ends:
        return called(self.lab, (CLIENT, self.port()), (address, port))

    def browse(self, name: str = "www.example.org") -> None:
        """A page over TLS from a host that was asked for."""
        self.shake_hands(self.connected(self.asked(name), HTTPS), name)

    def shake_hands(self, ends: Ends, name: str) -> None:
        import speakers

        folder = self.lab.folder()
        speakers.make_certificate(folder)
        speakers.shake_hands(ends, name, folder, 0)

    def read_news(self) -> None:
        request = b"GET / HTTP/1.1\r\nHost: news.example.org\r\n\r\n"
        client, server = self.connected(self.asked("news.example.org"), HTTP)
        say(client, server, request)
        say(server, client, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")

    def send_mail(self) -> None:
        client, server = self.connected(self.asked("mail.example.com"), SUBMISSION)
        say(server, client, b"220 mail.example.com ESMTP\r\n")
        say(client, server, b"EHLO laptop.example.com\r\n")
        say(server, client, b"250 mail.example.com\r\n")

    def log_in(self, address: str, port: int = SSH) -> None:
        client, server = self.connected(address, port)
        say(client, server, SSH_HELLO)
        say(server, client, SSH_ANSWER)

    def set_clock(self) -> None:
        """A question of NTP and its answer (RFC 5905 section 7.3): version 4, client and server."""
        here, there = (CLIENT, self.port()), (self.asked("time.example.net"), NTP)
        server = self.lab.server.open_socket(kind=socket.SOCK_DGRAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(there)
        client = datagrams(self.lab.client, here, there)
        say(client, server, b"\x23" + bytes(47))
        server.sendto(b"\x24\x02" + bytes(46), here)
        client.recv(100)
        server.close()

    def back_up(self) -> None:
        """Two files from the backup server: data connections of both kinds (RFC 959)."""
        client, server = self.connected(self.asked("backup.example.net"), FTP)
        say(server, client, b"220 backup FTP server ready\r\n")
        say(client, server, b"USER anonymous\r\n")
        say(server, client, b"230 Logged in\r\n")
        port = self.port()
        passive = self.lab.server.open_socket()
        passive.bind((SERVER, port))
        passive.listen(1)
        say(client, server, b"PASV\r\n")
        say(server, client, b"227 Entering Passive Mode (%s)\r\n" % announced(SERVER, port))
        say(client, server, b"RETR readme.txt\r\n")
        here = self.lab.client.open_socket()
        here.bind((CLIENT, self.port()))
        here.connect((SERVER, port))
        transfer(self.lab.accept(passive), here)
        port = self.port()
        active = self.listening(port)
        say(client, server, b"PORT %s\r\n" % announced(CLIENT, port))
        say(server, client, b"200 PORT command successful\r\n")
        say(client, server, b"RETR readme.txt\r\n")
        there = self.lab.server.open_socket()
        there.bind((SERVER, FTP_DATA))
        there.connect((CLIENT, port))
        here, _ = active.accept()
        self.lab.client.keep(here)
        transfer(there, here)

    def be_administered(self, address: str = ADMIN, port: int = SSH) -> None:
        """Somebody opens a connection to the client, which listens there."""
        peer, host = self.from_outside(address, port)
        say(peer, host, SSH_HELLO)
        say(host, peer, SSH_ANSWER)

    def from_outside(self, address: str, port: int) -> Ends:
        """A connection to the client: the peer's end and the client's."""
        listener = self.listening(port)
        peer = self.lab.server.open_socket()
        peer.bind((address, self.port()))
        peer.connect((CLIENT, port))
        host, _ = listener.accept()
        host.settimeout(10)
        self.lab.client.keep(host)
        return peer, host

    def listening(self, port: int) -> socket.socket:
        made = self.lab.client.open_socket()
        made.bind((CLIENT, port))
        made.listen(64)
        return made


def say(sender: socket.socket, hearer: socket.socket, octets: bytes) -> None:
    sender.sendall(octets)
    hearer.recv(4096)


def announced(address: str, port: int) -> bytes:
    """A socket as FTP writes it (RFC 959 section 4.1.2)."""
    return f"{address.replace('.', ',')},{port >> 8},{port & 255}".encode()


def transfer(sender: socket.socket, receiver: socket.socket) -> None:
    """A file over a data connection, which its sender closes first."""
    say(sender, receiver, FILE)
    sender.close()
    receiver.recv(1)
    receiver.close()


def abort(*ends: socket.socket) -> None:
    """Close the first with a RST: nothing is left of the connection at either end."""
    ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for end in ends:
        end.close()


# ---- ordinary days -------------------------------------------------------------------------------


def ordinary(day: Day) -> None:
    day.browse()
    day.read_news()
    day.send_mail()
    day.log_in(day.asked("git.example.org"))
    day.set_clock()
    day.back_up()
    day.be_administered()


@scenario(_HOW)
def audit_day(recording: Recording) -> None:
    """An ordinary day: web, mail, SSH, time, backup, each asked for; SSH from an administrator."""
    ordinary(Day(recording, 40000))
    recording.mark("after an ordinary day")


@scenario(_HOW)
def audit_other_day(recording: Recording) -> None:
    """Another one: other ports, another order, and a web site that has moved."""
    day = Day(recording, 50000, moved="198.51.100.30")
    day.set_clock()
    day.send_mail()
    ordinary(day)
    day.browse()
    recording.mark("after another ordinary day")


# ---- what is not ordinary, once each -------------------------------------------------------------


@scenario(_HOW)
def audit_reverse_shell(recording: Recording) -> None:
    """A connection to a bare address, whose peer gives orders."""
    day = Day(recording, 41000)
    day.browse()
    client, server = day.connected(ELSEWHERE, 4444)
    say(client, server, b"$ ")
    say(server, client, b"id\n")
    say(client, server, b"uid=1000(user) gid=1000(user)\n$ ")
    recording.mark("a shell is open")


@scenario(Setting(expression="tcp or udp", precision="micro", programs=("dnsmasq",), stretched=20))
def audit_beacon(recording: Recording) -> None:
    """A report to a bare address every 1.5 s, up to a sixth earlier or later: ten in all."""
    day = Day(recording, 42000)
    day.read_news()
    jitter = random.Random(8)  # noqa: S311 - the same each time
    start = time.monotonic()
    for beat in range(10):
        time.sleep(max(0, start + 1.5 * beat + jitter.uniform(-0.25, 0.25) - time.monotonic()))
        client, server = day.connected(ELSEWHERE, 8080)
        say(client, server, b"POST /r HTTP/1.1\r\nHost: 203.0.113.66\r\nContent-Length: 0\r\n\r\n")
        say(server, client, b"HTTP/1.1 204 No Content\r\n\r\n")
        abort(client, server)
    for asker in day.askers:
        asker.close()
    recording.mark("after ten reports")


@scenario(_HOW)
def audit_listener(recording: Recording) -> None:
    """Somebody from outside uses a port on which the client did not use to listen."""
    day = Day(recording, 43000)
    day.browse()
    day.be_administered()
    peer, host = day.from_outside(ELSEWHERE, 31337)
    say(peer, host, b"get /etc/passwd\n")
    say(host, peer, b"root:x:0:0:root:/root:/bin/bash\n")
    recording.mark("the port was used")


@scenario(_HOW)
def audit_bare_https(recording: Recording) -> None:
    """TLS to a bare address; the hello names a host that nobody asked for."""
    day = Day(recording, 44000)
    day.browse()
    day.shake_hands(day.connected(ELSEWHERE, HTTPS), "static.example.org")
    recording.mark("both have spoken")


@scenario(_HOW)
def audit_ssh_on_443(recording: Recording) -> None:
    """SSH to the port of HTTPS, of a host that was asked for."""
    day = Day(recording, 45000)
    day.read_news()
    day.log_in(day.asked("www.example.org"), HTTPS)
    recording.mark("logged in")


@scenario(_HOW)
def audit_half_open(recording: Recording) -> None:
    """Forty SYNs from addresses where nobody is, to the client's SSH port."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether

    day = Day(recording, 46000)
    day.browse()
    listener = day.listening(SSH)
    for number in range(40):
        syn = Ether(src=day.lab.server.mac, dst=day.lab.client.mac)
        syn /= IP(src=f"203.0.113.{100 + number}", dst=CLIENT)
        syn /= TCP(sport=2000 + number, dport=SSH, flags="S", seq=1000 * number, window=64240)
        day.lab.wire.inject("client", bytes(syn))
    recording.mark("forty are half open", "client")
    listener.close()


@scenario(_HOW)
def audit_scan(recording: Recording) -> None:
    """Somebody tries forty ports of the client; SSH answers, and is left at once."""
    day = Day(recording, 47000)
    day.browse()
    listener = day.listening(SSH)
    for port in range(1, 41):
        peer = day.lab.server.open_socket()
        peer.bind((ELSEWHERE, 3000 + port))
        if peer.connect_ex((CLIENT, port)) == 0:
            accepted, _ = listener.accept()
            abort(peer, accepted)
    recording.mark("after forty ports")
