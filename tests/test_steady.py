"""Tables run on a clock that does not jump when the system's is set."""

import pytest

from tracker.capture.steady import SteadyClock
from tracker.frames import Frames

S = 1_000_000_000
HOUR = 3600 * S


class System:
    """The clocks of a system: one that may be set, one that only runs."""

    def __init__(self) -> None:
        self.running = 5 * S
        self.ahead = 1_767_225_600 * S

    def wall(self) -> int:
        return self.running + self.ahead

    def monotonic(self) -> int:
        return self.running


def steadied(clock: SteadyClock, *times: int) -> list[int]:
    frames = Frames(1)
    for time in times:
        frames.append(time, 0, 0, 0)
    clock.steady(frames)
    return list(frames.times[: len(times)])


def test_without_a_jump_it_is_the_systems_clock() -> None:
    system = System()
    clock = SteadyClock(system.wall, system.monotonic)
    for _ in range(10):
        system.running += S
        system.ahead += S // 2000  # as fast as adjtime(3) corrects a clock
        now = system.wall()
        assert clock.now() == now
        assert steadied(clock, now - 7, now) == [now - 7, now]


@pytest.mark.parametrize("jump", [HOUR, -HOUR, S, -S])
def test_a_jump_is_left_out(jump: int) -> None:
    system = System()
    clock = SteadyClock(system.wall, system.monotonic)
    start = clock.now()
    system.running += S
    system.ahead += jump
    assert clock.now() == start + S
    system.running += S
    assert clock.now() == start + 2 * S
    assert clock.jump == jump


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_frames_from_before_and_after_a_jump_keep_their_order(jump: int) -> None:
    """Both kinds wait together for the first look after the clock was set."""
    system = System()
    clock = SteadyClock(system.wall, system.monotonic)
    start = clock.now()
    old = system.wall() + 10_000_000
    system.running += 20_000_000
    system.ahead += jump
    new = system.wall()
    system.running += 10_000_000
    assert steadied(clock, old, new) == [start + 10_000_000, start + 20_000_000]
    system.running += S
    assert steadied(clock, system.wall()) == [start + S + 30_000_000]


def test_two_jumps_add_up() -> None:
    system = System()
    clock = SteadyClock(system.wall, system.monotonic)
    start = clock.now()
    for jump in (HOUR, -HOUR, HOUR):
        system.ahead += jump
        system.running += S
        now = clock.now()
    assert now == start + 3 * S
    assert clock.jump == HOUR
