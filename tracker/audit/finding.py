"""What the auditor finds: connections that nothing explains, and why that is doubtful."""

from tracker.audit.subject import Subject
from tracker.typed import NamedTuple

#: Kinds of doubts, with what they are called where people read them.
KINDS = {
    "scan": "scan",
    "half-open-pile": "half open",
    "forbidden": "doubted",
    "wrong-protocol": "protocol",
    "odd-port": "odd port",
    "no-lookup": "no lookup",
    "undeclared-port": "listener",
    "from-outside": "outside",
    "new-peer": "new peer",
    "beats": "beats",
    "refused": "refused",
    "unanswered": "unanswered",
    "half-open": "half open",
    "older": "older",
    "no-rule": "no rule",
}


class Doubt(NamedTuple):
    """Why something is not explained.

    kind        one of KINDS
    text        the reason, for people
    evidence    where it is seen: frames, times, names
    """

    kind: str
    text: str
    evidence: str


class Finding(NamedTuple):
    """What one cause made, and nothing explains.

    subject        the first connection; `subjects` are the first of all `connections`
    doubts         the reasons, at least one
    explanation    None: there is none
    look           what to look at next, a line each
    """

    subject: Subject
    doubts: list[Doubt]
    explanation: None
    look: list[str]
    subjects: list[Subject]
    connections: int
