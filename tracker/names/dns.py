"""Messages of DNS, mDNS and LLMNR, taken apart by dnspython: which name an address has."""

import struct
from functools import lru_cache

from tracker.names.plausible import host_name
from tracker.typed import Any, NamedTuple

#: No chain of CNAME records is longer that a resolver would follow.
_LONGEST_CHAIN = 16


class Told(NamedTuple):
    """A name that a message tells of an address.

    seconds    how long it holds (TTL)
    is_back    whether it is that of the way back (PTR)
    """

    text: str
    seconds: int
    is_back: bool = False


@lru_cache(maxsize=4096)
def asked(message: bytes, address: str, everything: bool) -> Told | None:
    """Return the name that was asked for when `message` told of `address`, None if none was.

    That is where a chain of CNAME records to the address begins (RFC 1034 section 3.6.2), or what
    a PTR record of it says.  With `everything` the additional records count, too, as in mDNS.
    """
    records = _records(message, everything)
    chain = [(owner, ttl) for owner, ttl, kind, value in records if (kind, value) == ("A", address)]
    if chain:
        owner, ttl = chain[0]
        name, seconds = _begin(records, owner, ttl)
        text = host_name(name)
        return None if text is None else Told(text, seconds)
    return _pointed(records, address)


def addresses(message: bytes, name: str, everything: bool) -> list[str]:
    """Return the addresses that `message` tells of the host that is called `name`."""
    found = [value for _, _, kind, value in _records(message, everything) if kind in ("A", "PTR")]
    told = {address: asked(message, address, everything) for address in found}
    return [address for address, each in told.items() if each is not None and each.text == name]


@lru_cache(maxsize=256)
def _records(message: bytes, everything: bool) -> list[tuple[bytes, int, str, Any]]:
    """Return owner, TTL, kind and value of the records: "A" (also AAAA), "CNAME", "PTR".

    What was cut off by the capture is left out.
    """
    try:
        import dns.exception
        import dns.message
        import dns.rdataclass
        import dns.rdatatype
    except ImportError:
        return []
    try:
        octets = _without_flags(message) if everything else message
        parsed = dns.message.from_wire(octets, ignore_trailing=True, continue_on_error=True)
    except (dns.exception.DNSException, ValueError, struct.error):
        return []
    found: list[tuple[bytes, int, str, Any]] = []
    sets = [*parsed.answer, *(parsed.additional if everything else ())]
    for records in sets:
        if records.rdclass != dns.rdataclass.IN:
            continue
        owner = _text(records.name)
        for record in records:
            if records.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
                found.append((owner, records.ttl, "A", _canonical(record.address)))
            elif records.rdtype == dns.rdatatype.CNAME:
                found.append((owner, records.ttl, "CNAME", _text(record.target)))
            elif records.rdtype == dns.rdatatype.PTR:
                address = _reversed(records.name)
                if address is not None:  # whose "owner" is the name that it points to
                    found.append((_text(record.target), records.ttl, "PTR", address))
    return found


def _without_flags(message: bytes) -> bytes:
    """Return a message of mDNS without the flags in the classes of its questions and records.

    They ask for an answer to the asker alone, or replace what is cached (RFC 6762 sections 5.4 and
    10.2); everybody else takes them for a part of the class.
    """
    import dns.exception
    import dns.name

    octets = bytearray(message)
    questions, *others = struct.unpack_from("!4H", message, 4)
    at = 12
    for number in range(questions + sum(others)):
        try:
            at += dns.name.from_wire(message, at)[1] + 2
        except (dns.exception.DNSException, IndexError):
            break
        if at + 8 > len(octets):
            break
        octets[at] &= 0x7F
        at += 2
        if number >= questions:
            at += 6 + int.from_bytes(octets[at + 4 : at + 6])
    return bytes(octets)


def _text(name: Any) -> bytes:  # noqa: ANN401 - a name of dnspython
    """Return a name in lower case; what is no plausible host name stays different from all."""
    return b".".join(name.labels).lower()


def _canonical(address: str) -> str:
    from ipaddress import ip_address

    return str(ip_address(address))


def _reversed(name: Any) -> str | None:  # noqa: ANN401 - a name of dnspython
    import dns.exception
    import dns.reversename

    try:
        return _canonical(dns.reversename.to_address(name))
    except (dns.exception.DNSException, ValueError):
        return None


def _begin(records: list[tuple[bytes, int, str, Any]], name: bytes, ttl: int) -> tuple[bytes, int]:
    """Return where the chain of CNAME records begins that ends at `name`, and its shortest TTL."""
    aliases = {
        value: (owner, seconds) for owner, seconds, kind, value in records if kind == "CNAME"
    }
    for _ in range(_LONGEST_CHAIN):
        if name not in aliases:
            break
        name, seconds = aliases[name]
        ttl = min(ttl, seconds)
    return name, ttl


def _pointed(records: list[tuple[bytes, int, str, Any]], address: str) -> Told | None:
    """Return the name that a PTR record gives an address."""
    for name, ttl, kind, value in records:
        if (kind, value) == ("PTR", address):
            text = host_name(name)
            if text is not None:
                return Told(text, ttl, is_back=True)
    return None
