"""Names in DHCP messages: RFC 2131, 2132, 3396, 4702; RFC 8415, 4704; written by scapy, too."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dhcp6 import (
    DHCP6_RelayForward,
    DHCP6_Reply,
    DHCP6_Request,
    DHCP6OptClientFQDN,
    DHCP6OptIA_NA,
    DHCP6OptIAAddress,
    DHCP6OptRelayMsg,
)

from tracker.names.dhcp import told

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
HOST_NAME, REQUESTED, OVERLOAD, FULL_NAME = 12, 50, 52, 81
NAME = "laptop"
MINE, YOURS, WANTED = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]), bytes([10, 0, 0, 3])


def option(code: int, octets: bytes) -> bytes:
    return bytes([code, len(octets)]) + octets


def message(
    kind: int,
    *options: bytes,
    client: bytes = bytes(4),
    yours: bytes = bytes(4),
    server_name: bytes = b"",
    file: bytes = b"",
) -> bytes:
    """Return a DHCP message (RFC 2131 section 2)."""
    fields = bytes([1 if kind in (DISCOVER, REQUEST) else 2, 1, 6, 0]) + bytes(8)
    fields += client + yours + bytes(8) + bytes(16)
    fields += server_name.ljust(64, b"\0") + file.ljust(128, b"\0") + bytes([99, 130, 83, 99])
    return fields + option(53, bytes([kind])) + b"".join(options) + b"\xff"


NAMED = option(HOST_NAME, NAME.encode())

# --- DHCPv4: whose address ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "address"),
    [
        (message(ACK, NAMED, yours=YOURS), YOURS),
        (message(ACK, NAMED, yours=YOURS, client=MINE), YOURS),
        (message(ACK, NAMED, client=MINE), MINE),
        (message(REQUEST, NAMED, client=MINE), MINE),
        (message(REQUEST, NAMED, option(REQUESTED, WANTED)), WANTED),
        (message(REQUEST, NAMED, option(REQUESTED, WANTED), client=MINE), MINE),
        (message(INFORM, NAMED, client=MINE), MINE),
    ],
    ids=["granted", "granted anew", "informed", "renewing", "selecting", "rebinding", "informing"],
)
def test_the_address_of_the_named_host(octets: bytes, address: bytes) -> None:
    """RFC 2131 sections 4.3.1, 4.3.2, 4.3.5."""
    assert told(octets, 4) == [(NAME, address)]


@pytest.mark.parametrize("kind", [DISCOVER, OFFER, DECLINE, NAK, RELEASE, 9, 0])
def test_messages_after_which_nobody_has_the_address(kind: int) -> None:
    octets = message(kind, NAMED, option(REQUESTED, WANTED), client=MINE, yours=YOURS)
    assert told(octets, 4) == []


def test_nothing_without_a_name_or_an_address() -> None:
    assert told(message(ACK, yours=YOURS), 4) == []
    assert told(message(REQUEST, NAMED), 4) == []
    assert told(message(REQUEST, NAMED, option(REQUESTED, WANTED[:3])), 4) == []
    bootp = message(ACK, NAMED, yours=YOURS).replace(bytes([99, 130, 83, 99]), bytes(4))
    assert told(bootp, 4) == []


# --- DHCPv4: names ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("full", "names"),
    [
        (b"\1\0\0laptop.example.com", ["laptop.example.com"]),
        (b"\5\0\0\6laptop\7example\3com\0", ["laptop.example.com"]),
        (b"\5\0\0\6laptop", ["laptop"]),
        (b"\5\0\0\x3flaptop", []),
        (b"\5\0\0\x07lap.top\0", ["lap.top"]),
        (b"\5\0", []),
        (b"", []),
    ],
    ids=["text", "labels", "no root: partial", "too long a label", "a dot", "no name", "empty"],
)
def test_a_full_name(full: bytes, names: list[str]) -> None:
    """RFC 4702 section 2: flags, two codes, the name in one of two spellings."""
    octets = message(ACK, option(FULL_NAME, full), yours=YOURS)
    assert told(octets, 4) == [(name, YOURS) for name in names]


def test_the_full_name_comes_first() -> None:
    full = option(FULL_NAME, b"\1\0\0laptop.example.com")
    octets = message(ACK, NAMED, full, yours=YOURS)
    assert told(octets, 4) == [("laptop.example.com", YOURS), (NAME, YOURS)]


def test_options_in_other_fields() -> None:
    """RFC 2132 section 9.3: overload 1 is the file's field, 2 the server name's, 3 both."""
    for overload, names in ((0, []), (1, ["in-file"]), (2, ["in-name"]), (3, ["in-filein-name"])):
        octets = message(
            ACK,
            option(OVERLOAD, bytes([overload])),
            yours=YOURS,
            file=option(HOST_NAME, b"in-file"),
            server_name=option(HOST_NAME, b"in-name"),
        )
        # Of both, the second goes on with the first: RFC 3396 section 5, in that order.
        assert told(octets, 4) == [(name, YOURS) for name in names]


def test_a_split_option() -> None:
    """RFC 3396 section 7: an option that comes again goes on."""
    halves = option(HOST_NAME, NAME[:3].encode()), b"\0\0", option(HOST_NAME, NAME[3:].encode())
    assert told(message(ACK, *halves, yours=YOURS), 4) == [(NAME, YOURS)]


@pytest.mark.parametrize("name", [b"my laptop", b"\x1b[2J", b"<b>", b"10.0.0.1", b"a..b", b"\0"])
def test_what_is_no_host_name(name: bytes) -> None:
    assert told(message(ACK, option(HOST_NAME, name), yours=YOURS), 4) == []


def test_a_name_with_a_nul_behind() -> None:
    """RFC 2132 section 2: receivers must be ready for one."""
    assert told(message(ACK, option(HOST_NAME, b"LAPTOP\0"), yours=YOURS), 4) == [(NAME, YOURS)]


def test_what_scapy_writes() -> None:
    options = [("message-type", "request"), ("requested_addr", "10.0.0.3"), ("hostname", "laptop")]
    octets = bytes(BOOTP() / DHCP(options=[*options, "end"]))
    assert told(octets, 4) == [(NAME, WANTED)]


# --- DHCPv6 -------------------------------------------------------------------------------------

MINE6 = bytes.fromhex("20010db8" + "00" * 11 + "05")
TEXT6 = "2001:db8::5"


def lasting(valid: int = 3600, address: str = TEXT6) -> DHCP6OptIA_NA:
    """Return an IA_NA with one address (RFC 8415 sections 21.4 and 21.6)."""
    return DHCP6OptIA_NA(
        iaid=1, ianaopts=[DHCP6OptIAAddress(addr=address, preflft=valid, validlft=valid)]
    )


def full_name(name: bytes = b"laptop.example.com.") -> DHCP6OptClientFQDN:
    return DHCP6OptClientFQDN(fqdn=name)


FULL = "laptop.example.com"


def test_a_request_and_its_reply() -> None:
    """RFC 8415 section 18.2: a client that asks may leave the times 0."""
    assert told(bytes(DHCP6_Request() / full_name() / lasting(valid=0)), 6) == [(FULL, MINE6)]
    assert told(bytes(DHCP6_Reply() / lasting() / full_name()), 6) == [(FULL, MINE6)]


def test_an_address_without_time_is_not_granted() -> None:
    """RFC 8415 section 18.2.10.1."""
    assert told(bytes(DHCP6_Reply() / lasting(valid=0) / full_name()), 6) == []


@pytest.mark.parametrize("kind", [1, 2, 8, 9, 10, 11, 14])
def test_messages_after_which_nobody_has_it(kind: int) -> None:
    """SOLICIT, ADVERTISE, RELEASE, DECLINE, RECONFIGURE, INFORMATION-REQUEST, others."""
    octets = bytearray(bytes(DHCP6_Request() / full_name() / lasting()))
    octets[0] = kind
    assert told(bytes(octets), 6) == []


def test_a_relayed_message() -> None:
    """RFC 8415 section 9: also through several relays, but not through any number."""
    octets = bytes(DHCP6_Request() / full_name() / lasting())
    for relays in range(1, 40):
        relay = DHCP6_RelayForward(hopcount=relays) / DHCP6OptRelayMsg(message=octets)
        octets = bytes(relay)
        assert told(octets, 6) == ([(FULL, MINE6)] if relays < 32 else [])


def test_a_partial_name() -> None:
    """RFC 4704 section 4.2: without the root."""
    option6 = b"\0\x27\0\x08\0\6laptop"
    octets = bytes(DHCP6_Request()) + option6 + bytes(lasting())
    assert told(octets, 6) == [(NAME, MINE6)]


# --- any octets ---------------------------------------------------------------------------------

WHOLE4 = message(ACK, NAMED, yours=YOURS)
WHOLE6 = bytes(DHCP6_Request() / full_name() / lasting())


def test_a_cut_message() -> None:
    """The name, or nothing; never a part of it."""
    for whole, version, pair in ((WHOLE4, 4, (NAME, YOURS)), (WHOLE6, 6, (FULL, MINE6))):
        assert told(whole, version) == [pair]
        for end in range(len(whole)):
            assert told(whole[:end], version) in ([], [pair])


def test_other_versions_are_none() -> None:
    assert told(WHOLE4, 6) == told(WHOLE6, 4) == told(WHOLE4, 5) == []


@settings(max_examples=300)
@given(
    octets=st.binary(max_size=120),
    begin=st.sampled_from(
        [b"", WHOLE4[:-1], WHOLE4[:243], WHOLE6, WHOLE6[:4], b"\x0c" + bytes(33)]
    ),
    version=st.sampled_from([4, 6]),
)
def test_any_octets(octets: bytes, begin: bytes, version: int) -> None:
    for name, address in told(begin + octets, version):
        assert len(address) == (4 if version == 4 else 16)
        assert name.isascii() and name.isprintable() and " " not in name and len(name) <= 253
