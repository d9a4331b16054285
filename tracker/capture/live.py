"""Live captures: frames from an interface, in blocks, as they come."""

import sys
from collections.abc import Iterator

from tracker.capture import interfaces
from tracker.capture.bpf import Filter, keep_all
from tracker.capture.interfaces import Interface
from tracker.capture.listening import ScapySocket
from tracker.capture.packet_socket import PacketSocket
from tracker.capture.telling import WHOLE, keep
from tracker.frames import Frames
from tracker.wire.link_types import LINKTYPE_LINUX_SLL2, LINKTYPE_RAW


class LiveCapture:
    """An interface that is captured from, until `close`.

    interface      what it was like at the start
    in_ring        whether the kernel fills a ring; else frames come one by one
    """

    def __init__(
        self,
        interface: Interface,
        chosen: Filter | None,
        snap_length: int,
        promiscuous: bool,
        ring: int,
        with_names: bool = False,
    ) -> None:
        """Begin to capture up to `snap_length` octets of the frames that pass the filter.

        With `with_names`, up to `telling.WHOLE` of those that may name hosts.  `ring` is the size
        of the ring, octets; 0 for none.  Raises OSError where the system does not allow it,
        FilterError and CaptureError for what it cannot do.
        """
        self.interface = interface
        self._snap_length = snap_length
        self._with_names = with_names
        self.in_ring = ring > 0 and sys.platform.startswith("linux")
        self._chosen = chosen
        self._in_kernel = chosen is None or not chosen.needs_tags
        self._frames = Frames(interface.link_type)
        self._dropped_before = interfaces.drops(interface.name)
        self._socket: PacketSocket | ScapySocket
        if self.in_ring:
            self._socket = PacketSocket(interface, self._program, promiscuous, ring)
        else:
            expression = chosen.expression if chosen and self._in_kernel else None
            self._socket = ScapySocket(interface, expression, promiscuous, self.most)

    @property
    def most(self) -> int:
        """How many octets are kept of a frame at most."""
        return max(self._snap_length, WHOLE) if self._with_names else self._snap_length

    def kept(self) -> str:
        """Return how much is kept of a frame, for people."""
        more = f", {self.most} where it may name hosts," if self.most > self._snap_length else ""
        return f"{self._snap_length} octets{more}"

    def _program(self, link_type: int) -> bytes:
        """Return the kernel's filter.

        A "cooked" socket shows it the packet without the link layer.
        """
        if self._chosen is None or not self._in_kernel:
            program = keep_all(self._snap_length)
        else:
            kind = LINKTYPE_RAW if link_type == LINKTYPE_LINUX_SLL2 else link_type
            program = self._chosen.program(kind, self._snap_length)
        return keep(program, self._snap_length) if self._with_names else program

    def fileno(self) -> int:
        """Return what to wait on for frames."""
        return self._socket.fileno()

    def blocks(self) -> Iterator[Frames | None]:
        """Yield what has come, in blocks that are filled anew then; None where nothing is there."""
        while True:
            yield from self._socket.blocks(self._frames)
            yield None

    def runs(self, frames: Frames, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield (first, last) of each run of frames that count, among `first` to `last` - 1."""
        if self._in_kernel or self._chosen is None:
            yield first, last
        else:
            yield from self._chosen.runs(frames, first, last)

    def look_after(self) -> bool:
        """Follow the interface where it went; return whether it is there and up."""
        self._socket.look_after()
        return self._socket.is_bound and interfaces.is_up(self.interface.name)

    def dropped_by_kernel(self) -> int | None:
        """Return how many frames the kernel had no room for since the start."""
        self._socket.count_drops()
        return self._socket.dropped

    def dropped_by_interface(self) -> int | None:
        """Return how many frames the interface dropped since the start."""
        now = interfaces.drops(self.interface.name)
        if now is None or self._dropped_before is None:
            return None
        if now < self._dropped_before:  # it is a new one
            self._dropped_before = 0
        return now - self._dropped_before

    def close(self) -> None:
        """Stop capturing."""
        self._socket.close()
