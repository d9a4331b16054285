"""Every file format: the variants of pcap, snoop, and what tshark says of foreign captures."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from captures import CORPUS, NS_IN_S, START, Record, conversation, file_header, pcap, record, timed
from containers import Pcapng, Seen, expected, frames_of, pcapng, snoop, snoop_record, variant
from foreign import NOT_CLASSIC, needs_corpus, table

from tracker.capture import read_ahead
from tracker.capture.about import Drops
from tracker.capture.errors import CaptureError
from tracker.capture.saved import SavedCapture

FRAMES = timed(conversation())


def read_octets(tmp_path: Path, octets: bytes) -> tuple[list[Seen], SavedCapture]:
    """Write a file and read it."""
    path = tmp_path / "x"
    path.write_bytes(octets)
    return frames_of(path)


# --- pcap ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("big", [False, True], ids=["little endian", "big endian"])
@pytest.mark.parametrize("nano", [False, True], ids=["us", "ns"])
@pytest.mark.parametrize("link_type", [0, 1, 101, 9999])
def test_pcap(tmp_path: Path, big: bool, nano: bool, link_type: int) -> None:
    octets = pcap(FRAMES, big=big, nano=nano, link_type=link_type)
    seen, capture = read_octets(tmp_path, octets)
    assert seen == expected(FRAMES, link_type)
    assert (capture.link_types, capture.snap_lengths) == ([link_type], [262144])


@pytest.mark.parametrize("which", ["kuznetzov", "suse", "nokia"])
@pytest.mark.parametrize("big", [False, True], ids=["little endian", "big endian"])
@pytest.mark.parametrize("count", [0, 3, 9])
@pytest.mark.parametrize("block", [1, 64, 1 << 20])
def test_variants_of_pcap(
    tmp_path: Path,
    which: str,
    big: bool,
    count: int,
    block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some share a magic number: the next records tell which one it is, however they come."""
    monkeypatch.setattr(read_ahead, "BLOCK", block)
    seen, capture = read_octets(tmp_path, variant(FRAMES[:count], which, big=big))
    assert seen == expected(FRAMES[:count])
    assert not capture.warnings


def test_damaged_pcap_is_no_variant(tmp_path: Path) -> None:
    """Where no variant makes sense, it is the likeliest one."""
    octets = pcap(FRAMES[:1]) + b"\xff" * 100
    seen, capture = read_octets(tmp_path, octets)
    assert seen == expected(FRAMES[:1])
    assert "a record says it has 4294967295 octets" in capture.warnings[0]


@pytest.mark.parametrize("link_type", [231, 249])
def test_messages_that_are_longer_than_frames(tmp_path: Path, link_type: int) -> None:
    """D-Bus and USBPcap: libpcap allows 128 MiB."""
    frames = [FRAMES[0], Record(START, b"m" * 3_000_000, 3_000_000), FRAMES[1]]
    seen, _ = read_octets(tmp_path, pcap(frames, snap=1 << 27, link_type=link_type))
    assert seen == expected(frames, link_type)
    assert (
        "a record says it has 3000000"
        in read_octets(tmp_path, pcap(frames, snap=1 << 27))[1].warnings[0]
    )


@pytest.mark.parametrize("magic", [0x1C0001AC, 0x1C0001AB])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_lcap(
    tmp_path: Path, magic: int, order: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IXIA's file header has four octets more; tshark reads these files so."""
    monkeypatch.setattr(read_ahead, "BLOCK", block)
    plain = pcap(FRAMES, big=order == ">")
    header = struct.pack(order + "I", magic) + plain[4:24]
    octets = header + struct.pack(order + "I", len(plain) - 24) + plain[24:]
    assert read_octets(tmp_path, octets)[0] == expected(FRAMES)
    (line,) = read_octets(tmp_path, octets[:26])[1].warnings
    assert "byte 24: the file is cut short, 2 octets are missing" in line


# --- snoop (RFC 1761) ---------------------------------------------------------------------------


@pytest.mark.parametrize(("datalink", "link_type"), [(4, 1), (0, 1), (2, 6), (8, 10)])
@pytest.mark.parametrize("block", [1, 100, 1 << 20])
def test_snoop(
    tmp_path: Path, datalink: int, link_type: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_ahead, "BLOCK", block)
    frames = [frame._replace(octets=frame.octets[:53], wire=1000) for frame in FRAMES]
    seen, capture = read_octets(tmp_path, snoop(frames, datalink=datalink))
    assert seen == expected(frames, link_type)
    assert capture.drops == Drops()


def test_snoop_drops(tmp_path: Path) -> None:
    """They are cumulative."""
    octets = snoop(FRAMES[:2]) + snoop_record(FRAMES[2], 3) + snoop_record(FRAMES[3], 7)
    assert read_octets(tmp_path, octets)[1].drops == Drops(None, 7, None)


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (b"snoop\0\0\0" + struct.pack(">II", 3, 4), "byte 8: a snoop file of version 3"),
        (b"snoop\0\0\0" + struct.pack(">II", 2, 7), "byte 12: snoop datalink type 7"),
        (b"snoop\0\0\0\0\0", "byte 10: the file is cut short in its header"),
        (b"GMBU" + bytes(100), "byte 4: a Network Monitor file of version 0.0"),
        (b"# text\n" * 9, "byte 0: not a capture: it begins with 23 20 74 65"),
    ],
)
def test_what_is_refused(tmp_path: Path, octets: bytes, what: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(octets)
    with pytest.raises(CaptureError) as caught:
        SavedCapture(str(path))
    assert str(caught.value).startswith(f"{path}: {what}")


@pytest.mark.parametrize(("captured", "length"), [(262145, 262200), (9, 24), (0, 0), (0, 1 << 31)])
def test_impossible_snoop_record(tmp_path: Path, captured: int, length: int) -> None:
    octets = snoop(FRAMES[:1])
    bad = struct.pack(">IIIIII", captured, captured, length, 0, 0, 0) + bytes(300_000)
    seen, capture = read_octets(tmp_path, octets + bad)
    assert seen == expected(FRAMES[:1])
    assert f"x: byte {len(octets)}: a record " in capture.warnings[0]


# --- cut at any octet ---------------------------------------------------------------------------

MAKE = Pcapng()


def records(name: str) -> tuple[list[bytes], list[bool]]:
    """Return the pieces of a small file, and which of them are frames."""
    frames = FRAMES[:3]
    if name == "pcap":
        return [file_header(), *map(record, frames)], [False, True, True, True]
    if name == "snoop":
        return [snoop([]), *map(snoop_record, frames)], [False, True, True, True]
    if name == "kuznetzov":
        ends = [len(variant(frames[:count], name)) for count in range(4)]
        whole = variant(frames, name)
        starts = [0, *ends[:3]]
        pieces = [whole[start:end] for start, end in zip(starts, ends, strict=True)]
        return pieces, [False, True, True, True]
    pieces = [
        MAKE.section([(1, b"c")]),
        MAKE.interface(1, [(2, b"eth0")]),
        MAKE.enhanced(frames[0], options=[(1, b"x")]),
        MAKE.block(0xBAD, bytes(40)),
        MAKE.simple(frames[1].octets),
        MAKE.names([(1, bytes(4) + b"zero\0")]),
        MAKE.obsolete(frames[2]),
        MAKE.statistics(0, [(5, bytes(8))]),
    ]
    return pieces, [False, False, True, False, True, False, True, False]


@pytest.mark.parametrize("name", ["pcap", "pcapng", "snoop", "kuznetzov"])
@pytest.mark.parametrize("block", [16, 1 << 20])
def test_cut_at_any_octet(
    tmp_path: Path, name: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames are those that are whole; a warning says where the rest begins, if there is one."""
    monkeypatch.setattr(read_ahead, "BLOCK", block)
    pieces, are_frames = records(name)
    ends = [sum(map(len, pieces[: number + 1])) for number in range(len(pieces))]
    octets = b"".join(pieces)
    path = tmp_path / "cut"
    for at in range(len(octets) + 1):
        path.write_bytes(octets[:at])
        whole = [end for end in ends if end <= at]
        try:
            seen, capture = frames_of(path)
        except CaptureError:
            assert not whole
            continue
        assert len(seen) == sum(are_frames[: len(whole)]), at
        rest = whole[-1] if whole else 0
        if at == rest:
            assert not capture.warnings
        else:
            (line,) = capture.warnings
            assert line.startswith(f"{path}: byte {rest}"), (at, line)
            assert "the file is cut short" in line


def test_cut_in_a_skipped_block_larger_than_what_is_read_at_a_time(tmp_path: Path) -> None:
    octets = pcapng(FRAMES)
    seen, capture = read_octets(tmp_path, octets + MAKE.block(0xBAD, bytes(3 << 20))[:-7])
    assert seen == expected(FRAMES)
    (line,) = capture.warnings
    assert f"x: byte {len(octets)}: the file is cut short, 7 octets are missing" in line


# --- foreign captures ---------------------------------------------------------------------------

#: tshark 4.0 does not read them: their link types, or a block that leaves out its padding.
UNREAD_BY_TSHARK = {
    "libpcap/filter__brcm-tag.pcap",
    "tcpdump/dsa.pcap",
    "tcpdump/edsa-high-vid.pcap",
    "tcpdump/hoobr_juniper3.pcap",
    "tcpdump/juniper_monitor_invalid_cookie_length.pcap",
    "tcpdump/kday6.pcap",
    "python-pcapng/test_data__test007.ntar",
}
NO_CAPTURES = {row["file"] for row in table("index.tsv") if row["format"].startswith("not pcap: ")}
NOT_CLASSIC_FILES = [
    row["file"]
    for row in table("index.tsv")
    if row["format"].startswith(NOT_CLASSIC)
    and row["file"] not in UNREAD_BY_TSHARK
    and ("snoop" in row["format"] or row["file"] not in NO_CAPTURES)
]


def seen_by_tshark(path: Path) -> list[tuple[int | None, int, int]]:
    """Return time (ns, None where there is none), captured and wire length of each frame."""
    fields = ("frame.time_epoch", "frame.cap_len", "frame.len", "frame.encap_type")
    options = [option for field in fields for option in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-n", "-r", path, "-T", "fields", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    frames = []
    for line in done.stdout.splitlines():
        time, captured, wire, encapsulation = line.split("\t")
        if encapsulation:  # else it is no packet: tshark also lists blocks of other kinds
            seconds, _, fraction = time.partition(".")
            ns = int(seconds) * NS_IN_S + int(fraction) if time else None
            frames.append((ns, int(captured), int(wire)))
    return frames


@needs_corpus
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("name", NOT_CLASSIC_FILES)
def test_like_tshark(name: str) -> None:
    seen, _ = frames_of(CORPUS / name)
    theirs = seen_by_tshark(CORPUS / name)
    ours = [(time, len(octets), wire) for time, octets, wire, _ in seen]
    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs, strict=True):
        assert our[1:] == their[1:]
        assert their[0] is None or our[0] == their[0]


@needs_corpus
def test_number_of_frames() -> None:
    """As many as other tools count in each of the foreign pcap files."""
    others = {*NOT_CLASSIC_FILES, *UNREAD_BY_TSHARK, *NO_CAPTURES}
    for row in table("index.tsv"):
        if row["file"] not in others:
            assert len(frames_of(CORPUS / row["file"])[0]) == int(row["packets"]), row["file"]
