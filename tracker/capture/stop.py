"""Stop when the user asks for it by a signal (Ctrl-C), and keep what was read."""

from types import FrameType

from tracker.typed import Any, Self


class Stop:
    """Whether to stop.

    From `arm` until the end of the context, the first signal only sets `requested`; the second one
    means again what it meant before, and ends the program.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[int, Any] = {}
        self._pipe: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        """Begin; `arm` does the rest."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the signals mean again what they meant before."""
        self._disarm()
        if self._pipe is not None:
            import os
            import signal

            signal.set_wakeup_fd(-1)
            for end in self._pipe:
                os.close(end)
            self._pipe = None

    def is_requested(self) -> bool:
        """Return whether to stop."""
        return self.requested

    def arm(self) -> None:
        """Note the next SIGINT instead of raising KeyboardInterrupt; only a main thread can.

        Where SIGINT means something else already, it stays so.
        """
        import signal  # here, because few runs wait
        import threading

        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._note_next(signal.SIGINT)

    def arm_all(self) -> int:
        """Note the next SIGINT or SIGTERM, whatever they meant; only a main thread can.

        A shell starts what runs in its background with SIGINT ignored; tcpdump, too, ends by it
        all the same.  Returns a file descriptor to wait on: it is ready once one came.
        """
        import os
        import signal

        self._pipe = os.pipe()
        for end in self._pipe:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            self._note_next(number)
        return self._pipe[0]

    def _note_next(self, number: int) -> None:
        import signal

        self._before[number] = signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        self._disarm()

    def _disarm(self) -> None:
        if self._before:
            import signal

            for number, before in self._before.items():
                signal.signal(number, before)
            self._before.clear()
