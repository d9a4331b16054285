"""The name of the host that an HTTP client asks for, from the head of its first request."""

import re

from tracker.names.incomplete import Incomplete
from tracker.names.plausible import host_name

LONGEST_HEAD = 16384  # octets of request line and headers that are looked at

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"  # a character of one (RFC 9110 section 5.6.2)
# Method, target, version (RFC 9112 section 3); a line may end without CR (section 2.2).
_REQUEST = re.compile(rb"(?!CONNECT )%b{1,32} [!-~]+ HTTP/1\.[01]\r?\Z" % _TOKEN)
_BEGIN = re.compile(rb"%b{0,32}(?: |\Z)" % _TOKEN)  # as much of it as there is
_ABSOLUTE = re.compile(rb"[^ ]+ [A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@ ]*@)?([^/?#@ ]*)")
_HOST = b"host:"
_END = (b"", b"\r")
_AUTHORITY = re.compile(rb"[ \t]*([^\s:]*)(?::[0-9]*)?[ \t]*\r?\Z")  # name and port


def host(stream: bytes) -> str | None:
    """Return the name of the host in the request that a client's `stream` begins with.

    It stands in the Host line, its port left out, or in a target in absolute form, which counts
    before Host (RFC 9112 section 3.2.2).  Clients send that to proxies, and some to any server.
    None for what is no request of HTTP/1.0 or 1.1, names no host, or is CONNECT: that one is about
    another host than the peer.  Nothing behind the name is read.  Raises `Incomplete` when the head
    goes on; after 16 KiB it is None.
    """
    # Empty lines before the request are ignored (section 2.2).
    *lines, begun = stream[:LONGEST_HEAD].lstrip(b"\r\n").split(b"\n")
    if lines:
        authority = _authority(lines[0], lines[1:]) if _REQUEST.match(lines[0]) else b""
    else:
        authority = None if _BEGIN.match(begun) else b""
    if authority is not None:
        return _named(authority)
    if len(stream) >= LONGEST_HEAD:
        return None
    raise Incomplete(len(stream) + 1)


def _authority(request: bytes, headers: list[bytes]) -> bytes | None:
    """Return the text with the host, b"" if the head has none, None if that is still open."""
    target = _ABSOLUTE.match(request)
    if target:
        return target[1]
    for line in headers:
        if line[: len(_HOST)].lower() == _HOST:
            return line[len(_HOST) :]
        if line in _END:
            return b""
    return None


def _named(authority: bytes) -> str | None:
    """Return the name in the value of Host, or in a target (RFC 9110 section 7.2)."""
    found = _AUTHORITY.match(authority)
    return host_name(found[1]) if found else None
