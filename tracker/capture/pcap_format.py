"""The classic pcap file format (draft-ietf-opsawg-pcap) in numbers: a header, then records.

Both byte orders; times in microseconds or nanoseconds.
"""

FILE_HEADER = 24
RECORD_HEADER = 16

# Offsets in the file header and in a record header.
MINOR_VERSION = 6
LINK_TYPE = 20
FRACTION = 4
CAPTURED = 8
ORIGINAL = 12

# The magic number as it lies in the file: (big endian, ns in one unit of the fraction).
MAGIC = {
    b"\xa1\xb2\xc3\xd4": (True, 1000),
    b"\xd4\xc3\xb2\xa1": (False, 1000),
    b"\xa1\xb2\x3c\x4d": (True, 1),
    b"\x4d\x3c\xb2\xa1": (False, 1),
}

# No frame is longer: libpcap's MAXIMUM_SNAPLEN, which other programs refuse to exceed, too.
MAX_CAPTURED = 262144

# Only this part of the field is the link type; the rest says how long a frame check sequence is.
LINK_TYPE_MASK = 0xFFFF

# Before version 2.3 the two lengths of a record stood the other way round (libpcap, sf-pcap.c).
SWAPPED_BEFORE = 3
