"""The resolver that `--resolve` asks: what it knows by now, and that nobody waits for it."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from tracker.names.name import RESOLVER, Name
from tracker.names.resolver import HOLDS, HOLDS_FAILURE, Resolver, looked_up

LONG = 10.0  # seconds that no test takes


class Lookups:
    """A resolver of the system that answers when it is told to, and counts."""

    def __init__(self, answer: Callable[[str], str]) -> None:
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self._answer = answer

    def __call__(self, address: str) -> str:
        self.asked.append(address)
        if not self.may_answer.wait(LONG):
            raise TimeoutError
        return self._answer(address)


def named(address: str) -> str:
    return f"Host-{address.replace('.', '-')}.Example."


def missing(address: str) -> str:
    raise OSError(f"{address}: name or service not known")


def test_a_name_is_told_once_it_is_known() -> None:
    lookups = Lookups(named)
    resolver = Resolver(lookups)
    assert resolver.name("192.0.2.1") is None
    assert resolver.name("192.0.2.1") is None
    assert resolver.pending == 1
    lookups.may_answer.set()
    resolver.wait(LONG)
    assert resolver.pending == 0
    assert resolver.name("192.0.2.1") == Name("host-192-0-2-1.example", RESOLVER)
    assert lookups.asked == ["192.0.2.1"]


def test_who_has_no_name_is_not_asked_for_again() -> None:
    lookups = Lookups(missing)
    lookups.may_answer.set()
    resolver = Resolver(lookups)
    for _ in range(3):
        assert resolver.name("192.0.2.1") is None
        resolver.wait(LONG)
    assert lookups.asked == ["192.0.2.1"]


@pytest.mark.parametrize("text", ["\x1b[2Jhost", "<b>host</b>", "192.0.2.1", "h\xf6st", "", "a b"])
def test_what_is_no_host_name_is_not_told(text: str) -> None:
    """Whoever owns the address decides what the answer is."""
    lookups = Lookups(lambda _: text)
    lookups.may_answer.set()
    resolver = Resolver(lookups)
    resolver.name("192.0.2.1")
    resolver.wait(LONG)
    assert resolver.pending == 0
    assert resolver.name("192.0.2.1") is None


def test_nobody_waits_for_what_hangs() -> None:
    lookups = Lookups(named)
    resolver = Resolver(lookups, workers=2)
    begin = time.monotonic()
    for number in range(100):
        resolver.name(f"192.0.2.{number}")
    resolver.wait(0.05)
    assert time.monotonic() - begin < LONG / 2
    assert resolver.pending == 100
    assert len(lookups.asked) <= 2  # threads
    lookups.may_answer.set()
    resolver.wait(LONG)
    assert sorted(lookups.asked) == sorted(f"192.0.2.{number}" for number in range(100))


def test_one_that_hangs_keeps_no_other_from_being_asked() -> None:
    hang = threading.Event()
    answer = {"192.0.2.1": lambda: hang.wait(LONG)}

    def lookup(address: str) -> str:
        answer.get(address, bool)()
        return named(address)

    resolver = Resolver(lookup, workers=2)
    for number in (1, 2, 3):
        resolver.name(f"192.0.2.{number}")
    end = time.monotonic() + LONG
    while resolver.pending > 1 and time.monotonic() < end:
        time.sleep(0.005)
    assert [resolver.name(f"192.0.2.{number}") is None for number in (1, 2, 3)] == [
        True,
        False,
        False,
    ]
    hang.set()
    resolver.wait(LONG)


@pytest.mark.parametrize(("answer", "holds"), [(named, HOLDS), (missing, HOLDS_FAILURE)])
def test_an_old_answer_is_looked_up_anew(answer: Callable[[str], str], holds: float) -> None:
    now = [0.0]
    lookups = Lookups(answer)
    lookups.may_answer.set()
    resolver = Resolver(lookups, clock=lambda: now[0])
    resolver.name("192.0.2.1")
    resolver.wait(LONG)
    now[0] = holds - 1
    known = resolver.name("192.0.2.1")
    assert lookups.asked == ["192.0.2.1"]
    now[0] = holds
    assert resolver.name("192.0.2.1") == known  # an old name is better than none
    resolver.wait(LONG)
    assert lookups.asked == ["192.0.2.1"] * 2


def test_memory_is_bounded() -> None:
    """The oldest answers go; what waits beyond the limit is not begun."""
    lookups = Lookups(named)
    resolver = Resolver(lookups, limit=10)
    for number in range(30):
        resolver.name(f"192.0.2.{number}")
    assert resolver.pending == 10
    lookups.may_answer.set()
    resolver.wait(LONG)
    for number in range(30):
        resolver.name(f"192.0.2.{number}")
        resolver.wait(LONG)
    assert len(resolver._known) == 10
    assert resolver.name("192.0.2.29") is not None
    assert resolver.name("192.0.2.15") is None


def test_a_process_ends_while_lookups_hang() -> None:
    script = (
        "import time; from tracker.names.resolver import Resolver\n"
        "resolver = Resolver(lambda address: time.sleep(60) or 'x')\n"
        "resolver.name('192.0.2.1'); resolver.wait(0.1); print(resolver.pending)"
    )
    begin = time.monotonic()
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    assert process.stdout == "1\n"
    assert time.monotonic() - begin < 30


def test_the_systems_resolver() -> None:
    """What stands in hosts(5) needs no network; what is no address has no name."""
    with pytest.raises(OSError, match=r"Errno|known|address"):
        looked_up("no address")
    try:
        assert looked_up("127.0.0.1")
    except OSError:
        pytest.skip("this system has no name for 127.0.0.1")
