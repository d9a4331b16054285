"""The table as other tools print it: columns, headings and spellings of netstat and ss.

windows    netstat of Windows; its documentation, and what it prints
linux      net-tools 2.10, netstat.c: tcp_state[], tcp_do_one(), and netstat.8
ss         iproute2, misc/ss.c: sstate_name[], columns[]
bsd        FreeBSD, usr.bin/netstat/inet.c: protopr(), and sys/netinet/tcp_fsm.h: tcpstates[]

Elsewhere, too, IPv6 addresses stand in brackets before a port (RFC 5952 section 6), columns are as
wide as what stands in them, and nothing is cut.  What the wire never tells is "-": Recv-Q, which
is what a program has not read yet, and, in `ss`, how many may wait at a listening socket.  A
datagram does not tell whether its socket is connected, so UDP is shown as if none were, but for
the foreign sockets, which are known.
"""

from collections.abc import Iterator

from tracker.report.rows import ConnectionRow, ListeningRow, Row, RowMaker, Rows
from tracker.report.style import UNTOLD, Style, blanks, port_at
from tracker.report.text import timestamp
from tracker.words import CLOSED

#: The largest Send-Q that has a place in every column of it.
_LARGEST_NARROW = 999_999

# How states are called, where not by the names of RFC 9293.  CLOSED stands for connections that
# have ended (--closed).
_WINDOWS_STATES = {"LISTEN": "LISTENING"}
_LINUX_STATES = {
    "SYN_RECEIVED": "SYN_RECV",
    "FIN_WAIT_1": "FIN_WAIT1",
    "FIN_WAIT_2": "FIN_WAIT2",
    "CLOSED": "CLOSE",
}
_SS_STATES = {
    "CLOSED": "UNCONN",
    "ESTABLISHED": "ESTAB",
    "SYN_SENT": "SYN-SENT",
    "SYN_RECEIVED": "SYN-RECV",
    "FIN_WAIT_1": "FIN-WAIT-1",
    "FIN_WAIT_2": "FIN-WAIT-2",
    "TIME_WAIT": "TIME-WAIT",
    "CLOSE_WAIT": "CLOSE-WAIT",
    "LAST_ACK": "LAST-ACK",
}
_BSD_STATES = {"SYN_RECEIVED": "SYN_RCVD"}

# What stands first, with Recv-Q: for UDP over IPv4, over IPv6, for TCP over IPv4, over IPv6.
_WINDOWS_HEADS = ("  UDP  ", "  UDP  ", "  TCP  ", "  TCP  ")
_LINUX_HEADS = ("udp        -", "udp6       -", "tcp        -", "tcp6       -")
_SS_HEADS = ("udp   ", "udp   ", "tcp   ", "tcp   ")
_BSD_HEADS = ("udp4       -", "udp6       -", "tcp4       -", "tcp6       -")


def styled(rows: Rows, name: str, as_of: bool = False) -> Iterator[str]:
    """Yield the lines of the table of `rows` as the tool `name` would print it, one of `STYLES`.

    The heading says the moment, too, if wanted (`as_of`).  Two passes, as in `table`.
    """
    style = STYLES[name](rows.maker)
    _measure(rows, style)
    style.fit()
    yield from style.heading(f" as of {timestamp(rows.maker.now)}" if as_of else "")
    yield style.names_line()
    for row in rows:
        yield style.row_line(row)


def _measure(rows: Rows, style: Style) -> None:
    """Make the columns as wide as the rows need; those that are narrow are not made twice."""
    are_narrow = rows.maker.is_narrow()
    if style.has_queues or not are_narrow:
        for row in rows:
            is_narrow = are_narrow or row.is_narrow()
            if not is_narrow or style.waiting(row) > _LARGEST_NARROW:
                style.measure(row)


class Windows(Style):
    """`netstat`, with -p `netstat -bo`: the program stands in a line of its own."""

    def __init__(self, maker: RowMaker) -> None:
        names = ("  Proto", "Local Address", "Foreign Address", "State")
        super().__init__(maker, names, "PID", _WINDOWS_HEADS, _WINDOWS_STATES)
        self.local = self.foreign = 21
        self.state = 15
        self.has_queues = False

    def heading(self, as_of: str) -> list[str]:
        """Return the lines above the names of the columns, with the moment."""
        return ["", f"Active Connections{as_of}", ""]

    def any_socket(self, row: ListeningRow) -> str:
        """Return port 0 of any address."""
        return "[::]:0" if ":" in row.host else "0.0.0.0:0"

    def line(self, cells: tuple[str, str, str, str], _queue: str) -> str:
        """Return a line; there are no queues."""
        head, local, foreign, state = cells
        line = (
            f"{head}  {local}{self.left[len(local)]}  {foreign}{self.right[len(foreign)]}  {state}"
        )
        return line if state else line.rstrip()

    def owner(self, row: Row) -> str:
        """Return the process, and below it the program."""
        owner = row.owner()
        return UNTOLD if owner is None else f"{owner[0]}\n [{owner[1]}]"


class Linux(Style):
    """`netstat -W` of net-tools; -a, -l and -p do the same there."""

    def __init__(self, maker: RowMaker) -> None:
        names = ("Proto Recv-Q", "Local Address", "Foreign Address", "State")
        super().__init__(maker, names, "PID/Program name", _LINUX_HEADS, _LINUX_STATES)
        self.local = self.foreign = 23

    def heading(self, as_of: str) -> list[str]:
        """Return the line above the names of the columns, with the moment."""
        which = "servers and established" if self.maker.listening else "w/o servers"
        if not self.maker.open:
            which = "only servers"
        return [f"Active Internet connections ({which}){as_of}"]

    def owner(self, row: Row) -> str:
        """Return process and program, "-" where nobody knows."""
        owner = row.owner()
        return UNTOLD if owner is None else f"{owner[0]}/{owner[1]}"


class SocketStatistics(Style):
    """`ss`: addresses stand to the right, ports to the left of the colon.

    Protocols have a column if there may be more than one.  The heading names the processes, as
    always there; they are told with -p.

    local_port, foreign_port    how wide these are; `local` and `foreign` without them
    """

    def __init__(self, maker: RowMaker) -> None:
        has_netid = maker.tcp and maker.udp
        head = "Netid " if has_netid else ""
        names = (head, "Local Address:Port", "Peer Address:Port", "State      Recv-Q")
        heads = _SS_HEADS if has_netid else ("", "", "", "")
        super().__init__(maker, names, "Process", heads, _SS_STATES)
        self.states = tuple(f"{state:<10} {UNTOLD:<6}" for state in self.states)
        self.unconnected = self.states[CLOSED + 1]
        self.local = self.foreign = 15
        self.local_port = self.foreign_port = 5
        self.state = len(self.unconnected)
        self.after_local = self.after_foreign = blanks(0)

    def heading(self, as_of: str) -> list[str]:
        """Return nothing but the moment; this tool has no line above the names."""
        return [as_of.strip()] if as_of else []

    def send_queue(self, row: Row) -> str:
        """Return the Send-Q, which says for a listening socket how many may wait there."""
        return UNTOLD if isinstance(row, ListeningRow) else Style.send_queue(self, row)

    def measure(self, row: ConnectionRow | ListeningRow) -> None:
        """Make the columns as wide as a row needs."""
        _, local, foreign, _ = self.cells(row)
        here, there = port_at(local), port_at(foreign)
        self.local = max(self.local, here)
        self.foreign = max(self.foreign, there)
        self.local_port = max(self.local_port, len(local) - here - 1)
        self.foreign_port = max(self.foreign_port, len(foreign) - there - 1)
        self.queue = max(self.queue, len(self.send_queue(row)))

    def fit(self) -> None:
        """Take the columns as wide as they are now."""
        self.after_local = blanks(self.local_port)
        self.after_foreign = blanks(self.foreign_port)
        Style.fit(self)

    def line(self, cells: tuple[str, str, str, str], queue: str) -> str:
        """Return a line, the colons of the sockets below each other."""
        head, local, foreign, state = cells
        here, there = port_at(local), port_at(foreign)
        return (
            f"{head}{state} {queue}{self.before_queue[len(queue)]} "
            f"{self.left[here]}{local}{self.after_local[len(local) - here - 1]} "
            f"{self.right[there]}{foreign}{self.after_foreign[len(foreign) - there - 1]}"
        )

    def names_line(self) -> str:
        """Return the names of the columns, the processes always among them."""
        return self.longer(self.line(self.names, "Send-Q"), self.program)

    def row_line(self, row: ConnectionRow | ListeningRow) -> str:
        """Return the line of a row; its last column may be empty."""
        return Style.row_line(self, row).rstrip()

    def owner(self, row: Row) -> str:
        """Return program and process, nothing where nobody knows."""
        owner = row.owner()
        return "" if owner is None else f'users:(("{owner[1]}",pid={owner[0]}))'


class Bsd(Style):
    """`netstat -W` of FreeBSD and macOS: a dot before the port; -p as macOS' `netstat -v`.

    There, a dot also follows IPv6 addresses, without brackets.  Send-Q does not count SYN and FIN.
    """

    def __init__(self, maker: RowMaker) -> None:
        names = ("Proto Recv-Q", "Local Address", "Foreign Address", "(state)")
        super().__init__(maker, names, "process:pid", _BSD_HEADS, _BSD_STATES)
        self.joiner = "."
        self.local = self.foreign = 22
        self.counts_flags = False

    def heading(self, as_of: str) -> list[str]:
        """Return the line above the names of the columns, with the moment."""
        servers = " (including servers)" if self.maker.listening else ""
        return [f"Active Internet connections{servers}{as_of}"]

    def any_socket(self, _row: ListeningRow) -> str:
        """Return what stands for any address and port."""
        return "*.*"

    def owner(self, row: Row) -> str:
        """Return program and process, "-" where nobody knows."""
        owner = row.owner()
        return UNTOLD if owner is None else f"{owner[1]}:{owner[0]}"


#: What --style may say.
STYLES = {"windows": Windows, "linux": Linux, "ss": SocketStatistics, "bsd": Bsd}
