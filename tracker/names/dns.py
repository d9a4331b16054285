"""Messages of DNS, mDNS and LLMNR: which name an address has.

Where the records are, `answers` says, as it did when the message was heard; dnspython reads the
names in those that matter.  To let it read whole messages would take ten times as long, and more
where somebody fills them with records.
"""

from functools import lru_cache

from tracker.names.answers import Address, Answers, Noted
from tracker.names.plausible import host_name
from tracker.typed import NamedTuple
from tracker.wire.segment import Frame

_CNAME, _PTR = 5, 12

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
def asked(message: bytes, address: Address, everything: bool) -> Told | None:
    """Return the name that was asked for when `message` told of `address`, None if none was.

    That is where a chain of CNAME records to the address begins (RFC 1034 section 3.6.2), or what
    a PTR record of it says.  With `everything` the additional records count, too, as in mDNS.
    """
    back = None
    for kind, owner, seconds, data, found in records(message, everything):
        if found != address:
            continue
        if kind != _PTR:
            name, shortest = _begin(message, everything, name_at(message, owner), seconds)
            text = host_name(name)
            return None if text is None else Told(text, shortest)
        text = host_name(name_at(message, data))
        if back is None and text is not None:
            back = Told(text, seconds, is_back=True)
    return back


def addresses(message: bytes, name: str, everything: bool) -> list[Address]:
    """Return the addresses that `message` tells of the host that is called `name`."""
    found = {address: None for *_, address in records(message, everything) if address is not None}
    told = {address: asked(message, address, everything) for address in found}
    return [address for address, each in told.items() if each is not None and each.text == name]


@lru_cache(maxsize=256)
def records(message: bytes, everything: bool) -> list[Noted]:
    """Return the records that have an address or are a CNAME, those that were cut off left out."""
    frame = Frame()
    frame.data = message
    answers = Answers()
    found: list[Noted] = []
    answers.noted = found
    answers.read(frame, 0, len(message), everything)
    return found


def name_at(message: bytes, at: int) -> bytes:
    """Return the name at an offset of a message, in lower case.

    b"" if there is none, or the library is missing that reads it.
    """
    try:
        import dns.exception
        import dns.name
    except ImportError:
        return b""
    try:
        name, _ = dns.name.from_wire(message, at)
    except (dns.exception.DNSException, IndexError, ValueError):
        return b""
    return b".".join(name.labels).lower()


def _begin(message: bytes, everything: bool, name: bytes, seconds: int) -> tuple[bytes, int]:
    """Return where the chain of CNAME records begins that ends at `name`, and its shortest TTL."""
    aliases = _aliases(message, everything)
    for _ in range(_LONGEST_CHAIN):
        if name not in aliases:
            break
        name, ttl = aliases[name]
        seconds = min(seconds, ttl)
    return name, seconds


@lru_cache(maxsize=256)
def _aliases(message: bytes, everything: bool) -> dict[bytes, tuple[bytes, int]]:
    """Return what is an alias of a name, and for how many seconds."""
    chain = [record for record in records(message, everything) if record[0] == _CNAME]
    return {
        name_at(message, data): (name_at(message, owner), seconds)
        for _, owner, seconds, data, _ in chain[:_LONGEST_CHAIN]
    }
