"""The terminal: a real pseudo-terminal, what it is sent, and what its keys do."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from typing import Any, Self

import pytest
from captures import CHECKOUT

from tracker.live.screen import END

PATIENCE = 30  # s: nothing takes as long

#: Draws, and tells on stderr what is asked for, whenever that is to be drawn.
SCRIPT = """
import json, os, resource, select, signal, sys
os.close(os.open(os.ttyname(0), os.O_RDWR))  # of this session now: its keys may be signals
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from tracker.report.dashboard import Line
from tracker.live.screen import Screen
ours, theirs = os.pipe()
os.set_blocking(ours, False)
os.set_blocking(theirs, False)
signal.set_wakeup_fd(theirs)
STYLES = "heading", "columns", "new", "changed", "gone", "plain", "warning", "status"

def tell(**what):
    print(json.dumps(what), file=sys.stderr, flush=True)

def show(screen):
    height, width = screen.size()
    lines = [Line(f"a line that is {style}", style) for style in STYLES][: height - 1]
    lines += [Line("", "plain")] * (height - 1 - len(lines))
    screen.draw([*lines, Line("corner".rjust(width), "plain")])
    tell(top=screen.top, left=screen.left, paused=screen.paused, quit=screen.quit,
         size=[height, width])

print("before", flush=True)
with Screen(ours) as screen:
    show(screen)
    while not screen.quit:
        select.select([screen.fileno(), ours], [], [])
        if screen.keys():
            screen.scrolled(screen.top, screen.left, 7)
            show(screen)
        elif screen.quit:
            tell(quit=True)
print("after", flush=True)
"""


class Terminal:
    """A pseudo-terminal with a process in it, which it ends at the end of the context."""

    def __init__(
        self, script: str = SCRIPT, term: str = "xterm-256color", **environment: str
    ) -> None:
        self.ours, self.theirs = pty.openpty()
        self.resize(24, 80)
        self.before = termios.tcgetattr(self.theirs)
        self.said = b""
        names = {"PATH", "PYTHONPATH", "LANG", "HOME", "TERMINFO_DIRS"}
        inherited = {name: os.environ[name] for name in names & os.environ.keys()}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", script],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=subprocess.PIPE,
            env={**inherited, "TERM": term, **environment},
            start_new_session=True,
            cwd=CHECKOUT,
        )

    def __enter__(self) -> Self:
        """Begin; it has begun."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, wherever it is."""
        self.process.kill()
        self.process.communicate()
        self.hang_up()
        if self.theirs >= 0:
            os.close(self.theirs)

    def hang_up(self) -> None:
        if self.ours >= 0:
            os.close(self.ours)
            self.ours = -1

    def resize(self, height: int, width: int) -> None:
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def press(self, keys: bytes) -> None:
        os.write(self.ours, keys)

    def _read(self, patience: float = 0) -> bool:
        """Read what is there, or comes within this time (s); return whether anything did."""
        if not select.select([self.ours], [], [], patience)[0]:
            return False
        try:
            more = os.read(self.ours, 1 << 16)
        except OSError:  # the end of a terminal
            return False
        self.said += more
        return True

    def wait_for(self, *words: bytes) -> None:
        """Read until all these words were shown."""
        while not all(word in self.said for word in words):
            assert self._read(PATIENCE), (words, self.said)

    def told(self) -> dict[str, Any]:
        """Return what the process tells next; what it shows is read meanwhile."""
        assert self.process.stderr is not None
        stderr = self.process.stderr.fileno()
        line = b""
        while not line.endswith(b"\n"):
            files = [stderr] if self.ours < 0 else [stderr, self.ours]
            ready, _, _ = select.select(files, [], [], PATIENCE)
            assert ready, (line, self.said)
            if self.ours in ready:
                self._read()
            if stderr in ready:
                octet = os.read(stderr, 1)
                assert octet, (line, self.said)
                line += octet
        told: dict[str, Any] = json.loads(line)
        return told

    def after(self, keys: bytes) -> dict[str, Any]:
        """Press keys and return what is told next."""
        self.press(keys)
        return self.told()

    def end(self) -> int:
        """Wait for the end, and return the status."""
        until = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            self._read(0.1)
            assert time.monotonic() < until, self.said
        while self._read():
            pass
        return self.process.returncode


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with Terminal() as terminal:
        terminal.told()
        yield terminal


def capability(name: str, term: str = "xterm-256color") -> bytes:
    """Return a capability of a terminal, as infocmp(1) has it."""
    script = f"import curses, sys; curses.setupterm({term!r}, 1);"
    script += f"sys.stdout.buffer.write(curses.tigetstr({name!r}) or b'')"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout


# --- the terminal is given back -----------------------------------------------------------------


def is_restored(terminal: Terminal) -> bool:
    """Return whether the terminal has its modes, its cursor and the screen of before."""
    shown = terminal.said.rindex(capability("rmcup")) > terminal.said.rindex(capability("smcup"))
    cursor = terminal.said.rindex(b"\x1b[?25h") > terminal.said.rindex(b"\x1b[?25l")
    return shown and cursor and termios.tcgetattr(terminal.theirs) == terminal.before


def test_shows_lines_and_gives_the_terminal_back(terminal: Terminal) -> None:
    terminal.wait_for(b"before\r\n", b"a line that is heading", b"a line that is status", b"corne")
    assert terminal.said.index(b"before") < terminal.said.index(capability("smcup"))
    modes = termios.tcgetattr(terminal.theirs)[3]
    assert not modes & (termios.ICANON | termios.ECHO)
    terminal.press(b"q")
    assert terminal.end() == 0
    assert is_restored(terminal)
    assert terminal.said.rindex(b"after") > terminal.said.rindex(capability("rmcup"))


def test_ctrl_c_is_an_interrupt(terminal: Terminal) -> None:
    terminal.press(b"\x03")
    assert terminal.end() == -signal.SIGINT
    assert is_restored(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP])
def test_signals_end_it_as_ever_and_restore_the_terminal(
    terminal: Terminal, number: signal.Signals
) -> None:
    terminal.process.send_signal(number)
    assert terminal.end() == -number
    assert is_restored(terminal)


def test_exceptions() -> None:
    with Terminal(SCRIPT.replace("if screen.keys():", "if 1 / 0:")) as terminal:
        terminal.told()
        terminal.press(b"x")
        assert terminal.end() == 1
        assert is_restored(terminal)
        assert b"after" not in terminal.said


def test_handled_signals_stay_handled() -> None:
    """Whoever handles one ends the context himself."""
    handler = "lambda *_: os.write(2, b'{\"handled\": true}\\n')"
    handling = f"signal.signal(signal.SIGTERM, {handler})"
    with Terminal(SCRIPT.replace("with Screen", f"{handling}\nwith Screen")) as terminal:
        terminal.told()
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.told() == {"handled": True}
        terminal.press(b"q")
        assert terminal.end() == 0
        assert is_restored(terminal)


def test_the_terminal_is_gone() -> None:
    """What ignores that (nohup) lives on without one: this has nothing left to do."""
    ignoring = "signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    script = SCRIPT.replace("with Screen", f"{ignoring}\nwith Screen")
    with Terminal(script.replace('print("after", flush=True)', "")) as terminal:
        told = terminal.told()
        os.close(terminal.theirs)
        terminal.theirs = -1
        terminal.hang_up()
        while not told["quit"]:
            told = terminal.told()
        assert terminal.process.wait(PATIENCE) == 0


# --- keys ---------------------------------------------------------------------------------------


def test_quit(terminal: Terminal) -> None:
    assert terminal.after(b"q")["quit"]


def test_pause(terminal: Terminal) -> None:
    assert [terminal.after(key)["paused"] for key in (b" ", b" ", b"p", b" ")] == [
        True,
        False,
        True,
        False,
    ]


def test_scrolling(terminal: Terminal) -> None:
    """Pages are of 7 rows here."""
    down, up, right, left, page_down, page_up, home, end = (
        capability(name)
        for name in ("kcud1", "kcuu1", "kcuf1", "kcub1", "knp", "kpp", "khome", "kend")
    )
    keys = [down, down, b"j", up, page_down, page_down, page_up, b"k", home, up, end, up, b"g"]
    tops = [terminal.after(key)["top"] for key in keys]
    assert tops == [1, 2, 3, 2, 9, 16, 9, 8, 0, 0, END, END - 1, 0]
    assert [terminal.after(key)["left"] for key in (right, b"l", left, left, left)] == [
        10,
        20,
        10,
        0,
        0,
    ]


def test_several_keys_at_once(terminal: Terminal) -> None:
    told = terminal.after(capability("kcud1") * 3 + b" j")
    while told["top"] < 4:
        told = terminal.told()
    assert told["paused"]


def test_other_keys_mean_nothing(terminal: Terminal) -> None:
    terminal.press(b"x\x1bZ\xff\t")
    told = terminal.after(b"j")
    assert (told["top"], told["paused"], told["quit"]) == (1, False, False)


# --- the terminal changes -----------------------------------------------------------------------


def test_another_size_is_noticed_at_once(terminal: Terminal) -> None:
    """Nobody presses a key, and nothing else happens."""
    for height, width in ((10, 40), (50, 132), (1, 5), (24, 80)):
        terminal.resize(height, width)
        told = terminal.told()
        while told["size"] != [height, width]:
            told = terminal.told()
    terminal.press(b"q")
    assert terminal.end() == 0


@pytest.mark.parametrize("how", ["continued", "asked"])
def test_all_is_drawn_again(terminal: Terminal, how: str) -> None:
    terminal.wait_for(b"a line that is status", b"corne")
    terminal.said = b""
    if how == "asked":
        terminal.press(b"\x0c")  # Ctrl-L
    else:
        terminal.process.send_signal(signal.SIGSTOP)
        os.waitpid(terminal.process.pid, os.WUNTRACED)
        termios.tcsetattr(terminal.theirs, termios.TCSANOW, terminal.before)  # as a shell does
        terminal.process.send_signal(signal.SIGCONT)
    terminal.told()
    terminal.wait_for(b"a line that is heading", b"a line that is status", b"corne")
    assert not termios.tcgetattr(terminal.theirs)[3] & (termios.ICANON | termios.ECHO)


def test_without_a_pipe_of_signals() -> None:
    """Another size is noticed with the next key."""
    script = SCRIPT.replace("Screen(ours)", "Screen()").replace("signal.set_wakeup_fd(theirs)", "")
    with Terminal(script) as terminal:
        terminal.told()
        terminal.resize(10, 40)
        told = terminal.after(b"j")
        while not told["top"]:
            told = terminal.told()
        assert told["size"] == [10, 40]


# --- kinds of terminals -------------------------------------------------------------------------


def colours(said: bytes) -> set[bytes]:
    """Return the colours of the foreground that were asked for (ECMA-48 section 8.3.117)."""
    asked = {
        part for piece in said.split(b"\x1b[")[1:] for part in piece.split(b"m")[0].split(b";")
    }
    return asked & {b"31", b"32", b"33"}


@pytest.mark.parametrize(
    ("environment", "has_colours"),
    [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"term": "vt100"}, False)],
)
def test_colours_only_where_they_are_wanted(environment: dict[str, str], has_colours: bool) -> None:
    """See https://no-color.org: "when present and not an empty string"."""
    with Terminal(**environment) as terminal:
        terminal.told()
        terminal.press(b"q")
        assert terminal.end() == 0
        assert b"a line that is warning" in terminal.said
        assert colours(terminal.said) == ({b"31", b"32", b"33"} if has_colours else set())


def is_possible(term: str | None, *, stdin: bool = True, stdout: bool = True) -> bool:
    """Return whether a screen is, in a process with a terminal at those ends."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "TERM"}
    if term is not None:
        environment["TERM"] = term
    script = "import sys; from tracker.live.screen import is_possible; sys.exit(int(is_possible()))"
    try:
        status = subprocess.run(
            [sys.executable, "-P", "-c", script],
            stdin=theirs if stdin else subprocess.DEVNULL,
            stdout=theirs if stdout else subprocess.DEVNULL,
            env=environment,
            cwd=CHECKOUT,
            check=False,
        ).returncode
    finally:
        os.close(ours)
        os.close(theirs)
    assert status in {0, 1}
    return status == 1


def test_where_a_screen_is_possible() -> None:
    assert is_possible("xterm")
    assert is_possible("vt100")
    assert not is_possible("xterm", stdin=False)
    assert not is_possible("xterm", stdout=False)
    assert not is_possible("dumb")
    assert not is_possible("no-such-terminal")
    assert not is_possible(None)
