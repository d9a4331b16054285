"""Make what fuzzing begins with: small inputs for each target, and a dictionary.

    python tests/fuzz_seeds.py FOLDER

They are made of the captures in pcaps/ and of the corpus of foreign captures, where it is at hand.
"""

import pkgutil
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from captures import CORPUS, PCAPS, Record, pcap
from containers import ADDED, Pcapng, frames_of, pcapng, snoop, variant
from encapsulation import (
    PACKET,
    PACKET6,
    authentication,
    bridged,
    capwap,
    checked,
    geneve,
    gre,
    gtp,
    in_ip,
    in_udp,
    in_udp6,
    l2tp,
    label,
    nsh,
    origin,
    tzsp,
    vxlan,
    wireless_data,
)
from fuzz_targets import COMPRESS, known_link_types
from packets import IPV4, ethernet

import tracker.wire
from tracker.capture.errors import CaptureError
from tracker.capture.pcap_format import MAGIC
from tracker.wire.decode import decode
from tracker.wire.link_types import LINKTYPE_ETHERNET
from tracker.wire.segment import Frame, Segment

# Octets of a seed at most, of one frame in it, and how many seeds a capture may give.
_LONGEST = 3000
_LONGEST_FRAME = 400
_FROM_ONE = 3


def captures() -> list[Path]:
    """Return the captures at hand."""
    found = [*PCAPS.glob("*.pcap*"), *CORPUS.glob("**/*")]
    return sorted(path for path in found if path.is_file() and path.suffix not in (".tsv", ".md"))


def wire_seeds(paths: Iterable[Path]) -> Iterator[bytes]:
    """Yield inputs of the target `wire`: frames of captures, and one of each link type."""
    for number in known_link_types():
        for inside in (bytes(64), checked(PACKET), bridged(), wireless_data(PACKET)):
            yield bytes(1) + described(Record(0, inside, len(inside)), number)
    for frame in tunnels():
        yield bytes(1) + described(Record(0, frame, len(frame)), 1)
    for path in paths:
        parts = [bytes(1)]
        given = 0
        for time, octets, length, link_type in frames(path):
            part = described(Record(time, octets[:_LONGEST_FRAME], length), link_type)
            if sum(map(len, parts)) + len(part) > _LONGEST:
                yield b"".join(parts)
                parts = [bytes((given,))]
                given += 1
                if given == _FROM_ONE:
                    break
            parts.append(part)
        else:
            yield b"".join(parts)


def tunnels() -> Iterator[bytes]:
    """Yield Ethernet frames with packets in packets, also such as no port or number announces."""
    inside = [
        *(checked(PACKET), PACKET6, bridged(), nsh(bridged(), 3), label() + checked(PACKET)),
        *(vxlan(bridged()), vxlan(checked(PACKET), 0x0C), geneve(bridged(), 0x6558)),
        *(gtp(checked(PACKET)), gre(checked(PACKET)), gre(bridged(), 0x6558)),
        *(gtp(PACKET6, 0x34, optional=bytes(3) + b"\x85\1\0\0\0"), bytes(8) + checked(PACKET)),
        l2tp(b"\xff\3\0\x21" + checked(PACKET), 2, (5, 6)),
        *(capwap(bridged()), capwap(wireless_data(PACKET), True), bytes(6) + wireless_data(PACKET)),
        *(tzsp(bridged()), tzsp(wireless_data(PACKET), 0x12, tags=b"\0\x0a\1\5")),
        *(PACKET6, origin() + PACKET6, authentication(b"id", b"value") + PACKET6),
        b"\x44\x52\x11\x29" + bytes(36) + PACKET6,
    ]
    ports = tunnel_ports()
    for payload in inside:
        for port in ports:
            yield in_udp(payload, port)
        yield in_udp6(payload, 8472)
        for protocol in (4, 41, 47, 51, 97, 115, 137):
            yield in_ip(payload, protocol)
        for ethertype in ethertypes():
            yield ethernet(payload, ethertype)


def tunnel_ports() -> list[int]:
    """Return the ports behind which the decoders look for a tunnel."""
    frame, segment = Frame(), Segment()
    found = []
    for port in range(1 << 16):
        frame.data = in_udp(b"", port)
        frame.end = frame.wire_end = len(frame.data)
        decode(LINKTYPE_ETHERNET, frame, segment)
        if segment.inside:
            found.append(port)
    return found


def ethertypes() -> list[int]:
    """Return the EtherTypes that the decoders may know."""
    numbers = vars(import_module("tracker.wire.ethernet")).values()
    return sorted({IPV4, *(n for n in numbers if isinstance(n, int) and 1536 <= n < 1 << 16)})


def frames(path: Path) -> list[tuple[int, bytes, int, int]]:
    """Return the frames of a capture, none where it is none."""
    try:
        return frames_of(path)[0]
    except CaptureError:
        return []


def described(frame: Record, link_type: int) -> bytes:
    """Return a frame as the target `wire` takes it, 1 ms after the one before."""
    length = len(frame.octets)
    beyond = min(max(frame.wire - length, 0), 255)
    head = link_type.to_bytes(2) + bytes((10, beyond)) + length.to_bytes(2)
    return head + frame.octets


def capture_seeds(paths: Iterable[Path]) -> Iterator[bytes]:
    """Yield inputs of the target `capture`: files in every format, plain and compressed."""
    for path in paths:
        yield path.read_bytes()[:_LONGEST]
    seen = [Record(*frame[:3]) for frame in frames(PCAPS / "refused.pcap")]
    forms = [
        *(pcap(seen, big=big, nano=nano) for big in (False, True) for nano in (False, True)),
        *(variant(seen, which, big=big) for which in ADDED for big in (False, True)),
        *(pcapng(seen, big=big) for big in (False, True)),
        snoop(seen),
        *(pcapng_with_everything(seen, big) for big in (False, True)),
    ]
    yield from forms
    for form in forms:
        for compress in COMPRESS:
            yield compress(form)


def pcapng_with_everything(seen: list[Record], big: bool) -> bytes:
    """Return a pcapng file with every block that counts, and with its options."""
    make = Pcapng(big=big)
    parts = [make.section([(1, b"section")])]
    for resolution in (0, 6, 9, 12, 40, 0x80, 0x94, 0xA8, 0xFF):
        offset = (14, make.pack("q", -resolution << 20))
        options = [(1, b"one"), (2, b"eth0"), (9, bytes((resolution,))), (11, b"\0tcp"), offset]
        parts.append(make.interface(resolution % 3, options, snap=resolution))
    for number, frame in enumerate(seen * 2):
        options = [(1, b"frame"), (4, make.pack("Q", number))]
        parts += [
            make.enhanced(frame, number % 10, options),
            make.enhanced(frame, number % 10, ticks=2**64 - 1 >> number),
            make.obsolete(frame, number % 10, number, options),
            make.simple(frame.octets),
        ]
    names = [(1, bytes(4) + b"one\0uno\0"), (2, bytes(16) + b"six\0")]
    parts += [
        make.names(names, [(1, b"names")]),
        make.statistics(1, [(1, b"end"), *((code, bytes(7) + b"\1") for code in (4, 5, 6, 7))]),
        make.block(0xBAD, bytes(20)),
    ]
    return b"".join(parts)


def words() -> set[bytes]:
    """Return the numbers that formats and headers are told by, as they lie in a file."""
    found = {*MAGIC, b"snoop\0\0\0", b"\x0a\x0d\x0d\x0a", b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"}
    for module in pkgutil.iter_modules(tracker.wire.__path__):
        for name, number in vars(import_module(f"tracker.wire.{module.name}")).items():
            if name.isupper() and isinstance(number, int) and 0 <= number < 1 << 32:
                size = 1 if number < 1 << 8 else 2 if number < 1 << 16 else 4
                found.add(number.to_bytes(size))
    return found


def write(folder: Path) -> None:
    """Write the seeds of each target into a folder of its own, and the dictionary."""
    paths = captures()
    for target, seeds in (("wire", wire_seeds(paths)), ("capture", capture_seeds(paths))):
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds):
            (folder / target / str(number)).write_bytes(seed)
    lines = ["".join(f"\\x{octet:02x}" for octet in word) for word in sorted(words())]
    (folder / "words").write_text("".join(f'"{line}"\n' for line in lines), encoding="ascii")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
