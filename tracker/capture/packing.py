"""Pack frames into the records of a capture file: classic pcap, or pcapng.

It is done for each frame that a live capture records, so it is compiled.  The numbers are in the
byte order of this machine.
"""

from tracker.capture.pcap_format import MAX_CAPTURED, NATIVE_BIG, RECORD_HEADER
from tracker.capture.pcapng_format import ENHANCED_PACKET, SMALLEST_PACKET
from tracker.frames import Frames

#: Octets of records that are packed at a time, so few that they are still in the cache when they
#: are written; the longest frame fits.
ROOM = 1 << 19

_NS_IN_S = 1_000_000_000

# Octets of an enhanced packet block before its frame.
_BEFORE = 28

# The lower half of 64 bits, and the latest second that 32 bits can tell.
_LOW = 0xFFFFFFFF


class Packer:
    """Packs frames into `buffer`, from its beginning each time.

    Of a frame with more than `most` octets, only so many are taken.

    buffer    ROOM octets
    end       where the records in it end
    """

    def __init__(self, most: int) -> None:
        self.most = min(most, MAX_CAPTURED)
        self.buffer = bytearray(ROOM)
        self.end = 0
        self._octets = memoryview(self.buffer)
        self._words = memoryview(self.buffer).cast("I")

    def pack_records(self, frames: Frames, first: int, last: int, room: int) -> int:
        """Pack frames from `first` on, before `last`, as pcap records that fit into `room` octets.

        Returns the index of the first frame that did not fit, or `last`.  A time before 1970
        becomes the beginning of 1970, one after 2106 the last ns that seconds in 32 bits can tell.
        """
        data, octets, most = frames.data, self._octets, self.most
        times, starts, lengths, wires = frames.times, frames.starts, frames.lengths, frames.wires
        at = 0
        while first < last:
            length = lengths[first]
            length = min(length, most)
            behind = at + RECORD_HEADER + length
            if behind > room:
                break
            time = times[first]
            seconds = fraction = 0
            if time > 0:
                seconds = time // _NS_IN_S
                fraction = time - seconds * _NS_IN_S
            if seconds > _LOW:
                seconds, fraction = _LOW, _NS_IN_S - 1
            self._put(at, seconds)
            self._put(at + 4, fraction)
            self._put(at + 8, length)
            self._put(at + 12, wires[first])
            start = starts[first]
            octets[at + RECORD_HEADER : behind] = data[start : start + length]
            at = behind
            first += 1
        self.end = at
        return first

    def _put(self, at: int, number: int) -> None:
        """Put 32 bits at `at`, which may be anywhere."""
        if NATIVE_BIG:
            self._octets[at] = number >> 24
            self._octets[at + 1] = number >> 16 & 0xFF
            self._octets[at + 2] = number >> 8 & 0xFF
            self._octets[at + 3] = number & 0xFF
        else:
            self._octets[at] = number & 0xFF
            self._octets[at + 1] = number >> 8 & 0xFF
            self._octets[at + 2] = number >> 16 & 0xFF
            self._octets[at + 3] = number >> 24

    def pack_blocks(self, frames: Frames, first: int, last: int, room: int) -> int:
        """Pack frames as `pack_records` does, as enhanced packet blocks of interface 0, in ns.

        A time before 1970 becomes the beginning of 1970; all others can be told.
        """
        data, octets, words, most = frames.data, self._octets, self._words, self.most
        times, starts, lengths, wires = frames.times, frames.starts, frames.lengths, frames.wires
        at = 0
        while first < last:
            length = lengths[first]
            length = min(length, most)
            size = SMALLEST_PACKET + ((length + 3) & ~3)
            if at + size > room:
                break
            time = times[first]
            time = max(time, 0)
            behind = (at + size) >> 2
            words[behind - 2] = 0  # the padding, if there is any
            word = at >> 2
            words[word] = ENHANCED_PACKET
            words[word + 1] = size
            words[word + 2] = 0
            words[word + 3] = time >> 32
            words[word + 4] = time & _LOW
            words[word + 5] = length
            words[word + 6] = wires[first]
            words[behind - 1] = size
            start = starts[first]
            octets[at + _BEFORE : at + _BEFORE + length] = data[start : start + length]
            at += size
            first += 1
        self.end = at
        return first
