"""Names of addresses in foreign captures, against what tshark makes of their DNS (`-N d`).

tshark gives an address the name of the record that holds it; so what is compared is the owner of
that record, and that the name shown, the one that was asked for, leads to it.
"""

import os
import subprocess

import dns.message
import pytest
from captures import CORPUS
from hearing import Heard, heard_file
from tshark_oracle import last, needs_tshark_and_corpus, rows

from tracker.capture.saved import SavedCapture
from tracker.names import dns as messages
from tracker.names.clues import Clue
from tracker.names.name import DNS, LLMNR, MDNS
from tracker.names.plausible import host_name
from tracker.report.hosts import _halves

pytestmark = needs_tshark_and_corpus

#: All captures of the corpus in which tshark finds names of addresses by DNS.
PTR = 12  # the type

CAPTURES = [
    "arkime/arkime_synthetic.pcap",
    "arkime/dns-flags0110.pcap",
    "dnscap/edns.pcap",
    "dpkt/examples__data__nb6-http.pcap",
    "dpkt/examples__data__truncated_dns_2.pcap",
    "ipfixprobe/dns.pcap",
    "ipfixprobe/vlan.pcap",
    "malcolm/protocols__Tunnels.pcap",
    "mercury/unit_tests__pcaps__dns_packet.capture2.pcap",
    "ndpi/6in4tunnel.pcap",
    "ndpi/dns.pcap",
    "ndpi/dns_fragmented.pcap",
    "ndpi/telegram.pcap",
    "ndpi/tls_heur__shadowsocks-tcp.pcapng",
    "ndpi/tls_heur__vmess-tcp-tls.pcapng",
    "ndpi/tls_heur__vmess-tcp.pcapng",
    "nfstream/mdns.pcap",
    "sharppcap/udp_dns_request_response.pcap",
    "suricata-verify/output-eve-ftp-data__input.pcap",
    "zeek-spicy-openvpn/traces__openvpn_tcp_nontlsauth.pcap",
    "zeek/dns-inverse-query.pcap",
    "zeek/ipv6-fragmented-dns.pcap",
    "zeek/ldap__gap-data-missing.pcapng",
    "zeek/radiotap.pcap",
    "zeek/tunnels__geneve-vxlan-dns-truncated.pcap",
    "zeek/tunnels__gre-over-udp-4754.pcap",
    "zeek/wikipedia.pcap",
]


def told_by_tshark(capture: str) -> set[tuple[str, str]]:
    """Return the addresses and names that tshark would show."""
    command = ["tshark", "-r", str(CORPUS / capture), "-N", "d", "-q", "-z", "hosts"]
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, check=False, timeout=60, env=environment)
    lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
    return {(line[0], line[1].lower()) for line in lines if len(line) == 2 and line[0][0] != "#"}


def clues_of(whole: Heard, address: str) -> list[Clue]:
    """Return the messages of DNS and its relatives about an address."""
    clues = whole.listener.clues
    version, high, low = _halves(address)
    key = clues.address(version, high, low)
    heard = clues.heard(key) + clues.heard(clues.asked(key, clues.address(0, 0, 0)))
    return [clue for clue in heard if clue.kind in (DNS, MDNS, LLMNR)]


def owners(clue: Clue, address: str) -> set[str]:
    """Return the names that records give an address, as dnspython reads them."""
    octets, mine = clue.octets, _halves(address)
    records = messages.records(octets, clue.kind == MDNS)
    found = {
        messages.name_at(octets, data if kind == PTR else owner)
        for kind, owner, _, data, value in records
        if value == mine
    }
    return {owner.decode("ascii", "replace").removesuffix(".") for owner in found}


def beside_the_answers(capture: str) -> set[str]:
    """Return the addresses in additional records, which nobody asked for: servers, mostly."""
    found = set()
    for (payload,) in rows(capture, "dns.count.add_rr > 0 && udp", "udp.payload"):
        if not payload:
            continue
        octets = bytes.fromhex(last(payload))
        try:
            message = dns.message.from_wire(octets, ignore_trailing=True, continue_on_error=True)
        except dns.exception.DNSException:
            continue
        for records in message.additional:
            found |= {getattr(record, "address", "") for record in records}
    return found


#: What tshark tells and the tracker does not, beside additional records, and why.
DIFFERENT = {
    # The answers are in fragments of IP, which are not put together.
    "ndpi/dns_fragmented.pcap": {"194.247.4.10", "2001:470:1f0b:1024::2"},
    # Of an inverse query, which RFC 3425 made obsolete; its answer asks for an address.
    "zeek/dns-inverse-query.pcap": {"4.3.2.1"},
}


@pytest.mark.parametrize("capture", CAPTURES)
def test_addresses_have_the_names_that_tshark_gives_them(capture: str) -> None:
    whole = heard_file(CORPUS / capture)
    told = told_by_tshark(capture)
    assert told
    missing = set()
    for address, name in told:
        clues = clues_of(whole, address)
        if not any(name in owners(clue, address) for clue in clues):
            missing.add((address, name))
        elif host_name(name.encode()) is not None:
            shown = [
                messages.asked(clue.octets, _halves(address), clue.kind == MDNS) for clue in clues
            ]
            assert any(shown), (address, name)
    missing -= in_name_blocks(capture)
    # Additional records are no answer to anybody.
    others = beside_the_answers(capture) if missing else set()
    assert {address for address, _ in missing} - others == DIFFERENT.get(capture, set())


def in_name_blocks(capture: str) -> set[tuple[str, str]]:
    """Return the addresses and names in the name blocks of a file."""
    saved = SavedCapture(str(CORPUS / capture))
    for _ in saved:
        pass
    return {(address, name.lower()) for address, names in saved.names.items() for name in names}
