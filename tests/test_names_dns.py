"""Which name a message of DNS tells of an address, and what it does with messages that are odd."""

import subprocess
import sys

import dns.flags
import dns.message
import pytest
from dns_messages import Record, address_of, back, reply, rrset, told
from hearing import halves
from hypothesis import given
from hypothesis import strategies as st

from tracker.names import dns as names
from tracker.names.dns import Told

WEB, OTHER, WEB6 = "198.51.100.7", "198.51.100.8", "2001:db8::7"


def asked(message: bytes, address: str, everything: bool = False) -> Told | None:
    """Return what a message tells of an address."""
    return names.asked(message, halves(address), everything)


CHAIN: list[Record] = [
    ("www.example", 300, "CNAME", "a.cdn.example"),
    ("a.cdn.example", 20, "CNAME", "b.cdn.example"),
    ("b.cdn.example", 100, "A", OTHER),
    ("b.cdn.example", 100, "A", WEB),
]


def test_the_question_is_the_name() -> None:
    assert asked(address_of("www.example", WEB, 9), WEB, False) == Told("www.example", 9)
    assert asked(address_of("www.example", WEB6, 9), WEB6, False) == Told("www.example", 9)
    assert asked(address_of("www.example", WEB), OTHER, False) is None


def test_names_are_shown_in_lower_case_without_the_last_dot() -> None:
    """RFC 1035 section 2.3.3: in whatever case, it is the same name."""
    assert asked(address_of("WwW.eXaMpLe.", WEB, 9), WEB, False) == Told("www.example", 9)


def test_an_alias_holds_as_long_as_all_of_its_chain() -> None:
    assert asked(reply("www.example", *CHAIN), WEB, False) == Told("www.example", 20)


def test_a_chain_in_a_circle_ends() -> None:
    """RFC 1034 section 3.6.2: loops are an error."""
    circle: list[Record] = [
        ("a.example", 9, "CNAME", "b.example"),
        ("b.example", 9, "CNAME", "a.example"),
        ("a.example", 9, "A", WEB),
    ]
    found = asked(reply("a.example", *circle), WEB, False)
    assert found is not None
    assert found.text in ("a.example", "b.example")


def test_the_way_back() -> None:
    """RFC 1035 section 3.5."""
    assert asked(back(WEB, "back.example"), WEB, False) == Told("back.example", 300, True)
    assert asked(back(WEB, "back.example"), OTHER, False) is None


def test_the_way_back_by_ipv6() -> None:
    """RFC 3596 section 2.5."""
    pointer = ".".join(reversed("20010db8" + "0" * 23 + "7")) + ".ip6.arpa"
    message = reply(pointer, (pointer, 9, "PTR", "back.example"))
    assert asked(message, WEB6, False) == Told("back.example", 9, True)


@pytest.mark.parametrize("kind", [0x8001, 1])
def test_what_hosts_say_of_themselves(kind: int) -> None:
    """With mDNS's flag, too, that what was known before is replaced (RFC 6762 section 10.2)."""
    message = bytearray(told(WEB, "printer.local", 120))
    at = len(message) - 12
    assert message[at : at + 2] == b"\0\1"
    message[at : at + 2] = kind.to_bytes(2)
    assert asked(bytes(message), WEB, True) == Told("printer.local", 120)


def test_additional_records_of_mdns_count() -> None:
    """An answer about a service has the addresses there (RFC 6763 section 12)."""
    message = dns.message.Message(0)
    message.flags = dns.flags.QR | dns.flags.AA
    message.answer = [rrset(("_ipp._tcp.local", 9, "PTR", "p._ipp._tcp.local"))]
    message.additional = [rrset(("printer.local", 9, "A", WEB))]
    assert asked(message.to_wire(), WEB, True) == Told("printer.local", 9)
    assert asked(message.to_wire(), WEB, False) is None


def test_a_cut_message_tells_what_is_there() -> None:
    octets = reply("www.example", *CHAIN)
    found = [asked(octets[:end], OTHER, False) for end in range(len(octets) + 1)]
    assert found[-1] == found[-17] == Told("www.example", 20)  # the last record has 16 octets
    assert found[-18] is None
    assert set(found) == {None, Told("www.example", 20)}


def test_a_message_with_more_records_than_it_has() -> None:
    message = bytearray(address_of("www.example", WEB, 9))
    message[4:6] = message[6:8] = b"\xff\xff"
    asked(bytes(message), WEB, False)
    message[4:6] = b"\0\1"
    assert asked(bytes(message), WEB, False) == Told("www.example", 9)


@pytest.mark.parametrize(
    "name", [r"a\027[2Jb.example", r"a\000.example", r"a b.example", "<i>.example", ".", "1.2.3.4"]
)
def test_implausible_names_are_none(name: str) -> None:
    assert asked(address_of(name, WEB), WEB, False) is None


@given(st.binary(max_size=200), st.booleans())
def test_any_octets(octets: bytes, everything: bool) -> None:
    asked(b"\0\0\x81\x80" + octets, WEB, everything)
    names.addresses(b"\0\0\x81\x80" + octets, "www.example", everything)


@given(st.data(), st.booleans())
def test_damage(data: st.DataObject, everything: bool) -> None:
    octets = bytearray(reply("www.example", *CHAIN))
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    found = asked(bytes(octets), WEB, everything)
    assert found is None or found.text.isascii()


def test_addresses_of_a_name() -> None:
    octets = reply("www.example", *CHAIN)
    assert names.addresses(octets, "www.example", False) == [halves(OTHER), halves(WEB)]
    assert names.addresses(octets, "b.cdn.example", False) == []
    assert names.addresses(back(WEB, "back.example"), "back.example", False) == [halves(WEB)]


WITHOUT = """
import sys
sys.modules["dns"] = None
from tracker.names import dns
print(dns.asked(bytes.fromhex(sys.argv[1]), (4, 0, 0xFFFFC6336407), False))
"""


def test_without_the_library_there_are_no_names() -> None:
    octets = address_of("www.example", WEB).hex()
    process = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT, octets], capture_output=True, text=True, check=True
    )
    assert process.stdout == "None\n"
