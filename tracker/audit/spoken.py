"""Which protocol the first octets of one side are: what can be told without doubt, and no more.

Each is told by what its specification lets a side begin with.
"""

import re

#: What is no protocol that is known here.
UNKNOWN = "unknown"

# Fewer octets are not said to be nothing known.
_ENOUGH = 8

_TEXTS: tuple[tuple[bytes, str], ...] = (
    (rb"SSH-", "ssh"),  # RFC 4253 section 4.2
    (rb"[A-Z]+ sip:|SIP/2\.0 ", "sip"),  # RFC 3261 section 7
    (rb"[A-Z]+ rtsp:|RTSP/[12]\.\d ", "rtsp"),  # RFC 7826 section 7
    (rb"PRI \* HTTP/2|[A-Z]{3,16} (?:/|\*|https?:|[\w.\-\[\]:]+:\d+ HTTP)|HTTP/1\.\d ", "http"),
    (rb"220[ -][^\r\n]*SMTP|(?i:EHLO|HELO) ", "smtp"),  # RFC 5321 sections 3.1 and 4.1.1.1
    (rb"220[ -][^\r\n]*(?i:FTP)", "ftp"),  # RFC 959 section 5.4
    (rb"220[ -]", "ftp or smtp"),
    (rb"\+OK[ \r]", "pop3"),  # RFC 1939 section 3
    (rb"\* OK[ \r]", "imap"),  # RFC 9051 section 7.1
    (rb"RFB \d{3}\.\d{3}\n", "vnc"),  # RFC 6143 section 7.1.1
    (rb"@RSYNCD: ", "rsync"),
    (rb"(?:NICK |CAP (?:LS|REQ)|:[\w.\-]+ NOTICE )", "irc"),  # RFC 2812 section 3.1
    (rb"\x13BitTorrent protocol", "bittorrent"),  # BEP 3
    (rb"AMQP[\x00\x01\x02\x03]", "amqp"),
    (rb"\*\d+\r\n\$\d+\r\n", "redis"),
)

_OCTETS: tuple[tuple[bytes, str], ...] = (
    (rb"\x16\x03[\x00-\x04]..[\x01\x02]", "tls"),  # RFC 8446 section 5.1: a handshake's record
    (rb"\x80.\x01\x03[\x00-\x03]", "tls"),  # RFC 5246 appendix E.2: the old form of a hello
    (rb"\x15\x03[\x00-\x04]\x00\x02[\x01\x02]", "tls"),  # an alert
    (rb"\x00[\x00-\x03]..[\xfe\xff]SMB", "smb"),  # MS-SMB2 sections 2.1 and 2.2.1
    (rb"\x81\x00..|\x82\x00\x00\x00", "netbios"),  # RFC 1002 section 4.3.1
    (rb"\x03\x00..[\x02-\xff][\xe0\xd0]", "tpkt"),  # RFC 1006 section 6: RDP, MMS, H.323
    (rb".{3}\x00\x0a\d+\.\d", "mysql"),
    (rb"\x00\x00\x00\x08\x04\xd2\x16\x2f|\x00\x00..\x00\x03\x00\x00[a-z]", "postgresql"),
    (rb"\x10..?.?.?\x00\x04MQTT|\x10.\x00\x06MQIsdp", "mqtt"),  # MQTT 3.1.1 section 3.1
    (rb"\xff[\xfb-\xfe][\x00-\x2f]", "telnet"),  # RFC 854
)

_DATAGRAMS: tuple[tuple[bytes, str], ...] = (
    (
        rb"[\xc0-\xff](?:\x00\x00\x00\x01|\x6b\x33\x43\xcf|\xff\x00\x00[\x17-\x22])",
        "quic",
    ),  # RFC 9000
    (rb"[\x01\x02]\x01\x06[\x00-\x10].{20}", "dhcp"),  # RFC 2131 section 2
    (rb"[\x01-\x04]\x00\x00\x00", "wireguard"),
    (rb"[\x00\x01][\x00-\x03]..\x21\x12\xa4\x42", "stun"),  # RFC 8489 section 5
    (rb"M-SEARCH |NOTIFY \* ", "ssdp"),
    (rb"[A-Z]+ sip:|SIP/2\.0 ", "sip"),
    (rb"\x30[\x20-\x84].?.?\x02\x01[\x00\x01\x03]", "snmp"),  # RFC 3416
)


def _any_of(known: tuple[tuple[bytes, str], ...]) -> "re.Pattern[bytes]":
    """Return a pattern whose groups, in their order, are those `known`: one call tells which."""
    return re.compile(b"|".join(b"(%s)" % pattern for pattern, _ in known), re.DOTALL)


_STREAMS = _TEXTS + _OCTETS
_STREAM, _DATAGRAM = _any_of(_STREAMS), _any_of(_DATAGRAMS)

# The lengths of WireGuard's messages but data, and of NTP's without extensions.
_WIREGUARD_LENGTHS = frozenset((148, 92, 64))
_NTP_LENGTH = 48
_DNS_HEADER = 12


def spoken(octets: bytes, is_datagram: bool, length: int) -> str | None:
    """Return which protocol `octets` begin, of a segment or datagram with `length` of data.

    UNKNOWN where they are nothing known, None where they are too few to tell.
    """
    kind = _known(octets, is_datagram, length)
    return kind or (UNKNOWN if len(octets) >= _ENOUGH else None)


def _known(octets: bytes, is_datagram: bool, length: int) -> str | None:
    if is_datagram:
        return _datagram(octets, length)
    if _is_hello(octets):
        return "tls"
    found = _STREAM.match(octets)
    if found is not None:
        kind: str = _STREAMS[(found.lastindex or 1) - 1][1]
        return kind
    return "dns" if _is_dns_stream(octets, length) else None


def _is_hello(octets: bytes) -> bool:
    """Return whether it is a handshake's record, as most streams begin; a pattern costs more."""
    return (
        len(octets) > 5
        and octets[0] == 0x16
        and octets[1] == 3
        and octets[2] <= 4
        and (octets[5] == 1 or octets[5] == 2)
    )


def _datagram(octets: bytes, length: int) -> str | None:
    if _is_dns(octets, 0):
        return "dns"
    if length == _NTP_LENGTH and octets[0] & 7 and 0x18 <= octets[0] & 0x38 <= 0x20:
        return "ntp"  # RFC 5905 section 7.3
    found = _DATAGRAM.match(octets)
    if found is None:
        return None
    kind: str = _DATAGRAMS[(found.lastindex or 1) - 1][1]
    return None if kind == "wireguard" and length not in _WIREGUARD_LENGTHS else kind


def _is_dns_stream(octets: bytes, length: int) -> bool:
    """Return whether it is a message of DNS with its length before it (RFC 1035 4.2.2)."""
    return len(octets) > 2 and _number(octets, 0) == length - 2 and _is_dns(octets, 2)


def _is_dns(octets: bytes, start: int) -> bool:
    """Return whether a message of DNS (RFC 1035 section 4.1) with one question, or none, begins."""
    if len(octets) < start + _DNS_HEADER:
        return False
    opcode, questions = octets[start + 2] >> 3 & 15, _number(octets, start + 4)
    if opcode > 6 or questions > 1 or octets[start + 3] & 0x40:
        return False
    answers, others = _number(octets, start + 6), _number(octets, start + 8)
    more = _number(octets, start + 10)
    if answers > 64 or others > 64 or more > 64 or not questions + answers + others + more:
        return False
    return _is_name(octets, start + _DNS_HEADER)


def _number(octets: bytes, at: int) -> int:
    """Return the 16 bits at an offset."""
    return octets[at] << 8 | octets[at + 1]


def _is_name(octets: bytes, at: int) -> bool:
    """Return whether a name stands there, as far as the octets reach (RFC 1035 section 3.1)."""
    size = len(octets)
    while at < size and octets[at]:
        length = octets[at]
        if length > 63:
            return False
        for i in range(at + 1, min(at + 1 + length, size)):
            if not 0x21 <= octets[i] < 0x7F:
                return False
        at += 1 + length
    return True
