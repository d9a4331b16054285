"""Network service header (RFC 8300)."""

from tracker.wire.layers import NSH_PAYLOAD
from tracker.wire.reasons import OTHER_NSH, SHIM_TRUNCATED
from tracker.wire.segment import Frame

HEADER = 8


def decode_nsh(frame: Frame, at: int) -> int:
    """Step over the header at `at`, whose length counts in 4 octets (RFC 8300 section 2.2)."""
    if at + HEADER > frame.end:
        return frame.fault(SHIM_TRUNCATED, at, HEADER)
    length = (frame.data[at + 1] & 0x3F) * 4
    protocol = frame.data[at + 3]
    if at + length > frame.end:
        return frame.fault(SHIM_TRUNCATED, at, length)
    if length < HEADER:
        frame.fault_number = protocol
        return frame.fault(OTHER_NSH, at + 3, 0)
    return frame.enter(NSH_PAYLOAD, at + length, protocol)
