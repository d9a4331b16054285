"""Numbers in a frame, in either byte order.  Whoever reads one measures the frame first.

What decodes every packet (`ip`, `tcp`) has its own, which a C compiler puts in place.
"""

from tracker.wire.segment import Frame


def be16(frame: Frame, at: int) -> int:
    """Return the 16 bits at `at`, most significant octet first."""
    return frame.data[at] << 8 | frame.data[at + 1]


def le16(frame: Frame, at: int) -> int:
    """Return the 16 bits at `at`, least significant octet first."""
    return frame.data[at + 1] << 8 | frame.data[at]


def be32(frame: Frame, at: int) -> int:
    """Return the 32 bits at `at`, most significant octet first."""
    return be16(frame, at) << 16 | be16(frame, at + 2)


def le32(frame: Frame, at: int) -> int:
    """Return the 32 bits at `at`, least significant octet first."""
    return le16(frame, at + 2) << 16 | le16(frame, at)


def be64(frame: Frame, at: int) -> int:
    """Return the 64 bits at `at`, most significant octet first."""
    high = be32(frame, at)
    return high << 32 | be32(frame, at + 4)


def drop_trailer(frame: Frame, octets: int) -> None:
    """Leave out the last `octets` of the frame on the wire: a check sequence."""
    frame.wire_end -= octets
    if frame.end > frame.wire_end:
        frame.end = frame.wire_end
