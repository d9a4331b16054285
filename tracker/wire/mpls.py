"""MPLS: a stack of labels (RFC 3032), IP behind it, and pseudowires (RFC 4385, RFC 4448).

What a label carries is only said when the path is set up.  The first four bits behind the stack
tell IP (4, 6) from a control word (0) and an associated channel (1) (RFC 4928 section 3, RFC 4385
section 3), but an Ethernet frame without a control word may begin with any of them.
"""

from tracker.wire.inner import ipv4_fits, ipv6_fits
from tracker.wire.layers import ETHERNET, IP
from tracker.wire.reasons import OTHER_MPLS, SHIM_TRUNCATED
from tracker.wire.segment import Frame

BOTTOM = 0x01  # of stack, in the third octet of a label
LABEL = 4
CHANNEL_LABEL = 13  # generic associated channel (RFC 5586 section 4)

CHANNEL_HEADER = 4
CHANNEL_IPV4 = 0x0021  # RFC 4385 section 6
CHANNEL_IPV6 = 0x0057

CONTROL_WORD = 4
ETHERNET_HEADER = 14
SOURCE_ADDRESS = 6
ETHERTYPE = 12
NOT_UNIVERSAL = 0x03  # in the first octet of an address: a group's, or locally administered

# Ethernet addresses that begin 00:00 to 00:26 were assigned to makers one after the other, those
# that begin 00:30, 00:40, ... before them; of the others that begin 00 only some.
LAST_IN_ORDER = 0x26

IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
VLAN, QINQ, QINQ_OLD = 0x8100, 0x88A8, 0x9100
MPLS, PPPOE = 0x8847, 0x8864


def decode_mpls(frame: Frame, at: int) -> int:
    """Step over the labels at `at` to IP, to an associated channel or to a pseudowire."""
    bottom = label = 0
    while not bottom:
        if at + LABEL > frame.end:
            return frame.fault(SHIM_TRUNCATED, at, LABEL)
        bottom = frame.data[at + 2] & BOTTOM
        label = frame.data[at] << 12 | frame.data[at + 1] << 4 | frame.data[at + 2] >> 4
        at += LABEL
    if at >= frame.end:
        return frame.fault(SHIM_TRUNCATED, at, 1)
    version = frame.data[at] >> 4
    if version == 1 or label == CHANNEL_LABEL:
        return _channel(frame, at)
    if version == 4 or version == 6:
        return frame.enter(IP, at)
    if version == 0:
        return _pseudowire(frame, at)
    return frame.fault(OTHER_MPLS, at, 0)


def _channel(frame: Frame, at: int) -> int:
    """Step over the associated channel header at `at` (RFC 4385 section 5)."""
    if at + CHANNEL_HEADER > frame.end:
        return frame.fault(SHIM_TRUNCATED, at, CHANNEL_HEADER)
    channel = frame.data[at + 2] << 8 | frame.data[at + 3]
    if channel == CHANNEL_IPV4 or channel == CHANNEL_IPV6:
        return frame.enter(IP, at + CHANNEL_HEADER)
    return frame.fault(OTHER_MPLS, at, 0)


def _pseudowire(frame: Frame, at: int) -> int:
    """Enter the Ethernet frame at `at`, or the one behind the control word there.

    Four zero bits begin a control word, or the address of a maker.  Without a control word, both
    addresses have to be universal.  Where a control word could as well begin two addresses of
    makers, nothing is decoded: so with 02:00:00:00:00:01, which people make up, behind it.
    """
    if at + CONTROL_WORD + ETHERNET_HEADER > frame.wire_end:
        return frame.fault(OTHER_MPLS, at, 0)
    if at + CONTROL_WORD + ETHERNET_HEADER > frame.end:
        return frame.fault(SHIM_TRUNCATED, at, CONTROL_WORD + ETHERNET_HEADER)
    if _is_universal(frame, at) and _is_universal(frame, at + SOURCE_ADDRESS):
        if _is_ethernet(frame, at):
            return frame.enter(ETHERNET, at)
    if _is_old(frame, at) and _is_old(frame, at + SOURCE_ADDRESS):
        return frame.fault(OTHER_MPLS, at, 0)
    if _is_ethernet(frame, at + CONTROL_WORD):
        return frame.enter(ETHERNET, at + CONTROL_WORD)
    return frame.fault(OTHER_MPLS, at, 0)


def _is_universal(frame: Frame, at: int) -> bool:
    """Return whether the Ethernet address at `at` is one that a maker gave to one station."""
    return not frame.data[at] & NOT_UNIVERSAL


def _is_old(frame: Frame, at: int) -> bool:
    """Return whether the address at `at` lies where all were assigned to makers."""
    second = frame.data[at + 1]
    if frame.data[at]:
        return False
    return second <= LAST_IN_ORDER or (second & 15 == 0 and second not in (0x70, 0xB0, 0xF0))


def _is_ethernet(frame: Frame, at: int) -> bool:
    """Return whether the EtherType of a frame at `at` is a frequent one, and what is IP fits."""
    ethertype = frame.data[at + ETHERTYPE] << 8 | frame.data[at + ETHERTYPE + 1]
    if ethertype == IPV4:
        return ipv4_fits(frame, at + ETHERNET_HEADER)
    if ethertype == IPV6:
        return ipv6_fits(frame, at + ETHERNET_HEADER)
    return ethertype in (ARP, VLAN, QINQ, QINQ_OLD, MPLS, PPPOE)
