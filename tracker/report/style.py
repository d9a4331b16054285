"""How a tool lays out its table: what `styles` has in common.

The columns of sockets and Send-Q are as wide as their contents need, the others as the tool has
them.  They are put together by hand, because a line is made for each of maybe millions of rows.
"""

from tracker.report.rows import STATES, ConnectionRow, ListeningRow, Row, RowMaker
from tracker.report.send_queue import UNKNOWN, unacknowledged
from tracker.wire.segment import TCP
from tracker.words import LISTEN

#: What the wire does not tell.
UNTOLD = "-"


class Style:
    """How a tool lays out its table.

    names      what stands above the `cells`
    program    and above who has the local socket, where that is told
    heads      what stands before Send-Q, by protocol and version
    states     what it calls the states, by their places in `rows.STATES`
    unconnected    what it calls the state of a UDP socket that is not connected
    joiner     what stands between address and port
    local, foreign, queue    how wide these columns are, at least
    state      how wide that column is where another one follows
    has_queues    whether there is a Send-Q
    counts_flags  whether SYN and FIN count in it
    """

    def __init__(
        self,
        maker: RowMaker,
        names: tuple[str, str, str, str],
        program: str,
        heads: tuple[str, str, str, str],
        spellings: dict[str, str],
    ) -> None:
        self.maker = maker
        self.names = names
        self.program = program
        self.heads = heads
        self.states = tuple(
            UNTOLD if state is None else spellings.get(state, state) for state in STATES
        )
        self.unconnected = ""
        self.joiner = ":"
        self.local = self.foreign = 0
        self.queue = 6
        self.state = 11
        self.has_queues = True
        self.counts_flags = True
        self.length = 0
        self.left = self.right = self.before_queue = blanks(0)

    # --- what each tool does its own way --------------------------------------------------------

    def heading(self, as_of: str) -> list[str]:
        """Return the lines above the names of the columns, with the moment."""
        raise NotImplementedError

    def any_socket(self, row: ListeningRow) -> str:
        """Return the foreign socket of a listening one."""
        return row.cells()[2]

    def owner(self, row: Row) -> str:
        """Return who has the local socket."""
        raise NotImplementedError

    # --- widths ---------------------------------------------------------------------------------

    def measure(self, row: ConnectionRow | ListeningRow) -> None:
        """Make the columns as wide as a row needs."""
        _, local, foreign, _ = self.cells(row)
        self.local = max(self.local, len(local))
        self.foreign = max(self.foreign, len(foreign))
        self.queue = max(self.queue, len(self.send_queue(row)))

    def fit(self) -> None:
        """Take the columns as wide as they are now."""
        self.left = blanks(self.local)
        self.right = blanks(self.foreign)
        self.before_queue = blanks(self.queue)
        self.length = len(self.line((*self.names[:3], "x" * self.state), "Send-Q"))

    # --- lines ----------------------------------------------------------------------------------

    def line(self, cells: tuple[str, str, str, str], queue: str) -> str:
        """Return a line, without who has the local socket."""
        head, local, foreign, state = cells
        line = (
            f"{head} {self.before_queue[len(queue)]}{queue} "
            f"{local}{self.left[len(local)]} {foreign}{self.right[len(foreign)]} {state}"
        )
        return line if state else line.rstrip()

    def names_line(self) -> str:
        """Return the names of the columns."""
        line = self.line(self.names, "Send-Q")
        return line if self.maker.programs is None else self.longer(line, self.program)

    def row_line(self, row: ConnectionRow | ListeningRow) -> str:
        """Return the line of a row."""
        line = self.line(self.cells(row), self.send_queue(row))
        return line if self.maker.programs is None else self.longer(line, self.owner(row))

    def longer(self, line: str, owner: str) -> str:
        """Return a line with one column more."""
        return f"{line.ljust(self.length)} {owner}".rstrip()

    # --- cells ----------------------------------------------------------------------------------

    def cells(self, row: ConnectionRow | ListeningRow) -> tuple[str, str, str, str]:
        """Return what stands before Send-Q, both sockets, and the state."""
        if isinstance(row, ConnectionRow):
            return self.connection_cells(row)
        return self.listening_cells(row)

    def listening_cells(self, row: ListeningRow) -> tuple[str, str, str, str]:
        """Return the same of a listening socket."""
        local = row.cells()[1]
        colon = port_at(local)
        return (
            self.heads[3 if ":" in row.host else 2],
            f"{local[:colon]}{self.joiner}{local[colon + 1 :]}",
            self.any_socket(row),
            self.states[LISTEN + 1],
        )

    def connection_cells(self, row: ConnectionRow) -> tuple[str, str, str, str]:
        """Return the same of a connection, made from its parts: its own cells have colons."""
        connection = row.connection
        is_tcp = connection.protocol == TCP
        return (
            self.heads[2 * is_tcp + (connection.version == 6)],
            self.socket(row, row.side),
            self.socket(row, 1 - row.side),
            self.states[row.state(row.local)] if is_tcp else self.unconnected,
        )

    def socket(self, row: ConnectionRow, side: int) -> str:
        """Return the socket at a side."""
        return f"{row.host_text(side)}{self.joiner}{row.port_text(side)}"

    def waiting(self, row: Row) -> int:
        """Return how many octets wait for an acknowledgment; a listening socket sends none."""
        if self.has_queues and isinstance(row, ConnectionRow):
            return unacknowledged(row, self.counts_flags)
        return 0

    def send_queue(self, row: Row) -> str:
        """Return the Send-Q."""
        number = self.waiting(row)
        if not number:
            return "0"  # nearly always
        return UNTOLD if number == UNKNOWN else f"{number}"


def blanks(width: int) -> tuple[str, ...]:
    """Return what fills up a column beside a text, by the length of the text."""
    return tuple(" " * (width - length) for length in range(width + 1))


def port_at(socket: str) -> int:
    """Return where the colon before the port is; compiled, that is faster than `rfind`."""
    colon = len(socket) - 1
    while socket[colon] != ":":
        colon -= 1
    return colon
