"""Where the tracker counts otherwise than the tools whose tables the corpus has.

What is compared: the socket pairs, and for each the packets of both directions (of tshark also the
octets), summed over the uses of a pair.  Where packets come in fragments, of which tshark's table
counts the first ones only, pairs alone are compared with it.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address
from typing import NamedTuple

from captures import CORPUS
from foreign import Record, table

from tracker.capture.errors import CaptureError
from tracker.capture.saved import SavedCapture, in_time_order
from tracker.config import Config
from tracker.meter import Meter
from tracker.moment import END
from tracker.replay import replay
from tracker.tables import flow_table

TOOLS = ("tshark", "zeek", "arkime", "ndpi")

#: Protocol, and two sockets in the order of their numbers.
Pair = tuple[str, tuple[int, int], tuple[int, int]]

#: Packets from the first to the second socket and back, octets likewise.
Counts = list[int]


class Flow(NamedTuple):
    """One row of a tool's table."""

    proto: str
    source: str
    source_port: str
    destination: str
    destination_port: str
    packets: tuple[int, int]
    octets: tuple[int, int] = (0, 0)


def summed(flows: Iterator[Flow]) -> dict[Pair, Counts]:
    """Add up the flows of each socket pair."""
    pairs: dict[Pair, Counts] = defaultdict(lambda: [0, 0, 0, 0])
    for flow in flows:
        a = (_number(flow.source), int(flow.source_port))
        b = (_number(flow.destination), int(flow.destination_port))
        there, back = flow.packets
        sent, returned = flow.octets
        counts = pairs[flow.proto, min(a, b), max(a, b)]
        turned = (back, there, returned, sent) if a > b else (there, back, sent, returned)
        for i, number in enumerate(turned):
            counts[i] += number
    return pairs


@cache
def _number(address: str) -> int:
    return int(ip_address(address.partition("%")[0]))


def tracked(name: str) -> dict[Pair, Counts] | None:
    """Return what the tracker counts in a capture of the corpus, None if it cannot read it."""
    meter = Meter(flow_table(Config(), keep_ended=True))
    try:
        capture = SavedCapture(str(CORPUS / name))
        replay(in_time_order([capture]), meter, END)
        capture.close()
    except CaptureError:
        return None
    pairs: dict[Pair, Counts] = defaultdict(lambda: [0, 0, 0, 0])
    for connection in meter.table.connections():
        low = 0xFFFFFFFF if connection.version == 4 else (1 << 64) - 1
        a = (connection.a_high << 64 | connection.a_low & low, connection.a_port)
        b = (connection.b_high << 64 | connection.b_low & low, connection.b_port)
        proto = "tcp" if connection.protocol == 6 else "udp"
        counts = pairs[proto, a, b]
        for i, endpoint in enumerate((connection.a, connection.b)):
            counts[i] += endpoint.packets
            counts[2 + i] += endpoint.bytes
    return pairs


def flows(tool: str) -> dict[str, list[Flow]]:
    """Return the rows of a tool's table by capture."""
    found: dict[str, list[Flow]] = defaultdict(list)
    for row in table(f"truth/{tool}.tsv"):
        flow = _READERS[tool](row)
        if flow is not None:
            found[row["capture"]].append(flow)
    return found


def _tshark(row: Record) -> Flow | None:
    return Flow(
        row["proto"], row["ip_a"], row["port_a"], row["ip_b"], row["port_b"],
        (int(row["pkts_a2b"]), int(row["pkts_b2a"])),
        (int(row["bytes_a2b"]), int(row["bytes_b2a"])),
    )  # fmt: skip


def _zeek(row: Record) -> Flow | None:
    if row["proto"] not in ("tcp", "udp") or not row["orig_pkts"].isdigit():
        return None
    return Flow(
        row["proto"], row["orig_h"], row["orig_p"], row["resp_h"], row["resp_p"],
        (int(row["orig_pkts"]), int(row["resp_pkts"])),
    )  # fmt: skip


def _arkime(row: Record) -> Flow | None:
    proto = {"6": "tcp", "17": "udp"}.get(row["ip_protocol"])
    if proto is None:
        return None
    return Flow(
        proto, row["src_ip"], row["src_port"], row["dst_ip"], row["dst_port"],
        (int(row["src_packets"]), int(row["dst_packets"])),
    )  # fmt: skip


def _ndpi(row: Record) -> Flow | None:
    mangled = any("::" in row[end][:-2] and row[end].endswith("::") for end in ("ip_a", "ip_b"))
    if row["proto"] not in ("TCP", "UDP") or mangled:
        return None
    return Flow(
        row["proto"].lower(), row["ip_a"], row["port_a"], row["ip_b"], row["port_b"],
        (int(row["pkts_a2b"]), int(row["pkts_b2a"])),
    )  # fmt: skip


_READERS = {"tshark": _tshark, "zeek": _zeek, "arkime": _arkime, "ndpi": _ndpi}


def differences(names: list[str]) -> dict[tuple[str, str], str]:
    """Return, by capture and tool, how the tracker's table differs from the tool's."""
    tables = {tool: flows(tool) for tool in TOOLS}
    fragmented = {row["file"] for row in table("index.tsv") if row["fragments"] not in ("", "0")}
    found = {}
    for name in names:
        ours = tracked(name)
        for tool in TOOLS:
            if name in tables[tool]:
                theirs = summed(iter(tables[tool][name]))
                counts = 0 if name in fragmented else 4 if tool == "tshark" else 2
                difference = _difference(ours, theirs, counts)
                if difference:
                    found[name, tool] = difference
    return found


def _difference(ours: dict[Pair, Counts] | None, theirs: dict[Pair, Counts], counts: int) -> str:
    if ours is None:
        return "cannot be read"
    only_ours, only_theirs = set(ours) - set(theirs), set(theirs) - set(ours)
    both = set(ours) & set(theirs)
    differ = sum(ours[pair][:counts] != theirs[pair][:counts] for pair in both)
    parts = (
        (len(only_ours), "pairs more"),
        (len(only_theirs), "pairs fewer"),
        (differ, "pairs counted otherwise"),
    )
    return ", ".join(f"{number} {what}" for number, what in parts if number)
