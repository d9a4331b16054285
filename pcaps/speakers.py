"""Messages and handshakes that tell names, made by libraries, for sockets that scenarios open.

Needs dnspython, scapy, cryptography and aioquic: so it is imported only by the functions of those
scenarios that use it.
"""

import contextlib
import datetime as dt
import socket
import ssl
import time
from pathlib import Path

import dns.message
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.layers.llmnr import LLMNRQuery, LLMNRResponse
from scapy.layers.netbios import NBNSHeader, NBNSRegistrationRequest

Address = tuple[str, int]
Ends = tuple[socket.socket, socket.socket]
"""The client's socket and the server's."""

PAUSE = 0.05  # seconds: what is sent before and after goes in segments of its own

# ---- DNS -----------------------------------------------------------------------------------------


def question(name: str, kind: str) -> bytes:
    """A DNS question, by dnspython."""
    return dns.message.make_query(name, kind, id=1).to_wire()


def check_answer(octets: bytes) -> None:
    """Raise RuntimeError if this DNS message answers nothing."""
    answer = dns.message.from_wire(octets)
    if not answer.answer:
        raise RuntimeError(f"DNS knows nothing: {answer}")


# ---- hosts of themselves -------------------------------------------------------------------------


def mdns_question(name: str) -> bytes:
    return bytes(DNS(id=0, rd=0, qd=DNSQR(qname=name)))


def mdns_answer(name: str, address: str) -> bytes:
    """An answer that has no question, and says that there is no other (RFC 6762 section 10.2)."""
    owner = DNSRR(rrname=name, rclass=0x8001, ttl=120, rdata=address)
    return bytes(DNS(id=0, qr=1, aa=1, rd=0, qd=[], an=owner))


def llmnr_question(name: str) -> bytes:
    return bytes(LLMNRQuery(id=9, qd=DNSQR(qname=name)))


def llmnr_answer(name: str, address: str) -> bytes:
    owner = DNSRR(rrname=name, ttl=30, rdata=address)
    return bytes(LLMNRResponse(id=9, qd=DNSQR(qname=name), an=owner))


def netbios_claim(name: str, address: str) -> bytes:
    """A registration (RFC 1002 section 4.2.2)."""
    claim = NBNSRegistrationRequest(QUESTION_NAME=name, NB_ADDRESS=address)
    return bytes(NBNSHeader(NAME_TRN_ID=1) / claim)


def dhcp_frame(kind: str, mac: str, *options: tuple[str, str]) -> bytes:
    """A frame of a client that has no address yet (RFC 2131 section 4.1)."""
    below = Ether(src=mac, dst="ff:ff:ff:ff:ff:ff")
    below /= IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67)  # noqa: S104
    head = BOOTP(xid=7, flags=0x8000, chaddr=bytes.fromhex(mac.replace(":", "")))
    return bytes(below / head / DHCP(options=[("message-type", kind), *options, "end"]))


def dhcp_address(message: bytes) -> str:
    """The address in a DHCP server's message."""
    return str(BOOTP(message).yiaddr)


# ---- TLS and QUIC --------------------------------------------------------------------------------


def make_certificate(folder: Path) -> None:
    """A certificate that nobody needs to trust, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "throw-away")])
    now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
    number = x509.random_serial_number()
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), number, now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("*.example.org")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(encoding, form, serialization.NoEncryption())
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(encoding))
    (folder / "key.pem").write_bytes(secret)


def shake_hands(ends: Ends, name: str, folder: Path, cut: int) -> None:
    """A TLS handshake (RFC 8446 section 2), both sides by Python's ssl.

    The first segment ends behind `cut` octets of the name; 0: it is not cut.
    """
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.load_verify_locations(folder / "certificate.pem")
    asked = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asked.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    asked.num_tickets = 0
    (to_client, from_client), (to_server, from_server) = (
        (ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in ends
    )
    client = asking.wrap_bio(to_client, from_client, server_hostname=name)
    server = asked.wrap_bio(to_server, from_server, server_side=True)
    for _ in range(2):
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
        said = from_client.read()
        _send(ends[0], said, said.find(name.encode()) + cut if cut and name.encode() in said else 0)
        to_server.write(ends[1].recv(65536))
        with contextlib.suppress(ssl.SSLWantReadError):
            server.do_handshake()
        if from_server.pending:
            ends[1].sendall(from_server.read())
            to_client.write(ends[0].recv(65536))


def _send(sender: socket.socket, octets: bytes, cut: int) -> None:
    """Send in one segment, or two."""
    sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for part in filter(None, (octets[:cut], octets[cut:])):
        sender.sendall(part)
        time.sleep(PAUSE)


def shake_quic_hands(ends: Ends, name: str, folder: Path) -> None:
    """A QUIC handshake of aioquic with itself, between two connected sockets."""
    asking = QuicConfiguration(alpn_protocols=["h3"], server_name=name, verify_mode=ssl.CERT_NONE)
    asked = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
    asked.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    client = QuicConnection(configuration=asking)
    client.connect(ends[0].getpeername(), now=time.time())
    first = client.original_destination_connection_id
    server = QuicConnection(configuration=asked, original_destination_connection_id=first)
    for _ in range(2):
        _carry(client, ends[0], server, ends[1])
        _carry(server, ends[1], client, ends[0])


def _carry(
    sender: QuicConnection,
    outgoing: socket.socket,
    receiver: QuicConnection,
    incoming: socket.socket,
) -> None:
    for datagram, _ in sender.datagrams_to_send(now=time.time()):
        outgoing.send(datagram)
        octets = incoming.recv(65536)
        receiver.receive_datagram(octets, incoming.getpeername(), now=time.time())
