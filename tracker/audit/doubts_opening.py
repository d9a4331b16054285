"""Doubts about how a connection came to be, and whether it did."""

from tracker.audit.evidence import first, moment
from tracker.audit.finding import Doubt
from tracker.audit.group import Circumstances, Group, is_half_open, is_refused, is_unanswered
from tracker.audit.subject import Subject
from tracker.report.text import counted, duration

# So often is again and again.
_OFTEN = 3

# An answer takes no longer, ns: a SYN is sent for the third time then (RFC 6298 section 2).
_TIME_TO_ANSWER = 3_000_000_000

# Half open for so long is long, ns: the time of the third repetition (RFC 6298, from 1 s on).
_LONG = 7_000_000_000


def forbidden(group: Group, _circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that a rule of the policy says itself."""
    rule = group.rule
    if rule is None or rule.allows:
        return None
    note = f": {rule.note}" if rule.note else ""
    text = f"rule {rule.number} of the policy doubts it{note}"
    return Doubt("forbidden", text, f"{first(group.subjects[0])}; policy, line {rule.line}")


def undeclared_port(group: Group, circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that somebody from outside uses a port that nobody declared."""
    used = next(filter(_is_used_from_outside, group.subjects), None)
    if used is None or circumstances.policy.offers(used):
        return None
    text = (
        f"this host listens on {used.proto.upper()} port {used.local_port}, which no rule "
        "declares, and it is used from outside"
    )
    octets = used.local_payload + used.foreign_payload
    return Doubt("undeclared-port", text, f"{first(used)}; {octets} octets of data")


def from_outside(group: Group, circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that a connection was opened from outside, or tried to be."""
    subject = group.subjects[0]
    if subject.opened_by != "foreign" or not _is_known_opener(subject):
        return None
    if any(map(_is_used_from_outside, group.subjects)):
        if not circumstances.policy.offers(subject):
            return None  # `undeclared_port` says that, and more
        text = "it was opened from outside, by a host for which no rule offers the service"
    else:
        answer = "refused" if is_refused(subject) else "did not answer"
        text = f"somebody outside tried to connect, and this host {answer}"
    return Doubt("from-outside", text, first(subject))


def older(group: Group, circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that a connection was there before the capture."""
    subject = group.subjects[0]
    if subject.proto != "tcp" or subject.basis.startswith("syn"):
        return None
    seconds = (subject.first_seen - circumstances.begun) / 1e9
    text = "it is older than the capture: its beginning was not seen, nor any lookup before it"
    return Doubt("older", text, f"{first(subject)}, {seconds:.1f} s after the capture began")


def refused(group: Group, _circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that a peer refused or reset again and again."""
    if group.refused < _OFTEN:
        return None
    text = f"refused again and again: {group.refused} times of {group.count}"
    return Doubt("refused", text, _span(group))


def unanswered(group: Group, circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that a peer never answered this host, though it had time to."""
    subject = group.subjects[0]
    if circumstances.ended - subject.first_seen < _TIME_TO_ANSWER:
        return None
    if subject.opened_by != "local" or group.unanswered < group.count:
        return None
    packets = sum(each.local_packets for each in group.subjects)
    what = "segment" if subject.proto == "tcp" else "datagram"
    return Doubt("unanswered", f"never answered: {counted(packets, what)}", _span(group))


def half_open(group: Group, circumstances: Circumstances) -> Doubt | None:
    """Return the doubt that a connection stays half open for long."""
    for subject in group.subjects:
        lasts = circumstances.ended - subject.first_seen
        if is_half_open(subject) and lasts > _LONG:
            text = f"half open: the SYN,ACK was never acknowledged, {duration(lasts)} later"
            return Doubt("half-open", text, first(subject))
    return None


def _is_used_from_outside(subject: Subject) -> bool:
    """Return whether somebody outside opened it, and this host answered."""
    if subject.opened_by != "foreign" or not _is_known_opener(subject):
        return False
    return not is_refused(subject) and not is_unanswered(subject)


def _is_known_opener(subject: Subject) -> bool:
    """Return whether who opened it is more than a guess from its first packet, for TCP."""
    return subject.proto == "udp" or subject.basis != "first-packet"


def _span(group: Group) -> str:
    subject = group.subjects[0]
    return f"{first(subject)}, until {moment(group.last_seen)}"
