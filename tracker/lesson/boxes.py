"""The layers of a frame as boxes in each other: a segment in its packet in its frame."""

from textwrap import wrap
from typing import TYPE_CHECKING

from tracker.lesson.paint import Lines, safe

if TYPE_CHECKING:
    from tracker.lesson.layers import Field, Layer

# A box takes so many columns of what is in it; what would be narrower than this is not boxed.
_SIDES = 4
_NARROWEST = 44

#: What the unit of each protocol is called (RFC 1122 section 1.1.3, RFC 9293, RFC 768).
_UNITS = {
    "TCP": "segment",
    "UDP": "datagram",
    "IPv4": "packet",
    "IPv6": "packet",
    "Ethernet": "frame",
    "ARP": "message",
    "ICMP": "message",
    "DNS": "message",
}

_IPV4 = ("len", "flags", "frag", "ttl", "proto", "src", "dst")
_ARP = ("op", "hwsrc", "psrc", "hwdst", "pdst")

#: The fields that a lesson needs, by the names of layers; of others the first few are shown.
_SHOWN: dict[str, tuple[str, ...]] = {
    "Ethernet": ("src", "dst", "type"),
    "ARP": _ARP,
    "IPv4": _IPV4,
    "IPv6": ("plen", "nh", "hlim", "src", "dst"),
    "TCP": ("sport", "dport", "seq", "ack", "flags", "window", "mss", "wscale"),
    "UDP": ("sport", "dport", "len"),
    "ICMP": ("type", "code"),
    "DNS": ("id", "qr", "rcode", "qd", "an"),
}
_MOST_FIELDS = 6
_QUOTED = " (quoted)"


def boxes(layers: "list[Layer]", width: int, lines: Lines) -> list[str]:
    """Return the lines of a picture of `layers`, `width` columns wide."""
    if not layers:
        return []
    layer, *inner = layers
    room = width - _SIDES
    content = wrap(", ".join(_field(field) for field in shown(layer)), room) or [""]
    if inner and room - _SIDES >= _NARROWEST:
        content += boxes(inner, room, lines)
        inner = []
    return [*_box(title(layer), content, width, lines), *boxes(inner, width, lines)]


def _box(heading: str, content: list[str], width: int, lines: Lines) -> list[str]:
    top = f"{lines.across} {heading} "
    top += lines.across * (width - 2 - len(top))
    return [
        f"{lines.top_left}{top}{lines.top_right}",
        *(f"{lines.down} {line:<{width - _SIDES}} {lines.down}" for line in content),
        f"{lines.bottom_left}{lines.across * (width - 2)}{lines.bottom_right}",
    ]


def title(layer: "Layer") -> str:
    """Return what a layer is: its number, its unit, its protocol."""
    unit = _UNITS.get(layer.name.removesuffix(_QUOTED))
    name = f"{unit}: {layer.name}" if unit else layer.name
    return f"Layer {layer.number}, {name}" if layer.number else name


def shown(layer: "Layer") -> "list[Field]":
    """Return the fields of a layer that matter, in the order in which they stand in it."""
    names = _SHOWN.get(layer.name.removesuffix(_QUOTED))
    if names is None:
        return layer.fields[:_MOST_FIELDS]
    needless = _needless(layer)
    return [field for field in layer.fields if field.name in names and field.name not in needless]


def _needless(layer: "Layer") -> set[str]:
    """Return the names of fields that say nothing here: no ACK bit, no fragment, no error."""
    values = {field.name: field.value for field in layer.fields}
    needless = set()
    if layer.name.startswith("TCP") and "ACK" not in values.get("flags", ""):
        needless.add("ack")
    if layer.name.startswith("IPv4") and values.get("frag", "").startswith("0 "):
        needless.add("frag")
        if "MF" not in values.get("flags", ""):
            needless.add("flags")
    if layer.name == "DNS" and values.get("rcode", "").startswith("0 "):
        needless.add("rcode")
    return needless


def _field(field: "Field") -> str:
    return safe(f"{field.label} {field.value}")
