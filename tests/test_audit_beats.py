"""Regular beats: the period and the jitter of made-up times, and chance that has none."""

import random

import pytest

from tracker.audit.beats import beats

SECOND = 1_000_000_000


def spread(period: float, count: int, jitter: float, seed: int = 1) -> list[int]:
    """Return `count` times, a period apart, each up to `jitter` s earlier or later."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    return [
        round((1000 + number * period + chance.uniform(-jitter, jitter)) * SECOND)
        for number in range(count)
    ]


def test_a_clock_is_found_exactly() -> None:
    found = beats(spread(60, 10, 0))
    assert found is not None
    assert (found.beats, found.period, found.jitter) == (10, 60 * SECOND, 0)


@pytest.mark.parametrize("seed", range(20))
def test_jitter_of_a_tenth_is_found(seed: int) -> None:
    found = beats(spread(30, 12, 3, seed))
    assert found is not None
    assert found.period == pytest.approx(30 * SECOND, rel=0.1)
    assert 0 < found.jitter <= 8 * SECOND


def test_chance_is_no_clock() -> None:
    """Exponential intervals, as of independent events: at most one in twenty looks regular."""
    chance = random.Random(7)  # noqa: S311 - the same each time
    regular = 0
    for _ in range(400):
        time, times = 0.0, []
        for _ in range(20):
            time += chance.expovariate(1 / 30)
            times.append(round(time * SECOND))
        regular += beats(times) is not None
    assert regular <= 20


def test_few_are_no_beats() -> None:
    assert beats(spread(30, 5, 0)) is None
    assert beats([]) is None


def test_a_missing_beat_does_not_hide_the_others() -> None:
    times = spread(30, 14, 0)
    del times[6]
    found = beats(times)
    assert found is not None
    assert found.period == 30 * SECOND


def test_what_comes_together_is_one_beat() -> None:
    """A browser opens six connections at once: no period of milliseconds, and one of a minute."""
    times = [time + number * 1_000_000 for time in spread(60, 8, 0) for number in range(6)]
    found = beats(times)
    assert found is not None
    assert found.beats == 8
    assert found.period == pytest.approx(60 * SECOND, rel=0.001)
