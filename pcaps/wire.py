"""The wire between the client and the server: here a frame can be late or lost.

A bridge of the kernel would only carry frames. This one, a thread between two packet sockets, also
delays them, loses those that a rule names, and knows how long it has been quiet; a frame that
nobody sent can be put on it too (`forged_reset`, `icmp.py`).
"""

import select
import socket
import struct
import threading
import time
from bisect import insort
from collections.abc import Callable
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

_ETHERNET = 14
_IPV4 = b"\x08\x00"
_IPV6 = b"\x86\xdd"
_IPV6_MULTICAST = b"\x33\x33"
_TCP, _UDP = 6, 17
_OTHER = {"client": "server", "server": "client"}
_GIVE_UP = 30.0  # seconds to wait for something that never comes

LossRule = Callable[[str, int], bool]
"""Given the sender ("client" or "server") and the TCP flags: is this segment lost?"""

FrameRule = Callable[[str, bytes], bool]
"""Given the sender and the whole frame, TCP or not: is it lost?"""

LateRule = Callable[[str, bytes], float]
"""Given the sender and the whole frame: how many seconds later than others does it arrive?"""


class _Parcel(NamedTuple):
    due: float
    to: str
    frame: bytes


def no_loss(sender: str, flags: int) -> bool:
    """Every segment arrives."""
    return False


def no_frame_lost(sender: str, frame: bytes) -> bool:
    """Every frame arrives."""
    return False


def in_order(sender: str, frame: bytes) -> float:
    """No frame is overtaken."""
    return 0.0


class Wire:
    """Carries frames between the hosts; `ports` are packet sockets on its ends, by host."""

    def __init__(self, ports: dict[str, socket.socket]) -> None:
        self.delay = 0.0
        self.loses: LossRule = no_loss
        self.loses_frame: FrameRule = no_frame_lost
        self.late: LateRule = in_order
        self.lost = 0
        self.delivered = 0
        self.last_segment: dict[str, bytes] = {}
        self.frames: list[tuple[str, bytes]] = []
        self.last_moved = time.monotonic()
        self._ports = ports
        self._under_way: list[_Parcel] = []
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

    def last_sent(self, sender: str, port: int) -> bytes:
        """The last TCP or UDP frame of a host from or to that port."""
        for by, frame in reversed(self.frames):
            if by == sender and port in ports(frame):
                return frame
        raise LookupError(f"the {sender} has sent nothing from or to port {port}")

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
                self._under_way.remove(parcel)

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
        self.frames.append((sender, frame))
        flags = tcp_flags(frame)
        if flags is not None:
            self.last_segment[sender] = frame
        if (flags is not None and self.loses(sender, flags)) or self.loses_frame(sender, frame):
            self.lost += 1
            return
        due = self.last_moved + self.delay + self.late(sender, frame)
        insort(self._under_way, _Parcel(due, _OTHER[sender], frame), key=lambda parcel: parcel.due)

    def _deliver(self, to: str, frame: bytes) -> None:
        self._ports[to].send(frame)
        self.last_moved = time.monotonic()
        self.delivered += 1


# ---- IP frames: as much of them as the scenarios need --------------------------------------------


def transport(frame: bytes) -> tuple[int, int]:
    """The protocol above IP (0: none that counts here) and where in the frame it begins."""
    if frame[12:14] == _IPV4:
        later_fragment = int.from_bytes(frame[_ETHERNET + 6 : _ETHERNET + 8]) & 0x1FFF
        protocol = 0 if later_fragment else frame[_ETHERNET + 9]
        return protocol, _ETHERNET + (frame[_ETHERNET] & 0x0F) * 4
    if frame[12:14] == _IPV6:
        return frame[_ETHERNET + 6], _ETHERNET + 40
    return 0, 0


def tcp_flags(frame: bytes) -> int | None:
    """The TCP flags of a frame; None for any other frame."""
    protocol, at = transport(frame)
    return frame[at + 13] if protocol == _TCP else None


def ports(frame: bytes) -> tuple[int, int]:
    """The ports of a TCP or UDP frame, (0, 0) for any other."""
    protocol, at = transport(frame)
    if protocol not in (_TCP, _UDP):
        return 0, 0
    source, destination = struct.unpack_from("!HH", frame, at)
    return source, destination


def forged_reset(frame: bytes, distance: int) -> bytes:
    """An RST in the name of the sender of `frame`, `distance` beyond the number expected next."""
    _, tcp = transport(frame)
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
