#!/usr/bin/env python3
"""Record the captures of this folder again, and what the kernels of both hosts said meanwhile.

    python pcaps/record.py [NAME...] [--out DIR]      as root; without a name: all
    python pcaps/record.py --list

Each scenario (`scenarios*.py`) runs between two fresh hosts in network namespaces (`hosts.py`) and
gives NAME.pcap; the socket tables go to truth.jsonl, one JSON object a line for each host at each
marked moment.  What tools printed, where a scenario asks them, goes to tools/NAME.txt as it stood
on a terminal.
"""

import argparse
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import scenarios  # noqa: F401 - importing it enters its scenarios in the list
import scenarios_audit  # noqa: F401 - likewise
import scenarios_fragments  # noqa: F401 - likewise
import scenarios_icmp  # noqa: F401 - likewise
import scenarios_lessons  # noqa: F401 - likewise
import scenarios_names  # noqa: F401 - likewise
import scenarios_tools  # noqa: F401 - likewise
import scenarios_tunnels  # noqa: F401 - likewise
from hosts import Lab, stop, two_hosts
from recording import QUIET, SCENARIOS, DisturbedError, Recording, Scenario, Setting, Snapshot

TRIES = 3  # a busy machine can disturb a moment that should be quiet

SECTION_HEADER, INTERFACE, ENHANCED_PACKET = 0x0A0D0D0A, 1, 6  # types of pcapng blocks
_IF_OS = 12  # option of an interface block

PACKAGES = {
    "ip": "iproute2",
    "ss": "iproute2",
    "sysctl": "procps",
    "ethtool": "ethtool",
    "tcpdump": "tcpdump",
    "vsftpd": "vsftpd",
    "nginx": "nginx-light",
    "netstat": "net-tools",
    "nft": "nftables",
    "dumpcap": "wireshark-common",
    "dnsmasq": "dnsmasq-base",
    "nmap": "nmap",
}
NEEDED_BY_ALL = ("ip", "ss", "sysctl", "ethtool", "tcpdump")


# ---- capturing -----------------------------------------------------------------------------------


@contextmanager
def capturing(scenario: Scenario, lab: Lab, file: Path) -> Iterator[None]:
    """Run tcpdump at the scenario's observation point, from its first word to the block's end."""
    program = _dumpcap if scenario.how.form == "pcapng" else _tcpdump
    command, begun, nothing_lost = program(scenario.how, file)
    process = lab.hosts[scenario.how.captured_at].start(*command)
    try:
        _wait_for_words(process, begun)
        yield
    finally:
        stop(process, signal.SIGINT)
    said = process.stderr.read() if process.stderr else ""
    if nothing_lost not in said:
        raise DisturbedError(f"{command[0]}: {said.strip()}")


def _tcpdump(how: Setting, file: Path) -> tuple[list[str], str, str]:
    """The command; what it says when it has begun, and at the end, when it has lost nothing."""
    # fmt: off
    command = ["tcpdump", "-i", how.interface, "-w", str(file), "-Z", "root", "--immediate-mode",
               "-U", "-B", "16384", f"--time-stamp-precision={how.precision}", how.expression]
    # fmt: on
    return command, "listening on", "0 packets dropped by kernel"


def _dumpcap(how: Setting, file: Path) -> tuple[list[str], str, str]:
    """The same, for a pcapng file with two interfaces: eth0, and lo by way of `any`."""
    # fmt: off
    command = ["dumpcap", "-w", str(file), "-i", "eth0", "-f", how.expression,
               "-i", "any", "-f", "host 127.0.0.1"]
    # fmt: on
    return command, "File: ", "/0 (pcap:0/dumpcap:0"


def _wait_for_words(process: subprocess.Popen[str], words: str) -> None:
    said = ""
    for line in process.stderr or ():
        if words in line:
            return
        said += line
    raise RuntimeError(f"nothing is captured: {said.strip()}")


def record(scenario: Scenario, file: Path) -> Recording:
    """Play one scenario, capture it in `file`; what was asked meanwhile."""
    with (
        deadline(scenario.how.longest),
        two_hosts(scenario.how.neighbours_known, scenario.how.routed) as lab,
        capturing(scenario, lab, file),
    ):
        recording = Recording(scenario, lab)
        scenario.script(recording)
    if scenario.how.form == "pcapng":
        forget_machine(file)
    check_quiet(file, recording.snapshots)
    if scenario.how.stretched != 1:
        stretch(file, recording.snapshots, scenario.how.stretched)
    return recording


def record_patiently(scenario: Scenario, file: Path) -> Recording:
    for _ in range(TRIES - 1):
        try:
            return record(scenario, file)
        except DisturbedError as reason:
            print(f"{scenario.name}: once more, {reason}", file=sys.stderr)
    return record(scenario, file)


@contextmanager
def deadline(seconds: int) -> Iterator[None]:
    def late(signum: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def stretch(file: Path, snapshots: list[Snapshot], times: int) -> None:
    """Make all times from the first packet on so much longer, in a capture in microseconds."""
    data, offset = bytearray(file.read_bytes()), 24
    start = packet_times(file)[0]
    while offset < len(data):
        seconds, fraction, captured = struct.unpack_from("<III", data, offset)
        moment = start + times * (seconds * 10**9 + fraction * 1000 - start)
        struct.pack_into("<II", data, offset, moment // 10**9, moment % 10**9 // 1000)
        offset += 16 + captured
    file.write_bytes(data)
    for snapshot in snapshots:
        moment = start + times * (int(snapshot["at"].replace(".", "")) - start)
        snapshot["at"] = f"{moment // 10**9}.{moment % 10**9:09d}"


# ---- checking ------------------------------------------------------------------------------------


def packet_times(file: Path) -> list[int]:
    """The time of each packet of a little-endian capture file, in nanoseconds."""
    data = file.read_bytes()
    if file.suffix == ".pcapng":
        return [
            # dumpcap counts nanoseconds, and says so in its interface blocks (if_tsresol)
            (int.from_bytes(body[4:8], "little") << 32) + int.from_bytes(body[8:12], "little")
            for kind, body in pcapng_blocks(data)
            if kind == ENHANCED_PACKET
        ]
    unit = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}[struct.unpack_from("<I", data)[0]]
    times, offset = [], 24
    while offset < len(data):
        seconds, fraction, captured = struct.unpack_from("<III", data, offset)
        times.append(seconds * 10**9 + fraction * unit)
        offset += 16 + captured
    return times


def pcapng_blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of each block of a little-endian pcapng file."""
    offset = 0
    while offset < len(data):
        kind, length = struct.unpack_from("<II", data, offset)
        yield kind, data[offset + 8 : offset + length - 4]
        offset += length


def forget_machine(file: Path) -> None:
    """Take the names of processor and kernel out of the options of a pcapng file."""
    blocks = []
    for kind, body in pcapng_blocks(file.read_bytes()):
        kept = body
        if kind == SECTION_HEADER:
            kept = body[:16]  # has no options but these
        elif kind == INTERFACE:
            kept = body[:8] + b"".join(
                option for code, option in _options(body[8:]) if code != _IF_OS
            )
        length = struct.pack("<I", 12 + len(kept))
        blocks.append(struct.pack("<I", kind) + length + kept + length)
    file.write_bytes(b"".join(blocks))


def _options(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Code and octets, padded, of each option, the end of options included."""
    offset = 0
    while offset < len(octets):
        code, length = struct.unpack_from("<HH", octets, offset)
        end = offset + 4 + (length + 3) // 4 * 4
        yield code, octets[offset:end]
        offset = end


def check_quiet(file: Path, snapshots: list[Snapshot]) -> None:
    """Each snapshot is long enough after the packet before it, the last one after all packets."""
    times = sorted(packet_times(file))  # dumpcap writes one interface after the other
    moments = [int(snapshot["at"].replace(".", "")) for snapshot in snapshots]
    if not times or not moments:
        raise RuntimeError(f"{file.name}: no packet or no snapshot")
    for snapshot, moment in zip(snapshots, moments, strict=True):
        before = [packet for packet in times if packet <= moment]
        if not before or moment - before[-1] < QUIET * 10**9:
            raise DisturbedError(f'a packet just before "{snapshot["label"]}"')
    if times[-1] > moments[-1]:
        raise DisturbedError("a packet after the last snapshot")


# ---- the files -----------------------------------------------------------------------------------


def replace_snapshots(file: Path, capture: str, snapshots: list[Snapshot]) -> None:
    """Put the snapshots of one capture in place of those from before, in the order of the list."""
    lines = file.read_text().splitlines() if file.exists() else []
    kept = [line for line in map(json.loads, lines) if line["capture"] != capture]
    order = [scenario.capture for scenario in SCENARIOS.values()]
    kept = [line for line in kept + snapshots if line["capture"] in order]
    kept.sort(key=lambda line: order.index(line["capture"]))
    file.write_text("".join(json.dumps(line) + "\n" for line in kept))


def missing(chosen: list[Scenario]) -> list[str]:
    """What stands in the way of recording, one sentence each."""
    tools = {*NEEDED_BY_ALL, *(program for scenario in chosen for program in scenario.how.programs)}
    sentences = [
        f"{tool} is missing: install the Debian package {PACKAGES[tool]}"
        for tool in sorted(tools)
        if shutil.which(tool) is None
    ]
    if os.geteuid() != 0:
        sentences.append("network namespaces need root: run this as root")
    return sentences


def main() -> int:
    parser = argparse.ArgumentParser(description="Record the captures of this folder again.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones (default: all)")
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, metavar="DIR")
    options = parser.parse_args()
    if options.list:
        for scenario in SCENARIOS.values():
            print(f"{scenario.name:26}{scenario.summary}")
        return 0
    unknown = [name for name in options.names if name not in SCENARIOS]
    if unknown:
        parser.error(f"no such scenario: {', '.join(unknown)} (--list names them)")
    chosen = [SCENARIOS[name] for name in options.names or SCENARIOS]
    obstacles = missing(chosen)
    if obstacles:
        print("\n".join(obstacles), file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(128 + signum))
    return record_all(chosen, options.out)


def record_all(chosen: list[Scenario], out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="pcaps-") as folder:
        for scenario in chosen:
            file = Path(folder) / scenario.capture
            try:
                recording = record_patiently(scenario, file)
            except Exception as reason:  # noqa: BLE001 - the other captures can still be made
                failed += 1
                print(f"{scenario.name}: FAILED, {reason!r}", file=sys.stderr)
                continue
            shutil.copyfile(file, out / scenario.capture)
            replace_snapshots(out / "truth.jsonl", scenario.capture, recording.snapshots)
            if recording.printed:
                (out / "tools").mkdir(exist_ok=True)
                (out / "tools" / f"{scenario.name}.txt").write_text(recording.printed)
            print(f"{scenario.name}: {len(packet_times(file))} packets", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
