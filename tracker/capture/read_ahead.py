"""Read a file in large blocks, the next ones while the last is being worked on."""

import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import BinaryIO

#: Octets read at a time.
BLOCK = 1 << 20

#: Octets left free before each block, for the rest of the record that the block before cut.
HEADROOM = (1 << 18) + 64

#: Blocks in circulation: one being worked on, the others being read.
_BLOCKS = 4


def read_blocks(file: BinaryIO) -> Iterator[tuple[bytearray, int]]:
    """Yield (buffer, end): what was read next stands in `buffer[HEADROOM:end]`.

    A buffer is filled anew after the next one was asked for.  Raises OSError from reading.
    A file that fits into one block is read without a thread.
    """
    first = bytearray(HEADROOM + BLOCK)
    end = _fill(file, first)
    yield first, end
    if end == len(first):
        yield from _read_ahead(file, first)


def _fill(file: BinaryIO, buffer: bytearray) -> int:
    """Fill `buffer` from HEADROOM on as far as the file reaches; return the end."""
    view = memoryview(buffer)
    end = HEADROOM
    while end < len(buffer):
        count = file.readinto(view[end:])  # type: ignore[attr-defined]
        if not count:
            break
        end += count
    return end


def _read_ahead(file: BinaryIO, first: bytearray) -> Iterator[tuple[bytearray, int]]:
    empty: SimpleQueue[bytearray | None] = SimpleQueue()
    full: SimpleQueue[tuple[bytearray, int] | Exception] = SimpleQueue()

    def read() -> None:
        while (buffer := empty.get()) is not None:
            try:
                end = _fill(file, buffer)
            except Exception as error:  # noqa: BLE001 - it is raised where it can be told
                full.put(error)
                return
            full.put((buffer, end))
            if end < len(buffer):
                return

    thread = threading.Thread(target=read, name="read-ahead", daemon=True)
    thread.start()
    empty.put(first)
    for _ in range(_BLOCKS - 1):
        empty.put(bytearray(HEADROOM + BLOCK))
    try:
        while True:
            block = full.get()
            if isinstance(block, Exception):
                raise block
            yield block
            if block[1] < len(block[0]):
                return
            empty.put(block[0])
    finally:
        empty.put(None)  # and no join: it may be waiting for a pipe that says nothing
