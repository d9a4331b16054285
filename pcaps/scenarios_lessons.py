"""Captures for lessons: one thing at a time, as a student meets it first."""

import socket

from hosts import CLIENT, SERVER
from recording import Recording, Setting, scenario
from scenarios import HTTP, HTTP_CLIENT, REQUEST, talk
from scenarios_names import DNS_PORT, NAME_SERVER, datagrams, own, start_dnsmasq


@scenario(Setting(precision="micro"))
def handshake(recording: Recording) -> None:
    """Three segments open a connection; nothing is sent on it, and it stays open."""
    lab = recording.lab
    listener = lab.listener(HTTP)
    lab.connect(HTTP_CLIENT, HTTP)
    lab.accept(listener)
    recording.mark("established")


@scenario(Setting(precision="micro"))
def data_repeated(recording: Recording) -> None:
    """Data is lost twice and repeated: the client's request, then the second of three lines.

    The wire loses the request behind the capture, the line before it: the client sees the third
    line come ahead of its turn, and says so (SACK).
    """
    lab = recording.lab
    listener = lab.listener(HTTP)
    client = lab.connect(HTTP_CLIENT, HTTP)
    server = lab.accept(listener)
    lab.wire.loses_frame = lambda sender, frame: REQUEST in frame and lab.wire.lost == 0
    talk(client, server)
    recording.mark("the request has arrived the second time")
    lines = (b"first line\n", b"second line\n", b"third line\n")
    lab.wire.loses_frame = lambda sender, frame: lines[1] in frame and lab.wire.lost == 1
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a segment for each line
    for line in lines:
        server.sendall(line)
    expected = sum(map(len, lines))
    lab.wire.wait_until(
        lambda: len(client.recv(1000, socket.MSG_PEEK)) == expected, "the lost line"
    )
    recording.mark("all lines have arrived")


# ---- names ---------------------------------------------------------------------------------------

WEB_SITE, GONE = "www.example.org", "ftp.example.org"
ASKED_AFTER = 1.0  # seconds: no answer yet, so ask again


@scenario(Setting(expression="udp or tcp", precision="micro", programs=("dnsmasq",)))
def dns_lookup(recording: Recording) -> None:
    """A name server is asked for www.example.org, which is then called; then it is asked in vain.

    The name server is 192.168.1.1, asked from ports 1201 and 1202. The wire loses the second
    question, which comes twice, behind the capture.
    """
    lab = recording.lab
    own(lab.server, lab.client, NAME_SERVER)
    start_dnsmasq(lab, f"--listen-address={NAME_SERVER}", f"--host-record={WEB_SITE},{SERVER}")
    asker = datagrams(lab.client, (CLIENT, 1201), (NAME_SERVER, DNS_PORT))
    address = resolved(asker, WEB_SITE)
    listener = lab.listener(HTTP)
    client = lab.client.open_socket()
    client.bind((CLIENT, HTTP_CLIENT))
    client.connect((address, HTTP))
    talk(client, lab.accept(listener))
    recording.mark("name looked up, its host called")
    lab.wire.loses_frame = lambda sender, frame: sender == "client"
    asker = datagrams(lab.client, (CLIENT, 1202), (NAME_SERVER, DNS_PORT))
    if resolved(asker, GONE, tries=2):
        raise RuntimeError("a lost question was answered")
    recording.mark("the second question is not answered")


def resolved(asker: socket.socket, name: str, tries: int = 1) -> str:
    """The address of a host, asked by dnspython through a connected socket; "" without answer."""
    import dns.exception
    import dns.message
    import dns.query

    question = dns.message.make_query(name, "A")
    asker.setblocking(False)
    for _ in range(tries):
        try:
            answer = dns.query.udp(question, NAME_SERVER, timeout=ASKED_AFTER, sock=asker)
        except dns.exception.Timeout:
            continue
        if not answer.answer:
            raise RuntimeError(f"DNS knows nothing: {answer}")
        return str(answer.answer[0][0])
    return ""


# ---- scans ---------------------------------------------------------------------------------------

ASKED_PORTS = (21, 22, 23, 25, 53, 80, 110, 143, 443, 3306)
LISTENING = (22, 80)


@scenario(Setting(programs=("nmap",)))
def scan(recording: Recording) -> None:
    """Ten ports of the server are tried, of which two listen: by connecting, then by SYN alone.

    Who listens answers SYN,ACK, and the connection is broken off with RST at once: by the program
    in the connect scan; by the client's kernel, which knows of no connection, in the SYN scan.
    """
    lab = recording.lab
    for port in LISTENING:
        lab.listener(port)
    wanted = ",".join(map(str, ASKED_PORTS))
    for label, kind in (("connect scan", "-sT"), ("SYN scan", "-sS")):
        said = lab.client.run("nmap", kind, "-n", "-Pn", "-r", "--send-ip", "-p", wanted, SERVER)
        if said.count(" open ") != len(LISTENING):
            raise RuntimeError(f"nmap found something else: {said}")
        recording.mark(f"after the {label}")
