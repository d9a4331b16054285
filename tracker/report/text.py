"""Addresses, sockets and times as text."""

import time
from functools import lru_cache

_NS_IN_S = 1_000_000_000


def ipv4(low: int) -> str:
    """Return an IPv4 address as text; `low` is the low half of an address as in `wire.segment`."""
    return f"{low >> 24 & 255}.{low >> 16 & 255}.{low >> 8 & 255}.{low & 255}"


@lru_cache(maxsize=1 << 16)
def ipv6(high: int, low: int) -> str:
    """Return an IPv6 address as text (RFC 5952)."""
    from ipaddress import IPv6Address  # here, because most captures need only IPv4

    return str(IPv6Address(high << 64 | low))


def address(version: int, high: int, low: int) -> str:
    """Return an address as text; `high` and `low` are its halves as in `wire.segment`."""
    return ipv4(low) if version == 4 else ipv6(high, low)


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def timestamp(ns: int) -> str:
    """Return `ns` since 1970 in ISO 8601, UTC, with nanoseconds."""
    seconds, rest = divmod(ns, _NS_IN_S)
    return f"{_second(seconds)}.{rest:09d}Z"


def counted(number: int, what: str) -> str:
    """Return a number and what it counts, as in ``1 frame``, ``2 frames``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def duration(ns: int) -> str:
    """Return a time span in the unit people would use: ``340 ms``, ``12.5 s``, ``2 h 05 min``."""
    if ns < _NS_IN_S:
        return f"{ns / 1_000_000:.0f} ms"
    seconds = ns / _NS_IN_S
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
