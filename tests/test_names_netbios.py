"""Names in NetBIOS messages: RFC 1001 and 1002, with scapy's layers as a second writer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.netbios import (
    NBNSHeader,
    NBNSQueryRequest,
    NBNSQueryResponse,
    NBNSRegistrationRequest,
    NBTDatagram,
)

from tracker.names.netbios import DATAGRAM_SERVICE, NAME_SERVICE, told

WORKSTATION, SERVER, BROWSER, USER, DOMAIN = b"\0", b"\x20", b"\x1d", b"\x03", b"\x1b"
ADDRESS = bytes([192, 168, 0, 2])
GROUP = 0x8000

REGISTRATION, RELEASE, WAIT, REFRESH, REFRESH_TOO, MULTI_HOMED = 5, 6, 7, 8, 9, 15


def encoded(name: bytes, suffix: bytes = WORKSTATION, scope: bytes = b"") -> bytes:
    """Return a name as RFC 1001 section 14.1 writes it: two letters for each octet."""
    padded = name.ljust(15) + suffix
    letters = bytes(letter for octet in padded for letter in (65 + (octet >> 4), 65 + (octet & 15)))
    return b"\x20" + letters + scope + b"\0"


def header(flags: int, *counts: int) -> bytes:
    """Return the header of a name service message (RFC 1002 section 4.2.1.1)."""
    return b"".join(number.to_bytes(2) for number in (7, flags, *counts))


def entries(*given: tuple[int, bytes]) -> bytes:
    """Return what comes behind the name of a record with addresses: type, class, time, entries."""
    listed = b"".join(flags.to_bytes(2) + address for flags, address in given)
    return b"\0\x20\0\1" + bytes(4) + len(listed).to_bytes(2) + listed


def registration(
    name: bytes, operation: int = REGISTRATION, flags: int = 0, address: bytes = ADDRESS
) -> bytes:
    """Return a request that has its name in the question, and points there (section 4.2.2)."""
    question = name + b"\0\x20\0\1"
    record = b"\xc0\x0c" + entries((flags, address))
    return header(operation << 11 | 0x0110, 1, 0, 0, 1) + question + record


def answer(name: bytes, code: int = 0, flags: int = 0) -> bytes:
    """Return a name query response (section 4.2.13)."""
    return header(0x8580 | code, 0, 1, 0, 0) + name + entries((flags, ADDRESS))


def asked(message: bytes) -> list[tuple[str, bytes]]:
    return told(message, NAME_SERVICE)


# --- the name service ---------------------------------------------------------------------------


def test_the_rfcs_example_of_a_name() -> None:
    """RFC 1001 section 14.1: FRED, padded with spaces (so it is a server's), in a scope."""
    name = b"\x20EGFCEFEECACACACACACACACACACACACA\x07NETBIOS\x03COM\0"
    assert asked(answer(name)) == [("fred", ADDRESS)]


@pytest.mark.parametrize("suffix", [WORKSTATION, SERVER], ids=["workstation", "server"])
@pytest.mark.parametrize("operation", [REGISTRATION, REFRESH, REFRESH_TOO, MULTI_HOMED])
def test_registration_and_refresh(operation: int, suffix: bytes) -> None:
    message = registration(encoded(b"FILE-SERVER_1", suffix), operation)
    assert asked(message) == [("file-server_1", ADDRESS)]


def test_a_positive_answer() -> None:
    assert asked(answer(encoded(b"NAS"))) == [("nas", ADDRESS)]
    assert asked(answer(encoded(b"NAS", scope=b"\x04corp\x07example"))) == [("nas", ADDRESS)]


def test_all_addresses_of_a_host() -> None:
    """Section 4.2.13: a host may have several; one that is a group's is not its own."""
    other, group = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
    record = encoded(b"NAS") + entries((0, ADDRESS), (0x2000, other), (GROUP, group), (0, ADDRESS))
    assert asked(header(0x8500, 0, 1, 0, 0) + record) == [("nas", ADDRESS), ("nas", other)]


NOT_HOSTS = {
    "a group": registration(encoded(b"WORKGROUP"), flags=GROUP),
    "all browsers": registration(encoded(b"\1\2__MSBROWSE__\2", b"\1"), flags=GROUP),
    "a domain's browser": registration(encoded(b"WORKGROUP", DOMAIN)),
    "a browser": registration(encoded(b"WORKGROUP", BROWSER)),
    "a user": registration(encoded(b"ALICE", USER)),
    "a name with a space": registration(encoded(b"MY HOST")),
    "an escape": registration(encoded(b"\x1b[2JHOST")),
    "no address yet": registration(encoded(b"NAS"), address=bytes(4)),
    "a negative answer": answer(encoded(b"NAS"), code=3),
    "a release": registration(encoded(b"NAS"), RELEASE),
    "a request to wait": answer(encoded(b"NAS"))[:2] + b"\xbc\0" + answer(encoded(b"NAS"))[4:],
    "a question": header(0x0110, 1, 0, 0, 0) + encoded(b"NAS") + b"\0\x20\0\1",
    "a status": header(0x8400, 0, 1, 0, 0) + encoded(b"NAS") + b"\0\x21\0\1" + bytes(4) + b"\0\0",
    "letters that are none": answer(b"\x20" + b"Z" * 32 + b"\0"),
    "a pointer to itself": header(0x8500, 0, 1, 0, 0) + b"\xc0\x0c" + entries((0, ADDRESS)),
}


@pytest.mark.parametrize("what", NOT_HOSTS)
def test_what_names_no_host(what: str) -> None:
    assert asked(NOT_HOSTS[what]) == []


# --- the datagram service -----------------------------------------------------------------------


def datagram(kind: int = 0x11, flags: int = 0x0A, source: bytes = b"") -> bytes:
    """Return a message of the datagram service (RFC 1002 section 4.4.2)."""
    names = (source or encoded(b"LAPTOP")) + encoded(b"WORKGROUP", BROWSER)
    length = (len(names) + 4).to_bytes(2)
    return bytes([kind, flags]) + b"\0\7" + ADDRESS + b"\0\x8a" + length + b"\0\0" + names + b"data"


@pytest.mark.parametrize("kind", [0x10, 0x11, 0x12], ids=["to one", "to a group", "to all"])
def test_the_sender_of_a_datagram(kind: int) -> None:
    assert told(datagram(kind), DATAGRAM_SERVICE) == [("laptop", ADDRESS)]


def test_other_datagrams_have_no_sender() -> None:
    """An error; a fragment that is not the first; a browser's name."""
    browser = datagram(source=encoded(b"WORKGROUP", BROWSER))
    for message in (datagram(0x13), datagram(flags=0x08), browser, datagram()[:40], b""):
        assert told(message, DATAGRAM_SERVICE) == []


def test_each_port_has_its_messages() -> None:
    assert told(datagram(), NAME_SERVICE) == []
    assert told(answer(encoded(b"NAS")), DATAGRAM_SERVICE) == []
    assert told(answer(encoded(b"NAS")), 139) == []


# --- scapy --------------------------------------------------------------------------------------


FILE_SERVER = int.from_bytes(b"CA")  # letters for 0x20; scapy has two numbers of that name


def test_what_scapy_writes() -> None:
    claim = NBNSHeader() / NBNSRegistrationRequest(
        QUESTION_NAME="PRINTER", SUFFIX=FILE_SERVER, NB_ADDRESS="192.168.0.2"
    )
    assert asked(bytes(claim)) == [("printer", ADDRESS)]
    response = NBNSQueryResponse(RR_NAME="PRINTER", SUFFIX="Workstation Service")
    response.ADDR_ENTRY[0].NB_ADDRESS = "192.168.0.2"
    assert asked(bytes(NBNSHeader() / response)) == [("printer", ADDRESS)]
    assert asked(bytes(NBNSHeader() / NBNSQueryRequest(QUESTION_NAME="PRINTER"))) == []
    sent = NBTDatagram(
        Type=0x11,
        Flags=2,
        SourceIP="192.168.0.2",
        SourceName=b"LAPTOP",
        SUFFIX1="Workstation Service",
    )
    assert told(bytes(sent), DATAGRAM_SERVICE) == [("laptop", ADDRESS)]


# --- any octets ---------------------------------------------------------------------------------

CLAIM = registration(encoded(b"NAS", scope=b"\x04corp"))


@pytest.mark.parametrize("whole", [CLAIM, answer(encoded(b"NAS"))], ids=["claim", "answer"])
def test_a_cut_message_tells_nothing(whole: bytes) -> None:
    assert asked(whole) == [("nas", ADDRESS)]
    assert [asked(whole[:end]) for end in range(len(whole))] == [[]] * len(whole)


@settings(max_examples=300)
@given(
    octets=st.binary(max_size=120),
    begin=st.sampled_from([b"", header(0x8500, 0, 9, 0, 0), header(0x2910, 1, 9, 9, 9), CLAIM]),
    port=st.sampled_from([NAME_SERVICE, DATAGRAM_SERVICE]),
)
def test_any_octets(octets: bytes, begin: bytes, port: int) -> None:
    for name, address in told(begin + octets, port):
        assert len(address) == 4
        assert 0 < len(name) <= 15
        assert name.isascii() and name.isprintable() and " " not in name


def test_a_message_with_nothing_but_records() -> None:
    """65 507 octets: each is looked at a few times."""
    record = b"\xc0\x0c" + entries((0, ADDRESS))
    message = header(0x2910, 1, 0xFFFF, 0xFFFF, 0xFFFF) + encoded(b"NAS") + b"\0\x20\0\1"
    assert asked(message + record * 3600) == [("nas", ADDRESS)]
