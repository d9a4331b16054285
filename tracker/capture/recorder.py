"""Write frames into a capture file while they are tracked, as `tcpdump -w` does.

The file is pcapng (draft-ietf-opsawg-pcapng), or classic pcap where its name says so.
"""

import os
import platform
import stat
import struct
import sys

from tracker import __version__
from tracker.capture.errors import CaptureError
from tracker.capture.packing import ROOM, Packer
from tracker.capture.pcap_format import MAX_CAPTURED, NS_MAGIC, VERSION
from tracker.capture.pcapng_format import (
    BLOCK,
    BYTE_ORDER_MAGIC,
    END_OF_OPTIONS,
    IF_FILTER,
    IF_NAME,
    IF_TSRESOL,
    INTERFACE,
    ISB_ENDTIME,
    ISB_IFDROP,
    ISB_IFRECV,
    ISB_OSDROP,
    ISB_STARTTIME,
    MAJOR_VERSION,
    MINOR_VERSION,
    SECTION_HEADER,
    SHB_OS,
    SHB_USERAPPL,
    STATISTICS,
    UNKNOWN_LENGTH,
)
from tracker.frames import Frames

#: The name that stands for standard output.
STANDARD_OUTPUT = "-"

#: How names of classic pcap files end; all others are pcapng.
CLASSIC = (".pcap", ".cap")

# if_tsresol: units of 10**-9 s.
_NANOSECONDS = b"\x09"

# if_filter begins with how it is written: 0 is libpcap's language.
_AS_TEXT = b"\0"

# Octets of an option at most, so that they are told in 16 bits when padded.
_MAX_OPTION = 0xFFFC


class Recorder:
    """A capture file that is being written.

    Whole records go to the file as they come, nothing is held back: whatever ends the program, the
    file can be read up to the last block of frames.  Where the file cannot be written further, it
    is cut back to its last whole record; `problem` says so, and nothing more is written.

    path       its name, as the user gave it; "-" is standard output
    frames     how many were written
    octets     how long the file is
    problem    why recording ended before `finish`, in one line, or None

    Times are in ns.  Those before 1970 become the beginning of 1970; in classic pcap those after
    2106 become the last that it can tell.  A frame with more octets than `snap_length` allows is
    cut to that, and to what readers accept (`pcap_format.MAX_CAPTURED`).
    """

    def __init__(
        self, path: str, link_type: int, snap_length: int, interface: str = "", filter_: str = ""
    ) -> None:
        """Create or overwrite `path` and write the header; raise CaptureError where it cannot.

        Opening a named pipe waits for its reader.  `snap_length` 0 stands for no limit.
        """
        self.path = path
        self.link_type = link_type
        self.frames = 0
        self.octets = 0
        self.problem: str | None = None
        self._packer = Packer(snap_length or MAX_CAPTURED)
        self._is_classic = path.lower().endswith(CLASSIC)
        if self._is_classic:
            self._pack = self._packer.pack_records
            header = _file_header(link_type, self._packer.most)
        else:
            self._pack = self._packer.pack_blocks
            cut = self._packer.most if snap_length else 0
            header = _section() + _interface(link_type, cut, interface, filter_)
        self._failure = ""
        self._begin(header)

    def _begin(self, header: bytes) -> None:
        """Open the file and write what it begins with."""
        try:
            self._file = _open(self.path)
        except (OSError, ValueError) as error:
            raise _unwritable(self.path, getattr(error, "strerror", None) or str(error)) from None
        self._is_open = True
        is_file = stat.S_ISREG(os.fstat(self._file).st_mode)
        self._can_be_cut = is_file and self.path != STANDARD_OUTPUT
        if self._put(memoryview(header)) < len(header):
            self._close()
            raise _unwritable(self.path, self._failure)
        self.octets = len(header)

    def write(self, frames: Frames, first: int, last: int) -> None:
        """Append the frames `first` to `last - 1` of a block; keep nothing of it.

        Waits where the file is a pipe whose reader is slow.  A failure is noted as `problem`.
        """
        if frames.link_type != self.link_type and first < last:
            raise ValueError(f"link type {frames.link_type} in a file of {self.link_type}")
        while first < last and self._is_open:
            following = self._pack(frames, first, last, ROOM)
            done = self._put(memoryview(self._packer.buffer)[: self._packer.end])
            if done < self._packer.end:
                following = self._pack(frames, first, last, done)  # those that are whole
            self.octets += self._packer.end
            self.frames += following - first
            first = following
            if self._failure:
                self._give_up()

    def finish(
        self,
        received: int | None,
        dropped_by_interface: int | None,
        dropped_by_kernel: int | None,
        start: int,
        end: int,
    ) -> None:
        """Write the counters of frames (pcapng only), each None where it is unknown; close.

        `start` and `end` say when capturing began and ended, ns since 1970.
        """
        if not self._is_open:
            return
        self._cut()  # a second Ctrl-C may have come between two parts of a write
        if not self._is_classic:
            counters = (received, dropped_by_interface, dropped_by_kernel)
            block = _statistics(start, end, counters)
            if self._put(memoryview(block)) == len(block):
                self.octets += len(block)
        if self._failure:
            self._give_up()
        else:
            self._close()

    def _put(self, octets: memoryview) -> int:
        """Write `octets`; return how many were, fewer only after a failure."""
        done = 0
        try:
            while done < len(octets):
                done += os.write(self._file, octets[done:])
        except OSError as error:
            self._failure = error.strerror or str(error)
        return done

    def _give_up(self) -> None:
        """End recording, after a failure."""
        self._cut()
        self._close()

    def _cut(self) -> None:
        """Take back what stands behind the last whole record; from a pipe nothing can be."""
        if self._can_be_cut:
            try:
                os.ftruncate(self._file, self.octets)
                os.lseek(self._file, self.octets, os.SEEK_SET)
            except OSError as error:
                self._failure = self._failure or error.strerror or str(error)

    def _close(self) -> None:
        """Close the file, and say what is wrong; some file systems tell it only now."""
        self._is_open = False
        try:
            os.close(self._file)
        except OSError as error:
            self._failure = self._failure or error.strerror or str(error)
        if self._failure:
            count = f"{self.frames} frame{'' if self.frames == 1 else 's'}"
            self.problem = f"{self.path}: {self._failure}; recording ended after {count}"


def _open(path: str) -> int:
    """Open `path` for writing, as a new file; return its descriptor."""
    if path == STANDARD_OUTPUT:
        return os.dup(1)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o666)


def _unwritable(path: str, reason: str) -> CaptureError:
    return CaptureError(f"{path}: cannot be written: {reason}")


def _file_header(link_type: int, snap_length: int) -> bytes:
    """Return the header of a classic pcap file (draft-ietf-opsawg-pcap section 4)."""
    return struct.pack("=IHHiIII", NS_MAGIC, *VERSION, 0, 0, snap_length, link_type)


def _section() -> bytes:
    """Return a section header block (section 4.1)."""
    fixed = struct.pack("=IHHq", BYTE_ORDER_MAGIC, MAJOR_VERSION, MINOR_VERSION, UNKNOWN_LENGTH)
    system = f"{platform.system()} {platform.release()}"
    options = [(SHB_OS, system.encode()), (SHB_USERAPPL, f"tracker {__version__}".encode())]
    return _block(SECTION_HEADER, fixed, options)


def _interface(link_type: int, snap_length: int, name: str, expression: str) -> bytes:
    """Return an interface description block (section 4.2)."""
    fixed = struct.pack("=HHI", link_type, 0, snap_length)
    options = [(IF_TSRESOL, _NANOSECONDS)]
    if name:
        options.append((IF_NAME, name.encode(errors="replace")))
    if expression:
        options.append((IF_FILTER, _AS_TEXT + expression.encode(errors="replace")))
    return _block(INTERFACE, fixed, options)


def _statistics(start: int, end: int, counters: tuple[int | None, ...]) -> bytes:
    """Return an interface statistics block (section 4.6) for interface 0."""
    codes = (ISB_IFRECV, ISB_IFDROP, ISB_OSDROP)
    options = [(ISB_STARTTIME, _time(start)), (ISB_ENDTIME, _time(end))]
    for code, count in zip(codes, counters, strict=True):
        if count is not None:
            options.append((code, struct.pack("=Q", count)))
    return _block(STATISTICS, struct.pack("=I", 0) + _time(end), options)


def _time(time: int) -> bytes:
    """Return a time as two halves, the upper one first in either byte order."""
    return struct.pack("=II", *divmod(max(time, 0), 1 << 32))


def _block(kind: int, fixed: bytes, options: list[tuple[int, bytes]]) -> bytes:
    """Return a block: its type, and its length on both sides (section 3.1)."""
    body = fixed + b"".join(_option(code, value[:_MAX_OPTION]) for code, value in options)
    body += _option(END_OF_OPTIONS, b"")
    length = (BLOCK + len(body)).to_bytes(4, sys.byteorder)
    return kind.to_bytes(4, sys.byteorder) + length + body + length


def _option(code: int, value: bytes) -> bytes:
    """Return an option, padded (section 3.5)."""
    return struct.pack("=HH", code, len(value)) + value + bytes(-len(value) % 4)
