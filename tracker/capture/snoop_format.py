"""The snoop file format (RFC 1761) in numbers: a header, then records."""

MAGIC = b"snoop\0\0\0"
VERSION = 2

FILE_HEADER = 16
RECORD_HEADER = 24

# Offsets in the file header and in a record header.
DATALINK = 12
ORIGINAL = 0
CAPTURED = 4
LENGTH = 8
DROPS = 12
SECONDS = 16
FRACTION = 20

# Link types (https://www.tcpdump.org/linktypes.html) by datalink type: those of the RFC, and of
# what Solaris added, ATM, IP over InfiniBand and IPNET.
LINK_TYPES = {0: 1, 2: 6, 4: 1, 8: 10, 16: 242, 18: 123, 26: 226}
