"""What scapy says a frame holds, in the words of `decoding`.

scapy dissects the frame; only the lengths that it found in the headers are summed up here.
"""

import struct
import warnings
from ipaddress import ip_address
from typing import Any

from decoding import Decoded

from tracker.wire.segment import CUT_OFF

with warnings.catch_warnings():
    # scapy looks for interfaces, routes and cryptography when it is imported, and warns.
    warnings.simplefilter("ignore")
    from scapy.contrib import mpls, nsh
    from scapy.layers import inet, inet6, l2, ppp
    from scapy.packet import Packet

TAGS = {"Dot1Q", "Dot1AD", "Dot1AH"}
SHIMS = {layer.__name__ for layer in (ppp.PPPoE, ppp.PPP, mpls.MPLS, nsh.NSH)}
BELOW_IP = {"Ether", "Dot3", "LLC", "SNAP"} | TAGS | SHIMS

#: EtherTypes of VN-tag, E-tag and FabricPath, which scapy does not know.
UNKNOWN_TAGS = {0x8926, 0x893F, 0x8903}
EXTENSIONS = "IPv6ExtHdr"
AUTHENTICATION = 51

#: scapy does not look behind an authentication header or tags it does not know, and some damaged
#: headers break it.
UNDECIDED = "undecided"


def asked(octets: bytes, wire: int) -> Decoded | str | None:
    """Return the segment or datagram that scapy finds in a frame, None where there is none."""
    try:
        return _asked(octets, wire)
    except struct.error:
        return UNDECIDED


def _asked(octets: bytes, wire: int) -> Decoded | str | None:
    ether = l2.Dot3 if int.from_bytes(octets[12:14]) <= 1500 else l2.Ether
    layer = ether(octets)
    vlan = -1
    while layer.name != "NoPayload":
        if isinstance(layer, (l2.Dot1Q, l2.Dot1AD)) and vlan < 0:
            vlan = layer.vlan
        if isinstance(layer, (inet.IP, inet6.IPv6)):
            return _in_ip(layer, vlan, wire - (len(octets) - len(layer.original)))
        if getattr(layer, "type", None) in UNKNOWN_TAGS:
            return UNDECIDED
        if type(layer).__name__ not in BELOW_IP:
            return None
        layer = layer.payload
    return None


def _in_ip(ip: Packet, vlan: int, wire: int) -> Decoded | str | None:
    """Look into an IP packet that has `wire` octets of the frame."""
    if isinstance(ip, inet.IP) and ip.frag:
        return None
    layer = ip.payload
    while type(layer).__name__.startswith(EXTENSIONS):
        if getattr(layer, "offset", 0):
            return None
        layer = layer.payload
    if _next_header(ip, layer) == AUTHENTICATION:
        return UNDECIDED
    if not isinstance(layer, (inet.TCP, inet.UDP)):
        return None
    headers = len(ip.payload.original) - len(layer.original)
    return _segment(ip, layer, vlan, _carried(ip, wire) - headers)


def _fragment_id(ip: Packet) -> int:
    """Return the identification of the last fragment header, 0 without one."""
    found, layer = 0, ip.payload
    while type(layer).__name__.startswith(EXTENSIONS):
        if isinstance(layer, inet6.IPv6ExtHdrFragment):
            found = layer.id
        layer = layer.payload
    return found


def _next_header(ip: Packet, layer: Packet) -> int:
    """Return the protocol number that announces `layer`."""
    before = layer.underlayer or ip
    return int(before.proto if isinstance(before, inet.IP) else before.nh)


def _carried(ip: Packet, wire: int) -> int:
    """Return how many octets follow the IP header, by the IP header (0: by the frame)."""
    if isinstance(ip, inet.IP):
        return int((ip.len or wire) - 4 * ip.ihl)
    return int(ip.plen or wire - 40)


def _segment(ip: Packet, layer: Packet, vlan: int, length: int) -> Decoded:
    version = 4 if isinstance(ip, inet.IP) else 6
    tcp = isinstance(layer, inet.TCP)
    syn = tcp and layer.flags.S
    options = dict(layer.options) if syn else {}
    absent = CUT_OFF if syn and len(layer.original) < 4 * layer.dataofs else -1
    payload = length - 4 * layer.dataofs if tcp else _datagram(ip, layer, length) - 8
    return Decoded(
        protocol=6 if tcp else 17,
        source=ip_address(ip.src),
        source_port=layer.sport,
        destination=_destination(ip),
        destination_port=layer.dport,
        sequence=layer.seq if tcp else 0,
        acknowledgment=layer.ack if tcp else 0,
        flags=int(layer.flags) & 0xFF if tcp else 0,
        window=layer.window if tcp else 0,
        payload=payload,
        mss=options.get("MSS", 0),
        window_scale=min(options.get("WScale", absent), 14),
        vlan=vlan,
        ip_id=ip.id if version == 4 else _fragment_id(ip),
    )


def _datagram(ip: Packet, layer: Packet, length: int) -> int:
    """Return the octets of a datagram that are in the packet."""
    first_fragment = ip.flags.MF if isinstance(ip, inet.IP) else _more(ip)
    return length if first_fragment or not layer.len else min(layer.len, length)


def _more(ip: Packet) -> bool:
    fragment = ip.getlayer(inet6.IPv6ExtHdrFragment)
    return fragment is not None and bool(fragment.m)


def _destination(ip: Packet) -> Any:
    """Return where the packet ends: behind a source route, if it has one (RFC 791)."""
    for option in ip.options if isinstance(ip, inet.IP) else ():
        routed = isinstance(option, (inet.IPOption_LSRR, inet.IPOption_SSRR))
        if routed and option.routers and option.pointer <= option.length - 3:
            return ip_address(option.routers[-1])
    return ip_address(ip.dst)
