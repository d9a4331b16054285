"""Lines that are framed by HDLC but not PPP's: Cisco's, and Frame Relay (Q.922, RFC 2427)."""

from tracker.wire.layers import ETHERTYPE, IP, LINK, LLC, NLPID, PPP_PROTOCOL, SNAP
from tracker.wire.link_types import LINKTYPE_FRELAY
from tracker.wire.octets import be16
from tracker.wire.reasons import (
    LINK_HEADER_LENGTH,
    LINK_TRUNCATED,
    OTHER_CONTROL,
    OTHER_ETHERTYPE,
    OTHER_NLPID,
)
from tracker.wire.segment import Frame

# Cisco's HDLC: address, control, EtherType (RFC 1547 section 4.3.1).
CISCO_PROTOCOL = 2
CISCO_HEADER = 4
MIN_ETHERTYPE = 0x0600
OSI = 0xFEFE  # LLC service access points, where others have an EtherType

# Frame Relay: an address of 2 to 4 octets, of which the last one has this bit (Q.922 section 3.3).
LAST = 0x01
MAX_ADDRESS = 4
UNNUMBERED = 0x03  # control octet (RFC 2427 section 3)

# Network layer protocol identifiers (ISO/IEC TR 9577).
PADDING = 0x00
SNAP_FOLLOWS = 0x80
IPV4 = 0xCC
IPV6 = 0x8E
PPP_FOLLOWS = 0xCF  # RFC 1973

# Multilink frame relay (FRF.15, FRF.16): flags and a sequence number.
MULTILINK_HEADER = 2
BEGINS = 0x80
CONTROL = 0x20


def decode_cisco_hdlc(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_C_HDLC."""
    if at + CISCO_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, CISCO_HEADER)
    return _by_ethertype(frame, at + CISCO_PROTOCOL)


def decode_frame_relay(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_FRELAY: RFC 2427, or an EtherType behind the address, as Cisco has it."""
    start = at
    while at < frame.end and not frame.data[at] & LAST:
        at += 1
        if at - start == MAX_ADDRESS:
            return frame.fault(LINK_HEADER_LENGTH, start, MAX_ADDRESS)
    at += 1
    if at + 2 > frame.end:
        return frame.fault(LINK_TRUNCATED, start, max(at - start, 2) + 2)
    if frame.data[at] == UNNUMBERED:
        return frame.enter(NLPID, at + 1)
    return _by_ethertype(frame, at)


def _by_ethertype(frame: Frame, at: int) -> int:
    """Find what the EtherType at `at` announces behind it."""
    number = be16(frame, at)
    if number == OSI:
        return frame.enter(LLC, at)
    if number >= MIN_ETHERTYPE:
        return frame.enter(ETHERTYPE, at + 2, number)
    frame.fault_number = number
    return frame.fault(OTHER_ETHERTYPE, at, 0)


def decode_nlpid(frame: Frame, at: int) -> int:
    """Decode a network layer protocol identifier, with padding before it, and what it announces."""
    if at < frame.end and frame.data[at] == PADDING:
        at += 1
    if at >= frame.end:
        return frame.fault(LINK_TRUNCATED, at, 1)
    number = frame.data[at]
    if number == IPV4 or number == IPV6:
        return frame.enter(IP, at + 1)
    if number == SNAP_FOLLOWS:
        return frame.enter(SNAP, at + 1)
    if number == PPP_FOLLOWS:
        return frame.enter(PPP_PROTOCOL, at + 1)
    frame.fault_number = number
    return frame.fault(OTHER_NLPID, at, 0)


def decode_multilink_frame_relay(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_MFR: the fragment with which a frame begins."""
    if at + MULTILINK_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, MULTILINK_HEADER)
    if frame.data[at] & CONTROL or not frame.data[at] & BEGINS:
        return frame.fault(OTHER_CONTROL, at, 0)
    return frame.enter(LINK, at + MULTILINK_HEADER, LINKTYPE_FRELAY)
