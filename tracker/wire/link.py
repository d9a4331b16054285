"""Link layers other than Ethernet, up to the IP packet or to the next layer."""

from tracker.wire.reasons import OTHER_LINK_TYPE
from tracker.wire.segment import Frame


def decode_link(link_type: int, frame: Frame, at: int) -> int:
    """Find what follows the header of a frame of `link_type` that begins at `at`."""
    frame.fault_number = link_type
    return frame.fault(OTHER_LINK_TYPE, at, 0)
