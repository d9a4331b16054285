"""The name in a ClientHello: RFC 8446, RFC 6066; Python's own TLS client."""

import ssl

import pytest
from hellos import HOST_NAME, counted, extension, hello, names, record, records, spoken
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.names.incomplete import Incomplete
from tracker.names.tls import LONGEST_HELLO, hello_name, server_name

NAME = "www.example.com"
OTHER = extension(10, bytes(8)) + extension(0x0A0A, b"")  # a group list and grease
HELLO = hello(OTHER + names((HOST_NAME, NAME.encode())) + OTHER)


def asked(stream: bytes) -> str | None:
    """Return the name; "more" if the stream goes on."""
    try:
        return server_name(stream)
    except Incomplete as more:
        return "more" if more.needed > len(stream) else "nothing"


# --- what clients say ---------------------------------------------------------------------------


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_real_client(version: ssl.TLSVersion) -> None:
    assert server_name(spoken("Www.Example.COM", version)) == NAME
    assert server_name(spoken(None, version)) is None


@pytest.mark.parametrize("version", [0x0300, 0x0301, 0x0302, 0x0303, 0x0304])
def test_versions(version: int) -> None:
    """SSL 3 to TLS 1.3, in the record and in the hello."""
    said = names((HOST_NAME, NAME.encode()))
    assert server_name(record(hello(said, version, session=bytes(32)), version)) == NAME


def test_a_hello_before_there_were_extensions() -> None:
    assert server_name(record(hello(None, 0x0300))) is None
    assert server_name(record(hello(b""))) is None


def test_an_a_label_stays_as_it_is() -> None:
    """RFC 6066 section 3: A-labels are what the wire has."""
    assert server_name(record(hello(names((HOST_NAME, b"xn--bcher-kva.example"))))) == (
        "xn--bcher-kva.example"
    )


def test_what_follows_the_hello_is_not_looked_at() -> None:
    assert server_name(record(HELLO) + b"\x14\x03\x03\0\1\1" + b"\x17\x03\x03 early data") == NAME


# --- records ------------------------------------------------------------------------------------


def test_records_of_one_octet() -> None:
    assert server_name(records(HELLO, range(len(HELLO)))) == NAME


@given(cuts=st.lists(st.integers(1, len(HELLO)), max_size=12), end=st.integers(0, 400))
def test_any_records_and_any_end(cuts: list[int], end: int) -> None:
    """The right name, as soon as its octets are there; before, that more is needed."""
    stream = records(HELLO, cuts)
    found = asked(stream[:end])
    assert found in (NAME, "more")
    assert (found == NAME) >= (end >= len(stream))
    assert (found == "more") >= (NAME.encode() not in HELLO[:end])


def test_what_is_needed() -> None:
    """The first is a record's header; then all of the hello that has to be there, one record."""
    stream = record(HELLO)
    end = stream.index(NAME.encode()) + len(NAME)
    needed: list[int] = []
    while not needed or needed[-1] < end:
        with pytest.raises(Incomplete) as more:
            server_name(stream[: needed[-1] if needed else 0])
        needed.append(more.value.needed)
    assert needed == sorted(set(needed))
    assert needed[-1] == end
    assert server_name(stream[:end]) == NAME


@pytest.mark.parametrize(
    "between",
    [
        b"\x14\x03\x03\0\1\1",
        b"\x16\x03\x01\0\0",
        b"\x16\x03\x01\x40\x01",
        b"\x16\x02\0\0\1",
        b"GET",
    ],
    ids=["another record", "empty", "too long", "version 2", "no record"],
)
def test_between_two_records_of_a_hello(between: bytes) -> None:
    """RFC 8446 section 5.1: nothing comes between, none is empty, none longer than 2**14."""
    middle = HELLO.index(NAME.encode())
    assert asked(record(HELLO[:middle]) + between + record(HELLO[middle:])) is None
    assert asked(between) is None


# --- what contradicts the RFC -------------------------------------------------------------------

GOOD = names((HOST_NAME, NAME.encode()))
WRONG = {
    "a ServerHello": record(hello(GOOD, kind=2)),
    "version 2": record(hello(GOOD, 0x0203)),
    "a session of 33 octets": record(hello(GOOD, session=bytes(33))),
    "two host names": record(hello(names((0, b"a.example"), (0, b"b.example")))),
    "no name": record(hello(names())),
    "an empty name": record(hello(names((0, b"")))),
    "a name beyond its list": record(hello(extension(0, counted(b"\0\0\x09a.example")[:-1]))),
    "a list shorter than the extension": record(hello(extension(0, counted(b"") + b"\0"))),
    "an extension beyond the list": record(hello(GOOD[:2] + b"\xff\xff" + GOOD[4:])),
    "extensions beyond the hello": record(hello(None)[:-2] + b"\1\0\x40\0" + GOOD),
    "an odd octet behind the extensions": record(b"\1" + counted(hello(GOOD)[4:] + b"\0", 3)),
    "longer than any hello": record(b"\1" + LONGEST_HELLO.to_bytes(3) + hello(GOOD)[4:]),
    "no records": hello(GOOD),
    "an SSL 2 hello": bytes.fromhex("802e0100020015000000100700c0"),
}


@pytest.mark.parametrize("what", WRONG)
def test_contradictions(what: str) -> None:
    assert asked(WRONG[what]) is None


def test_other_types_of_names_are_passed() -> None:
    """RFC 6066 section 3: there may be more one day, with the same length before them."""
    assert server_name(record(hello(names((7, b"\xff" * 9), (0, NAME.encode()))))) == NAME


@pytest.mark.parametrize(
    "name",
    [
        b"192.0.2.1",
        b"2001:db8::1",
        b"a b.example",
        b"\x1b[31mred.example",
        b"<b>.example",
        b"a..example",
        b".example",
        b"a\0.example",
        b"b\xc3\xbccher.example",
        b"*.example",
        b"a.example\n",
        b"x" * 64 + b".example",
        b".".join([b"x" * 50] * 5),
        b"0x7f.1",
        b"0x7f",
        b"2130706433",
    ],
)
def test_what_is_no_host_name(name: bytes) -> None:
    assert server_name(record(hello(names((HOST_NAME, name))))) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [(b"a.Example.", "a.example"), (b"_srv.X-1.example", "_srv.x-1.example"), (b"nas", "nas")],
)
def test_what_is_one(name: bytes, text: str) -> None:
    assert server_name(record(hello(names((HOST_NAME, name))))) == text


# --- any octets ---------------------------------------------------------------------------------


@settings(max_examples=300)
@given(octets=st.binary(max_size=200), begin=st.sampled_from([b"", b"\x16\x03\x01", record(HELLO)]))
def test_any_octets(octets: bytes, begin: bytes) -> None:
    assert asked(begin + octets) in (None, "more", NAME)


@settings(max_examples=300)
@given(at=st.integers(0, len(HELLO) - 1), octet=st.integers(0, 255), end=st.integers(0, 300))
def test_a_changed_octet(at: int, octet: int, end: int) -> None:
    """Changes nothing, or the name where it stands; nothing else comes out."""
    changed = bytearray(HELLO)
    changed[at] = octet
    text = bytes(changed[HELLO.index(NAME.encode()) :][: len(NAME)]).decode("latin-1").lower()
    assert asked(record(bytes(changed))[:end]) in (None, "more", NAME, text)


def test_time_is_linear() -> None:
    """Of records of one octet, too."""
    long = hello(extension(1, bytes(65000)))
    assert server_name(records(long, range(len(long)))) is None
    with pytest.raises(Incomplete):
        hello_name(long[:60000])
