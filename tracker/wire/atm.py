"""ATM, reassembled: LLC (RFC 2684), classical IP, and LAN emulation."""

from tracker.wire.layers import ETHERNET, IP, LLC
from tracker.wire.reasons import LINK_TRUNCATED, OTHER_CONTROL
from tracker.wire.segment import Frame

# SunATM: flags, virtual path, virtual channel (LINKTYPE_SUNATM).
SUN_HEADER = 4
TRAFFIC = 0x0F
LAN_EMULATION = 1
LLC_MULTIPLEXED = 2
EMULATION_HEADER = 2  # identifier of the client that sent the Ethernet frame

SNAP = 0xAA


def decode_sun_atm(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_SUNATM."""
    if at + SUN_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, SUN_HEADER)
    traffic = frame.data[at] & TRAFFIC
    if traffic == LLC_MULTIPLEXED:
        return frame.enter(LLC, at + SUN_HEADER)
    if traffic == LAN_EMULATION:
        return frame.enter(ETHERNET, at + SUN_HEADER + EMULATION_HEADER)
    return frame.fault(OTHER_CONTROL, at, 0)


def decode_classical_ip(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_ATM_CLIP: IP, with an LLC header before it or none."""
    if at >= frame.end:
        return frame.fault(LINK_TRUNCATED, at, 1)
    return frame.enter(LLC if frame.data[at] == SNAP else IP, at)
