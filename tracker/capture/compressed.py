"""Compressed files, by their first octets: decompressed as they are read, in bounded memory."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from tracker.capture.errors import CaptureError, Damage

#: Compressed octets read at a time.
INPUT = 1 << 19

#: Octets that one step of a decompressor may give, and so what damage may cost of what stands
#: before it (gzip loses nothing).  A fast one gives a whole block: between two steps it waits for
#: the interpreter, which whoever tracks holds for as long as a block of frames takes.
STEP = 1 << 20

#: A slow one gains nothing by that.
SMALL_STEP = 1 << 16

#: A decompressor that wants more memory than this for its window, in octets, is refused.
MAX_MEMORY = 1 << 29

#: The longest magic number, in octets.
LONGEST_MAGIC = 6


class Decompressor(Protocol):
    """One member of a compressed file, in the form of `bz2.BZ2Decompressor`."""

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether it can go on only with more data."""

    @property
    def unused_data(self) -> bytes | None:
        """What was given to it behind its end."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Take more data, and return up to `max_length` octets."""


class Format(NamedTuple):
    """How files of one format begin, its name, how to read a member, and what may fill its end.

    step    octets that one step gives at most; zstd exceeds that by one block
    """

    magic: bytes
    name: str
    member: Callable[[], Decompressor]
    errors: Callable[[], tuple[type[Exception], ...]]
    padding: bytes = b""
    step: int = STEP


def compression(header: bytes) -> Format | None:
    """Return the format of a compressed file that begins with `header`, or None."""
    for form in _FORMATS:
        if header.startswith(form.magic):
            return form
    return None


class Decompressed:
    """What is in a compressed file, a source like `source.Source`.

    offset    compressed octets that were used so far
    """

    def __init__(
        self, form: Format, readinto: Callable[[memoryview], int], is_stopped: Callable[[], bool]
    ) -> None:
        """Take the source of compressed octets; raise CaptureError if a package is missing."""
        self.form = form
        self.offset = 0
        self._errors = form.errors()
        self._readinto = readinto
        self._is_stopped = is_stopped
        self._member = form.member()
        self._buffer = memoryview(bytearray(INPUT))
        self._ready = memoryview(b"")

    def readinto(self, view: memoryview) -> int:
        """Fill `view` as far as the next step reaches; return how many octets, 0 at the end.

        Raises Damage where the file is damaged, or ends early without having been stopped.
        """
        if not self._ready:
            self._ready = memoryview(self._more(min(self.form.step, len(view))))
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _more(self, room: int) -> bytes:
        """Return what the next step gives for `room` octets, nothing only at the end."""
        octets = b""
        while not octets:
            data = b""
            if self._member.eof:
                data = self._behind_member()
                if not data:
                    break
                self._member = self.form.member()
            elif self._member.needs_input:
                data = self._input()
                if not data:
                    self._ended()
                    break
            octets = self._step(data, room)
        return octets

    def _step(self, data: bytes, room: int) -> bytes:
        try:
            return self._member.decompress(data, room)
        except self._errors as error:
            raise Damage(
                f"byte {self.offset} of the {self.form.name} file: damaged there or before: "
                f"{str(error).rstrip('.')}"
            ) from None

    def _input(self) -> bytes:
        """Return compressed octets as they come."""
        count = self._readinto(self._buffer)
        self.offset += count
        return bytes(self._buffer[:count])

    def _ended(self) -> None:
        if not self._is_stopped():
            raise Damage(f"byte {self.offset} of the {self.form.name} file: it ends early")

    def _behind_member(self) -> bytes:
        """Return the beginning of the next member, nothing at the end of the file."""
        data = self._member.unused_data or b""
        magic = self.form.magic
        while True:
            if self.form.padding:
                data = data.lstrip(self.form.padding)
            if len(data) >= len(magic):
                break
            more = self._input()
            if not more:
                break
            data += more
        if data and not data.startswith(magic):
            at = self.offset - len(data)
            raise Damage(f"byte {at} of the {self.form.name} file: what follows is not compressed")
        return data


class _Gzip:
    """One member of a gzip file (RFC 1952).

    What comes before damage is not lost: zlib can be copied, and goes over the last input again,
    octet by octet.
    """

    def __init__(self) -> None:
        import zlib

        self._error = zlib.error
        self._zlib = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._before = self._zlib
        self._data = b""
        self._given = 0
        self._damage: Exception | None = None

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return self._damage is None and not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        if self._damage is not None:
            raise self._damage
        if data:
            self._before, self._data, self._given = self._zlib.copy(), data, 0
        try:
            octets = self._zlib.decompress(data or self._zlib.unconsumed_tail, max_length)
        except self._error as error:
            self._damage = error
            return self._before_damage()
        self._given += len(octets)
        return octets

    def _before_damage(self) -> bytes:
        """Return what the last input held before the damage and was not given yet."""
        octets = bytearray()
        try:
            for number in range(len(self._data)):
                octets += self._before.decompress(self._data[number : number + 1])
        except self._error:
            pass
        return bytes(octets[self._given :])


class _Zstd:
    """One frame of a zstd file (RFC 8878), by the package zstandard.

    It takes no limit for what it gives, and four octets may hold a block of 128 KiB; so it gets no
    more blocks at a time than are sure to fit (sections 3.1.1.1 and 3.1.1.2).
    """

    BLOCK = 1 << 17
    BLOCK_HEADER = 3
    BEGIN = 5  # octets that tell how long the frame header is
    RAW, RLE = 0, 1

    def __init__(self) -> None:
        import zstandard

        self._header_size = zstandard.frame_header_size
        self._zstd = zstandard.ZstdDecompressor().decompressobj(write_size=STEP)
        self._data = b""
        self._begun = False
        self._is_last = False  # whether the last block has begun
        self._left = 0  # octets missing of the block, or frame header, that has begun
        self._checksum = 0  # octets of it, behind the last block

    @property
    def eof(self) -> bool:
        return self._zstd.eof

    @property
    def needs_input(self) -> bool:
        if not self._begun:
            return len(self._data) < self.BEGIN
        return len(self._data) < self._left + self.BLOCK_HEADER

    @property
    def unused_data(self) -> bytes:
        return self._zstd.unused_data + self._data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        self._data += data
        if not self._begun:
            if self.needs_input:
                return b""
            self._begin()
        end = self._end(max_length)
        piece, self._data = self._data[:end], self._data[end:]
        return self._zstd.decompress(piece)

    def _begin(self) -> None:
        self._begun = True
        self._left = self._header_size(self._data[: self.BEGIN])
        self._checksum = self._data[4] & 4

    def _end(self, room: int) -> int:
        """Return where the blocks end that are sure to fit, at least one."""
        data, at = self._data, self._left
        while room > 0 and not self._is_last and at + self.BLOCK_HEADER <= len(data):
            header = int.from_bytes(data[at : at + self.BLOCK_HEADER], "little")
            self._is_last = bool(header & 1)
            kind, size = header >> 1 & 3, header >> 3
            room -= size if kind in (self.RAW, self.RLE) else self.BLOCK
            at += self.BLOCK_HEADER + (1 if kind == self.RLE else size)
            if self._is_last:
                at += self._checksum
        self._left = max(at - len(data), 0)
        return at


def _bzip2() -> Decompressor:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> Decompressor:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, MAX_MEMORY)


def _lz4() -> Decompressor:
    import lz4.frame

    member: Decompressor = lz4.frame.LZ4FrameDecompressor()
    return member


def _zstd() -> Decompressor:
    module = _standard_zstd()
    if module is not None:
        member: Decompressor = module.ZstdDecompressor()
        return member
    return _Zstd()


def _standard_zstd() -> Any:  # noqa: ANN401 - a module, or None before Python 3.14
    from importlib import import_module

    try:
        return import_module("compression.zstd")
    except ImportError:
        return None


def _gzip_errors() -> tuple[type[Exception], ...]:
    import zlib

    return (zlib.error,)


def _xz_errors() -> tuple[type[Exception], ...]:
    import lzma

    return (lzma.LZMAError,)


def _zstd_errors() -> tuple[type[Exception], ...]:
    module = _standard_zstd()
    if module is not None:
        return (module.ZstdError,)
    try:
        import zstandard
    except ImportError:
        raise _missing("zstd", "zstandard") from None
    return (zstandard.ZstdError,)


def _lz4_errors() -> tuple[type[Exception], ...]:
    try:
        import lz4.frame  # noqa: F401
    except ImportError:
        raise _missing("lz4", "lz4") from None
    return (RuntimeError,)


def _missing(name: str, package: str) -> CaptureError:
    return CaptureError(
        f"compressed with {name}, which needs the Python package {package}: "
        f"pip install 'socket-tracker[{name}]'"
    )


_FORMATS = (
    Format(b"\x1f\x8b", "gzip", _Gzip, _gzip_errors, b"\0"),
    Format(b"BZh", "bzip2", _bzip2, lambda: (OSError, ValueError), b"", SMALL_STEP),
    Format(b"\xfd7zXZ\0", "xz", _xz, _xz_errors, b"\0", SMALL_STEP),
    Format(b"\x28\xb5\x2f\xfd", "zstd", _zstd, _zstd_errors),
    Format(b"\x04\x22\x4d\x18", "lz4", _lz4, _lz4_errors),
)
