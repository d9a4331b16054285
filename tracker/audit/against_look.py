"""What to look at next, where wire and kernel's table disagree and nothing explains it."""

from tracker.audit.against_known import HIDDEN, UNSEEN, Mismatch, end

_TABLES = "save `ss -0wanp` and /proc/net/nf_conntrack too: a raw socket or NAT would explain it"
_INSIDE = "look into other network namespaces: `lsns -t net`, `nsenter -t PID -n ss -tanp`"
_OFF_HOST = "do not trust this host's own answers: capture off the host (mirror port, gateway)"
_MODULES = "compare `ss -tan` with /proc/net/tcp, and look at loaded modules and BPF programs"
_WIRE = "was the capture filtered, did it lose frames, is it the right interface?"
_LIED_TO = "if not, this sniffer is lied to: capture off the host and compare"


def look_next(mismatch: Mismatch) -> list[str]:
    """Return what a person looks at next, the nearest first; nothing for what is benign."""
    if mismatch.cause is not None:
        return []
    if mismatch.kind == UNSEEN:
        return [_WIRE, _LIED_TO]
    if mismatch.kind != HIDDEN or mismatch.subject is None:
        return []
    subject = mismatch.subject
    foreign = end(subject.foreign_address, subject.foreign_port)
    peer = f"who is {foreign}, and did this host ever ask for its name?"
    return [peer, _TABLES, _INSIDE, _MODULES, _OFF_HOST]
