"""Addresses, sockets and times as text."""

from time import gmtime, strftime

from tracker.names.name import Name

_NS_IN_S = 1_000_000_000
_S_IN_DAY = 86_400
_NS_IN_DAY = _S_IN_DAY * _NS_IN_S

_OCTETS = tuple(map(str, range(256)))
_TWO_DIGITS = tuple(f"{number:02d}" for number in range(60))
_HEX_DIGITS = b"0123456789abcdef"
_COLON = ord(":")
_GROUPS = 8
_LONGEST_IPV6 = 39


def address(version: int, high: int, low: int) -> str:
    """Return an address as text; `high` and `low` are its halves as in `wire.segment`."""
    return ipv4(low) if version == 4 else ipv6(high, low)


def ipv4(low: int) -> str:
    """Return an IPv4 address as text; `low` is the low half of an address as in `wire.segment`."""
    return (
        f"{_OCTETS[low >> 24 & 255]}.{_OCTETS[low >> 16 & 255]}."
        f"{_OCTETS[low >> 8 & 255]}.{_OCTETS[low & 255]}"
    )


def socket4(low: int, port: int) -> str:
    """Return a socket of IPv4 as text: what is in most lines, made in one go."""
    return (
        f"{_OCTETS[low >> 24 & 255]}.{_OCTETS[low >> 16 & 255]}."
        f"{_OCTETS[low >> 8 & 255]}.{_OCTETS[low & 255]}:{port}"
    )


def ipv6(high: int, low: int) -> str:
    """Return an IPv6 address as text (RFC 5952): what `ipaddress` does, which costs more."""
    first, end = _zeros(high, low)
    text = bytearray(_LONGEST_IPV6)
    at = 0
    for i in range(_GROUPS):
        if i < first or i >= end:
            if i and i != end:
                text[at] = _COLON
                at += 1
            group = _group(high, low, i)
            shift = 12
            while shift and not group >> shift:
                shift -= 4
            while shift >= 0:
                text[at] = _HEX_DIGITS[group >> shift & 15]
                at += 1
                shift -= 4
        elif i == first:
            text[at] = text[at + 1] = _COLON
            at += 2
    return text[:at].decode("ascii")


def _group(high: int, low: int, i: int) -> int:
    """Return a group of an IPv6 address, counted from the left."""
    return (high if i < 4 else low) >> 16 * (3 - i % 4) & 0xFFFF


def _zeros(high: int, low: int) -> tuple[int, int]:
    """Return where the groups begin and end that `::` stands for (RFC 5952 section 4.2).

    They are the first of the longest runs of zeros; one group alone is written out.
    """
    first = end = begun = _GROUPS
    longest = 1
    for i in range(_GROUPS):
        if _group(high, low, i):
            begun = _GROUPS
            continue
        begun = min(begun, i)
        if i + 1 - begun > longest:
            longest = i + 1 - begun
            first, end = begun, i + 1
    return first, end


class _Day:
    """The day of the last timestamp, as text: the next one is mostly of the same day."""

    def __init__(self) -> None:
        self.number = 0
        self.text = "1970-01-01"

    def date(self, number: int) -> str:
        """Return the date of a day after 1970-01-01."""
        if number != self.number:
            self.number = number
            self.text = strftime("%Y-%m-%d", gmtime(number * _S_IN_DAY))
        return self.text


_DAY = _Day()


def timestamp(ns: int) -> str:
    """Return `ns` since 1970 in ISO 8601, UTC, with nanoseconds."""
    day = ns // _NS_IN_DAY
    rest = ns - day * _NS_IN_DAY
    if rest < 0:  # before 1970, compiled: C rounds towards zero
        day -= 1
        rest += _NS_IN_DAY
    second = rest // _NS_IN_S
    return (
        f"{_DAY.date(day)}T{_TWO_DIGITS[second // 3600]}:{_TWO_DIGITS[second // 60 % 60]}:"
        f"{_TWO_DIGITS[second % 60]}.{rest % _NS_IN_S:09d}Z"
    )


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


def origin(name: Name, now: int) -> str:
    """Return where a name came from, and how long it holds from `now` (ns) on."""
    text = f"{name.source} #{name.frame}" if name.frame else name.source
    if name.asker is not None:
        text += f" by {name.asker}"
    if name.until:
        text += f", {duration(name.until - now)} left" if name.until > now else ", expired"
    return text
