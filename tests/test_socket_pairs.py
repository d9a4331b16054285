"""The hash table of socket pairs: whatever they have in common, they lie apart."""

from collections.abc import Callable

import pytest

from tracker.pool import Pool
from tracker.socket_pairs import SocketPairs
from tracker.wire.segment import TCP, Segment

COUNT = 1 << 14
MAPPED = 0xFFFF << 32  # IPv4 addresses stand in the low half as in ::ffff:a.b.c.d
HOST, SCANNER = MAPPED | 0xC0A80105, MAPPED | 0x0A000001
HIGH = 0x20010DB8 << 32

#: Socket pairs of which only one thing differs: source and destination, low half and port each.
ALIKE: dict[str, Callable[[int], tuple[int, int, int, int]]] = {
    "a scan of ports, from one port": lambda i: (SCANNER, 40000, HOST, i),
    "a scan of ports, from above": lambda i: (HOST + 1, 40000, HOST, i),
    "a client's ports, in turn": lambda i: (SCANNER, 32768 + i, HOST, 443),
    "a scan of hosts": lambda i: (SCANNER, 40000, HOST + i, 445),
    "a scan of networks": lambda i: (SCANNER, 40000, MAPPED | (i << 18) & 0xFFFFFFFF, 445),
    "both ports": lambda i: (SCANNER, i, HOST, i),
    "the upper bits of an interface's identifier": lambda i: (i << 50, 40000, 5, 443),
    "its lower bits": lambda i: (i, 40000, 1 << 63, 443),
}


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("seed", [0, 1, 0x0123456789ABCDEF])
@pytest.mark.parametrize("alike", ALIKE.values(), ids=ALIKE)
def test_alike_lies_apart(
    alike: Callable[[int], tuple[int, int, int, int]], seed: int, version: int
) -> None:
    """Of as many slots as there are pairs, chance takes 1 - 1/e, 63 %."""
    pairs = SocketPairs(Pool(), seed)
    segment = Segment()
    segment.version, segment.protocol = version, TCP
    segment.source_high = segment.destination_high = HIGH if version == 6 else 0
    slots = set()
    for i in range(COUNT):
        segment.source_low, segment.source_port = alike(i)[:2]
        segment.destination_low, segment.destination_port = alike(i)[2:]
        assert pairs.find(segment) < 0
        slots.add(pairs.tag % COUNT)
    assert len(slots) > 0.6 * COUNT
