"""Words for evidence: frames, moments, names."""

from tracker.audit.subject import Subject
from tracker.names.name import Name
from tracker.report.text import timestamp


def moment(ns: int) -> str:
    """Return a time of the day, UTC, to the millisecond."""
    return timestamp(ns)[11:23]


def first(subject: Subject) -> str:
    """Return where a connection is seen first."""
    when = f"at {moment(subject.first_seen)} UTC"
    return f"frame {subject.frame}, {when}" if subject.frame else f"a frame {when}"


def told(name: Name) -> str:
    """Return how a name is known."""
    source = {
        "tls": "the host named it in its TLS hello",
        "quic": "the host named it in its QUIC hello",
        "http": "the host named it in its HTTP request",
        "hosts": "named by the settings",
        "pcapng": "named by the capture file",
        "resolver": "the way back, asked of the resolver",
    }.get(name.source, f"told by {name.source}")
    at = f", frame {name.frame}" if name.frame else ""
    by = f", asked by {name.asker}" if name.asker else ""
    return f"{name.text} ({source}{at}{by})"
