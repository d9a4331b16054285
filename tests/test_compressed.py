"""Compressed captures: told by their first octets, read in bounded memory, also damaged ones."""

import builtins
import bz2
import gzip
import io
import lzma
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import lz4.frame
import pytest
import zstandard
from captures import Record, command, conversation, pcap, read, run_here, timed
from containers import Seen, expected, frames_of, pcapng, snoop

from tracker.capture import compressed
from tracker.capture.saved import SavedCapture

FRAMES = timed(conversation())

FORMATS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "lz4": lambda octets: lz4.frame.compress(octets, content_checksum=True),
}

every_format = pytest.mark.parametrize("name", FORMATS)


@cache
def many(count: int) -> list[Record]:
    """Return frames that do not compress to nothing."""
    frames = []
    state = 1
    for number in range(count):
        state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        octets = conversation()[number % 9] + state.to_bytes(8, "big") * 3
        frames.append(octets)
    return timed(frames)


def read_octets(tmp_path: Path, octets: bytes) -> tuple[list[Seen], SavedCapture]:
    """Write a file and read it."""
    path = tmp_path / "x"
    path.write_bytes(octets)
    return frames_of(path)


def whole(frames: list[Record], octets: int) -> int:
    """Return how many frames are whole in the first `octets` of their pcap file."""
    ends = accumulate((16 + len(frame.octets) for frame in frames), initial=24)
    return sum(end <= octets for end in ends) - 1


@every_format
@pytest.mark.parametrize("make", [pcap, pcapng, snoop])
def test_compressed(tmp_path: Path, name: str, make: Callable[..., bytes]) -> None:
    seen, capture = read_octets(tmp_path, FORMATS[name](make(FRAMES)))
    assert seen == expected(FRAMES)
    assert not capture.warnings


@every_format
def test_large(tmp_path: Path, name: str) -> None:
    """1.7 MB, read ahead by a thread; its members may end anywhere."""
    frames = many(20_000)
    octets = pcap(frames)
    members = [octets[:10], octets[10:1_000_001], b"", octets[1_000_001:]]
    seen, capture = read_octets(tmp_path, b"".join(map(FORMATS[name], members)))
    assert not capture.warnings
    assert seen == expected(frames)


@every_format
def test_standard_input(name: str) -> None:
    done = subprocess.run(
        command("read", "-", "-n", "--json", "--closed"),
        input=FORMATS[name](pcap(FRAMES)),
        capture_output=True,
        check=True,
    )
    assert done.stdout.count(b'"state": "TIME_WAIT"') == 1


@pytest.mark.parametrize("name", ["gzip", "xz"])
def test_padding_behind_the_end(tmp_path: Path, name: str) -> None:
    seen, capture = read_octets(tmp_path, FORMATS[name](pcap(FRAMES)) + bytes(512))
    assert (seen, capture.warnings) == (expected(FRAMES), [])


@every_format
def test_something_else_behind_the_end(tmp_path: Path, name: str) -> None:
    octets = FORMATS[name](pcap(FRAMES))
    seen, capture = read_octets(tmp_path, octets + b"something else")
    assert seen == expected(FRAMES)
    (line,) = capture.warnings
    assert line.startswith(f"{capture.path}: byte {len(octets)} of the {name} file: what follows")


@every_format
def test_cut_at_any_octet(tmp_path: Path, name: str) -> None:
    """A beginning of the frames, and one warning with the offset in the compressed file."""
    octets = FORMATS[name](pcap(FRAMES))
    path = tmp_path / "cut"
    most = 0
    for at in range(6, len(octets)):
        path.write_bytes(octets[:at])
        outcome = read("--closed", path)
        (line,) = [line for line in outcome.stderr.splitlines() if "ends early" in line]
        assert line.startswith(f"tracker: {path}: byte {at} of the {name} file: it ends early")
        assert outcome.status in (0, 2)
        if outcome.status == 0:
            (row,) = outcome.rows
            most = max(most, row["local_packets"] + row["foreign_packets"])
    assert most == 9


def test_cut_gzip_gives_all_that_zlib_gives(tmp_path: Path) -> None:
    frames = many(2000)
    octets = gzip.compress(pcap(frames))
    for at in range(5000, len(octets), 7919):
        seen, capture = read_octets(tmp_path, octets[:at])
        plain = subprocess.run(
            ["gzip", "-dc"], input=octets[:at], capture_output=True, check=False
        ).stdout
        assert seen == expected(frames[: whole(frames, len(plain))])
        assert f"byte {at} of the gzip file: it ends early" in capture.warnings[0]


@every_format
@pytest.mark.parametrize("part", [0.3, 0.8])
def test_damaged_in_the_middle(tmp_path: Path, name: str, part: float) -> None:
    """What members before it held is kept; of its own, all with gzip, all but a step else."""
    frames = many(12_000)
    plain = pcap(frames)
    middle = 600_000
    begin = FORMATS[name](plain[:middle])  # a member of its own: whole blocks, in any format
    rest = FORMATS[name](plain[middle:])
    at = int(len(rest) * part)
    damaged = begin + rest[:at] + bytes(x ^ 0xA5 for x in rest[at : at + 64]) + rest[at + 64 :]
    seen, capture = read_octets(tmp_path, damaged)
    # Damage that no decompressor notices at once may make an impossible record first.
    assert len(capture.warnings) == 1
    sure = whole(frames, middle)
    assert seen[:sure] == expected(frames[:sure])


def test_gzip_loses_nothing_before_damage(tmp_path: Path) -> None:
    """One stored block (RFC 1951 section 3.2.4) after the other: the damage is at a known place."""
    frames = many(3000)
    plain = pcap(frames)
    octets = bytearray(gzip.compress(plain, 0))
    # A block's length and its complement stand before it; damage a later one.
    length = int.from_bytes(octets[11:13], "little")
    second = 10 + 5 + length
    octets[second + 1] ^= 0xFF
    seen, capture = read_octets(tmp_path, bytes(octets))
    assert seen == expected(frames[: whole(frames, length)])
    assert len(seen) > 100
    assert "damaged there or before" in capture.warnings[0]


@pytest.mark.parametrize("checksum", [False, True], ids=["", "checksum"])
@pytest.mark.parametrize("size", [False, True], ids=["", "content size"])
def test_zstd_in_any_pieces(checksum: bool, size: bool) -> None:
    """Headers, blocks and checksums of its frames may end anywhere in what is read."""
    frames = many(4000)
    octets = pcap(frames)
    make = zstandard.ZstdCompressor(write_checksum=checksum, write_content_size=size)
    members = [octets[:7], b"", bytes(300_000), octets[7:100_000], octets[100_000:]]
    compressed_octets = b"".join(map(make.compress, members))
    for piece in (1, 2, 3, 5, 1009):
        pieces = io.BytesIO(compressed_octets)

        def read(view: memoryview, pieces: io.BytesIO = pieces, piece: int = piece) -> int:
            return pieces.readinto(view[:piece])

        form = compressed.compression(compressed_octets)
        assert form is not None
        source = compressed.Decompressed(form, read, lambda: False)
        seen = bytearray()
        room = memoryview(bytearray(1 << 16))
        while count := source.readinto(room):
            seen += room[:count]
        assert seen == b"".join(members)
        assert source.offset == len(compressed_octets)


def test_zstd_gives_no_more_than_fits() -> None:
    """Each step has room for one more block at most, however little holds it."""
    member = compressed._Zstd()
    octets = zstandard.ZstdCompressor().compress(bytes(100 << 20))
    assert len(octets) < 20_000
    data, seen = octets, 0
    while not member.eof:
        given = len(member.decompress(data, 1 << 18))
        assert given <= (1 << 18) + (1 << 17)
        data, seen = b"", seen + given
    assert seen == 100 << 20
    assert not member.unused_data


@every_format
def test_nothing_inside(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(FORMATS[name](b""))
    outcome = run_here("read", path)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(f"tracker: {path}: byte 0: the file is empty")


@every_format
def test_no_capture_inside(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(FORMATS[name](b"just text" * 100))
    outcome = run_here("read", path)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert f"byte 0: not a capture in {name}: it begins with 6a 75 73 74" in outcome.stderr


@every_format
def test_damage_after_the_first_octets(tmp_path: Path, name: str) -> None:
    """Nothing can be read: one line."""
    path = tmp_path / "x"
    path.write_bytes(FORMATS[name](pcap(FRAMES))[:7] + b"\xff" * 100)
    outcome = run_here("read", path)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert len(outcome.stderr.splitlines()) == 1
    assert f"{path}: byte " in outcome.stderr


@pytest.mark.parametrize(("name", "package"), [("zstd", "zstandard"), ("lz4", "lz4")])
def test_missing_package(
    tmp_path: Path, name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the extra that has it."""
    true_import = builtins.__import__

    def no_import(module: str, *rest: Any) -> Any:
        if module.partition(".")[0] in ("zstandard", "lz4", "compression"):
            raise ImportError(module)
        return true_import(module, *rest)

    path = tmp_path / "x"
    path.write_bytes(FORMATS[name](pcap(FRAMES)))
    if name == "zstd" and sys.version_info >= (3, 14):
        pytest.skip("Python has it")
    monkeypatch.setattr(builtins, "__import__", no_import)
    outcome = run_here("read", path)
    assert outcome.status == 2
    assert outcome.stderr == (
        f"tracker: {path}: compressed with {name}, which needs the Python package {package}: "
        f"pip install 'socket-tracker[{name}]'\n"
    )


@every_format
def test_memory_is_bounded_whatever_the_ratio(tmp_path: Path, name: str) -> None:
    """600 MB of one frame, compressed to next to nothing, in 400 MB of address space more."""
    if not hasattr(resource, "RLIMIT_AS"):
        pytest.skip("no limit of memory here")
    path = tmp_path / "bomb"
    _write_bomb(path, name)
    script = (
        "import resource, sys; from tracker.capture.saved import SavedCapture\n"
        "pages = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (pages + (400 << 20),) * 2)\n"
        "capture = SavedCapture(sys.argv[1])\n"
        "print(sum(frames.count for frames in capture), capture.warnings)"
    )
    if not Path("/proc/self/statm").exists():
        pytest.skip("no /proc here")
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, path], capture_output=True, text=True, check=False
    )
    assert done.stdout == "2400 []\n", done.stderr


def _write_bomb(path: Path, name: str) -> None:
    """Write a pcap of 2400 frames of 250 kB of zeros, compressed piece by piece."""
    zeros = Record(0, bytes(250_000), 250_000)
    one = pcap([zeros])[24:]
    compressors: dict[str, Any] = {
        "gzip": lambda: gzip.GzipFile(path, "wb", 1),
        "bzip2": lambda: bz2.BZ2File(path, "wb"),
        "xz": lambda: lzma.LZMAFile(path, "wb", preset=0),  # noqa: SIM115 - a context, below
        "zstd": lambda: zstandard.open(path, "wb"),
        "lz4": lambda: lz4.frame.open(path, "wb"),
    }
    with compressors[name]() as file:
        file.write(pcap([]))
        for _ in range(2400):
            file.write(one)
    assert path.stat().st_size < 10_000_000
