#!/usr/bin/env python3
"""Let `tracker live` watch millions of connections: memory is to stay flat, rows are to stay true.

    python benchmarks/soak.py [--connections N] [--minutes M] [--tracker "COMMAND"]       as root

tcpreplay sends a generated capture, at least 20 million packets of 5 million connections, at an
even pace through a veth pair into `tracker live --json -w FILE`. The tracker's resident memory is
sampled all the time. Half a minute after the last packet the tracker is ended; the rows of its last
table are compared with those of `tracker read FILE --at` the same moment, line by line.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from compare import machine, progress
from veth import RECEIVES, Process, Veth, missing, veth

LOCAL = "10.0.0.0/8"  # who opens the generated connections: whose table it is

_HERE = Path(__file__).resolve().parent
_TCP_PACKETS = 9.0  # of a connection that talks
_SCANNED = 0.3  # share of connections that are a port scan's: SYN and RST
_MSS = 20
_OCTETS = 110  # about, of a packet in a capture
_WARM_UP = 150.0  # seconds until what has ended is forgotten (after 120 s), and room used again
_EVERY = 2.0  # seconds between two samples
_SHOWN = 10  # differences that are printed


class Sample(NamedTuple):
    """The tracker's resident memory at a moment."""

    second: float
    mebibytes: float


class Comparison(NamedTuple):
    """What came of comparing the two tables."""

    as_of: str
    live_rows: int
    read_rows: int
    differences: list[str]


def main(arguments: list[str] | None = None) -> int:
    """Run the soak and print what came of it; 1 if rows differ, 2 where it cannot be done."""
    options = parse(arguments)
    connections = options.connections
    why_not = missing("tcpreplay", "ip") or no_room(packets_of(connections), options.folder)
    if why_not:
        print(f"soak.py: {why_not}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="soak-", dir=options.folder) as name, veth() as pair:
        folder = Path(name)
        sent = generate(folder / "sent.pcap", connections, options.minutes)
        pace = int(sent.partition(" ")[0]) / (options.minutes * 60)
        soak = Soak(pair, folder, shlex.split(options.tracker), pace, options.wait)
        samples = soak.run()
        comparison = soak.compare()
        progress("")
        print(sent)
        print_report(soak, samples, comparison)
    return 1 if comparison.differences else 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--connections", type=int, default=5_200_000, metavar="N", help="a third are scanned ports")
    # Any faster, and the tracker's limit of 2 million connections is reached.
    add("--minutes", type=float, default=7.0, metavar="M", help="how long the sending takes")
    add("--wait", type=float, default=30.0, metavar="SECONDS", help="after the last packet")
    add("--folder", type=Path, default=Path(tempfile.gettempdir()), help="with room for files")
    add(
        "--tracker",
        default=shlex.join([sys.executable, "-P", "-m", "tracker"]),
        metavar="COMMAND",
        help="how to start the tracker",
    )
    return parser.parse_args(arguments)


def packets_of(connections: int) -> int:
    """About how many packets are sent."""
    return int(connections * ((1 - _SCANNED) * _TCP_PACKETS + _SCANNED * 2))


def no_room(packets: int, folder: Path) -> str:
    """Why the files would not fit; empty if they do: what is sent, recorded and spilled, rows."""
    needed = packets * (2 * _OCTETS + 40) + 4 * 10**9
    free = shutil.disk_usage(folder).free
    if free > needed:
        return ""
    return f"{folder}: {free / 1e9:.0f} GB free, {needed / 1e9:.0f} GB needed (or use --folder)"


def generate(capture: Path, connections: int, minutes: float) -> str:
    """Make what is sent; what the generator says of it."""
    progress("making the capture")
    scanned = int(connections * _SCANNED)
    talking = connections - scanned
    # fmt: off
    done = subprocess.run(
        [sys.executable, str(_HERE / "generate.py"), str(capture), "--mss", str(_MSS),
         "--connections", str(talking), "--packets", str(int(talking * _TCP_PACKETS)),
         "--port-scan", str(scanned), "--udp-share", "0.1", "--ipv6-share", "0",
         "--open-share", "0.01", "--gap", "100", "--duration", str(minutes * 60)],
        check=True, capture_output=True, text=True,
    )
    # fmt: on
    return done.stdout.partition(": ")[2].strip() + f" to make them; {connections:,} connections"


# --- The run -----------------------------------------------------------------------------------


class Soak:
    """One tracker that watches one capture being sent."""

    def __init__(
        self, pair: Veth, folder: Path, tracker: list[str], pace: float, wait: float
    ) -> None:
        self._pair = pair
        self._folder = folder
        self._tracker = tracker
        self._pace = pace  # packets a second
        self._wait = wait
        self.recorded = folder / "recorded.pcap"
        self.words = ""
        self.arrived = 0
        self.seconds = 0.0

    def run(self) -> list[Sample]:
        """Send all, and wait; the samples of the tracker's memory."""
        for name in ("tracker", "sender"):
            (self._folder / name).mkdir()
        # One table in a day: the one at the end, with the moment it is of.
        # fmt: off
        command = [*self._tracker, "live", "-i", RECEIVES, "-n", "--json", "-c", "86400",
                   "--local", LOCAL, "-w", str(self.recorded)]
        # fmt: on
        process = Process(self._pair.receiver, command, self._folder / "tracker")
        try:
            process.wait_until_it_captures(first_word=True)
            samples = list(self._send(process))
            process.interrupt(seconds=600)
        finally:
            process.kill()
        self.words = process.words
        return samples

    def _send(self, tracker: Process) -> Iterator[Sample]:
        begun = time.monotonic()
        options = ["--pps", str(int(self._pace)), str(self._folder / "sent.pcap")]
        sender = self._pair.replay(self._folder / "sender", None, *options)
        try:
            while sender.runs():
                yield self._sample(tracker, begun)
            self.seconds = time.monotonic() - begun
            end = time.monotonic() + self._wait
            while time.monotonic() < end:
                yield self._sample(tracker, begun)
        finally:
            sender.kill()
        self.arrived = self._pair.arrived()

    def _sample(self, tracker: Process, begun: float) -> Sample:
        time.sleep(_EVERY)
        found = Sample(time.monotonic() - begun, resident(tracker.pid))
        progress(
            f"{found.second:.0f} s, {self._pair.arrived():,} packets, {found.mebibytes:.0f} MiB"
        )
        return found

    def compare(self) -> Comparison:
        """Read what was recorded, as of the last table's moment."""
        live = self._folder / "tracker" / "stdout"
        as_of = last_moment(live)
        progress(f"reading the recorded file as of {as_of}")
        read = self._folder / "read.jsonl"
        options = ["-n", "--json", "--local", LOCAL, "--at", as_of]
        with read.open("wb") as stdout:
            subprocess.run(
                [*self._tracker, "read", str(self.recorded), *options], check=False, stdout=stdout
            )
        return compared(as_of, rows_as_of(live, as_of), lines(read))


def resident(pid: int) -> float:
    """The resident memory of a process, MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the tracker has ended")


def last_moment(table: Path) -> str:
    """The moment that the last row is of."""
    with table.open("rb") as file:
        file.seek(max(0, table.stat().st_size - 65_536))
        rows = file.read().splitlines()
    if not rows:
        raise RuntimeError("the tracker has printed no table")
    return str(json.loads(rows[-1])["as_of"])


def rows_as_of(table: Path, as_of: str) -> Iterator[str]:
    """The rows of that moment, without it."""
    mark = f', "as_of": "{as_of}"'
    for line in lines(table):
        if mark in line:
            yield line.replace(mark, "")


def lines(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8") as opened:
        for line in opened:
            yield line.rstrip("\n")


def compared(as_of: str, live: Iterator[str], read: Iterator[str]) -> Comparison:
    """Both tables, row by row, in their order."""
    counts = [0, 0]
    differences = []
    for pair in zip_longest(live, read):
        for side, row in enumerate(pair):
            counts[side] += row is not None
        if pair[0] != pair[1]:
            differences.append(f"live: {pair[0]}\nread: {pair[1]}")
    return Comparison(as_of, counts[0], counts[1], differences)


# --- Report ------------------------------------------------------------------------------------


def print_report(soak: Soak, samples: list[Sample], comparison: Comparison) -> None:
    """Memory, and what differs."""
    rate = soak.arrived / max(1.0, soak.seconds)
    print(f"{soak.arrived:,} packets arrived in {soak.seconds:.0f} s: {rate:,.0f} a second")
    for line in soak.words.splitlines():
        print(f"stderr: {line}")
    print_memory(samples, soak.seconds)
    print(f"as of {comparison.as_of}: {comparison.live_rows:,} rows live,", end=" ")
    print(f"{comparison.read_rows:,} rows of the recorded file,", end=" ")
    print(f"{len(comparison.differences):,} differ")
    for difference in comparison.differences[:_SHOWN]:
        print(difference)
    for line in machine():
        print(f"- {line}")


def print_memory(samples: list[Sample], seconds: float) -> None:
    """Minimum, median, maximum and trend while packets came, after the warm-up."""
    warm = [sample for sample in samples if _WARM_UP <= sample.second <= seconds]
    if len(warm) < 3:
        warm = samples
        print(f"(shorter than the warm-up of {_WARM_UP:.0f} s: all samples count)")
    sizes = [sample.mebibytes for sample in warm]
    trend = statistics.linear_regression([sample.second for sample in warm], sizes).slope * 60
    print(
        f"resident memory, MiB: min {min(sizes):.0f}, median {statistics.median(sizes):.0f},"
        f" max {max(sizes):.0f}; {trend:+.1f} a minute; {len(warm)} samples after"
        f" {warm[0].second:.0f} s; at the end {samples[-1].mebibytes:.0f}"
    )


if __name__ == "__main__":
    sys.exit(main())
