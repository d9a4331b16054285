"""Questions and records of a DNS message (RFC 1035 section 4), one field for each.

scapy reads the header; it would read the records, too, but a hostile message could make that long.
"""

from ipaddress import IPv4Address, IPv6Address

from tracker.lesson.layer_numbers import DNS_TYPES
from tracker.lesson.layer_parts import Field
from tracker.lesson.layer_text import count, safe

#: No more questions and records are shown.
_MOST = 40

_SECTIONS = (
    ("qd", "question"),
    ("an", "answer"),
    ("ns", "authority record"),
    ("ar", "additional record"),
)
_LONGEST_NAME = 255  # RFC 1035 section 2.3.4
_POINTER = 0xC0
_A, _NS, _CNAME, _PTR, _OPT, _AAAA = 1, 2, 5, 12, 41, 28


class _CutOffError(Exception):
    """The message ends too early, or a name in it does not."""


def records(message: bytes, at: int, counts: list[int], start: int) -> tuple[list[Field], int]:
    """Return questions and records that begin at `at`, and where the last one of them ends.

    counts    how many there are in each of the four sections, as the header says
    start     where the message begins in the frame
    """
    found: list[Field] = []
    for (name, label), number in zip(_SECTIONS, counts, strict=True):
        for _ in range(number):
            if len(found) == _MOST:
                return found, at
            try:
                text, end = _question(message, at) if name == "qd" else _record(message, at)
            except _CutOffError:
                return found, at
            found.append(Field(name, label, safe(text), start + at, end - at, ""))
            at = end
    return found, at


def is_message(fields: list[Field]) -> bool:
    """Return whether these fields are of a message of DNS, and not only of its port."""
    names = [field.name for field in fields]
    counts = [field.value for field in fields if field.name.endswith("count")]
    return len(counts) == len(_SECTIONS) and (
        "qd" in names or "an" in names or set(counts) == {"0"}
    )


def _question(message: bytes, at: int) -> tuple[str, int]:
    name, at = _name(message, at)
    return f"{name} {_type(_number(message, at))}", _within(message, at + 4)


def _record(message: bytes, at: int) -> tuple[str, int]:
    name, at = _name(message, at)
    kind, length = _number(message, at), _number(message, at + 8)
    begin = at + 10
    end = _within(message, begin + length)
    return f"{name} {_type(kind)} {_data(message, kind, begin, end)}", end


def _type(number: int) -> str:
    return DNS_TYPES.get(number, f"TYPE{number}")


def _data(message: bytes, kind: int, begin: int, end: int) -> str:
    """Return what a record says: an address, a name, or how long it is."""
    if kind == _A and end - begin == 4:
        return str(IPv4Address(message[begin:end]))
    if kind == _AAAA and end - begin == 16:
        return str(IPv6Address(message[begin:end]))
    if kind in {_NS, _CNAME, _PTR}:
        return _name(message, begin)[0]
    return count(end - begin)


def _within(message: bytes, end: int) -> int:
    if end > len(message):
        raise _CutOffError
    return end


def _number(message: bytes, at: int) -> int:
    return int.from_bytes(message[at : _within(message, at + 2)])


def _name(message: bytes, at: int) -> tuple[str, int]:
    """Return the name at `at`, and where it ends there; pointers must lead backwards."""
    labels: list[str] = []
    end, limit, taken = 0, at, 0
    while True:
        length = message[_within(message, at + 1) - 1]
        if length & _POINTER == _POINTER:
            end = end or at + 2
            at = _number(message, at) & 0x3FFF
            if at >= limit:
                raise _CutOffError
            limit = at
            continue
        if length & _POINTER:
            raise _CutOffError
        at += 1 + length
        taken += 1 + length
        if taken > _LONGEST_NAME:
            raise _CutOffError
        if not length:
            return ".".join(labels) or ".", end or at
        labels.append(message[at - length : _within(message, at)].decode("latin-1"))
