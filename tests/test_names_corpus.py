"""Names that DNS and its relatives tell in foreign captures: agreement with tshark.

The captures are those of the corpus in which tshark shows an
answer with an address.
"""

from ipaddress import ip_address

import pytest
from captures import CORPUS
from hearing import Heard, halves, heard_file
from tshark_oracle import last, needs_tshark_and_corpus, rows

from tracker.names import dns
from tracker.names.clues import MOST
from tracker.names.name import DNS, LLMNR, MDNS
from tracker.names.plausible import host_name
from tracker.report.text import address

pytestmark = needs_tshark_and_corpus

CAPTURES = [
    "arkime/arkime_synthetic.pcap",
    "arkime/dns-flags0110.pcap",
    "dnscap/edns.pcap",
    "dpkt/examples__data__nb6-http.pcap",
    "dpkt/examples__data__truncated_dns_2.pcap",
    "ipfixprobe/dns.pcap",
    "jnetpcap/FTPv6-1.cap",
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
    "tcptrace/ppp_encap.dmp",
    "zeek/radiotap.pcap",
    "zeek/tunnels__geneve-vxlan-dns-truncated.pcap",
    "zeek/tunnels__gre-over-udp-4754.pcap",
    "zeek/wikipedia.pcap",
]

#: Frame, address, and the names that may be told of it: the one that was asked for; in mDNS, where
#: nobody need have asked, those of all records.
Answer = tuple[int, str]

# Answers, but those that an ICMP error quotes, those to inverse queries (obsolete, RFC 3425), and
# those that came in fragments: these three are not heard.
ANSWERS = (
    "(dns || mdns || llmnr) && dns.flags.response == 1 && dns.flags.rcode == 0"
    " && dns.flags.opcode == 0 && !icmp && !icmpv6 && !ip.fragments && !ipv6.fragments"
)
FIELDS = (
    "frame.number",
    "udp.srcport",
    "dns.qry.name",
    "dns.count.answers",
    "dns.resp.type",
    "dns.resp.name",
    "dns.a",
    "dns.aaaa",
)
A, AAAA = "1", "28"
MDNS_PORT = "5353"


def said_by_tshark(capture: str) -> dict[Answer, set[str | None]]:
    """Return what the answer sections tell; of mDNS, what all sections do.

    tshark does not tell the sections apart, but lists all in the order of the records.
    """
    found = {}
    for frame, port, asked, count, types, owners, *addresses in rows(capture, ANSWERS, *FIELDS):
        is_mdns = last(port) == MDNS_PORT
        kinds = types.split(",")
        if not is_mdns:
            kinds = kinds[: sum(map(int, count.split(",")))]
        names = {host_name(name.encode()) for name in (owners if is_mdns else asked).split(",")}
        for kind, column in zip((A, AAAA), addresses, strict=True):
            texts = column.split(",") if column else []
            for text in texts if is_mdns else texts[: kinds.count(kind)]:
                found[int(frame), str(ip_address(text))] = names
    return found


def said_by_us(whole: Heard) -> dict[Answer, str | None]:
    """Return the same of the messages that were kept, but for what only the way back tells."""
    found = {}
    for clue in whole.listener.clues.search(b""):
        if clue.kind not in (DNS, LLMNR, MDNS):
            continue
        is_mdns = clue.kind == MDNS
        for kind, *_, told_of in dns.records(clue.octets, is_mdns):
            if kind in (int(A), int(AAAA)) and told_of is not None:
                told = dns.asked(clue.octets, told_of, is_mdns)
                found[clue.frame, address(*told_of)] = None if told is None else told.text
    return found


@pytest.mark.parametrize("capture", CAPTURES)
def test_agreement(capture: str) -> None:
    ours, theirs = said_by_us(heard_file(CORPUS / capture)), said_by_tshark(capture)
    assert ours
    assert ours.keys() == theirs.keys()
    assert not [(key, name, theirs[key]) for key, name in ours.items() if name not in theirs[key]]


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_address_is_found_by_its_key(capture: str) -> None:
    """The walk has seen each of the records that dnspython sees, or none of the message."""
    whole = heard_file(CORPUS / capture)
    clues = whole.listener.clues
    for frame, text in said_by_us(whole):
        found = clues.heard(clues.address(*halves(text)))
        assert len(found) == MOST or frame in {clue.frame for clue in found}
