"""The options of IPv4, IPv6 and TCP: one field for each, with what it means."""

from collections.abc import Callable

from tracker.lesson.layer_parts import Field
from tracker.lesson.layer_text import count, octets_as_text, safe
from tracker.typed import NamedTuple

Maker = Callable[[bytes], str]


class _Option(NamedTuple):
    """One kind of option; `make` makes text of its data, which is `length` octets long."""

    name: str
    label: str
    make: Maker
    length: int | None = None


def _number(data: bytes) -> str:
    return str(int.from_bytes(data))


def _octets(data: bytes) -> str:
    return count(int.from_bytes(data))


def _says(text: str) -> Maker:
    """Return what writes the same for an option without data."""
    return lambda _data: text


def _scale(data: bytes) -> str:
    """RFC 7323 section 2.3: more than 14 means 14."""
    shift = data[0]
    return f"{shift} (later windows count {count(1 << min(shift, 14))} each)"


def _timestamps(data: bytes) -> str:
    """RFC 7323 section 3.2."""
    return f"TSval {int.from_bytes(data[:4])}, TSecr {int.from_bytes(data[4:])}"


def _blocks(data: bytes) -> str:
    """RFC 2018 section 3."""
    edges = [int.from_bytes(data[i : i + 4]) for i in range(0, len(data) - 3, 4)]
    return ", ".join(f"{a}-{b}" for a, b in zip(edges[::2], edges[1::2], strict=False))


def _route(data: bytes) -> str:
    """RFC 791 section 3.1: a pointer, then addresses."""
    listed = [".".join(map(str, data[i : i + 4])) for i in range(1, len(data) - 3, 4)]
    return ", ".join(listed) or "no addresses"


_END, _NO_OPERATION = 0, 1  # in IPv4 and TCP

_TCP = {
    0: _Option("eol", "end of option list", _says("ends the options")),
    1: _Option("nop", "no-operation", _says("fills one octet")),
    2: _Option("mss", "maximum segment size", _octets, 2),
    3: _Option("wscale", "window scale", _scale, 1),
    4: _Option("sackok", "SACK permitted", _says("yes"), 0),
    5: _Option("sack", "SACK: arrived beyond the acknowledgment", _blocks),
    8: _Option("timestamp", "timestamps", _timestamps, 8),
    28: _Option("uto", "user timeout", _number, 2),
    30: _Option("mptcp", "Multipath TCP", octets_as_text),
    34: _Option("tfo", "TCP Fast Open cookie", octets_as_text),
}
_IPV4 = {
    0: _Option("eol", "end of option list", _says("ends the options")),
    1: _Option("nop", "no operation", _says("fills one octet")),
    7: _Option("rr", "record route", _route),
    68: _Option("timestamp", "internet timestamp", octets_as_text),
    131: _Option("lsrr", "loose source and record route", _route),
    137: _Option("ssrr", "strict source and record route", _route),
    148: _Option("router_alert", "router alert", _number, 2),
}
_IPV6 = {
    0: _Option("pad1", "Pad1", _says("fills one octet")),
    1: _Option("padn", "PadN", lambda data: f"fills {count(len(data) + 2)}"),
    5: _Option("router_alert", "router alert", _number, 2),
    0xC2: _Option("jumbo", "jumbo payload length", _octets, 4),
}


def options(kind: str, octets: bytes, start: int) -> list[Field]:
    """Return the options in `octets`, which begin at `start` in the frame.

    kind    "tcp" (RFC 9293 section 3.1), "ipv4" (RFC 791) or "ipv6" (RFC 8200 section 4.2)

    What cannot be read is the last field, "damaged".
    """
    names = {"tcp": _TCP, "ipv4": _IPV4, "ipv6": _IPV6}[kind]
    found = []
    at = 0
    while at < len(octets):
        length = _length(kind, octets, at)
        if length is None:
            found.append(_damaged(octets[at:], start + at))
            break
        found.append(_option(names, octets[at : at + length], start + at))
        at += length
        if octets[at - length] == _END and kind != "ipv6" and at < len(octets):
            found.append(_filler(octets[at:], start + at))
            break
    return found


def _length(kind: str, octets: bytes, at: int) -> int | None:
    """Return how long the option at `at` is, None where it cannot be so."""
    if octets[at] == 0 or (octets[at] == _NO_OPERATION and kind != "ipv6"):
        return 1
    if at + 1 >= len(octets):
        return None
    length = octets[at + 1] + 2 if kind == "ipv6" else octets[at + 1]
    return length if 2 <= length <= len(octets) - at else None


def _option(names: dict[int, _Option], octets: bytes, start: int) -> Field:
    data = octets[2:]
    known = names.get(octets[0])
    if known is None:
        text = f"kind {octets[0]}" + (f": {octets_as_text(data)}" if data else "")
        return Field("option", "option", safe(text), start, len(octets), "")
    if known.length is not None and known.length != len(data):
        return Field(known.name, known.label, "of a wrong length", start, len(octets), "")
    return Field(known.name, known.label, safe(known.make(data)), start, len(octets), "")


def _damaged(octets: bytes, start: int) -> Field:
    return Field("damaged", "damaged options", octets_as_text(octets), start, len(octets), "")


def _filler(octets: bytes, start: int) -> Field:
    return Field("padding", "padding", octets_as_text(octets), start, len(octets), "")
