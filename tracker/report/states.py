"""The state table as `tracker states` prints it: from the table the engine runs on."""

from collections.abc import Iterator

from tracker.tcp_state import EVENTS, TABLE, TAKEN_BACK, Event, State

_FIRST_TAKEN_BACK = int(Event.PICKED_UP)


def state_tables() -> Iterator[str]:
    """Yield the lines of both tables of `tcp_state` and a legend."""
    yield "The state of an endpoint after what it sent (snd) or received (rcv); blank: no change."
    yield ""
    yield from _table(TABLE, 0)
    yield ""
    yield "What later segments disprove, and the state it is taken back to."
    yield ""
    yield from _table(TAKEN_BACK, _FIRST_TAKEN_BACK)
    yield ""
    for event in Event:
        name, source = EVENTS[event]
        yield f"{name:<24} {source}"


def _table(table: dict[State, tuple[State | None, ...]], first: int) -> Iterator[str]:
    columns = len(next(iter(table.values())))
    names = [EVENTS[Event(first + i)][0] for i in range(columns)]
    lines = [["state", *names]]
    for state, row in table.items():
        lines.append([state.name, *("" if new is None else new.name for new in row)])
    widths = [max(len(line[i]) for line in lines) for i in range(columns + 1)]
    for line in lines:
        yield "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
