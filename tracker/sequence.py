"""Arithmetic on TCP sequence numbers, modulo 2**32 (RFC 9293 section 3.4).

A sequence number says nothing by itself: only the distance between two of them does, and only
while that distance is below 2**31 (the serial number arithmetic of RFC 1982).  The rest of the
engine never compares sequence numbers with a bare ``<``; it asks these functions.
"""

_MODULUS_MASK = 0xFFFFFFFF
_HALF = 0x80000000


def add(number: int, count: int) -> int:
    """Return the sequence number `count` octets after `number`."""
    return (number + count) & _MODULUS_MASK


def distance(start: int, end: int) -> int:
    """Return how many octets `end` lies after `start`, 0 to 2**32 - 1."""
    return (end - start) & _MODULUS_MASK


def after(left: int, right: int) -> bool:
    """Return whether `left` lies after `right`: right < left."""
    return 0 < ((left - right) & _MODULUS_MASK) < _HALF


def before(left: int, right: int) -> bool:
    """Return whether `left` lies before `right`: left < right."""
    return 0 < ((right - left) & _MODULUS_MASK) < _HALF
