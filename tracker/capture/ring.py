"""Walk over the ring that Linux fills with frames: TPACKET_V3.

https://docs.kernel.org/networking/packet_mmap.html; offsets from linux/if_packet.h (struct
tpacket_block_desc, struct tpacket3_hdr, struct sockaddr_ll), all numbers as this machine has them.
"""

from mmap import mmap

from tracker.frames import CAPACITY, Frames
from tracker.wire.link_types import LINKTYPE_LINUX_SLL2

# A block of the ring.
_BLOCK_STATUS = 8
_BLOCK_FRAMES = 12
_BLOCK_FIRST = 16

# Whose a block is: TP_STATUS_KERNEL, TP_STATUS_USER.
_KERNELS, _OURS = 0, 1

# A frame of a block.
_NEXT = 0
_SECONDS = 4
_NANOSECONDS = 8
_CAPTURED = 12
_LENGTH = 16
_STATUS = 20
_LINK_HEADER = 24
_TAG = 32
_TAG_TYPE = 36

# The address (struct sockaddr_ll) behind its header.
_PROTOCOL = 50
_INTERFACE = 52
_DEVICE = 56
_PACKET_TYPE = 58
_ADDRESS_LENGTH = 59
_ADDRESS = 60
_ADDRESS_OCTETS = 8

# Bits of the status: TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID.
_HAS_TAG, _HAS_TAG_TYPE = 0x10, 0x40

_OUTGOING = 4  # PACKET_OUTGOING
_VLAN = 0x8100
_COOKED_HEADER = 20  # of LINUX_SLL2

#: By how many octets a frame may get longer here than the kernel captured it.
ADDED = 24
_TAG_OCTETS = 4
_MAC_ADDRESSES = 12
_NS_IN_S = 1_000_000_000


class Ring:
    """The ring of one packet socket, block by block.

    memory        the ring, as it is mapped
    block_size    octets of a block
    link_type     of the frames; LINUX_SLL2 for a "cooked" socket, whose frames come without their
                  link layer: that header is then made from what the kernel tells
    loopback      index of the interface that shows each frame twice, sent and received; what was
                  sent is left out there

    A VLAN tag that the kernel has taken out of a frame is put back, as libpcap does.
    """

    def __init__(self, memory: mmap, block_size: int, link_type: int, loopback: int) -> None:
        self.link_type = link_type
        self.block_size = block_size
        self.size = len(memory)
        self.loopback = loopback
        self._octets = memoryview(memory)
        self._shorts = memoryview(memory).cast("H")
        self._words = memoryview(memory).cast("I")
        self._block = 0  # its offset in the ring
        self._frame = 0  # the next frame's offset in the ring, 0 before the first of a block
        self._left = 0  # frames of the block that are still to be taken

    def is_ready(self) -> bool:
        """Return whether the kernel has handed over the next block."""
        return self._words[(self._block + _BLOCK_STATUS) >> 2] & _OURS != 0

    def fill(self, frames: Frames) -> bool:
        """Fill `frames` from a block that is ready; return whether there is more in it."""
        block = self._block
        if not self._frame:
            self._left = self._words[(block + _BLOCK_FRAMES) >> 2]
            self._frame = block + self._words[(block + _BLOCK_FIRST) >> 2]
        frames.data = self._octets
        frames.link_type = self.link_type
        frames.count = 0
        while self._left and frames.count < CAPACITY:
            at = self._frame
            self._take(frames, at)
            self._frame = at + self._words[(at + _NEXT) >> 2]
            self._left -= 1
        return self._left > 0

    def release(self) -> None:
        """Give the block back to the kernel: nothing of it may be looked at any more."""
        self._words[(self._block + _BLOCK_STATUS) >> 2] = _KERNELS
        self._frame = 0
        self._block += self.block_size
        if self._block >= self.size:
            self._block = 0

    def _take(self, frames: Frames, at: int) -> None:
        """Add the frame whose header is at `at`."""
        words = self._words
        is_sent = self._octets[at + _PACKET_TYPE] == _OUTGOING
        if is_sent and words[(at + _INTERFACE) >> 2] == self.loopback:
            return
        time = words[(at + _SECONDS) >> 2] * _NS_IN_S + words[(at + _NANOSECONDS) >> 2]
        start = at + self._shorts[(at + _LINK_HEADER) >> 1]
        length = words[(at + _CAPTURED) >> 2]
        added = 0
        if self.link_type == LINKTYPE_LINUX_SLL2:
            added = self._cook(at, start)
        elif words[(at + _STATUS) >> 2] & _HAS_TAG and length >= _MAC_ADDRESSES:
            added = self._put_tag_back(at, start)
        frames.append(time, start - added, length + added, words[(at + _LENGTH) >> 2] + added)

    def _put_tag_back(self, at: int, start: int) -> int:
        """Put the VLAN tag behind the MAC addresses (IEEE 802.1Q); return its octets.

        Between the header and the frame there is room for that, at least 14 octets.
        """
        octets = self._octets
        for i in range(_MAC_ADDRESSES):
            octets[start - _TAG_OCTETS + i] = octets[start + i]
        self._write16(start + _MAC_ADDRESSES - _TAG_OCTETS, self._tag_type(at))
        self._write16(start + _MAC_ADDRESSES - 2, self._shorts[(at + _TAG) >> 1])
        return _TAG_OCTETS

    def _cook(self, at: int, start: int) -> int:
        """Put a header of LINUX_SLL2, and a VLAN tag, before a frame; return their octets.

        Between the header and the frame there are 28 octets of room.
        """
        octets = self._octets
        has_tag = self._words[(at + _STATUS) >> 2] & _HAS_TAG
        added = _COOKED_HEADER + _TAG_OCTETS if has_tag else _COOKED_HEADER
        to = start - added
        if has_tag:
            self._write16(to, self._tag_type(at))
            self._write16(start - _TAG_OCTETS, self._shorts[(at + _TAG) >> 1])
            octets[start - 2] = octets[at + _PROTOCOL]
            octets[start - 1] = octets[at + _PROTOCOL + 1]
        else:
            octets[to] = octets[at + _PROTOCOL]
            octets[to + 1] = octets[at + _PROTOCOL + 1]
        interface = self._words[(at + _INTERFACE) >> 2]
        self._write16(to + 2, 0)
        self._write16(to + 4, interface >> 16)
        self._write16(to + 6, interface & 0xFFFF)
        self._write16(to + 8, self._shorts[(at + _DEVICE) >> 1])
        octets[to + 10] = octets[at + _PACKET_TYPE]
        octets[to + 11] = octets[at + _ADDRESS_LENGTH]
        for i in range(_ADDRESS_OCTETS):
            octets[to + 12 + i] = octets[at + _ADDRESS + i]
        return added

    def _tag_type(self, at: int) -> int:
        """Return the EtherType of the frame's VLAN tag; old kernels do not tell it."""
        if self._words[(at + _STATUS) >> 2] & _HAS_TAG_TYPE:
            return self._shorts[(at + _TAG_TYPE) >> 1]
        return _VLAN

    def _write16(self, at: int, number: int) -> None:
        """Write 16 bits in the order of the network."""
        self._octets[at] = number >> 8
        self._octets[at + 1] = number & 0xFF
