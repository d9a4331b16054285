"""A packet socket of Linux with a ring (packet(7), TPACKET_V3).

The kernel writes frames into memory that it shares with us, and hands them over in blocks: no
system call and no copy for each.
"""

import ctypes
import errno
import mmap
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from tracker.capture.errors import CaptureError
from tracker.capture.interfaces import ANY, Interface
from tracker.capture.quiet import quiet
from tracker.capture.ring import Ring
from tracker.frames import Frames
from tracker.wire.link_types import LINKTYPE_LINUX_SLL2

# linux/if_packet.h, linux/if_ether.h, asm-generic/socket.h; Python has no names for these.
_SOL_PACKET = 263
_PACKET_ADD_MEMBERSHIP, _PACKET_RX_RING, _PACKET_STATISTICS, _PACKET_VERSION = 1, 5, 6, 10
_PACKET_MR_PROMISC = 1
_TPACKET_V3 = 2
_ETH_P_ALL = 3
_SO_ATTACH_FILTER = 26

# Of one block, octets: large enough for many frames, and for the largest that there is.
BLOCK_SIZE = 1 << 20

# After this the kernel hands over a block that is not full, ms.
RETIRE = 50

_STATISTICS = struct.Struct("@III")
_MEMBERSHIP = struct.Struct("@iHH8s")
_REQUEST = struct.Struct("@7I")


class PacketSocket:
    """Captures from one interface, or from all (`any`).

    dropped    how many frames the kernel had no room for, as of the last `count_drops`
    is_bound   whether there is an interface to capture from; see `look_after`
    """

    def __init__(
        self, interface: Interface, program: Callable[[int], bytes], promiscuous: bool, octets: int
    ) -> None:
        """Begin to capture into a ring of `octets`.

        `program` gives, for a link type, the kernel's filter, which also says how much of a frame
        is kept.  Raises OSError where the system does not allow it.
        """
        self.name = interface.name
        self.link_type = interface.link_type
        self.is_bound = True
        self.dropped = 0
        self._promiscuous = promiscuous
        self._index = interface.index
        self._scapy: Any = None
        self._socket = self._open()
        try:
            self._attach(program(self.link_type))
            self._ring = Ring(self._share(octets), BLOCK_SIZE, self.link_type, _loopback())
            if self._is_cooked() and self.name != ANY:
                self._socket.bind((self.name, _ETH_P_ALL))
            if promiscuous and self.name != ANY:
                self._look_at_all()
        except BaseException:
            self.close()
            raise

    def _is_cooked(self) -> bool:
        return self.link_type == LINKTYPE_LINUX_SLL2

    def _open(self) -> socket.socket:
        """Open the socket: scapy's, or a "cooked" one, which scapy has not."""
        if self._is_cooked():
            protocol = socket.htons(_ETH_P_ALL) if self.name == ANY else 0
            return socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, protocol)
        with quiet():
            from scapy.arch.linux import L2ListenSocket

            self._scapy = L2ListenSocket(iface=self.name, promisc=False, nofilter=1)
        opened: socket.socket = self._scapy.ins
        return opened

    def _attach(self, program: bytes) -> None:
        """Let the kernel run `program`, instructions of eight octets each, on each frame."""
        instructions = ctypes.create_string_buffer(program, len(program))
        count = len(program) // 8
        fprog = struct.pack("@HP", count, ctypes.addressof(instructions))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)

    def _share(self, octets: int) -> mmap.mmap:
        """Set up the ring; what was queued before is dropped with that."""
        blocks = max(2, octets // BLOCK_SIZE)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V3)
        frame_size = 1 << 11  # of no meaning here, but the numbers must fit each other
        request = _REQUEST.pack(
            BLOCK_SIZE, blocks, frame_size, BLOCK_SIZE * blocks // frame_size, RETIRE, 0, 0
        )
        try:
            self._socket.setsockopt(_SOL_PACKET, _PACKET_RX_RING, request)
        except OSError as error:
            if error.errno not in (errno.ENOMEM, errno.EINVAL):
                raise
            raise CaptureError(
                f"--ring {blocks * BLOCK_SIZE >> 20}: the kernel has no room for a ring of so many "
                "MiB; ask for less"
            ) from None
        self._statistics()  # what came before counts for nobody
        flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
        return mmap.mmap(self._socket.fileno(), BLOCK_SIZE * blocks, flags=flags)

    def _look_at_all(self) -> None:
        """Ask for frames that are addressed to others, too, until the socket is closed."""
        membership = _MEMBERSHIP.pack(self._index, _PACKET_MR_PROMISC, 0, b"")
        self._socket.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, membership)

    def fileno(self) -> int:
        """Return what to wait on for frames."""
        return self._socket.fileno()

    def blocks(self, frames: Frames) -> Iterator[Frames]:
        """Yield `frames`, filled with what the kernel has handed over, until that is all."""
        ring = self._ring
        while ring.is_ready():
            more = True
            while more:
                more = ring.fill(frames)
                if frames.count:
                    yield frames
            ring.release()

    def count_drops(self) -> None:
        """Ask the kernel how many frames it dropped since it was asked last."""
        self.dropped += self._statistics()

    def _statistics(self) -> int:
        octets = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size)
        dropped: int = _STATISTICS.unpack(octets)[1]
        return dropped

    def look_after(self) -> None:
        """Follow the interface where it went: it may be gone, or be back as another one."""
        if self.name == ANY:
            return
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # and forget it
        try:
            index = socket.if_nametoindex(self.name)
        except OSError:
            self.is_bound = False
            return
        if index == self._index and self.is_bound:
            return
        # It can be gone again already.  Binding needs no privileges.
        with suppress(OSError):
            self._socket.bind((self.name, _ETH_P_ALL))
            self._index = index
            self.is_bound = True
            if self._promiscuous:
                self._look_at_all()

    def close(self) -> None:
        """Stop capturing; blocks that were not looked at are gone with the ring."""
        if self._scapy is not None:
            self._scapy.close()
        self._socket.close()


def _loopback() -> int:
    """Return the index of the loopback interface, 0 where there is none."""
    try:
        return socket.if_nametoindex("lo")
    except OSError:
        return 0
