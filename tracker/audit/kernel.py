"""--kernel: the wire against the kernel's table, saved or this host's own."""

import argparse
from collections.abc import Callable, Iterable, Sequence

from tracker.audit.subject import Subject
from tracker.capture.saved import SavedCapture
from tracker.connection import Connection
from tracker.errors import UsageError
from tracker.report.text import counted
from tracker.tell import tell
from tracker.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # loaded where the kernel is asked
    from tracker.audit.against_known import Mismatch


class Wire(NamedTuple):
    """What captures show as of a moment."""

    subjects: Iterable[Subject]
    connections: Callable[[], Iterable[Connection]]


def refuse(options: argparse.Namespace) -> None:
    """Raise UsageError where --kernel and other options do not go together."""
    files = [path for path in options.kernel or () if path]
    if options.interface is not None and (files or options.kernel_other):
        raise UsageError("with -i, --kernel takes no file: this host's own kernel is asked")
    if options.interface is None and options.kernel is not None and "" in options.kernel:
        raise UsageError("--kernel: name a saved table of the host (ss -tanp), or watch with -i")
    if (options.kernel_at is not None or options.kernel_other) and not files:
        raise UsageError("--kernel-at and --kernel-other go with the table of --kernel FILE")
    if files and "-" in options.files:
        raise UsageError("--kernel reads the capture twice: give a file, not standard input")


def against_saved(
    options: argparse.Namespace,
    captures: Sequence[SavedCapture],
    first: int,
    last: int,
    until: Callable[[int], Wire],
) -> "list[Mismatch]":
    """Return what captures and saved tables of their host (--kernel FILE) do not have in common.

    `first` and `last` are the times of their frames, ns; `until` tells what they show as of a time.
    Raises UserError for what is no table.
    """
    if options.kernel is None:
        return []
    from tracker.audit.against import compare, saved
    from tracker.audit.against_known import TOLERANCE
    from tracker.audit.against_stack import offers
    from tracker.audit.dumps import moment_of

    sockets, known = saved(options.kernel, options.kernel_other)
    taken, how = moment_of(options.kernel, options.kernel_at, first, last)
    names = ", ".join(options.kernel)
    tell(f"{names}: {counted(len(sockets), 'socket')}, taken {_when(taken, first)} ({how})")
    wire = until(min(taken + TOLERANCE, last))
    known = known._replace(
        moment=taken,
        began=first,
        ended=last,
        addresses=_stated(options),
        offers=offers(wire.connections),
        partial=_partial(captures),
    )
    return compare(wire.subjects, sockets, known)


def _stated(options: argparse.Namespace) -> frozenset[str]:
    """Return the addresses, not networks, that --local names."""
    from ipaddress import ip_address

    found = set()
    for word in (word.strip() for text in options.local for word in text.split(",")):
        try:
            found.add(str(ip_address(word)))
        except ValueError:
            continue
    return frozenset(found)


def _partial(captures: Sequence[SavedCapture]) -> str:
    """Return why the captures may lack frames, "" where nothing says that they do."""
    for capture in captures:
        if any(capture.drops):
            return "frames were dropped while it was captured"
        for interface in capture.interfaces:
            if interface.filter:
                return f"only {interface.filter!r} was captured"
    return ""


def is_finding(mismatch: "Mismatch") -> bool:
    """Return whether nothing benign explains it."""
    return mismatch.cause is None


def _when(taken: int, first: int) -> str:
    seconds = abs(taken - first) / 1e9
    return f"{seconds:.1f} s {'after' if taken >= first else 'before'} the first frame"
