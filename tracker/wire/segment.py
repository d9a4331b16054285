"""What decoding works on: a `Frame` goes in, a `Segment` comes out.

Both are filled in place and used again for the next frame, because an object for each packet
would cost more than everything that is done with it.  Whoever keeps one has to copy it.
"""

from tracker.wire.layers import MAX_TUNNELS
from tracker.wire.reasons import NESTING

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128

#: In `Segment.flags`, of a TCP header that says an impossible length: who receives it drops it.
MALFORMED = 256

TCP, UDP = 6, 17

#: What a decoder returns when `Frame.enter` says what follows; see `layers`.
GOES_ON = -2

#: What `checksum.verify` returns where a network card was to fill the checksum in.
OFFLOADED = -3

# A window scale that the capture cut off: there may have been one (-1: there was none).
CUT_OFF = -2


class Frame:
    """The captured octets `data[start:end]` of one frame, and where decoding stands.

    `wire_end` is where the frame ended on the wire, in the same offsets; it lies behind `end`
    where the capture was cut by its snap length.  `fault_*` say, for a frame that was not
    decoded, at which offset of the frame how many octets were needed, how many there were, and
    which number (EtherType, protocol) was found.

    `layer`, `next_type` and `at` say what follows and where, once a decoder has returned GOES_ON;
    `again` is where a second packet stands in the frame (802.11 aggregates some), 0 if none does.
    """

    def __init__(self) -> None:
        self.data: bytes | bytearray | memoryview = b""
        self.start = 0
        self.end = 0
        self.wire_end = 0
        self.fault_offset = 0
        self.fault_needed = 0
        self.fault_had = 0
        self.fault_number = 0
        self.layer = 0
        self.next_type = 0
        self.at = 0
        self.again = 0

    def enter(self, layer: int, at: int, number: int = 0) -> int:
        """Note that `layer` (of the type `number`) follows at offset `at`, and return GOES_ON."""
        self.layer = layer
        self.next_type = number
        self.at = at
        return GOES_ON

    def fault(self, reason: int, offset: int, needed: int) -> int:
        """Note what was missing at `offset` (in `data`) and return `reason`."""
        self.fault_offset = offset - self.start
        self.fault_needed = needed
        self.fault_had = max(self.end - offset, 0)
        return reason


class Segment:
    """One TCP segment or UDP datagram with the addresses of the packet around it.

    Addresses are two unsigned 64-bit halves, high and low; IPv4 addresses stand in the low half
    as in ``::ffff:a.b.c.d`` (RFC 4291 section 2.5.5.2), and `version` tells the two apart.

    time            when the frame was captured, ns since 1970
    frame           its number in the capture, from 1
    length          octets of the frame on the wire
    version         4 or 6
    protocol        TCP (6) or UDP (17)
    sequence, acknowledgment, flags, window    the TCP header's fields (RFC 9293 section 3.1)
    payload         octets of data, from the packet's length, not from what was captured
    mss             maximum segment size option of a SYN, 0 when absent (RFC 9293 section 3.2)
    window_scale    window scale option of a SYN, -1 when absent (RFC 7323 section 2), or CUT_OFF
    vlan            VLAN identifier of the outermost tag, -1 without one (IEEE 802.1Q)
    ip_id           identification: 16 bits in IPv4, 32 in an IPv6 fragment, else 0
    fragmented      whether the packet is a fragment: `fragment_at` is the offset of its octets in
                    the datagram, `fragment_length` their number, `more` whether some follow;
                    `fragment_protocol` is what the datagram begins with, which may be a header
                    before the segment
    packet_at       offset of the IP header; `transport_at` and `transport_length` say where what
                    it carries begins, and how many octets it has by the packet's length
    icmp_type, icmp_code    of an ICMP error; the other fields are those of the packet it quotes
    to_group        whether the frame went to a group or to everyone on its link
    tunnel          the tunnels it came through, eight bits each, the innermost lowest; see `layers`
    inside          offset of a datagram's data when its ports say that a tunnel is in it, else 0
    """

    def __init__(self) -> None:
        self.time = 0
        self.frame = 0
        self.length = 0
        self.version = 0
        self.protocol = 0
        self.source_high = 0
        self.source_low = 0
        self.destination_high = 0
        self.destination_low = 0
        self.source_port = 0
        self.destination_port = 0
        self.sequence = 0
        self.acknowledgment = 0
        self.flags = 0
        self.window = 0
        self.payload = 0
        self.mss = 0
        self.window_scale = -1
        self.vlan = -1
        self.ip_id = 0
        self.fragmented = False
        self.fragment_at = 0
        self.fragment_length = 0
        self.fragment_protocol = 0
        self.more = False
        self.packet_at = 0
        self.transport_at = 0
        self.transport_length = 0
        self.icmp_type = 0
        self.icmp_code = 0
        self.to_group = False
        self.tunnel = 0
        self.inside = 0

    def enter_tunnel(self, frame: Frame, kind: int, layer: int, at: int, number: int = 0) -> int:
        """Note that `layer` follows inside a tunnel of `kind`; return GOES_ON, or a reason."""
        if self.tunnel >> (8 * (MAX_TUNNELS - 1)):
            return frame.fault(NESTING, at, 0)
        self.tunnel = self.tunnel << 8 | kind
        return frame.enter(layer, at, number)


class Hearer:
    """Is told of each segment and datagram that carries data, with the frame it is in."""

    def hear(self, frame: Frame, segment: Segment) -> None:
        """Hear a segment that was decoded from `frame`; neither may be kept."""
        raise NotImplementedError
