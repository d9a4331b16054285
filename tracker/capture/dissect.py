"""Link layers that `wire` does not know: scapy dissects them, and its IP packet is handed back.

scapy is slow to import and slower to dissect, so it is asked for nothing else, and only once for a
link type that it does not know either.
"""

import gc
from collections.abc import Callable
from functools import cache
from typing import Any

from tracker.capture.quiet import quiet
from tracker.wire.link_types import LINK_TYPE_NAMES

#: Takes the octets of a frame, gives those of the IP packet in it, or None.
Finder = Callable[[bytes], bytes | None]

# Its packets refer to each other in cycles, which are to be collected although Python does not
# look for any while a capture is read.
FRAMES_BETWEEN_COLLECTIONS = 256
YOUNGEST = 0  # the generation that holds them


@cache
def finder(link_type: int) -> Finder | None:
    """Return what finds the IP packet in a frame of `link_type`, None if scapy does not know it."""
    # scapy's table also has numbers of network devices, which are no link types.
    layer = _scapy()[0].get(link_type) if link_type in LINK_TYPE_NAMES else None
    if layer is None:
        return None
    count = 0

    def find(octets: bytes) -> bytes | None:
        nonlocal count
        count += 1
        if count % FRAMES_BETWEEN_COLLECTIONS == 0:
            gc.collect(YOUNGEST)
        return _find(layer, octets)

    return find


def _find(layer: Any, octets: bytes) -> bytes | None:  # noqa: ANN401 - scapy has no types
    """Return the first IP packet that scapy shows in a frame that begins with `layer`."""
    try:
        packet = layer(octets)
        while packet.name != "NoPayload":
            if isinstance(packet, _scapy()[1]):
                return bytes(packet)
            packet = packet.payload
    except Exception:  # noqa: BLE001 - damaged frames make scapy raise anything
        return None
    return None


@cache
def _scapy() -> tuple[dict[int, Any], tuple[Any, Any]]:
    """Import scapy, which would tell about this host's interfaces; return its layers, and IP's."""
    with quiet():
        import scapy.layers.all  # noqa: F401 - importing it makes the layers known
        from scapy.config import conf
        from scapy.layers.inet import IP
        from scapy.layers.inet6 import IPv6
    conf.dot15d4_protocol = "sixlowpan"  # of what IEEE 802.15.4 carries, only this holds IP
    return conf.l2types.num2layer, (IP, IPv6)
