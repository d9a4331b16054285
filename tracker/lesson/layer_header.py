"""One header, dissected by scapy field by field, so that the place of each field is known."""

from tracker.lesson import layer_dns, layer_options
from tracker.lesson.layer_parts import Field
from tracker.lesson.layer_text import safe, span
from tracker.lesson.layer_words import Known, known
from tracker.typed import Any, NamedTuple

#: No more of a frame is given to scapy for one header: hostile lists would take it long.
_MOST_OCTETS = 4096

#: No more fields are shown of one header.
_MOST_FIELDS = 200

#: Fields of scapy's that are what a message of ICMP carries, or stand behind that.
_CARRIED = {"data", "extpad", "ext"}

#: Places of fields that RFC 9293 cuts otherwise than scapy: bits from the beginning of the header.
_PLACES = {
    ("TCP", "reserved"): (100, 104),
    ("TCP", "flags"): (104, 112),
    ("TCPerror", "reserved"): (100, 104),
    ("TCPerror", "flags"): (104, 112),
}

#: Headers with options: of which kind, and where these begin.
_WITH_OPTIONS = {
    "IP": "ipv4",
    "IPerror": "ipv4",
    "TCP": "tcp",
    "TCPerror": "tcp",
    "IPv6ExtHdrHopByHop": "ipv6",
    "IPv6ExtHdrDestOpt": "ipv6",
}

Rest = Any  # octets, or octets and how many bits of the first are taken


class Header(NamedTuple):
    """A header, and how far it goes.

    packet    scapy's, with the values of the fields that were read
    known     what is known of such headers
    length    octets
    trailer   octets that belong to it at the end of what it carries (a frame check sequence)
    whole     whether all of it was there, and makes sense
    """

    packet: Any
    known: Known
    fields: list[Field]
    length: int
    trailer: int
    whole: bool


def header(kind: Any, octets: bytes, start: int, below: Any) -> Header:  # noqa: ANN401 - scapy's
    """Read a header of scapy's class `kind` at the beginning of `octets`.

    start    where that is in the frame, for the fields' places
    below    scapy's packet of the header before it, or None
    """
    octets = octets[:_MOST_OCTETS]
    packet = _new(_chosen(kind, octets))
    packet.underlayer = below
    packet.original = octets
    reader = _Reader(packet, octets, start)
    whole = _walks(type(packet)) and packet.pre_dissect(octets) == octets and reader.read()
    trailer = len(octets) - len(reader.octets)
    whole = whole and is_sound(packet)
    return Header(packet, reader.known, reader.fields, reader.length, trailer, whole)


def _chosen(kind: Any, octets: bytes) -> Any:  # noqa: ANN401 - scapy's
    """Return the class that scapy takes for these octets, where it has several for a header."""
    if not isinstance(kind, type):  # a function that chooses, as for DHCPv6
        return type(kind(octets))
    return kind.dispatch_hook(octets) if hasattr(kind, "dispatch_hook") else kind


def _new(kind: Any) -> Any:  # noqa: ANN401 - scapy's
    """Make a packet of exactly this class; calling the class would choose another one."""
    packet = kind.__new__(kind, kind.__name__, kind.__bases__, kind.__dict__)
    packet.__init__()
    return packet


def _walks(kind: Any) -> bool:  # noqa: ANN401 - scapy's
    """Return whether the class is dissected field by field, as most are."""
    from scapy.packet import Packet

    return bool(kind.do_dissect is Packet.do_dissect)


def _family(octets: bytes) -> int:
    """Return the address family, whichever way its host orders octets: they are small numbers."""
    return min(int.from_bytes(octets), int.from_bytes(octets, "little"))


def _is_trailer(field: Any) -> bool:  # noqa: ANN401 - scapy's
    """Return whether the field stands at the end of the frame."""
    kinds = type(field).__mro__ + type(getattr(field, "fld", field)).__mro__
    return any(kind.__name__ == "TrailerField" for kind in kinds)


def is_sound(packet: Any) -> bool:  # noqa: ANN401 - scapy's
    """Return whether a header says itself that it can be one (RFC 791, RFC 8200, RFC 9293)."""
    kind, fields = type(packet).__name__, packet.fields
    if kind in {"IP", "IPerror"}:
        return bool(fields.get("version") == 4 and fields.get("ihl", 0) >= 5)
    if kind in {"IPv6", "IPerror6"}:
        return bool(fields.get("version") == 6)
    return kind != "TCP" or bool(fields.get("dataofs", 0) >= 5)


class _Reader:
    """Reads the fields of one header, as `Packet.do_dissect` does."""

    def __init__(self, packet: Any, octets: bytes, start: int) -> None:  # noqa: ANN401 - scapy's
        self.packet = packet
        self.kind = type(packet).__name__
        self.known = known(packet)
        self.octets = octets
        self.start = start
        self.fields: list[Field] = []
        self.end = 0  # of what was read, in bits

    @property
    def length(self) -> int:
        """Octets that were read, the last one maybe in part."""
        return (self.end + 7) // 8

    def read(self) -> bool:
        """Read all fields; return False where they are cut off or damaged."""
        rest: Rest = self.octets
        for field in self.packet.fields_desc:
            if len(self.fields) >= _MOST_FIELDS:
                return False
            if field.name in _CARRIED and self.known.name.startswith("ICMP"):
                continue
            if field.name == "options" and self.kind in _WITH_OPTIONS:
                return self._read_options()
            if field.name == "qd" and self.kind == "DNS":
                return self._read_records()
            try:
                rest = self._read_one(field, rest)
            except Exception:  # noqa: BLE001 - damaged frames make scapy raise anything
                return False
        return True

    def _read_one(self, field: Any, rest: Rest) -> Rest:  # noqa: ANN401 - scapy's
        """Read one field, return the octets behind it; raise anything where that cannot be."""
        after, value = field.getfield(self.packet, rest)
        end = self._position(after)
        if self.kind == "Loopback":
            value = _family(self.octets[:4])
        if value is not None:
            self.packet.fields[field.name] = value
        if _is_trailer(field):
            return self._without_trailer(after)
        if end == self.end:
            return after
        if not self._follows(field, after, end):
            raise ValueError(field.name)
        self._add(field, value, end)
        self.end = end
        return after

    def _without_trailer(self, rest: bytes) -> bytes:
        """Return `rest`, which ends before a field that stands at the end of the frame."""
        self.octets = self.octets[: self.end // 8] + rest
        return rest

    def _position(self, rest: Rest) -> int:
        """Return where `rest` begins, in bits."""
        octets, bits = rest if isinstance(rest, tuple) else (rest, 0)
        return 8 * (len(self.octets) - len(octets)) + int(bits)

    def _follows(self, field: Any, rest: Rest, end: int) -> bool:  # noqa: ANN401 - scapy's
        """Return whether the field lies between what was read and `rest`, and was not cut off."""
        octets = rest[0] if isinstance(rest, tuple) else rest
        size = getattr(field, "size", 0)
        cut = isinstance(size, int) and end - self.end < size
        return bool(not cut and self.end <= end and self.octets.endswith(octets))

    def _add(self, field: Any, value: Any, end: int) -> None:  # noqa: ANN401 - scapy's
        begin, end = _PLACES.get((self.kind, field.name), (self.end, end))
        first, length, bits = span(begin, end)
        label, text = self._worded(field, value)
        self.fields.append(Field(field.name, label, text, self.start + first, length, bits))

    def _worded(self, field: Any, value: Any) -> tuple[str, str]:  # noqa: ANN401 - scapy's
        """Return label and value of a field; scapy's words where we have none."""
        if field.name in self.known.fields:
            label, make = self.known.fields[field.name]
            return label, safe(make(value, self.packet))
        return field.name.replace("_", " "), safe(str(field.i2repr(self.packet, value)))

    def _read_options(self) -> bool:
        """Read the options up to where the header ends, as far as they are there."""
        begin = self.end // 8
        size = _size(self.kind, self.packet.fields)
        octets = self.octets[begin:size]
        self.fields += layer_options.options(_WITH_OPTIONS[self.kind], octets, self.start + begin)
        self.end = 8 * (begin + len(octets))
        return size <= len(self.octets)

    def _read_records(self) -> bool:
        counts = [self.packet.fields[name] for name in ("qdcount", "ancount", "nscount", "arcount")]
        found, end = layer_dns.records(self.octets, self.end // 8, counts, self.start)
        self.fields += found
        self.end = 8 * end
        return len(found) == int(sum(counts))


def _size(kind: str, fields: dict[str, Any]) -> int:
    """Return how long a header with options says it is, in octets."""
    if _WITH_OPTIONS[kind] == "ipv4":
        return 4 * int(fields["ihl"])
    return 4 * int(fields["dataofs"]) if _WITH_OPTIONS[kind] == "tcp" else 8 * fields["len"] + 8
