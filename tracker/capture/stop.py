"""Stop reading when the user asks for it (SIGINT, Ctrl-C), and keep what was read."""

from types import FrameType

from tracker.typed import Any, Self


class Stop:
    """Whether reading is to stop.

    From `arm` until the end of the context, the first SIGINT only sets `requested`; the second one
    is Python's again, and ends the program.  Where SIGINT means something else already, it stays
    so.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: Any = None

    def __enter__(self) -> Self:
        """Begin; `arm` does the rest."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let SIGINT mean again what it meant before."""
        self._disarm()

    def is_requested(self) -> bool:
        """Return whether reading is to stop."""
        return self.requested

    def arm(self) -> None:
        """Note the next SIGINT instead of raising KeyboardInterrupt; only a main thread can."""
        import signal  # here, because few runs wait
        import threading

        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        self._disarm()

    def _disarm(self) -> None:
        if self._before is not None:
            import signal

            signal.signal(signal.SIGINT, self._before)
            self._before = None
