"""Filters in tcpdump's language (pcap-filter(7)): compiled and run by libpcap, through scapy."""

from collections.abc import Iterator
from typing import Any

from tracker.capture.errors import FilterError
from tracker.frames import Frames
from tracker.wire.link_types import link_type_name

# Some link types have another number in files than in libpcap itself (pcap-common.c, DLT_RAW ...).
_FILE_TO_LIBPCAP = {100: 11, 101: 12, 102: 15, 103: 16, 106: 19}

# What a filter sees of a frame: all of it (libpcap, MAXIMUM_SNAPLEN).
_SNAP_LENGTH = 262144


class Filter:
    """Which frames count, by a filter expression such as ``tcp port 80``.

    The expression is compiled for each link type when the first frame of it comes.  Raises
    FilterError where libpcap is missing or rejects the expression.
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self._libpcap = _libpcap()
        self._programs: dict[int, Any] = {}
        self._program(1)

    def runs(self, frames: Frames, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield (first, last) of each run of frames that pass, among `first` to `last` - 1."""
        instructions = self._program(frames.link_type).bf_insns
        passes = self._libpcap._lib.bpf_filter  # noqa: SLF001 - libpcap itself, as scapy loaded it
        data = memoryview(frames.data)
        start = first
        for i in range(first, last):
            at, length = frames.starts[i], frames.lengths[i]
            octets = bytes(data[at : at + length])
            if not passes(instructions, octets, frames.wires[i], length):
                if start < i:
                    yield start, i
                start = i + 1
        if start < last:
            yield start, last

    def _program(self, link_type: int) -> Any:  # noqa: ANN401 - ctypes of libpcap
        """Return the expression compiled for `link_type`."""
        if link_type not in self._programs:
            self._programs[link_type] = self._compile(link_type)
        return self._programs[link_type]

    def _compile(self, link_type: int) -> Any:  # noqa: ANN401
        from ctypes import byref

        libpcap = self._libpcap
        handle = libpcap.pcap_open_dead(_FILE_TO_LIBPCAP.get(link_type, link_type), _SNAP_LENGTH)
        program = libpcap.bpf_program()
        optimize, no_netmask = 1, -1
        expression = self.expression.encode()
        if libpcap.pcap_compile(handle, byref(program), expression, optimize, no_netmask) < 0:
            why = libpcap.pcap_geterr(handle).decode(errors="replace")
            libpcap.pcap_close(handle)
            raise FilterError(
                f"--filter {self.expression!r}: {why}, says libpcap for frames of link type "
                f"{link_type_name(link_type)}; man pcap-filter explains the language"
            )
        libpcap.pcap_close(handle)
        return program


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
