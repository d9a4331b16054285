"""The words that a lesson uses, each with a clause that explains it to who has never met it.

They are explained where they first appear; what stands here must not need more words than it has.
"""

import re

#: Term, and what it is.
TERMS: dict[str, str] = {
    "frame": "what travels on one network link at a time, here a copy of it, with its time",
    "MAC address": "names a network card, within one link only (Layer 2)",
    "EtherType": "says what a frame carries",
    "Ethernet": "the usual way to carry frames over cables",
    "packet": "what IP carries from host to host, over as many links as it takes",
    "IP address": "names a host (or rather, one of its interfaces) in all networks (Layer 3)",
    "IPv4": "version 4 of the Internet Protocol, with addresses such as 192.168.1.5 (RFC 791)",
    "IPv6": "version 6 of the Internet Protocol, with longer addresses such as fd00::5 (RFC 8200)",
    "time to live": "how many more routers may pass the packet on before it is dropped",
    "hop limit": "how many more routers may pass the packet on before it is dropped",
    "TCP": "carries a stream of octets in order, between two programs, and repeats what is lost "
    "(RFC 9293)",
    "UDP": "carries single messages between two programs, without promising anything (RFC 768)",
    "segment": "what TCP sends at a time: a header, and maybe data",
    "datagram": "what UDP sends at a time: a header and data",
    "octet": "a byte: eight bits",
    "port": "a number that tells the programs of one host apart (Layer 4)",
    "socket": "an address and a port together: one end of a conversation",
    "socket pair": "the sockets of both ends: it tells a connection from all others",
    "connection": "what two programs have between their sockets until both have closed it",
    "pseudo-connection": "UDP has no connections; this is what went to and fro between two sockets",
    "generation": "the same socket pair may be used again, for a new connection",
    "client": "the end that opens the connection",
    "server": "the end that is asked",
    "sequence number": "counts the octets that one end sends: the number of the first one in here",
    "acknowledgment number": "what the sender expects next: everything before it has arrived",
    "window": "how many octets more the sender of this is ready to take",
    "maximum segment size": "how many octets of data a segment to this end may hold",
    "window scale": "the windows count so many octets each, or 16 bits would not do (RFC 7323)",
    "DNS": "tells which IP address a name has (RFC 1035)",
    "control bits": "flags in the header of TCP: SYN, ACK, FIN, RST and others",
    "SYN": "synchronize: asks to open, and tells where one's own numbers begin",
    "SYN,ACK": "the answer to a SYN, and a SYN of its own",
    "ACK": "acknowledges: says what has arrived",
    "FIN": "finished: nothing more to send",
    "RST": "reset: ends the connection at once, or refuses it",
    "ICMP": "carries errors and questions about packets (RFC 792, for IPv6 RFC 4443)",
    "handshake": "SYN, SYN,ACK, ACK: the three segments that open a connection",
    "keep-alive": "a segment without news, only to see whether the other end still answers",
    "challenge ACK": "an ACK in answer to what may be forged: an honest sender answers it rightly",
    "timer": "a kernel does not wait for ever: after a time it acts by itself",
    "kernel": "the part of a host's system that does TCP for all its programs",
    "netstat": "the command that lists a host's connections and their states",
    "row": "a line of netstat's table: one connection, as one of its two hosts sees it",
    "ARP": "asks which MAC address an IP address has on this link (RFC 826)",
    "fragment": "a part of a packet that was too big for some link",
    "tunnel": "a packet that carries another packet inside",
    "observed": "the evidence of this state was seen",
    "inferred": "not seen itself, but what was seen proves it, or silence does",
    "assumed": "the capture began in the middle of the connection",
    "presumed": "in parentheses: this end was not heard yet, so nothing proves it, and no netstat "
    "shows it",
    "LISTEN": "a program waits there for somebody to connect",
    "SYN_SENT": "has asked to open, and waits for the answer",
    "SYN_RECEIVED": "was asked and has answered, and waits for the last ACK of the handshake",
    "ESTABLISHED": "the connection is open: data may go both ways",
    "FIN_WAIT_1": "has closed its side first, and waits for the ACK of its FIN",
    "FIN_WAIT_2": "its FIN is acknowledged; it waits for the FIN of the other end",
    "CLOSE_WAIT": "the other end has closed its side; the program here has yet to close",
    "CLOSING": "both closed at the same time; it waits for the ACK of its FIN",
    "LAST_ACK": "has closed after the other end, and waits for the ACK of its FIN",
    "TIME_WAIT": "has closed first, all is done; it waits so that late segments do no harm",
    "CLOSED": "there is no connection",
}

#: Other forms of a term.
_FORMS = {
    "MAC addresses": "MAC address",
    "IP addresses": "IP address",
    "octets": "octet",
    "ports": "port",
    "sockets": "socket",
    "segments": "segment",
    "frames": "frame",
    "packets": "packet",
    "datagrams": "datagram",
    "connections": "connection",
    "fragments": "fragment",
    "ICMPv6": "ICMP",
}

_WORDS = re.compile(
    r"(?<![\w<=-])(?<!\w,)(?:"
    + "|".join(sorted(map(re.escape, [*TERMS, *_FORMS]), key=len, reverse=True))
    + r")(?![\w>=-]|,\w)"
)


class Glossary:
    """Remembers which terms were explained: each is, once, where it first appears."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def new(self, text: str) -> list[tuple[str, str]]:
        """Return the terms that appear in `text` for the first time, with what they are."""
        found = dict.fromkeys(
            _FORMS.get(word, word) for word in _WORDS.findall(" ".join(text.split()))
        )
        terms = [term for term in found if term not in self._known]
        self._known.update(terms)
        return [(term, TERMS[term]) for term in terms]
