"""TCP header (RFC 9293 section 3.1) and the options of a SYN."""

from tracker.wire.reasons import DECODED, TCP_BEYOND_PACKET, TCP_DATA_OFFSET, TCP_TRUNCATED
from tracker.wire.segment import CUT_OFF, MALFORMED, SYN, Frame, Segment

# Offsets of the fields, in the order of RFC 9293 figure 1.
SOURCE_PORT = 0
DESTINATION_PORT = 2
SEQUENCE = 4
ACKNOWLEDGMENT = 8
DATA_OFFSET = 12
FLAGS = 13
WINDOW = 14
HEADER = 20

# As much of the header has to be there: the checksum and the urgent pointer change no state.
NEEDED = 16

# Kinds of options (RFC 9293 section 3.2, RFC 7323, RFC 2018).
END_OF_OPTIONS = 0
NO_OPERATION = 1
MAXIMUM_SEGMENT_SIZE = 2
WINDOW_SCALE = 3
SACK_PERMITTED = 4
SACK = 5
TIMESTAMPS = 8

MAX_WINDOW_SCALE = 14  # RFC 7323 section 2.3


def _u32(frame: Frame, at: int) -> int:
    return (
        frame.data[at] << 24
        | frame.data[at + 1] << 16
        | frame.data[at + 2] << 8
        | frame.data[at + 3]
    )


def decode_tcp(frame: Frame, segment: Segment, at: int, length: int) -> int:
    """Decode the TCP header at offset `at`; the packet holds `length` octets from there."""
    if length < NEEDED:
        return frame.fault(TCP_BEYOND_PACKET, at, HEADER)
    if at + NEEDED > frame.end:
        return frame.fault(TCP_TRUNCATED, at, NEEDED)
    header = (frame.data[at + DATA_OFFSET] >> 4) * 4
    if header >= HEADER and length < HEADER:
        return frame.fault(TCP_BEYOND_PACKET, at, HEADER)
    if header > length and segment.fragmented:
        return frame.fault(TCP_DATA_OFFSET, at + DATA_OFFSET, header)
    segment.source_port = frame.data[at] << 8 | frame.data[at + 1]
    segment.destination_port = frame.data[at + 2] << 8 | frame.data[at + 3]
    segment.sequence = _u32(frame, at + SEQUENCE)
    segment.acknowledgment = _u32(frame, at + ACKNOWLEDGMENT)
    segment.flags = frame.data[at + FLAGS]
    segment.window = frame.data[at + WINDOW] << 8 | frame.data[at + WINDOW + 1]
    if header < HEADER or header > length:
        # The ports say whom it concerns, and that is all that can be believed.
        segment.flags = MALFORMED
        segment.payload = 0
        return DECODED
    segment.payload = length - header
    if segment.flags & SYN:
        _syn_options(frame, segment, at + HEADER, min(at + header, frame.end))
        if at + header > frame.end and segment.window_scale < 0:
            segment.window_scale = CUT_OFF
    return DECODED


def _syn_options(frame: Frame, segment: Segment, at: int, end: int) -> None:
    """Read what only a SYN may carry and the window tests need: MSS and window scale."""
    segment.mss = 0
    segment.window_scale = -1
    while at < end:
        kind = frame.data[at]
        if kind == END_OF_OPTIONS:
            return
        if kind == NO_OPERATION:
            at += 1
            continue
        if at + 1 >= end:
            return
        length = frame.data[at + 1]
        if length < 2 or at + length > end:
            return
        if kind == MAXIMUM_SEGMENT_SIZE and length == 4:
            segment.mss = frame.data[at + 2] << 8 | frame.data[at + 3]
        elif kind == WINDOW_SCALE and length == 3:
            segment.window_scale = min(frame.data[at + 2], MAX_WINDOW_SCALE)
        at += length


class Options:
    """All options of one TCP header that this project has a use for, for those who show them.

    mss             octets, or None
    window_scale    shift count, or None
    sack_permitted  whether the option is there
    sack            (left, right) edges of the blocks received (RFC 2018 section 3)
    timestamps      (value, echo reply), or None (RFC 7323 section 3)
    """

    def __init__(self) -> None:
        self.mss: int | None = None
        self.window_scale: int | None = None
        self.sack_permitted = False
        self.sack: tuple[tuple[int, int], ...] = ()
        self.timestamps: tuple[int, int] | None = None


def parse_options(octets: bytes) -> Options:
    """Return the options in `octets`, the part of a TCP header after its first 20 octets.

    Stops at the first option whose length contradicts RFC 9293 section 3.2.
    """
    options = Options()
    at = 0
    while at < len(octets) and octets[at] != END_OF_OPTIONS:
        if octets[at] == NO_OPERATION:
            at += 1
            continue
        length = octets[at + 1] if at + 1 < len(octets) else 0
        if length < 2 or at + length > len(octets):
            break
        _parse_option(options, octets[at], octets[at + 2 : at + length])
        at += length
    return options


def _parse_option(options: Options, kind: int, value: bytes) -> None:
    """Store the option `kind` with its `value` where the length is the one the RFC gives it."""
    words = [int.from_bytes(value[i : i + 4]) for i in range(0, len(value) - 3, 4)]
    if kind == MAXIMUM_SEGMENT_SIZE and len(value) == 2:
        options.mss = int.from_bytes(value)
    elif kind == WINDOW_SCALE and len(value) == 1:
        options.window_scale = value[0]
    elif kind == SACK_PERMITTED and not value:
        options.sack_permitted = True
    elif kind == SACK and value and len(value) % 8 == 0:
        options.sack = tuple(zip(words[::2], words[1::2], strict=True))
    elif kind == TIMESTAMPS and len(value) == 8:
        options.timestamps = (words[0], words[1])
