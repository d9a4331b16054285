"""Values as text that is short, and safe on any terminal."""

#: No value is longer, in characters.
LONGEST = 80

_MORE = "..."
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def safe(text: str) -> str:
    """Return `text` with all but printable ASCII escaped, cut to `LONGEST` characters."""
    written = "".join(map(_escaped, text[: LONGEST + 1]))
    return written if len(written) <= LONGEST else written[: LONGEST - len(_MORE)] + _MORE


def _escaped(character: str) -> str:
    if " " <= character <= "~":
        return character
    number = ord(character)
    return _NAMED.get(character) or (f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}")


def octets_as_text(octets: bytes) -> str:
    """Return octets as they read, if most of them can be read, else in hexadecimal."""
    seen = octets[: LONGEST + 1]
    readable = sum(32 <= octet < 127 or octet in b"\t\r\n" for octet in seen)
    return safe(seen.decode("latin-1") if 4 * readable >= 3 * len(seen) else seen.hex(" "))


def count(number: int, noun: str = "octet") -> str:
    """Return "1 octet", "2 octets"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def span(begin: int, end: int) -> tuple[int, int, str]:
    """Return the octets of the bits `begin` to `end` (not included), and which bits of them.

    First octet, number of octets, and text as in `Field.bits`.
    """
    first, last = begin // 8, max(begin, end - 1) // 8
    if begin % 8 == 0 and end % 8 == 0:
        return first, last + 1 - first, ""
    left, right = begin - 8 * first, end - 1 - 8 * first
    return first, last + 1 - first, f"{left}-{right}" if left != right else str(left)
