"""TCP header (RFC 9293 section 3.1) and its options (section 3.2, RFC 7323, RFC 2018)."""

import struct

import pytest
from decoding import check_prefixes, decoded, fault
from packets import ACK, SYN, ethernet, ipv4, tcp

from tracker.wire.segment import CUT_OFF, MALFORMED
from tracker.wire.tcp import parse_options

EOL, NOP = b"\0", b"\1"
MSS_1460 = b"\2\4\5\xb4"
SCALE_7 = b"\3\3\7"
SACK_PERMITTED = b"\4\2"
TIMESTAMPS = b"\x08\x0a" + struct.pack("!II", 4_000_000_000, 7)


def frame(segment: bytes) -> bytes:
    """Return the segment in an IPv4 packet in an Ethernet frame."""
    return ethernet(ipv4(segment))


def padded(options: bytes) -> bytes:
    """Fill up options to whole words, as the data offset counts them."""
    return options + EOL * (-len(options) % 4)


def test_tcp_fields() -> None:
    found = decoded(
        frame(
            tcp(
                b"GET /",
                0xFF,
                65535,
                1,
                sequence=0xFFFFFFFF,
                acknowledgment=0x80000000,
                window=0xFFFF,
            )
        )
    )
    assert (found.source_port, found.destination_port) == (65535, 1)
    assert (found.sequence, found.acknowledgment) == (0xFFFFFFFF, 0x80000000)
    assert (found.flags, found.window, found.payload) == (0xFF, 0xFFFF, 5)


def test_tcp_any_flags() -> None:
    assert [decoded(frame(tcp(flags=flags))).flags for flags in range(256)] == list(range(256))


def test_tcp_every_prefix_with_options() -> None:
    """Options behind the fixed 20 octets may be missing: the numbers are there."""
    check_prefixes(
        frame(tcp(b"GET /", SYN, options=padded(MSS_1460 + SCALE_7))),
        [("Ethernet", 0, 14), ("IPv4", 14, 34), ("TCP", 34, 54)],
    )


# --- malformed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("octets", [0, 1, 8, 19])
def test_tcp_header_beyond_the_packet(octets: int) -> None:
    expected = ("TCP", "header beyond the packet's length", 34, 20)
    for padding in (b"", bytes(46)):
        found = fault(frame(tcp()[:octets]) + padding)
        assert (found.kind, *found[1:5]) == ("malformed", *expected)


@pytest.mark.parametrize(("words", "length"), [(0, 20), (4, 20), (4, 16), (6, 20), (15, 20)])
def test_tcp_data_offset_impossible(words: int, length: int) -> None:
    """RFC 9293 section 3.1: 5 at least, and within the packet; the ports can be read anyway."""
    found = decoded(frame(tcp(data_offset=words)[:length]) + bytes(100))
    assert (found.source_port, found.destination_port) == (1099, 80)
    assert (found.flags, found.payload) == (MALFORMED, 0)


def test_tcp_data_offset_at_the_end_of_the_packet() -> None:
    assert decoded(frame(tcp(bytes(40), data_offset=15))).payload == 0


# --- options of a SYN ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "mss", "scale"),
    [
        (b"", 0, -1),
        (MSS_1460, 1460, -1),
        (SCALE_7, 0, 7),
        (MSS_1460 + NOP + SCALE_7, 1460, 7),
        (NOP * 3 + SCALE_7 + MSS_1460, 1460, 7),
        (MSS_1460 + SACK_PERMITTED + TIMESTAMPS + NOP + SCALE_7, 1460, 7),
        (b"\3\3\0", 0, 0),
        (b"\3\3\x0e", 0, 14),
        (b"\3\3\x0f", 0, 14),  # RFC 7323 section 2.3: above 14 is used as 14
        (b"\3\3\xff", 0, 14),
        (EOL + MSS_1460, 0, -1),  # nothing counts after the end of the list
        (b"\xfd\4ab" + MSS_1460, 1460, -1),  # an unknown option is stepped over
    ],
)
def test_syn_options(options: bytes, mss: int, scale: int) -> None:
    found = decoded(frame(tcp(flags=SYN, options=padded(options))))
    assert (found.mss, found.window_scale) == (mss, scale)


@pytest.mark.parametrize(
    "options",
    [
        b"\2\0\5\xb4",  # a length that would never end
        b"\2\1\5\xb4",
        b"\2\3\5\1",  # not the length of this option
        b"\2\6\5\xb4\0\0",
        b"\2\xff\5\xb4",  # beyond the header
        b"\1\1\1\2",  # a kind without a length
        b"\3\2\1\1",
        b"\3\4\7\7",
    ],
)
def test_syn_options_malformed_are_not_there(options: bytes) -> None:
    found = decoded(frame(tcp(b"\2\4\5\xb4", SYN, options=padded(options))))
    assert (found.mss, found.window_scale, found.payload) == (0, -1, 4)


def test_syn_options_before_a_malformed_one_count() -> None:
    assert decoded(frame(tcp(flags=SYN, options=padded(MSS_1460 + b"\3\0")))).mss == 1460


def test_syn_options_cut_by_the_snap_length() -> None:
    octets = frame(tcp(flags=SYN, options=padded(MSS_1460 + NOP + SCALE_7)))
    scales = [decoded(octets[:length], len(octets)).window_scale for length in range(54, 63)]
    sizes = [decoded(octets[:length], len(octets)).mss for length in range(54, 63)]
    assert sizes == [0] * 4 + [1460] * 5
    assert scales == [CUT_OFF] * 8 + [7]


def test_options_do_not_stay_for_the_next_segment() -> None:
    """Only a SYN has them, and every SYN tells anew."""
    from tracker.wire.decode import decode
    from tracker.wire.segment import Frame, Segment

    located, segment = Frame(), Segment()
    for options, expected in ((padded(MSS_1460 + SCALE_7), (1460, 7)), (b"", (0, -1))):
        located.data = frame(tcp(flags=SYN | ACK, options=options))
        located.end = located.wire_end = len(located.data)
        assert decode(1, located, segment) == 0
        assert (segment.mss, segment.window_scale) == expected


# --- all options, for those who show them -------------------------------------------------------


def test_parse_options_all() -> None:
    options = parse_options(MSS_1460 + SACK_PERMITTED + TIMESTAMPS + NOP + SCALE_7)
    assert (options.mss, options.window_scale, options.sack_permitted) == (1460, 7, True)
    assert (options.sack, options.timestamps) == ((), (4_000_000_000, 7))


def test_parse_options_none() -> None:
    options = parse_options(b"")
    assert (options.mss, options.window_scale, options.sack_permitted) == (None, None, False)
    assert (options.sack, options.timestamps) == ((), None)


@pytest.mark.parametrize("blocks", [1, 2, 3, 4])
def test_parse_options_sack(blocks: int) -> None:
    edges = [(0xFFFFFF00 + n, n) for n in range(blocks)]
    value = b"".join(struct.pack("!II", *edge) for edge in edges)
    octets = NOP * 2 + bytes((5, 2 + len(value))) + value
    assert parse_options(octets).sack == tuple(edges)


@pytest.mark.parametrize(
    "octets",
    [b"\5\2", b"\5\6abcd", b"\x08\4ab", b"\4\3x", b"\2\2", b"\3\2", b"\5\0", b"\x08", b"\x08\x0a1"],
)
def test_parse_options_malformed_are_not_there(octets: bytes) -> None:
    options = parse_options(octets)
    assert (options.mss, options.window_scale, options.sack_permitted) == (None, None, False)
    assert (options.sack, options.timestamps) == ((), None)
