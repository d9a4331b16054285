"""Make what fuzzing begins with: small inputs for each target, and a dictionary.

    python tests/fuzz_seeds.py FOLDER

They are made of the captures in pcaps/ and of the corpus of foreign captures, where it is at hand.
"""

import bz2
import gzip
import lzma
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import lz4.frame
import zstandard
from captures import CORPUS, PCAPS, Record, pcap
from containers import ADDED, frames_of, pcapng, snoop, variant
from fuzz_targets import known_link_types

import tracker.wire
from tracker.capture.errors import CaptureError
from tracker.capture.pcap_format import MAGIC

# Octets of a seed at most, of one frame in it, and how many seeds a capture may give.
_LONGEST = 3000
_LONGEST_FRAME = 400
_FROM_ONE = 3

COMPRESS: tuple[Callable[[bytes], bytes], ...] = (
    gzip.compress,
    bz2.compress,
    lzma.compress,
    zstandard.compress,
    lz4.frame.compress,
)


def captures() -> list[Path]:
    """Return the captures at hand."""
    found = [*PCAPS.glob("*.pcap*"), *CORPUS.glob("**/*")]
    return sorted(path for path in found if path.is_file() and path.suffix not in (".tsv", ".md"))


def wire_seeds(paths: Iterable[Path]) -> Iterator[bytes]:
    """Yield inputs of the target `wire`: frames of captures, and one of each link type."""
    for number in known_link_types():
        yield bytes(1) + described(Record(0, bytes(64), 64), number)
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
    ]
    yield from forms
    for form in forms:
        for compress in COMPRESS:
            yield compress(form)


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
