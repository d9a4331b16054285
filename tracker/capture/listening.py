"""Frames one by one from scapy's socket: for systems without a ring, and slow."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from tracker.capture.interfaces import Interface
from tracker.capture.quiet import quiet
from tracker.frames import CAPACITY, Frames

# Of Linux (linux/if_packet.h); elsewhere there is no such socket option.
_SOL_PACKET = 263
_PACKET_STATISTICS, _PACKET_IGNORE_OUTGOING = 6, 23
_STATISTICS = struct.Struct("@II")

_NS_IN_S = 1_000_000_000

# The most that one call of scapy gives of a frame, octets.
_LARGEST = 65535


class ScapySocket:
    """Captures from one interface through scapy's listening socket.

    dropped    how many frames the kernel had no room for, as of the last `count_drops`; None where
               the system does not tell
    """

    def __init__(
        self, interface: Interface, expression: str | None, promiscuous: bool, snap_length: int
    ) -> None:
        """Begin to capture; raises OSError where the system does not allow it."""
        self.link_type = interface.link_type
        self.is_bound = True
        self.dropped: int | None = None
        self._snap_length = snap_length
        with quiet():
            import scapy.arch  # noqa: F401 - importing it makes the sockets known
            from scapy.config import conf

            self._socket: Any = conf.L2listen(
                iface=interface.name, promisc=promiscuous, filter=expression or None
            )
        if interface.name == "lo":  # it shows each frame twice, sent and received
            with suppress(AttributeError, OSError):
                self._socket.ins.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        self.count_drops()

    def fileno(self) -> int:
        """Return what to wait on for frames."""
        number: int = self._socket.fileno()
        return number

    def blocks(self, frames: Frames) -> Iterator[Frames]:
        """Yield `frames`, filled with what is there, until nothing is."""
        while self._fill(frames):
            yield frames

    def _fill(self, frames: Frames) -> int:
        """Fill `frames` with what is there; return how many that are."""
        octets = bytearray()
        frames.count = 0
        frames.link_type = self.link_type
        while frames.count < CAPACITY and self._socket.select([self._socket], 0):
            _, frame, seconds = self._socket.recv_raw(_LARGEST)
            if frame is not None:
                kept = frame[: self._snap_length]
                time = round(seconds * _NS_IN_S)
                frames.append(time, len(octets), len(kept), len(frame))
                octets += kept
        frames.data = octets
        return frames.count

    def count_drops(self) -> None:
        """Ask the kernel how many frames it dropped since it was asked last."""
        with suppress(AttributeError, OSError, struct.error):
            octets = self._socket.ins.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size)
            self.dropped = (self.dropped or 0) + _STATISTICS.unpack(octets)[1]

    def look_after(self) -> None:
        """Do nothing: scapy does not follow an interface that goes and comes back."""

    def close(self) -> None:
        """Stop capturing."""
        self._socket.close()
