"""The table that stands on a terminal and is drawn again in place: lines, and their styles.  Pure.

What changed last stands first, with a mark.  A table drawn again only because it was scrolled, or
because the terminal has another size, or while it pauses, is the same one: marks stay.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tracker.report import newest
from tracker.report.newest import CHANGED, GONE, NEVER, NEW, SAME, Kept, Key
from tracker.report.rows import LONGEST_SOCKET4, STATES, Rows
from tracker.report.table import columns
from tracker.report.text import counted, duration, timestamp
from tracker.tcp_state import State

HEADING, COLUMNS, PLAIN, WARNING, STATUS = "heading", "columns", "plain", "warning", "status"

#: How many rows can be scrolled to; the others are counted.
REACH = 5000

#: How many notes are shown, the latest ones.
NOTES = 3

_STYLES = {NEW: "new", CHANGED: "changed", GONE: "gone", SAME: PLAIN}
_STATE = 3  # the place of that column, in every table
_GAP = "  "
# Columns are as wide as this where the terminal is, so that they do not jump.
_WIDTHS = (5, LONGEST_SOCKET4, LONGEST_SOCKET4, 11)


class Status(NamedTuple):
    """What is said of the capture.

    where          the interface
    now            the moment of the table, ns
    packets, per_second    how many there were, and lately
    dropped_by_kernel, dropped_by_interface    packets, None where that is unknown
    paused         whether the table stands still
    notes          what the user should know, a line each, the latest last
    connections_held       how many the flow table holds, those that have ended among them
    undecoded      packets that hold no segment and no datagram
    """

    where: str
    now: int
    packets: int
    per_second: float
    dropped_by_kernel: int | None
    dropped_by_interface: int | None
    paused: bool
    notes: tuple[str, ...]
    connections_held: int
    undecoded: int


class Line(NamedTuple):
    """A line and its style: heading, columns, new, changed, gone, plain, warning or status."""

    text: str
    style: str


class Dashboard:
    """What stood on the terminal last.

    top     how many rows are above the first one shown, as far as there are so many
    left    how many characters are left of the first one shown, likewise
    page    how many rows are shown
    """

    def __init__(self, wide: bool = False) -> None:
        self.top = 0
        self.left = 0
        self.page = 0
        self._wide = wide
        self._status: Status | None = None
        self._before: Status | None = None  # that of the table before this one
        self._since = NEVER  # what is later has changed
        self._counts = newest.Counts(0, 0, [], 0, 0, 0, 0, [])
        self._rows = 0
        self._columns: tuple[str, ...] = ()
        self._kept: list[Kept] = []
        self._gone: list[Kept] = []
        self._ended = 0  # how many rows have gone
        self._shown: dict[Key, Kept] = {}

    def lines(
        self, rows: Rows, status: Status, height: int, width: int, top: int, left: int = 0
    ) -> list[Line]:
        """Return the lines of a new table, of the last one while that pauses.

        At most `height` of at most `width` characters; scrolled down by `top` rows and right by
        `left` characters, or less where there is no more: see `self.top`, `self.left`.
        """
        if self._status is None or not status.paused:
            self._refresh(rows, status)
        return self.again(status.paused, height, width, top, left)

    def again(self, paused: bool, height: int, width: int, top: int, left: int = 0) -> list[Line]:
        """Return the lines of the last table, for a terminal of another size or scrolled."""
        assert self._status is not None
        head = self._head(self._status, height // 2 - 1, width)
        room = max(height - len(head) - 2, 0)
        body = self._body(room, width, top, left)
        foot = self._foot(paused, width)
        lines = [*head, *body, *[Line("", PLAIN)] * (room + 1 - len(body)), foot]
        return [Line(_clip(_printable(line.text), width), line.style) for line in lines[:height]]

    # --- a new table ----------------------------------------------------------------------------

    def _refresh(self, rows: Rows, status: Status) -> None:
        """Look at all rows and keep what can be shown of them."""
        since, held = self._since, self._rows
        counts = newest.count(rows, since, REACH)
        self._kept, missing = newest.keep(rows, counts, since, REACH, set(self._shown), self._wide)
        self._columns = columns(rows.maker, self._wide)
        self._gone = [_closed(kept) for key, kept in self._shown.items() if key in missing]
        self._ended = max(held + counts.new - counts.rows, len(self._gone))
        self._counts = counts
        self._rows = counts.rows
        self._before, self._status = self._status, status
        # Packets are seen a little later than they came: what is later than the last change seen
        # was not seen.  What bears a time to come counts then.
        self._since = min(counts.latest, rows.maker.now)

    # --- above the rows -------------------------------------------------------------------------

    def _head(self, status: Status, most: int, width: int) -> list[Line]:
        """Return what stands above the table, in one line each if `most` lines are too few."""
        parts = [(HEADING, _heading(status))]
        if _has_drops(status):
            drops = f"{', '.join(_drops(status))}; where some are missing, states may lag behind"
            parts.append((WARNING, drops.split()))
        parts.append((PLAIN, self._states()))
        parts.extend((WARNING, note.split()) for note in _notes(status))
        parts.append((PLAIN, self._changes(status)))
        lines = [
            Line(text, style) for style, words in parts for text in _flow(words, _gap(style), width)
        ]
        if len(lines) > most:
            lines = [Line(_clip(_gap(style).join(words), width), style) for style, words in parts]
        return lines[: max(most, 1)]

    def _states(self) -> list[str]:
        """Return how many rows there are in each state."""
        counts = self._counts
        named = zip(STATES, counts.states, strict=False)
        words = [f"{state or 'unknown'} {number}" for state, number in named if number]
        if counts.listening:
            words.append(f"{State.LISTEN.name} {len(counts.listening)}")
        if counts.udp:
            words.append(f"UDP {counts.udp}")
        return words

    def _changes(self, status: Status) -> list[str]:
        """Return how many rows there are, and what the marks mean."""
        counts = self._counts
        rows = counted(counts.rows + len(counts.listening), "row")
        held = f"{rows}, {counted(status.connections_held, 'connection')} held"
        if self._before is None:
            return [held]
        elapsed = duration(max(status.now - self._before.now, 0))
        return [
            f"{held};",
            f"{NEW} {counts.new} new",
            f"{CHANGED} {counts.changed} changed",
            f"{GONE} {self._ended} gone",
            f"in {elapsed}",
        ]

    # --- rows -----------------------------------------------------------------------------------

    def _body(self, room: int, width: int, top: int, left: int) -> list[Line]:
        """Return the names of the columns and as many rows as there is room for."""
        gone = self._gone[: room // 2]
        seen = max(room - len(gone), 0)
        self.top = max(min(top, len(self._kept) - seen), 0)
        shown = self._kept[self.top : self.top + seen]
        self.page = len(shown)
        self._shown = {kept.key: kept for kept in shown}
        table = [*gone, *shown]
        texts = _aligned(self._columns, [kept.cells for kept in table], width - len(_GAP))
        longest = max(map(len, texts))
        self.left = max(min(left, longest - (width - len(_GAP))), 0)
        lines = [Line(_GAP + self._part(texts[0], width), COLUMNS)]
        for kept, text in zip(table, texts[1:], strict=True):
            lines.append(Line(f"{kept.mark} {self._part(text, width)}", _STYLES[kept.mark]))
        if not table and room:
            lines.append(Line(_clip(f"{_GAP}{self._nothing()}", width), PLAIN))
        return lines

    def _part(self, text: str, width: int) -> str:
        """Return the part of a line beside its mark that is to be seen."""
        part = text[self.left :]
        if self.left and text:
            part = "<" + part[1:]
        return _clip(part, width - len(_GAP))

    def _nothing(self) -> str:
        seen = self._status is not None and self._status.packets
        return "no connections" if seen else "no packets yet"

    # --- below the rows -------------------------------------------------------------------------

    def _foot(self, paused: bool, width: int) -> Line:
        """Return which rows are shown, and what the keys do."""
        words = [self._place()]
        if paused:
            words.insert(0, "PAUSED")
        words += ["q quit", "space resume" if paused else "space pause", "arrows scroll"]
        return Line(_clip(_GAP.join(filter(None, words)), width), STATUS)

    def _place(self) -> str:
        if not self._shown:
            return ""
        rows = self._counts.rows + len(self._counts.listening)
        place = f"rows {self.top + 1}-{self.top + len(self._shown)} of {rows}"
        return place if rows <= len(self._kept) else f"{place} (the newest {len(self._kept)})"


# --- texts --------------------------------------------------------------------------------------


def _heading(status: Status) -> list[str]:
    """Return what was captured, and how well."""
    words = [
        status.where,
        f"{timestamp(status.now)[11:19]} UTC",
        f"{counted(status.packets, 'packet')} ({status.per_second:.0f}/s)",
    ]
    if not _has_drops(status):
        words += _drops(status)
    if status.undecoded:
        words.append(f"{status.undecoded} without TCP or UDP")
    return words


def _has_drops(status: Status) -> bool:
    return bool(status.dropped_by_kernel or status.dropped_by_interface)


def _drops(status: Status) -> list[str]:
    """Return how many packets were dropped, and where, as far as that is known."""
    told = ((status.dropped_by_kernel, "kernel"), (status.dropped_by_interface, "interface"))
    drops = [f"{number} by {where}" for number, where in told if number is not None]
    return [f"dropped: {drops[0]}", *drops[1:]] if drops else ["dropped: unknown"]


def _notes(status: Status) -> list[str]:
    """Return the latest notes, and how many there were before them."""
    notes = list(status.notes[-NOTES:])
    if len(status.notes) > NOTES:
        notes[0] = f"({len(status.notes) - NOTES} more before) {notes[0]}"
    return notes


def _closed(kept: Kept) -> Kept:
    """Return a row that is gone as it stood last; what TCP calls it now is CLOSED."""
    cells = kept.cells
    if cells[0] == "TCP":
        cells = (*cells[:_STATE], State.CLOSED.name, *cells[_STATE + 1 :])
    return kept._replace(mark=GONE, cells=cells)


def _aligned(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return the names of the columns and the rows as lines, aligned.

    Columns in which nothing stands are left out, but for the first ones.
    """
    needed = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    for i in range(len(_WIDTHS), len(names)):
        if rows and not any(cells[i] for cells in rows):
            needed[i] = 0
    usual = [*map(max, needed, _WIDTHS), *needed[len(_WIDTHS) :]]
    fits = sum(usual) + len(_GAP) * (len(usual) - usual.count(0) - 1) <= width
    return [_line(cells, usual if fits else needed) for cells in (names, *rows)]


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    """Return a line; a column of no width is left out."""
    pairs = zip(cells, widths, strict=True)
    return _GAP.join(cell.ljust(width) for cell, width in pairs if width).rstrip()


def _gap(style: str) -> str:
    """Return what stands between words: warnings are sentences, the others lists."""
    return " " if style == WARNING else _GAP


def _flow(words: Iterable[str], gap: str, width: int) -> Iterator[str]:
    """Yield lines with as many of the words as go into `width`."""
    line = ""
    for word in words:
        longer = f"{line}{gap}{word}" if line else word
        if line and len(longer) > width:
            yield _clip(line, width)
            longer = word
        line = longer
    if line:
        yield _clip(line, width)


def _clip(text: str, width: int) -> str:
    """Return a text that goes into `width`, with a mark where some of it is missing."""
    if len(text) <= width:
        return text
    return text[: width - 1] + ">" if width > 0 else ""


def _printable(text: str) -> str:
    """Return a text without what would move the cursor, or take any place but one."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if " " <= each <= "~" else "?" for each in text)
