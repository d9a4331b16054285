"""Names that hosts tell, or are told, when they get an address: DHCP (RFC 2131) and DHCPv6."""

from collections.abc import Callable, Iterator

from tracker.names.plausible import host_name

# DHCPv4 (RFC 2131 section 2).
_CLIENT_ADDRESS, _YOUR_ADDRESS = slice(12, 16), slice(16, 20)
_SERVER_NAME, _FILE = slice(44, 108), slice(108, 236)
_COOKIE = slice(236, 240)
_IS_DHCP = bytes([99, 130, 83, 99])
_OPTIONS = 240
_PAD, _END = 0, 255

# Its options (RFC 2132, RFC 4702).
_HOST_NAME, _REQUESTED, _OVERLOAD, _TYPE, _FULL_NAME = 12, 50, 52, 53, 81
_IN_FILE, _IN_SERVER_NAME = 1, 2  # bits of the overload
_REQUEST, _ACK, _INFORM = b"\3", b"\5", b"\x08"  # message types
_ENCODED = 0x04  # flag of the full name: labels, not text

# DHCPv6 (RFC 8415 sections 7.3, 8, 9 and 21; RFC 4704).
_ASKED = frozenset((3, 4, 5, 6))  # REQUEST, CONFIRM, RENEW, REBIND
_REPLY = 7
_RELAYED = frozenset((12, 13))
_MOST_RELAYS = 32
_MESSAGE_OPTIONS, _RELAY_OPTIONS = 4, 34
_LASTING, _ADDRESS, _RELAY_MESSAGE, _FULL_NAME6 = 3, 5, 9, 39
_LASTING_OPTIONS = 12  # in an IA_NA, behind its number and two times
_VALID = slice(20, 24)  # in an address option: how long it may be used

Told = tuple[str, bytes]


def told(datagram: bytes, version: int) -> list[Told]:
    """Return the host names in a DHCP message (`version` 4) or DHCPv6 message (6), with addresses.

    Addresses (4 or 16 octets) that a server has granted, or that a client has and wants to keep;
    not those that are only offered, refused or given back.
    """
    messages: dict[int, Callable[[bytes], Iterator[Told]]] = {4: _told4, 6: _told6}
    pairs = messages[version](datagram) if version in messages else iter(())
    return list(dict.fromkeys(pairs))  # each once


# ---- DHCPv4 --------------------------------------------------------------------------------------


def _told4(message: bytes) -> Iterator[Told]:
    if message[_COOKIE] != _IS_DHCP:
        return
    options = _options4(message)
    address = _address4(message, options)
    for octets in (_full_name4(options.get(_FULL_NAME, b"")), options.get(_HOST_NAME, b"")):
        name = host_name(octets.rstrip(b"\0"))  # "a trailing NULL" (RFC 2132 section 2)
        if name is not None and any(address):
            yield name, address


def _address4(message: bytes, options: dict[int, bytes]) -> bytes:
    """Return the address that the named host has after the message; b"" if that is not told."""
    kind = options.get(_TYPE)
    client, yours = message[_CLIENT_ADDRESS], message[_YOUR_ADDRESS]
    if kind == _ACK:
        return yours if any(yours) else client
    if kind == _INFORM:
        return client
    if kind == _REQUEST:
        requested = options.get(_REQUESTED, b"")
        return client if any(client) else requested if len(requested) == 4 else b""
    return b""


def _options4(message: bytes) -> dict[int, bytes]:
    """Return the options of a message by their codes, split ones put together (RFC 3396)."""
    options: dict[int, bytearray] = {}
    _collect(message[_OPTIONS:], options)
    overload = (options.get(_OVERLOAD) or b"\0")[0]
    if overload & _IN_FILE:
        _collect(message[_FILE], options)
    if overload & _IN_SERVER_NAME:
        _collect(message[_SERVER_NAME], options)
    return {code: bytes(octets) for code, octets in options.items()}


def _collect(octets: bytes, options: dict[int, bytearray]) -> None:
    """Add the options of one field to those that were found before."""
    at = 0
    while at < len(octets) and octets[at] != _END:
        if octets[at] == _PAD:
            at += 1
            continue
        start = at + 2
        end = start + (octets[at + 1] if start <= len(octets) else 0)
        if start > len(octets) or end > len(octets):
            return
        options.setdefault(octets[at], bytearray()).extend(octets[start:end])
        at = end


def _full_name4(option: bytes) -> bytes:
    """Return the name of a client FQDN option (RFC 4702 section 2): flags, two codes, name."""
    name = option[3:]
    return _joined(name) if option and option[0] & _ENCODED else name


def _joined(labels: bytes) -> bytes:
    """Return a name of labels, with or without the root, as text; b"" if it is none."""
    names = []
    at = 0
    while at < len(labels) and labels[at]:
        end = at + 1 + labels[at]
        if end > len(labels) or labels[at] > 63:
            return b""
        names.append(labels[at + 1 : end])
        at = end
    return b".".join(names)


# ---- DHCPv6 --------------------------------------------------------------------------------------


def _told6(message: bytes) -> Iterator[Told]:
    message = _unwrapped(message)
    kind = message[0] if message else 0
    if kind not in _ASKED and kind != _REPLY:
        return
    options = list(_options6(message[_MESSAGE_OPTIONS:]))
    names = [_joined(octets[1:]) for code, octets in options if code == _FULL_NAME6]
    name = host_name(names[0]) if names else None
    if name is None:
        return
    for code, octets in options:
        if code == _LASTING:
            for address in _addresses6(octets, granted=kind == _REPLY):
                yield name, address


def _unwrapped(message: bytes) -> bytes:
    """Return the message that relays carry (RFC 8415 section 9), b"" if there is none."""
    for _ in range(_MOST_RELAYS):
        if not message or message[0] not in _RELAYED:
            return message
        options = _options6(message[_RELAY_OPTIONS:])
        message = next((octets for code, octets in options if code == _RELAY_MESSAGE), b"")
    return b""


def _addresses6(lasting: bytes, *, granted: bool) -> Iterator[bytes]:
    """Yield the addresses of an IA_NA (RFC 8415 sections 21.4, 21.6).

    `granted` ones have a time; what a client asks for has none.
    """
    for code, octets in _options6(lasting[_LASTING_OPTIONS:]):
        whole = code == _ADDRESS and len(octets) >= _VALID.stop
        if whole and any(octets[:16]) and (any(octets[_VALID]) or not granted):
            yield octets[:16]


def _options6(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield code and octets of each option (RFC 8415 section 21.1) that is whole."""
    at = 0
    while at + 4 <= len(octets):
        code, length = int.from_bytes(octets[at : at + 2]), int.from_bytes(octets[at + 2 : at + 4])
        at += 4
        if at + length > len(octets):
            return
        yield code, octets[at : at + length]
        at += length
