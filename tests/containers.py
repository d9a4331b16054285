"""Build captures in every file format, octet by octet, as their specifications say."""

import struct
from collections.abc import Iterable
from pathlib import Path

from captures import NS_IN_S, Record

from tracker.capture.saved import SavedCapture

#: Time (ns), octets, length on the wire, link type.
Seen = tuple[int, bytes, int, int]

Option = tuple[int, bytes]


def frames_of(path: Path | str) -> tuple[list[Seen], SavedCapture]:
    """Return the frames of a capture as the reader gives them, and the capture."""
    capture = SavedCapture(str(path))
    seen: list[Seen] = []
    for frames in capture:
        for number in range(frames.count):
            start, length = frames.starts[number], frames.lengths[number]
            octets = bytes(memoryview(frames.data)[start : start + length])
            seen.append((frames.times[number], octets, frames.wires[number], frames.link_type))
    return seen, capture


def expected(frames: Iterable[Record], link_type: int = 1) -> list[Seen]:
    """Return what a reader has to give of `frames`."""
    return [(frame.time, frame.octets, frame.wire, link_type) for frame in frames]


# --- pcapng (draft-ietf-opsawg-pcapng) ----------------------------------------------------------


def padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


class Pcapng:
    """Makes blocks in one byte order."""

    def __init__(self, *, big: bool = False) -> None:
        self.order = ">" if big else "<"

    def pack(self, form: str, *numbers: int) -> bytes:
        return struct.pack(self.order + form, *numbers)

    def options(self, options: Iterable[Option], *, end: bool = True) -> bytes:
        """Return options (section 3.5)."""
        parts = [self.pack("HH", code, len(value)) + padded(value) for code, value in options]
        if parts and end:
            parts.append(self.pack("HH", 0, 0))
        return b"".join(parts)

    def block(self, kind: int, body: bytes) -> bytes:
        """Return a block (section 3.1)."""
        length = self.pack("I", 12 + len(padded(body)))
        return self.pack("I", kind) + length + padded(body) + length

    def section(self, options: Iterable[Option] = (), *, major: int = 1) -> bytes:
        """Return a section header block (section 4.1)."""
        fixed = self.pack("IHHq", 0x1A2B3C4D, major, 0, -1)
        return self.block(0x0A0D0D0A, fixed + self.options(options))

    def interface(
        self, link_type: int = 1, options: Iterable[Option] = (), *, snap: int = 0
    ) -> bytes:
        """Return an interface description block (section 4.2)."""
        return self.block(1, self.pack("HHI", link_type, 0, snap) + self.options(options))

    def enhanced(
        self,
        frame: Record,
        number: int = 0,
        options: Iterable[Option] = (),
        *,
        ticks: int | None = None,
    ) -> bytes:
        """Return an enhanced packet block (section 4.3); times in us unless `ticks` is given."""
        time = frame.time // 1000 if ticks is None else ticks
        fixed = self.pack(
            "IIIII", number, time >> 32, time & 0xFFFFFFFF, len(frame.octets), frame.wire
        )
        return self.block(6, fixed + padded(frame.octets) + self.options(options))

    def simple(self, octets: bytes, wire: int | None = None) -> bytes:
        """Return a simple packet block (section 4.4)."""
        return self.block(3, self.pack("I", len(octets) if wire is None else wire) + octets)

    def obsolete(
        self, frame: Record, number: int = 0, drops: int = 0xFFFF, options: Iterable[Option] = ()
    ) -> bytes:
        """Return a packet block (appendix A)."""
        time = frame.time // 1000
        fixed = self.pack(
            "HHIIII", number, drops, time >> 32, time & 0xFFFFFFFF, len(frame.octets), frame.wire
        )
        return self.block(2, fixed + padded(frame.octets) + self.options(options))

    def names(self, records: Iterable[Option], options: Iterable[Option] = ()) -> bytes:
        """Return a name resolution block (section 4.5)."""
        parts = [self.pack("HH", code, len(value)) + padded(value) for code, value in records]
        return self.block(4, b"".join(parts) + self.pack("HH", 0, 0) + self.options(options))

    def statistics(self, number: int, options: Iterable[Option]) -> bytes:
        """Return an interface statistics block (section 4.6)."""
        return self.block(5, self.pack("III", number, 0, 0) + self.options(options))


def pcapng(frames: Iterable[Record], *, big: bool = False, link_type: int = 1) -> bytes:
    """Return a pcapng file of one section and one interface."""
    make = Pcapng(big=big)
    return b"".join(
        [make.section(), make.interface(link_type), *(make.enhanced(frame) for frame in frames)]
    )


# --- snoop (RFC 1761) ---------------------------------------------------------------------------


def snoop(frames: Iterable[Record], *, datalink: int = 4, drops: int = 0) -> bytes:
    """Return a snoop file."""
    return b"".join(
        [b"snoop\0\0\0" + struct.pack(">II", 2, datalink)]
        + [snoop_record(frame, drops) for frame in frames]
    )


def snoop_record(frame: Record, drops: int = 0) -> bytes:
    """Return a record, padded to four octets."""
    seconds, rest = divmod(frame.time, NS_IN_S)
    body = padded(frame.octets)
    header = (frame.wire, len(frame.octets), 24 + len(body), drops, seconds, rest // 1000)
    return struct.pack(">IIIIII", *header) + body


# --- the variants of pcap (libpcap's sf-pcap.c, Wireshark's wiretap/libpcap.c) -----------------

#: What each variant adds to a record header: interface, protocol and packet type; these, two
#: processors and padding; four octets of which nobody says what they are.
ADDED = {
    "kuznetzov": struct.pack("<IHBB", 2, 0x0008, 4, 0),
    "suse": struct.pack("<IHBBB3x", 2, 0x0008, 4, 0, 1),
    "nokia": b"\1\2\3\4",
}


def variant(frames: Iterable[Record], which: str, *, big: bool = False) -> bytes:
    """Return a pcap file of a variant."""
    order = ">" if big else "<"
    magic = 0xA1B2C3D4 if which == "nokia" else 0xA1B2CD34
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 1)]
    for frame in frames:
        seconds, rest = divmod(frame.time, NS_IN_S)
        header = (seconds, rest // 1000, len(frame.octets), frame.wire)
        parts.append(struct.pack(order + "IIII", *header) + ADDED[which] + frame.octets)
    return b"".join(parts)
