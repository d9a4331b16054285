"""What control connections of FTP announce, in the words of the RFCs."""

import pytest
from captures import START

from tracker.audit.ftp import Control
from tracker.wire.segment import Segment

HERE, THERE = "132.235.1.2", "192.0.2.9"


def control(line: bytes, source: str = HERE, destination: str = THERE) -> Control:
    """Return what knows that `source` said a line to `destination`."""
    made = Control()
    made.hear(segment(source, destination), line)
    return made


def segment(source: str, destination: str) -> Segment:
    """Return a segment of a control connection."""
    made = Segment()
    made.version, made.time, made.frame = 4, START, 7
    made.source_low, made.destination_low = low(source), low(destination)
    return made


def low(text: str) -> int:
    """Return the lower half of an IPv4 address, as in `wire.segment`."""
    return 0xFFFF << 32 | int.from_bytes(bytes(map(int, text.split("."))))


@pytest.mark.parametrize(
    ("line", "listening"),
    [
        (b"PORT 132,235,1,2,24,131\r\n", (HERE, 24 * 256 + 131)),  # RFC 959 section 4.1.2
        (b"227 Entering Passive Mode (132,235,1,2,24,131).\r\n", (HERE, 6275)),  # section 5.4
        (b"EPRT |1|132.235.1.2|6275|\r\n", (HERE, 6275)),  # RFC 2428 section 2
        (b"EPRT |2|1080::8:800:200C:417A|5282|\r\n", ("1080::8:800:200c:417a", 5282)),
        (b"229 Entering Extended Passive Mode (|||6446|)\r\n", (HERE, 6446)),  # section 3
    ],
)
def test_a_data_connection_is_announced(line: bytes, listening: tuple[str, int]) -> None:
    found = control(line).of(listening, THERE, START + 1)
    assert found is not None
    assert found.frame == 7


@pytest.mark.parametrize(
    "line",
    [
        b"PORT 132,235,1,2,0,0\r\n",
        b"PORT 132,235,1,300,24,131\r\n",
        b"227 Entering Passive Mode\r\n",
        b"229 Entering Extended Passive Mode (|||99999|)\r\n",
        b"EPRT |1|nowhere|6275|\r\n",
        b"USER anonymous\r\n",
        b"",
    ],
)
def test_nothing_is_announced(line: bytes) -> None:
    assert control(line).of((HERE, 6275), THERE, START + 1) is None


def test_only_the_other_end_is_announced_and_not_for_ever() -> None:
    known = control(b"PORT 132,235,1,2,24,131\r\n")
    assert known.of((HERE, 6275), "203.0.113.1", START + 1) is None
    assert known.of((HERE, 6275), THERE, START - 1) is None
    assert known.of((HERE, 6275), THERE, START + 3_600_000_000_000) is None


def test_memory_is_bounded() -> None:
    known = Control()
    for port in range(20_000):
        known.hear(segment(HERE, THERE), b"229 Fine (|||%d|)\r\n" % (port + 1))
    assert known.of((HERE, 1), THERE, START) is None
    assert known.of((HERE, 20_000), THERE, START) is not None
