"""The captures that tell names: what `named.py` says of them is in them, and the parsers find it.

Frames are taken apart by scapy.  What DNS, mDNS and LLMNR tell is scapy's word, too.
"""

import socket
from collections.abc import Iterator

import pytest
from captures import PCAPS
from named import INITIATOR, NAMED, Named
from scapy.layers.dns import DNS
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet
from scapy.utils import rdpcap

from tracker.names import dhcp, http, name, netbios, quic, tls
from tracker.names.incomplete import Incomplete

Socket = tuple[str, int]

FRAMES = {capture: rdpcap(str(PCAPS / capture)) for capture in {row.capture for row in NAMED}}
LAYERS = {"tcp": TCP, "udp": UDP}
rows = pytest.mark.parametrize("row", NAMED, ids=lambda row: f"{row.initiator[1]} {row.side}")


def from_source(*sources: int) -> pytest.MarkDecorator:
    """Parametrize with the rows whose names come from these sources."""
    chosen = [row for row in NAMED if row.source in sources]
    return pytest.mark.parametrize("row", chosen, ids=lambda row: f"{row.initiator[1]} {row.side}")


def transports(capture: str, protocol: str) -> Iterator[tuple[Socket, Socket, Packet]]:
    """Yield sender, receiver and transport header of the frames of a protocol."""
    for frame in FRAMES[capture]:
        network, layer = frame[IPv6 if IPv6 in frame else IP], LAYERS[protocol]
        if layer in network:
            header = network[layer]
            yield (network.src, header.sport), (network.dst, header.dport), header


def sent(row: Named) -> list[bytes]:
    """Return what the initiator sent, one piece for each segment or datagram with data."""
    return [
        bytes(header.payload)
        for sender, receiver, header in transports(row.capture, row.protocol)
        if (sender, receiver) == (row.initiator, row.responder) and bytes(header.payload)
    ]


@rows
def test_the_connection_is_there(row: Named) -> None:
    """And it stays where it ends: 1103 is closed, all others are open."""
    assert sent(row)
    flags = [
        int(header.flags)
        for sender, receiver, header in transports(row.capture, "tcp")
        if {sender, receiver} == {row.initiator, row.responder}
    ]
    assert any(each & 0x05 for each in flags) == (row.initiator[1] == 1103)


@from_source(name.TLS)
def test_tls(row: Named) -> None:
    """One hello comes in one segment, the other in two, with the cut in the name."""
    pieces = sent(row)
    if row.initiator[1] == 1109:
        assert tls.server_name(pieces[0]) == row.name
    else:
        with pytest.raises(Incomplete) as more:
            tls.server_name(pieces[0])
        assert len(pieces[0]) < more.value.needed <= len(pieces[0] + pieces[1])
        assert tls.server_name(pieces[0] + pieces[1]) == row.name


@from_source(name.HTTP)
def test_http(row: Named) -> None:
    assert http.host(b"".join(sent(row))) == row.name


@pytest.mark.skipif(not quic.available(), reason="needs cryptography")
@from_source(name.QUIC)
def test_quic(row: Named) -> None:
    assert quic.server_name(sent(row)) == row.name


@from_source(name.NETBIOS, name.DHCP)
def test_what_hosts_tell_of_themselves(row: Named) -> None:
    address = socket.inet_aton(row.initiator[0] if row.side == INITIATOR else row.responder[0])
    told = set()
    for sender, receiver, header in transports(row.capture, "udp"):
        told |= set(netbios.told(bytes(header.payload), sender[1]))
        told |= set(dhcp.told(bytes(header.payload), 4)) if receiver[1] in {67, 68} else set()
    assert (row.name, address) in told
    assert {told_name for told_name, at in told if at == address} == {row.name}


@from_source(name.DNS, name.MDNS, name.LLMNR)
def test_an_answer_was_there_before_the_connection(row: Named) -> None:
    """To who asked, but mDNS, whose answers all hear."""
    asker = "224.0.0.251" if row.source == name.MDNS else row.initiator[0]
    heard = []
    for frame in FRAMES[row.capture]:
        network = frame[IPv6 if IPv6 in frame else IP]
        header = network[TCP if TCP in network else UDP]
        if (network.src, header.sport) == row.initiator:
            break
        if header.sport in {53, 5353, 5355} and network.dst == asker and bytes(header.payload):
            heard.append(answer(bytes(header.payload)[2 if TCP in network else 0 :]))
    assert (row.name, row.responder[0]) in heard


def answer(octets: bytes) -> tuple[str, str] | None:
    """Return the name that was asked for, else the one told, and the address at the chain's end."""
    message = DNS(octets)
    if not (message.qr and message.an):
        return None
    asked = message.qd[0].qname if message.qd else message.an[0].rrname
    return asked.decode().removesuffix("."), str(message.an[-1].rdata)


@pytest.mark.parametrize("port", [3161, 3166])
def test_the_textbooks_names_are_asked_for_between_the_connections(port: int) -> None:
    """DNS, then the connection, one after the other; the other four came before."""
    sequence = [
        (53 if UDP in frame else frame[TCP].sport)
        for frame in FRAMES["netstat-example.pcap"]
        if UDP in frame or (TCP in frame and int(frame[TCP].flags) == 0x02)
    ]
    assert sequence == [3126, 3158, 3159, 3160, 53, 53, 3161, 53, 53, 3166]
    assert sequence[sequence.index(port) - 1] == 53
