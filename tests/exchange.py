"""Exchanges written as in the figures of RFC 9293, and a reader that plays them to the engine.

A line is one segment, with the state of both endpoints after it::

    SYN-SENT    --> <SEQ=100><CTL=SYN>              --> SYN-RECEIVED
    ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- SYN-RECEIVED

``...`` in place of an arrow's end: the observer does not see this segment.  ``+0.2`` before a
line: seconds after the line before (else 10 ms).  ``wait`` in place of arrows: no segment, time
passes.  ``-`` as a state: netstat has no row for that endpoint.  ``<WIN=n>`` and ``<WSCALE=n>``
are the window and its scale, ``<DATA=n>`` octets of data.
"""

import re
from dataclasses import dataclass

from tracker.connection import Connection
from tracker.endpoint import Profile
from tracker.flow_table import FlowTable
from tracker.tcp_state import State
from tracker.wire.segment import Segment

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
STEP = 0.01

FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32}

_LINE = re.compile(
    r"(?:\+(?P<after>[\d.]+)\s+)?(?P<a>\S+)\s+"
    r"(?:(?P<left>-->|<--|\.\.\.)\s+(?P<segment><\S+>)\s+(?P<right>-->|<--|\.\.\.)|wait)"
    r"\s+(?P<b>\S+)"
)

_A = (0, 0xFFFF_0A00_0001, 1000)
_B = (0, 0xFFFF_0A00_0002, 80)

#: Timers as Linux has them, seconds; see config/tracker.yaml.
TIMERS = {
    State.SYN_SENT: 134,
    State.SYN_RECEIVED: 65,
    State.FIN_WAIT_1: 108,
    State.FIN_WAIT_2: 60,
    State.CLOSING: 108,
    State.LAST_ACK: 108,
    State.TIME_WAIT: 60,
}


def profile(rfc1337: bool = False) -> Profile:
    """Return how Linux leaves states by itself."""
    return Profile([TIMERS.get(state, 0) * SECOND for state in State], rfc1337, SECOND)


@dataclass
class Line:
    """One line of an exchange: when, which segment (or none), what both endpoints should be."""

    text: str
    after: float
    segment: Segment | None
    a: str
    b: str


def parse(text: str) -> list[Line]:
    """Return the lines of an exchange; blank lines and those that begin with # are left out."""
    lines = []
    for raw in text.strip().splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        assert match, f"not a line of an exchange: {line}"
        seen = match["segment"] and "..." not in (match["left"], match["right"])
        segment = _segment(match["segment"], match["left"] == "-->") if seen else None
        lines.append(Line(line, float(match["after"] or STEP), segment, match["a"], match["b"]))
    return lines


def _segment(text: str, from_a: bool) -> Segment:
    fields = dict(re.findall(r"<(\w+)=([^>]*)>", text))
    segment = Segment()
    segment.version, segment.protocol = 4, 6
    source, destination = (_A, _B) if from_a else (_B, _A)
    segment.source_high, segment.source_low, segment.source_port = source
    segment.destination_high, segment.destination_low, segment.destination_port = destination
    segment.sequence = int(fields["SEQ"]) % 2**32
    segment.acknowledgment = int(fields.get("ACK", 0)) % 2**32
    for name in fields["CTL"].split(",") if fields.get("CTL") else ():
        segment.flags |= FLAGS[name]
    segment.payload = int(fields.get("DATA", 0))
    segment.window = int(fields.get("WIN", 65535))
    segment.window_scale = int(fields.get("WSCALE", -1))
    segment.length = 54 + segment.payload
    return segment


class Exchange:
    """Plays exchanges to a flow table with one socket pair."""

    def __init__(self, rfc1337: bool = False) -> None:
        self.table = FlowTable(profile(rfc1337), 1000, 30 * SECOND, 120 * SECOND, True, True)
        self.time = START
        self.frame = 0
        self.shown: list[str] = []

    @property
    def connections(self) -> list[Connection]:
        """All generations, the newest last."""
        return list(self.table.connections())

    @property
    def last(self) -> Connection:
        """The newest generation."""
        return self.connections[-1]

    def play(self, text: str) -> "Exchange":
        """Play the lines of `text`; fail with the exchange where a state is not as it says."""
        for line in parse(text):
            self.time += round(line.after * SECOND)
            if line.segment is not None:
                self.frame += 1
                line.segment.time, line.segment.frame = self.time, self.frame
                self.table.segment_seen(line.segment)
            self.table.expire(self.time)
            self._compare(line)
        return self

    def _compare(self, line: Line) -> None:
        states = [self._state(side, expected) for side, expected in ((0, line.a), (1, line.b))]
        self.shown.append(f"{line.text:<90} is {states[0]} / {states[1]}")
        assert states == [line.a, line.b], "\n" + "\n".join(self.shown)

    def _state(self, side: int, expected: str) -> str:
        """Return the state of the endpoint at `side`: its row's, else what is presumed of it."""
        for connection in reversed(self.connections):
            if connection.sides_present(self.time, 0, 0) >> side & 1:
                return self._name(connection, side)
        if expected in ("-", "CLOSED", "LISTEN") or not self.connections:
            return expected
        return self._name(self.last, side)

    def _name(self, connection: Connection, side: int) -> str:
        endpoint = connection.b if side else connection.a
        return State(endpoint.state).name.replace("_", "-")


def play(text: str, rfc1337: bool = False) -> Exchange:
    """Play one exchange from its beginning."""
    return Exchange(rfc1337).play(text)
