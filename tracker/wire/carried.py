"""What carries Ethernet frames, or what is in them, from switch to switch under an EtherType."""

from tracker.wire.layers import ETHERNET, ETHERTYPE
from tracker.wire.octets import be16, drop_trailer
from tracker.wire.reasons import (
    ETHERNET_TRUNCATED,
    OTHER_BATMAN,
    OTHER_ETHERTYPE,
    SHIM_TRUNCATED,
)
from tracker.wire.segment import Frame, Segment

# MACsec (IEEE 802.1AE section 9.3): control, length, packet number, perhaps a channel; the check
# value at the end.
MACSEC = 0x88E5
MACSEC_HEADER = 6
MACSEC_CHANNEL = 8
MACSEC_CHECK_VALUE = 16
HAS_CHANNEL = 0x20
CHANGED = 0x0C  # encrypted, or altered in another way

# TRILL (RFC 6325 section 3): flags with the length of options in 4 octets, hops, two nicknames.
TRILL_HEADER = 6
TRILL_OPTIONS = 0x07C0

# B.A.T.M.A.N. advanced (linux/batadv_packet.h), the version since 2014.
BATMAN_VERSION = 15
BATMAN_FIXED = 2
BATMAN_BROADCAST, BATMAN_BROADCAST_HEADER = 0x01, 14
BATMAN_UNICAST, BATMAN_UNICAST_HEADER = 0x40, 10
BATMAN_UNICAST_4, BATMAN_UNICAST_4_HEADER = 0x42, 18

# Cisco's Inter-Switch Link: destination with the type, source, length, SNAP, VLAN, index.
ISL_HEADER = 26
ISL_VLAN = 20


def decode_macsec(frame: Frame, at: int) -> int:
    """Decode a MACsec tag, if what is behind it is not encrypted."""
    if at + MACSEC_HEADER > frame.end:
        return frame.fault(SHIM_TRUNCATED, at, MACSEC_HEADER)
    control = frame.data[at]
    if control & CHANGED:
        frame.fault_number = MACSEC
        return frame.fault(OTHER_ETHERTYPE, at - 2, 0)
    header = MACSEC_HEADER + (MACSEC_CHANNEL if control & HAS_CHANNEL else 0) + 2
    if at + header > frame.end:
        return frame.fault(SHIM_TRUNCATED, at, header)
    drop_trailer(frame, MACSEC_CHECK_VALUE)
    return frame.enter(ETHERTYPE, at + header, be16(frame, at + header - 2))


def decode_trill(frame: Frame, at: int) -> int:
    """Step over a TRILL header."""
    if at + TRILL_HEADER > frame.end:
        return frame.fault(SHIM_TRUNCATED, at, TRILL_HEADER)
    options = (be16(frame, at) & TRILL_OPTIONS) >> 6
    return frame.enter(ETHERNET, at + TRILL_HEADER + options * 4)


def decode_batman(frame: Frame, at: int) -> int:
    """Step over the header of a B.A.T.M.A.N. packet that carries a frame."""
    if at + BATMAN_FIXED > frame.end:
        return frame.fault(SHIM_TRUNCATED, at, BATMAN_FIXED)
    kind = frame.data[at]
    header = 0
    if frame.data[at + 1] == BATMAN_VERSION:
        if kind == BATMAN_UNICAST:
            header = BATMAN_UNICAST_HEADER
        elif kind == BATMAN_UNICAST_4:
            header = BATMAN_UNICAST_4_HEADER
        elif kind == BATMAN_BROADCAST:
            header = BATMAN_BROADCAST_HEADER
    if header:
        return frame.enter(ETHERNET, at + header)
    frame.fault_number = kind
    return frame.fault(OTHER_BATMAN, at, 0)


def is_isl(frame: Frame, at: int) -> bool:
    """Return whether the Ethernet header at `at` is one of Inter-Switch Link, with a frame in it.

    Its destination is 01-00-0C-00-00 or 03-00-0C-00-00, with type (0: Ethernet) and user behind.
    """
    return (
        frame.data[at] & 0xFD == 0x01
        and frame.data[at + 1] == 0x00
        and frame.data[at + 2] == 0x0C
        and frame.data[at + 3] == 0x00
        and frame.data[at + 4] == 0x00
        and frame.data[at + 5] & 0xF0 == 0
    )


def decode_isl(frame: Frame, segment: Segment, at: int) -> int:
    """Decode Inter-Switch Link."""
    if at + ISL_HEADER > frame.end:
        return frame.fault(ETHERNET_TRUNCATED, at, ISL_HEADER)
    if segment.vlan < 0:
        segment.vlan = be16(frame, at + ISL_VLAN) >> 1  # the last bit marks spanning tree
    return frame.enter(ETHERNET, at + ISL_HEADER)
