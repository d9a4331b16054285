"""What a frame is taken apart into: layers, and the fields of their headers."""

from tracker.typed import NamedTuple


class Field(NamedTuple):
    """One field of a header.

    name      stable, for programs: scapy's where scapy has one
    label     what the RFC calls it
    value     what it says, for people: at most 80 characters of printable ASCII
    start     where it begins: octets from the beginning of the frame
    length    the octets that it lies in
    bits      which bits of them it has, as "0-3", counted from the left; "" for all
    """

    name: str
    label: str
    value: str
    start: int
    length: int
    bits: str


class Layer(NamedTuple):
    """One header of a frame, or what no header is: "Data", "Padding", "not read".

    number    of the OSI model: 2 (link), 3 (network), 4 (transport); None above, or where it has
              no place in it
    start     where it begins: octets from the beginning of the frame
    length    octets of the header, what it carries not included
    """

    name: str
    number: int | None
    start: int
    length: int
    fields: list[Field]
