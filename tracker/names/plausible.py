"""Which texts from the wire may be shown as a host's name.

They end on terminals and in pages, and anybody can send them: so this is a list of what is
accepted, not of what is refused.
"""

import re

LONGEST = 253  # octets of a name, without the last dot (RFC 1035 section 2.3.4)

# Labels of up to 63 letters, digits and hyphens (RFC 1123 section 2.1), A-labels of IDNA among
# them, and the underscore, which Windows hosts have; the last is no number, or it would be an IPv4
# address (RFC 1123 section 2.1; WHATWG URL, "ends in a number").
_LABEL = rb"[0-9a-z_-]{1,63}"
_NAME = re.compile(rb"(?:%b\.)*(?!(?:[0-9]+|0x[0-9a-f]*)\Z)%b\Z" % (_LABEL, _LABEL))


def host_name(octets: bytes) -> str | None:
    """Return the name that `octets` spell, in lower case, without the last dot.

    None for what is no plausible host name: other characters than letters, digits, hyphens,
    underscores and dots, empty labels, too long, an IP address.
    """
    name = octets.removesuffix(b".")
    if len(name) > LONGEST:
        return None
    name = name.lower()
    return name.decode("ascii") if _NAME.match(name) else None
