"""The walk over the kernel's ring, on memory laid out as linux/if_packet.h says."""

import struct
from collections.abc import Sequence
from mmap import mmap
from typing import NamedTuple

import pytest

from tracker.capture.ring import Ring
from tracker.frames import CAPACITY, Frames
from tracker.wire.link_types import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2

BLOCK = 1 << 20
LOOPBACK = 1

OUTGOING, HOST = 4, 0
TP_STATUS_KERNEL, TP_STATUS_USER = 0, 1
VLAN_VALID, VLAN_TPID_VALID = 0x10, 0x40

# struct tpacket_hdr_v1 in struct tpacket_block_desc; struct tpacket3_hdr; struct sockaddr_ll.
BLOCK_HEADER = struct.Struct("=IIIIIIQIIII")
FRAME_HEADER = struct.Struct("=IIIIIIHHIIHH8x")
ADDRESS = struct.Struct("=HHiHBB8s")
ETHERNET_HEADER, MAC_OFFSET, COOKED_OFFSET = 14, 82, 96


class Captured(NamedTuple):
    """A frame as the kernel puts it into the ring."""

    octets: bytes
    time: int = 0
    wire: int = 0
    packet_type: int = HOST
    interface: int = 2
    tag: tuple[int, int] | None = None
    protocol: int = 0x0800


class Memory:
    """Memory of a ring, in the role of the kernel."""

    def __init__(self, blocks: int) -> None:
        self.memory = mmap(-1, blocks * BLOCK)

    def status(self, block: int) -> int:
        return int.from_bytes(self.memory[block * BLOCK + 8 : block * BLOCK + 12], "little")

    def hand_over(self, block: int, frames: Sequence[Captured], offset: int = MAC_OFFSET) -> None:
        """Put frames into a block, as tpacket_rcv() does, and hand it over."""
        base = block * BLOCK
        at = base + BLOCK_HEADER.size
        for frame in frames:
            step = (offset + len(frame.octets) + 15) & ~15
            status = TP_STATUS_USER
            tci, type_ = frame.tag or (0, 0)
            if frame.tag:
                status |= VLAN_VALID | (VLAN_TPID_VALID if type_ else 0)
            FRAME_HEADER.pack_into(
                self.memory, at, step, frame.time // 10**9, frame.time % 10**9, len(frame.octets),
                frame.wire or len(frame.octets), status, offset, offset + ETHERNET_HEADER, 0, tci,
                type_, 0,
            )  # fmt: skip
            ADDRESS.pack_into(
                self.memory, at + FRAME_HEADER.size, 17, int.from_bytes(
                    frame.protocol.to_bytes(2), "little"
                ), frame.interface, 1, frame.packet_type, 6, b"\x02\0\0\0\0\x07\0\0",
            )  # fmt: skip
            self.memory[at + offset : at + offset + len(frame.octets)] = frame.octets
            at += step
        BLOCK_HEADER.pack_into(
            self.memory, base, 1, 0, TP_STATUS_USER, len(frames), BLOCK_HEADER.size, at - base,
            0, 0, 0, 0, 0,
        )  # fmt: skip


def taken(ring: Ring) -> list[tuple[int, bytes, int]]:
    """Take all that was handed over: time, octets and length on the wire of each frame."""
    found = []
    frames = Frames(0)
    while ring.is_ready():
        more = True
        while more:
            more = ring.fill(frames)
            data = bytes(frames.data)
            for i in range(frames.count):
                start = frames.starts[i]
                octets = data[start : start + frames.lengths[i]]
                found.append((frames.times[i], octets, frames.wires[i]))
        ring.release()
    return found


def ethernet(number: int, octets: int = 60) -> bytes:
    head = bytes(range(12)) + b"\x08\x00" + number.to_bytes(4)
    return head + bytes(octets - len(head))


def ring_of(memory: Memory, link_type: int = LINKTYPE_ETHERNET) -> Ring:
    return Ring(memory.memory, BLOCK, link_type, LOOPBACK)


def test_frames_come_in_the_order_of_the_blocks_round_and_round() -> None:
    memory = Memory(2)
    ring = ring_of(memory)
    sent = []
    for turn in range(5):
        frames = [
            Captured(ethernet(100 * turn + i, 60 + i), time=10**18 + turn, wire=1500)
            for i in range(turn)
        ]
        memory.hand_over(turn % 2, frames)
        assert taken(ring) == [(frame.time, frame.octets, 1500) for frame in frames]
        assert memory.status(turn % 2) == TP_STATUS_KERNEL
        sent += frames
    assert len(sent) == 10
    assert not ring.is_ready()


def test_a_block_may_hold_more_than_fits_into_one_go() -> None:
    memory = Memory(2)
    frames = [Captured(i.to_bytes(12), time=i) for i in range(CAPACITY + 1)]
    memory.hand_over(0, frames)
    assert taken(ring_of(memory)) == [(frame.time, frame.octets, 12) for frame in frames]


def test_the_loopback_interface_shows_each_frame_once() -> None:
    memory = Memory(2)
    frames = [
        Captured(ethernet(1), packet_type=OUTGOING, interface=LOOPBACK),
        Captured(ethernet(2), packet_type=HOST, interface=LOOPBACK),
        Captured(ethernet(3), packet_type=OUTGOING, interface=LOOPBACK + 1),
    ]
    memory.hand_over(0, frames)
    assert [octets for _, octets, _ in taken(ring_of(memory))] == [ethernet(2), ethernet(3)]


@pytest.mark.parametrize(("tpid", "shown"), [(0x88A8, 0x88A8), (0x8100, 0x8100), (0, 0x8100)])
def test_a_vlan_tag_is_put_back(tpid: int, shown: int) -> None:
    """Behind the MAC addresses (IEEE 802.1Q); a kernel that tells no TPID means 0x8100."""
    memory = Memory(2)
    memory.hand_over(0, [Captured(ethernet(1), wire=700, tag=(0x2005, tpid))])
    plain = ethernet(1)
    tagged = plain[:12] + shown.to_bytes(2) + b"\x20\x05" + plain[12:]
    assert taken(ring_of(memory)) == [(0, tagged, 704)]


def test_a_cooked_frame_gets_a_header() -> None:
    """LINKTYPE_LINUX_SLL2: protocol, interface, ARPHRD, packet type, address."""
    memory = Memory(2)
    packet = b"\x45" + bytes(39)
    memory.hand_over(0, [Captured(packet, packet_type=OUTGOING, interface=0x10002)], COOKED_OFFSET)
    header = struct.pack("!HHiHBB8s", 0x0800, 0, 0x10002, 1, OUTGOING, 6, b"\x02\0\0\0\0\x07\0\0")
    ring = ring_of(memory, LINKTYPE_LINUX_SLL2)
    assert taken(ring) == [(0, header + packet, 60)]


def test_a_cooked_frame_gets_its_tag_back() -> None:
    """The header names the tag's protocol, and the tag that of the packet."""
    memory = Memory(2)
    packet = b"\x60" + bytes(39)
    frame = Captured(packet, tag=(7, 0x8100), protocol=0x86DD)
    memory.hand_over(0, [frame], COOKED_OFFSET)
    [(_, octets, wire)] = taken(ring_of(memory, LINKTYPE_LINUX_SLL2))
    assert octets[:2] == b"\x81\x00"
    assert octets[20:24] == b"\x00\x07\x86\xdd"
    assert octets[24:] == packet
    assert wire == len(octets) == 64
