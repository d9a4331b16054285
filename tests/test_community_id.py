"""Community ID v1: published values, and Arkime's.

https://github.com/corelight/community-id-spec
"""

from ipaddress import ip_address
from pathlib import Path

import pytest
from captures import CORPUS, pcap, read, timed
from foreign import ethernet_captures, needs_corpus, table
from packets import IPV4, IPV6, UDP, ethernet, ipv4, ipv6, tcp, udp

# From the specification's baseline.
PUBLISHED = [
    ("tcp", "128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    ("udp", "192.168.1.52", 54585, "8.8.8.8", 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    (
        "tcp",
        "2001:470:e5bf:dead:4957:2174:e82c:4887",
        63943,
        "2607:f8b0:400c:c03::1a",
        25,
        "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=",
    ),
]


@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
@pytest.mark.parametrize(("proto", "source", "sport", "target", "dport", "expected"), PUBLISHED)
def test_published(
    tmp_path: Path,
    proto: str,
    source: str,
    sport: int,
    target: str,
    dport: int,
    expected: str,
    back: bool,
) -> None:
    """The same for both directions."""
    if back:
        source, sport, target, dport = target, dport, source, sport
    content = tcp(b"", 16, sport, dport) if proto == "tcp" else udp(b"", sport, dport)
    protocol = 6 if proto == "tcp" else UDP
    if ip_address(source).version == 4:
        frame = ethernet(ipv4(content, protocol, source, target), IPV4)
    else:
        frame = ethernet(ipv6(content, protocol, source, target), IPV6)
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed([frame])))
    (row,) = read(path).rows
    assert row["community_id"] == expected


@needs_corpus
def test_arkime() -> None:
    """Every connection that Arkime gives an ID has the same one here."""
    expected: dict[str, dict[tuple[int, frozenset[tuple[str, int]]], str]] = {}
    mine = set(ethernet_captures())
    for row in table("truth/arkime.tsv"):
        if row["capture"] in mine and row["community_id"] and row["ip_protocol"] in ("6", "17"):
            sockets = (row["src_ip"], int(row["src_port"])), (row["dst_ip"], int(row["dst_port"]))
            pair = (int(row["ip_protocol"]), frozenset(sockets))
            expected.setdefault(row["capture"], {})[pair] = row["community_id"]
    compared = 0
    for capture, ids in expected.items():
        for our in read("--closed", CORPUS / capture).rows:
            pair = (
                6 if our["proto"] == "tcp" else 17,
                frozenset(
                    (
                        (our["local_address"], our["local_port"]),
                        (our["foreign_address"], our["foreign_port"]),
                    )
                ),
            )
            if pair in ids:
                compared += 1
                assert our["community_id"] == ids[pair], (capture, pair)
    assert compared > 200
