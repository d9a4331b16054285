"""What may stand between the Ethernet header and the IP packet: tags, PPPoE, MPLS, NSH.

Most of them end in the EtherType of what follows, as a VLAN tag does, and differ in length only.
"""

from tracker.wire.reasons import OTHER_MPLS, OTHER_NSH, OTHER_PPP, SHIM_TRUNCATED
from tracker.wire.segment import Frame

IPV4 = 0x0800
IPV6 = 0x86DD

VLAN = 0x8100  # IEEE 802.1Q
QINQ = 0x88A8  # IEEE 802.1ad
QINQ_OLD = 0x9100  # before IEEE 802.1ad gave QinQ a number of its own
VN_TAG = 0x8926  # Cisco, between switches and network interfaces
E_TAG = 0x893F  # IEEE 802.1BR
I_TAG = 0x88E7  # IEEE 802.1ah, with the customer's addresses behind it
FABRIC_PATH = 0x8903  # Cisco, with the whole Ethernet header behind it
PPPOE = 0x8864  # RFC 2516
MPLS = 0x8847  # RFC 3032
MPLS_MULTICAST = 0x8848
NSH = 0x894F  # RFC 8300

PPP_IPV4 = 0x0021
PPP_IPV6 = 0x0057
MPLS_BOTTOM = 0x01  # of stack, in the third octet of a label
NSH_IPV4, NSH_IPV6, NSH_ETHERNET = 1, 2, 3
ETHERNET_HEADER = 14


def is_vlan(ethertype: int) -> bool:
    """Return whether `ethertype` announces a VLAN tag."""
    return ethertype == VLAN or ethertype == QINQ or ethertype == QINQ_OLD


def tag_length(ethertype: int) -> int:
    """Return how many octets there are from a tag to behind the next EtherType, 0 if it is none."""
    if is_vlan(ethertype):
        return 4
    if ethertype == VN_TAG:
        return 6
    if ethertype == E_TAG:
        return 8
    if ethertype == I_TAG:
        return 4 + ETHERNET_HEADER
    if ethertype == FABRIC_PATH:
        return 2 + ETHERNET_HEADER
    return 0


def step_over(frame: Frame, ethertype: int, at: int) -> int:
    """Step over the shim at offset `at`; return where what follows begins.

    `frame.next_type` is its EtherType then.  Returns a reason, negated, where it cannot go on, and
    0 where `ethertype` announces no shim.
    """
    length = tag_length(ethertype)
    if length:
        if at + length > frame.end:
            return -frame.fault(SHIM_TRUNCATED, at, length)
        frame.next_type = frame.data[at + length - 2] << 8 | frame.data[at + length - 1]
        return at + length
    if ethertype == PPPOE:
        return _pppoe(frame, at)
    if ethertype == MPLS or ethertype == MPLS_MULTICAST:
        return _mpls(frame, at)
    if ethertype == NSH:
        return _nsh(frame, at)
    return 0


def _pppoe(frame: Frame, at: int) -> int:
    if at + 8 > frame.end:
        return -frame.fault(SHIM_TRUNCATED, at, 8)
    protocol = frame.data[at + 6] << 8 | frame.data[at + 7]
    if protocol == PPP_IPV4:
        frame.next_type = IPV4
    elif protocol == PPP_IPV6:
        frame.next_type = IPV6
    else:
        frame.fault_number = protocol
        return -frame.fault(OTHER_PPP, at + 6, 0)
    return at + 8


def _mpls(frame: Frame, at: int) -> int:
    """Step over a stack of labels; IP behind it is told by its version (RFC 4928 section 3).

    Whether anything else is a pseudowire, and of what, only its signalling says.
    """
    bottom = 0
    while not bottom:
        if at + 4 > frame.end:
            return -frame.fault(SHIM_TRUNCATED, at, 4)
        bottom = frame.data[at + 2] & MPLS_BOTTOM
        at += 4
    if at >= frame.end:
        return -frame.fault(SHIM_TRUNCATED, at, 1)
    version = frame.data[at] >> 4
    if version == 4:
        frame.next_type = IPV4
        return at
    if version == 6:
        frame.next_type = IPV6
        return at
    return -frame.fault(OTHER_MPLS, at, 0)


def _nsh(frame: Frame, at: int) -> int:
    if at + 8 > frame.end:
        return -frame.fault(SHIM_TRUNCATED, at, 8)
    length = (frame.data[at + 1] & 0x3F) * 4
    protocol = frame.data[at + 3]
    if at + length > frame.end:
        return -frame.fault(SHIM_TRUNCATED, at, length)
    if length >= 8 and protocol == NSH_IPV4:
        frame.next_type = IPV4
        return at + length
    if length >= 8 and protocol == NSH_IPV6:
        frame.next_type = IPV6
        return at + length
    if length >= 8 and protocol == NSH_ETHERNET:
        return _ethernet(frame, at + length)
    frame.fault_number = protocol
    return -frame.fault(OTHER_NSH, at + 3, 0)


def _ethernet(frame: Frame, at: int) -> int:
    """Step over an Ethernet header inside."""
    if at + ETHERNET_HEADER > frame.end:
        return -frame.fault(SHIM_TRUNCATED, at, ETHERNET_HEADER)
    at += ETHERNET_HEADER
    frame.next_type = frame.data[at - 2] << 8 | frame.data[at - 1]
    return at
