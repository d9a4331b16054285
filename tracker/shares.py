"""Replay by several processes, of which each tracks its share of the socket pairs.

Each reads and decodes all frames, which costs little, and takes in the segments of its share: see
`FlowTable.take_share`.  What the others tracked joins this process's table at the end, so that the
answer is the same as of one process.
"""

import os
import pickle
import signal
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from functools import partial
from itertools import chain

from tracker.flow_table import FlowTable, ShareError
from tracker.frames import Run
from tracker.meter import Meter
from tracker.moment import Moment
from tracker.replay import Choice, replay
from tracker.typed import NoReturn, Self

#: More processes than this gain little: each reads all frames.
MOST = 4

# How many octets are under way from one process to the other, where the system lets us choose.
_PIPE = 1 << 20

# What a process says of itself before all else: how many octets follow.
_LENGTH_OCTETS = 8


def processes() -> int:
    """Return how many processes may share the work here."""
    if not hasattr(os, "fork"):
        return 1
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST)
    return min(os.cpu_count() or 1, MOST)


def replay_shared(
    begin: Callable[[], Meter],
    runs: Callable[[], Iterable[Run]],
    watched: Callable[[Iterable[Run]], Iterable[Run]],
    moment: Moment,
    jobs: int,
    choose: Choice | None = None,
) -> tuple[Meter, int]:
    """Replay as `replay.replay` does, in `jobs` processes; return the meter and the moment in ns.

    `begin` makes a meter that has seen nothing; `runs` begins with the frames anew; those of this
    process go through `watched`.  What the meter's `hearer` hears, it hears in this process.

    Where only a table with all socket pairs has the answer (see `FlowTable.take_share`), or another
    process comes to nothing, this one begins anew, alone.
    """
    if jobs > 1 and hasattr(os, "fork"):
        meter = begin()
        now = _shared(meter, runs, watched, moment, jobs, choose)
        if now is not None:
            return meter, now
    meter = begin()
    return meter, replay(watched(runs()), meter, moment, choose)


def _shared(
    meter: Meter,
    runs: Callable[[], Iterable[Run]],
    watched: Callable[[Iterable[Run]], Iterable[Run]],
    moment: Moment,
    jobs: int,
    choose: Choice | None,
) -> int | None:
    """Replay with others; return the moment, or None where that failed."""

    def work(number: int) -> FlowTable:
        meter.hearer = None
        meter.table.take_share(number, jobs)
        replay(runs(), meter, moment, choose)
        return meter.table

    with suppress(ShareError), ExitStack() as stack:
        others = [stack.enter_context(_Other(partial(work, number))) for number in range(1, jobs)]
        meter.table.take_share(0, jobs)
        now = replay(_while_well(watched(runs()), others), meter, moment, choose)
        for other in others:
            other.join(meter.table)
        return now
    return None


def _while_well(runs: Iterable[Run], others: "list[_Other]") -> Iterable[Run]:
    """Yield `runs` as long as all `others` work; raise ShareError where one does not."""
    for run in runs:
        for other in others:
            other.check()
        yield run


class _Other:
    """Another process; it ends with the context at the latest."""

    def __init__(self, work: Callable[[], FlowTable]) -> None:
        """Let it begin with its `work`, which returns a table to be joined to this process's.

        Raises ShareError where there can be no other process.
        """
        self._has_ended = False
        self._input, output = os.pipe()
        _widen(output)
        try:
            self._process = os.fork()
        except OSError:
            os.close(self._input)
            os.close(output)
            raise ShareError from None
        if self._process == 0:
            _work(work, output)
        os.close(output)

    def __enter__(self) -> Self:
        """Return it: it works already."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, if it still works."""
        os.close(self._input)
        if not self._has_ended:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)

    def check(self) -> None:
        """Raise ShareError if it came to nothing."""
        if not self._has_ended:
            process, status = os.waitpid(self._process, os.WNOHANG)
            self._has_ended = process != 0
            if status:
                raise ShareError

    def join(self, table: FlowTable) -> None:
        """Join its table to `table`; raise ShareError if it came to nothing."""
        with open(self._input, "rb", buffering=0, closefd=False) as pipe:
            length = bytearray(_LENGTH_OCTETS)
            _fill(pipe.readinto, memoryview(length))
            facts = bytearray(int.from_bytes(length))
            _fill(pipe.readinto, memoryview(facts))
            # It comes from a process of our own, through a pipe that no other one has.
            with table.join(pickle.loads(facts)) as places:  # noqa: S301
                _fill(pipe.readinto, places)


def _widen(pipe: int) -> None:
    """Let more fit into a pipe: it takes a third of the time to go through."""
    import fcntl  # here, because not all systems have it, nor `fork`

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # the user may have many pipes
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)


def _fill(readinto: Callable[[memoryview], int | None], view: memoryview) -> None:
    """Fill `view`; raise ShareError where there is not as much."""
    at = 0
    while at < len(view):
        count = readinto(view[at:])
        if not count:
            raise ShareError
        at += count


def _work(work: Callable[[], FlowTable], output: int) -> NoReturn:
    """Work, put the table into the pipe `output` and leave this process at once."""
    status = 1
    try:
        facts, places = work().hand_over()
        packed = pickle.dumps(facts, pickle.HIGHEST_PROTOCOL)
        length = len(packed).to_bytes(_LENGTH_OCTETS)
        with open(output, "wb", buffering=0) as pipe:
            for octets in chain([memoryview(length + packed)], places):
                at = 0
                while at < len(octets):
                    at += pipe.write(octets[at:])
        status = 0
    finally:
        # Nothing is told twice: what went wrong here, the first process finds for itself, alone.
        os._exit(status)
