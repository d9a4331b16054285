"""Saved captures: open them, yield their frames in blocks, several of them in time order."""

import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from tracker.capture.errors import CaptureError
from tracker.capture.pcap import PcapWalker
from tracker.capture.pcap_format import FILE_HEADER, MAGIC, MAX_CAPTURED, RECORD_HEADER
from tracker.capture.read_ahead import HEADROOM, read_blocks
from tracker.frames import CAPACITY, Frames
from tracker.wire.link_types import LINKTYPE_ETHERNET, link_type_name

# What else a user may have at hand, by its first octets, and what to do about it.
_OTHER_FORMATS = (
    (b"\x0a\x0d\x0d\x0a", "a pcapng capture", "editcap -F pcap {} OUT.pcap"),
    (b"\xa1\xb2\xcd\x34", "a pcap capture of the modified variant", "editcap -F pcap {} OUT.pcap"),
    (b"\x34\xcd\xb2\xa1", "a pcap capture of the modified variant", "editcap -F pcap {} OUT.pcap"),
    (b"snoop\0\0\0", "a snoop capture", "editcap -F pcap {} OUT.pcap"),
    (b"\x1f\x8b", "compressed with gzip", "gunzip -k {}"),
    (b"BZh", "compressed with bzip2", "bunzip2 -k {}"),
    (b"\xfd7zXZ\0", "compressed with xz", "unxz -k {}"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unzstd {}"),
    (b"\x04\x22\x4d\x18", "compressed with lz4", "unlz4 {}"),
)


#: The name that stands for standard input.
STANDARD_INPUT = "-"


class SavedCapture:
    """A capture file.  Iterate over it for its blocks of frames; a block is filled anew then.

    path        its name, as the user gave it
    link_type   the link type of its frames
    frames      how many were read so far
    warnings    what was wrong with it so far, a line each
    """

    def __init__(self, path: str) -> None:
        """Open `path` and read its header; raise CaptureError where that cannot be done."""
        self.path = path
        self.frames = 0
        self.warnings: list[str] = []
        self._file = _open(path)
        try:
            header = _read_header(self._file)
            self._walker = _walker(path, header)
        except (OSError, CaptureError) as error:
            self._file.close()
            raise _unreadable(path, error) from None
        self.link_type = self._walker.link_type

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __iter__(self) -> Iterator[Frames]:
        """Yield the frames in blocks; what is wrong with the file goes to `warnings`.

        Raises CaptureError where it cannot be read.
        """
        frames = Frames(self.link_type)
        walker = self._walker
        offset = FILE_HEADER  # of what stands at `start`, in the file
        rest = b""
        try:
            for buffer, end in read_blocks(self._file):
                start = HEADROOM - len(rest)
                buffer[start:HEADROOM] = rest
                frames.count = CAPACITY
                while frames.count == CAPACITY:
                    next_start = walker.walk(frames, buffer, start, end)
                    offset += next_start - start
                    start = next_start
                    self.frames += frames.count
                    if frames.count:
                        yield frames
                rest = bytes(buffer[start:end])
                if walker.bad_length >= 0:
                    break
        except OSError as error:
            raise _unreadable(self.path, error) from None
        self._check_end(offset, len(rest))

    def _check_end(self, offset: int, rest: int) -> None:
        """Say what is wrong where reading ended, at `offset` with `rest` octets left."""
        after = f"after frame {self.frames}" if self.frames else "before the first frame"
        if self._walker.bad_length >= 0:
            problem = (
                f"{self.path}: byte {offset}: a record says it has {self._walker.bad_length} "
                f"octets, more than the {MAX_CAPTURED} that are possible; stopped {after}"
            )
        elif rest:
            needed = f"a record header of {RECORD_HEADER} octets"
            if rest >= RECORD_HEADER:
                needed = "the record that begins there"
            problem = (
                f"{self.path}: byte {offset}: the file is cut short, {rest} octets are left of "
                f"{needed}; stopped {after}"
            )
        else:
            return
        self.warnings.append(problem)


def _open(path: str) -> BinaryIO:
    """Open `path` for reading, unbuffered; raise CaptureError where it is no readable file."""
    if path == STANDARD_INPUT:
        return open(0, "rb", buffering=0, closefd=False)
    try:
        if stat.S_ISDIR(os.stat(path).st_mode):
            raise CaptureError(f"{path}: a directory; name the capture files in it")
        return open(path, "rb", buffering=0)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def _read_header(file: BinaryIO) -> bytes:
    """Read the file header; a pipe may give it in pieces."""
    header = b""
    while len(header) < FILE_HEADER:
        more = file.read(FILE_HEADER - len(header))
        if not more:
            break
        header += more
    return header


def _unreadable(path: str, error: Exception) -> CaptureError:
    """Return what the user is told about `error`."""
    if isinstance(error, CaptureError):
        return error
    reason = getattr(error, "strerror", None) or str(error)
    return CaptureError(f"{path}: cannot be read: {reason}")


def _walker(path: str, header: bytes) -> PcapWalker:
    """Return the walker for a file that begins with `header`."""
    if not header:
        raise CaptureError(f"{path}: byte 0: the file is empty; nothing was captured into it")
    for magic, what, command in _OTHER_FORMATS:
        if header.startswith(magic):
            raise CaptureError(f"{path}: {what}; make a pcap of it first: {command.format(path)}")
    if header[:4] in MAGIC and len(header) < FILE_HEADER:
        raise CaptureError(
            f"{path}: byte {len(header)}: the file is cut short in its header, {len(header)} of "
            f"{FILE_HEADER} octets are there; nothing can be read from it"
        )
    try:
        walker = PcapWalker(header)
    except CaptureError:
        raise CaptureError(
            f"{path}: byte 0: not a capture: it begins with {header[:4].hex(' ')}"
            f"{', and ends there' if len(header) < 4 else ''}, a pcap file with a header of "
            f"{FILE_HEADER} octets was expected"
        ) from None
    if walker.link_type != LINKTYPE_ETHERNET:
        raise CaptureError(
            f"{path}: byte 20: link type {link_type_name(walker.link_type)} is not decoded yet; "
            "only Ethernet is"
        )
    return walker


def in_time_order(captures: list[SavedCapture]) -> Iterator[tuple[Frames, int, int]]:
    """Yield (frames, first, last): runs of frames of all captures, the earliest first.

    Within one capture the order is the file's, also where its clock goes backwards.
    """
    if len(captures) == 1:
        for frames in captures[0]:
            yield frames, 0, frames.count
        return
    heads = [_Head(capture) for capture in captures]
    while heads := [head for head in heads if head.frames is not None]:
        heads.sort(key=_Head.time)
        limit = heads[1].time() if len(heads) > 1 else None
        yield heads[0].advance(limit)


class _Head:
    """Where reading stands in one of several captures."""

    def __init__(self, capture: SavedCapture) -> None:
        self._blocks = iter(capture)
        self._at = 0
        self._frames = next(self._blocks, None)

    @property
    def frames(self) -> Frames | None:
        """The block at hand, with at least one frame left, or None at the end."""
        if self._frames is not None and self._at == self._frames.count:
            self._frames = next(self._blocks, None)
            self._at = 0
        return self._frames

    def time(self) -> int:
        """Return the time of the next frame, ns."""
        assert self._frames is not None
        return self._frames.times[self._at]

    def advance(self, limit: int | None) -> tuple[Frames, int, int]:
        """Return the run of frames up to `limit` ns, at least one, and stand behind it."""
        frames = self._frames
        assert frames is not None
        first = self._at
        self._at = frames.count if limit is None else max(frames.run_until(first, limit), first + 1)
        return frames, first, self._at
