"""`tracker.wire` against scapy, on frames that scapy makes up and on those of a corpus."""

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest
from captures import CORPUS, PCAPS, read_pcap
from decoding import Decoded, Fault, decode_frame
from foreign import ethernet_captures, needs_corpus
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.wire.segment import MALFORMED

scapy_oracle = pytest.importorskip("scapy_oracle", reason="scapy is not installed")
inet, inet6, l2 = scapy_oracle.inet, scapy_oracle.inet6, scapy_oracle.l2

# --- frames that scapy makes up -----------------------------------------------------------------

u8, u16, u32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
addresses4 = st.integers(0, 2**32 - 1).map(lambda number: str(IPv4Address(number)))
addresses6 = st.integers(0, 2**128 - 1).map(lambda number: str(IPv6Address(number)))
payloads = st.binary(max_size=64)

tcp_options = st.lists(
    st.one_of(
        st.tuples(st.just("MSS"), u16),
        st.tuples(st.just("WScale"), u8),
        st.just(("SAckOK", b"")),
        st.tuples(st.just("Timestamp"), st.tuples(u32, u32)),
        st.tuples(st.just("SAck"), st.tuples(u32, u32)),
        st.just(("NOP", None)),
        st.tuples(st.just(253), st.binary(max_size=6)),
    ),
    max_size=5,
    unique_by=lambda option: option[0],
).filter(lambda options: len(_encoded(options)) <= 40)


def _encoded(options: list[tuple[Any, Any]]) -> bytes:
    return bytes(inet.TCP(options=options))[20:]


tcp_segments = st.builds(
    lambda ports, numbers, flags, window, options, payload: (
        inet.TCP(
            sport=ports[0],
            dport=ports[1],
            seq=numbers[0],
            ack=numbers[1],
            flags=flags,
            window=window,
            options=options,
        )
        / payload
    ),
    st.tuples(u16, u16),
    st.tuples(u32, u32),
    u8,
    u16,
    tcp_options,
    payloads,
)
udp_datagrams = st.builds(
    lambda source, destination, payload: inet.UDP(sport=source, dport=destination) / payload,
    u16,
    u16,
    payloads,
)
segments = st.one_of(tcp_segments, udp_datagrams)

ipv4_options = st.lists(
    st.one_of(
        st.builds(inet.IPOption_NOP),
        st.builds(inet.IPOption_Router_Alert),
        st.builds(inet.IPOption_RR, routers=st.lists(addresses4, max_size=2)),
        st.builds(
            inet.IPOption_LSRR,
            routers=st.lists(addresses4, min_size=1, max_size=2),
            pointer=st.sampled_from([4, 8, 12]),
        ),
        st.builds(inet.IPOption_Timestamp),
    ),
    max_size=2,
    unique_by=type,  # RFC 791 section 3.1: at most once in a datagram
)
packets4 = st.builds(
    lambda source, destination, number, flags, options, segment: (
        inet.IP(src=source, dst=destination, id=number, flags=flags, options=options) / segment
    ),
    addresses4,
    addresses4,
    u16,
    st.sampled_from([0, "DF", "MF"]),
    ipv4_options,
    segments,
)
extension_headers = st.lists(
    st.one_of(
        st.builds(inet6.IPv6ExtHdrHopByHop),
        st.builds(inet6.IPv6ExtHdrDestOpt, options=st.just([inet6.PadN(optdata=bytes(12))])),
        st.builds(inet6.IPv6ExtHdrRouting, addresses=st.lists(addresses6, max_size=2)),
        st.builds(inet6.IPv6ExtHdrFragment, m=st.integers(0, 1), id=u32),
    ),
    max_size=3,
    unique_by=type,
)


def _stacked(packet: Any, layers: list[Any]) -> Any:
    for layer in layers:
        packet = packet / layer
    return packet


packets6 = st.builds(
    lambda source, destination, headers, segment: (
        _stacked(inet6.IPv6(src=source, dst=destination), headers) / segment
    ),
    addresses6,
    addresses6,
    extension_headers,
    segments,
)
links = st.builds(
    lambda tags: _stacked(l2.Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02"), tags),
    st.one_of(
        st.just([]),
        st.lists(
            st.builds(l2.Dot1Q, vlan=st.integers(0, 4095), prio=st.integers(0, 7)), max_size=2
        ),
        st.builds(
            lambda outer, inner: [l2.Dot1AD(vlan=outer), l2.Dot1Q(vlan=inner)],
            st.integers(0, 4095),
            st.integers(0, 4095),
        ),
    ),
)
frames = st.builds(lambda link, packet: bytes(link / packet), links, st.one_of(packets4, packets6))


@settings(max_examples=500, deadline=None)
@given(octets=frames, padding=st.integers(0, 8))
def test_generated_frames(octets: bytes, padding: int) -> None:
    padded = octets + bytes(padding)
    expected = scapy_oracle.asked(padded, len(padded))
    assert isinstance(expected, Decoded)
    assert decode_frame(padded) == expected


@settings(max_examples=200, deadline=None)
@given(octets=frames, data=st.data())
def test_generated_frames_cut(octets: bytes, data: st.DataObject) -> None:
    """What is decoded of a frame that was cut is what the whole frame says."""
    length = data.draw(st.integers(0, len(octets)))
    expected = scapy_oracle.asked(octets, len(octets))
    found = decode_frame(octets[:length], wire=len(octets))
    if isinstance(found, Fault):
        assert found.kind == "truncated"
    else:
        options = {"mss": found.mss, "window_scale": found.window_scale}
        assert found == expected._replace(**options)


# --- frames of captures -------------------------------------------------------------------------


def compare(path: Path) -> list[str]:
    """Return how `tracker.wire` and scapy differ on the frames of a capture."""
    differences = []
    for number, (_, octets, wire) in enumerate(read_pcap(path), 1):
        found = decode_frame(octets, wire)
        expected = scapy_oracle.asked(octets, wire)
        if not agree(found, expected):
            differences.append(
                f"{path.name} frame {number}:\n tracker {found}\n scapy   {expected}"
            )
    return differences


def agree(found: Decoded | Fault, expected: Decoded | str | None) -> bool:
    """Return whether scapy says the same, or shows as a segment what contradicts the RFC."""
    if expected == scapy_oracle.UNDECIDED:
        return True
    if isinstance(found, Decoded):
        return found.tunnel != 0 or found.flags == MALFORMED or found == expected
    return expected is None or found.kind == "malformed"


@pytest.mark.parametrize("path", sorted(PCAPS.glob("*.pcap")), ids=lambda path: path.stem)
def test_our_captures(path: Path) -> None:
    assert compare(path) == []


@needs_corpus
def test_corpus() -> None:
    names = ethernet_captures()
    assert len(names) > 200
    differences = [line for name in names for line in compare(CORPUS / name)]
    assert differences == []
