"""What happens in each capture. One function each; its docstring says what is on the wire.

Unless a scenario needs something else, it is 192.168.1.5:1099 that calls 192.168.1.7:80.
`recording.mark(...)` asks both kernels for their socket tables at a quiet moment.
"""

import ftplib
import http.client
import os
import socket
import struct

from hosts import CLIENT, CLIENT6, SERVER, SERVER6, Host
from recording import Recording, Setting, scenario
from wire import SYN, forged_reset

FTP, HTTP = 21, 80
FTP_CLIENT, HTTP_CLIENT = 1305, 1099
REQUEST = b"GET / HTTP/1.0\r\n\r\n"
REPLY = b"HTTP/1.0 200 OK\r\n\r\nhello\n"


# ---- the textbook example ------------------------------------------------------------------------


@scenario(
    Setting(
        expression="arp or ip",
        precision="micro",
        neighbours_known=False,
        programs=("vsftpd", "nginx"),
    )
)
def ftp_and_web(recording: Recording) -> None:
    """A client asks one server by FTP about a file and by HTTP for pages, both at the same time.

    ARP first, then both handshakes, then commands and pages in turn; both connections stay open.
    """
    lab = recording.lab
    _start_ftp_daemon(recording)
    _start_web_daemon(recording)
    with lab.client.inside():
        ftp = ftplib.FTP(timeout=10)
        ftp.connect(SERVER, FTP, source_address=(CLIENT, FTP_CLIENT))
        web = http.client.HTTPConnection(
            SERVER, HTTP, timeout=10, source_address=(CLIENT, HTTP_CLIENT)
        )
        web.connect()
    if ftp.sock is None or web.sock is None:
        raise RuntimeError("a client is not connected")
    lab.client.keep(ftp.sock)
    lab.client.keep(web.sock)
    recording.mark("both connected")
    ftp.sendcmd("USER anonymous")
    _fetch(web, "/")
    ftp.sendcmd("PASS student@example.net")
    ftp.sendcmd("SYST")
    _fetch(web, "/sockets.html")
    ftp.voidcmd("TYPE I")
    ftp.size("readme.txt")
    ftp.sendcmd("MDTM readme.txt")
    recording.mark("both open, both have talked")


def _fetch(web: http.client.HTTPConnection, path: str) -> None:
    web.request("GET", path)
    answer = web.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"the web server answered {answer.status} to {path}")


def _start_ftp_daemon(recording: Recording) -> None:
    folder = recording.lab.folder()
    files = folder / "files"
    empty = folder / "empty"
    files.mkdir(mode=0o755)
    empty.mkdir(mode=0o755)
    readme = files / "readme.txt"
    readme.write_text("Two sockets make a socket pair.\n")
    os.utime(readme, (1_000_000_000, 1_000_000_000))
    configuration = folder / "vsftpd.conf"
    configuration.write_text(
        "listen=YES\n"
        f"listen_address={SERVER}\n"
        "background=NO\n"
        "isolate_network=NO\n"
        "anonymous_enable=YES\n"
        f"anon_root={files}\n"
        f"secure_chroot_dir={empty}\n"
    )
    recording.lab.daemon(FTP, "vsftpd", str(configuration))


def _start_web_daemon(recording: Recording) -> None:
    folder = recording.lab.folder()
    (folder / "index.html").write_text('<a href="sockets.html">What is a socket pair?</a>\n')
    (folder / "sockets.html").write_text(f"<p>{CLIENT}:{HTTP_CLIENT}, {SERVER}:{HTTP}</p>\n")
    configuration = folder / "nginx.conf"
    configuration.write_text(
        "daemon off;\n"
        "master_process off;\n"
        f"pid {folder}/nginx.pid;\n"
        "error_log stderr;\n"
        "events {}\n"
        "http {\n"
        "  access_log off;\n"
        "  types { text/html html; }\n"
        f"  server {{ listen {SERVER}:{HTTP}; root {folder}; }}\n"
        "}\n"
    )
    recording.lab.daemon(HTTP, "nginx", "-p", str(folder), "-e", "stderr", "-c", str(configuration))


# ---- whole lives, and who ends them --------------------------------------------------------------


def opened(recording: Recording) -> tuple[socket.socket, socket.socket]:
    """A connection with one request and one reply on it: the client's end and the server's."""
    lab = recording.lab
    listener = lab.listener(HTTP)
    client = lab.connect(HTTP_CLIENT, HTTP)
    server = lab.accept(listener)
    talk(client, server)
    return client, server


def talk(client: socket.socket, server: socket.socket) -> None:
    client.sendall(REQUEST)
    server.recv(1000)
    server.sendall(REPLY)
    client.recv(1000)


@scenario(Setting(precision="micro"))
def client_closes_first(recording: Recording) -> None:
    """Handshake, request, reply; the client closes, then the server.

    The client goes FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT; the server CLOSE_WAIT, LAST_ACK, closed.
    """
    client, server = opened(recording)
    recording.mark("established")
    client.close()
    recording.mark("client has closed")
    server.close()
    recording.mark("both have closed")


@scenario()
def server_closes_first(recording: Recording) -> None:
    """Handshake, request, reply; the server closes, then the client: TIME_WAIT is at the server."""
    client, server = opened(recording)
    recording.mark("established")
    server.close()
    recording.mark("server has closed")
    client.close()
    recording.mark("both have closed")


@scenario()
def refused(recording: Recording) -> None:
    """Nobody listens on the port: the server answers the SYN with RST,ACK."""
    try:
        recording.lab.connect(HTTP_CLIENT, HTTP)
    except ConnectionRefusedError:
        recording.mark("refused")
    else:
        raise RuntimeError("the connection was not refused")


@scenario()
def unanswered(recording: Recording) -> None:
    """A SYN and two retransmissions; nothing comes back."""
    lab = recording.lab
    lab.wire.loses = lambda sender, flags: sender == "client"
    client = lab.client.open_socket()
    client.bind((CLIENT, HTTP_CLIENT))
    client.setblocking(False)
    client.connect_ex((SERVER, HTTP))
    lab.wire.wait_until_lost(1)
    recording.mark("one SYN sent")
    lab.wire.wait_until_lost(3)
    recording.mark("three SYNs sent")


@scenario()
def aborted_by_client(recording: Recording) -> None:
    """Handshake, request, reply; then the client aborts: RST instead of FIN."""
    client, _ = opened(recording)
    recording.mark("established")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    recording.mark("aborted")


@scenario()
def aborted_by_server(recording: Recording) -> None:
    """The server closes without having read the request: the kernel sends RST, the data is lost."""
    lab = recording.lab
    listener = lab.listener(HTTP)
    client = lab.connect(HTTP_CLIENT, HTTP)
    server = lab.accept(listener)
    client.sendall(REQUEST)
    recording.mark("established, request not read")
    server.close()
    recording.mark("aborted")


@scenario()
def half_closed(recording: Recording) -> None:
    """The client has said all (FIN) and still listens; the server goes on sending; so it stays."""
    client, server = opened(recording)
    recording.mark("established")
    client.shutdown(socket.SHUT_WR)
    recording.mark("client has shut down its side")
    for line in (b"one more\n", b"and one more\n"):
        server.sendall(line)
        client.recv(1000)
    recording.mark("half closed, server still sends")


# ---- crossing on the wire ------------------------------------------------------------------------

FAR_AWAY = 0.43  # seconds, one way: there and back is less than the first retransmission (1 s)


@scenario()
def simultaneous_open(recording: Recording) -> None:
    """Both call each other: SYN crosses SYN, SYN,ACK crosses SYN,ACK; one connection, no listener.

    The client is 192.168.1.5:1099, the "server" 192.168.1.7:1100; one way takes 0.43 s.
    """
    lab = recording.lab
    lab.wire.delay = FAR_AWAY
    client, server = lab.client.open_socket(), lab.server.open_socket()
    client.bind((CLIENT, 1099))
    server.bind((SERVER, 1100))
    for caller, called in ((client, (SERVER, 1100)), (server, (CLIENT, 1099))):
        caller.setblocking(False)
        caller.connect_ex(called)
    recording.mark_under_way("SYN sent, nothing has come")
    lab.wire.wait_until_delivered(2)
    recording.mark_under_way("SYNs have crossed")
    recording.mark("both established")


@scenario()
def simultaneous_close(recording: Recording) -> None:
    """Both close at the same moment: FIN crosses FIN, both go through CLOSING to TIME_WAIT.

    One way takes 0.43 s.
    """
    lab = recording.lab
    lab.wire.delay = FAR_AWAY
    client, server = opened(recording)
    recording.mark("established")
    before = lab.wire.delivered
    client.close()
    server.close()
    recording.mark_under_way("FIN sent, nothing has come")
    lab.wire.wait_until_delivered(before + 2)
    recording.mark_under_way("FINs have crossed")
    recording.mark("both have closed")


# ---- again: ports and segments -------------------------------------------------------------------


@scenario()
def port_reused(recording: Recording) -> None:
    """The same socket pair twice: the server is in TIME_WAIT when the second SYN comes."""
    lab = recording.lab
    listener = lab.listener(HTTP)
    client = lab.connect(HTTP_CLIENT, HTTP)
    server = lab.accept(listener)
    talk(client, server)
    server.close()
    recording.mark("server has closed")
    client.close()
    recording.mark("first connection over")
    client = lab.connect(HTTP_CLIENT, HTTP)
    server = lab.accept(listener)
    talk(client, server)
    recording.mark("second connection established")


@scenario()
def syn_ack_repeated(recording: Recording) -> None:
    """The handshake's last ACK is lost behind the capture: the server repeats its SYN,ACK twice."""
    lab = recording.lab
    lab.listener(HTTP)
    lab.wire.loses = lambda sender, flags: sender == "client" and not flags & SYN
    lab.connect(HTTP_CLIENT, HTTP)
    lab.wire.wait_until_lost(2)
    recording.mark("SYN,ACK repeated once")
    lab.wire.wait_until_lost(3)
    recording.mark("SYN,ACK repeated twice")


@scenario()
def fin_repeated(recording: Recording) -> None:
    """The client's last ACK is lost behind the capture: the server in LAST_ACK repeats its FIN."""
    lab = recording.lab
    client, server = opened(recording)
    client.close()
    recording.mark("client has closed")
    lab.wire.loses = lambda sender, flags: sender == "client"
    server.close()
    lab.wire.wait_until_lost(4)
    recording.mark("FIN repeated three times")
    lab.wire.wait_until_lost(5)
    recording.mark("FIN repeated four times")


# ---- other roads ---------------------------------------------------------------------------------


@scenario(Setting(expression="ip6 and tcp"))
def ipv6(recording: Recording) -> None:
    """[fd00::5]:1099 to [fd00::7]:80: opened, request, reply; closed by the client first."""
    lab = recording.lab
    listener = lab.server.open_socket(socket.AF_INET6)
    listener.bind((SERVER6, HTTP))
    listener.listen(8)
    client = lab.client.open_socket(socket.AF_INET6)
    client.bind((CLIENT6, HTTP_CLIENT))
    client.connect((SERVER6, HTTP))
    server = lab.accept(listener)
    talk(client, server)
    recording.mark("established")
    client.close()
    recording.mark("client has closed")
    server.close()
    recording.mark("both have closed")


@scenario()
def udp_answered_and_refused(recording: Recording) -> None:
    """A datagram to port 7 is answered; one to port 9 meets ICMP port unreachable."""
    lab = recording.lab
    echo = lab.server.open_socket(kind=socket.SOCK_DGRAM)
    echo.bind((SERVER, 7))
    _datagram(lab.client, 1305, 7)
    question, sender = echo.recvfrom(1000)
    echo.sendto(question, sender)
    recording.mark("answered")
    _datagram(lab.client, 1306, 9)
    recording.mark("refused")


def _datagram(client: Host, source_port: int, destination_port: int) -> None:
    sender = client.open_socket(kind=socket.SOCK_DGRAM)
    sender.bind((CLIENT, source_port))
    sender.connect((SERVER, destination_port))
    sender.send(b"hello")


@scenario(Setting(interface="lo"))
def loopback(recording: Recording) -> None:
    """Both ends on one host, 127.0.0.1: one connection stays open, another is closed."""
    ends = _opened_at_home(recording.lab.client, 1099, 1100)
    recording.mark("both established")
    client, server = ends[1]
    client.close()
    recording.mark("client of the second has closed")
    server.close()
    recording.mark("second closed by both")


def _opened_at_home(host: Host, *ports: int) -> list[tuple[socket.socket, socket.socket]]:
    """Connections of a host with itself, from these ports, with a request and a reply."""
    here = "127.0.0.1"
    listener = host.open_socket()
    listener.bind((here, HTTP))
    listener.listen(8)
    ends = []
    for port in ports:
        client = host.open_socket()
        client.bind((here, port))
        client.connect((here, HTTP))
        server, _ = listener.accept()
        host.keep(server)
        talk(client, server)
        ends.append((client, server))
    return ends


def _at_home_and_away(recording: Recording) -> None:
    """One connection on lo and one on eth0; their clients close, then the server of that on lo."""
    host = recording.lab.client
    host.more_addresses.append("127.0.0.1")
    ((client, server),) = _opened_at_home(host, 1100)
    far_client, _ = opened(recording)
    recording.mark("both established")
    client.close()
    far_client.close()
    recording.mark("both clients have closed")
    server.close()
    recording.mark("the server of the first has closed")


@scenario(Setting(interface="any"))
def all_interfaces(recording: Recording) -> None:
    """One connection on lo and one on eth0, captured on all interfaces at once (Linux SLL2)."""
    _at_home_and_away(recording)


@scenario(Setting(interface="eth0 and any", form="pcapng", programs=("dumpcap",), expression="tcp"))
def two_interfaces(recording: Recording) -> None:
    """The same in a pcapng file with two interfaces: eth0 (Ethernet) and `any` (Linux SLL)."""
    _at_home_and_away(recording)


@scenario()
def fast_open(recording: Recording) -> None:
    """TCP Fast Open: the first connection gets a cookie, the second has its request on the SYN."""
    lab = recording.lab
    for host in (lab.client, lab.server):
        host.set("ipv4.tcp_fastopen", 3)
    listener = lab.server.open_socket()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
    listener.bind((SERVER, HTTP))
    listener.listen(8)
    client, server = _fast_opened(recording, listener, 1099)
    recording.mark("first established, with the cookie")
    client.close()
    recording.mark("client has closed the first")
    server.close()
    recording.mark("both have closed the first")
    _fast_opened(recording, listener, 1100)
    recording.mark("second established, request was on the SYN")


def _fast_opened(
    recording: Recording, listener: socket.socket, port: int
) -> tuple[socket.socket, socket.socket]:
    client = recording.lab.client.open_socket()
    client.bind((CLIENT, port))
    client.settimeout(None)  # without waiting, the first call would not get far: no cookie yet
    client.sendto(REQUEST, socket.MSG_FASTOPEN, (SERVER, HTTP))
    server = recording.lab.accept(listener)
    server.recv(1000)
    server.sendall(REPLY)
    client.recv(1000)
    return client, server


@scenario(Setting(captured_at="server"))
def out_of_window_rst(recording: Recording) -> None:
    """Forged RSTs in the client's name, beyond the window and in it but not exact: it goes on.

    The first is ignored in silence, the second is answered with a challenge ACK (RFC 5961 3.2).
    """
    lab = recording.lab
    client, server = opened(recording)
    recording.mark("established")
    for label, distance in (("RST beyond the window", 1 << 30), ("RST in the window", 1000)):
        last = lab.wire.last_segment["client"]
        lab.wire.inject("server", forged_reset(last, distance))
        recording.mark(label)
    talk(client, server)
    recording.mark("the connection goes on")
