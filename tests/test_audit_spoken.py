"""First octets, as specifications and real programs give them, and what they are told to be."""

import ssl

import dns.message
import pytest
from dns_messages import address_of
from hellos import spoken as hello

from tracker.audit.spoken import UNKNOWN, spoken

STREAMS = {
    b"SSH-2.0-OpenSSH_9.6\r\n": "ssh",  # RFC 4253 section 4.2
    b"GET / HTTP/1.1\r\nHost: a\r\n": "http",  # RFC 9112 section 3
    b"OPTIONS * HTTP/1.1\r\n": "http",
    b"CONNECT example.com:443 HTTP/1.1\r\n": "http",
    b"PROPFIND /dav HTTP/1.1\r\n": "http",
    b"HTTP/1.0 200 OK\r\n": "http",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": "http",  # RFC 9113 section 3.4
    b"220 foo.com Simple Mail Transfer Service Ready\r\n": "ftp or smtp",  # RFC 5321 appendix D
    b"220 mail.example.com ESMTP Postfix\r\n": "smtp",
    b"EHLO bar.com\r\n": "smtp",
    b"220 ftp.example.com FTP server ready\r\n": "ftp",
    b"+OK POP3 server ready\r\n": "pop3",  # RFC 1939 section 3
    b"* OK IMAP4rev2 server ready\r\n": "imap",  # RFC 9051
    b"RFB 003.008\n": "vnc",  # RFC 6143 section 7.1.1
    b"@RSYNCD: 31.0\n": "rsync",
    b"INVITE sip:bob@biloxi.com SIP/2.0\r\n": "sip",  # RFC 3261 section 7.1
    b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0": "bittorrent",  # BEP 3
    b"\x15\x03\x03\x00\x02\x02\x28": "tls",  # RFC 8446 section 6: handshake_failure
    b"\xff\xfd\x18\xff\xfd\x20": "telnet",  # RFC 854: IAC DO
    b"\0\0\0\x45\xffSMB\x72\0\0\0\0": "smb",  # MS-CIFS section 2.2.3.1
    b"uid=0(root) gid=0(root)\n": UNKNOWN,
    bytes(range(200, 240)): UNKNOWN,
    b"$ ": None,
}


@pytest.mark.parametrize("octets", STREAMS, ids=lambda octets: repr(octets[:20]))
def test_what_a_stream_begins_with(octets: bytes) -> None:
    assert spoken(octets, False, len(octets)) == STREAMS[octets]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_hello_of_tls(version: ssl.TLSVersion) -> None:
    octets = hello("example.com", version)
    assert spoken(octets[:64], False, len(octets)) == "tls"


def test_messages_of_dns() -> None:
    question = dns.message.make_query("www.example.com", "A").to_wire()
    answer = address_of("www.example.com", "192.0.2.1")
    for message in (question, answer):
        assert spoken(message[:64], True, len(message)) == "dns"
        stream = len(message).to_bytes(2) + message
        assert spoken(stream[:64], False, len(stream)) == "dns"


def test_datagrams_of_quic_and_ntp() -> None:
    assert spoken(b"\xc3\0\0\0\1\x08" + bytes(58), True, 1200) == "quic"  # RFC 9000 section 17.2
    assert spoken(b"\x23" + bytes(47), True, 48) == "ntp"  # RFC 5905 section 7.3
    assert spoken(b"\x77" * 40, True, 40) == UNKNOWN
