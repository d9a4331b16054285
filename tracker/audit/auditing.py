"""`tracker audit -i`: a line the moment a doubt arises, never twice for the same thing."""

import argparse
import sys
from itertools import islice

from tracker import host
from tracker.audit.finding import Finding
from tracker.audit.findings import Audit
from tracker.audit.group import Circumstances, key_of
from tracker.audit.kernel import is_finding
from tracker.audit.patterns import initiator
from tracker.audit.policies import policy
from tracker.audit.policy import Policy
from tracker.audit.run import UNEXPLAINED
from tracker.audit.told import doubt_lines, json_line, mismatch_line, mismatch_record, summary
from tracker.audit.watching import Watching, run
from tracker.capture import interfaces
from tracker.capture.live import LiveCapture
from tracker.config import Config
from tracker.tables import FINE, NOTHING_TO_SHOW, in_force
from tracker.tell import tell
from tracker.typed import Any

# So many doubts are remembered, so that none is told twice; the oldest are forgotten first.
_MOST_TOLD = 100_000


def watch(options: argparse.Namespace) -> int:
    """Audit an interface until a signal or the time ends it; return the exit status.

    Raises UserError where capturing is not allowed, ConfigError where the policy is wrong.
    """
    config = in_force(options)
    rules = policy(options, config)
    if options.kernel is not None:
        host.load_psutil()
        import tracker.audit.against_live
        import tracker.audit.against_stack  # noqa: F401 - later they may not be allowed to be read
    return run(
        options, config, "auditing", lambda capture: _Auditing(options, config, capture, rules)
    )


class _Auditing(Watching):
    """Tells doubts as they arise, and what the kernel does not admit."""

    def __init__(
        self, options: argparse.Namespace, config: Config, capture: LiveCapture, rules: Policy
    ) -> None:
        super().__init__(options, config, capture)
        self._rules = rules
        self._told: dict[tuple[Any, ...], None] = {}
        self._hidden = 0

    def look(self, now: int, until: int) -> None:
        """Tell new doubts."""
        self._audit(now, until)

    def conclude(self, now: int) -> int:
        """Tell the last doubts, and how many connections were explained."""
        audit, findings = self._audit(now, now)
        if self.options.kernel is not None:
            self.ask_kernel()
        for line in summary(audit, findings):
            tell(line)
        if not audit.connections:
            return NOTHING_TO_SHOW
        return UNEXPLAINED if self.options.fail and (findings or self._hidden) else FINE

    def _audit(self, now: int, until: int) -> tuple[Audit, list[Finding]]:
        """Look at all connections that began until then (ns), and tell new doubts."""
        audit = Audit(self._rules, self.speech.control)
        for subject, bursts in self.found(now, until):
            audit.add(subject, bursts)
        circumstances = Circumstances(self.begun, now, self.has_lookups(), self._rules)
        findings = audit.findings(circumstances)
        for finding in findings:
            self._tell(finding)
        return audit, findings

    def ask_kernel(self) -> None:
        """Hold the wire against this host's kernel, and tell what nothing explains."""
        from tracker.audit.against_known import Known
        from tracker.audit.against_live import look
        from tracker.audit.against_stack import offers

        found = interfaces.find(self.watch.interface)
        known = Known(
            began=self.begun,
            watched=frozenset(found.addresses),
            offers=offers(self.connections),
        )
        for mismatch in look(self.subjects_now, known, self.pause):
            key = ("kernel", *mismatch.key())
            if is_finding(mismatch) and key not in self._told:
                self._told[key] = None
                self._hidden += 1
                line = mismatch_record(mismatch) if self.options.json else mismatch_line(mismatch)
                print_line(line)

    def _tell(self, finding: Finding) -> None:
        """Tell the doubts of a finding that were not told yet."""
        new = [doubt for doubt in finding.doubts if self._is_new(finding, doubt.kind)]
        if not new:
            return
        fresh = finding._replace(doubts=new)
        if self.options.json:
            print_line(json_line(0, fresh))
        else:
            for line in doubt_lines(fresh, self.options.numeric):
                print_line(line)

    def _is_new(self, finding: Finding, kind: str) -> bool:
        key = (kind, *_thing(finding))
        if key in self._told:
            return False
        self._told[key] = None
        if len(self._told) > _MOST_TOLD:
            for old in list(islice(self._told, _MOST_TOLD // 2)):
                del self._told[old]
        return True


def _thing(finding: Finding) -> tuple[Any, ...]:
    """Return what tells the cause of a finding from others."""
    subject = finding.subject
    if finding.doubts[0].kind == "scan":
        return (initiator(subject),)
    if finding.doubts[0].kind == "half-open-pile":
        return subject.local_address, subject.local_port
    return key_of(subject)


def print_line(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
