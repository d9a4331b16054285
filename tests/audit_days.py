"""Days of a host (`pcaps/audit-*.pcap`), audited in this process by what was normal on one.

`Normal` is the plainest policy that can be learned from a day: it allows what happened then, and
nothing else.  So these tests do not depend on how a policy is written or learned.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from captures import PCAPS

from tracker import moment
from tracker.audit.finding import Finding
from tracker.audit.findings import Audit
from tracker.audit.group import Circumstances, service_port
from tracker.audit.speech import Speech
from tracker.audit.subject import Subject
from tracker.audit.subjects import row_maker, subjects, with_bursts
from tracker.capture.saved import SavedCapture, in_time_order
from tracker.config import Config
from tracker.names.listener import Listener
from tracker.names.services import load_services
from tracker.replay import replay
from tracker.report.hosts import HostNames
from tracker.report.sides import stated
from tracker.tables import flow_table, meter_before

CLIENT = "192.168.1.5"
CONFIG = Config()


class Heard(NamedTuple):
    """A capture that was read: its subjects, with bursts, and what else counts."""

    subjects: list[tuple[Subject, list[int]]]
    speech: Speech
    begun: int
    ended: int
    lookups: bool


@cache
def heard(path: Path, local: str = CLIENT) -> Heard:
    """Read a capture as the host with the address `local` sees it."""
    table = flow_table(CONFIG, keep_ended=True)
    meter = meter_before(table, CONFIG)
    names = Listener(1 << 24, 1)
    speech = meter.hearer = Speech(table, names, 1)
    now = replay(in_time_order([SavedCapture(str(path))]), meter, moment.END)
    hosts = HostNames(names, {}, {})
    maker = row_maker(CONFIG, stated([local], "test"), load_services(), now, hosts)
    found = list(with_bursts(table.each(), maker, speech))
    assert [subject for subject, _ in found] == list(subjects(table.each(), maker, speech))
    return Heard(found, speech, meter.started, now, names.clues.count > 0)


class Rule(NamedTuple):
    """A rule, as `audit` sees it."""

    number: int = 1
    line: int = 1
    note: str = "as on the day before"
    allows: bool = True
    services: tuple[str, ...] = ("any",)


class Normal:
    """Allows what some subjects did: the same service, with the same peer, by its name if asked."""

    learned = True

    def __init__(self, known: Iterable[Subject]) -> None:
        known = list(known)
        self._known = {what for subject in known for what in self._what(subject)}
        self._peers = {peer for subject in known for peer in self._peer(subject)}
        self._offered = {
            (each.proto, each.local_port) for each in known if each.opened_by == "foreign"
        }

    def explains(self, subject: Subject) -> Rule | None:
        return None if self._known.isdisjoint(self._what(subject)) else Rule()

    def knows(self, subject: Subject) -> bool:
        return not self._peers.isdisjoint(self._peer(subject))

    def offers(self, subject: Subject) -> bool:
        return (subject.proto, subject.local_port) in self._offered

    def _what(self, subject: Subject) -> set[tuple[str, str, str, int]]:
        port = service_port(subject)
        return {(subject.proto, subject.opened_by, peer, port) for peer in self._peer(subject)}

    def _peer(self, subject: Subject) -> set[str]:
        """Return the peer's address, and its name if this host asked for it."""
        name = {subject.name.text} if subject.asked and subject.name else set()
        return {subject.foreign_address} | name


def normal(*captures: str) -> Normal:
    """Return what was normal in captures of `pcaps/`."""
    return Normal(
        subject for name in captures for subject, _ in heard(PCAPS / f"{name}.pcap").subjects
    )


def audited(path: Path, policy: Normal) -> tuple[Audit, list[Finding]]:
    """Audit a capture by a policy; return what was explained, and the findings."""
    day = heard(path)
    audit = Audit(policy, day.speech.control)
    for subject, bursts in day.subjects:
        audit.add(subject, bursts)
    return audit, audit.findings(Circumstances(day.begun, day.ended, day.lookups, policy))
