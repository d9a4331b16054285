"""Names that this system's resolver tells: looked up on the network, for `--resolve` only."""

from collections.abc import Callable
from itertools import islice

from tracker.names.name import RESOLVER, Name
from tracker.names.plausible import host_name
from tracker.typed import NoReturn

WORKERS = 8  # lookups at the same time; each may wait for a server that does not answer
LIMIT = 65536  # addresses that are remembered; as many may wait
HOLDS = 600.0  # seconds; then an address is looked up anew
HOLDS_FAILURE = 60.0

Lookup = Callable[[str], str]


def looked_up(address: str) -> str:
    """Return the name of an address as the system's resolver tells it; OSError if it has none."""
    import socket

    return socket.getnameinfo((address, 0), socket.NI_NAMEREQD | socket.NI_DGRAM)[0]


class Resolver:
    """Names of addresses, looked up meanwhile by a few threads that nobody waits for.

    They are daemons: a lookup that hangs does not keep the process from ending.
    """

    def __init__(
        self,
        lookup: Lookup = looked_up,
        workers: int = WORKERS,
        limit: int = LIMIT,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Look up with `lookup`; at most `limit` addresses are remembered, and may wait."""
        import threading
        import time
        from queue import SimpleQueue

        self._lookup = lookup
        self._workers = workers
        self._limit = limit
        self._clock = clock or time.monotonic
        self._threads = 0
        self._queue: SimpleQueue[str] = SimpleQueue()
        # What the threads share, under one lock: the oldest answers first, with when they end to
        # hold; and what has begun.
        self._changed = threading.Condition()
        self._known: dict[str, tuple[Name | None, float]] = {}
        self._begun: set[str] = set()

    @property
    def pending(self) -> int:
        """How many lookups have begun and not ended."""
        return len(self._begun)

    def name(self, address: str) -> Name | None:
        """Return what is known by now of an address (text); begin to look it up where that is old.

        Never waits.  An old name is told until there is a newer one.
        """
        with self._changed:
            name, until = self._known.get(address, (None, None))
            old = until is None or until <= self._clock()
            if old and address not in self._begun and len(self._begun) < self._limit:
                self._begin(address)
        return name

    def wait(self, seconds: float) -> None:
        """Wait until all lookups that have begun are done, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._begun, seconds)

    def _begin(self, address: str) -> None:
        self._begun.add(address)
        self._queue.put(address)
        if self._threads < min(self._workers, len(self._begun)):
            import threading

            self._threads += 1
            threading.Thread(target=self._work, name="resolver", daemon=True).start()

    def _work(self) -> NoReturn:
        while True:
            address = self._queue.get()
            name = self._found(address)
            with self._changed:
                self._remember(address, name)
                self._begun.discard(address)
                self._changed.notify_all()

    def _found(self, address: str) -> Name | None:
        try:
            text = host_name(self._lookup(address).encode("ascii"))
        except (OSError, ValueError):  # it has none; what came is no text that may be shown
            return None
        return None if text is None else Name(text, RESOLVER)

    def _remember(self, address: str, name: Name | None) -> None:
        self._known.pop(address, None)  # so that it stands behind the others
        until = self._clock() + (HOLDS_FAILURE if name is None else HOLDS)
        self._known[address] = name, until
        for oldest in list(islice(self._known, max(len(self._known) - self._limit, 0))):
            del self._known[oldest]
