#!/usr/bin/env python3
"""Find the rate at which programs that capture begin to lose packets.

    python benchmarks/live.py [--quick] [--tracker "COMMAND"]       as root

tcpreplay sends a generated capture through a veth pair between two network namespaces, at rates
that rise until packets are lost; each program captures alone. What arrived is what the receiving
interface counted, what a program received is what it says itself. The sender, and with it the
kernel's work of delivering packets, has one core, the program has another one; the highest loads
add senders, every second one on the program's core. The tables printed are Markdown.

With `--mss 60` all packets are short: tcpdump, which keeps whole packets in a buffer of 2 MiB, then
loses none at the highest rates that tcpreplay reached where this was written.
"""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from compare import machine, progress, version
from veth import RECEIVER_CORE, RECEIVES, SENDER_CORE, Process, Veth, missing, settle, veth

#: Addresses of those who open the generated connections: whose table it is.
LOCAL = "10.0.0.0/8"
TCPDUMP = "tcpdump"  # the program whose first loss sets the load that all are compared at

_PACKETS, _CONNECTIONS = 800_000, 30_000
_HERE = Path(__file__).resolve().parent
_SCAPY = """
from scapy.all import sniff
count = 0
def seen(packet):
    global count
    count += 1
sniff(iface="INTERFACE", store=False, prn=seen)
print("scapy:", count, "packets received")
""".replace("INTERFACE", RECEIVES)


class Load(NamedTuple):
    """What is sent: packets a second (None: as fast as it goes), by how many senders."""

    name: str
    rate: int | None
    senders: int


class Result(NamedTuple):
    """What came of one run."""

    rate: float  # packets a second that arrived
    arrived: int
    received: int

    @property
    def loss(self) -> float:
        """Share of what arrived."""
        return max(0, self.arrived - self.received) / max(1, self.arrived)


Counter = Callable[[Process, Path], int]


@dataclass
class Tool:
    """A program that captures, and how it says what it has received."""

    name: str
    command: list[str]  # {scratch} stands for a directory
    received: Counter
    start: int  # packets a second to begin with
    says_ready: bool = True
    results: dict[Load, list[Result]] = field(default_factory=dict)

    def loses(self, load: Load) -> bool:
        return any(result.loss > 0 for result in self.results[load])


LOADS = [
    *(Load(f"{rate:,}/s", rate, 1) for rate in (1000, 2000, 4000, 8000, 15_000, 30_000, 60_000)),
    *(Load(f"{rate:,}/s", rate, 1) for rate in (100_000, 200_000, 300_000, 400_000)),
    Load("top speed", None, 1),
    Load("top speed, two senders", None, 2),
    Load("top speed, four senders", None, 4),
]


def main(arguments: list[str] | None = None) -> int:
    """Measure and print the tables; 2 where it cannot be done."""
    options = parse(arguments)
    why_not = missing("tcpreplay", "tcpdump", "taskset", "ip")
    if why_not:
        return refuse_live(why_not)
    with tempfile.TemporaryDirectory(prefix="live-") as folder, veth() as pair:
        capture = Path(folder) / "sent.pcap"
        generate(capture, options.mss)
        scratch = Path(folder) / "scratch"
        bench = Bench(pair, capture, scratch, 1.0 if options.quick else options.seconds)
        tools = list(installed(tools_of(options)))
        for tool in tools:
            bench.climb(tool)
        load = first_loss(tools)
        for _ in range(1 if options.quick else options.rounds):
            for tool in tools:
                bench.measure(tool, load)
        progress("")
        print_report(tools, load, options)
    return 0


def refuse_live(reason: str) -> int:
    """Say why nothing was run."""
    print(f"live.py: {reason}", file=sys.stderr)
    return 2


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="send for a second, compare once: a rough answer")
    add("--seconds", type=float, default=2.0, metavar="S", help="how long each run sends")
    add("--rounds", type=int, default=3, metavar="N", help="turns at the load that is compared")
    add("--mss", type=int, default=1448, metavar="OCTETS", help="the longest payload of a packet")
    add("--ring", type=int, default=32, metavar="MIB", help="of the tracker and of tcpdump -B")
    add(
        "--tracker",
        default=shlex.join([sys.executable, "-P", "-m", "tracker"]),
        metavar="COMMAND",
        help="how to start the tracker",
    )
    return parser.parse_args(arguments)


def generate(capture: Path, mss: int) -> None:
    """Make what is sent; `mss` is the longest payload."""
    # fmt: off
    subprocess.run(
        [sys.executable, str(_HERE / "generate.py"), str(capture),
         "--packets", str(_PACKETS), "--connections", str(_CONNECTIONS), "--mss", str(mss)],
        check=True, stdout=subprocess.DEVNULL,
    )
    # fmt: on


# --- The programs ------------------------------------------------------------------------------


def tools_of(options: argparse.Namespace) -> list[Tool]:
    """Who takes part. As root, tcpdump would give the device it writes to away: -Z root."""
    tcpdump = ["tcpdump", "-n", "-i", RECEIVES, "-Z", "root", "-w", "/dev/null"]
    argus = ["argus", "-i", RECEIVES, "-w", "{scratch}/argus"]
    ring = str(options.ring)
    live = [*shlex.split(options.tracker), "live", "-i", RECEIVES, "-n", "--json"]
    live += ["--local", LOCAL, "--ring", ring]
    recording = [*live, "-w", "{scratch}/recorded.pcap"]
    return [
        Tool(TCPDUMP, tcpdump, tcpdump_received, 200_000),
        Tool(f"tcpdump -B, {ring} MiB", [*tcpdump, "-B", str(options.ring * 1024)],
             tcpdump_received, 200_000),
        Tool("scapy sniff", [sys.executable, "-c", _SCAPY], scapy_received, 4000, says_ready=False),
        Tool("argus", argus, argus_received, 100_000, says_ready=False),
        Tool(f"tracker live, {ring} MiB", live, tracker_received, 200_000),
        Tool(f"tracker live -w, {ring} MiB", recording, tracker_received, 200_000),
    ]  # fmt: skip


def installed(tools: list[Tool]) -> Iterator[Tool]:
    """Those that can be run; who cannot is named."""
    for tool in tools:
        why_not = missing(tool.command[0])
        if tool.received is argus_received:
            why_not = why_not or missing("racount")
        if tool.received is scapy_received:
            check = [sys.executable, "-c", "import scapy"]
            if subprocess.run(check, capture_output=True, check=False).returncode:
                why_not = "scapy is not installed"
        if why_not:
            print(f"Without {tool.name}: {why_not}.\n")
        else:
            yield tool


def tcpdump_received(process: Process, _scratch: Path) -> int:
    return number(r"(\d+) packets captured", process.words)


def scapy_received(process: Process, _scratch: Path) -> int:
    return number(r"scapy: (\d+) packets", process.stdout.read_text())


def argus_received(_process: Process, scratch: Path) -> int:
    """Packets of all its records."""
    told = subprocess.run(
        ["racount", "-r", str(scratch / "argus")], capture_output=True, text=True, check=False
    )
    return number(r"sum +\d+ +(\d+)", told.stdout)


def tracker_received(process: Process, _scratch: Path) -> int:
    """The first number of packets or frames that it names at the end."""
    return number(r"([\d,]+) (?:packets|frames)", process.words)


def number(pattern: str, text: str) -> int:
    """What a program says; an error where it does not."""
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"no {pattern!r} in: {text.strip()[-300:]}")
    return int(found[1].replace(",", ""))


# --- Measuring ---------------------------------------------------------------------------------


class Bench:
    """Sends loads to programs, one at a time."""

    def __init__(self, pair: Veth, capture: Path, scratch: Path, seconds: float) -> None:
        self._pair = pair
        self._capture = capture
        self._scratch = scratch
        self._seconds = seconds

    def climb(self, tool: Tool) -> None:
        """Raise the load until packets are lost; where they are at once, lower it first."""
        at = next(i for i, load in enumerate(LOADS) if (load.rate or 10**9) >= tool.start)
        while self.measure(tool, LOADS[at]).loss > 0 and at > 0:
            at -= 1
        while not tool.loses(LOADS[at]) and at + 1 < len(LOADS):
            at += 1
            if LOADS[at] not in tool.results:
                self.measure(tool, LOADS[at])

    def measure(self, tool: Tool, load: Load) -> Result:
        """One program, one load."""
        progress(f"{tool.name}: {load.name}")
        shutil.rmtree(self._scratch, ignore_errors=True)
        for name in ("program", *(f"sender{i}" for i in range(load.senders))):
            (self._scratch / name).mkdir(parents=True)
        command = [word.replace("{scratch}", str(self._scratch)) for word in tool.command]
        process = Process(self._pair.receiver, command, self._scratch / "program", RECEIVER_CORE)
        try:
            process.wait_until_it_captures(tool.says_ready)
            time.sleep(0.3)
            before = self._pair.arrived()
            seconds = self._send(load)
            settle()
            arrived = self._pair.arrived() - before
            process.interrupt()
        finally:
            process.kill()
        result = Result(arrived / seconds, arrived, tool.received(process, self._scratch))
        tool.results.setdefault(load, []).append(result)
        return result

    def _send(self, load: Load) -> float:
        """Send a load; how many seconds the slowest sender took."""
        speed = ["--topspeed"] if load.rate is None else ["--pps", str(load.rate)]
        limit = int(min(_PACKETS, (load.rate or 400_000) * self._seconds))
        senders = []
        for i in range(load.senders):
            scratch = self._scratch / f"sender{i}"
            core = (SENDER_CORE, RECEIVER_CORE)[i % 2]
            options = [*speed, "--preload-pcap", "--limit", str(limit), str(self._capture)]
            senders.append(self._pair.replay(scratch, core, *options))
        for sender in senders:
            sender.wait()
        return max(sent_seconds(sender) for sender in senders)


def sent_seconds(sender: Process) -> float:
    """How long tcpreplay says it took."""
    found = re.search(r"sent in ([\d.]+) seconds", sender.stdout.read_text())
    if found is None:
        raise RuntimeError(f"tcpreplay: {sender.words.strip()}")
    return float(found[1])


def first_loss(tools: list[Tool]) -> Load:
    """The lowest load at which tcpdump with its defaults loses, else the highest there is."""
    losing = [load for load in LOADS if load in tools[0].results and tools[0].loses(load)]
    return losing[0] if losing else LOADS[-1]


# --- Report ------------------------------------------------------------------------------------


def print_report(tools: list[Tool], load: Load, options: argparse.Namespace) -> None:
    """Both tables, and what one has to know to read them."""
    print("| program | highest rate without loss, packets/s | first rate with loss | lost there |")
    print("|---|--:|--:|--:|")
    for tool in tools:
        print(f"| {tool.name} | {' | '.join(ends(tool))} |")
    loses = load in tools[0].results and tools[0].loses(load)
    why = "where tcpdump begins to lose" if loses else "the highest load: tcpdump loses nothing"
    print(f"\nAt {load.name} ({why}):\n")
    print("| program | packets/s, median | lost, min | median | max |")
    print("|---|--:|--:|--:|--:|")
    for tool in tools:
        print(f"| {tool.name} | {' | '.join(at_load(tool.results[load]))} |")
    print(
        f"\nSender on core {SENDER_CORE}, program on core {RECEIVER_CORE};"
        f" every second one of several senders on core {RECEIVER_CORE}, too."
        f" Payloads of up to {options.mss} octets, {_CONNECTIONS:,} connections."
    )
    for line in machine():
        print(f"- {line}")
    for command in (["tcpreplay", "--version"], ["tcpdump", "--version"], ["argus", "-h"]):
        print(f"- `{shlex.join(command)}`: {version(command)}")
    print(f"- {version([*shlex.split(options.tracker), '--version'])}")


def ends(tool: Tool) -> list[str]:
    """The highest load that was never lost of, and the one above it."""
    loads = [load for load in LOADS if load in tool.results]
    good = [load for load in loads if not tool.loses(load)]
    bad = [load for load in loads if tool.loses(load)]
    highest = f"{max(result.rate for result in tool.results[good[-1]]):,.0f}" if good else "none"
    if not bad:
        return [f"{highest} ({good[-1].name})", "none", ""]
    first = tool.results[bad[0]]
    lost = statistics.median(result.loss for result in first)
    rate = statistics.median(result.rate for result in first)
    return [highest, f"{rate:,.0f} ({bad[0].name})", f"{lost:.3%}"]


def at_load(results: list[Result]) -> list[str]:
    losses = [result.loss for result in results]
    rate = statistics.median(result.rate for result in results)
    spread = (min(losses), statistics.median(losses), max(losses))
    return [f"{rate:,.0f}", *(f"{loss:.3%}" for loss in spread)]


if __name__ == "__main__":
    sys.exit(main())
