"""Walkers give the same frames wherever in memory the records lie, whatever stands around them."""

import random
from collections.abc import Callable

import pytest
from captures import START, Record, pcap
from containers import Seen, expected, pcapng, snoop, variant

from tracker.capture.about import About
from tracker.capture.pcap import PcapWalker
from tracker.capture.pcapng import PcapngWalker
from tracker.capture.snoop import SnoopWalker
from tracker.frames import CAPACITY, Frames

Walker = PcapWalker | PcapngWalker | SnoopWalker
Begin = Callable[[bytes], Walker]

FORMATS: dict[str, tuple[Begin, Callable[[list[Record]], bytes]]] = {
    "pcap": (PcapWalker, pcap),
    "pcap, big endian": (PcapWalker, lambda frames: pcap(frames, big=True)),
    "pcap, ns": (PcapWalker, lambda frames: pcap(frames, nano=True)),
    "pcap, modified": (PcapWalker, lambda frames: variant(frames, "kuznetzov")),
    "pcapng": (lambda header: PcapngWalker(header, About()), pcapng),
    "pcapng, big endian": (
        lambda header: PcapngWalker(header, About()),
        lambda frames: pcapng(frames, big=True),
    ),
    "snoop": (lambda header: SnoopWalker(header, About()), snoop),
}


def some(count: int, seed: int) -> list[Record]:
    """Return frames of any length, also of none; their numbers use all octets."""
    chance = random.Random(seed)  # noqa: S311 - the same ones each time
    frames = []
    for _ in range(count):
        octets = chance.randbytes(chance.choice((0, 1, 2, 3, 7, 60, 61, 300)))
        time = START + chance.randrange(1 << 31) * 1000
        frames.append(Record(time, octets, len(octets) + chance.randrange(1 << 31)))
    return frames


def walked(begin: Begin, octets: bytes, offset: int, behind: bytes) -> list[Seen]:
    """Return the frames of a file that lies at `offset` in memory, with `behind` behind it."""
    walker = begin(octets[:24])
    data = bytearray(b"\xff" * offset + octets + behind)
    start, end = offset + walker.start, offset + len(octets)
    frames = Frames(-1)
    seen: list[Seen] = []
    while start < end:
        start = walker.walk(frames, data, start, end)
        assert walker.problem is None
        for number in range(frames.count):
            at, length = frames.starts[number], frames.lengths[number]
            frame = bytes(data[at : at + length])
            seen.append((frames.times[number], frame, frames.wires[number], frames.link_type))
        assert walker.more or start == end
    return seen


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("behind", [b"", bytes(64), b"\xff" * 5], ids=["nothing", "0", "1"])
def test_anywhere_in_memory(name: str, behind: bytes) -> None:
    begin, make = FORMATS[name]
    for offset in range(9):
        frames = some(200, offset)
        assert walked(begin, make(frames), offset, behind) == expected(frames)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("offset", [0, 1])
def test_more_frames_than_a_block_holds(name: str, offset: int) -> None:
    begin, make = FORMATS[name]
    frames = some(CAPACITY + 1, 1)
    assert walked(begin, make(frames), offset, b"") == expected(frames)


@pytest.mark.parametrize("name", FORMATS)
def test_each_octet_may_be_the_last_that_is_there(name: str) -> None:
    """A walker stops before a record that is not whole, and says how much it needs."""
    begin, make = FORMATS[name]
    frames = some(8, 3)
    octets = make(frames)
    for end in range(24, len(octets)):
        walker = begin(octets[:24])
        walker.at_end = True
        block = Frames(-1)
        start = walker.walk(block, octets, walker.start, end)
        assert walker.problem is None
        assert start <= end
        seen = [(block.times[i], block.wires[i]) for i in range(block.count)]
        assert seen == [(frame.time, frame.wire) for frame in frames[: len(seen)]]
        if walker.needed:
            assert start + walker.needed > end
