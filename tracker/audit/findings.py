"""From subjects to findings: what explains each, and what nothing explains, by its cause."""

from collections import Counter
from collections.abc import Iterator

from tracker.audit.doubts import contradictions, doubts
from tracker.audit.doubts_speech import strange
from tracker.audit.finding import Doubt, Finding
from tracker.audit.ftp import Control, announced
from tracker.audit.group import Circumstances, Group, Key, is_attempt, key_of
from tracker.audit.look import look
from tracker.audit.patterns import (
    MOST,
    MOST_KEPT,
    Attempts,
    flood_doubt,
    initiator,
    is_little,
    may_pile,
    pile_doubt,
    scan_doubt,
    target,
)
from tracker.audit.subject import Subject
from tracker.typed import Any

#: So many groups are told apart; what is beyond them is only counted.
MOST_GROUPS = 20_000

#: What explains data connections of FTP.
FTP_DATA = "FTP data, announced in its control connection"


class Audit:
    """Takes subjects, and tells what explains them and what nothing does.

    connections    how many there were
    explained      how many were explained, by the number of the rule, or by FTP_DATA
    rules          these rules, by their numbers
    beyond         how many unexplained ones came after MOST_GROUPS groups
    """

    def __init__(self, policy: Any, control: Control | None = None) -> None:  # noqa: ANN401
        """Let `policy` explain, and what control connections of FTP announce."""
        self.connections = 0
        self.explained: Counter[int | str] = Counter()
        self.rules: dict[int, Any] = {}
        self.beyond = 0
        self._policy = policy
        self._control = control
        self._groups: dict[tuple[Key, bool], Group] = {}
        self._scans: dict[str, Attempts] = {}
        self._piles: dict[tuple[str, int], Attempts] = {}
        self._floods: dict[tuple[str, int], Attempts] = {}

    def add(self, subject: Subject, bursts: list[int]) -> None:
        """Take a subject, and when data came after a silence in it (ns)."""
        self.connections += 1
        if announced(self._control, subject):
            self.explained[FTP_DATA] += 1
            return
        rule = self._policy.explains(subject)
        if not (self._is_in_pile(subject, rule) or self._is_in_scan(subject, rule)):
            self._sort(subject, rule, bursts)

    def findings(self, circumstances: Circumstances) -> list[Finding]:
        """Return what nothing explains, the first that was seen first.  Call it once."""
        found = [*self._pile_findings(), *self._scan_findings(), *self._flood_findings()]
        for group in self._groups.values():
            is_explained = group.rule is not None and group.rule.allows
            reasons = (contradictions if is_explained else doubts)(group, circumstances)
            found.append(_finding(group.subjects, group.count, reasons))
        return sorted(found, key=lambda finding: finding.subject.first_seen)

    def _explain(self, rule: Any, count: int) -> None:  # noqa: ANN401
        """Count what a rule explains."""
        self.rules[rule.number] = rule
        self.explained[rule.number] += count

    def _is_in_pile(self, subject: Subject, rule: Any) -> bool:  # noqa: ANN401
        """Put a half-open subject to those of its socket; return whether that was done."""
        if not may_pile(subject):
            return False
        attempts = _of(self._piles, (subject.local_address, subject.local_port))
        if attempts is None:
            return False
        attempts.add(subject, rule)
        return True

    def _is_in_scan(self, subject: Subject, rule: Any) -> bool:  # noqa: ANN401
        """Put an attempt to those of its initiator; return whether it tells of a scan."""
        if subject.asked or not is_attempt(subject):
            return False
        attempts = _of(self._scans, initiator(subject))
        if attempts is None or not attempts.wants(subject):
            return False
        attempts.add(subject, rule)
        return True

    def _is_in_flood(self, subject: Subject) -> bool:
        """Put an attempt from outside to those at its socket; return whether that was done."""
        if subject.opened_by != "foreign" or not is_attempt(subject):
            return False
        attempts = _of(self._floods, target(subject))
        if attempts is None or (len(attempts.kept) >= MOST_KEPT and not attempts.is_flood()):
            return False
        attempts.add(subject, None)
        return True

    def _sort(
        self,
        subject: Subject,
        rule: Any,  # noqa: ANN401
        bursts: list[int],
        is_split: bool = False,
    ) -> None:
        """Put a subject to its group, or count it as explained.

        With `is_split`, an attempt is known to be none of many at one socket.
        """
        if rule is not None and rule.allows and not _is_contradicted(subject, rule):
            self._explain(rule, 1)
            return
        if rule is None and not is_split and self._is_in_flood(subject):
            return
        key = key_of(subject), rule is None or not rule.allows
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= MOST_GROUPS:
                self.beyond += 1
                return
            group = self._groups[key] = Group(rule)
        group.add(subject, bursts)

    def _pile_findings(self) -> Iterator[Finding]:
        """Yield piles; what is none is sorted as anything else."""
        for attempts in self._piles.values():
            if attempts.is_pile():
                yield _pattern(attempts, pile_doubt(attempts))
            else:
                self._let_go(attempts)

    def _flood_findings(self) -> Iterator[Finding]:
        """Yield attempts of many at one socket; those of few are sorted by their peers."""
        for attempts in self._floods.values():
            if attempts.is_flood():
                yield _pattern(attempts, flood_doubt(attempts))
            else:
                for subject, rule in attempts.kept:
                    self._sort(subject, rule, [], is_split=True)

    def _scan_findings(self) -> Iterator[Finding]:
        """Yield scans, with what else the scanners did; what is none is sorted otherwise."""
        scans = {}
        for who, attempts in self._scans.items():
            if attempts.is_scan():
                scans[who] = attempts
            else:
                self._let_go(attempts)
        self._swallow(scans)
        for attempts in scans.values():
            yield _pattern(attempts, scan_doubt(attempts))

    def _let_go(self, attempts: Attempts) -> None:
        for subject, rule in attempts.kept:
            self._sort(subject, rule, [])

    def _swallow(self, scans: dict[str, Attempts]) -> None:
        """Let what scanners said shortly to those whom they tried belong to their scans."""
        tried = {who: {each for each, _ in scan.targets} for who, scan in scans.items()}
        for key, group in list(self._groups.items()):
            who, (address, _) = initiator(group.subjects[0]), target(group.subjects[0])
            if address in tried.get(who, ()) and all(map(is_little, group.subjects)):
                scans[who].others += group.subjects
                scans[who].more += group.count
                del self._groups[key]


def _of(all_attempts: dict[Any, Attempts], key: Any) -> Attempts | None:  # noqa: ANN401
    """Return the attempts that have `key` in common, None where there is no room for more."""
    attempts = all_attempts.get(key)
    if attempts is None and len(all_attempts) < MOST:
        attempts = all_attempts[key] = Attempts()
    return attempts


def _is_contradicted(subject: Subject, rule: Any) -> bool:  # noqa: ANN401
    """Return whether what is spoken contradicts the rule that explains a subject.

    A rule that names no service allows whatever is spoken.
    """
    if subject.local_speaks is None and subject.foreign_speaks is None:
        return False
    return bool(getattr(rule, "services", True)) and strange(subject) is not None


def _pattern(attempts: Attempts, doubt: Doubt) -> Finding:
    subjects = [subject for subject, _ in attempts.kept] + attempts.others
    return _finding(subjects, attempts.count + attempts.more, [doubt])


def _finding(subjects: list[Subject], count: int, reasons: list[Doubt]) -> Finding:
    return Finding(subjects[0], reasons, None, look(subjects[0], reasons), subjects, count)
