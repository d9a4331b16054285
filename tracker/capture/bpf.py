"""Filters in tcpdump's language (pcap-filter(7)): compiled and run by libpcap, through scapy."""

import re
import struct
from collections.abc import Iterator
from typing import Any

from tracker.capture.errors import FilterError
from tracker.frames import Frames
from tracker.wire.link_types import LINKTYPE_ETHERNET, link_type_name

# Some link types have another number in files than in libpcap itself (pcap-common.c, DLT_RAW ...).
_FILE_TO_LIBPCAP = {100: 11, 101: 12, 102: 15, 103: 16, 106: 19}

# What a filter sees of a frame: all of it (libpcap, MAXIMUM_SNAPLEN).
_SNAP_LENGTH = 262144

# Octets of an instruction (struct sock_filter): code, two jumps, a number.
_INSTRUCTION = 8
_RETURN = 0x06  # BPF_RET | BPF_K: how much of the frame is kept

# libpcap looks up the names of hosts and networks, on the network.  A name is one after these
# words, or after none; after others of the language (pcap-filter(7)) it is a port's or protocol's.
_OF_HOSTS = frozenset(
    "src dst host net gateway ether fddi tr wlan ip ip6 arp rarp decnet tcp udp icmp icmp6 igmp "
    "igrp pim ah esp vrrp carp sctp atalk aarp lat moprc mopdl iso esis isis clnp stp ipx "
    "netbeui".split()
)
_OF_OTHERS = frozenset(
    "port portrange proto protochain ifname on reason rset ruleset action type subtype dir addr1 "
    "addr2 addr3 addr4 ra ta llc link".split()
)
_ALONE = frozenset(
    "and or not l1 l2 iih lsp snp psnp csnp vlan mpls pppoed pppoes geneve vxlan broadcast less "
    "multicast greater mask inbound outbound ifindex rnr rulenum srnr subrulenum len vpi vci "
    "lane metac bcc "
    "sc ilmic connectmsg metaconnect oam oamf4 oamf4sc oamf4ec sio opc dpc sls hop hsio hopc hdpc "
    "hsls ppp slip".split()
)
_FLAGS = ("tcp-", "icmp-", "icmp6-")  # numbers with names, in expressions
_WORD = re.compile(r"[\da-f]*:[\da-f:.]+|\d[\w./-]*|[a-z_][\w.-]*|\[[^]]*\]|\S")


class Filter:
    """Which frames count, by a filter expression such as ``tcp port 80``.

    The expression is compiled for each link type when the first frame of it comes.  Raises
    FilterError where libpcap is missing, where the expression is wrong or names a host.
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self._refuse_names()
        self._libpcap = _libpcap()
        self._programs: dict[int, Any] = {}
        self._refused: dict[int, str] = {}
        if self._program(LINKTYPE_ETHERNET) is None:
            self._raise_syntax_error()
        self._programs.clear()

    @property
    def needs_tags(self) -> bool:
        """Whether it asks for VLANs, whose tags a kernel may have taken out of its frames."""
        return "vlan" in _WORD.findall(self.expression.lower())

    def program(self, link_type: int, snap_length: int) -> bytes:
        """Return the instructions for a kernel, which keeps `snap_length` octets of what passes.

        Raises FilterError where libpcap cannot compile the expression for frames of `link_type`.
        """
        from ctypes import string_at

        program = self._compile(link_type, snap_length)
        if program is None:
            raise FilterError(f"{self._refusal(link_type)}; man pcap-filter explains the language")
        return string_at(program.bf_insns, program.bf_len * _INSTRUCTION)

    def runs(self, frames: Frames, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield (first, last) of each run of frames that pass, among `first` to `last` - 1.

        Of a link type for which libpcap cannot compile the expression, none does.
        """
        program = self._program(frames.link_type)
        if program is None:
            return
        passes = self._libpcap._lib.bpf_filter  # noqa: SLF001 - libpcap itself, as scapy loaded it
        data = memoryview(frames.data)
        start = first
        for i in range(first, last):
            at, length = frames.starts[i], frames.lengths[i]
            octets = bytes(data[at : at + length])
            if not passes(program.bf_insns, octets, frames.wires[i], length):
                if start < i:
                    yield start, i
                start = i + 1
        if start < last:
            yield start, last

    def warnings(self) -> list[str]:
        """Return for which link types the expression means nothing, a line each.

        Raises FilterError if that is so for all link types that came.
        """
        refused = [self._refusal(link_type) for link_type in self._refused if link_type >= 0]
        if refused and not any(self._programs.values()):
            raise FilterError(f"{refused[0]}; man pcap-filter explains the language")
        return [f"{line}; no frame of it passes" for line in refused]

    def _refuse_names(self) -> None:
        """Raise FilterError where a host or a network is named instead of given as an address."""
        names_hosts = True
        for word in _WORD.findall(self.expression.lower()):
            if word in _OF_HOSTS:
                names_hosts = True
            elif word in _OF_OTHERS:
                names_hosts = False
            elif names_hosts and _is_name(word):
                raise FilterError(
                    f"--filter {self.expression!r}: {word!r} is no word of the language; if it is "
                    "a host, give its address: nothing is looked up on the network"
                )

    def _raise_syntax_error(self) -> None:
        """Raise FilterError if the expression is wrong for every link type."""
        refusal = self._refusal(LINKTYPE_ETHERNET)
        if "syntax error" in refusal:
            raise FilterError(f"{refusal}; man pcap-filter explains the language")
        self._refused.clear()

    def _refusal(self, link_type: int) -> str:
        return (
            f"--filter {self.expression!r}: {self._refused[link_type]}, says libpcap for frames of "
            f"link type {link_type_name(link_type)}"
        )

    def _program(self, link_type: int) -> Any:  # noqa: ANN401 - ctypes of libpcap
        """Return the expression compiled for `link_type`, None if that cannot be."""
        if link_type not in self._programs:
            self._programs[link_type] = self._compile(link_type)
        return self._programs[link_type]

    def _compile(self, link_type: int, snap_length: int = _SNAP_LENGTH) -> Any:  # noqa: ANN401
        """Return the expression compiled, None, and the refusal in `_refused`, if that fails."""
        from ctypes import byref

        libpcap = self._libpcap
        handle = libpcap.pcap_open_dead(_FILE_TO_LIBPCAP.get(link_type, link_type), snap_length)
        program = libpcap.bpf_program()
        optimize, no_netmask = 1, -1
        expression = self.expression.encode()
        if libpcap.pcap_compile(handle, byref(program), expression, optimize, no_netmask) < 0:
            self._refused[link_type] = libpcap.pcap_geterr(handle).decode(errors="replace")
            program = None
        libpcap.pcap_close(handle)
        return program


def keep_all(snap_length: int) -> bytes:
    """Return the instructions for a kernel that keeps `snap_length` octets of every frame."""
    return struct.pack("=HBBI", _RETURN, 0, 0, snap_length)


def _is_name(word: str) -> bool:
    """Return whether a word is neither a number, nor an address, nor one of the language."""
    is_other = word in _ALONE or word.startswith(_FLAGS)
    return word[0].isalpha() and ":" not in word and not is_other


def _libpcap() -> Any:  # noqa: ANN401 - a module without types
    """Return scapy's door to libpcap."""
    try:
        from scapy.libs import winpcapy  # of libpcap everywhere, in spite of its name
    except (ImportError, OSError, AttributeError):
        raise FilterError(
            "--filter needs libpcap, which is not on this system; install it "
            "(Debian, Ubuntu: libpcap0.8; Fedora: libpcap; macOS has it; Windows: Npcap)"
        ) from None
    return winpcapy
