"""Tags between the Ethernet header and the IP packet, for networks and switches.

They end in the EtherType of what follows, as a VLAN tag does, and differ in length only.
"""

VLAN = 0x8100  # IEEE 802.1Q
QINQ = 0x88A8  # IEEE 802.1ad
QINQ_OLD = 0x9100  # before IEEE 802.1ad gave QinQ a number of its own
VN_TAG = 0x8926  # Cisco, between switches and network interfaces
E_TAG = 0x893F  # IEEE 802.1BR
I_TAG = 0x88E7  # IEEE 802.1ah, with the customer's addresses behind it
FABRIC_PATH = 0x8903  # Cisco, with the whole Ethernet header behind it
HSR = 0x892F  # IEC 62439-3: path, length, sequence number
R_TAG = 0xF1C1  # IEEE 802.1CB: reserved, sequence number
METADATA = 0x8909  # Cisco: version, length, one option with a security group
EDSA = 0xDADA  # Marvell, between a switch and its processor, as Linux lets it be set

ETHERNET_HEADER = 14


def is_vlan(ethertype: int) -> bool:
    """Return whether `ethertype` announces a VLAN tag."""
    return ethertype == VLAN or ethertype == QINQ or ethertype == QINQ_OLD


def tag_length(ethertype: int) -> int:
    """Return how many octets there are from a tag to behind the next EtherType, 0 if it is none."""
    if is_vlan(ethertype):
        return 4
    if ethertype == VN_TAG or ethertype == HSR or ethertype == R_TAG:
        return 6
    if ethertype == E_TAG or ethertype == METADATA or ethertype == EDSA:
        return 8
    if ethertype == I_TAG:
        return 4 + ETHERNET_HEADER
    if ethertype == FABRIC_PATH:
        return 2 + ETHERNET_HEADER
    return 0
