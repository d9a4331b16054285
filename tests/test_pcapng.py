"""pcapng: blocks, sections, interfaces, times, and what a capture says beside its frames.

Section numbers are those of draft-ietf-opsawg-pcapng.
"""

import struct
from fractions import Fraction
from pathlib import Path

import pytest
from captures import NS_IN_S, START, Record, conversation, read, run, timed
from containers import Pcapng, Seen, expected, frames_of, pcapng
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.capture import read_ahead
from tracker.capture.about import MAX_COMMENTS, MAX_NAMES, MAX_TEXT, Comment, Drops, InterfaceAbout
from tracker.capture.saved import SavedCapture

FRAMES = timed(conversation())
LITTLE, BIG = Pcapng(), Pcapng(big=True)

# Option codes.
COMMENT, IF_NAME, IF_TSRESOL, IF_FILTER, IF_TSOFFSET, EPB_FLAGS, EPB_DROPCOUNT = (
    1,
    2,
    9,
    11,
    14,
    2,
    4,
)


def given_file(tmp_path: Path, *blocks: bytes) -> tuple[list[Seen], SavedCapture]:
    """Write a file of these blocks and read it."""
    path = tmp_path / "x.pcapng"
    path.write_bytes(b"".join(blocks))
    return frames_of(path)


# --- frames -------------------------------------------------------------------------------------


@pytest.mark.parametrize("big", [False, True], ids=["little endian", "big endian"])
@pytest.mark.parametrize("block", [1, 7, 100, 1 << 20])
def test_frames(tmp_path: Path, big: bool, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_ahead, "BLOCK", block)
    frames = [frame._replace(octets=frame.octets[: 60 - n]) for n, frame in enumerate(FRAMES)]
    seen, capture = given_file(tmp_path, pcapng(frames, big=big))
    assert seen == expected(frames)
    assert (capture.frames, capture.link_types, capture.warnings) == (9, [1], [])


def test_table(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(pcapng(FRAMES))
    (row,) = read("--closed", path).rows
    assert (row["local_packets"], row["foreign_packets"]) == (5, 4)


def test_more_frames_than_a_block_holds(tmp_path: Path) -> None:
    frames = timed(conversation()[:1] * 20_000)
    assert given_file(tmp_path, pcapng(frames))[0] == expected(frames)


def test_all_packet_blocks(tmp_path: Path) -> None:
    """A simple packet has no time: it gets that of the frame before it."""
    first, second, third, fourth, *_ = FRAMES
    seen, _ = given_file(
        tmp_path,
        LITTLE.section(),
        LITTLE.interface(snap=60),
        LITTLE.simple(first.octets),
        LITTLE.enhanced(second, options=[(EPB_FLAGS, bytes(4))]),
        LITTLE.simple(third.octets),
        LITTLE.obsolete(fourth),
        LITTLE.simple(bytes(60), 1514),
    )
    assert seen == [
        (0, first.octets, 54, 1),
        *expected([second, third._replace(time=second.time), fourth]),
        (fourth.time, bytes(60), 1514, 1),
    ]


def test_sections_have_their_own_byte_order_and_interfaces(tmp_path: Path) -> None:
    seen, capture = given_file(
        tmp_path,
        *(LITTLE.section(), LITTLE.interface(1), LITTLE.interface(101)),
        *(LITTLE.enhanced(FRAMES[0], 0), LITTLE.enhanced(FRAMES[1], 1)),
        *(BIG.section(), BIG.interface(113), BIG.enhanced(FRAMES[2], 0)),
        *(LITTLE.section(), LITTLE.interface(1), LITTLE.enhanced(FRAMES[3], 0)),
    )
    assert [link_type for *_, link_type in seen] == [1, 101, 113, 1]
    assert [octets for _, octets, *_ in seen] == [frame.octets for frame in FRAMES[:4]]
    assert capture.link_types == [1, 101, 113]
    assert [each.section for each in capture.interfaces] == [1, 1, 2, 3]


def test_a_block_of_frames_has_one_link_type(tmp_path: Path) -> None:
    """Two interfaces in turn, of the same link type and of others; the order is the file's."""
    blocks = [LITTLE.enhanced(frame, number % 3) for number, frame in enumerate(FRAMES)]
    seen, _ = given_file(
        tmp_path,
        *(LITTLE.section(), LITTLE.interface(1), LITTLE.interface(1), LITTLE.interface(101)),
        *blocks,
    )
    wanted = [(frame, (1, 1, 101)[number % 3]) for number, frame in enumerate(FRAMES)]
    assert seen == [expected([frame], link_type)[0] for frame, link_type in wanted]


@pytest.mark.parametrize("size", [0, 4, 1000, (1 << 20) + 4, 5 << 20])
@pytest.mark.parametrize("kind", [7, 10, 0xBAD, 0x80000001])
def test_unknown_blocks_are_skipped(tmp_path: Path, kind: int, size: int) -> None:
    """Also those that are larger than what is read at a time (5 MiB)."""
    unknown = LITTLE.block(kind, bytes(size))
    octets = pcapng(FRAMES[:1])
    seen, capture = given_file(tmp_path, octets, unknown, LITTLE.enhanced(FRAMES[1]), unknown)
    assert seen == expected(FRAMES[:2])
    assert not capture.warnings


def test_packet_block_larger_than_what_is_read_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its options may be long: here 12 comments of 64 KiB."""
    monkeypatch.setattr(read_ahead, "BLOCK", 1000)
    comments = [(COMMENT, bytes([65 + number]) * 0xFFFF) for number in range(12)]
    seen, capture = given_file(
        tmp_path,
        *(pcapng(FRAMES[:1]), LITTLE.enhanced(FRAMES[1], options=comments)),
        LITTLE.enhanced(FRAMES[2]),
    )
    assert seen == expected(FRAMES[:3])
    assert [each.text[:1] for each in capture.comments] == list("ABCDEFGHIJKL")


def test_length_without_padding(tmp_path: Path) -> None:
    """Some programs leave the padding out of the total length; Wireshark reads such files, too."""
    frame = Record(START, bytes(range(61)), 61)
    length = struct.pack("<I", 32 + 61)
    time = START // 1000
    body = struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, 61, 61) + frame.octets + bytes(3)
    seen, _ = given_file(tmp_path, pcapng([]), b"\6\0\0\0" + length + body + length)
    assert seen == expected([frame])


# --- times --------------------------------------------------------------------------------------


def time_of(path: Path, ticks: int, resolution: int | None, offset: int | None) -> int:
    """Return the time, ns, that a frame with this time stamp gets."""
    options = []
    if resolution is not None:
        options.append((IF_TSRESOL, bytes([resolution])))
    if offset is not None:
        options.append((IF_TSOFFSET, struct.pack("<q", offset)))
    path.write_bytes(
        LITTLE.section()
        + LITTLE.interface(1, options)
        + LITTLE.enhanced(Record(0, b"", 0), ticks=ticks) * 2
    )
    (time, *_), (again, *_) = frames_of(path)[0]
    assert time == again
    return time


@pytest.mark.parametrize(
    ("ticks", "resolution", "offset", "time"),
    [
        (1_234_567, None, None, 1_234_567_000),
        (1_234_567, 6, None, 1_234_567_000),
        (7, 0, None, 7 * NS_IN_S),
        (1_234_567_891, 9, 5, 6_234_567_891),
        (1_234_567_891_999, 12, None, 1_234_567_891),
        (3, 0x81, None, 1_500_000_000),
        (1 << 33, 0xA0, 0, 2 * NS_IN_S),
        (6, 6, -5, 6000 - 5 * NS_IN_S),
        (2**64 - 1, 127, None, 0),
        (2**64 - 1, 0xFF, None, 0),
    ],
)
def test_time(
    tmp_path: Path, ticks: int, resolution: int | None, offset: int | None, time: int
) -> None:
    assert time_of(tmp_path / "x", ticks, resolution, offset) == time


@settings(max_examples=400, deadline=None)
@given(
    ticks=st.integers(0, 2**64 - 1) | st.integers(0, 2**40),
    resolution=st.integers(0, 255),
    offset=st.sampled_from([0, 0, 1, -1, 3600, -3600, 2**31, -(2**31)]),
)
def test_any_time(
    tmp_path_factory: pytest.TempPathFactory, ticks: int, resolution: int, offset: int
) -> None:
    """Section 4.2: if_tsresol is a power of 10, or of 2 with its upper bit; ns are enough."""
    base = 2 if resolution & 0x80 else 10
    exact = Fraction(ticks, base ** (resolution & 0x7F)) + offset
    time = time_of(tmp_path_factory.getbasetemp() / "time.pcapng", ticks, resolution, offset)
    if exact < 4_611_686_018:
        assert time == exact * NS_IN_S // 1
    else:
        assert time // NS_IN_S == 4_611_686_017


def test_time_that_is_too_late(tmp_path: Path) -> None:
    path = tmp_path / "x"
    time_of(path, 2**64 - 1, 6, None)
    (line,) = frames_of(path)[1].warnings
    assert line == f"{path}: frames with times after the year 2116, taken as that: 2"
    assert run("read", path).status == 1


def test_time_before_1970(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(
        LITTLE.section()
        + LITTLE.interface(1, [(IF_TSOFFSET, struct.pack("<q", -(2**62)))])
        + b"".join(map(LITTLE.enhanced, FRAMES))
    )
    outcome = run("read", "-n", "--json", "--closed", path)
    assert (outcome.status, len(outcome.rows)) == (0, 1), outcome.stderr


def test_times_as_far_apart_as_can_be(tmp_path: Path) -> None:
    """Nothing wraps, with either engine: neither differences of times nor timers."""
    path = tmp_path / "x"
    path.write_bytes(
        LITTLE.section()
        + LITTLE.interface(1, [(IF_TSOFFSET, struct.pack("<q", -(2**62)))])
        + LITTLE.enhanced(FRAMES[0], ticks=0)
        + LITTLE.interface(1, [(IF_TSRESOL, b"\0")])
        + LITTLE.enhanced(FRAMES[0], 1, ticks=2**64 - 1)
        + LITTLE.enhanced(FRAMES[0], ticks=0)
        + LITTLE.enhanced(FRAMES[1], 1, ticks=2**64 - 1)
    )
    outcome = run("read", "-n", "--wide", "--closed", path)
    assert "SYN_RECEIVED" in outcome.stdout and "2562047 h 47 min" in outcome.stdout, outcome
    assert "not in the order of their times: 1 frame, by 2562047 h 47 min" in outcome.stderr
    path.write_bytes(
        LITTLE.section()
        + LITTLE.interface(1, [(IF_TSRESOL, b"\0")])
        + LITTLE.enhanced(FRAMES[0], ticks=2**64 - 1)
    )
    (row,) = read("--closed", path).rows
    assert (row["state"], row["evidence"]) == ("SYN_SENT", "snd SYN")


# --- what it says beside its frames -------------------------------------------------------------


def test_interfaces_and_their_counters(tmp_path: Path) -> None:
    """The last statistics count (section 4.6)."""
    options = [(IF_NAME, b"eth0"), (IF_FILTER, b"\0tcp port 80"), (COMMENT, b"uplink")]
    count = struct.pack
    _, capture = given_file(
        tmp_path,
        LITTLE.section([(COMMENT, "a l\u00fcll".encode())]),
        *(LITTLE.interface(1, options, snap=96), LITTLE.interface(101)),
        LITTLE.statistics(0, [(4, count("<Q", 50)), (5, count("<Q", 1)), (7, count("<Q", 7))]),
        LITTLE.enhanced(FRAMES[0]),
        LITTLE.statistics(0, [(4, count("<Q", 99)), (5, count("<Q", 2)), (7, count("<Q", 8))]),
        LITTLE.statistics(1, [(6, count("<Q", 2**40)), (7, count("<Q", 30))]),
        LITTLE.statistics(7, [(5, count("<Q", 1000))]),
    )
    assert capture.interfaces == [
        InterfaceAbout(1, 0, "eth0", 1, 96, "tcp port 80", 99, 2, None, 8),
        InterfaceAbout(1, 1, "", 101, 0, "", None, None, 2**40, 30),
    ]
    assert capture.drops == Drops(2, 38, None)
    assert capture.snap_lengths == [96, 0]
    assert capture.comments == [
        Comment("section", 1, "a l\u00fcll"),
        Comment("interface", 0, "uplink"),
    ]


def test_nothing_is_known_of_drops(tmp_path: Path) -> None:
    assert given_file(tmp_path, pcapng(FRAMES))[1].drops == Drops(None, None, None)


def test_drops_between_frames(tmp_path: Path) -> None:
    _, capture = given_file(
        tmp_path,
        *(LITTLE.section(), LITTLE.interface()),
        LITTLE.enhanced(FRAMES[0], options=[(EPB_DROPCOUNT, struct.pack("<Q", 5))]),
        *(LITTLE.obsolete(FRAMES[1], drops=7), LITTLE.obsolete(FRAMES[1])),
    )
    assert capture.drops == Drops(None, None, 12)


@pytest.mark.parametrize("make", [LITTLE, BIG])
def test_comments_of_frames(tmp_path: Path, make: Pcapng) -> None:
    _, capture = given_file(
        tmp_path,
        *(make.section(), make.interface()),
        *(make.enhanced(frame) for frame in FRAMES),
        make.enhanced(FRAMES[0], options=[(COMMENT, b"ten"), (0x8000, b"?"), (COMMENT, b"ten!")]),
        make.obsolete(FRAMES[0], options=[(COMMENT, b"eleven")]),
    )
    assert capture.comments == [
        Comment("frame", 10, "ten"),
        Comment("frame", 10, "ten!"),
        Comment("frame", 11, "eleven"),
    ]


def test_comments_are_bounded(tmp_path: Path) -> None:
    block = LITTLE.enhanced(FRAMES[0], options=[(COMMENT, b"x")])
    _, capture = given_file(
        tmp_path, LITTLE.section(), LITTLE.interface(), block * (MAX_COMMENTS + 5)
    )
    assert len(capture.comments) == MAX_COMMENTS
    assert capture.warnings[0].endswith(f": comments left out: 5 ({MAX_COMMENTS} are kept)")


def test_text_is_bounded(tmp_path: Path) -> None:
    """However many octets there are: compressed, they may be thousands of times as many."""
    text = b"x" * 65000
    comments = [(COMMENT, text)] * 200
    names = [(1, number.to_bytes(4) + text[:-9] + b"\0") for number in range(200)]
    interfaces = LITTLE.interface(options=[(IF_NAME, text), (IF_FILTER, text)]) * 200
    _, capture = given_file(
        tmp_path, LITTLE.section(comments), LITTLE.names(names) * 9, interfaces * 9
    )
    kept = [each.text for each in capture.comments]
    kept += [name for names in capture.names.values() for name in names]
    kept += [each.name + each.filter for each in capture.interfaces]
    assert 60_000_000 < sum(map(len, kept)) <= MAX_TEXT
    _, capture = given_file(tmp_path, LITTLE.section(comments) * 9, LITTLE.names(names))
    assert len(capture.comments) == MAX_COMMENTS
    assert capture.warnings == [
        f"{capture.path}: comments left out: 800 (1000 are kept)",
        f"{capture.path}: names left out: 168 (32 are kept)",
    ]


def test_many_names_of_one_address_take_no_longer(tmp_path: Path) -> None:
    names = [b"%d" % number for number in range(MAX_NAMES + 50_000)]
    records = [
        (1, bytes([192, 0, 2, 1]) + b"\0".join(names[first : first + 5000]) + b"\0")
        for first in range(0, len(names), 5000)
    ]
    _, capture = given_file(tmp_path, LITTLE.section(), LITTLE.names(records))
    assert capture.names == {"192.0.2.1": [name.decode() for name in names[:MAX_NAMES]]}
    (line,) = capture.warnings
    assert line.endswith(f": names left out: 50000 ({MAX_NAMES} are kept)")


@pytest.mark.parametrize("make", [LITTLE, BIG])
def test_names(tmp_path: Path, make: Pcapng) -> None:
    """Section 4.5: several names for an address, IPv4 and IPv6; other records are not for us."""
    records = [
        (1, bytes([192, 0, 2, 1]) + b"one.example\0uno.example\0"),
        (2, bytes.fromhex("20010db8" + "0" * 23 + "1") + b"six.example\0"),
        (3, bytes(6) + b"card\0"),
        (1, bytes([192, 0, 2, 1]) + b"one.example\0ein.example\0"),
        (1, b"\1\2"),
    ]
    _, capture = given_file(tmp_path, make.section(), make.names(records, [(COMMENT, b"dns")]))
    assert capture.names == {
        "192.0.2.1": ["one.example", "uno.example", "ein.example"],
        "2001:db8::1": ["six.example"],
    }
    assert capture.comments == [Comment("names", 1, "dns")]


@pytest.mark.parametrize("which", ["section", "interface", "frame"])
def test_options_that_reach_beyond_their_block(tmp_path: Path, which: str) -> None:
    """The frames are read all the same, and it is said."""
    bad = [(2**15 + 7, b"abcd")]
    blocks = {"section": LITTLE.section(bad), "interface": LITTLE.interface(1, bad)}
    blocks["frame"] = LITTLE.enhanced(FRAMES[0], options=bad)
    good = {"section": LITTLE.section(), "interface": LITTLE.interface()}
    good["frame"] = LITTLE.enhanced(FRAMES[0])
    good[which] = blocks[which].replace(b"\7\x80\4\0", b"\7\x80\x0d\0")
    seen, capture = given_file(tmp_path, *good.values())
    assert seen == expected(FRAMES[:1])
    (line,) = capture.warnings
    assert line.endswith(": blocks whose options or names reach beyond them: 1")


# --- damage -------------------------------------------------------------------------------------

GOOD = pcapng(FRAMES[:2])


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (b"\6\0\0\0\4\0\0\0" + bytes(99), "a block says it has 4 octets"),
        (LITTLE.enhanced(FRAMES[2])[:-4] + b"\1\0\0\0", "a block says it has 88 octets, and at"),
        (LITTLE.block(6, bytes(8)), "a block of 20 octets, too few"),
        (LITTLE.block(1, bytes(4)), "a block of 16 octets, too few"),
        (b"\6\0\0\0\4\0\0\1" + bytes(99), "a block says it has 16777220 octets, more than"),
        (b"\n\r\r\n\x1c\0\0\0abcd" + bytes(99), "a section whose byte-order magic is 61 62 63 64"),
        (LITTLE.section(major=2), "a section of pcapng version 2"),
        (
            LITTLE.block(6, struct.pack("<IIIII", 0, 0, 0, 9, 9) + bytes(8)),
            "a packet block says it has 9 octets captured",
        ),
        (
            LITTLE.block(6, struct.pack("<IIIII", 0, 0, 0, 262145, 9) + bytes(262148)),
            "a packet block says it has 262145 octets captured",
        ),
    ],
)
def test_bad_block(tmp_path: Path, bad: bytes, what: str) -> None:
    """Reading stops there, and says where; what was read before counts."""
    seen, capture = given_file(tmp_path, GOOD, bad, LITTLE.enhanced(FRAMES[2]) * 9)
    assert seen == expected(FRAMES[:2])
    (line,) = capture.warnings
    assert line.startswith(f"{capture.path}: byte {len(GOOD)}: {what}")
    assert line.endswith("; stopped after frame 2")


@pytest.mark.parametrize("block", [1, 30, 37, 50, 1 << 20])
def test_block_of_no_interest_ends_with_its_length(
    tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is not read as a whole: what follows may be no block otherwise."""
    monkeypatch.setattr(read_ahead, "BLOCK", block)
    other = LITTLE.block(0xBAD, bytes(40))
    rest = LITTLE.enhanced(FRAMES[2])
    seen, capture = given_file(tmp_path, GOOD, other, rest)
    assert seen == expected(FRAMES[:3])
    assert not capture.warnings
    seen, capture = given_file(tmp_path, GOOD, other[:-4], struct.pack("<I", 53), rest)
    assert seen == expected(FRAMES[:2])
    (line,) = capture.warnings
    assert f": byte {len(GOOD)}: a block says it has 52 octets, and at its end 53" in line


def test_frames_of_an_unknown_interface(tmp_path: Path) -> None:
    """Nobody knows their link type: they are left out and counted, the others are read."""
    seen, capture = given_file(
        tmp_path,
        LITTLE.section(),
        LITTLE.simple(FRAMES[0].octets),
        LITTLE.interface(),
        *(LITTLE.enhanced(FRAMES[0], 1), LITTLE.enhanced(FRAMES[1]), LITTLE.obsolete(FRAMES[2], 9)),
        *(BIG.section(), BIG.enhanced(FRAMES[3])),
    )
    assert seen == expected(FRAMES[1:2])
    (line,) = capture.warnings
    assert line.endswith(": frames left out, because their section describes no such interface: 4")


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_octets_give_no_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    options = [(IF_TSRESOL, b"\x09"), (COMMENT, b"c")]
    octets = bytearray(
        LITTLE.section([(COMMENT, b"x")])
        + LITTLE.interface(1, options)
        + LITTLE.names([(1, bytes(4) + b"a\0")])
        + LITTLE.enhanced(FRAMES[0], options=[(COMMENT, b"c"), (EPB_DROPCOUNT, bytes(8))])
        + LITTLE.statistics(0, [(5, bytes(8))])
        + LITTLE.simple(b"abc")
        + LITTLE.obsolete(FRAMES[1])
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(octets) - 1))
        octets[at] = data.draw(st.sampled_from([0, 1, 2, 6, 0x7F, 0x80, 0xFF]))
    path = tmp_path_factory.getbasetemp() / "damaged.pcapng"
    path.write_bytes(octets)
    if octets[:4] == b"\n\r\r\n":
        frames_of(path)
