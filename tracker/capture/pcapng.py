"""Walk over the blocks of a pcapng file (see `pcapng_format`)."""

from tracker.capture.about import About
from tracker.capture.errors import CaptureError
from tracker.capture.pcap_format import MAX_CAPTURED, MAX_MESSAGE, NATIVE_BIG
from tracker.capture.pcapng_blocks import BlockReader
from tracker.capture.pcapng_format import (
    BLOCK,
    BLOCK_HEADER,
    BYTE_ORDER,
    COMMENT,
    END_OF_OPTIONS,
    ENHANCED_PACKET,
    EPB_DROPCOUNT,
    FIXED,
    INTERFACE,
    LENGTH,
    MAGIC,
    MAX_BLOCK,
    MAX_INTERFACES,
    NAMES,
    PACKET,
    SECTION_HEADER,
    SIMPLE_PACKET,
    SMALLEST_PACKET,
    STATISTICS,
    UNKNOWN_DROPS,
)
from tracker.capture.walker import Walker
from tracker.frames import CAPACITY, Frames
from tracker.moment import LAST

_NS_IN_S = 1_000_000_000
_NS_DIGITS = 9

# The last second that is whole.
_LAST_SECOND = LAST // _NS_IN_S - 1

# More digits than that, and 64 bits do not reach 1 ns; nor do they with that many bits.
_MAX_DIGITS = 28
_MAX_BITS = 127

# What became of a block.
_TAKEN, _FRAME, _LATER, _BAD = 0, 1, 2, 3


class Interface:
    """How the frames of one interface are to be read.

    offset        what its times count from, s since 1970
    units         how many units of its times are 1 s; 0 if they are finer than ns or binary
    multiplier    ns in a unit
    limit         the latest time, in units, that a frame can have for certain
    divisor       units in 1 ns, where they are a power of ten finer than ns; else 0
    bits          its units are 2**-bits s, where they are neither
    """

    def __init__(self, link_type: int, snap_length: int, resolution: int, offset: int) -> None:
        self.link_type = link_type
        self.snap_length = snap_length
        self.max_captured = MAX_MESSAGE.get(link_type, MAX_CAPTURED)
        self.offset = max(min(offset, _LAST_SECOND), -_LAST_SECOND)
        self.units = 0
        self.multiplier = 0
        self.divisor = 0
        self.bits = 0
        self.limit = 0
        if resolution & 0x80:
            self.bits = resolution & 0x7F
        else:
            self._decimal(resolution)

    def _decimal(self, digits: int) -> None:
        """Set the units to 10**-digits s."""
        if digits > _MAX_DIGITS:
            self.bits = _MAX_BITS
            return
        if digits > _NS_DIGITS:
            self.divisor = 10 ** (digits - _NS_DIGITS)
            return
        self.units = 10**digits
        self.multiplier = 10 ** (_NS_DIGITS - digits)
        if self.offset >= 0:
            self.limit = (_LAST_SECOND - self.offset) * self.units


class PcapngWalker(Walker):
    """Walks over the blocks of one pcapng file.

    unknown_interface    frames left out because nothing says what their interface is
    clamped              frames whose time is later than any can be
    """

    def __init__(self, header: bytes, about: About) -> None:
        """Take the first octets of the file; raise CaptureError if it is no such file."""
        if header[:4] != MAGIC:
            raise CaptureError("not a pcapng file")
        Walker.__init__(self, 0, "block", BLOCK_HEADER)
        self.frames = 0
        self.unknown_interface = 0
        self.clamped = 0
        self._about = about
        self._reader = BlockReader(about)
        self._interfaces: list[Interface] = []
        self._latest = 0
        self._time = 0
        self._length = 0  # of the block in which it stands, as it says
        self.data = header

    def walk(self, frames: Frames, data: bytes | bytearray, start: int, end: int) -> int:
        """Fill `frames` with the packets of `data[start:end]`; return where the rest begins."""
        frames.data = data
        frames.count = 0
        self.data = frames.data
        self.more = False
        self.needed = 0
        self.skip = 0
        if self.skipped:
            if not self._ends(start, end):
                return start
            start += LENGTH
            self.skipped = 0
        while True:
            start = self._run(frames, data, start, end)
            if start + BLOCK_HEADER > end:
                break
            if frames.count == CAPACITY:
                self.more = True
                break
            size = self._size(start, end)
            if size == 0:
                break
            if start + size > end:
                self._partial(start, size)
                break
            if self._block(frames, start, size) >= _LATER:
                break
            start += size
        self.frames += frames.count
        return start

    def _run(self, frames: Frames, data: bytes | bytearray, start: int, end: int) -> int:
        """Take enhanced packet blocks of one interface as long as nothing is unusual about them.

        They are nearly all that a capture holds.  Returns where the first other block begins, about
        which `_block` decides: nothing is said about any block here.
        """
        if start & 3 or self._latest >= len(self._interfaces):
            return start
        interface = self._interfaces[self._latest]
        if frames.count and frames.link_type != interface.link_type:
            return start
        frames.link_type = interface.link_type
        number, limit, max_captured = self._latest, interface.limit, interface.max_captured
        multiplier, offset = interface.multiplier, interface.offset * _NS_IN_S
        words = memoryview(data)[: end & ~3].cast("I")
        times, starts, lengths, wires = frames.times, frames.starts, frames.lengths, frames.wires
        is_swapped = self.big != NATIVE_BIG
        time = self._time
        count = frames.count
        last = end - SMALLEST_PACKET
        while count < CAPACITY and start <= last:
            at = start >> 2
            kind, size, its = words[at], words[at + 1], words[at + 2]
            ticks, ticks_low = words[at + 3], words[at + 4]
            captured, wire = words[at + 5], words[at + 6]
            if is_swapped:
                kind, size, its = _swapped(kind), _swapped(size), _swapped(its)
                ticks, ticks_low = _swapped(ticks), _swapped(ticks_low)
                captured, wire = _swapped(captured), _swapped(wire)
            ticks = ticks << 32 | ticks_low
            following = start + size
            if (
                kind != ENHANCED_PACKET
                or its != number
                or captured > max_captured
                or size != SMALLEST_PACKET + ((captured + 3) & ~3)
                or following > end
                or words[at + (size >> 2) - 1] != words[at + 1]
                or ticks > limit
            ):
                break
            time = ticks * multiplier + offset
            times[count] = time
            starts[count] = start + 28
            lengths[count] = captured
            wires[count] = wire
            start = following
            count += 1
        self._time = time
        frames.count = count
        return start

    def _size(self, start: int, end: int) -> int:
        """Return how many octets the block at `start` has, 0 if it is none."""
        if self.u32(start) == SECTION_HEADER and not self._set_byte_order(start):
            return 0
        length = self.u32(start + 4)
        if length < BLOCK:
            self.problem = f"a block says it has {length} octets, fewer than a block can have"
            return 0
        size = (length + 3) & ~3  # some programs leave the padding out of the length
        self._length = length
        if start + size <= end and not self._ends(start + size - LENGTH, end):
            return 0
        return size

    def _ends(self, at: int, end: int) -> bool:
        """Return whether the block ends with the length that it began with."""
        if at + LENGTH > end:
            self.needed = LENGTH
            return False
        second = self.u32(at)
        if second != self._length:
            self.problem = f"a block says it has {self._length} octets, and at its end {second}"
            return False
        return True

    def _set_byte_order(self, start: int) -> bool:
        """Set the byte order of the section that begins at `start`."""
        mark = bytes(self.data[start + 8 : start + 12])
        if mark not in BYTE_ORDER:
            self.problem = f"a section whose byte-order magic is {mark.hex(' ')}, which is none"
            return False
        self.big = BYTE_ORDER[mark]
        return True

    def _partial(self, start: int, size: int) -> None:
        """Deal with a block that is not whole yet: wait for the rest, or skip it up to its end."""
        if self.u32(start) not in FIXED:
            self.skip = self.skipped = size - LENGTH
            self.needed = LENGTH
            return
        self.needed = size
        if size > MAX_BLOCK:
            self._too_large(size)

    def _too_large(self, size: int) -> int:
        self.problem = (
            f"a block says it has {size} octets, more than the {MAX_BLOCK} that are possible"
        )
        return _BAD

    def _block(self, frames: Frames, start: int, size: int) -> int:
        """Take the block of `size` octets at `start`; return what became of it."""
        kind = self.u32(start)
        if kind == ENHANCED_PACKET and size >= SMALLEST_PACKET:
            return self._packet(frames, start, size, self.u32(start + 8))
        if kind not in FIXED:
            return _TAKEN
        if size < FIXED[kind]:
            return self._too_small(size)
        if size > MAX_BLOCK:
            return self._too_large(size)
        if kind == SIMPLE_PACKET:
            return self._simple(frames, start, size)
        if kind == PACKET:
            return self._obsolete(frames, start, size)
        return self._other(kind, bytes(self.data[start + 8 : start + size - 4]))

    def _too_small(self, size: int) -> int:
        self.problem = f"a block of {size} octets, too few for what it is to hold"
        return _BAD

    def _obsolete(self, frames: Frames, start: int, size: int) -> int:
        """Take a packet block of the older form (appendix A), which counts drops in its header."""
        done = self._packet(frames, start, size, self.u16(start + 8))
        if done == _FRAME and self.u16(start + 10) != UNKNOWN_DROPS:
            self._about.add_drops(self.u16(start + 10))
        return done

    def _packet(self, frames: Frames, start: int, size: int, number: int) -> int:
        """Take an enhanced packet block (section 4.3) of interface `number`, or an older one."""
        captured = self.u32(start + 20)
        if captured > size - SMALLEST_PACKET:
            return self._too_long(captured, size)
        if number >= len(self._interfaces):
            self.unknown_interface += 1
            return _TAKEN
        self._latest = number
        interface = self._interfaces[number]
        if captured > interface.max_captured:
            return self._too_long(captured, interface.max_captured)
        if frames.link_type != interface.link_type and not self._set_link_type(frames, interface):
            return _LATER
        options = start + 28 + ((captured + 3) & ~3)
        if options < start + size - 4:
            self._options(frames, options, start + size - 4)
        self._set_time(interface, self.u32(start + 12), self.u32(start + 16))
        frames.append(self._time, start + 28, captured, self.u32(start + 24))
        return _FRAME

    def _simple(self, frames: Frames, start: int, size: int) -> int:
        """Take a simple packet block (section 4.4): of the first interface, without a time.

        It gets the time of the frame before it: it was not captured earlier.
        """
        if not self._interfaces:
            self.unknown_interface += 1
            return _TAKEN
        interface = self._interfaces[0]
        wire = self.u32(start + 8)
        captured = min(wire, size - 16)
        if interface.snap_length:
            captured = min(captured, interface.snap_length)
        if captured > interface.max_captured:
            return self._too_long(captured, interface.max_captured)
        if frames.link_type != interface.link_type and not self._set_link_type(frames, interface):
            return _LATER
        frames.append(self._time, start + 12, captured, wire)
        return _FRAME

    def _too_long(self, captured: int, limit: int) -> int:
        self.problem = (
            f"a packet block says it has {captured} octets captured, more than fit into {limit}"
        )
        return _BAD

    def _set_link_type(self, frames: Frames, interface: Interface) -> bool:
        """Give the block of frames its link type; return False if it has another one."""
        if frames.count:
            self.more = True
            return False
        frames.link_type = interface.link_type
        return True

    def _options(self, frames: Frames, at: int, end: int) -> None:
        """Read the options of a packet block that count."""
        while at + 4 <= end:
            code = self.u16(at)
            length = self.u16(at + 2)
            at += 4
            if code == END_OF_OPTIONS:
                break
            if at + length > end:
                self._about.bad_options += 1
                break
            if code == COMMENT:
                text = bytes(self.data[at : at + length])
                self._about.add_comment("frame", self.frames + frames.count + 1, text)
            elif code == EPB_DROPCOUNT and length == 8:
                self._add_drops(at)
            at += (length + 3) & ~3

    def _add_drops(self, at: int) -> None:
        octets = bytes(self.data[at : at + 8])
        self._about.add_drops(int.from_bytes(octets, "big" if self.big else "little"))

    def _set_time(self, interface: Interface, high: int, low: int) -> None:
        """Set the time to that of a time stamp, whose halves these are; finer than ns is cut."""
        ticks = high
        ticks = ticks << 32 | low
        if ticks <= interface.limit:
            self._time = ticks * interface.multiplier + interface.offset * _NS_IN_S
        elif interface.units or interface.divisor:
            self._set_decimal(interface, ticks)
        else:
            self._set_binary(interface, ticks)

    def _set_decimal(self, interface: Interface, ticks: int) -> None:
        """Set the time where a multiplication is not enough; units are powers of ten."""
        seconds = 0
        fraction = 0
        if interface.divisor:
            fraction = ticks // interface.divisor
            seconds = fraction // _NS_IN_S
            fraction -= seconds * _NS_IN_S
        else:
            seconds = ticks // interface.units
            fraction = (ticks - seconds * interface.units) * interface.multiplier
        self._set_parts(interface, seconds, fraction)

    def _set_binary(self, interface: Interface, ticks: int) -> None:
        """Set the time; units are powers of two.

        The fraction times 10**9 would have 94 bits, so its halves are multiplied one by one.
        """
        bits = interface.bits
        seconds = 0
        if bits < 64:
            seconds = ticks >> bits
            ticks -= seconds << bits
        high = ticks >> 32
        low = ticks & 0xFFFFFFFF
        fraction = 0
        if bits < 32:
            fraction = low * _NS_IN_S >> bits
        elif bits < 32 + 63:
            fraction = high * _NS_IN_S + (low * _NS_IN_S >> 32)
            fraction = fraction >> (bits - 32)
        self._set_parts(interface, seconds, fraction)

    def _set_parts(self, interface: Interface, seconds: int, fraction: int) -> None:
        """Set the time to that many s and ns after the interface's offset."""
        last = _LAST_SECOND - interface.offset
        whole = min(seconds, 2 * _LAST_SECOND + 1)  # so that it is signed, in C as well
        if whole > last:
            whole = last
            self.clamped += 1
        self._time = (whole + interface.offset) * _NS_IN_S + fraction

    def _other(self, kind: int, body: bytes) -> int:
        """Take a block that holds no frame: what stands between its lengths."""
        if kind == SECTION_HEADER:
            self._interfaces = []
            self._latest = 0
            return self._begin_section(body)
        if kind == INTERFACE:
            if len(self._interfaces) == MAX_INTERFACES:
                self.problem = f"a section with more than {MAX_INTERFACES} interfaces"
                return _BAD
            self._interfaces.append(Interface(*self._reader.interface(body)))
        elif kind == NAMES:
            self._reader.names(body)
        elif kind == STATISTICS:
            self._reader.statistics(body)
        return _TAKEN

    def _begin_section(self, body: bytes) -> int:
        major = int.from_bytes(body[4:6], "big" if self.big else "little")
        if major != 1:
            self.problem = f"a section of pcapng version {major}, which is not known"
            return _BAD
        self._reader.begin_section(body, self.big)
        return _TAKEN

    def warnings(self) -> list[str]:
        """Return what could not be read so far, a line each."""
        lines = []
        if self.unknown_interface:
            lines.append(
                "frames left out, because their section describes no such interface: "
                f"{self.unknown_interface}"
            )
        if self.clamped:
            lines.append(f"frames with times after the year 2116, taken as that: {self.clamped}")
        return lines


def _swapped(number: int) -> int:
    """Return 32 bits with their octets the other way round."""
    return (number & 0xFF) << 24 | (number & 0xFF00) << 8 | (number >> 8 & 0xFF00) | (number >> 24)
