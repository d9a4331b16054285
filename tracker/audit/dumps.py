"""Saved tables of a kernel: what a person copied from a host while its traffic was captured.

Known are tables of `ss`, of Linux', BSD's and Windows' netstat, and Linux' files tcp, tcp6, udp,
udp6, raw, packet and nf_conntrack of /proc/net: told apart row by row, so that one file may hold
several, with the commands ("$ ss -tanp") left in.
"""

import codecs
import os
from collections.abc import Iterable, Iterator
from io import TextIOWrapper

from tracker.audit import dumps_netstat, dumps_proc, dumps_ss
from tracker.audit.dumps_rows import DumpError, Found, Place, quote
from tracker.moment import parse

_LONGEST_LINE = 65536
_SAMPLE = 4

#: How far from the capture a file's last change may be, to be the moment: clocks differ.
_NEAR = 60 * 1_000_000_000

#: Sections of netstat without any socket of TCP or UDP, by a word of their headings.
_OTHERS = ("unix", "multipath", "bluetooth", "kernel", "local (")

_EXPECTED = (
    "expected are rows of `ss -tuanp`, `netstat -anp` (Windows: -ano), or of /proc/net/tcp, tcp6, "
    "udp, udp6, raw, packet, nf_conntrack"
)


def read_dumps(paths: Iterable[str]) -> Found:
    """Return what the saved tables in these files say together, all of one host and moment.

    Raises DumpError for what is no table, with file and line, and what was expected.
    """
    found = Found()
    for path in paths:
        _Reader(path, found).read()
    return found


def moment_of(paths: Iterable[str], said: str | None, first: int, last: int) -> tuple[int, str]:
    """Return when the tables were taken, ns since 1970, and how that is known.

    It is what the user says (`said`, epoch or ISO 8601, or after `first`: "+12.5"); else the last
    change of the latest file, where that is not more than a minute off the capture (copying without
    `-p` changes it); else the capture's end.  `first`, `last`: the times of its frames, ns.

    Raises MomentError for a text that says no moment, DumpError for a file that is not there.
    """
    if said is not None:
        moment = parse(said)
        time = moment.limit(first)
        if time is None:
            raise DumpError(f"--kernel-at {said}: give a time, not the number of a frame")
        return time, "as said"
    changed = max((_changed(path) for path in paths), default=0)
    if first - _NEAR <= changed <= last + _NEAR:
        return changed, "the file's last change"
    return last, "the capture's end"


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError as error:
        raise DumpError(f"{path}: {error.strerror}") from None


class _Reader:
    """Reads one file, whatever tables it holds."""

    def __init__(self, path: str, found: Found) -> None:
        self._path = path
        self._found = found
        self._ss = dumps_ss.Table(found)
        self._netstat = dumps_netstat.Table(found)
        self._proc = dumps_proc.Table(found)
        self._proc.begin(path)
        self._section = ""
        self._known = False

    def read(self) -> None:
        """Take all that the file says; raises DumpError."""
        for place, line in _lines(self._path):
            self._line(line, place)
        for table in (self._ss, self._netstat, self._proc):
            table.finish()
        if not self._known:
            raise DumpError(f"{self._path}: no table of sockets; {_EXPECTED}")

    def _line(self, line: str, place: Place) -> None:
        words = line.split()
        if not words or line.startswith(("$ ", "# ", "> ")):
            return
        if self._section == "ss" and line[0].isspace() and not dumps_ss.is_row(words):
            self._ss.more(line)  # -i, -m
        elif self._is_heading(words, line) or self._section == "other":
            return
        elif not self._is_row(words, line, place):
            place.refuse(f"{quote(line.strip())} is no row of a table of sockets; {_EXPECTED}")
        else:
            self._known = True

    def _is_heading(self, words: list[str], line: str) -> bool:
        """Take a heading, or another line without a number: said beside the table."""
        if words[0] == "sl":
            self._enter("proc")
            self._proc.head(words)
        elif words[:2] == ["sk", "RefCnt"]:
            self._enter("packet")
        elif dumps_ss.is_heading(words):
            self._enter("ss")
            self._ss.head(words)
        elif any(character.isdigit() for character in line):
            return False
        else:
            self._netstat_heading(line.lower())
        return True

    def _netstat_heading(self, text: str) -> None:
        """Take a heading of netstat: whether sockets of TCP and UDP follow."""
        if any(word in text for word in _OTHERS):
            self._section = "other"
        elif "internet" in text or "connections" in text:
            self._enter("netstat")

    def _enter(self, section: str) -> None:
        self._section = section
        self._known = True

    def _is_row(self, words: list[str], line: str, place: Place) -> bool:
        """Take a row; return whether it is one."""
        if " src=" in line:
            dumps_proc.tracked(line, self._found, place)
        elif self._section == "packet":
            dumps_proc.packet(words, self._found, place)
        elif dumps_proc.is_row(words):
            self._proc.row(words, place)
        elif dumps_ss.is_row(words):
            self._section = "ss"
            self._ss.row(words, line, place)
        elif dumps_netstat.is_row(words):
            self._netstat.row(words, place)
        else:
            return words[0] == "unix"
        return True


def _lines(path: str) -> Iterator[tuple[Place, str]]:
    """Yield the lines of a text file with their places; raises DumpError for anything else."""
    try:
        with open(path, "rb") as file:
            text = TextIOWrapper(file, _encoding(file.peek(_SAMPLE)), "replace")
            number = 0
            while line := text.readline(_LONGEST_LINE):
                number += 1
                place = Place(path, number)
                if "\0" in line or len(line) >= _LONGEST_LINE:
                    place.refuse(f"this is no text; {_EXPECTED}")
                yield place, line.rstrip()
    except OSError as error:
        raise DumpError(f"{path}: {error.strerror}") from None


def _encoding(sample: bytes) -> str:
    """Return how a text is encoded: PowerShell writes UTF-16."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"
