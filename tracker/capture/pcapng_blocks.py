"""The pcapng blocks that hold no frames: sections, interfaces, names, statistics.

They are few; the blocks with frames are in `pcapng`.
"""

from collections.abc import Iterator
from typing import Any, Literal

from tracker.capture.about import About, InterfaceAbout
from tracker.capture.pcapng_format import (
    COMMENT,
    END_OF_NAMES,
    END_OF_OPTIONS,
    IF_FILTER,
    IF_NAME,
    IF_TSOFFSET,
    IF_TSRESOL,
    ISB_FILTERACCEPT,
    ISB_IFDROP,
    ISB_IFRECV,
    ISB_OSDROP,
    NAMES_IPV4,
    NAMES_IPV6,
)

_MICROSECONDS = 6
_COUNTERS = {
    ISB_IFRECV: "received",
    ISB_IFDROP: "dropped",
    ISB_FILTERACCEPT: "accepted",
    ISB_OSDROP: "dropped_by_kernel",
}


class BlockReader:
    """Reads the blocks of one file that hold no frames into its `about`.

    A block comes here as its octets between the two lengths.
    """

    def __init__(self, about: About) -> None:
        self.about = about
        self.section = 0
        self.interfaces = 0
        self._order: Literal["little", "big"] = "little"

    def begin_section(self, body: bytes, big: bool) -> None:
        """Begin a section (section 4.1): interfaces are numbered anew."""
        self.section += 1
        self.interfaces = 0
        self._order = "big" if big else "little"
        for code, value in self._options(body, 16):
            if code == COMMENT:
                self.about.add_comment("section", self.section, value)

    def interface(self, body: bytes) -> tuple[int, int, int, int]:
        """Read an interface (section 4.2).

        Returns link type, snap length, resolution of times as in if_tsresol, their offset in s.
        """
        number = self.interfaces
        self.interfaces += 1
        link_type, snap_length = self._number(body[0:2]), self._number(body[4:8])
        resolution, offset, name, expression = _MICROSECONDS, 0, "", ""
        for code, value in self._options(body, 8):
            if code == COMMENT:
                self.about.add_comment("interface", number, value)
            elif code == IF_NAME:
                name = _text(value)
            elif code == IF_FILTER:
                expression = _text(value[1:])  # its first octet says how it is written
            elif code == IF_TSRESOL and len(value) == 1:
                resolution = value[0]
            elif code == IF_TSOFFSET and len(value) == 8:
                offset = self._signed(value)
        self.about.set_interface(
            InterfaceAbout(self.section, number, name, link_type, snap_length, expression)
        )
        return link_type, snap_length, resolution, offset

    def statistics(self, body: bytes) -> None:
        """Read the counters of an interface (section 4.6)."""
        number = self._number(body[0:4])
        counters: dict[str, Any] = {}
        for code, value in self._options(body, 12):
            if code == COMMENT:
                self.about.add_comment("statistics", number, value)
            elif code in _COUNTERS and len(value) == 8:
                counters[_COUNTERS[code]] = self._number(value)
        interface = self.about.interfaces.get((self.section, number))
        if interface is not None:
            self.about.set_interface(interface._replace(**counters))

    def names(self, body: bytes) -> None:
        """Read the names of addresses (section 4.5)."""
        options = 0
        for code, value, behind in self._fields(body, 0):
            options = behind
            if code == NAMES_IPV4 and len(value) > 4:
                self._add_names(_ipv4(value[:4]), value[4:])
            elif code == NAMES_IPV6 and len(value) > 16:
                self._add_names(_ipv6(value[:16]), value[16:])
            elif code == END_OF_NAMES:
                break
        for code, value in self._options(body, options):
            if code == COMMENT:
                self.about.add_comment("names", self.section, value)

    def _add_names(self, address: str, names: bytes) -> None:
        for name in names.split(b"\0"):
            if name:
                self.about.add_name(address, name)

    def _options(self, body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
        """Yield code and value of the options of a block, which begin at `at`."""
        for code, value, _ in self._fields(body, at):
            if code == END_OF_OPTIONS:
                return
            yield code, value

    def _fields(self, body: bytes, at: int) -> Iterator[tuple[int, bytes, int]]:
        """Yield code and value of each field from `at` on, and where the next begins."""
        while at + 4 <= len(body):
            code, length = self._number(body[at : at + 2]), self._number(body[at + 2 : at + 4])
            at += 4
            if at + length > len(body):
                self.about.bad_options += 1
                return
            value = body[at : at + length]
            at += (length + 3) & ~3
            yield code, value, at

    def _number(self, octets: bytes) -> int:
        return int.from_bytes(octets, self._order)

    def _signed(self, octets: bytes) -> int:
        return int.from_bytes(octets, self._order, signed=True)


def _text(octets: bytes) -> str:
    return octets.rstrip(b"\0").decode("utf-8", "replace")


def _ipv4(octets: bytes) -> str:
    return ".".join(map(str, octets))


def _ipv6(octets: bytes) -> str:
    """Return an IPv6 address as text (RFC 5952)."""
    from ipaddress import IPv6Address  # here, because few captures hold names

    return str(IPv6Address(octets))
