"""A frame, taken apart into the headers of its layers: Ethernet, IP, TCP and what else there is.

scapy dissects, one header at a time, and says what follows.  How far a header and what it carries
go, the lengths in the headers decide: what stands behind a packet in its frame is padding.
"""

from functools import cache

from tracker.capture.quiet import quiet
from tracker.lesson.layer_dns import is_message
from tracker.lesson.layer_header import Header, header
from tracker.lesson.layer_numbers import FAMILIES
from tracker.lesson.layer_parts import Field, Layer
from tracker.lesson.layer_text import octets_as_text
from tracker.typed import Any
from tracker.wire.link_types import DLT_RAW, DLT_RAW_OPENBSD, LINK_TYPE_NAMES, LINKTYPE_RAW

__all__ = ["Field", "Layer", "layers"]

#: No more headers are read: nobody has so many tunnels or tags.
_MOST_LAYERS = 32

#: What a segment carries is a piece of a stream, and no message that scapy could dissect.
_STREAMS = {"TCP", "TCPerror"}

#: scapy's classes for octets that are no header.
_NO_HEADER = {"Raw", "Padding", "NoPayload"}

#: scapy does not know the number of IPv6 on each system.
_LOOPBACKS = {"Loopback", "LoopbackOpenBSD"}

#: In how many octets each header counts the packet that it quotes (RFC 4884 section 4).
_QUOTED_IN = {"ICMP": 4, "ICMPv6DestUnreach": 8, "ICMPv6TimeExceeded": 8}


def layers(octets: bytes, link_type: int) -> list[Layer]:
    """Return the layers of a captured frame, the outermost first.

    link_type    as captures number them (https://www.tcpdump.org/linktypes.html)

    They lie one behind the other and are the whole frame: octets that are no header are a layer
    "Data" (or "Padding", behind a packet that is shorter than its frame), those that should be one
    and are cut off or damaged are "not read".  Raises nothing, whatever the octets are.
    """
    frame = _Frame(octets)
    with quiet():
        frame.read(_lowest(link_type))
    return frame.layers


@cache
def _lowest(link_type: int) -> Any:  # noqa: ANN401 - scapy's
    """Return scapy's class for frames of this link type, None if it has none."""
    import scapy.contrib.etherip
    import scapy.contrib.geneve
    import scapy.contrib.gtp
    import scapy.contrib.mpls
    import scapy.layers.all  # noqa: F401 - importing them makes the layers known
    from scapy.config import conf

    if link_type in {DLT_RAW, DLT_RAW_OPENBSD}:
        link_type = LINKTYPE_RAW
    # scapy's table also has numbers of network devices, which are no link types.
    return conf.l2types.num2layer.get(link_type) if link_type in LINK_TYPE_NAMES else None


def _ip_class(version: str) -> Any:  # noqa: ANN401 - scapy's
    """Return scapy's class for "IPv4" or "IPv6", None for others."""
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6

    return {"IPv4": IP, "IPv6": IPv6}.get(version)


class _Frame:
    """Reads a frame from its beginning; what lies behind a packet is put aside until the end."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.at = 0
        self.end = len(octets)
        self.layers: list[Layer] = []
        self.tails: list[Layer] = []

    def read(self, kind: Any) -> None:  # noqa: ANN401 - scapy's
        """Read all headers, from one of scapy's class `kind` on, and what is no header."""
        below: Any = None
        rest = "Data"
        while kind is not None and self.at < self.end:
            found = self._header(kind, below) if len(self.layers) < _MOST_LAYERS else None
            if found is None or not self._add(found):
                rest = "not read" if found is None else "Data"
                break
            kind, below = self._next(found), found.packet
            rest = "Data" if found.whole else "not read"
        self._put(self.layers, rest, self.at, self.end)
        self.layers += reversed(self.tails)

    def _header(self, kind: Any, below: Any) -> Header | None:  # noqa: ANN401 - scapy's
        """Read the next header, None if scapy cannot even begin."""
        try:
            found = header(kind, self.octets[self.at : self.end], self.at, below)
        except Exception:  # noqa: BLE001 - damaged frames make scapy raise anything
            return None
        return found if found.length else None

    def _add(self, found: Header) -> bool:
        """Add a header's layer; return False if it was only guessed from a port, and is none."""
        known = found.known
        if known.name == "DNS" and not is_message(found.fields):
            return False
        self.layers.append(Layer(known.name, known.number, self.at, found.length, found.fields))
        self.at += found.length
        return True

    def _next(self, found: Header) -> Any:  # noqa: ANN401 - scapy's
        """Return scapy's class of the header that `found` carries, None if that is none."""
        if not found.whole:
            return None
        try:
            self._cut(found.packet, found.trailer)
            return self._carried(found.packet)
        except Exception:  # noqa: BLE001 - damaged frames make scapy raise anything
            return None

    def _cut(self, packet: Any, trailer: int) -> None:  # noqa: ANN401 - scapy's
        """Put aside what lies behind what `packet` carries."""
        self._put(self.tails, "Trailer", self.end - trailer, self.end)
        self.end -= trailer
        rest = self.octets[self.at : self.end]
        _, tail = packet.extract_padding(rest)
        unit = _QUOTED_IN.get(type(packet).__name__, 0)
        if unit and packet.fields.get("length"):
            tail = rest[unit * packet.fields["length"] :]
        if tail and rest.endswith(tail):
            begin = self.end - len(tail)
            self._put(self.tails, "Data" if unit else "Padding", begin, self.end)
            self.end = begin

    def _carried(self, packet: Any) -> Any:  # noqa: ANN401 - scapy's
        kind = type(packet).__name__
        if kind in _STREAMS or (kind == "IPv6ExtHdrFragment" and packet.fields["offset"]):
            return None
        if kind in _LOOPBACKS:
            return _ip_class(FAMILIES.get(packet.fields["type"], ""))
        found = packet.guess_payload_class(self.octets[self.at : self.end])
        return None if found.__name__ in _NO_HEADER else found

    def _put(self, where: list[Layer], name: str, begin: int, end: int) -> None:
        """Add a layer that is no header, if it has any octets."""
        if begin < end:
            text = octets_as_text(self.octets[begin:end])
            field = Field("load", name.lower(), text, begin, end - begin, "")
            where.append(Layer(name, None, begin, end - begin, [field]))
