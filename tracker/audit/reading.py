"""`tracker audit FILE...`: saved captures."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing

from tracker import moment
from tracker.audit.finding import Finding
from tracker.audit.findings import Audit
from tracker.audit.group import Circumstances
from tracker.audit.kernel import Wire, against_saved, is_finding
from tracker.audit.policies import policy
from tracker.audit.run import UNEXPLAINED, listeners, tell_end
from tracker.audit.speech import Speech
from tracker.audit.subject import Subject
from tracker.audit.subjects import row_maker, subjects, with_bursts
from tracker.audit.told import json_line, lines, mismatch_lines, mismatch_record, summary
from tracker.capture.saved import SavedCapture, in_time_order, names_in
from tracker.capture.stop import Stop
from tracker.config import Config
from tracker.meter import Meter
from tracker.names.listener import Listener
from tracker.names.services import load_services
from tracker.replay import replay
from tracker.report.hosts import HostNames
from tracker.report.rows import RowMaker
from tracker.report.sides import Sides
from tracker.report.tally import tally
from tracker.tables import FINE, NOTHING_TO_SHOW, flow_table, host_names, in_force, meter_before
from tracker.tell import tell, tell_warnings
from tracker.typed import TYPE_CHECKING, NamedTuple
from tracker.whose import heard_sides, known_hosts, stated_sides, unheard

if TYPE_CHECKING:  # loaded where the kernel is asked
    from tracker.audit.against_known import Mismatch


class Played(NamedTuple):
    """Captures that were read up to a moment, `now` (ns)."""

    meter: Meter
    names: Listener
    speech: Speech
    captures: list[SavedCapture]
    now: int


class Reading(NamedTuple):
    """Captures that were read: what they hold, and whose connections those are."""

    played: Played
    whose: Sides
    maker: RowMaker

    def subjects(self) -> Iterator[tuple[Subject, list[int]]]:
        """Yield all subjects, with their bursts."""
        played = self.played
        return with_bursts(played.meter.table.each(), self.maker, played.speech)


def read(options: argparse.Namespace) -> int:
    """Audit saved captures; return the exit status."""
    config = in_force(options)
    rules = policy(options, config)
    reading = read_captures(options, config)
    played, meter = reading.played, reading.played.meter
    found = Audit(rules, played.speech.control)
    for subject, bursts in reading.subjects():
        found.add(subject, bursts)
    lookups = played.names.clues.count > 0
    circumstances = Circumstances(meter.started, played.now, lookups, rules)

    def until(time: int) -> Wire:
        again = _play(options, config, moment.Moment(time=time))
        there = row_maker(config, reading.whose, load_services(), again.now)
        return Wire(subjects(again.meter.table.each(), there, None), again.meter.table.connections)

    mismatches = against_saved(options, played.captures, meter.started, played.now, until)
    status = _print(options, found, circumstances, mismatches)
    tell_end(meter, reading.whose, played.names, played.speech)
    return status


def read_captures(options: argparse.Namespace, config: Config) -> Reading:
    """Read the captures that `options` name; raise CaptureError where nothing could be read."""
    whose = stated_sides(options, config)
    played = _play(options, config, moment.END)
    tell_warnings(played.captures)
    hosts = host_names(options, config, played.names, names_in(played.captures))
    assert hosts is not None
    whose = whose or _sides(options, config, played.meter, hosts)
    return Reading(played, whose, row_maker(config, whose, load_services(), played.now, hosts))


def _play(options: argparse.Namespace, config: Config, until: moment.Moment) -> Played:
    """Read the captures up to a moment."""
    meter = meter_before(flow_table(config, keep_ended=True), config)
    names, speech = listeners(config, meter.table)
    meter.hearer = speech
    with ExitStack() as files:
        stop = files.enter_context(Stop())
        captures = [
            files.enter_context(closing(SavedCapture(path, False, stop))) for path in options.files
        ]
        now = replay(in_time_order(captures), meter, until)
    return Played(meter, names, speech, captures, now)


def _print(
    options: argparse.Namespace,
    found: Audit,
    circumstances: Circumstances,
    mismatches: "list[Mismatch]",
) -> int:
    """Print the findings and say what was explained; return the exit status."""
    findings = [_in_file(each, options.files) for each in found.findings(circumstances)]
    hidden = [mismatch for mismatch in mismatches if is_finding(mismatch)]
    text: Iterator[str]
    more: Iterator[str]
    if options.json:
        text = (json_line(number, finding) for number, finding in enumerate(findings, 1))
        more = map(mismatch_record, mismatches)
    else:
        text = lines(findings, options.numeric)
        more = mismatch_lines(hidden)
    for some in (text, more):
        sys.stdout.writelines(f"{line}\n" for line in some)
    for line in summary(found, findings, mismatches):
        tell(line)
    if not found.connections:
        return NOTHING_TO_SHOW
    return UNEXPLAINED if options.fail and (findings or hidden) else FINE


def _in_file(finding: Finding, files: list[str]) -> Finding:
    """Return a finding with what to look at next in the file, where there is just one."""
    if len(files) != 1:
        return finding
    return finding._replace(look=[line.replace("FILE", files[0]) for line in finding.look])


def _sides(options: argparse.Namespace, config: Config, meter: Meter, hosts: HostNames) -> Sides:
    """Return whose connections they are, where the settings do not say."""
    if options.host is None:
        return tally(meter.table.each(), known_hosts(config)).sides
    found = heard_sides(options.host, hosts)
    if found is None:
        raise unheard(options.host)
    return found
