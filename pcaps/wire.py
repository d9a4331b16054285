"""The wire between the client and the server: here a frame can be late or lost.

A bridge of the kernel would only carry frames. This one, a thread between two packet sockets, also
delays them, loses those that a rule names, and knows how long it has been quiet; a frame that
nobody sent can be put on it too (`forged_reset`).
"""

import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

_ETHERNET = 14
_IPV4 = b"\x08\x00"
_IPV6_MULTICAST = b"\x33\x33"
_TCP = 6
_OTHER = {"client": "server", "server": "client"}
_GIVE_UP = 30.0  # seconds to wait for something that never comes

LossRule = Callable[[str, int], bool]
"""Given the sender ("client" or "server") and the TCP flags: is this segment lost?"""


class _Parcel(NamedTuple):
    due: float
    to: str
    frame: bytes


def no_loss(sender: str, flags: int) -> bool:
    """Every segment arrives."""
    return False


class Wire:
    """Carries frames between the hosts; `ports` are packet sockets on its ends, by host."""

    def __init__(self, ports: dict[str, socket.socket]) -> None:
        self.delay = 0.0
        self.loses: LossRule = no_loss
        self.lost = 0
        self.delivered = 0
        self.last_segment: dict[str, bytes] = {}
        self.last_moved = time.monotonic()
        self._ports = ports
        self._under_way: deque[_Parcel] = deque()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._carry, name="wire", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        for port in self._ports.values():
            port.close()

    # ---- what a scenario asks of it ----------------------------------------------------------

    def nothing_under_way(self) -> bool:
        return not self._under_way

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        limit = time.monotonic() + _GIVE_UP
        while not condition():
            if time.monotonic() > limit:
                raise TimeoutError(f"waited {_GIVE_UP:.0f} s in vain for {what}")
            time.sleep(0.005)

    def wait_until_lost(self, count: int) -> None:
        """Wait until that many segments have been lost since the recording began."""
        self.wait_until(lambda: self.lost >= count, f"{count} lost segments")

    def wait_until_delivered(self, count: int) -> None:
        """Wait until that many frames have reached a host since the recording began."""
        self.wait_until(lambda: self.delivered >= count, f"{count} delivered frames")

    def inject(self, to: str, frame: bytes) -> None:
        """Deliver a frame that the other host never sent."""
        self._deliver(to, frame)

    # ---- the thread --------------------------------------------------------------------------

    def _carry(self) -> None:
        while not self._ended.is_set():
            ready, _, _ = select.select(list(self._ports.values()), [], [], self._patience())
            for host, port in self._ports.items():
                if port in ready:
                    self._accept(host, port)
            while self._under_way and self._under_way[0].due <= time.monotonic():
                parcel = self._under_way[0]
                self._deliver(parcel.to, parcel.frame)
                self._under_way.popleft()

    def _patience(self) -> float:
        if not self._under_way:
            return 0.02
        return min(0.02, max(0.0, self._under_way[0].due - time.monotonic()))

    def _accept(self, sender: str, port: socket.socket) -> None:
        frame, (_, _, kind, *_) = port.recvfrom(65536)
        if kind == socket.PACKET_OUTGOING:  # our own delivery, seen again
            return
        if frame.startswith(_IPV6_MULTICAST):  # a host names its multicast groups; nobody needs it
            return
        self.last_moved = time.monotonic()
        flags = tcp_flags(frame)
        if flags is not None:
            self.last_segment[sender] = frame
            if self.loses(sender, flags):
                self.lost += 1
                return
        self._under_way.append(_Parcel(self.last_moved + self.delay, _OTHER[sender], frame))

    def _deliver(self, to: str, frame: bytes) -> None:
        self._ports[to].send(frame)
        self.last_moved = time.monotonic()
        self.delivered += 1


# ---- IPv4 frames: as much of them as the scenarios need ------------------------------------------


def _tcp_offset(frame: bytes) -> int:
    return _ETHERNET + (frame[_ETHERNET] & 0x0F) * 4


def tcp_flags(frame: bytes) -> int | None:
    """The TCP flags of an IPv4 frame; None for any other frame."""
    if frame[12:14] != _IPV4 or frame[_ETHERNET + 9] != _TCP:
        return None
    return frame[_tcp_offset(frame) + 13]


def forged_reset(frame: bytes, distance: int) -> bytes:
    """An RST in the name of the sender of `frame`, `distance` beyond the number expected next."""
    tcp = _tcp_offset(frame)
    source_port, destination_port, sequence = struct.unpack_from("!HHI", frame, tcp)
    total_length = struct.unpack_from("!H", frame, _ETHERNET + 2)[0]
    payload = total_length - (tcp - _ETHERNET) - (frame[tcp + 12] >> 4) * 4
    sequence = (sequence + payload + distance) & 0xFFFFFFFF
    addresses = frame[_ETHERNET + 12 : _ETHERNET + 20]

    segment = struct.pack(
        "!HHIIBBHHH", source_port, destination_port, sequence, 0, 5 << 4, RST, 0, 0, 0
    )
    pseudo_header = addresses + struct.pack("!BBH", 0, _TCP, len(segment))
    segment = _with_checksum(segment, 16, checksum(pseudo_header + segment))

    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, _TCP, 0) + addresses
    header = _with_checksum(header, 10, checksum(header))
    return frame[:_ETHERNET] + header + segment


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def _with_checksum(header: bytes, offset: int, value: int) -> bytes:
    return header[:offset] + value.to_bytes(2, "big") + header[offset + 2 :]
