"""tracker: netstat from the wire.

A *frame* is what was captured; inside its IP packet stands a *segment* (TCP) or *datagram* (UDP),
with an address and a port at each end: two *sockets*.  Two sockets are a *socket pair*, and what
is between them is a *connection*, with an *endpoint* at each side that has a TCP state.  A *row*
is one endpoint's netstat.

Floors, imports only go down:

    6  cli           commands and options
    5  report        connections in, text out: table, records, rows
    5  capture       the one door for frames
    5  replay        frames through the meter, up to a moment
    4  names         service names
    4  meter         frames to segments to flow table; counts what could not be decoded, and why
    3  flow_table    connections by socket pair: generations, expiry, limits
    2  connection    two endpoints; one segment seen is an event for both
    1  tcp_state     the whole state machine as one table
    1  wire          one file per header, to a segment
    1  frames        a block of frames
    0  sequence      arithmetic modulo 2**32
    0  config        settings
    0  moment        the moment of a table
    0  words         the engine's small vocabularies, as numbers

Floors 0 to 3, the meter and the walk over pcap records are compiled by Cython when the package is
installed where a C compiler is found; `engine()` says whether they were.
"""

__version__ = "0.1.0"


def engine() -> str:
    """Return "compiled" or "pure Python": which form of the engine is installed."""
    from tracker import flow_table

    return "pure Python" if flow_table.__file__.endswith(".py") else "compiled"
