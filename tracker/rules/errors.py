"""ICMP errors: what they do to the endpoint whose packet they quote (RFC 1122, RFC 5927).

An error may be forged as easily as a RST.  So the sequence number that it quotes has to be one
that is on its way (RFC 5927 section 4.1); else it is noted and does nothing.

Only an endpoint that is opening is ended by one, and by which, the RFCs leave open: RFC 1122
section 4.2.3.9 tells hard errors from soft ones, RFC 5461 what is done in fact.  What stands here
is what Linux does (tcp_v4_err, tcp_v6_err, tcp_req_err, icmp_unreach).
"""

from tracker.connection import Connection
from tracker.endpoint import Endpoint, Profile
from tracker.rules.space import proved_syn
from tracker.rules.timing import settle
from tracker.sequence import after, before
from tracker.wire.segment import TCP, Segment
from tracker.words import (
    ESTABLISHED,
    NOTE_ERROR_IGNORED,
    NOTE_FRAGMENTATION_NEEDED,
    NOTE_PARAMETER_PROBLEM,
    NOTE_PROHIBITED,
    NOTE_REFUSED,
    NOTE_SEEDED,
    NOTE_TIME_EXCEEDED,
    NOTE_UNREACHABLE,
    OBSERVED,
    SYN_ACK_LOST,
    SYN_RECEIVED,
    SYN_SENT,
    UNREACHABLE,
)

# ICMP: types and codes (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1).
V4_UNREACHABLE = 3
V4_NET, V4_HOST, V4_PROTOCOL, V4_PORT, V4_FRAGMENTATION_NEEDED = 0, 1, 2, 3, 4
V4_NET_PROHIBITED, V4_HOST_PROHIBITED, V4_PROHIBITED = 9, 10, 13
V4_LAST_CODE = 15
V4_TIME_EXCEEDED = 11
V4_REASSEMBLY = 1  # the time to put fragments together, not the time to live

# ICMPv6: types and codes (RFC 4443 section 3).
V6_UNREACHABLE = 1
V6_NO_ROUTE, V6_PROHIBITED, V6_BEYOND_SCOPE, V6_ADDRESS = 0, 1, 2, 3
V6_PORT, V6_POLICY, V6_REJECT_ROUTE = 4, 5, 6
V6_PACKET_TOO_BIG = 2
V6_TIME_EXCEEDED = 3


def error_seen(connection: Connection, segment: Segment, side: int, profile: Profile) -> None:
    """Take an ICMP error about `segment`, which endpoint `side` had sent."""
    sender = connection.b if side else connection.a
    receiver = connection.a if side else connection.b
    if not sender.exists:
        return  # it has sent nothing that was seen
    if segment.protocol != TCP:
        connection.notes |= _kind(segment)
        return
    settle(connection, segment.time, profile)
    if not _is_on_its_way(connection, sender, receiver, segment):
        connection.notes |= NOTE_ERROR_IGNORED
        return
    connection.notes |= _kind(segment)
    frame, time = segment.frame, segment.time
    if sender.state == SYN_RECEIVED and receiver.state == ESTABLISHED:
        if not proved_syn(receiver, sender):
            # Rule 0: the SYN,ACK has not arrived.
            connection.step(receiver, SYN_ACK_LOST, frame, time, OBSERVED)
    if _is_fatal(connection, sender, segment):
        connection.step(sender, UNREACHABLE, frame, time, OBSERVED)


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


def _is_on_its_way(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment
) -> bool:
    """Return whether the quoted number is one that `sender` may have on its way.

    That is from SND.UNA to SND.NXT, both included; of a SYN,ACK just its own.
    """
    if connection.notes & NOTE_SEEDED and not sender.has_snd:
        return True  # nothing is known that speaks against it
    if not sender.has_snd or after(segment.sequence, sender.snd_nxt):
        return False
    if sender.state == SYN_RECEIVED and not connection.simultaneous:
        return sender.has_iss and segment.sequence == sender.iss
    if receiver.has_ack and sender.state != SYN_SENT:
        return not before(segment.sequence, receiver.ack_sent)
    return not sender.has_iss or not before(segment.sequence, sender.iss)


def _is_fatal(connection: Connection, sender: Endpoint, segment: Segment) -> bool:
    """Return whether the error ends the connection for the one who got it.

    Once it is open, none does (RFC 5927 section 5.2).
    """
    if sender.state == SYN_SENT or (sender.state == SYN_RECEIVED and connection.simultaneous):
        return _ends_attempt(segment.version, segment.icmp_type, segment.icmp_code)
    if sender.state == SYN_RECEIVED and not connection.fast_open:
        return _ends_request(segment.version, segment.icmp_type, segment.icmp_code)
    return False


def _ends_attempt(version: int, kind: int, code: int) -> bool:
    """Return whether an error ends SYN_SENT: all do, but for those that TCP is not told of.

    A packet that is too big is sent again in smaller ones.
    """
    if version == 6:
        return kind != V6_PACKET_TOO_BIG
    if kind == V4_UNREACHABLE:
        return code <= V4_LAST_CODE and code != V4_FRAGMENTATION_NEEDED
    return kind != V4_TIME_EXCEEDED or code != V4_REASSEMBLY


def _ends_request(version: int, kind: int, code: int) -> bool:
    """Return whether an error makes a listener forget a SYN that it has answered.

    In IPv4 these are the errors that tell that nobody can be reached, in IPv6 those that are
    final.
    """
    if version == 6:
        if kind == V6_UNREACHABLE:
            return code != V6_NO_ROUTE and code != V6_BEYOND_SCOPE and code != V6_ADDRESS
        return kind != V6_PACKET_TOO_BIG and kind != V6_TIME_EXCEEDED
    if kind == V4_UNREACHABLE:
        return code == V4_NET or code == V4_HOST
    return kind != V4_TIME_EXCEEDED or code != V4_REASSEMBLY
