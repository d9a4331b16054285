"""What wireless adapters tell of a frame: headers that monitor mode puts before IEEE 802.11."""

from tracker.wire.layers import LINK, WIRELESS, WIRELESS_PADDED
from tracker.wire.link_types import LINKTYPE_IEEE802_11
from tracker.wire.octets import be32, drop_trailer, le16, le32
from tracker.wire.reasons import LINK_HEADER_LENGTH, LINK_TRUNCATED
from tracker.wire.segment import Frame

CHECK_SEQUENCE = 4  # octets at the end of an IEEE 802.11 frame

# radiotap (https://www.radiotap.org): version, padding, length, words of present fields, fields.
RADIOTAP_LENGTH = 2
RADIOTAP_PRESENT = 4
RADIOTAP_HEADER = 8
TSFT_PRESENT = 0x01  # 8 octets, aligned to 8
FLAGS_PRESENT = 0x02
MORE_WORDS = 0x80000000
FLAG_CHECK_SEQUENCE = 0x10
FLAG_PADDED = 0x20

# AVS (LINKTYPE_IEEE802_11_AVS): version, length.
AVS_LENGTH = 4
AVS_HEADER = 8
AVS_VERSION = 0x80211000  # without the last digit
PRISM_HEADER = 144  # LINKTYPE_IEEE802_11_PRISM

# PPI (LINKTYPE_PPI): version, flags, length, link type; then fields: type, length, value.
PPI_FLAGS = 1
PPI_ALIGNED = 0x01
PPI_LENGTH = 2
PPI_LINK_TYPE = 4
PPI_HEADER = 8
PPI_FIELD_HEADER = 4
PPI_COMMON = 2  # the type of the field 802.11-Common
PPI_COMMON_FLAGS = 8  # in its value
PPI_CHECK_SEQUENCE = 0x01


def decode_radiotap(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_IEEE802_11_RADIOTAP."""
    if at + RADIOTAP_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, RADIOTAP_HEADER)
    length = le16(frame, at + RADIOTAP_LENGTH)
    if length < RADIOTAP_HEADER:
        return frame.fault(LINK_HEADER_LENGTH, at + RADIOTAP_LENGTH, RADIOTAP_HEADER)
    if at + length > frame.end:
        return frame.fault(LINK_TRUNCATED, at, length)
    flags = _radiotap_flags(frame, at, length)
    if flags & FLAG_CHECK_SEQUENCE:
        drop_trailer(frame, CHECK_SEQUENCE)
    return frame.enter(WIRELESS, at + length, WIRELESS_PADDED if flags & FLAG_PADDED else 0)


def _radiotap_flags(frame: Frame, at: int, length: int) -> int:
    """Return the flags in the `length` octets of a radiotap header, 0 if it has none."""
    present = le32(frame, at + RADIOTAP_PRESENT)
    if not present & FLAGS_PRESENT:
        return 0
    field = RADIOTAP_HEADER
    word = present
    while word & MORE_WORDS and field + 4 <= length:
        word = le32(frame, at + field)
        field += 4
    if present & TSFT_PRESENT:
        field = ((field + 7) & ~7) + 8
    return frame.data[at + field] if field < length else 0


def decode_prism(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_IEEE802_11_PRISM, which some drivers gave to AVS headers, too."""
    if at + AVS_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, AVS_HEADER)
    if be32(frame, at) & 0xFFFFFFF0 == AVS_VERSION:
        return decode_avs(frame, at)
    if at + PRISM_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, PRISM_HEADER)
    return frame.enter(WIRELESS, at + PRISM_HEADER)


def decode_avs(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_IEEE802_11_AVS."""
    if at + AVS_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, AVS_HEADER)
    length = be32(frame, at + AVS_LENGTH)
    if length < AVS_HEADER:
        return frame.fault(LINK_HEADER_LENGTH, at + AVS_LENGTH, AVS_HEADER)
    if at + length > frame.end:
        return frame.fault(LINK_TRUNCATED, at, length)
    return frame.enter(WIRELESS, at + length)


def decode_ppi(frame: Frame, at: int) -> int:
    """Decode LINKTYPE_PPI: what is known of a frame of another link type."""
    if at + PPI_HEADER > frame.end:
        return frame.fault(LINK_TRUNCATED, at, PPI_HEADER)
    length = le16(frame, at + PPI_LENGTH)
    if length < PPI_HEADER:
        return frame.fault(LINK_HEADER_LENGTH, at + PPI_LENGTH, PPI_HEADER)
    if at + length > frame.end:
        return frame.fault(LINK_TRUNCATED, at, length)
    link_type = le32(frame, at + PPI_LINK_TYPE)
    if link_type == LINKTYPE_IEEE802_11 and _ppi_common(frame, at, length) & PPI_CHECK_SEQUENCE:
        drop_trailer(frame, CHECK_SEQUENCE)
    return frame.enter(LINK, at + length, link_type)


def _ppi_common(frame: Frame, at: int, length: int) -> int:
    """Return the flags of the field 802.11-Common of a PPI header, 0 without one."""
    end = at + length
    aligned = frame.data[at + PPI_FLAGS] & PPI_ALIGNED
    field = PPI_HEADER
    while at + field + PPI_FIELD_HEADER <= end:
        size = le16(frame, at + field + 2)
        flags = at + field + PPI_FIELD_HEADER + PPI_COMMON_FLAGS
        if le16(frame, at + field) == PPI_COMMON and flags + 2 <= end:
            return le16(frame, flags)
        field += PPI_FIELD_HEADER + size
        if aligned:
            field = (field + 3) & ~3
    return 0
