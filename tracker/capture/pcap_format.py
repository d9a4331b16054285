"""The classic pcap file format (draft-ietf-opsawg-pcap) in numbers: a header, then records.

Both byte orders; times in microseconds or nanoseconds.  The variants are those that libpcap's
sf-pcap.c and Wireshark's wiretap/libpcap.c describe: their records have longer headers, which begin
like the standard one.
"""

import sys

FILE_HEADER = 24
RECORD_HEADER = 16

# Offsets in the file header and in a record header.
MINOR_VERSION = 6
SNAP_LENGTH = 16
LINK_TYPE = 20
FRACTION = 4
CAPTURED = 8
ORIGINAL = 12

# Record headers: that of Kuznetzov's variant adds interface, protocol and packet type, SuSE's
# (ss990915) two processors as well; Nokia's four octets of its own.
KUZNETZOV, SUSE, NOKIA = 24, 28, 20

# The magic number as it lies in the file: (big endian, ns in one unit of the fraction, the record
# headers that it may announce, the likeliest first).  The last four are IXIA's lcap, of hardware
# and of software, whose file header has one more field.
MAGIC = {
    b"\xa1\xb2\xc3\xd4": (True, 1000, (RECORD_HEADER, KUZNETZOV, NOKIA)),
    b"\xd4\xc3\xb2\xa1": (False, 1000, (RECORD_HEADER, KUZNETZOV, NOKIA)),
    b"\xa1\xb2\x3c\x4d": (True, 1, (RECORD_HEADER,)),
    b"\x4d\x3c\xb2\xa1": (False, 1, (RECORD_HEADER,)),
    b"\xa1\xb2\xcd\x34": (True, 1000, (KUZNETZOV, SUSE)),
    b"\x34\xcd\xb2\xa1": (False, 1000, (KUZNETZOV, SUSE)),
    b"\x1c\x00\x01\xac": (True, 1000, (RECORD_HEADER,)),
    b"\xac\x01\x00\x1c": (False, 1000, (RECORD_HEADER,)),
    b"\x1c\x00\x01\xab": (True, 1000, (RECORD_HEADER,)),
    b"\xab\x01\x00\x1c": (False, 1000, (RECORD_HEADER,)),
}

# What is written: times in ns, version 2.4 (section 4), both in the byte order of this machine.
NS_MAGIC = 0xA1B23C4D
VERSION = (2, 4)

# IXIA's additional field: how many octets all records have.
LCAP_MAGIC = (0x1C0001AC, 0x1C0001AB)
LCAP_FIELD = 4

# How many records are looked at to tell the variants apart.
TRIED = 3

# No frame is longer: libpcap's MAXIMUM_SNAPLEN, which other programs refuse to exceed, too; but for
# D-Bus, USBPcap and Elektrobit, where a message counts as a frame (libpcap's max_snaplen_for_dlt).
MAX_CAPTURED = 262144
MAX_MESSAGE = {231: 128 << 20, 249: 128 << 20, 279: 8 << 20}

# Is this machine big endian?
NATIVE_BIG = sys.byteorder == "big"

# Only this part of the field is the link type; the rest says how long a frame check sequence is.
LINK_TYPE_MASK = 0xFFFF

# Before version 2.3 the two lengths of a record stood the other way round (libpcap, sf-pcap.c).
SWAPPED_BEFORE = 3
