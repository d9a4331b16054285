"""tracker: netstat from the wire.

A *frame* is what was captured; inside its IP packet stands a *segment* (TCP) or *datagram* (UDP),
with an address and a port at each end: two *sockets*.  Two sockets are a *socket pair*, and what
is between them is a *connection*, with an *endpoint* at each side that has a TCP state.  A *row*
is one endpoint's netstat.

Floors, imports only go down:

    8  cli                           commands and options
    7  read, live, interfaces, audit  the commands of these names; `learn` is in audit
    7  settings                      the command `config`
    7  explain, why, teach, quiz, played  the commands of these names, `lesson`; what they share
    6  lesson                        a capture explained: step by step, as a page, as a quiz
    6  tables, whose, tell           from options to rows; whose they are; what is said beside them
    5  report                        connections in, text out: table, records, rows
    5  capture                       the one door for frames
    5  host                          what this host's own kernel says: sockets, programs
    5  progress                      how far reading is, on a terminal
    5  replay, shares                frames through the meter, up to a moment; by several processes
    4  names                         what tells the names of hosts; service names; the resolver
    4  fragments, meter              frames to segments to flow table; counts what was not decoded
    3  flow_table, socket_pairs, queues, pool, unpacked, prediction, due  connections, generations
    2  endpoint, connection, rules   two endpoints; one segment seen is an event for both
    1  tcp_state, words, layout      the whole state machine as one table; the engine's numbers
    1  wire                          one file per header, to a segment
    1  frames                        a block of frames
    1  config, moment                settings; the moment of a table
    0  sequence                      arithmetic modulo 2**32
    0  errors, typed                 what the user can repair; what annotations need
    0  compiled                      which modules are compiled, and where they are

What touches every packet (on floors 0 to 4), the walks over capture files and the rows of `report`
are compiled by Cython when the package is installed where a C compiler is found; `engine()` says
whether they were.

The public names below are loaded when they are first used, so that `import tracker` costs nothing.
"""

import sys
from importlib import import_module

from tracker.compiled import finders

TYPE_CHECKING = False  # or `typing` would be loaded
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "CaptureError": "tracker.capture.errors",
    "Config": "tracker.config",
    "ConfigError": "tracker.config",
    "Connection": "tracker.connection",
    "Event": "tracker.tcp_state",
    "FlowTable": "tracker.flow_table",
    "Meter": "tracker.meter",
    "Moment": "tracker.moment",
    "SavedCapture": "tracker.capture.saved",
    "State": "tracker.tcp_state",
}

sys.meta_path[:0] = finders(__path__)


def __getattr__(name: str) -> "Any":  # noqa: ANN401 - whatever the name stands for
    """Load a public name (PEP 562)."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'tracker' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return [*_PUBLIC, "__version__", "engine"]


def engine() -> str:
    """Return "compiled" or "pure Python": which form of the engine is installed."""
    from tracker import flow_table

    return "pure Python" if flow_table.__file__.endswith(".py") else "compiled"
