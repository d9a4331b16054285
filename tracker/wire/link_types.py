"""Link types as captures number them (https://www.tcpdump.org/linktypes.html)."""

LINKTYPE_ETHERNET = 1

#: Those that a user is likely to meet.
LINK_TYPE_NAMES = {
    0: "NULL",
    1: "ETHERNET",
    8: "SLIP",
    9: "PPP",
    10: "FDDI",
    50: "PPP_HDLC",
    101: "RAW",
    104: "C_HDLC",
    105: "IEEE802_11",
    107: "FRELAY",
    108: "LOOP",
    113: "LINUX_SLL",
    119: "IEEE802_11_PRISM",
    127: "IEEE802_11_RADIOTAP",
    147: "USER0",
    163: "IEEE802_11_AVS",
    192: "PPI",
    195: "IEEE802_15_4_WITHFCS",
    227: "CAN_SOCKETCAN",
    228: "IPV4",
    229: "IPV6",
    231: "DBUS",
    239: "NFLOG",
    249: "USBPCAP",
    251: "BLUETOOTH_LE_LL",
    258: "PKTAP",
    276: "LINUX_SLL2",
}


def link_type_name(link_type: int) -> str:
    """Return the name and number of a link type, as in "RAW (101)"."""
    name = LINK_TYPE_NAMES.get(link_type)
    return f"{name} ({link_type})" if name else str(link_type)
