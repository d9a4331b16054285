"""Names in foreign captures: agreement with tshark, which has its own parsers for all of them.

Payloads come from tshark, too, so that nothing of the tracker but the parsers takes part.  The
captures are those of the corpus in which tshark shows such a name, a server's or a host's.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address

import pytest
from tshark_oracle import last, needs_tshark_and_corpus, rows, tcp_directions

from tracker.names import dhcp, http, netbios, quic, tls
from tracker.names.incomplete import Incomplete

pytestmark = needs_tshark_and_corpus

# --- TLS and HTTP over TCP ----------------------------------------------------------------------

TCP = [
    "arkime/80211http.pcap",
    "arkime/arkime_synthetic.pcap",
    "arkime/badcurveball.pcap",
    "arkime/http-simple-get.pcap",
    "arkime/https-generalizedtime.pcap",
    "arkime/nflog.pcap",
    "brimcap/cmd__brimcap__ztests__extra.pcapng",
    "dpkt/examples__data__nb6-http.pcap",
    "jnetpcap/FTPv6-1.cap",
    "jnetpcap/test-l2tp.pcap",
    "malcolm/other__Digital_Bond_S4__Modicon.pcap",
    "malcolm/plugins__CVE-2022-30216__unsuccessful.pcap",
    "malcolm/plugins__cve-2021-44228__spcap-CEXKLs3NQWdEM2CoMj-1639421287179170294-1.pcap",
    "malcolm/protocols__HTTP_websocket.pcap",
    "malcolm/protocols__Tunnels.pcap",
    "mercury/unit_tests__pcaps__dns_packet.capture2.pcap",
    "ndpi/6in4tunnel.pcap",
    "ndpi/gaijin_mobile_mixed.pcap",
    "ndpi/mpeg.pcap",
    "ndpi/protonvpn.pcap",
    "ndpi/quickplay.pcap",
    "ndpi/tls_alert.pcap",
    "ndpi/tls_heur__shadowsocks-tcp.pcapng",
    "ndpi/tls_heur__vmess-tcp-tls.pcapng",
    "ndpi/tls_heur__vmess-tcp.pcapng",
    "nfstream/tls_alert.pcap",
    "pcap-parser/err-buffertoosmall.pcapng",
    "pcapplusplus/Packet++Test__PacketExamples__tls1_3.pcap",
    "pcapplusplus/Pcap++Test__PcapExamples__nanosecs_big_endian.pcap",
    "ptcpdump/format__tls.pcap",
    "pycommunityid/tcp_multi.pcap",
    "suricata-verify/bug-5437-01__input.pcap",
    "suricata-verify/decode-chdlc-01__hdlc-http_1tx.pcap",
    "suricata-verify/decode-sll2-01__input.pcap",
    "suricata-verify/detect-pcre__detect-pcre-02__input.pcap",
    "suricata-verify/output-eve-ftp-data__input.pcap",
    "suricata-verify/stream-async__http__stream-async-6063-cli-01__http-request-header-async-cli.pcap",
    "suricata-verify/tcp-fastopen-11-reject-syn-data__tlpw-tcp-tfo-data-on-syn-nack.pcap",
    "suricata-verify/tcp-rst-unacked-stream-09__TLPW1-tcp-110.37.219.134-10.12.14.101-tcp-990-49230.pcap",
    "tcpflow/test-gzip.pcap",
    "tcpflow/test4.pcap",
    "tcpflow/test8__image2.pcap",
    "tcptrace/first_seg_ooo.dmp",
    "tcptrace/http.dmp",
    "tracepcap/sample-files__http_demo.pcap",
    "tracepcap/sample-files__monitor_large__week3_telnet_bittorrent.pcap",
    "zeek/chksums__localhost-bad-chksum.pcap",
    "zeek/http__261__variant-02-cl_uint64max.pcap",
    "zeek/http__261__variant-03-cl_negative.pcap",
    "zeek/http__concurrent-range-requests.pcap",
    "zeek/http__get.pcap",
    "zeek/http__http-post-large.pcap",
    "zeek/http__m57-long-49583-80.pcap",
    "zeek/http__m57-long-49600-80.pcap",
    "zeek/http__zeek-image-1080-80-x.pcapng",
    "zeek/mixed-vlan-mpls.pcap",
    "zeek/postgresql__psql-aws-ssl-require-15432.pcap",
    "zeek/snap-tcp.pcap",
    "zeek/tcp__http-on-irc-port-missing-syn.pcapng",
    "zeek/tcp__missing-syn.pcap",
    "zeek/tcp__no-handshake.pcap",
    "zeek/tunnels__geneve-many-options.pcap",
    "zeek/tunnels__gre-over-udp-4754.pcap",
    "zeek/tunnels__gtp__gtp2_different_udp_port.pcap",
    "zeek/tunnels__vxlan-encapsulated-http.pcap",
    "zeek/vlan-collisions.pcap",
    "zeek/vlan-qinqinq.pcap",
    "zeek/wikipedia.pcap",
]

#: Where tshark finds a hello behind something else: the client's stream begins otherwise.
BEHIND = {
    "ndpi/tls_heur__shadowsocks-tcp.pcapng": "SOCKS",
    "ndpi/tls_heur__vmess-tcp.pcapng": "SOCKS",
    "ndpi/tls_heur__vmess-tcp-tls.pcapng": "SOCKS",
    "zeek/postgresql__psql-aws-ssl-require-15432.pcap": "the request for TLS of PostgreSQL",
}


#: Where all hosts are asked for by their addresses, or nobody says whom he asks.
NAMELESS = {
    "jnetpcap/test-l2tp.pcap",
    "malcolm/other__Digital_Bond_S4__Modicon.pcap",
    "malcolm/plugins__cve-2021-44228__spcap-CEXKLs3NQWdEM2CoMj-1639421287179170294-1.pcap",
    "malcolm/protocols__HTTP_websocket.pcap",
    "pcapplusplus/Pcap++Test__PcapExamples__nanosecs_big_endian.pcap",
    "suricata-verify/bug-5437-01__input.pcap",
    "suricata-verify/decode-sll2-01__input.pcap",
    "suricata-verify/output-eve-ftp-data__input.pcap",
    "suricata-verify/tcp-rst-unacked-stream-09__TLPW1-tcp-110.37.219.134-10.12.14.101-tcp-990-49230.pcap",
    "tcpflow/test8__image2.pcap",
    "tcptrace/first_seg_ooo.dmp",
    "zeek/http__http-post-large.pcap",
}


def found(parser: Callable[[bytes], str | None], stream: bytes) -> str | None:
    try:
        return parser(stream)
    except Incomplete:
        return None


def is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def expected(told: list[str]) -> str | None:
    """Return the first name that tshark tells of a direction, as it may be shown."""
    names = [value.split(",")[0] for value in told if value]
    name = re.sub(r":\d+$", "", names[0]).lower() if names else None
    return None if name is None or is_address(name) else name


@pytest.mark.parametrize("capture", TCP)
def test_names_over_tcp(capture: str) -> None:
    """What each side of each stream says, of TLS and of HTTP."""
    named = 0
    behind = []
    fields = ("tls.handshake.extensions_server_name", "http.host")
    for key, direction in tcp_directions(capture, *fields).items():
        asked, host = (expected([row[column] for row in direction.rows]) for column in (0, 1))
        assert found(http.host, direction.octets) == host, key
        server = found(tls.server_name, direction.octets)
        if server is None and asked is not None:
            behind.append(key)
        else:
            assert server == asked, key
        named += (asked or host) is not None
    assert len(behind) == (capture in BEHIND)
    assert bool(named) != (capture in NAMELESS)


# --- QUIC ---------------------------------------------------------------------------------------

#: How many clients in each ask for a server by name.
QUIC = {
    "arkime/arkime_synthetic.pcap": 1,
    "ndpi/dlt_ppp.pcap": 1,
    "ndpi/doq.pcapng": 0,
    "ndpi/quic-33.pcapng": 0,
    "spindump/trace_quic_v23_apple.pcapng": 2,
    "spindump/trace_quic_v25_f5.pcap": 4,
    "spindump/trace_quic_v25_picoquic.pcap": 3,
    "zeek/quic__383379789-decrypt-crash.pcap": 0,
}


@pytest.mark.skipif(not quic.available(), reason="needs cryptography")
@pytest.mark.parametrize("capture", QUIC)
def test_names_over_quic(capture: str) -> None:
    """Initial packets, which tshark decrypts, too."""
    datagrams: dict[tuple[str, str], list[bytes]] = {}
    theirs: dict[tuple[str, str], str] = {}
    fields = ("udp.stream", "udp.srcport", "udp.payload", "tls.handshake.extensions_server_name")
    for stream, port, payload, name in rows(capture, "quic", *fields):
        key = last(stream), last(port)
        datagrams.setdefault(key, []).append(bytes.fromhex(last(payload)))
        if name:
            theirs.setdefault(key, name.split(",")[0].lower())
    ours = {key: quic.server_name(sent) for key, sent in datagrams.items()}
    assert {key: name for key, name in ours.items() if name} == theirs
    assert len(theirs) == QUIC[capture]


# --- NetBIOS ------------------------------------------------------------------------------------

#: How many different pairs of name and address in each.
NAME_SERVICE = {
    "arkime/arkime_synthetic.pcap": 2,
    "ipfixprobe/netbios.pcap": 2,
    "jnetpcap/test-l2tp.pcap": 2,
    "mercury/unit_tests__pcaps__dns_packet.capture2.pcap": 0,
    "suricata-verify/output-eve-ftp-data__input.pcap": 0,
    "zeek/wikipedia.pcap": 0,
}
DATAGRAM_SERVICE = {
    "ics-security-tools/profinet__Profinet_Failed.pcap": 1,
    "malcolm/protocols__Tunnels.pcap": 1,
    "mercury/unit_tests__pcaps__dns_packet.capture2.pcap": 1,
    "ndpi/telegram.pcap": 1,
    "suricata-verify/smb2-07__20171220_smb_psexec_add_user.pcap": 1,
}
CLAIMS = {"5", "8", "9", "15"}  # registration, refresh, refresh, multi-homed registration
HOST = re.compile(r"([\w-]+)<(?:00|20)>")


def hosts(shown: str) -> set[str]:
    """Return the names of hosts among those that tshark shows with their suffix."""
    matches = (HOST.match(name) for name in shown.split(","))
    return {match[1].lower() for match in matches if match}


@pytest.mark.parametrize("capture", NAME_SERVICE)
def test_names_of_the_netbios_name_service(capture: str) -> None:
    ours, theirs = set(), set()
    kinds = [f"nbns.flags.{kind}" for kind in ("response", "opcode", "rcode")]
    fields = [*kinds, "nbns.nb_flags.group", "nbns.name", "nbns.addr", "udp.payload"]
    for response, operation, code, group, names, addresses, payload in rows(
        capture, "nbns", *fields
    ):
        ours |= set(netbios.told(bytes.fromhex(last(payload)), netbios.NAME_SERVICE))
        answers = response == "1" and operation == "0" and code == "0"
        if (answers or (response == "0" and operation in CLAIMS)) and group == "0":
            theirs |= {(name, ip_address(addresses).packed) for name in hosts(names)}
    assert ours == theirs
    assert len(theirs) == NAME_SERVICE[capture]


@pytest.mark.parametrize("capture", DATAGRAM_SERVICE)
def test_names_of_the_netbios_datagram_service(capture: str) -> None:
    ours, theirs = set(), set()
    fields = ("nbdgm.source_name", "nbdgm.src.ip", "udp.payload")
    for names, address, payload in rows(capture, "nbdgm", *fields):
        ours |= set(netbios.told(bytes.fromhex(last(payload)), netbios.DATAGRAM_SERVICE))
        theirs |= {(name, ip_address(address).packed) for name in hosts(names)}
    assert ours == theirs
    assert len(theirs) == DATAGRAM_SERVICE[capture]


# --- DHCP ---------------------------------------------------------------------------------------

#: How many different pairs of name and address in each.
DHCP = {
    "libtrace/8021x.pcap": 1,
    "mercury/unit_tests__pcaps__dns_packet.capture2.pcap": 0,
    "ndpi/telegram.pcap": 0,
    "suricata-verify/output-eve-ftp-data__input.pcap": 1,
    "zeek/dhcp__dhcp.pcap": 2,
}
# In these nobody with a name asks for an address, or nobody with an address has a name.
DHCPV6 = {
    "arkime/wireshark-dhcpv6.pcap": 0,
    "mercury/unit_tests__pcaps__dns_packet.capture2.pcap": 0,
    "suricata-verify/output-eve-ftp-data__input.pcap": 0,
    "suricata-verify/smb2-07__20171220_smb_psexec_add_user.pcap": 0,
    "zeek/pppoe.pcap": 0,
}
REQUEST, ACK, INFORM = "3", "5", "8"
ANY = "0.0.0.0"  # noqa: S104 - nothing is bound to it


@pytest.mark.parametrize("capture", DHCP)
def test_names_of_dhcp(capture: str) -> None:
    ours, theirs = set(), set()
    fields = ["dhcp.option.dhcp", "dhcp.option.hostname", "dhcp.fqdn.name", "dhcp.ip.client"]
    fields += ["dhcp.ip.your", "dhcp.option.requested_ip_address", "udp.payload"]
    for kind, host, full, client, yours, requested, payload in rows(capture, "dhcp", *fields):
        ours |= set(dhcp.told(bytes.fromhex(last(payload)), 4))
        choices = {ACK: (yours, client), REQUEST: (client, requested), INFORM: (client,)}
        has = [address for address in choices.get(kind, ()) if address not in ("", ANY)]
        if has:
            named = {name.lower() for name in (host, full) if name}
            theirs |= {(name, ip_address(has[0]).packed) for name in named}
    assert ours == theirs
    assert len(theirs) == DHCP[capture]


@pytest.mark.parametrize("capture", DHCPV6)
def test_names_of_dhcpv6(capture: str) -> None:
    ours, theirs = set(), set()
    fields = ("dhcpv6.msgtype", "dhcpv6.client_domain", "dhcpv6.iaaddr.ip", "udp.payload")
    for kind, name, addresses, payload in rows(capture, "dhcpv6", *fields):
        ours |= set(dhcp.told(bytes.fromhex(last(payload)), 6))
        if kind in {"3", "4", "5", "6", "7"} and name and addresses:
            text = name.lower().removesuffix(".")
            theirs |= {(text, ip_address(address).packed) for address in addresses.split(",")}
    assert ours == theirs
    assert len(theirs) == DHCPV6[capture]
