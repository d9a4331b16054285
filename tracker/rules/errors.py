"""ICMP errors: what they do to the endpoint whose packet they quote (RFC 1122, RFC 5927).

An error may be forged as easily as a RST.  So the sequence number that it quotes has to be one
that is on its way (RFC 5927 section 4.1); else it is noted and does nothing.
"""

from tracker.connection import Connection
from tracker.endpoint import Endpoint, Profile
from tracker.rules.timing import settle
from tracker.sequence import after, before
from tracker.wire.segment import TCP, Segment
from tracker.words import (
    NOTE_ERROR_IGNORED,
    NOTE_FRAGMENTATION_NEEDED,
    NOTE_PARAMETER_PROBLEM,
    NOTE_PROHIBITED,
    NOTE_REFUSED,
    NOTE_TIME_EXCEEDED,
    NOTE_UNREACHABLE,
    OBSERVED,
    SYN_RECEIVED,
    SYN_SENT,
    UNREACHABLE,
)

# ICMP: types and codes (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1).
V4_UNREACHABLE = 3
V4_PROTOCOL, V4_PORT, V4_FRAGMENTATION_NEEDED = 2, 3, 4
V4_NET_PROHIBITED, V4_HOST_PROHIBITED, V4_PROHIBITED = 9, 10, 13
V4_TIME_EXCEEDED = 11

# ICMPv6: types and codes (RFC 4443 section 3).
V6_UNREACHABLE = 1
V6_PROHIBITED, V6_PORT, V6_POLICY, V6_REJECT_ROUTE = 1, 4, 5, 6
V6_PACKET_TOO_BIG = 2
V6_TIME_EXCEEDED = 3


def error_seen(connection: Connection, segment: Segment, side: int, profile: Profile) -> None:
    """Take an ICMP error about `segment`, which endpoint `side` had sent."""
    sender = connection.b if side else connection.a
    receiver = connection.a if side else connection.b
    kind = _kind(segment)
    if segment.protocol != TCP:
        connection.notes |= kind
        return
    settle(connection, segment.time, profile)
    if not sender.exists:
        return  # it has sent nothing that was seen
    if not _is_on_its_way(sender, receiver, segment):
        connection.notes |= NOTE_ERROR_IGNORED
        return
    connection.notes |= kind
    if _is_fatal(sender, kind):
        connection.step(sender, UNREACHABLE, segment.frame, segment.time, OBSERVED)


def _kind(segment: Segment) -> int:
    """Return the note that says what the error means."""
    kind, code = segment.icmp_type, segment.icmp_code
    if segment.version == 4:
        return _kind_v4(kind, code)
    if kind == V6_PACKET_TOO_BIG:
        return NOTE_FRAGMENTATION_NEEDED
    if kind == V6_TIME_EXCEEDED:
        return NOTE_TIME_EXCEEDED
    if kind != V6_UNREACHABLE:
        return NOTE_PARAMETER_PROBLEM
    if code == V6_PORT:
        return NOTE_REFUSED
    if code == V6_PROHIBITED or code == V6_POLICY or code == V6_REJECT_ROUTE:
        return NOTE_PROHIBITED
    return NOTE_UNREACHABLE


def _kind_v4(kind: int, code: int) -> int:
    if kind == V4_TIME_EXCEEDED:
        return NOTE_TIME_EXCEEDED
    if kind != V4_UNREACHABLE:
        return NOTE_PARAMETER_PROBLEM
    if code == V4_FRAGMENTATION_NEEDED:
        return NOTE_FRAGMENTATION_NEEDED
    if code == V4_PORT or code == V4_PROTOCOL:
        return NOTE_REFUSED
    if code == V4_NET_PROHIBITED or code == V4_HOST_PROHIBITED or code == V4_PROHIBITED:
        return NOTE_PROHIBITED
    return NOTE_UNREACHABLE


def _is_on_its_way(sender: Endpoint, receiver: Endpoint, segment: Segment) -> bool:
    """Return whether the quoted number is one that `sender` may have on its way.

    That is from SND.UNA to SND.NXT, both included (Linux tcp_v4_err).
    """
    if not sender.has_snd or after(segment.sequence, sender.snd_nxt):
        return False
    if receiver.has_ack:
        return not before(segment.sequence, receiver.ack_sent)
    return not sender.has_iss or not before(segment.sequence, sender.iss)


def _is_fatal(sender: Endpoint, kind: int) -> bool:
    """Return whether the error ends the connection for the one who got it.

    While it opens, it does (RFC 5461 section 2.2, and Linux); afterwards all are soft errors
    (RFC 5927 section 5.2).  A packet that is too big is sent again in smaller ones.
    """
    if kind == NOTE_FRAGMENTATION_NEEDED:
        return False
    return sender.state == SYN_SENT or (sender.state == SYN_RECEIVED and kind != NOTE_REFUSED)
