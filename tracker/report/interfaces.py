"""The interfaces as `tracker interfaces` prints them: a table, or JSON lines."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tracker.wire.link_types import link_type_name

_COLUMNS = ("Name", "State", "Link Type", "Addresses", "Received", "Sent", "Dropped")
_NUMBERS = 4  # from this column on, at the right of their columns
_DEFAULT, _OTHER = "* ", "  "


def table(found: Sequence[Any], default: str | None) -> Iterator[str]:
    """Yield the lines of a table of `found`, as `capture.interfaces` lists them.

    Received, sent and dropped are packets.  The one called `default` has a star; an interface with
    several addresses has a line for each.
    """
    lines: list[tuple[str, tuple[str, ...]]] = [(_OTHER, _COLUMNS)]
    for interface in found:
        lines.append((_DEFAULT if interface.name == default else _OTHER, _cells(interface)))
        lines.extend((_OTHER, _further(address)) for address in interface.addresses[1:])
    widths = [max(map(len, column)) for column in zip(*(cells for _, cells in lines), strict=True)]
    for mark, cells in lines:
        yield mark + _line(cells, widths)


def json_lines(found: Sequence[Any], default: str | None) -> Iterator[str]:
    """Yield one JSON object for each interface: its fields, link type in words, the default one."""
    for interface in found:
        values = interface._asdict()
        values["link_type_name"] = link_type_name(interface.link_type)
        values["default"] = interface.name == default
        yield json.dumps(values)


def _cells(interface: Any) -> tuple[str, ...]:  # noqa: ANN401 - a class of the same floor
    counters = (interface.received, interface.sent, interface.dropped)
    return (
        interface.name,
        interface.state,
        link_type_name(interface.link_type),
        next(iter(interface.addresses), "-"),
        *("-" if number is None else str(number) for number in counters),
    )


def _further(address: str) -> tuple[str, ...]:
    """Return the cells of a line for one more address."""
    return tuple(address if column == "Addresses" else "" for column in _COLUMNS)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    words = [
        cell.rjust(width) if i >= _NUMBERS else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(words).rstrip()
