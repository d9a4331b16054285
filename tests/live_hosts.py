#!/usr/bin/env python3
"""Hold `tracker live` against `ss` while connections between two hosts live at random.

    python tests/live_hosts.py [--minutes 4] [--new 60] [--tracker "COMMAND"] [--report FILE]

Needs root and the tools that pcaps/record.py names. Both hosts are network namespaces made here.
Bursts of traffic take turns with quiet moments. A moment counts when no packet has moved from 1.5 s
before it until it is over, except where segments of a connection are lost by intention and
repeated. (Once they are no longer lost, that connection is left out until it has been quiet as
long.) Then the kernel of the watched host is asked, a table of the tracker waited for, and the
kernel asked again. Compared are all sockets opened since the start, both ways: pair and state.

What a timer ends, ends in the kernel and in the tracker at nearly the same moment. A socket that
differs is counted apart, as "ended by a timer", where

- its state in the kernel changed between the two readings, without a packet;
- the tracker has ended it and the kernel has not, but says that its timer is due in 0.3 s or
  overdue, and ends it within 2.1 s (Linux rounds 60 s up to the next multiple of 2.048 s of a clock
  of its own, with CONFIG_HZ=250, and shows the socket until then);
- the kernel has ended it not more than 0.3 s ago (and 0.25 s, which is how often it is asked), and
  the tracker still has the state that the kernel had last; where that is a state in which a segment
  is repeated, an eighth of the last pause more: a repetition may come so late, for that is how
  coarse Linux's timers are, and that it does not come tells that the kernel has given up.
"""

import argparse
import json
import random
import resource
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# The hosts and the wire are those of the recordings.
sys.path.append(str(Path(__file__).resolve().parent.parent / "pcaps"))

from live_churn import US, Churn
from live_judge import Judge, KernelWatch
from live_tables import TrackerProcess

from hosts import Lab, two_hosts

QUIET = 1.5  # seconds without a packet before the kernel is asked
TRIES = 5  # to find a moment that nothing disturbs
PATIENCE = 30.0  # seconds to wait for quiet, or for a table
LOSSES = (0.0, 0.0, 0.02)  # share of segments lost in a burst: one of these
BEFORE = 10  # connections that are there before the tracker is

Report = dict[str, object]


class Session:
    """A lab with a tracker in one of its hosts, and what comes out of it."""

    def __init__(self, lab: Lab, command: list[str], seed: int) -> None:
        self._lab = lab
        self._random = random.Random(seed)  # noqa: S311
        self.churn = Churn(lab, seed)
        watched = lab.hosts[US]
        self._watch = KernelWatch(watched)
        lab.at_the_end(self._watch.close)
        self.churn.begin(*["opened_and_used"] * BEFORE)
        left_out = set(self._watch.ask().sockets)
        self.tracker = TrackerProcess(watched, command, PATIENCE)
        lab.at_the_end(self.tracker.kill)
        self.tracker.wait_until_it_captures()
        self.judge = Judge(self._watch, left_out)
        self.disturbed = 0

    def run(self, seconds: float, new: int, least: int) -> None:
        """Let bursts and quiet moments take turns; at least so many connections are begun."""
        begun = time.monotonic()
        while time.monotonic() < begun + seconds or self.churn.connections < least:
            self.churn.burst(new, self._random.choice(LOSSES))
            if not any(self._moment() for _ in range(TRIES)):
                self.disturbed += 1
            progress(self)

    def _moment(self) -> bool:
        """Compare at a quiet moment; whether it stayed quiet."""
        moved = self._wait_for_quiet()
        quiet_since = time.monotonic() - QUIET
        before = self._watch.ask()
        table = self.tracker.table_after(before.ended)
        after = self._watch.ask()
        if self.churn.fates.last_free != moved:
            return False
        self.judge.compare(
            before, table, after, lambda port: self.churn.fates.healed_moved(port, quiet_since)
        )
        return True

    def _wait_for_quiet(self) -> float:
        begun = time.monotonic()
        while time.monotonic() < begun + PATIENCE:
            moved = self.churn.fates.last_free
            if time.monotonic() - max(moved, begun) > QUIET and self._lab.wire.nothing_under_way():
                return moved
            time.sleep(0.05)
        raise TimeoutError(f"it does not get quiet within {PATIENCE:.0f} s")

    def report(self) -> Report:
        """All that was found, as JSON can hold it."""
        judge = self.judge
        judge.settle()
        return {
            "connections": self.churn.connections,
            "moments": judge.moments,
            "disturbed": self.disturbed,
            "pairs": len(judge.seen),
            "compared": sum(judge.matrix.values()),
            "matrix": sorted([*key, count] for key, count in judge.matrix.items()),
            "by_timer": dict(judge.by_timer),
            "differences": [
                {**found._asdict(), "story": self._story(found.pair)} for found in judge.differences
            ],
            "done": dict(self.churn.done),
            "segments_lost": self.churn.fates.lost,
            "status": self.tracker.status,
            "stderr": self.tracker.said,
        }

    def _story(self, pair: tuple[str, int, str, int]) -> list[str]:
        stories = self.churn.story_of
        return stories.get(pair[1]) or stories.get(pair[3]) or []


def main(arguments: list[str] | None = None) -> int:
    """Run a session and print what agrees; 1 if something does not."""
    options = parse(arguments)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    live = ["live", "-i", "eth0", "-n", "--json", "-a", "--closed", "-c", str(options.interval)]
    command = [*shlex.split(options.tracker), *live]
    with ended_by_signals(), two_hosts() as lab:
        session = Session(lab, command, options.seed)
        session.run(options.minutes * 60, options.new, options.connections)
        session.tracker.stop()
        report = session.report()
    if options.report:
        options.report.write_text(json.dumps(report, indent=1, default=str))
    sys.stdout.writelines(f"{line}\n" for line in told(report))
    return 1 if report["differences"] or not report["compared"] else 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--minutes", type=float, default=4.0, metavar="M", help="how long connections are made")
    add("--connections", type=int, default=0, metavar="N", help="go on until there are so many")
    add("--new", type=int, default=60, metavar="N", help="connections begun in each burst")
    add("--seed", type=int, default=time.time_ns() % 10**6, help="of what happens by chance")
    add("--interval", type=float, default=0.5, metavar="S", help="seconds between two tables")
    add("--report", type=Path, metavar="FILE", help="write all that was found there, as JSON")
    add(
        "--tracker",
        default=shlex.join([sys.executable, "-P", "-m", "tracker"]),
        metavar="COMMAND",
        help="how to start the tracker",
    )
    return parser.parse_args(arguments)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM ends as Ctrl-C does: hosts and processes are removed."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def progress(session: Session) -> None:
    """One line for each moment, for somebody who watches."""
    if sys.stderr.isatty():
        judge = session.judge
        counts = f"{session.churn.connections} connections, {sum(judge.matrix.values())} compared"
        differ = len(judge.differences)
        sys.stderr.write(f"moment {judge.moments}: {counts}, {differ} differ\n")


def told(report: Any) -> Iterator[str]:
    """Each difference with what was done to that connection, and the matrix of states."""
    for found in report["differences"]:
        yield (
            f"moment {found['moment']}, as of {found['as_of']}: {found['pair']}:"
            f" kernel {found['kernel']} (last: {found['last_in_kernel']}),"
            f" tracker {found['tracker']}"
        )
        yield f"    {json.dumps(found['row'])}"
        yield from (f"    {step}" for step in found["story"])
    for kernel, tracker, count in report["matrix"]:
        yield f"{count:7}  kernel {kernel:13} tracker {tracker}"
    for why, count in report["by_timer"].items():
        yield f"{count:7}  ended by a timer: {why}"
    yield from (f"stderr: {line}" for line in report["stderr"])
    yield (
        f"{report['connections']} connections, {report['pairs']} of them compared,"
        f" at {report['moments']} quiet moments ({report['disturbed']} disturbed):"
        f" {report['compared']} socket states, {len(report['differences'])} differ"
    )


if __name__ == "__main__":
    sys.exit(main())
