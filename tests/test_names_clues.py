"""What was heard is found again, in bounded memory; and the walk over messages of DNS.

What a message tells is dnspython's word.
"""

import random
import struct

import dns.exception
import dns.flags
import dns.message
import dns.rdatatype
import dns.reversename
import dns.rrset
import pytest
from dns_messages import Record, reply, rrset
from hearing import Address, halves
from hypothesis import given
from hypothesis import strategies as st

from tracker.names.answers import Answers
from tracker.names.clues import MOST, NEVER, Asker, Clue, Clues
from tracker.names.name import DNS
from tracker.wire.segment import Frame, Segment

SMALLEST = 1 << 17  # octets: two shelves of the smallest size


def walked(message: bytes, *, everything: bool = False, before: bytes = b"") -> list[Address]:
    """Return the addresses that the walk finds in a message, which lies behind other octets."""
    frame = Frame()
    frame.data = before + message + b"behind"
    answers = Answers()
    count = answers.read(frame, len(before), len(before) + len(message), everything)
    assert count == answers.count
    assert not count or len(before) < answers.end <= len(before) + len(message)
    return [(answers.version(i), answers.high(i), answers.low(i)) for i in range(count)]


def parsed(message: dns.message.Message, *, everything: bool = False) -> set[Address]:
    """Return the addresses in a message as dnspython has it."""
    found = set()
    for records in [*message.answer, *(message.additional if everything else [])]:
        for record in records:
            if records.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
                found.add(halves(record.address))
            elif records.rdtype == dns.rdatatype.PTR:
                try:
                    found.add(halves(dns.reversename.to_address(records.name)))
                except (dns.exception.DNSException, ValueError):
                    continue
    return found


# --- the walk -----------------------------------------------------------------------------------

LABELS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
NAMES = st.lists(LABELS, min_size=1, max_size=6).map(".".join)
ADDRESSES = st.ip_addresses().map(str)


def reverse(address: str) -> str:
    return str(dns.reversename.from_address(address))


RECORDS = st.one_of(
    st.tuples(NAMES, st.integers(0, 99), st.just("A"), st.ip_addresses(v=4).map(str)),
    st.tuples(NAMES, st.integers(0, 99), st.just("AAAA"), st.ip_addresses(v=6).map(str)),
    st.tuples(NAMES, st.integers(0, 99), st.just("CNAME"), NAMES),
    st.tuples(ADDRESSES.map(reverse), st.integers(0, 99), st.just("PTR"), NAMES),
    st.tuples(NAMES, st.integers(0, 99), st.just("PTR"), NAMES),
    st.tuples(NAMES, st.integers(0, 99), st.just("TXT"), LABELS),
    st.tuples(NAMES, st.integers(0, 99), st.just("MX"), NAMES.map("10 {}.".format)),
)


@given(NAMES, st.lists(RECORDS, max_size=12), st.lists(RECORDS, max_size=4), st.booleans())
def test_the_walk_finds_what_dnspython_finds(
    asked: str, answers: list[Record], additional: list[Record], everything: bool
) -> None:
    message = dns.message.make_response(dns.message.make_query(asked, "A"))
    message.answer = [rrset(record) for record in answers]
    message.additional = [rrset(record) for record in additional]
    octets = message.to_wire(max_size=65535)
    assert set(walked(octets, everything=everything)) == parsed(message, everything=everything)


@given(st.binary(max_size=300), st.booleans())
def test_any_octets(octets: bytes, everything: bool) -> None:
    assert len(walked(octets, everything=everything)) <= 256


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=40), st.integers(0, 0xFFFF))
def test_any_octets_behind_a_header(pieces: list[bytes], count: int) -> None:
    header = struct.pack("!6H", 1, 0x8180, 1, count, count, count)
    assert len(walked(header + b"".join(pieces), everything=True)) <= 256


@given(st.data())
def test_damage(data: st.DataObject) -> None:
    """One octet changed anywhere; pointers may then lead anywhere."""
    records: list[Record] = [
        ("www.example", 9, "CNAME", "a.example"),
        ("a.example", 9, "A", "192.0.2.1"),
        (reverse("192.0.2.2"), 9, "PTR", "b.example"),
        (reverse("2001:db8::1"), 9, "PTR", "c.example"),
    ]
    octets = bytearray(reply("www.example", *records))
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    assert len(walked(bytes(octets), before=b"x" * 42)) <= 4


def test_what_is_cut_tells_what_is_there() -> None:
    records: list[Record] = [("www.example", 9, "A", f"192.0.2.{i}") for i in range(1, 4)]
    octets = reply("www.example", *records)
    length = 16  # of each: pointer, type, class, TTL, length, address
    for end in range(len(octets) + 1):
        missing = len(octets) - end
        there = max(3 - (missing + length - 1) // length, 0)
        assert walked(octets[:end]) == [halves(f"192.0.2.{i + 1}") for i in range(there)]


def test_pointers_in_a_circle_end() -> None:
    """RFC 1035 section 4.1.4: a pointer leads to a prior occurrence."""
    for pointer in (b"\xc0\x0c", b"\xc0\x1e", b"\xff\xff", b"\xc0\x00", b"\x01a\xc0\x0c"):
        owner = pointer + struct.pack("!HHIH", 12, 1, 9, 2) + b"\xc0\x0c"
        for question in (pointer, b"\x01a\xc0\x0c", b"\x07in-addr\x04arpa\0"):
            header = struct.pack("!6H", 0, 0x8180, 1, 2, 0, 0)
            assert walked(header + question + b"\0\x0c\0\1" + owner + owner) == []


@pytest.mark.parametrize(
    ("flags", "tells"),
    [
        (0x8180, True),
        (0x8580, True),  # authoritative
        (0x8380, True),  # truncated: the first records are there
        (0x0100, False),  # a query
        (0x8183, False),  # no such name
        (0x8182, False),  # server failure
        (0xA000, False),  # notify
        (0xA800, False),  # update
    ],
)
def test_only_answers_without_an_error_tell(flags: int, tells: bool) -> None:
    octets = bytearray(reply("www.example", ("www.example", 9, "A", "192.0.2.1")))
    octets[2:4] = flags.to_bytes(2)
    assert bool(walked(bytes(octets))) == tells


def test_other_classes_tell_nothing() -> None:
    octets = reply("www.example", ("www.example", 9, "A", "192.0.2.1"))
    assert walked(octets[:-14] + b"\0\1\0\3" + octets[-10:]) == []  # CHAOS
    assert walked(octets[:-14] + b"\0\1\x80\1" + octets[-10:]) != []  # mDNS: replaces


def test_most_records() -> None:
    """A message of a thousand records: RFC 1035 sets no limit, this walk does."""
    records: list[Record] = [("a.", 9, "A", f"10.0.{i >> 8}.{i & 255}") for i in range(1000)]
    assert len(walked(reply("a.", *records))) == (4096 - 12 - 7) // 16
    pointers: list[Record] = [(reverse("192.0.2.1"), 9, "PTR", f"h{i}.") for i in range(100)]
    assert len(walked(reply("a.", *pointers))) == 16


# --- clues --------------------------------------------------------------------------------------


class Kept:
    """Clues, and how to keep some."""

    def __init__(self, memory: int = SMALLEST) -> None:
        self.clues = Clues(memory, 42)
        self.asker = Asker()
        self.segment = Segment()

    def put(self, octets: bytes, keys: list[int], time: int = 7) -> bool:
        self.segment.time = time
        self.segment.frame += 1
        self.asker.be(6, 2**64 - 1, 5)
        is_kept = self.clues.put(
            DNS, self.segment, self.asker, b"<" + octets + b">", 1, 1 + len(octets), len(keys)
        )
        for key in keys if is_kept else ():
            self.clues.tell(key)
        return is_kept

    def octets(self, key: int, until: int = NEVER) -> list[bytes]:
        return [clue.octets for clue in self.clues.heard(key, until)]


def test_a_clue_is_as_it_was() -> None:
    kept = Kept()
    assert kept.put(b"message", [3, 2**64 - 1], 1 << 60)
    expected = [Clue(DNS, 1 << 60, 1, 6, 2**64 - 1, 5, b"message")]
    assert kept.clues.heard(3) == kept.clues.heard(2**64 - 1) == expected
    assert kept.clues.has(3)
    assert not kept.clues.has(4)
    assert kept.clues.heard(4) == []


def test_times_before_1970_are_none() -> None:
    kept = Kept()
    kept.put(b"", [3], -5)
    assert kept.clues.heard(3)[0].time == 0


def test_the_newest_come_first_up_to_a_time() -> None:
    kept = Kept()
    for number in range(100):
        kept.put(b"%d" % number, [1, number + 10], number)
    assert kept.octets(1) == [b"%d" % number for number in range(99, 99 - MOST, -1)]
    assert kept.octets(1, 50)[0] == b"50"
    assert kept.octets(1, 3) == [b"3", b"2", b"1", b"0"]


def test_against_a_dictionary() -> None:
    """Many keys in the same slots, and messages of all lengths."""
    kept, expected = Kept(1 << 20), dict[int, list[bytes]]()
    rng = random.Random(1)  # noqa: S311
    keys = [rng.getrandbits(64) for _ in range(50)] + [n << 20 for n in range(50)]
    for number in range(1000):
        message = b"%d " % number + rng.randbytes(rng.randrange(40))
        chosen = rng.sample(keys, rng.randrange(4))
        assert kept.put(message, chosen)
        for key in chosen:
            expected.setdefault(key, []).insert(0, message)
    assert kept.clues.forgotten == 0
    for key in keys:
        assert kept.octets(key) == expected.get(key, [])[:MOST]
        assert kept.clues.has(key) == (key in expected)
    assert kept.clues.count == 1000
    assert [clue.octets for clue in kept.clues.search(b"99 ")][:2] == expected_with(expected)


def expected_with(expected: dict[int, list[bytes]]) -> list[bytes]:
    """Return the first two of all messages in which "99 " stands, in their order."""
    found = {message for messages in expected.values() for message in messages}
    return sorted((m for m in found if b"99 " in m.lower()), key=lambda m: int(m.split()[0]))[:2]


def test_the_oldest_are_forgotten_and_counted() -> None:
    kept = Kept()
    for number in range(10_000):
        assert kept.put(b"%d" % number, [number, 10**6])
    clues = kept.clues
    assert clues.kept == 10_000
    assert clues.count + clues.forgotten == 10_000
    assert 0 < clues.count < 10_000
    assert not clues.has(0)
    # Nothing newer is forgotten before something older.
    first = clues.forgotten
    assert [clues.has(number) for number in range(10_000)] == [n >= first for n in range(10_000)]
    assert kept.octets(10**6)[0] == b"9999"
    # A slot and a row, an entry each for two keys: what they take in all is bounded.
    assert clues.count * (5 + 1 + 4) * 8 <= SMALLEST


def test_what_is_larger_than_a_shelf_is_forgotten_at_once() -> None:
    kept = Kept()
    kept.put(b"small", [1])
    assert not kept.put(bytes(1 << 17), [2])
    assert not kept.put(b"", [3] * 100_000)
    assert not kept.clues.has(2)
    assert kept.clues.forgotten + kept.clues.count == kept.clues.kept == 3
    assert kept.put(b"next", [4])
    assert kept.octets(4) == [b"next"]


def test_keys_depend_on_all_they_are_made_of() -> None:
    clues = Clues(SMALLEST, 1)
    keys = {
        clues.address(4, 0, 1),
        clues.address(6, 0, 1),
        clues.address(6, 1, 0),
        clues.address(4, 0, 2),
        clues.asked(clues.address(4, 0, 1), clues.address(4, 0, 2)),
        clues.asked(clues.address(4, 0, 2), clues.address(4, 0, 1)),
        clues.asked(clues.address(4, 0, 1), clues.address(4, 0, 1)),
        clues.asked(clues.address(4, 0, 2), clues.address(4, 0, 2)),
        clues.connection(6, 0, 1, 0, 2, 80),
        clues.connection(17, 0, 1, 0, 2, 80),
        clues.connection(6, 0, 2, 0, 1, 80),
        clues.connection(6, 1, 1, 0, 2, 80),
        clues.connection(6, 0, 1, 1, 2, 80),
        clues.connection(6, 0, 1, 0, 2, 80 << 16),
        Clues(SMALLEST, 2).address(4, 0, 1),
    }
    assert len(keys) == 15
    assert all(0 <= key < 2**64 for key in keys)
