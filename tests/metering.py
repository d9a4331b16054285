"""Take frames through the meter, in this process, and look at the connections."""

from collections.abc import Sequence

from captures import NS_IN_S, Record

from tracker.config import Config
from tracker.connection import Connection
from tracker.endpoint import Profile
from tracker.flow_table import FlowTable
from tracker.frames import Frames
from tracker.meter import Meter
from tracker.tcp_state import State

BLOCK = 4096  # frames, fewer than a block may hold

PROFILE = Profile(
    [
        Config().nanoseconds(state.name.lower()) if state.name.lower() in Config._fields else 0
        for state in State
    ],
    False,
    Config().nanoseconds("initial_rto"),
)


def flow_table(max_connections: int = 1000) -> FlowTable:
    """Return a table that keeps everything."""
    return FlowTable(PROFILE, max_connections, 30 * NS_IN_S, 120 * NS_IN_S, True, True)


def metered(records: Sequence[Record]) -> Meter:
    """Return a meter that was fed the frames in their order."""
    meter = Meter(flow_table())
    feed(meter, records)
    return meter


def feed(meter: Meter, records: Sequence[Record], link_type: int = 1) -> None:
    """Feed more frames to a meter."""
    for first in range(0, len(records), BLOCK):
        block = Frames(link_type)
        some = records[first : first + BLOCK]
        block.data = b"".join(record.octets for record in some)
        start = 0
        for time, octets, wire in some:
            block.append(time, start, len(octets), wire)
            start += len(octets)
        meter.feed(block, 0, block.count)


def connections(meter: Meter) -> list[Connection]:
    """Return all connections, older generations first."""
    return list(meter.table.connections())


def only(meter: Meter) -> Connection:
    """Return the connection; there must be just one."""
    (connection,) = connections(meter)
    return connection


def uncounted(meter: Meter) -> dict[str, int]:
    """Return what was not decoded, by reason, after a check that no frame was lost."""
    rows = meter.undecoded()
    assert meter.frames == meter.decoded + sum(row.count for row in rows if not row.inside)
    return {row.reason: row.count for row in rows}
