"""MPLS: a stack of labels (RFC 3032) and what is behind it."""

from tracker.wire.layers import IP
from tracker.wire.reasons import OTHER_MPLS, SHIM_TRUNCATED
from tracker.wire.segment import Frame

BOTTOM = 0x01  # of stack, in the third octet of a label
LABEL = 4


def decode_mpls(frame: Frame, at: int) -> int:
    """Step over the labels at `at`; IP behind them is told by its version (RFC 4928 section 3).

    Whether anything else is a pseudowire, and of what, only its signalling says.
    """
    bottom = 0
    while not bottom:
        if at + LABEL > frame.end:
            return frame.fault(SHIM_TRUNCATED, at, LABEL)
        bottom = frame.data[at + 2] & BOTTOM
        at += LABEL
    if at >= frame.end:
        return frame.fault(SHIM_TRUNCATED, at, 1)
    version = frame.data[at] >> 4
    if version == 4 or version == 6:
        return frame.enter(IP, at)
    return frame.fault(OTHER_MPLS, at, 0)
