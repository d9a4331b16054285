#!/usr/bin/env python3
"""Time `tracker read` against whichever peers are installed, on the same capture, in turns.

    python benchmarks/compare.py CAPTURE [--runs N] [--slow] [--tracker "COMMAND"]

One round runs every command once (A B C, A B C, ...), so that a noisy minute falls on all of them,
and a ratio is always taken inside one round. Output goes to nowhere. The table printed is Markdown.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CAPTURE, SCRATCH, PYTHON = "{capture}", "{scratch}", "{python}"
TRACKER = "tracker"  # the name of the contender that ratios are taken to

# Name, command, whether only --slow runs it. No peer is handed a device as a path of its own:
# as root, tcpdump -w takes the file over for its user and softflowd removes its pid file.
PEERS: list[tuple[str, str, bool]] = [
    ("cat", "cat {capture}", False),
    ("capinfos -c", "capinfos -c {capture}", False),
    ("tcpdump -w", "tcpdump -n -r {capture} -w -", False),
    ("softflowd", "softflowd -r {capture} -d -m 10000000 -c none -p {scratch}/pid", False),
    ("nfpcapd", "nfpcapd -r {capture} -w {scratch}", False),
    ("argus", "argus -r {capture} -w -", False),
    ("tcptrace", "tcptrace -n {capture}", False),
    ("python3 -c pass", "{python} -c pass", False),
    ("tshark -r", "tshark -n -r {capture}", True),
    ("tshark -z conv,tcp", "tshark -n -q -r {capture} -z conv,tcp", True),
]
VERSION_OPTIONS = {"softflowd": "-h", "nfpcapd": "-V", "argus": "-h", "tcptrace": "-version"}


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took."""

    seconds: float  # wall
    cpu_seconds: float  # user and system, all threads
    peak_bytes: int
    failure: str | None  # why it does not count


@dataclass(slots=True)
class Contender:
    """A command and what its runs took, one of each round that it took part in."""

    name: str
    command: list[str]
    warm_up: bool = True
    runs: list[Run] = field(default_factory=list)
    failure: str | None = None

    @property
    def seconds(self) -> list[float]:
        """Wall time of each counted run."""
        return [run.seconds for run in self.runs]


def main(arguments: list[str] | None = None) -> int:
    """Run all rounds and print the table; 1 if a contender failed, 2 if the tracker did."""
    options = parse(arguments)
    tracker = shlex.split(options.tracker)
    if not options.capture.is_file():
        return refuse(f"{options.capture}: no such file")
    if not tracker or shutil.which(tracker[0]) is None:
        return refuse(f"{options.tracker}: not installed; name another one with --tracker")
    contenders, missing = choose(tracker, options.slow)
    play(contenders, options)
    print_report(contenders, missing, options.capture)
    if contenders[0].failure:
        return 2
    return 1 if any(contender.failure for contender in contenders) else 0


def refuse(reason: str) -> int:
    """Say why nothing was run."""
    print(f"compare.py: {reason}", file=sys.stderr)
    return 2


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("capture", metavar="CAPTURE", type=Path)
    add("--runs", type=positive, default=5, metavar="N", help="rounds, after one not counted")
    add("--timeout", type=positive, default=600, metavar="SECONDS", help="for each run")
    add("--tracker", default="tracker", metavar="COMMAND", help="how to start the tracker")
    add("--slow", action="store_true", help="run tshark too (minutes for a gigabyte)")
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    """A type of option: an integer above zero."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return value


def choose(tracker: list[str], slow: bool) -> tuple[list[Contender], list[str]]:
    """The contenders that can be run, the tracker first, and the names of peers that cannot."""
    read = [*tracker, "read", CAPTURE, "-n"]
    contenders = [
        Contender(TRACKER, read),
        Contender("tracker --jobs 1", [*read, "--jobs", "1"]),
        Contender("tracker, JSON", [*read, "--json", "--closed"]),
    ]
    missing = []
    for name, command, is_slow in PEERS:
        words = [word.replace(PYTHON, sys.executable) for word in command.split()]
        if is_slow and not slow:
            continue
        if shutil.which(words[0]):
            contenders.append(Contender(name, words, warm_up=not is_slow))
        else:
            missing.append(name)
    return contenders, missing


# --- Running -----------------------------------------------------------------------------------


def play(contenders: list[Contender], options: argparse.Namespace) -> None:
    """One round to warm up, then the counted ones; who fails once is out."""
    for number in range(options.runs + 1):
        for contender in contenders:
            if contender.failure or (number == 0 and not contender.warm_up):
                continue
            progress(f"round {number} of {options.runs}: {contender.name}")
            run = run_once(contender.command, options.capture, options.timeout)
            if run.failure:
                contender.failure = run.failure
            elif number > 0:
                contender.runs.append(run)
    progress("")


def run_once(command: list[str], capture: Path, timeout: float) -> Run:
    """Run a command in a directory of its own for what it leaves behind (a pid file, flows)."""
    with tempfile.TemporaryDirectory(prefix="compare-") as scratch:
        words = [word.replace(CAPTURE, str(capture)).replace(SCRATCH, scratch) for word in command]
        return measure(words, timeout)


def measure(words: list[str], timeout: float) -> Run:
    """Run to the end or to the timeout (seconds); its whole process group ends with it."""
    began = time.perf_counter()
    child = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    late = threading.Event()

    def give_up() -> None:
        late.set()
        os.killpg(child.pid, signal.SIGKILL)

    timer = threading.Timer(timeout, give_up)
    timer.start()
    try:
        # Not reaped yet, so its number cannot be another process's when the timer uses it.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - began
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)
        raise
    finally:
        timer.cancel()
        timer.join()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
    failure = describe_failure(child.returncode, late.is_set(), timeout)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Run(seconds, cpu_seconds, usage.ru_maxrss * unit, failure)


def describe_failure(code: int, late: bool, timeout: float) -> str | None:
    """Why a run does not count, or None."""
    if late:
        return f"stopped after {timeout} s"
    if code == 0:
        return None
    return f"killed by signal {-code}" if code < 0 else f"failed with exit code {code}"


def progress(text: str) -> None:
    """One changing line for somebody who watches; nothing in a file or a pipe."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


# --- Report ------------------------------------------------------------------------------------


def print_report(contenders: list[Contender], missing: list[str], capture: Path) -> None:
    """The table, and what one has to know to read it."""
    rounds = max(len(contender.runs) for contender in contenders)
    size = capture.stat().st_size
    print(f"{capture.name}: {size:,} bytes, {rounds} rounds\n")
    print("\n".join(table(contenders)))
    print(f"\nRatios are to `{TRACKER}` in the same round: above 1, the tracker was faster.")
    for contender in contenders:
        if contender.failure:
            command = shlex.join(contender.command)
            print(f"Without `{contender.name}`: {contender.failure} (`{command}`).")
    if missing:
        print(f"Not installed: {', '.join(missing)}.")
    print()
    for line in machine():
        print(f"- {line}")
    for line in versions(contenders):
        print(f"- {line}")


def table(contenders: list[Contender]) -> Iterator[str]:
    """The lines of the Markdown table."""
    yield (
        "| command | seconds, min | median | max | ratio, min | median | max"
        " | CPU seconds, median | peak memory, MB |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    base = contenders[0].seconds
    for contender in contenders:
        if contender.failure or not contender.runs:
            continue
        # Who is still in has run in every counted round, the base too unless it failed.
        ratios = [own / to for own, to in zip(contender.seconds, base, strict=False)]
        peak = max(run.peak_bytes for run in contender.runs) / 1e6
        cells = [
            contender.name,
            *spread(contender.seconds, 3),
            *(["", "", ""] if contenders[0].failure else spread(ratios, 2)),
            f"{statistics.median(run.cpu_seconds for run in contender.runs):.3f}",
            f"{peak:.0f}",
        ]
        yield f"| {' | '.join(cells)} |"


def spread(values: list[float], digits: int) -> list[str]:
    """Minimum, median and maximum as text."""
    chosen = (min(values), statistics.median(values), max(values))
    return [f"{value:.{digits}f}" for value in chosen]


def machine() -> Iterator[str]:
    """What it ran on."""
    yield f"{processor()}, {os.cpu_count()} cores, {memory() / 1e9:.0f} GB"
    yield f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    yield f"load averages at the end: {load}"


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def memory() -> int:
    """Bytes of physical memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def versions(contenders: list[Contender]) -> Iterator[str]:
    """The first line that each program says about its version."""
    commands: dict[str, list[str]] = {}
    for contender in contenders:
        program = contender.command[0]
        before = contender.command.index("read") if contender is contenders[0] else 1
        option = VERSION_OPTIONS.get(program, "--version")
        commands.setdefault(program, [*contender.command[:before], option])
    for command in commands.values():
        yield f"`{shlex.join(command)}`: {version(command)}"


def version(command: list[str]) -> str:
    """The first line with a dotted number in what a command says, else its first line."""
    try:
        said = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=20,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    numbered = [line for line in lines if re.search(r"\d\.\d", line)]
    return next(iter(numbered or lines), "says nothing")


if __name__ == "__main__":
    sys.exit(main())
