"""PPP (RFC 1661) and what carries it."""

from tracker.wire.layers import IP, PPP_PAYLOAD
from tracker.wire.reasons import OTHER_PPP, PPP_TRUNCATED, SHIM_TRUNCATED
from tracker.wire.segment import Frame

PPPOE_HEADER = 6  # without the protocol number (RFC 2516 section 4)
IPV4 = 0x0021
IPV6 = 0x0057


def decode_pppoe(frame: Frame, at: int) -> int:
    """Step over the PPPoE header at `at`."""
    if at + PPPOE_HEADER + 2 > frame.end:
        return frame.fault(SHIM_TRUNCATED, at, PPPOE_HEADER + 2)
    at += PPPOE_HEADER
    return frame.enter(PPP_PAYLOAD, at + 2, frame.data[at] << 8 | frame.data[at + 1])


def decode_ppp(frame: Frame, at: int) -> int:
    """Decode the PPP frame at `at`: address and control octets, where there are some, protocol."""
    if at + 4 > frame.end:
        return frame.fault(PPP_TRUNCATED, at, 4)
    if frame.data[at] == 0xFF and frame.data[at + 1] == 0x03:
        at += 2
    return frame.enter(PPP_PAYLOAD, at + 2, frame.data[at] << 8 | frame.data[at + 1])


def decode_ppp_payload(frame: Frame, protocol: int, at: int) -> int:
    """Find what the PPP `protocol` number announces at `at`."""
    if protocol == IPV4 or protocol == IPV6:
        return frame.enter(IP, at)
    frame.fault_number = protocol
    return frame.fault(OTHER_PPP, at - 2, 0)
