"""The terminal: lines drawn in place, and what its keys ask for.

They stand on the terminal's other screen, where it has one: what was there before comes back.
"""

import os
import select
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

from tracker.report.dashboard import Line

if TYPE_CHECKING:
    import curses  # elsewhere in functions, because not every Python has it

#: More rows than there can be: the end of the table.
END = 1 << 30

# How far the arrows to the left and right go, characters.
_STEP = 10

# How long the rest of a key's escape sequence may take, ms.
_ESCAPE_DELAY = 50

# What keys do, by their names in curses: how many rows down, and how many pages.
_VERTICAL = {
    "KEY_UP": (-1, 0),
    "k": (-1, 0),
    "KEY_DOWN": (1, 0),
    "j": (1, 0),
    "KEY_PPAGE": (0, -1),
    "^B": (0, -1),
    "KEY_NPAGE": (0, 1),
    "^F": (0, 1),
    "KEY_HOME": (-END, 0),
    "g": (-END, 0),
    "KEY_END": (END, 0),
    "G": (END, 0),
}
_HORIZONTAL = {"KEY_LEFT": -_STEP, "h": -_STEP, "KEY_RIGHT": _STEP, "l": _STEP}

# What ends a program that does not handle it.
_ENDINGS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP)


def is_possible() -> bool:
    """Return whether there is a terminal to draw on, and to read keys from."""
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    try:
        import curses
    except ImportError:
        return False
    try:
        curses.setupterm(fd=sys.stdout.fileno())
    except curses.error:  # TERM is not set, or of a terminal that nobody knows
        return False
    return curses.tigetstr("cup") is not None  # a "dumb" one cannot move its cursor


class Screen:
    """A terminal that is drawn on, from the beginning of the context to its end.

    `signals` is where to read what `signal.set_wakeup_fd` writes, if somebody waits there: that
    the terminal has another size is then noticed at once, and `keys` leaves nothing to be read.

    quit      whether a key asked for the end
    paused    whether the table is to stand still
    top, left    how far it is to be scrolled, rows and characters
    """

    def __init__(self, signals: int | None = None) -> None:
        self.quit = False
        self.paused = False
        self.top = 0
        self.left = 0
        self._page = 1
        self._signals = signals
        self._handlers: dict[int, Any] = {}
        self._attributes: dict[str, int] = {}
        self._is_noted = False  # a signal came
        self._is_spoilt = False  # the terminal may show something else by now
        self._is_on = False
        self._window: curses.window

    def __enter__(self) -> Self:
        """Take the terminal over.  Raises `curses.error` where it cannot be; see `is_possible`."""
        sys.stdout.flush()
        self._handle_signals()
        try:
            self._set_up()
        except BaseException:
            self._restore()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Give the terminal back as it was."""
        self._restore()

    def fileno(self) -> int:
        """Return the file descriptor to wait on for keys."""
        return sys.stdin.fileno()

    def size(self) -> tuple[int, int]:
        """Return height and width, characters."""
        return self._window.getmaxyx()

    # --- keys -----------------------------------------------------------------------------------

    def keys(self) -> bool:
        """Do what the keys pressed ask for; return whether there is something to draw anew."""
        is_new = self._read_signals()
        is_new = self._fit() or is_new
        key = self._window.getch()
        while key >= 0:
            is_new = self._press(key) or is_new
            key = self._window.getch()
        if not is_new and self._has_hung_up():
            self.quit = True
        return is_new

    def scrolled(self, top: int, left: int, page: int) -> None:
        """Note how far the table could be scrolled, and how many rows it showed then."""
        self.top = top
        self.left = left
        self._page = max(page, 1)

    def _press(self, key: int) -> bool:
        """Do what a key asks for; return whether it has any meaning."""
        import curses

        top, left, page = self.top, self.left, self._page
        name = curses.keyname(key).decode("ascii", "replace")
        if name in {"q", "Q"}:
            self.quit = True
        elif name in {" ", "p"}:
            self.paused = not self.paused
        elif name in {"^L", "KEY_RESIZE"}:
            self._is_spoilt = True
        elif name in _VERTICAL:
            rows, pages = _VERTICAL[name]
            self.top = max(top + rows + pages * page, 0)
        elif name in _HORIZONTAL:
            self.left = max(left + _HORIZONTAL[name], 0)
        else:
            return False
        return True

    def _has_hung_up(self) -> bool:
        """Return whether no key can come any more: the terminal is gone."""
        is_ready = bool(select.select([self.fileno()], [], [], 0)[0])
        if not is_ready:
            return False
        key = self._window.getch()  # one may have come since
        if key >= 0:
            self._press(key)
        return key < 0

    # --- drawing --------------------------------------------------------------------------------

    def draw(self, lines: Sequence[Line]) -> None:
        """Show `lines` and nothing else."""
        import curses

        height, width = self.size()
        self._window.erase()
        for row, line in enumerate(lines[:height]):
            is_bar = self._attributes[line.style] & curses.A_REVERSE
            text = line.text.ljust(width) if is_bar else line.text
            with suppress(curses.error):  # in the last corner: the cursor cannot go on from there
                self._window.addnstr(row, 0, text, width, self._attributes[line.style])
        if self._is_spoilt:
            self._is_spoilt = False
            self._window.clearok(True)
        self._window.refresh()

    def _fit(self) -> bool:
        """Take the size that the terminal has now; return whether it is another one."""
        import curses

        try:
            width, height = os.get_terminal_size(sys.stdout.fileno())
        except OSError:
            return False
        if not (width and height and curses.is_term_resized(height, width)):
            return False
        curses.resizeterm(height, width)
        self._is_spoilt = True
        return True

    # --- the terminal ---------------------------------------------------------------------------

    def _set_up(self) -> None:
        import curses

        self._window = curses.initscr()
        self._is_on = True
        curses.cbreak()
        curses.noecho()
        with suppress(curses.error):  # not every terminal can hide its cursor
            curses.curs_set(0)
        curses.set_escdelay(_ESCAPE_DELAY)
        self._window.keypad(True)
        self._window.nodelay(True)
        self._attributes = _attributes()

    def _restore(self) -> None:
        if self._is_on:
            import curses

            self._is_on = False
            with suppress(curses.error):  # it may be gone
                self._window.move(self.size()[0] - 1, 0)
                self._window.clrtoeol()  # where it stays, what is said next begins there
                self._window.refresh()
            with suppress(curses.error):
                curses.curs_set(1)
            with suppress(curses.error):
                curses.endwin()
        for number, before in self._handlers.items():
            signal.signal(number, before)
        self._handlers.clear()

    # --- signals --------------------------------------------------------------------------------

    def _handle_signals(self) -> None:
        """Let nothing end the program before the terminal is restored."""
        for number in _ENDINGS:
            if signal.getsignal(number) is signal.SIG_DFL:
                self._handlers[number] = signal.signal(number, self._end)
        if self._signals is not None:  # else whoever waits for a signal would never get to the end
            for number in (signal.SIGWINCH, signal.SIGCONT):
                self._handlers[number] = signal.signal(number, self._note)

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self._restore()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._is_noted = True

    def _read_signals(self) -> bool:
        """Leave nothing to be read of signals; return whether one of those above came."""
        if self._signals is not None:
            while select.select([self._signals], [], [], 0)[0]:
                os.read(self._signals, 512)
        is_noted, self._is_noted = self._is_noted, False
        if is_noted:
            import curses

            with suppress(curses.error):
                curses.reset_prog_mode()  # a shell may have set its own while we were stopped
            self._is_spoilt = True
        return is_noted


def _attributes() -> dict[str, int]:
    """Return how the terminal shows each style; without colours where the user wants none.

    The marks in the lines say the same, for who sees neither.  See https://no-color.org.
    """
    import curses

    bold, reverse = curses.A_BOLD, curses.A_REVERSE
    shown = {
        "heading": bold,
        "columns": reverse,
        "new": bold,
        "changed": bold,
        "gone": curses.A_DIM,
        "plain": curses.A_NORMAL,
        "warning": bold | reverse,
        "status": reverse,
    }
    if curses.has_colors() and not os.environ.get("NO_COLOR"):
        curses.start_color()
        curses.use_default_colors()
        green, yellow, red = curses.COLOR_GREEN, curses.COLOR_YELLOW, curses.COLOR_RED
        coloured = (("new", green), ("changed", yellow), ("gone", red), ("warning", red))
        for pair, (style, colour) in enumerate(coloured, 1):
            curses.init_pair(pair, colour, -1)
            shown[style] = curses.color_pair(pair) | (shown[style] & bold)
    return shown
