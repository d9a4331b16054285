"""Where the octets of a capture come from: a file, a file that still grows, a pipe."""

import os
import stat
import time
from _thread import allocate_lock  # what `threading` calls Lock; that takes longer to load
from collections.abc import Callable

from tracker.capture.errors import CaptureError
from tracker.typed import BinaryIO

#: The name that stands for standard input.
STANDARD_INPUT = "-"

#: How often a source that waits looks whether there is more, or whether to stop, s.
POLL = 0.2

#: After it was asked to stop, a pipe is read on until it is silent for so long, s: whoever writes
#: into it was asked to stop by the same Ctrl-C, and writes out what it still holds.
GRACE = 0.3

#: But not longer than this, s.
GRACE_IN_ALL = 2.0


# What takes longer than this, s, is not in memory; then so many octets are asked for in advance.
_LONG = 0.001
_AHEAD = 1 << 25


class Source:
    """The octets of one file or pipe, from its beginning.

    It is read ahead in a thread, and may be closed while that waits for octets: the file is let go
    of only then, or its descriptor would be another file's, whose octets the thread would take.

    offset     octets read so far
    size       octets in all, or None where that is unknown
    waits      whether more may come after what is there now
    stopped    whether reading was stopped before the end
    """

    def __init__(self, path: str, follow: bool, is_stopped: Callable[[], bool]) -> None:
        """Open `path`; raise OSError where that cannot be done."""
        self._file = _open(path)
        status = os.fstat(self._file.fileno())
        is_file = stat.S_ISREG(status.st_mode)
        self.can_be_opened_again = is_file and path != STANDARD_INPUT
        self.size = status.st_size if is_file else None
        self.offset = 0
        self.waits = follow or not is_file
        self.stopped = False
        self._is_closed = False
        self._in_use = allocate_lock()
        self._read = self._read_file
        if not is_file:
            self._read = self._read_pipe
        elif follow:
            self._read = self._read_growing
        self._is_stopped = is_stopped
        self._latest = 0.0  # when to stop at last, on the clock of time.monotonic

    def close(self) -> None:
        """Close it, or let whoever reads from it do that."""
        self._is_closed = True
        if self._in_use.acquire(blocking=False):
            self._file.close()
            self._in_use.release()

    def readinto(self, view: memoryview) -> int:
        """Fill `view` as far as what is there reaches; return how many octets, 0 at the end."""
        try:
            with self._in_use:
                count: int = 0 if self._is_closed else self._read(view)
        finally:
            if self._is_closed:
                self.close()
        self.offset += count
        return count

    def read(self, count: int) -> bytes:
        """Return the next `count` octets; fewer only at the end."""
        buffer = bytearray(count)
        return bytes(buffer[: read_fully(self.readinto, memoryview(buffer))])

    def _read_file(self, view: memoryview) -> int:
        """Read from a file; where that takes long, let the kernel fetch more of it meanwhile."""
        begun = time.monotonic()
        count: int = self._file.readinto(view)  # type: ignore[attr-defined]
        if time.monotonic() - begun > _LONG and hasattr(os, "posix_fadvise"):
            ahead = self.offset + count
            os.posix_fadvise(self._file.fileno(), ahead, _AHEAD, os.POSIX_FADV_WILLNEED)
        return count

    def _read_growing(self, view: memoryview) -> int:
        """Read from a file; at its end wait until it has grown."""
        while True:
            self.stopped = self._is_stopped()
            count = 0 if self._is_late() else self._file.readinto(view)  # type: ignore[attr-defined]
            if count or self.stopped or self._is_closed:
                return count
            time.sleep(POLL)

    def _read_pipe(self, view: memoryview) -> int:
        """Read from a pipe as soon as it holds anything."""
        import select  # here, because most captures are files

        poll = select.poll()
        poll.register(self._file, select.POLLIN)
        while True:
            self.stopped = self._is_stopped()
            is_ready = poll.poll((GRACE if self.stopped else POLL) * 1000)
            if is_ready and not self._is_late():
                return self._file.readinto(view)  # type: ignore[attr-defined,no-any-return]
            if self.stopped or self._is_closed:
                return 0

    def _is_late(self) -> bool:
        """Return whether it was asked to stop long ago."""
        if self.stopped and not self._latest:
            self._latest = time.monotonic() + GRACE_IN_ALL
        return self.stopped and time.monotonic() > self._latest


class Begun:
    """A source of which some octets were read already: they are given first."""

    def __init__(self, begin: bytes, readinto: Callable[[memoryview], int]) -> None:
        self._begin = begin
        self._readinto = readinto

    def readinto(self, view: memoryview) -> int:
        """Fill `view` as far as what is there reaches; return how many octets, 0 at the end."""
        if not self._begin:
            return self._readinto(view)
        count = min(len(view), len(self._begin))
        view[:count] = self._begin[:count]
        self._begin = self._begin[count:]
        return count


def read_fully(readinto: Callable[[memoryview], int], view: memoryview) -> int:
    """Fill `view` from a source that gives its octets in pieces; return how many there were."""
    end = 0
    while end < len(view):
        count = readinto(view[end:])
        if not count:
            break
        end += count
    return end


def _open(path: str) -> BinaryIO:
    """Open `path` for reading, unbuffered."""
    if path == STANDARD_INPUT:
        return open(0, "rb", buffering=0, closefd=False)
    if stat.S_ISDIR(os.stat(path).st_mode):
        raise CaptureError("a directory; name the capture files in it")
    return open(path, "rb", buffering=0)
