"""How much of each frame a kernel keeps: the headers, and all of what may name hosts.

A filter of Linux ends with the number of octets to keep of a frame (socket(7), SO_ATTACH_FILTER).
Headers are enough for states.  Names of hosts stand in the data: answers of DNS and its relatives,
leases of DHCP, what a client of HTTP, TLS or QUIC says first.  So a tail is put behind the filter
that looks at protocol and ports.
"""

import struct

# linux/filter.h, linux/bpf_common.h: instructions of classic BPF.
_LENGTH = 0x80  # BPF_LD | BPF_W | BPF_LEN
_BYTE, _HALF = 0x30, 0x28  # BPF_LD | BPF_ABS
_BYTE_AT_X, _HALF_AT_X = 0x50, 0x48  # BPF_LD | BPF_IND
_AND, _SHIFT, _TO_X, _X_IS = 0x54, 0x64, 0x07, 0x01
_EQUAL, _GREATER, _ANY_OF = 0x15, 0x25, 0x45  # BPF_JEQ, BPF_JGT, BPF_JSET
_GO, _RETURN = 0x05, 0x06

# linux/filter.h: places that are the same behind each link layer, as negative offsets.
_PROTOCOL = 2**32 - 0x1000  # SKF_AD_OFF + SKF_AD_PROTOCOL
_IP = 2**32 - 0x10_0000  # SKF_NET_OFF

#: Ports of UDP whose datagrams tell names: DNS, mDNS, LLMNR, NetBIOS, DHCP, DHCPv6.
UDP_PORTS = (53, 5353, 5355, 137, 138, 67, 68, 546, 547)

#: Ports of TCP to which clients say whom they mean (HTTP, TLS), or what they look up (DNS).
TCP_PORTS = (53, 80, 443, 853, 8000, 8008, 8080, 8443)

#: Octets that are kept of what may tell names: a frame of Ethernet, and some.
WHOLE = 2048

# What the tail looks at lies before this octet.
_LOOKED_AT = 96

_INSTRUCTION = struct.Struct("=HBBI")

# An instruction: code, number, and where to go on (next, if that is None) if true, and if not.
_Step = tuple[int, int, str | None, str | None]


def keep(program: bytes, snap_length: int) -> bytes:
    """Return the filter `program`, keeping all of what may name hosts, `snap_length` of the rest.

    `program` is made of instructions of eight octets.
    """
    kept = list(_INSTRUCTION.iter_unpack(program))
    for i, (code, _, _, octets) in enumerate(kept):
        if code == _RETURN and octets:
            kept[i] = (_GO, 0, 0, len(kept) - i - 1)
    kept += _assembled(_tail(snap_length))
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in kept)


def _tail(snap_length: int) -> list[tuple[str, list[_Step]]]:
    """Return the tail, in parts with names.

    What is short is kept as it is: a kernel drops a frame beyond whose end a filter looks.
    """
    return [
        (
            "start",
            [
                (_LENGTH, 0, None, None),
                (_GREATER, max(snap_length, _LOOKED_AT), None, "headers"),
                (_HALF, _PROTOCOL, None, None),
                (_EQUAL, 0x0800, "IPv4", None),
                (_EQUAL, 0x86DD, "IPv6", "headers"),
            ],
        ),
        (
            "IPv4",
            [
                (_HALF, _IP + 6, None, None),
                (_ANY_OF, 0x1FFF, "headers", None),  # a later fragment has no ports
                (_BYTE, _IP, None, None),
                (_AND, 0xF, None, None),
                (_SHIFT, 2, None, None),
                (_TO_X, 0, None, None),
                (_BYTE, _IP + 9, None, None),
                (_GO, 0, "transport", None),
            ],
        ),
        ("IPv6", [(_X_IS, 40, None, None), (_BYTE, _IP + 6, None, None)]),
        ("transport", [(_EQUAL, 17, "UDP", None), (_EQUAL, 6, "TCP", "headers")]),
        (
            "TCP",
            [
                (_HALF_AT_X, _IP, None, None),
                (_EQUAL, 53, "all", None),
                (_HALF_AT_X, _IP + 2, None, None),
                *_either(TCP_PORTS, "headers"),
            ],
        ),
        (
            "UDP",
            [
                (_HALF_AT_X, _IP, None, None),
                *_either(UDP_PORTS, None),
                (_HALF_AT_X, _IP + 2, None, None),
                *_either(UDP_PORTS, None),
                (_EQUAL, 443, None, "headers"),
                # RFC 9000 section 17.2: a long header, as at the beginning of QUIC.
                (_BYTE_AT_X, _IP + 8, None, None),
                (_AND, 0xC0, None, None),
                (_EQUAL, 0xC0, "all", "headers"),
            ],
        ),
        ("headers", [(_RETURN, snap_length, None, None)]),
        ("all", [(_RETURN, max(snap_length, WHOLE), None, None)]),
    ]


def _either(ports: tuple[int, ...], other: str | None) -> list[_Step]:
    """Return what goes to "all" for each of the ports, else to `other`."""
    *some, last = ports
    return [*((_EQUAL, port, "all", None) for port in some), (_EQUAL, last, "all", other)]


def _assembled(parts: list[tuple[str, list[_Step]]]) -> list[tuple[int, int, int, int]]:
    """Return the instructions, with jumps as the number of those that are left out."""
    steps = [step for _, part in parts for step in part]
    places, at = {}, 0
    for name, part in parts:
        places[name] = at
        at += len(part)

    def jump(i: int, name: str | None) -> int:
        return 0 if name is None else places[name] - i - 1

    return [
        (code, 0, 0, jump(i, true))
        if code == _GO
        else (code, jump(i, true), jump(i, false), number)
        for i, (code, number, true, false) in enumerate(steps)
    ]
