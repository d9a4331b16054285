"""How good a capture is, and what that means for the states shown: a line for each weakness."""

from collections.abc import Iterator

from tracker.meter import Meter
from tracker.report.tally import Tally
from tracker.report.text import counted, duration, timestamp

# Frames a little out of order are as usual as harmless: several queues of one network card.
_NOTABLE_NS = 1_000_000


def missing(interface: int | None, kernel: int | None, between: int | None) -> str:
    """Return in words how many frames the captures say they lack, "" where none or unknown.

    By interfaces, by operating systems, and of either kind as told frame by frame.
    """
    parts = (
        (interface, "by the interface"),
        (kernel, "by the kernel"),
        (between, "between frames"),
    )
    return ", ".join(f"{number} {where}" for number, where in parts if number)


def lines(meter: Meter, found: Tally, missing: str, summarize: bool) -> Iterator[str]:
    """Yield what is weak about the captures; with `summarize`, what they hold before that."""
    weak = list(weaknesses(meter, found, missing))
    if summarize:
        yield from summary(meter)
    yield from weak
    if summarize and not weak:
        yield "nothing was found wrong with the capture"


def weaknesses(meter: Meter, found: Tally, missing: str) -> Iterator[str]:
    """Yield a line for each weakness of the captures; `missing` is what they say they lack."""
    if missing:
        yield (
            f"frames dropped while capturing: {missing}; where a connection lost some, its states "
            "may lag behind"
        )
    if found.missed_in:
        what = f"at least {counted(found.missed, 'octet')}" if found.missed else "segments"
        yield (
            f"capture loss: {what} acknowledged and never seen, in "
            f"{counted(found.missed_in, 'connection')}; states follow from the acknowledgments"
        )
    if found.one_way:
        yield (
            f"one-way traffic: of {found.one_way} of {counted(found.tcp, 'TCP connection')} only "
            "one side was captured; the other side's states are inferred or unknown"
        )
    if found.duplicates:
        yield (
            f"at least {counted(found.duplicates, 'frame')} captured twice, as on a mirror port, "
            f"in {counted(found.duplicates_in, 'connection')}; counters count both, no state "
            "changes"
        )
    if meter.jump >= _NOTABLE_NS:
        yield (
            f"not in the order of their times: {counted(meter.backwards, 'frame')}, by "
            f"{duration(meter.jump)} at most; states that end by a timer may be off by that"
        )
    if meter.offloaded:
        yield (
            f"{counted(meter.offloaded, 'checksum')} left to the network card (offload), so not "
            "verified: captured on the host that sent them"
        )
    if meter.fragments.incomplete:
        yield (
            f"{counted(meter.fragments.incomplete, 'packet')} in fragments of which some were not "
            "seen; whether the others arrived, only acknowledgments say"
        )
    if meter.fragments.overlapping:
        yield (
            f"{counted(meter.fragments.overlapping, 'fragment')} with octets that another one had "
            "held before: sent twice, or meant to deceive (RFC 5722)"
        )


def summary(meter: Meter) -> Iterator[str]:
    """Yield what was read, line by line."""
    undecoded = sum(row.count for row in meter.undecoded() if not row.inside)
    if not meter.decoded and not undecoded:
        yield "no frames"
        return
    yield (
        f"{counted(meter.decoded + undecoded, 'frame')} from {timestamp(meter.started)} to "
        f"{timestamp(meter.time)} ({duration(max(meter.time - meter.started, 0))})"
    )
    connections = meter.table.created
    yield (
        f"{counted(meter.decoded, 'frame')} with TCP or UDP, of "
        f"{counted(connections, 'connection')}"
    )
    if meter.fragments.fragments:
        yield (
            f"{counted(meter.fragments.fragments, 'fragment')} of IP packets; "
            f"packets not complete: {meter.fragments.incomplete}"
        )
    if meter.cut:
        yield (
            f"{counted(meter.cut, 'frame')} cut by the snap length; lengths come from headers, so "
            "no state and no counter suffers where the headers are whole"
        )
