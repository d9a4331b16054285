"""What to look at next, for each kind of doubt: on the host, and in the capture."""

from tracker.audit.finding import Doubt
from tracker.audit.group import service_port
from tracker.audit.subject import Subject

_PLAIN = {
    "scan": "what the scanner found open: tracker read FILE --closed --as {initiator}",
    "half-open-pile": "the backlog: nstat -az TcpExtListenOverflows TcpExtSyncookiesSent; are the "
    "sources real, and do the SYN,ACKs reach them?",
    "wrong-protocol": "what is said: tracker explain FILE --connection {pair}",
    "odd-port": "what is said: tracker explain FILE --connection {pair}",
    "no-lookup": "where the address comes from: the program's settings and arguments; lookups that "
    "go another way (DNS over TLS or HTTPS, /etc/hosts)",
    "undeclared-port": "who listens: ss -ltnup 'sport = :{port}'; if it may, declare it in the "
    "policy",
    "from-outside": "what it may reach: the firewall's rules for port {port}; the service's log",
    "new-peer": "whose address it is: whois {foreign}; if it is expected, tracker learn again",
    "beats": "what runs by a clock: crontab -l, systemctl list-timers; the program that owns it",
    "refused": "is the service there? its log, and who still has it in the settings",
    "unanswered": "is the way open? a firewall, a route, a host that is gone",
    "half-open": "the way back: does the SYN,ACK reach the peer?",
    "older": "a longer capture, from before it was opened; ss -tno for its age",
    "no-rule": "if it is expected, a rule for it in the policy",
    "forbidden": "the rule's note in the policy",
}


def look(subject: Subject, doubts: list[Doubt]) -> list[str]:
    """Return what to look at next, the most telling first."""
    host = _program(subject)
    lines = [] if host is None else [host]
    words = {
        "pair": _pair(subject),
        "port": service_port(subject),
        "foreign": subject.foreign_address,
        "initiator": subject.local_address
        if subject.opened_by == "local"
        else subject.foreign_address,
    }
    for doubt in doubts:
        line = _PLAIN[doubt.kind].format_map(words)
        if line not in lines:
            lines.append(line)
    return [*lines, f"its states, and why: tracker why FILE {_pair(subject)}"]


def _program(subject: Subject) -> str | None:
    """Return how to find the program that has the local socket."""
    if subject.program is not None:
        number, name = subject.program
        name = name if name.isprintable() else ascii(name)
        return f"the program: {name}, process {number}: ls -l /proc/{number}/exe"
    if not subject.present:
        return None
    return f"the program: ss -{subject.proto[0]}np 'sport = :{subject.local_port}'"


def _pair(subject: Subject) -> str:
    """Return the two sockets as `tracker why` takes them."""
    local = socket(subject.local_address, subject.local_port)
    return f"{local},{socket(subject.foreign_address, subject.foreign_port)}"


def socket(address: str, port: int) -> str:
    """Return a socket as text (RFC 5952 section 6)."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
