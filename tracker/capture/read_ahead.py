"""Read a file in large blocks, or have a thread read the next ones while one is being worked on."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from tracker.typed import TYPE_CHECKING

if TYPE_CHECKING:  # imported where it is used: a small file needs no thread
    from queue import SimpleQueue

#: Octets read at a time.
BLOCK = 1 << 20

#: Octets left free before each block, for the rest of the record that the block before cut.
HEADROOM = (1 << 18) + 64

# How long to wait for a block before looking whether a signal came, s.
_LOOK_UP = 0.2

#: Blocks in circulation: one being worked on, the others being read.
_BLOCKS = 4

#: Fills what it is given as far as what is there reaches; returns how many octets, 0 at the end.
ReadInto = Callable[[memoryview], int]


def read_blocks(
    readinto: ReadInto, size: int, prompt: bool, ahead: bool
) -> Iterator[tuple[bytearray, int]]:
    """Yield (buffer, end): what was read next stands in `buffer[HEADROOM:end]`.

    Blocks have up to `size` octets.  Where more may come later (`prompt`), a block is yielded as
    soon as it holds anything.  A buffer is filled anew after the next one was asked for.  What
    reading raises is raised here, after what was read before it.

    With `ahead` a thread reads the next blocks: where reading is work, or waits.  For a plain file
    the kernel does that, and one buffer, filled again and again, stays in the processor's cache.
    What fits into one block is read without a thread.
    """
    reader = _Reader(readinto, prompt)
    first = bytearray(HEADROOM + size)
    end = reader.fill(first)
    yield first, end
    if ahead and not reader.is_at_end:
        yield from _read_ahead(reader, first)
    while not reader.is_at_end:
        yield first, reader.fill(first)
    reader.raise_error()


class _Reader:
    """Fills buffers; remembers the end, and what was raised there."""

    def __init__(self, readinto: ReadInto, prompt: bool) -> None:
        self.is_at_end = False
        self._readinto = readinto
        self._prompt = prompt
        self._error: Exception | None = None

    def fill(self, buffer: bytearray) -> int:
        """Fill `buffer` from HEADROOM on; return the end."""
        view = memoryview(buffer)
        end = HEADROOM
        while end < len(buffer):
            try:
                count = self._readinto(view[end:])
            except Exception as error:  # noqa: BLE001 - it is raised where it can be told
                self._error = error
                count = 0
            if not count:
                self.is_at_end = True
                break
            end += count
            if self._prompt:
                break
        return end

    def raise_error(self) -> None:
        """Raise what ended reading, if that was an error."""
        if self._error is not None:
            raise self._error


Block = tuple[bytearray, int]


def _next(full: "SimpleQueue[Block | None]") -> Block | None:
    """Return the next block; look up now and then.

    A signal that arrives just before a wait without end would not be handled until that ends.
    """
    from queue import Empty

    while True:
        with suppress(Empty):
            return full.get(timeout=_LOOK_UP)


def _read_ahead(reader: _Reader, first: bytearray) -> Iterator[tuple[bytearray, int]]:
    import threading
    from queue import SimpleQueue

    empty: SimpleQueue[bytearray | None] = SimpleQueue()
    full: SimpleQueue[Block | None] = SimpleQueue()

    def read() -> None:
        while not reader.is_at_end and (buffer := empty.get()) is not None:
            full.put((buffer, reader.fill(buffer)))
        full.put(None)

    thread = threading.Thread(target=read, name="read-ahead", daemon=True)
    thread.start()
    empty.put(first)
    for _ in range(_BLOCKS - 1):
        empty.put(bytearray(len(first)))
    try:
        while (block := _next(full)) is not None:
            yield block
            empty.put(block[0])
    finally:
        empty.put(None)  # and no join: it may be waiting for a pipe that says nothing
