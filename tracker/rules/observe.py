"""One segment seen: counted, and taken to both endpoints."""

from tracker.connection import Connection
from tracker.endpoint import Endpoint, Profile
from tracker.rules.exchange import exchange_seen
from tracker.rules.opening import syn_ack_seen, syn_seen
from tracker.rules.reset import rst_seen
from tracker.rules.seeding import take_numbers
from tracker.rules.space import move, proved_syn
from tracker.rules.times import TWICE_NS
from tracker.rules.timing import settle
from tracker.sequence import add, after
from tracker.wire.segment import ACK, FIN, MALFORMED, RST, SYN, TCP, Segment
from tracker.words import (
    ESTABLISHED,
    LETTER_DATA,
    NOTE_MALFORMED,
    NOTE_ODD_FLAGS,
    NOTE_SEEDED,
    NOTHING,
    SYN_RECEIVED,
    SYN_SENT,
)


def segment_seen(connection: Connection, segment: Segment, side: int, profile: Profile) -> None:
    """Count `segment`, sent by endpoint `side`, and step both endpoints."""
    sender = connection.b if side else connection.a
    receiver = connection.a if side else connection.b
    count(sender, segment)
    if segment.ip_id and not segment.fragmented:
        _note_twice(connection, sender, segment)
    if segment.time > connection.last_seen:
        connection.last_seen = segment.time
    if segment.protocol != TCP:
        _datagram_seen(connection, sender, side)
    elif segment.flags & MALFORMED:
        connection.notes |= NOTE_MALFORMED
    else:
        connection.note_letters(sender, side, segment)
        if connection.calm and _is_ordinary(receiver, segment):
            move(sender, receiver, segment)
        else:
            settle(connection, segment.time, profile)
            _turn(connection, sender, receiver, segment, profile)
            connection.calm = _is_calm(connection)


def _datagram_seen(connection: Connection, sender: Endpoint, side: int) -> None:
    sender.exists = True
    if connection.group == side:
        connection.group = NOTHING  # a host's, whose frames go to a group on its link
    connection.note_letter(sender, side, LETTER_DATA)


def _is_ordinary(receiver: Endpoint, segment: Segment) -> bool:
    """Return whether `segment` is an ACK inside the window, of what was sent, and nothing else."""
    if segment.flags & (FIN | SYN | RST | ACK) != ACK:
        return False
    if receiver.has_edge and after(segment.sequence, receiver.edge):
        return False
    return not receiver.packets or not after(segment.acknowledgment, receiver.snd_nxt)


def part_seen(connection: Connection, segment: Segment, side: int) -> None:
    """Count `segment`, a part of one that was taken in: what is behind a SYN, RST or header."""
    sender = connection.b if side else connection.a
    count(sender, segment)
    if segment.time > connection.last_seen:
        connection.last_seen = segment.time
    if segment.flags & SYN and (sender.state == SYN_SENT or sender.state == SYN_RECEIVED):
        end = add(segment.sequence, segment.payload)
        if after(end, sender.snd_nxt):
            sender.snd_nxt = end


def count(sender: Endpoint, segment: Segment) -> None:
    """Count a frame that `sender` sent, and what is in it."""
    sender.packets += 1
    sender.bytes += segment.length
    sender.payload += segment.payload


def _note_twice(connection: Connection, sender: Endpoint, segment: Segment) -> None:
    """Count a packet that was captured twice, as on a mirror port.

    It has the identification (RFC 6864) and, as far as 16 bits tell, the numbers of the last one,
    and comes at once: what is sent again comes after a timeout.
    """
    numbers = segment.sequence + segment.acknowledgment + segment.payload
    fingerprint = segment.ip_id << 16 ^ numbers & 0xFFFF
    if fingerprint == sender.last_print and segment.time - connection.last_seen < TWICE_NS:
        sender.duplicates += 1
    sender.last_print = fingerprint


def _turn(
    connection: Connection, sender: Endpoint, receiver: Endpoint, segment: Segment, profile: Profile
) -> None:
    """Step both endpoints: RST, SYN, ACK, FIN, in the order of RFC 9293 section 3.10.7.4."""
    flags = segment.flags & (FIN | SYN | RST | ACK)
    if connection.notes & NOTE_SEEDED:
        take_numbers(connection, sender, receiver, segment)
    if flags & SYN and flags & (FIN | RST):
        connection.notes |= NOTE_ODD_FLAGS
    elif flags & RST:
        rst_seen(connection, sender, receiver, segment, profile)
    elif flags & SYN:
        sender.exists = True
        if flags & ACK:
            syn_ack_seen(connection, sender, receiver, segment)
        else:
            syn_seen(connection, sender, receiver, segment)
    elif flags & ACK:
        exchange_seen(connection, sender, receiver, segment)
    else:
        # NULL, XMAS, a FIN without ACK: RFC 9293 section 3.10.7.4, fifth, drops them.
        connection.notes |= NOTE_ODD_FLAGS


def _is_calm(connection: Connection) -> bool:
    """Return whether nothing but a SYN, FIN or RST can change the states."""
    return (
        connection.a.state == ESTABLISHED
        and connection.b.state == ESTABLISHED
        and connection.a.pending == NOTHING
        and connection.b.pending == NOTHING
        and not connection.reset_seen
        and not connection.attempted
        and proved_syn(connection.a, connection.b)
        and proved_syn(connection.b, connection.a)
    )
