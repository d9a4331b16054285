"""One pass over a saved capture, from its first octet to its last."""

from collections.abc import Iterator

from tracker.capture.about import About
from tracker.capture.errors import CaptureError, Damage
from tracker.capture.pcap import PcapWalker
from tracker.capture.pcap_format import FILE_HEADER, MAGIC
from tracker.capture.read_ahead import HEADROOM, ReadInto, read_blocks
from tracker.capture.source import Begun, Source, read_fully
from tracker.capture.stop import Stop
from tracker.frames import Frames
from tracker.typed import TYPE_CHECKING

if TYPE_CHECKING:  # the others are imported where they are used
    from tracker.capture.netmon import NetmonWalker
    from tracker.capture.pcapng import PcapngWalker
    from tracker.capture.snoop import SnoopWalker

    Walker = PcapWalker | PcapngWalker | SnoopWalker | NetmonWalker

_PCAPNG = b"\x0a\x0d\x0d\x0a"
_SNOOP = b"snoop\0\0\0"

_NETMON = (b"RTSS", b"GMBU")


class Reading:
    """One pass over the file or pipe `path`.

    frames        how many frames were read so far
    link_types    their link types, in the order in which they came
    about         what the capture says beside its frames
    warnings      what was wrong so far, a line each
    source        where its octets come from
    compression   the name of the format that it is compressed in, "" where it is not
    """

    def __init__(self, path: str, follow: bool, stop: Stop | None) -> None:
        """Open `path` and read its header; raise CaptureError where that cannot be done."""
        self.path = path
        self.frames = 0
        self._link_types: dict[int, None] = {}  # in the order in which they came
        self.about = About()
        self.warnings: list[str] = []
        self.compression = ""
        self._pending: list[bytes] = []
        self._skip = 0
        self._offset = 0  # in the file, of what is read next or pending
        self._last = 0  # in the file, of the last record that was begun
        try:
            self.source = Source(path, follow, (stop or Stop()).is_requested)
        except (OSError, ValueError, CaptureError) as error:
            raise _unreadable(path, error) from None
        if self.source.waits and stop is not None:
            stop.arm()
        try:
            self._walker = self._begin()
        except BaseException as error:
            self.close()
            if isinstance(error, (OSError, Damage, CaptureError)):
                raise _unreadable(path, error) from None
            raise

    @property
    def link_types(self) -> list[int]:
        """The link types of the frames so far."""
        return list(self._link_types)

    def close(self) -> None:
        """Close the file."""
        self.source.close()

    def _begin(self) -> "Walker | None":
        """Read the header, find the format, and stand behind the header.

        Returns no walker where it was stopped before that.
        """
        readinto: ReadInto = self.source.readinto
        header = _read_header(readinto)
        if header[:4] not in MAGIC:
            inside = self._decompressed(header)
            if inside is not None:
                readinto = inside
                header = _read_header(readinto)
        if self.source.stopped and len(header) < FILE_HEADER:
            return None
        walker = self._find_walker(header)
        self._offset = self._last = min(walker.start, len(header))
        self._skip = walker.start - self._offset
        self._readinto = Begun(header[walker.start :], readinto).readinto
        return walker

    def _decompressed(self, header: bytes) -> ReadInto | None:
        """Return how to read what is in the file, if it is a compressed one."""
        from tracker.capture.compressed import Decompressed, compression

        form = compression(header)
        if form is None:
            return None
        self.compression = form.name
        begun = Begun(header, self.source.readinto)
        return Decompressed(form, begun.readinto, lambda: self.source.stopped).readinto

    def _find_walker(self, header: bytes) -> "Walker":
        """Return the walker for a file that begins with `header`."""
        if header.startswith(_PCAPNG):
            from tracker.capture.pcapng import PcapngWalker

            return PcapngWalker(header, self.about)
        is_snoop = header.startswith(_SNOOP)
        if is_snoop and len(header) >= 16:
            from tracker.capture.snoop import SnoopWalker

            return SnoopWalker(header, self.about)
        is_netmon = header.startswith(_NETMON)
        if is_netmon and len(header) == FILE_HEADER:
            from tracker.capture.netmon import NetmonWalker

            return NetmonWalker(header)
        is_pcap = header[:4] in MAGIC
        if is_pcap and len(header) == FILE_HEADER:
            walker = PcapWalker(header)
            self.about.add_snap_length(walker.snap_length)
            return walker
        if is_pcap or is_snoop or is_netmon:
            raise CaptureError(
                f"byte {len(header)}: the file is cut short in its header, {len(header)} of "
                f"{16 if is_snoop else FILE_HEADER} octets are there; nothing can be read from it"
            )
        raise CaptureError(self._no_capture(header))

    def _no_capture(self, header: bytes) -> str:
        """Return what is said about a file that is none."""
        if not header:
            return "byte 0: the file is empty; nothing was captured into it"
        inside = f" in {self.compression}" if self.compression else ""
        return (
            f"byte 0: not a capture{inside}: it begins with {header[:4].hex(' ')}"
            f"{', and ends there' if len(header) < 4 else ''}; pcap, pcapng, snoop and "
            "Network Monitor files are read"
        )

    def blocks(self, size: int) -> Iterator[Frames]:
        """Yield the frames in blocks, from up to `size` octets each; a block is filled anew then.

        What is wrong goes to `warnings`.
        """
        if self._walker is None:
            return
        frames = Frames(-1)
        damage = ""
        try:
            waits = self.source.waits
            for block in read_blocks(self._readinto, size, waits, waits or self.compression != ""):
                yield from self._walk(frames, *self._joined(*block))
                if self._walker.problem is not None:
                    break
        except Damage as error:
            damage = str(error)
        except OSError as error:
            damage = f"{self._place()}: cannot be read further: {error.strerror or error}"
        yield from self._rest(frames)
        self._check_end(damage)

    def _rest(self, frames: Frames) -> Iterator[Frames]:
        """Yield the frames of what is pending: the walker may have waited for more."""
        assert self._walker is not None
        if self._walker.problem is None:
            self._walker.at_end = True
            rest = b"".join(self._pending)
            yield from self._walk(frames, rest, 0, len(rest))

    def _joined(self, buffer: bytearray, end: int) -> tuple[bytes | bytearray, int, int]:
        """Return (data, start, end): what was just read, behind what is pending."""
        start = HEADROOM
        if self._skip:
            start += min(self._skip, end - start)
            self._skip -= start - HEADROOM
            self._offset += start - HEADROOM
        pending = sum(map(len, self._pending))
        if pending <= HEADROOM:
            for part in reversed(self._pending):
                buffer[start - len(part) : start] = part
                start -= len(part)
            return buffer, start, end
        assert self._walker is not None
        if pending + end - start < self._walker.needed:
            self._pending.append(bytes(memoryview(buffer)[start:end]))
            return b"", 0, 0
        data = b"".join([*self._pending, memoryview(buffer)[start:end]])
        return data, 0, len(data)

    def _walk(
        self, frames: Frames, data: bytes | bytearray, start: int, end: int
    ) -> Iterator[Frames]:
        """Yield the frames of `data[start:end]`; what is left is pending."""
        walker = self._walker
        if walker is None or start == end:
            return
        more = True
        while more:
            next_start = walker.walk(frames, data, start, end)
            more = walker.more
            self._offset += next_start - start
            start = next_start
            if frames.count:
                self.frames += frames.count
                self._link_types[frames.link_type] = None
                yield frames
        if walker.skip or not walker.skipped:
            self._last = self._offset
        if walker.skip:
            skip = min(walker.skip, end - start)
            self._skip = walker.skip - skip
            self._offset += skip
            start += skip
        self._pending = [bytes(memoryview(data)[start:end])] if start < end else []

    def _check_end(self, damage: str) -> None:
        """Say what is wrong where reading ended."""
        after = f"after frame {self.frames}" if self.frames else "before the first frame"
        problem = self._problem(damage)
        if problem:
            self.warnings.append(f"{self.path}: {problem}; stopped {after}")
        assert self._walker is not None
        more = self.about.warnings() + self._walker.warnings()
        self.warnings += [f"{self.path}: {line}" for line in more]

    def _problem(self, damage: str) -> str:
        """Return what ended reading before the end of the file, or ""."""
        walker = self._walker
        assert walker is not None
        if walker.problem is not None:
            return f"{self._place()}: {walker.problem}"
        if damage or self.source.stopped:
            return damage
        rest = sum(map(len, self._pending))
        missing = self._skip + (walker.needed - rest if walker.skipped else 0)
        if missing:
            return f"{self._place()}: the file is cut short, {missing} octets are missing"
        if not rest:
            return ""
        needed = f"a {walker.unit} header of {walker.header} octets"
        if rest >= walker.header:
            needed = f"the {walker.unit} that begins there"
        return f"{self._place()}: the file is cut short, {rest} octets are left of {needed}"

    def _place(self) -> str:
        """Return where the last record begins in the file."""
        inside = f" of what is in the {self.compression} file" if self.compression else ""
        return f"byte {self._last}{inside}"


def _read_header(readinto: ReadInto) -> bytes:
    """Read the file header; a pipe may give it in pieces."""
    header = bytearray(FILE_HEADER)
    return bytes(header[: read_fully(readinto, memoryview(header))])


def _unreadable(path: str, error: Exception) -> CaptureError:
    """Return what the user is told about `error`."""
    if isinstance(error, (CaptureError, Damage)):
        return CaptureError(f"{path}: {error}")
    reason = getattr(error, "strerror", None) or str(error)
    return CaptureError(f"{path}: cannot be read: {reason}")
