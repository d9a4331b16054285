"""Speak TCP without the kernel, through a raw and a packet socket: run as a program in a namespace.

    audit_raw_speaker.py talk SOURCE PORT DESTINATION PORT    a connection that stays open
    audit_raw_speaker.py flood SOURCE PORT DESTINATION PORT   twenty SYNs, no more
    audit_raw_speaker.py race SOURCE PORT DESTINATION PORT    two handshakes, both ended at once

It prints "done" and waits for the end of its input.
"""

import socket
import struct
import sys
import time

from packets import ACK, PSH, SYN

_ETH_P_IP = 0x0800
_ETHERNET = 14
_FLOOD = 20
_PATIENCE = 5.0

End = tuple[str, int]


class Speaker:
    """A host's TCP of our own, from `source` to `destination`."""

    def __init__(self, source: str, destination: End) -> None:
        self._source, self._destination = source, destination
        self._out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._in = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_IP))
        self._in.settimeout(_PATIENCE)

    def send(
        self, port: int, flags: int, sequence: int, acknowledgment: int = 0, data: bytes = b""
    ) -> None:
        """Send a segment from `port` (RFC 9293 section 3.1); the kernel ends the IP header."""
        source, destination = (socket.inet_aton(at) for at in (self._source, self._destination[0]))
        header = struct.pack(
            "!HHIIBBHHH",
            *(port, self._destination[1], sequence, acknowledgment, 5 << 4, flags, 8192, 0, 0),
        )
        length = len(header) + len(data)
        pseudo = source + destination + struct.pack("!BBH", 0, socket.IPPROTO_TCP, length)
        checksum = struct.pack("!H", sum_of(pseudo + header + data))
        segment = header[:16] + checksum + header[18:] + data
        ip = struct.pack(
            "!BBHHHBBH4s4s",
            *(0x45, 0, 20 + length, 0, 0, 64, socket.IPPROTO_TCP, 0, source, destination),
        )
        self._out.sendto(ip + segment, (self._destination[0], 0))

    def answered(self, port: int) -> int:
        """Wait for the SYN,ACK to `port` and return its sequence number."""
        limit = time.monotonic() + _PATIENCE
        while time.monotonic() < limit:
            packet = self._in.recv(65535)[_ETHERNET:]
            if packet[9] != socket.IPPROTO_TCP or packet[16:20] != socket.inet_aton(self._source):
                continue
            _, to, sequence, _, _, flags = struct.unpack_from("!HHIIBB", packet, 20)
            if to == port and flags == SYN | ACK:
                return int(sequence)
        raise TimeoutError(f"no SYN,ACK to port {port}")


def sum_of(octets: bytes) -> int:
    """Return the checksum of RFC 1071."""
    total: int = sum(struct.unpack(f"!{(len(octets) + 1) // 2}H", octets + bytes(len(octets) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def talk(speaker: Speaker, port: int) -> None:
    speaker.send(port, SYN, 1000)
    number = speaker.answered(port) + 1
    speaker.send(port, ACK, 1001, number)
    speaker.send(port, PSH | ACK, 1001, number, b"by hand\n")


def flood(speaker: Speaker, port: int) -> None:
    for at in range(port, port + _FLOOD):
        speaker.send(at, SYN, 1000)


def race(speaker: Speaker, port: int) -> None:
    """Both SYNs are answered before either handshake ends: the second finds the queue full."""
    numbers = []
    for at in (port, port + 1):
        speaker.send(at, SYN, 1000)
        numbers.append(speaker.answered(at) + 1)
    for at, number in zip((port, port + 1), numbers, strict=True):
        speaker.send(at, ACK, 1001, number)


def main() -> None:
    """Do what the words say."""
    what, source, port, destination, to = sys.argv[1:]
    speaker = Speaker(source, (destination, int(to)))
    {"talk": talk, "flood": flood, "race": race}[what](speaker, int(port))
    sys.stdout.write("done\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
