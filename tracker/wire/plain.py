"""Nineteen of twenty frames: Ethernet, IPv4 without options, a whole TCP segment that is no SYN.

`ethernet`, `ip` and `tcp` decode everything, these frames too; going through all of them for each
costs as much again as tracking what they hold.  What is decoded here is right only as long as it is
what those would say, which a test checks.
"""

from tracker.wire.segment import SYN, TCP, Frame, Segment

# Offsets in the frame: Ethernet's (IEEE 802.3), IPv4's (RFC 791) and TCP's (RFC 9293) fields.
ETHERTYPE = 12
VERSION = 14
TOTAL_LENGTH = 16
IDENTIFICATION = 18
FRAGMENT = 20
PROTOCOL = 23
SOURCE = 26
DESTINATION = 30
SOURCE_PORT = 34
DESTINATION_PORT = 36
SEQUENCE = 38
ACKNOWLEDGMENT = 42
DATA_OFFSET = 46
FLAGS = 47
WINDOW = 48
END = 50  # what stands behind the window changes no state

ETHERNET_HEADER = 14
IP_HEADER = 20
HEADERS = 40
GROUP = 0x01  # in the first octet of a MAC address
V4_MAPPED = 0xFFFF00000000


def decode_plain(frame: Frame, segment: Segment) -> bool:
    """Decode the frame, if it is such a one; return whether it is."""
    at = frame.start
    if at + END > frame.end:
        return False
    if frame.data[at + ETHERTYPE] != 0x08 or frame.data[at + ETHERTYPE + 1] != 0x00:
        return False
    if frame.data[at + VERSION] != 0x45 or frame.data[at + PROTOCOL] != TCP:
        return False
    if frame.data[at + FRAGMENT] & 0x3F or frame.data[at + FRAGMENT + 1]:
        return False
    flags = frame.data[at + FLAGS]
    header = IP_HEADER + (frame.data[at + DATA_OFFSET] >> 4) * 4
    total = frame.data[at + TOTAL_LENGTH] << 8 | frame.data[at + TOTAL_LENGTH + 1]
    if flags & SYN or header < HEADERS or header > total:
        return False
    segment.to_group = (frame.data[at] & GROUP) != 0
    segment.version = 4
    segment.protocol = TCP
    segment.packet_at = at + ETHERNET_HEADER
    segment.transport_at = at + SOURCE_PORT
    segment.transport_length = total - IP_HEADER
    segment.ip_id = frame.data[at + IDENTIFICATION] << 8 | frame.data[at + IDENTIFICATION + 1]
    source = (
        frame.data[at + SOURCE] << 24
        | frame.data[at + SOURCE + 1] << 16
        | frame.data[at + SOURCE + 2] << 8
        | frame.data[at + SOURCE + 3]
    )
    destination = (
        frame.data[at + DESTINATION] << 24
        | frame.data[at + DESTINATION + 1] << 16
        | frame.data[at + DESTINATION + 2] << 8
        | frame.data[at + DESTINATION + 3]
    )
    segment.source_high = segment.destination_high = 0
    segment.source_low = V4_MAPPED | source
    segment.destination_low = V4_MAPPED | destination
    segment.source_port = frame.data[at + SOURCE_PORT] << 8 | frame.data[at + SOURCE_PORT + 1]
    segment.destination_port = (
        frame.data[at + DESTINATION_PORT] << 8 | frame.data[at + DESTINATION_PORT + 1]
    )
    segment.sequence = (
        frame.data[at + SEQUENCE] << 24
        | frame.data[at + SEQUENCE + 1] << 16
        | frame.data[at + SEQUENCE + 2] << 8
        | frame.data[at + SEQUENCE + 3]
    )
    segment.acknowledgment = (
        frame.data[at + ACKNOWLEDGMENT] << 24
        | frame.data[at + ACKNOWLEDGMENT + 1] << 16
        | frame.data[at + ACKNOWLEDGMENT + 2] << 8
        | frame.data[at + ACKNOWLEDGMENT + 3]
    )
    segment.flags = flags
    segment.window = frame.data[at + WINDOW] << 8 | frame.data[at + WINDOW + 1]
    segment.payload = total - header
    return True
