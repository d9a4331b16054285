"""What is said beside the rows: a line each, to stderr."""

import sys
from collections.abc import Iterator, Sequence

from tracker.capture.about import Drops
from tracker.capture.errors import CaptureError
from tracker.capture.saved import SavedCapture
from tracker.meter import Meter
from tracker.moment import Moment
from tracker.report import quality, sides
from tracker.report.tally import Tally
from tracker.report.text import counted
from tracker.typed import TYPE_CHECKING
from tracker.wire.link_types import link_type_name
from tracker.wire.reasons import MALFORMED, TRUNCATED

if TYPE_CHECKING:  # loaded where names are wanted
    from tracker.names.listener import Listener


def tell(line: str) -> None:
    """Say `line`."""
    print(f"tracker: {line}", file=sys.stderr)


def tell_warnings(captures: Sequence[SavedCapture]) -> None:
    """Say what is wrong with captures; raise CaptureError where nothing could be read."""
    warnings = [warning for capture in captures for warning in capture.warnings]
    if warnings and not any(capture.frames for capture in captures):
        raise CaptureError(warnings[0])
    for warning in warnings:
        tell(warning)


def tell_moment(when: Moment, meter: Meter) -> None:
    """Say where the moment lies, if that is not within the capture."""
    if when.frame is not None and when.frame > meter.frames:
        tell(f"there are only {counted(meter.frames, 'frame')}; this is after the last")
    elif meter.frames and meter.time == 0:
        tell("the moment is before the first frame")


def tell_summary(meter: Meter, whose: sides.Sides, count: int, closed: bool) -> None:
    """Say whose table it is and what is not in it."""
    if meter.table.created:
        tell(whose.reason)
    if not meter.table.created:
        tell("nothing to show: no connection seen")
    elif not count:
        seen = counted(meter.table.created, "connection")
        hint = "" if closed else " (--closed shows what has ended)"
        tell(f"nothing to show: {seen} seen, none matches{hint}")
    tell_undecoded(meter)
    half_open = meter.table.dropped_half_open
    if half_open:
        tell(
            f"{counted(half_open, 'connection')} dropped because more than "
            f"{meter.table.max_half_open} were half open (max_half_open)"
        )
    evicted = sum(meter.table.evicted) - half_open
    if evicted:
        tell(
            f"{counted(evicted, 'connection')} dropped because there were more than "
            f"{meter.table.max_connections} (max_connections)"
        )


def tell_quality(
    meter: Meter, found: Tally, captures: Sequence[SavedCapture], summarize: bool
) -> None:
    """Say what is weak about the captures; with `summarize`, also what they hold."""
    if summarize:
        for capture in captures:
            for line in _about(capture):
                tell(line)
    missing = quality.missing(*_drops(captures))
    for line in quality.lines(meter, found, missing, summarize):
        tell(line)


def _drops(captures: Sequence[SavedCapture]) -> Drops:
    """Add up what the captures say about frames that they lack."""
    columns = zip(*(capture.drops for capture in captures), strict=True)
    told = [[number for number in column if number is not None] for column in columns]
    return Drops(*(sum(column) if column else None for column in told))


def _about(capture: SavedCapture) -> Iterator[str]:
    """Yield what a capture says about itself."""
    for interface in capture.interfaces:
        words = [
            f"interface {interface.number} {interface.name}".rstrip(),
            link_type_name(interface.link_type),
            f"snap length {interface.snap_length}" if interface.snap_length else "",
            f"filter {interface.filter!r}" if interface.filter else "",
            "" if interface.received is None else f"{interface.received} received",
            "" if interface.dropped is None else f"{interface.dropped} dropped",
            ""
            if interface.dropped_by_kernel is None
            else f"{interface.dropped_by_kernel} dropped by the kernel",
        ]
        yield f"{capture.path}: {', '.join(filter(None, words))}"
    for comment in capture.comments:
        yield f"{capture.path}: comment on {comment.place} {comment.number}: {comment.text}"


def tell_names(heard: "Listener | None") -> None:
    """Say which names were heard and are not there."""
    if heard is None:
        return
    forgotten = heard.clues.forgotten + heard.initials.forgotten
    if forgotten:
        tell(f"{counted(forgotten, 'message')} that told names forgotten (names_memory)")
    if heard.unheard:
        what = counted(heard.unheard, "message")
        tell(f"{what} that may have told names came too fast to be looked at")
    if heard.openings.given_up:
        what = counted(heard.openings.given_up, "stream")
        tell(f"{what} not there as far as the name that is asked for in it")


def tell_undecoded(meter: Meter) -> None:
    """Say which frames hold no segment or datagram, and where the capture was too short."""
    undecoded = meter.undecoded()
    frames = [row for row in undecoded if not row.inside]
    total = sum(row.count for row in frames)
    if total:
        what = ", ".join(f"{row.reason} {row.count}" for row in frames)
        tell(f"no TCP or UDP in {total} of {counted(meter.decoded + total, 'frame')}: {what}")
    inside = [f"{row.reason} {row.count}" for row in undecoded if row.inside]
    if inside:
        tell(f"no TCP or UDP inside what was decoded: {', '.join(inside)}")
    for row in undecoded:
        first = row.first
        where = f"first in frame {first.frame}, at its octet {first.offset}"
        if row.reason.startswith(TRUNCATED):
            tell(f"{row.reason}: {where}: {first.needed} needed, {first.had} captured")
        elif row.reason.startswith(MALFORMED):
            tell(f"{row.reason}: {where}")
