"""The pcapng file format (draft-ietf-opsawg-pcapng) in numbers: sections of blocks.

A block is: type, total length, body, total length again; all numbers in the byte order of the
section, and everything padded to four octets.
"""

# Block types (section 11.1); the first reads the same in both byte orders.
SECTION_HEADER = 0x0A0D0D0A
INTERFACE = 1
PACKET = 2
SIMPLE_PACKET = 3
NAMES = 4
STATISTICS = 5
ENHANCED_PACKET = 6

MAGIC = b"\x0a\x0d\x0d\x0a"

# As it lies in the file, behind type and length: big endian?
BYTE_ORDER = {b"\x1a\x2b\x3c\x4d": True, b"\x4d\x3c\x2b\x1a": False}
BYTE_ORDER_MAGIC = 0x1A2B3C4D

# Octets of a block without its body, and of what one needs to see of it first: the byte order of a
# section stands in its first 12 octets, too.
BLOCK = 12
BLOCK_HEADER = 12

# Octets of its length at its end.
LENGTH = 4

# Octets of the fixed part of each block, its lengths included.
FIXED = {
    SECTION_HEADER: 28,
    INTERFACE: 20,
    PACKET: 32,
    SIMPLE_PACKET: 16,
    NAMES: 12,
    STATISTICS: 24,
    ENHANCED_PACKET: 32,
}

# Octets of an enhanced packet block without a frame.
SMALLEST_PACKET = 32

# No block whose content counts is longer; Wireshark's limit, too.
MAX_BLOCK = 16 << 20

# A section with more interfaces is damaged or hostile.
MAX_INTERFACES = 1 << 16

# The version that is written (section 4.1), and the length of a section that nobody knows yet.
MAJOR_VERSION, MINOR_VERSION = 1, 0
UNKNOWN_LENGTH = -1

# Options of any block, and of each kind.
END_OF_OPTIONS, COMMENT = 0, 1
SHB_OS, SHB_USERAPPL = 3, 4
IF_NAME, IF_TSRESOL, IF_FILTER, IF_TSOFFSET = 2, 9, 11, 14
EPB_DROPCOUNT = 4
ISB_STARTTIME, ISB_ENDTIME = 2, 3
ISB_IFRECV, ISB_IFDROP, ISB_FILTERACCEPT, ISB_OSDROP = 4, 5, 6, 7

# Drops of an obsolete packet block that nobody counted.
UNKNOWN_DROPS = 0xFFFF

# Record types of a name resolution block.
END_OF_NAMES, NAMES_IPV4, NAMES_IPV6 = 0, 1, 2
