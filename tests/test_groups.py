"""Groups (RFC 1112, RFC 4291 section 2.7) and broadcasts (RFC 919) open nothing.

Nobody is at such an address who could begin: whoever sends to it is the initiator, whatever the
ports say, and no row is a group's netstat.
"""

from pathlib import Path

import pytest
from captures import Row, conversation, pcap, read, timed
from metering import metered, only
from packets import CLIENT, IPV6, UDP, ethernet, ipv4, ipv6, udp

from tracker.report.sides import Sides
from tracker.report.tally import tally
from tracker.words import NOTHING

EVERYONE = b"\xff" * 6  # IEEE 802.3 section 3.2.3: the first bit sent says that it is a group
IPV4_GROUP = bytes.fromhex("01005e0000fb")  # RFC 1112 section 6.4
IPV6_GROUP = bytes.fromhex("3333000000fb")  # RFC 2464 section 7
STATION = bytes.fromhex("020000000007")
ROUTER, SUBNET = "192.168.1.1", "192.168.1.255"
NOBODY = "0.0.0.0"  # noqa: S104 - who has no address yet


def frame(
    source: tuple[str, int], target: tuple[str, int], link: bytes = STATION, size: int = 5
) -> bytes:
    """Return the frame of a datagram from a socket to another one."""
    datagram = udp(bytes(size), source[1], target[1])
    if ":" in source[0]:
        return ethernet(ipv6(datagram, UDP, source[0], target[0]), IPV6, link)
    return ethernet(ipv4(datagram, UDP, source[0], target[0]), destination=link)


#: What hosts send to groups and to everyone: who, whom, and the link's address.
SENT = {
    "DHCP discover (RFC 2131)": ((NOBODY, 68), ("255.255.255.255", 67), EVERYONE),
    "DHCP offer, broadcast": ((ROUTER, 67), ("255.255.255.255", 68), EVERYONE),
    "DHCPv6 solicit (RFC 8415)": (("fe80::5", 546), ("ff02::1:2", 547), IPV6_GROUP),
    "mDNS (RFC 6762)": ((CLIENT, 5353), ("224.0.0.251", 5353), IPV4_GROUP),
    "mDNS, IPv6": (("fe80::5", 5353), ("ff02::fb", 5353), IPV6_GROUP),
    "LLMNR (RFC 4795)": ((CLIENT, 49152), ("224.0.0.252", 5355), IPV4_GROUP),
    "SSDP search": ((CLIENT, 49152), ("239.255.255.250", 1900), IPV4_GROUP),
    "SSDP notify": ((CLIENT, 1900), ("239.255.255.250", 1900), IPV4_GROUP),
    "NetBIOS names (RFC 1002)": ((CLIENT, 137), (SUBNET, 137), EVERYONE),
    "NetBIOS datagrams": ((CLIENT, 138), (SUBNET, 138), EVERYONE),
    "RIP (RFC 2453)": ((ROUTER, 520), ("224.0.0.9", 520), IPV4_GROUP),
    "RIP 1, a router's broadcast (RFC 1058)": ((ROUTER, 520), (SUBNET, 520), EVERYONE),
    "RIPng (RFC 2080)": (("fe80::1", 521), ("ff02::9", 521), IPV6_GROUP),
    "NTP, broadcast (RFC 5905)": ((ROUTER, 123), (SUBNET, 123), EVERYONE),
    "syslog, from a port of a service": ((CLIENT, 514), ("255.255.255.255", 49152), EVERYONE),
    "a service speaks to a group": ((CLIENT, 53), ("239.1.2.3", 49152), IPV4_GROUP),
    "an address above the group's": (("250.0.0.1", 9), ("239.1.2.3", 7), IPV4_GROUP),
    "the highest group": ((CLIENT, 9), ("239.255.255.255", 7), IPV4_GROUP),
    "the lowest group": ((CLIENT, 9), ("224.0.0.0", 7), IPV4_GROUP),
}
each = pytest.mark.parametrize("name", SENT)


def rows(frames: list[bytes], path: Path, *options: str) -> list[Row]:
    """Return the records of a capture with these frames."""
    (path / "some.pcap").write_bytes(pcap(timed(frames)))
    return read(*options, path / "some.pcap").rows


def guessed(frames: list[bytes]) -> Sides:
    """Return whose table it is, when nobody says so."""
    return tally(metered(timed(frames)).table.connections()).sides


@each
def test_the_sender_is_the_initiator(name: str, tmp_path: Path) -> None:
    source, target, link = SENT[name]
    (row,) = rows([frame(source, target, link)], tmp_path)
    assert (row["local_address"], row["local_port"]) == source
    assert (row["foreign_address"], row["foreign_port"]) == target
    assert (row["initiator"], row["initiator_basis"]) == ("local", "first-packet")
    assert (row["local_packets"], row["foreign_packets"]) == (1, 0)
    assert row["pseudo_state"] == "unreplied"


@each
def test_the_group_is_known_by_its_address(name: str) -> None:
    """But for the broadcast of a network, which only the link's address tells from a host."""
    source, target, _ = SENT[name]
    connection = only(metered(timed([frame(source, target, STATION)])))
    group = NOTHING if target[0] == SUBNET else 1 - connection.first_sender
    assert connection.group == group


def test_who_answers_is_a_host_whatever_its_link_says(tmp_path: Path) -> None:
    """Clusters share a host's address by a group's on the link."""
    there = frame((CLIENT, 49152), ("192.168.1.7", 53), IPV4_GROUP)
    back = frame(("192.168.1.7", 53), (CLIENT, 49152))
    assert len(rows([there, back], tmp_path, "--local", "192.168.1.7")) == 1


def test_rfc9293_3_9_2_3_tcp_has_no_groups(tmp_path: Path) -> None:
    records = [EVERYONE + octets[6:] for octets in conversation()[:3]]
    (row,) = rows(records, tmp_path, "--local", "192.168.1.7")
    assert (row["state"], row["initiator"]) == ("ESTABLISHED", "foreign")


@pytest.mark.parametrize(
    "target",
    ["223.255.255.255", "240.0.0.1", "255.255.255.254", "192.168.1.7", "fe00::1", "fe80::1"],
)
def test_addresses_beside_those_of_groups_are_hosts(target: str) -> None:
    source = ("fd00::5", 9) if ":" in target else (CLIENT, 9)
    assert only(metered(timed([frame(source, (target, 7))]))).group == NOTHING


@each
def test_the_common_address_is_never_a_groups(name: str, tmp_path: Path) -> None:
    """Two hosts speak to the same group: that is the only address they have in common."""
    source, target, link = SENT[name]
    other = ("fe80::77" if ":" in source[0] else "192.168.1.77", source[1])
    frames = [frame(source, target, link), frame(other, target, link)]
    found = rows(frames, tmp_path)
    assert {row["local_address"] for row in found} == {source[0], other[0]}
    assert not guessed(frames).networks


def test_the_common_address_is_the_senders(tmp_path: Path) -> None:
    frames = [
        frame((CLIENT, 5353), ("224.0.0.251", 5353), IPV4_GROUP),
        frame((CLIENT, 137), (SUBNET, 137), EVERYONE),
    ]
    assert guessed(frames).reason == f"local: {CLIENT} (takes part in all connections)"
    assert {row["local_address"] for row in rows(frames, tmp_path)} == {CLIENT}


def test_one_conversation_with_a_group_alone_is_its_senders() -> None:
    (host,) = guessed([frame((CLIENT, 5353), ("224.0.0.251", 5353), IPV4_GROUP)]).networks
    assert host.low & 0xFFFFFFFF == 0xC0A80105


@pytest.mark.parametrize("local", ["192.168.1.0/24", "0.0.0.0/0"])
def test_a_network_that_is_local_has_no_row_for_its_broadcast(local: str, tmp_path: Path) -> None:
    frames = [frame((CLIENT, 137), (SUBNET, 137), EVERYONE)]
    (row,) = rows(frames, tmp_path, "--local", local)
    assert (row["local_address"], row["foreign_address"]) == (CLIENT, SUBNET)


def test_a_group_that_is_said_to_be_local_has_no_row(tmp_path: Path) -> None:
    frames = [frame((CLIENT, 5353), ("224.0.0.251", 5353), IPV4_GROUP)]
    assert rows(frames, tmp_path, "--local", "224.0.0.0/4") == []


def test_an_answer_from_a_host_is_another_pseudo_connection(tmp_path: Path) -> None:
    """SSDP: the search goes to the group, the answer comes from a host's own address."""
    search = frame((CLIENT, 49152), ("239.255.255.250", 1900), IPV4_GROUP)
    answer = frame((ROUTER, 1900), (CLIENT, 49152))
    first, second = rows([search, answer], tmp_path)
    assert (first["foreign_address"], first["pseudo_state"]) == ("239.255.255.250", "unreplied")
    assert (second["local_address"], second["foreign_address"]) == (CLIENT, ROUTER)


def test_a_new_generation_has_its_group_too(tmp_path: Path) -> None:
    frames = [frame((CLIENT, 137), (SUBNET, 137), EVERYONE)] * 2
    records = timed(frames, step=60_000_000_000)
    (tmp_path / "some.pcap").write_bytes(pcap(records))
    found = read("--closed", tmp_path / "some.pcap").rows
    assert [row["generation"] for row in found] == [1, 2]
    assert {row["local_address"] for row in found} == {CLIENT}


def test_fragments_to_everyone(tmp_path: Path) -> None:
    whole = udp(bytes(2000), 137, 137)
    first = ipv4(whole[:1480], UDP, CLIENT, SUBNET, identification=1, more_fragments=True)
    last = ipv4(whole[1480:], UDP, CLIENT, SUBNET, identification=1, offset=185)
    frames = [ethernet(packet, destination=EVERYONE) for packet in (last, first)]
    (row,) = rows(frames, tmp_path)
    assert (row["local_address"], row["local_payload_bytes"]) == (CLIENT, 2000)
