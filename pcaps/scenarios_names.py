"""Captures that tell names: DNS before connections, and each of the other sources.

The client has other hosts' addresses for neighbours or behind its default route; all of them are
the server's. What no daemon says here is said by libraries (`speakers.py`), through real sockets.
"""

import socket
import time
from functools import cache

from hosts import CLIENT, CLIENT6, SERVER, SERVER6, Host, Lab
from recording import Recording, Setting, scenario
from scenarios import HTTP, REPLY, REQUEST

DNS_PORT, SESSION, HTTPS = 53, 139, 443
LASTS = 300  # seconds, of DNS answers

# A session request to "*SMBSERVER" and its answer (RFC 1002 sections 4.3.2 and 4.3.3).
SESSION_REQUEST = (
    bytes([0x81, 0, 0, 68])
    + b"\x20CKFDENECFDEFFCFGEFFCCACACACACACA\0"
    + b"\x20FAEDCACACACACACACACACACACACACAAA\0"
)
SESSION_ANSWER = bytes([0x82, 0, 0, 0])

Address = tuple[str, int]
Ends = tuple[socket.socket, socket.socket]
"""The client's socket and the server's."""


def own(host: Host, neighbour: Host, *addresses: str) -> None:
    """Give a host more addresses, which the other one knows without ARP."""
    for address in addresses:
        version6 = ":" in address
        prefix = f"{address}/{128 if version6 else 24}"
        host.ip("address", "add", prefix, "dev", "eth0", *(["nodad"] if version6 else []))
        # fmt: off
        neighbour.ip("neighbour", "replace", address, "lladdr", host.mac, "dev", "eth0",
                     "nud", "permanent")
        # fmt: on
        host.more_addresses.append(address)


def beyond(lab: Lab) -> None:
    """Let the server be the client's way to everywhere."""
    lab.client.ip("route", "add", "default", "via", SERVER)
    lab.client.ip("route", "add", "default", "via", SERVER6)


def family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def datagrams(host: Host, here: Address, there: Address) -> socket.socket:
    """A UDP socket of a host from here to there."""
    made = host.open_socket(family(here[0]), socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if family(here[0]) == socket.AF_INET:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(here[0]))
    made.bind(here)
    made.connect(there)
    return made


def called(lab: Lab, here: Address, there: Address) -> Ends:
    """A connection of the client's, from here to there, and the server's end of it."""
    listener = listening(lab, there)
    client = lab.client.open_socket(family(here[0]))
    client.bind(here)
    client.connect(there)
    return client, lab.accept(listener)


@cache
def listening(lab: Lab, there: Address) -> socket.socket:
    """The server's listening socket there, one for all connections to it."""
    made = lab.server.open_socket(family(there[0]))
    made.bind(there)
    made.listen(8)
    return made


def talk(ends: Ends, request: bytes = REQUEST) -> None:
    client, server = ends
    client.sendall(request)
    server.recv(1000)
    server.sendall(REPLY)
    client.recv(1000)


def open_session(ends: Ends) -> None:
    """A session of NetBIOS, in which SMB could begin."""
    client, server = ends
    client.sendall(SESSION_REQUEST)
    server.recv(1000)
    server.sendall(SESSION_ANSWER)
    client.recv(1000)


def start_dnsmasq(lab: Lab, *options: str) -> None:
    """A name server, which asks nobody else."""
    # fmt: off
    lab.daemon(DNS_PORT, "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
               "--no-hosts", "--user=root", "--pid-file=", "--bind-interfaces", "--no-ping",
               f"--listen-address={SERVER}", f"--local-ttl={LASTS}", *options)
    # fmt: on


def look_up(asker: socket.socket, name: str, kind: str = "A") -> None:
    """Ask for a name and wait for the answer."""
    import speakers

    asker.send(speakers.question(name, kind))
    speakers.check_answer(asker.recv(4096))


# ---- netstat -------------------------------------------------------------------------------------

HERE = "192.168.1.124"
FILES = "192.168.0.2"
SITES = ("207.138.126.152", "207.138.126.169")
NAMED = {"sc.msn.com": "198.51.100.10", "www.cisco.com": "203.0.113.25"}
NAME_SERVER = "192.168.1.1"
UDP_ENDS = 121  # seconds: longer than what goes between two UDP sockets is shown (120)


@scenario(Setting(expression=f"host {HERE}", precision="micro", longest=180, programs=("dnsmasq",)))
def netstat_example(recording: Recording) -> None:
    """The other textbook example: six connections of 192.168.1.124, two to hosts with names.

    DNS answers come right before the connections to them. Two minutes later all are still open: the
    client's kernel asks on the last one (keep-alive), and is answered.
    """
    lab = recording.lab
    own(lab.client, lab.server, HERE)
    own(lab.server, lab.client, FILES, *SITES, *NAMED.values(), NAME_SERVER)
    beyond(lab)
    records = [f"--host-record={name},{address},{LASTS}" for name, address in NAMED.items()]
    start_dnsmasq(lab, f"--listen-address={NAME_SERVER}", *records)

    open_session(called(lab, (HERE, 3126), (FILES, SESSION)))
    talk(called(lab, (HERE, 3158), (SITES[0], HTTP)))
    talk(called(lab, (HERE, 3159), (SITES[1], HTTP)))
    talk(called(lab, (HERE, 3160), (SITES[1], HTTP)))
    recording.mark("four connections")
    asker = datagrams(lab.client, (HERE, 1026), (NAME_SERVER, DNS_PORT))
    for port, (name, address) in zip((3161, 3166), NAMED.items(), strict=True):
        look_up(asker, name)
        ends = called(lab, (HERE, port), (address, HTTP))
        talk(ends)
    recording.mark("six connections")
    asker.close()
    _wait_for_keep_alive(lab, ends[0])
    recording.mark("six connections, two minutes later")


def _wait_for_keep_alive(lab: Lab, client: socket.socket) -> None:
    """Let the kernel ask whether the peer is still there; long timers of kernels are late."""
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, UDP_ENDS)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    delivered = lab.wire.delivered
    time.sleep(UDP_ENDS - 1)
    lab.wire.wait_until_delivered(delivered + 2)


# ---- each source of names ------------------------------------------------------------------------

SECOND = "192.168.1.6"  # of the client, by DHCP
PRINTER, NAS, FILE_SERVER = "192.168.1.20", "192.168.1.21", "192.168.1.22"
CHAIN, OVER_TCP, TLS, WEB, QUIC, SHARED = (f"198.51.100.{last}" for last in range(10, 16))
SITE6 = "2001:db8::10"
MDNS, LLMNR = ("224.0.0.251", 5353), ("224.0.0.252", 5355)
NETBIOS, IPP = 137, 631


@scenario(Setting(expression="tcp or udp", precision="micro", programs=("dnsmasq",)))
def names(recording: Recording) -> None:
    """One connection after the other, each to a host whose name another source tells.

    DNS with CNAMEs, over IPv6, over TCP; mDNS, LLMNR, NetBIOS, DHCP; TLS in one segment and in two,
    HTTP, QUIC; at last one address that two hosts know by two names.
    """
    lab = recording.lab
    own(lab.server, lab.client, PRINTER, NAS, FILE_SERVER)
    own(lab.server, lab.client, CHAIN, OVER_TCP, TLS, WEB, QUIC, SHARED, SITE6)
    beyond(lab)
    _start_name_server(lab)
    _by_dns(lab)
    _by_multicast(lab)
    _by_netbios(lab)
    _by_dhcp(lab)
    _by_tls(lab)
    talk(
        called(lab, (CLIENT, 1111), (WEB, HTTP)), b"GET / HTTP/1.1\r\nHost: web.example.org\r\n\r\n"
    )
    _by_quic(lab)
    _two_names_of_one_address(lab)
    recording.mark("all connected", "client")


def _start_name_server(lab: Lab) -> None:
    # fmt: off
    start_dnsmasq(
        lab, f"--listen-address={SERVER6}",
        "--cname=www.example.com,edge.example.net", "--cname=edge.example.net,pop.example.net",
        f"--host-record=pop.example.net,{CHAIN},{LASTS}",
        f"--host-record=six.example.com,{SITE6},{LASTS}",
        f"--host-record=tcp.example.com,{OVER_TCP},{LASTS}",
        f"--host-record=red.example.com,{SHARED},{LASTS}",
        f"--host-record=blue.example.com,{SHARED},{LASTS}",
        f"--dhcp-range={SECOND},{SECOND},1h", "--dhcp-broadcast", "--dhcp-authoritative",
        "--dhcp-leasefile=/dev/null",
    )
    # fmt: on


def _by_dns(lab: Lab) -> None:
    look_up(datagrams(lab.client, (CLIENT, 1201), (SERVER, DNS_PORT)), "www.example.com")
    talk(called(lab, (CLIENT, 1101), (CHAIN, HTTP)))
    asker6 = datagrams(lab.client, (CLIENT6, 1202), (SERVER6, DNS_PORT))
    look_up(asker6, "six.example.com", "AAAA")
    talk(called(lab, (CLIENT6, 1102), (SITE6, HTTP)))
    _look_up_over_tcp(lab, "tcp.example.com")
    talk(called(lab, (CLIENT, 1104), (OVER_TCP, HTTP)))


def _look_up_over_tcp(lab: Lab, name: str) -> None:
    """The length and the question go in segments of their own (RFC 1035 section 4.2.2)."""
    import speakers

    asker = lab.connect(1103, DNS_PORT)
    asker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    question = speakers.question(name, "A")
    for part in (len(question).to_bytes(2, "big"), question):
        asker.sendall(part)
        time.sleep(speakers.PAUSE)
    length = int.from_bytes(asker.recv(2), "big")
    speakers.check_answer(asker.recv(length))
    asker.close()


def _by_multicast(lab: Lab) -> None:
    """An answer of mDNS goes to all (RFC 6762 section 6), one of LLMNR to who asked (RFC 4795)."""
    import speakers

    asker = datagrams(lab.client, (CLIENT, MDNS[1]), MDNS)
    asker.send(speakers.mdns_question("printer.local"))
    time.sleep(speakers.PAUSE)
    responder = datagrams(lab.server, (PRINTER, MDNS[1]), MDNS)
    responder.send(speakers.mdns_answer("printer.local", PRINTER))
    time.sleep(speakers.PAUSE)
    talk(called(lab, (CLIENT, 1105), (PRINTER, IPP)))

    hearing = lab.client.open_socket(kind=socket.SOCK_DGRAM)
    hearing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    hearing.bind((CLIENT, 1203))
    datagrams(lab.client, (CLIENT, 1203), LLMNR).send(speakers.llmnr_question("nas"))
    time.sleep(speakers.PAUSE)
    responder = datagrams(lab.server, (NAS, LLMNR[1]), (CLIENT, 1203))
    responder.send(speakers.llmnr_answer("nas", NAS))
    hearing.recv(1000)
    talk(called(lab, (CLIENT, 1106), (NAS, HTTP)))


def _by_netbios(lab: Lab) -> None:
    """A server tells all its name, and a session with it is opened."""
    import speakers

    sender = datagrams(lab.server, (FILE_SERVER, NETBIOS), ("192.168.1.255", NETBIOS))
    sender.send(speakers.netbios_claim("FILESERVER", FILE_SERVER))
    time.sleep(speakers.PAUSE)
    open_session(called(lab, (CLIENT, 1107), (FILE_SERVER, SESSION)))


def _by_dhcp(lab: Lab) -> None:
    """The client gets its second address: four messages with dnsmasq (RFC 2131 section 3.1)."""
    import speakers

    with lab.client.inside():
        sending = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    lab.client.keep(sending)
    sending.bind(("eth0", 0))
    hearing = lab.client.open_socket(kind=socket.SOCK_DGRAM)
    hearing.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    hearing.bind(("", 68))
    wanted = [("requested_addr", SECOND), ("server_id", SERVER)]
    for kind, more in (("discover", []), ("request", wanted)):
        sending.send(speakers.dhcp_frame(kind, lab.client.mac, ("hostname", "laptop"), *more))
        if speakers.dhcp_address(hearing.recv(2000)) != SECOND:
            raise RuntimeError(f"the DHCP server does not grant {SECOND}")
    own(lab.client, lab.server, SECOND)
    talk(called(lab, (SECOND, 1108), (SERVER, HTTP)))


def _by_tls(lab: Lab) -> None:
    """The hello in one segment, then one that is cut in the middle of the name."""
    import speakers

    folder = lab.folder()
    speakers.make_certificate(folder)
    for port, name, cut in ((1109, "one.example.org", 0), (1110, "two.example.org", 3)):
        ends = called(lab, (CLIENT, port), (TLS, HTTPS))
        speakers.shake_hands(ends, name, folder, cut)


def _by_quic(lab: Lab) -> None:
    import speakers

    folder = lab.folder()
    speakers.make_certificate(folder)
    here, there = (CLIENT, 1112), (QUIC, HTTPS)
    ends = datagrams(lab.client, here, there), datagrams(lab.server, there, here)
    speakers.shake_quic_hands(ends, "quic.example.org", folder)


def _two_names_of_one_address(lab: Lab) -> None:
    for port, asker, name in ((1113, CLIENT, "red"), (1114, SECOND, "blue")):
        look_up(datagrams(lab.client, (asker, 1204), (SERVER, DNS_PORT)), f"{name}.example.com")
        talk(called(lab, (asker, port), (SHARED, HTTP)))
