"""Messages of DNS, mDNS and LLMNR, made by dnspython."""

import dns.flags
import dns.message
import dns.name
import dns.rrset

#: Owner, TTL (seconds), type, value.  Names are absolute, with or without the last dot.
Record = tuple[str, int, str, str]


def reply(asked: str, *records: Record) -> bytes:
    """Return an answer to a question, with these records."""
    message = dns.message.make_response(dns.message.make_query(asked, records[0][2]))
    message.answer = [rrset(record) for record in records]
    return message.to_wire(max_size=65535)


def address_of(name: str, address: str, ttl: int = 300) -> bytes:
    """Return the answer that a name has an address."""
    return reply(name, (name, ttl, "AAAA" if ":" in address else "A", address))


def told(address: str, name: str, ttl: int = 300) -> bytes:
    """Return what a host says of itself over mDNS (RFC 6762 section 6): there is no question."""
    message = dns.message.Message(0)
    message.flags = dns.flags.QR | dns.flags.AA
    message.answer = [rrset((name, ttl, "AAAA" if ":" in address else "A", address))]
    return message.to_wire()


def back(address: str, name: str) -> bytes:
    """Return the answer that the way back from an IPv4 address leads to a name."""
    pointer = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
    return reply(pointer, (pointer, 300, "PTR", name))


def rrset(record: Record) -> dns.rrset.RRset:
    """Return a record as dnspython has it."""
    owner, ttl, kind, value = record
    if kind in ("CNAME", "PTR"):
        value = str(dns.name.from_text(value))
    return dns.rrset.from_text(dns.name.from_text(owner), ttl, "IN", kind, value)
