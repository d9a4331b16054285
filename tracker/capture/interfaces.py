"""Interfaces that can be listened to: scapy lists them, and knows which has the default route.

What scapy does not tell, the Linux kernel does (`rtnetlink`); elsewhere psutil, where it is
installed.  Everything is asked anew at each call: interfaces come and go.
"""

import sys
from functools import cache
from typing import Any, NamedTuple

from tracker.capture import rtnetlink
from tracker.capture.quiet import quiet
from tracker.errors import UserError
from tracker.wire.link_types import (
    LINKTYPE_ETHERNET,
    LINKTYPE_IEEE802_11,
    LINKTYPE_IEEE802_11_RADIOTAP,
    LINKTYPE_LINUX_SLL2,
    LINKTYPE_NULL,
)

#: All interfaces at once: what libpcap calls so on Linux.
ANY = "any"

UP, DOWN, NO_CARRIER, UNKNOWN = "up", "down", "no carrier", "unknown"

_LINUX = sys.platform == "linux"

# Flags of netdevice(7).
_IFF_UP, _IFF_LOWER_UP = 1, 0x10000

# Types of devices (linux/if_arp.h) whose frames are taken with their link layer.  From all others,
# as for `any`, the kernel is asked for frames without (packet(7), SOCK_DGRAM), and what it tells
# about each stands in its place.
_LINK_TYPES = {
    1: LINKTYPE_ETHERNET,  # ARPHRD_ETHER
    772: LINKTYPE_ETHERNET,  # ARPHRD_LOOPBACK: all zeros for addresses
    801: LINKTYPE_IEEE802_11,  # ARPHRD_IEEE80211
    803: LINKTYPE_IEEE802_11_RADIOTAP,  # ARPHRD_IEEE80211_RADIOTAP
}

_NO_HARDWARE = "00:00:00:00:00:00"  # what scapy shows for none

# Elsewhere only the socket knows; these begin the names of those that have no Ethernet on BSDs.
_WITHOUT_ETHERNET = ("lo", "utun", "tun", "gif", "stf")


class Interface(NamedTuple):
    """An interface.

    state       UP, DOWN (by the administrator), NO_CARRIER (nothing at the other end) or UNKNOWN
    hardware    its address, "" if it has none
    addresses   IPv4, then IPv6 as text (RFC 5952), without zone
    link_type   LINKTYPE_ number of the frames that come from it
    received    packets since it came up; None, here and below: unknown
    dropped     frames that arrived and that no capture can see: see `drops`
    """

    name: str
    index: int  # type: ignore[assignment]  # hides a method of tuples
    state: str
    hardware: str
    addresses: tuple[str, ...]
    link_type: int
    received: int | None = None
    sent: int | None = None
    received_octets: int | None = None
    sent_octets: int | None = None
    dropped: int | None = None


def interfaces() -> list[Interface]:
    """Return the interfaces by index, also those that are down; on Linux, `any` comes last.

    scapy takes some 10 ms for each of them.
    """
    if not _LINUX:
        return _elsewhere()
    indexes = {int(device.index) for device in _devices()}
    addresses = rtnetlink.addresses()
    # Who is not in both lists has come or gone in between.
    listed = [link for link in rtnetlink.links() if link.index in indexes]
    found = [_interface(link, addresses) for link in sorted(listed, key=lambda link: link.index)]
    return [*found, _any(found)]


def find(name: str) -> Interface:
    """Return the interface called `name`.

    Raises UserError, which names those that there are.
    """
    if _LINUX and name != ANY:  # without the others, which cost time
        link = rtnetlink.link(name)
        if link is not None:
            return _interface(link, rtnetlink.addresses())
    found = interfaces()
    for interface in found:
        if interface.name == name:
            return interface
    raise UserError(f"no interface is called {name!r}; there are: {_names(found)}")


def default_interface() -> str:
    """Return the name of the interface with the default route: IPv4's, else IPv6's.

    Of several, the one with the lowest metric.  Raises UserError, which names all interfaces, if
    there is none.
    """
    for routes in (_default_routes4, _default_routes6):
        # Kernels of old keep a route to nowhere for IPv6, by way of loopback.
        usable = [route for route in routes() if route[1] not in ("", _scapy().loopback_name)]
        if usable:
            return min(usable)[1]
    raise UserError(f"no default route; name an interface with -i: {_names(interfaces())}")


def host_addresses() -> tuple[str, ...]:
    """Return all addresses of this host now, as text (RFC 5952), without zone.

    On Linux all of 127.0.0.0/8 is the host's if 127.0.0.1 is; that network is then one of them.
    """
    if _LINUX:
        groups = list(rtnetlink.addresses().values())
    else:
        groups = [_addresses(device) for device in _devices()]
    found = dict.fromkeys(address for group in groups for address in group)
    if _LINUX and "127.0.0.1" in found:
        found["127.0.0.0/8"] = None
    return tuple(found)


def link_type_of(name: str) -> int:
    """Return the LINKTYPE_ number of frames from the interface called `name`, on Linux.

    Raises UserError if there is none of that name.
    """
    if name == ANY:
        return LINKTYPE_LINUX_SLL2
    link = rtnetlink.link(name)
    if link is None:
        raise UserError(f"no interface is called {name!r}; there are: {_names(interfaces())}")
    return _LINK_TYPES.get(link.device_type, LINKTYPE_LINUX_SLL2)


def is_up(name: str) -> bool:
    """Return whether the interface called `name` is there, up, and has a carrier, on Linux.

    Elsewhere, and of `any`, that is taken for granted.
    """
    if name == ANY or not _LINUX:
        return True
    link = rtnetlink.link(name)
    return link is not None and _state(link.flags) == UP


def drops(name: str) -> int | None:
    """Return how many frames the interface called `name` received that no capture can see.

    Of `any`, the sum of all interfaces; None if that is unknown, also because it is gone.  On Linux
    this is what linux/if_link.h documents as rx_dropped, and the largest of rx_missed_errors,
    rx_fifo_errors and rx_over_errors: drivers count the same loss, a full queue of the device,
    under one of those names or under several.

    libpcap adds up missed and fifo only (pcap_stats, "dropped by interface" of tcpdump).  That
    leaves out what the host itself drops before it hands frames to captures, as when its backlog is
    full, the only loss there is on a veth or on loopback.  The price: rx_dropped also counts frames
    of protocols that nobody listens to, as long as there is no capture, so what counts is the
    difference from when the capture began.
    """
    if not _LINUX:
        return next((each.dropped for each in _elsewhere() if each.name == name), None)
    if name == ANY:
        return _sum([link.dropped for link in rtnetlink.links()])
    link = rtnetlink.link(name)
    return None if link is None else link.dropped


def _interface(link: rtnetlink.Link, addresses: dict[int, tuple[str, ...]]) -> Interface:
    link_type = _LINK_TYPES.get(link.device_type, LINKTYPE_LINUX_SLL2)
    has_address = link_type != LINKTYPE_LINUX_SLL2 and any(link.hardware)
    return Interface(
        link.name,
        link.index,
        _state(link.flags),
        link.hardware.hex(":") if has_address else "",
        addresses.get(link.index, ()),
        link_type,
        link.received,
        link.sent,
        link.received_octets,
        link.sent_octets,
        link.dropped,
    )


def _state(flags: int) -> str:
    if not flags & _IFF_UP:
        return DOWN
    return UP if flags & _IFF_LOWER_UP else NO_CARRIER


def _any(found: list[Interface]) -> Interface:
    """Return the interface that stands for all."""
    sums = [_sum([each[i] for each in found]) for i in range(6, len(Interface._fields))]
    return Interface(ANY, 0, UP, "", (), LINKTYPE_LINUX_SLL2, *sums)


def _sum(numbers: list[Any]) -> int | None:
    """Return the sum of the numbers that are known, None if there is none."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _names(found: list[Interface]) -> str:
    return ", ".join(interface.name for interface in found) or "none"


# --- scapy --------------------------------------------------------------------------------------


@cache
def _scapy() -> Any:  # noqa: ANN401 - scapy has no types
    """Import what of scapy knows interfaces and routes, and return its configuration.

    That is its `conf`; all of scapy would take four times as long to import.
    """
    with quiet():
        import scapy.arch
        import scapy.route
        import scapy.route6  # noqa: F401 - importing them fills `conf`
        from scapy.config import conf
    return conf


def _devices() -> list[Any]:
    """Return scapy's interfaces of now."""
    conf = _scapy()
    conf.ifaces.reload()
    return list(conf.ifaces.values())


def _default_routes4() -> list[tuple[int, str]]:
    """Return metric and interface of each default route of IPv4."""
    routes = _scapy().route
    routes.resync()
    return [
        (metric, str(interface))
        for network, mask, _, interface, _, metric in routes.routes
        if network == mask == 0
    ]


def _default_routes6() -> list[tuple[int, str]]:
    """Return metric and interface of each default route of IPv6."""
    routes = _scapy().route6
    routes.resync()
    return [
        (metric, str(interface))
        for prefix, length, _, interface, _, metric in routes.routes
        if prefix == "::" and length == 0
    ]


def _addresses(device: Any) -> tuple[str, ...]:  # noqa: ANN401 - as scapy shows it
    """Return the addresses that scapy shows, IPv4 before IPv6."""
    from ipaddress import ip_address

    texts = [text for version in (4, 6) for text in device.ips[version] if text]
    return tuple(str(ip_address(text.partition("%")[0])) for text in texts)


# --- other systems ------------------------------------------------------------------------------


def _elsewhere() -> list[Interface]:
    """Return the interfaces where the kernel is not Linux."""
    try:
        from psutil import net_if_stats, net_io_counters
    except ImportError:
        states, counters = {}, {}
    else:
        states, counters = net_if_stats(), net_io_counters(pernic=True, nowrap=False)
    found = []
    for device in sorted(_devices(), key=lambda device: int(device.index)):
        name = str(device.name)
        state = states.get(name)
        interface = Interface(
            name,
            int(device.index),
            UNKNOWN if state is None else UP if state.isup else DOWN,
            "" if device.mac in (None, _NO_HARDWARE) else device.mac,
            _addresses(device),
            LINKTYPE_NULL if name.startswith(_WITHOUT_ETHERNET) else LINKTYPE_ETHERNET,
        )
        count = counters.get(name)
        if count is not None:
            interface = interface._replace(
                received=count.packets_recv,
                sent=count.packets_sent,
                received_octets=count.bytes_recv,
                sent_octets=count.bytes_sent,
                dropped=count.dropin,
            )
        found.append(interface)
    return found
