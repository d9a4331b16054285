"""The doubt that something beats: connections, or data in one, at regular times."""

from tracker.audit.beats import Beats, beats
from tracker.audit.evidence import first
from tracker.audit.finding import Doubt
from tracker.audit.group import Circumstances, Group
from tracker.report.text import counted

# Whoever talks to a program makes pauses that are shorter, ns.
_SHORTEST = 5_000_000_000


def regular(group: Group, _circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that this host, or its peer, connects or speaks by a clock."""
    found = beats(group.times)
    if found is not None:
        who = "this host connects" if group.subjects[0].opened_by == "local" else "it is connected"
        return _doubt(group, found, f"{who} to one peer at regular times")
    found = beats(group.bursts)
    if found is not None and found.period >= _SHORTEST:
        return _doubt(group, found, "data goes through one connection at regular times")
    return None


def _doubt(group: Group, found: Beats, text: str) -> Doubt:
    share = 100 * found.jitter / found.period
    period = f"every {found.period / 1e9:.1f} s, jitter up to {found.jitter / 1e9:.1f} s"
    evidence = f"{counted(found.beats, 'beat')}, the first in {first(group.subjects[0])}"
    return Doubt("beats", f"{text}: {period} ({share:.0f} %)", evidence)
