"""Tunnels: headers that carry another packet inside IP or inside a UDP datagram."""

from tracker.wire.layers import GRE
from tracker.wire.reasons import OTHER_GRE, OTHER_TUNNEL
from tracker.wire.segment import Frame, Segment


def decode_tunnel(layer: int, frame: Frame, segment: Segment, at: int) -> int:
    """Find what is inside the tunnel whose header `layer` stands at `at`."""
    if layer == GRE:
        frame.fault_number = frame.data[at + 2] << 8 | frame.data[at + 3]
        return frame.fault(OTHER_GRE, at, 0)
    frame.fault_number = segment.tunnel & 255
    return frame.fault(OTHER_TUNNEL, at, 0)


def may_carry(source_port: int, destination_port: int) -> bool:
    """Return whether the ports of a datagram say that a tunnel is in it."""
    return source_port < 0 or destination_port < 0
