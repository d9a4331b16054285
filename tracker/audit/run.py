"""What audits of captures and of interfaces have in common."""

import os

from tracker.audit.speech import Speech
from tracker.config import Config
from tracker.flow_table import FlowTable
from tracker.meter import Meter
from tracker.names.listener import Listener
from tracker.report.sides import Sides
from tracker.tell import tell, tell_names, tell_undecoded

#: The exit status of --fail, where something is unexplained.
UNEXPLAINED = 3


def listeners(config: Config, table: FlowTable) -> tuple[Listener, Speech]:
    """Return what hears names, and what hears both names and speech of what `table` takes in."""
    seed = int.from_bytes(os.urandom(8))
    names = Listener(config.names_memory << 20, seed)
    return names, Speech(table, names, seed)


def tell_end(meter: Meter, whose: Sides, names: Listener, speech: Speech) -> None:
    """Say whose connections they were, and what is missing."""
    if meter.table.created:
        tell(whose.reason)
    else:
        tell("nothing to audit: no connection seen")
    tell_undecoded(meter)
    tell_names(names)
    evicted = sum(meter.table.evicted)
    if evicted:
        tell(f"{evicted} connections dropped, for want of room (max_connections): not audited")
    if speech.forgotten:
        tell(f"what {speech.forgotten} sides of connections said first was forgotten")
