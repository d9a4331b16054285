"""Decode one frame with `tracker.wire`, and say it in words that a failing test can print."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from tracker.wire.decode import decode, decode_again, decode_inside
from tracker.wire.link_types import LINKTYPE_ETHERNET
from tracker.wire.reasons import DECODED, REASONS
from tracker.wire.segment import Frame, Segment

Address = IPv4Address | IPv6Address


class Fault(NamedTuple):
    """Why a frame was not decoded; `number` only where a reason of the kind *other* has one."""

    kind: str
    layer: str
    field: str
    offset: int
    needed: int
    had: int
    number: int


class Decoded(NamedTuple):
    """A segment or datagram; for a datagram, what only TCP has is 0."""

    protocol: int
    source: Address
    source_port: int
    destination: Address
    destination_port: int
    sequence: int
    acknowledgment: int
    flags: int
    window: int
    payload: int
    mss: int
    window_scale: int
    vlan: int
    ip_id: int
    tunnel: int = 0


def decode_frame(
    octets: bytes,
    wire: int | None = None,
    around: bytes = b"",
    link_type: int = LINKTYPE_ETHERNET,
) -> Decoded | Fault:
    """Decode a frame of which `octets` were captured and `wire` were on the wire.

    The frame lies in a buffer with `around` before and after it, as others do in a capture.
    """
    frame, segment = _frame(octets, wire, around), Segment()
    return _result(decode(link_type, frame, segment), frame, segment)


def decode_all(
    octets: bytes, wire: int | None = None, around: bytes = b""
) -> list[Decoded | Fault]:
    """Decode a frame as `decode_frame` does, then what is inside its datagrams, in that order."""
    frame, segment = _frame(octets, wire, around), Segment()
    results = [_result(decode(LINKTYPE_ETHERNET, frame, segment), frame, segment)]
    while segment.inside or frame.again:
        code = decode_inside(frame, segment) if segment.inside else decode_again(frame, segment)
        results.append(_result(code, frame, segment))
    return results


def _frame(octets: bytes, wire: int | None, around: bytes) -> Frame:
    frame = Frame()
    frame.data = around + octets + around
    frame.start = len(around)
    frame.end = frame.start + len(octets)
    frame.wire_end = frame.start + (len(octets) if wire is None else wire)
    return frame


def _result(code: int, frame: Frame, segment: Segment) -> Decoded | Fault:
    if code == DECODED:
        return _decoded(segment)
    kind, layer, field, _ = REASONS[code]
    number = frame.fault_number if kind == "other" else 0
    return Fault(
        kind, layer, field, frame.fault_offset, frame.fault_needed, frame.fault_had, number
    )


def decoded(octets: bytes, wire: int | None = None) -> Decoded:
    """Decode a frame that must hold a segment or datagram."""
    result = decode_frame(octets, wire)
    assert isinstance(result, Decoded), result
    return result


def fault(octets: bytes, wire: int | None = None) -> Fault:
    """Decode a frame that must hold none."""
    result = decode_frame(octets, wire)
    assert isinstance(result, Fault), result
    return result


def reason(octets: bytes, wire: int | None = None) -> tuple[str, str, str]:
    """Return kind, layer and field of the reason why the frame is not decoded."""
    found = fault(octets, wire)
    return found.kind, found.layer, found.field


def _decoded(segment: Segment) -> Decoded:
    tcp = segment.protocol == 6
    syn = tcp and segment.flags & 2
    return Decoded(
        segment.protocol,
        _address(segment.version, segment.source_high, segment.source_low),
        segment.source_port,
        _address(segment.version, segment.destination_high, segment.destination_low),
        segment.destination_port,
        segment.sequence if tcp else 0,
        segment.acknowledgment if tcp else 0,
        segment.flags,
        segment.window if tcp else 0,
        segment.payload,
        segment.mss if syn else 0,
        segment.window_scale if syn else -1,
        segment.vlan,
        segment.ip_id,
        segment.tunnel,
    )


def _address(version: int, high: int, low: int) -> Address:
    if version == 4:
        assert (high, low >> 32) == (0, 0xFFFF), "not the form ::ffff:a.b.c.d"
        return ip_address(low & 0xFFFFFFFF)
    return IPv6Address(high << 64 | low)


def check_prefixes(octets: bytes, layers: list[tuple[str, int, int]]) -> None:
    """Cut a frame everywhere: before the end of its last header *truncated*, then decoded.

    `layers` are (layer, start, end) of its headers; the one that is cut is blamed.  Of TCP's, what
    comes before the checksum is enough.
    """
    whole = decoded(octets)
    layers = [
        (layer, start, min(end, start + 16) if layer == "TCP" else end)
        for layer, start, end in layers
    ]
    for length in range(len(octets) + 1):
        result = decode_frame(octets[:length], wire=len(octets), around=b"\xff" * 80)
        cut = next((layer for layer in layers if length < layer[2]), None)
        if cut is None:
            assert isinstance(result, Decoded), (length, result)
            assert _without_options(result) == _without_options(whole), length
        else:
            layer, start, end = cut
            had = max(length - start, 0)
            assert isinstance(result, Fault), (length, result)
            found = (result.kind, result.layer, result.offset, result.needed, result.had)
            assert found == ("truncated", layer, start, end - start, had), length


def _without_options(found: Decoded) -> Decoded:
    """Return what the fixed part of the header tells: options may be cut."""
    return found._replace(mss=0, window_scale=-1)
