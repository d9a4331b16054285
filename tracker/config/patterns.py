"""What addresses, networks and names of hosts look like: regular expressions.

They are written so that they mean the same to Python and to ECMA-262, as which a JSON schema reads
them.
"""

# RFC 3986 section 3.2.2 has these rules, as IPv4address and IPv6address.
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_H16 = "[0-9A-Fa-f]{1,4}"
_LS32 = f"(?:{_H16}:{_H16}|{_IPV4})"
_IPV6 = "|".join(
    [
        f"(?:{_H16}:){{6}}{_LS32}",
        *(
            f"(?:(?:{_H16}:){{0,{before}}}{_H16})?::(?:{_H16}:){{{4 - before}}}{_LS32}"
            for before in range(5)
        ),
        f"::(?:{_H16}:){{5}}{_LS32}",
        f"(?:(?:{_H16}:){{0,5}}{_H16})?::{_H16}",
        f"(?:(?:{_H16}:){{0,6}}{_H16})?::",
    ]
)
_LENGTH4 = "(?:3[0-2]|[12]?[0-9])"
_LENGTH6 = "(?:12[0-8]|1[01][0-9]|[1-9]?[0-9])"
_NETWORK = f"{_IPV4}(?:/{_LENGTH4})?|(?:{_IPV6})(?:/{_LENGTH6})?"
_ZONED = f"(?:{_IPV6})%[0-9A-Za-z._-]+"  # RFC 4007 section 11; the zone is ignored

# RFC 1123 section 2.1, with underscores.  The last part is not of digits alone, as in an address.
_LABEL = "[0-9A-Za-z_](?:[0-9A-Za-z_-]{0,61}[0-9A-Za-z_])?"
_NAME = rf"(?=.{{1,253}}$)(?:{_LABEL}\.)*(?![0-9]+$){_LABEL}"


def _whole(pattern: str) -> str:
    """Return a pattern for a whole text; Python's $ alone would let a line's end pass."""
    return rf"^(?:{pattern})$(?!\n)"


#: An IPv4 or IPv6 address (RFC 4291 section 2.2).
ADDRESS = _whole(f"{_IPV4}|{_IPV6}")

#: An address, or a network with the length of its prefix (RFC 4632 section 3.1, RFC 4291 2.3).
NETWORK = _whole(_NETWORK)

#: The name of a host.
NAME = _whole(_NAME)

#: What `local` may hold: address, network, or a word.
PLACE = _whole(f"{_NETWORK}|{_ZONED}|{_NAME}")
