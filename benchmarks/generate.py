#!/usr/bin/env python3
"""Make a protocol-valid Ethernet capture of any size and shape, the same for the same options.

    python benchmarks/generate.py OUT.pcap --preset headers
    python benchmarks/generate.py OUT.pcap --connections 1000 --ipv6-share 0.3 --snaplen 96

Packets are made a batch of connections at a time and spilled to files that each hold a slice of
the capture's time; the slices are then sorted and written one by one. Memory stays at some
hundreds of megabytes however long the capture; the spilled files, beside the output until it is
complete, take 40 bytes a packet.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

try:
    import numpy as np
except ModuleNotFoundError:
    raise SystemExit(
        "generate.py needs numpy, a benchmark extra: pip install numpy (see benchmarks/README.md)"
    ) from None

from frames import PACKET, Table, Writer
from traffic import FLOOD_SOURCES, MSS, SCANNED_PORTS, Shape, packets

PRESETS: dict[str, dict[str, Any]] = {
    # The two captures of the project's speed figures.
    "full": {"connections": 60_000, "packets": 1_700_000, "udp_share": 0.2},
    "headers": {"connections": 200_000, "packets": 6_000_000, "udp_share": 0.2, "snaplen": 96},
    # Established connections that must survive: open before the flood, talking after it.
    "flood": {
        "connections": 100_000,
        "packets": 2_000_000,
        "udp_share": 0.0,
        "open_share": 1.0,
        "syn_flood": 20_000_000,
        "snaplen": 96,
        "duration": 120.0,
    },
}

SLICE_PACKETS = 500_000  # about as many packets as are sorted and written at once
MAX_SLICES = 256  # files open at the same time
DEFAULT_PACKETS_PER_CONNECTION = 28
DEFAULT_SNAPLEN = 262_144  # bytes, tcpdump's default: nothing is cut


def main(arguments: list[str] | None = None) -> int:
    """Make the capture and say what is in it."""
    options = parse(arguments)
    began = time.monotonic()
    try:
        with options.output.open("wb") as file:
            writer = Writer(file, options.snaplen, options.seed)
            for rows in in_time_order(options.shape, options.output.parent):
                writer.write(rows)
    except OSError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 2
    seconds = time.monotonic() - began
    print(f"{options.output}: {writer.packets} packets, {writer.bytes} bytes, {seconds:.1f} s")
    return 0


def in_time_order(shape: Shape, directory: Path) -> Iterator[Table]:
    """All packets of a shape, sorted by time, a slice of time at once."""
    slices = min(MAX_SLICES, 1 + shape.expected_packets // SLICE_PACKETS)
    with tempfile.TemporaryDirectory(prefix="generate-", dir=directory) as spill:
        paths = [Path(spill) / str(number) for number in range(slices)]
        spill_by_time(packets(shape), paths, shape.span)
        for path in paths:
            rows = np.fromfile(path, PACKET)
            path.unlink()
            yield sort_by_time(rows)


def spill_by_time(batches: Iterable[Table], paths: list[Path], span: int) -> None:
    """Append each packet to the file that holds its slice of the time `span` (microseconds)."""
    # The last slice has no end: rounding may put a packet a little after the span.
    borders = np.arange(1, len(paths)) * span // len(paths)
    files = [path.open("wb") for path in paths]
    for batch in batches:
        rows = sort_by_time(batch)
        parts = np.split(rows, np.searchsorted(rows["time"], borders))
        for file, part in zip(files, parts, strict=True):
            part.tofile(file)
    for file in files:
        file.close()


def sort_by_time(rows: Table) -> Table:
    """Sorted rows; those of the same microsecond keep their order, so connections do."""
    return rows[np.argsort(rows["time"], kind="stable")]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options, with the preset's values where none is given; `shape` holds most of them."""
    options = parser().parse_args(arguments)
    if options.preset:
        options = parser(**PRESETS[options.preset]).parse_args(arguments)
    if options.packets is None:
        options.packets = DEFAULT_PACKETS_PER_CONNECTION * options.connections
    names = Shape.__dataclass_fields__
    options.shape = Shape(**{name: getattr(options, name) for name in names})
    return options


def parser(**defaults: object) -> argparse.ArgumentParser:
    """The command line; `defaults` replace those of the options they name."""
    made = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = made.add_argument
    add("output", metavar="OUT.pcap", type=Path)
    add("--preset", choices=PRESETS, help="start from this shape; options given override it")
    add("--seed", type=natural(), default=1, metavar="S", help="same seed, same capture")
    add_shape(made.add_argument_group("connections that talk"))
    add_attacks(made.add_argument_group("and beside them"))
    add("--duration", type=seconds, default=60.0, metavar="SECONDS", help="of the capture")
    add(
        "--snaplen",
        type=natural(1, DEFAULT_SNAPLEN),
        default=DEFAULT_SNAPLEN,
        metavar="BYTES",
        help="frames are cut to this; their length on the wire is kept",
    )
    made.set_defaults(**defaults)
    return made


def add_shape(group: argparse._ArgumentGroup) -> None:
    """Options of the connections that talk."""
    add = group.add_argument
    add(
        "--connections",
        type=natural(0, 16_000_000),
        default=1000,
        metavar="N",
        help="TCP and UDP together, each with a socket pair of its own",
    )
    add(
        "--packets",
        type=natural(),
        metavar="N",
        help=f"about, all connections together (default: {DEFAULT_PACKETS_PER_CONNECTION} each);"
        " shared out by a heavy-tailed law",
    )
    add(
        "--gap",
        type=seconds,
        default=20.0,
        metavar="MILLISECONDS",
        help="median time between two packets of a connection: how much connections interleave",
    )
    add("--udp-share", type=share, default=0.1, metavar="F", help="of connections, 0 to 1")
    add("--ipv6-share", type=share, default=0.0, metavar="F", help="of connections, 0 to 1")
    add(
        "--mss",
        type=natural(1, MSS),
        default=MSS,
        metavar="BYTES",
        help="longest payload: small ones make whole packets that are short, to be sent again",
    )
    add(
        "--open-share",
        type=share,
        default=0.0,
        metavar="F",
        help="of TCP connections that are not closed: open from the first tenth of the capture"
        " on, talking until its last tenth",
    )


def add_attacks(group: argparse._ArgumentGroup) -> None:
    """Options of what is added to the connections that talk."""
    add = group.add_argument
    add(
        "--elephants",
        type=natural(0, 100_000),
        default=0,
        metavar="N",
        help="long TCP connections that last nearly all the time",
    )
    add(
        "--elephant-packets",
        type=natural(20, 5_000_000),
        default=100_000,
        metavar="N",
        help="of each elephant",
    )
    add(
        "--syn-flood",
        type=natural(0, FLOOD_SOURCES),
        default=0,
        metavar="N",
        help="SYNs of N different sources to one socket, never answered",
    )
    add(
        "--port-scan",
        type=natural(0, 100 * SCANNED_PORTS),
        default=0,
        metavar="N",
        help="ports that one host probes, each answered by RST or (1 of 64) SYN,ACK",
    )


def natural(least: int = 0, most: int = 2**40) -> Callable[[str], int]:
    """A type of option: an integer in this range."""

    def integer(text: str) -> int:
        value = int(text.replace("_", ""))
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return value

    return integer


def share(text: str) -> float:
    """A type of option: a part of one."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def seconds(text: str) -> float:
    """A type of option: a time above zero, below what the 32 bits of a capture can hold."""
    value = float(text)
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a time above zero")
    return value


if __name__ == "__main__":
    sys.exit(main())
