"""Link layers that name what follows by the number of an address family, mostly of BSD's sockets.

The numbers are those of the system that captured: IPv4 is 2 everywhere, IPv6 differs.
"""

from tracker.wire.layers import ETHERTYPE, IP, PPP
from tracker.wire.octets import be16, be32, le16, le32
from tracker.wire.reasons import LINK_HEADER_LENGTH, LINK_TRUNCATED, OTHER_FAMILY
from tracker.wire.segment import Frame

INET = 2
INET6_LINUX = 10
INET6_BSD = 24  # NetBSD, OpenBSD, BSD/OS
INET6_SOLARIS = 26
INET6_FREEBSD = 28
INET6_MACOS = 30

FAMILY = 4  # octets of the field

FRAMED_PPP = 0xFF03  # some programs wrote PPP under NULL and RAW
MAX_FAMILY = 0x05FF  # above, it is an EtherType, which some programs wrote

# The header of enc(4): family, security parameter index, flags.
ENC_HEADER = 12

# The header of pflog(4): its length without padding, the family, and more.
PFLOG_FAMILY = 1
PFLOG_MINIMUM = 45

# The header of Solaris' ipnet: version, family, and more (LINKTYPE_IPNET).
IPNET_FAMILY = 1
IPNET_HEADER = 24

# The header of NFLOG: family, version, resource; then attributes: length, type, value.
NFLOG_HEADER = 4
ATTRIBUTE_HEADER = 4
NFULA_PAYLOAD = 9  # linux/netfilter/nfnetlink_log.h
ATTRIBUTE_TYPE = 0x7FFF  # the bit above says something of the byte order

# The header of SLIP: direction, 15 octets of the compressed header that there was on the line.
SLIP_HEADER = 16


def decode_null(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_NULL and LINKTYPE_LOOP: a family in the byte order of whoever captured."""
    if at + FAMILY > frame.end:
        return frame.fault(LINK_TRUNCATED, at, FAMILY)
    if be16(frame, at) == FRAMED_PPP:
        return frame.enter(PPP, at)
    number = be32(frame, at)
    if number > 0xFFFF:
        number = le32(frame, at)
    if MAX_FAMILY < number <= 0xFFFF:
        return frame.enter(ETHERTYPE, at + FAMILY, number)
    return _family(frame, number, at, at + FAMILY)


def decode_raw(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_RAW: IP, but for programs that wrote PPP under it."""
    if at + 2 <= frame.end and be16(frame, at) == FRAMED_PPP:
        return frame.enter(PPP, at)
    return frame.enter(IP, at)


def decode_enc(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_ENC: what IPsec encapsulates, on BSD (enc(4))."""
    if at + ENC_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, ENC_HEADER)
    number = be32(frame, at)
    if number > 0xFFFF:
        number = le32(frame, at)
    return _family(frame, number, at, at + ENC_HEADER)


def decode_pflog(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_PFLOG: what a packet filter of BSD logs (pflog(4)), padded to 4 octets."""
    if at + 2 > frame.end:
        return frame.fault(LINK_TRUNCATED, at, 2)
    if frame.data[at] < PFLOG_MINIMUM:
        return frame.fault(LINK_HEADER_LENGTH, at, PFLOG_MINIMUM)
    length = (frame.data[at] + 3) & ~3
    if at + length > frame.end:
        return frame.fault(LINK_TRUNCATED, at, length)
    return _family(frame, frame.data[at + PFLOG_FAMILY], at + PFLOG_FAMILY, at + length)


def decode_ipnet(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_IPNET: IP on its way between zones of Solaris."""
    if at + IPNET_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, IPNET_HEADER)
    return _family(frame, frame.data[at + IPNET_FAMILY], at + IPNET_FAMILY, at + IPNET_HEADER)


def decode_slip(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_SLIP: the IP packet behind the header is not compressed any more."""
    if at + SLIP_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, SLIP_HEADER)
    return frame.enter(IP, at + SLIP_HEADER)


def decode_nflog(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_NFLOG: attributes of what netfilter logged, the packet among them."""
    if at + NFLOG_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, NFLOG_HEADER)
    family = at
    at += NFLOG_HEADER
    while at + ATTRIBUTE_HEADER <= frame.end:
        # Byte order is that of whoever captured; types are small numbers, never 0.
        little = frame.data[at + 2] != 0
        length = le16(frame, at) if little else be16(frame, at)
        kind = le16(frame, at + 2) if little else be16(frame, at + 2)
        if kind & ATTRIBUTE_TYPE == NFULA_PAYLOAD:
            return _logged(frame, family, at + ATTRIBUTE_HEADER)
        if length < ATTRIBUTE_HEADER:
            return frame.fault(LINK_HEADER_LENGTH, at, ATTRIBUTE_HEADER)
        at += (length + 3) & ~3
    return frame.fault(LINK_TRUNCATED, at, ATTRIBUTE_HEADER)


def _logged(frame: Frame, field: int, at: int) -> int:
    """Decode what was logged; rules for bridges and ARP (`field`: their family) see IP, too."""
    version = frame.data[at] >> 4 if at < frame.end else 4
    if version == 4 or version == 6:
        return frame.enter(IP, at)
    return _family(frame, frame.data[field], field, at)


def _family(frame: Frame, number: int, field: int, at: int) -> int:
    """Find what the family `number`, which stands at `field`, announces at `at`."""
    if _is_ip(number):
        return frame.enter(IP, at)
    frame.fault_number = number
    return frame.fault(OTHER_FAMILY, field, 0)


def _is_ip(number: int) -> bool:
    return (
        number == INET
        or number == INET6_BSD
        or number == INET6_FREEBSD
        or number == INET6_MACOS
        or number == INET6_LINUX
        or number == INET6_SOLARIS
    )
