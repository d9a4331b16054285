"""Which name is shown for a host: of all that were told, the one that its peer connected by.

The messages are made by dnspython, the hellos by Python's own TLS.
"""

import dns_messages
import pytest
from captures import PCAPS, START, Record
from dns_messages import back, reply, told
from hearing import (
    ASKER,
    OTHER,
    RESOLVER,
    WEB,
    Heard,
    S,
    at,
    datagram,
    heard,
    segment,
)
from hellos import spoken
from metering import feed
from named import INITIATOR, NAMED, Named
from packets import SYN

from tracker.names.name import SOURCES, Name

GROUP = "224.0.0.251"


def address_of(name: str, ttl: int = 300) -> bytes:
    """Return the answer that WEB is the address of a name."""
    return dns_messages.address_of(name, WEB, ttl)


def syn(seconds: float, port: int = 50000, source: str = ASKER) -> Record:
    """Return the beginning of a connection to WEB."""
    return at(seconds, segment(b"", flags=SYN, ports=(port, 443), source=source, sequence=99))


# --- our own captures ---------------------------------------------------------------------------


@pytest.fixture(scope="module", params=sorted({row.capture for row in NAMED}))
def capture(request: pytest.FixtureRequest) -> tuple[str, Heard]:
    return request.param, heard(request.param)


def test_names_in_our_captures(capture: tuple[str, Heard]) -> None:
    name, whole = capture
    expected = {row: said(row) for row in NAMED if row.capture == name}
    assert expected
    found = {}
    for row in expected:
        host, _ = row.initiator if row.side == INITIATOR else row.responder
        known = whole.name(row.initiator[1], host)
        found[row] = None if known is None else (known.text, known.source)
    assert found == expected


def said(row: Named) -> tuple[str, str] | None:
    """Return name and source that a row expects."""
    if row.name is None or row.source is None:
        return None
    return row.name, SOURCES[row.source]


def test_our_other_captures_name_nobody() -> None:
    """They were recorded before there were names; what FTP and web servers say is none."""
    for path in sorted(PCAPS.glob("fin*.pcap")):
        whole = heard(path.name)
        for connection in whole.meter.table.connections():
            assert whole.hosts.of(connection, 0) is None
            assert whole.hosts.of(connection, 1) is None


# --- what was asked for -------------------------------------------------------------------------


def test_a_name_says_where_it_is_from() -> None:
    whole = Heard([at(0, datagram(address_of("www.example", ttl=60))), syn(1)])
    assert whole.name(50000, WEB) == Name(
        "www.example", "dns", frame=1, time=START, until=START + 60 * S, asker=ASKER
    )


def test_the_client_has_no_name_by_what_it_asked_for() -> None:
    whole = Heard([at(0, datagram(address_of("www.example"))), syn(1)])
    assert whole.name(50000, ASKER) is None


def test_what_was_asked_for_counts_before_what_it_is_called() -> None:
    """The question, when aliases lead from it to the address (RFC 1034 section 3.6.2)."""
    chain = reply(
        "www.example",
        ("www.example", 300, "CNAME", "a.cdn.example"),
        ("a.cdn.example", 20, "CNAME", "b.cdn.example"),
        ("b.cdn.example", 100, "A", WEB),
    )
    whole = Heard([at(0, datagram(chain)), syn(1)])
    name = whole.name(50000, WEB)
    assert name is not None
    assert (name.text, name.until) == ("www.example", START + 20 * S)


def test_the_order_of_records_does_not_matter() -> None:
    chain = reply(
        "www.example",
        ("b.cdn.example", 100, "A", WEB),
        ("www.example", 300, "CNAME", "b.cdn.example"),
    )
    assert Heard([at(0, datagram(chain)), syn(1)]).text(50000, WEB) == "www.example"


def test_each_host_knows_the_name_that_it_asked_for() -> None:
    whole = Heard(
        [
            at(0, datagram(address_of("red.example"))),
            at(1, datagram(address_of("blue.example"), destination=OTHER)),
            syn(2),
            syn(3, 50001, OTHER),
        ]
    )
    assert whole.text(50000, WEB) == "red.example"
    assert whole.text(50001, WEB) == "blue.example"


def test_what_many_others_ask_for_hides_nothing() -> None:
    """An address of a large provider has a thousand names, and each client knows its own."""
    frames = [at(0, datagram(address_of("mine.example", ttl=3600))), syn(1)]
    frames += [
        at(2 + number / 1000, datagram(address_of(f"n{number}.example"), destination=OTHER))
        for number in range(200)
    ]
    frames.append(syn(10, 50001))
    whole = Heard(frames)
    assert whole.text(50000, WEB) == "mine.example"
    assert whole.text(50001, WEB) == "mine.example"


def test_later_answers_to_the_same_host_hide_nothing() -> None:
    frames = [at(0, datagram(address_of("first.example"))), syn(1)]
    frames += [at(2 + number, datagram(address_of(f"n{number}.example"))) for number in range(100)]
    assert Heard(frames).text(50000, WEB) == "first.example"


def test_a_name_asked_for_after_the_connection_began_was_not_what_it_is_for() -> None:
    whole = Heard(
        [
            at(0, datagram(address_of("before.example"))),
            syn(1),
            at(2, datagram(address_of("after.example"))),
        ]
    )
    assert whole.text(50000, WEB) == "before.example"


def test_the_latest_name_counts() -> None:
    whole = Heard(
        [
            at(0, datagram(address_of("old.example"))),
            at(1, datagram(address_of("new.example"))),
            syn(2),
        ]
    )
    assert whole.text(50000, WEB) == "new.example"


def test_a_name_that_still_holds_counts_before_a_later_one_that_does_not() -> None:
    whole = Heard(
        [
            at(0, datagram(address_of("long.example", ttl=3600))),
            at(1, datagram(address_of("short.example", ttl=5))),
            syn(60),
        ]
    )
    assert whole.text(50000, WEB) == "long.example"


def test_a_name_that_holds_no_longer_is_better_than_none() -> None:
    whole = Heard([at(0, datagram(address_of("www.example", ttl=5))), syn(60)])
    name = whole.name(50000, WEB)
    assert name is not None
    assert (name.text, name.until) == ("www.example", START + 5 * S)


@pytest.mark.parametrize("ttl", [5, 3600])
def test_of_several_names_the_one_that_the_connection_says_counts(ttl: int) -> None:
    """Also when it holds no longer: the client says itself that it uses it."""
    whole = Heard(
        [
            at(0, datagram(address_of("one.example", ttl=ttl))),
            at(1, datagram(address_of("two.example", ttl=3600))),
            syn(60),
            at(61, segment(spoken("one.example"))),
        ]
    )
    name = whole.name(50000, WEB)
    assert name is not None
    assert (name.text, name.source) == ("one.example", "dns")


def test_what_was_asked_for_counts_before_a_name_in_the_connection_that_was_not() -> None:
    """So it is with proxies and with domain fronting: the host is that which was asked for."""
    whole = Heard(
        [
            at(0, datagram(address_of("proxy.example"))),
            syn(1),
            at(2, segment(spoken("hidden.example"))),
        ]
    )
    assert whole.text(50000, WEB) == "proxy.example"


def test_an_answer_that_others_got_is_better_than_none() -> None:
    whole = Heard([at(0, datagram(address_of("www.example"), destination=OTHER)), syn(1)])
    name = whole.name(50000, WEB)
    assert name is not None
    assert (name.text, name.asker) == ("www.example", OTHER)


def test_what_others_ask_for_when_it_is_over_tells_nothing() -> None:
    whole = Heard([syn(1), at(9, datagram(address_of("www.example"), destination=OTHER))])
    assert whole.name(50000, WEB) is None


# --- what is said otherwise ---------------------------------------------------------------------


def test_order_of_what_tells_a_name() -> None:
    """Each counts while what stands before it is not there."""
    sources = [
        ("mine", at(0.0, datagram(address_of("asked.example")))),
        ("tls", at(2.0, segment(spoken("said.example")))),
        ("mdns", at(0.1, datagram(told(WEB, "self.local"), 5353, WEB, GROUP, 5353, group=True))),
        ("pcapng", None),
        ("ptr", at(0.2, datagram(back(WEB, "back.example")))),
        ("others", at(0.3, datagram(address_of("others.example"), destination=OTHER))),
    ]
    expected = "asked.example said.example self.local file.example back.example others.example"
    found = []
    for first in range(len(sources)):
        left = dict(sources[first:])
        frames = [frame for frame in left.values() if frame is not None]
        captured = {WEB: ["file.example"]} if "pcapng" in left else None
        whole = Heard(sorted([*frames, syn(1)]), captured=captured)
        found.append(whole.text(50000, WEB))
    assert found == expected.split()


def test_the_settings_count_before_all_else() -> None:
    frames = [at(0, datagram(address_of("www.example"))), syn(1)]
    whole = Heard(frames, hosts={"myweb": (WEB,)})
    assert whole.name(50000, WEB) == Name("myweb", "hosts")


def test_groups_have_no_names() -> None:
    whole = Heard(
        [
            at(0, datagram(reply("x.example", ("x.example", 9, "A", GROUP)))),
            at(1, datagram(told(WEB, "self.local"), 5353, WEB, GROUP, 5353, group=True)),
        ]
    )
    assert whole.name(5353, GROUP) is None
    assert whole.text(5353, WEB) == "self.local"


def test_a_file_cannot_write_to_the_terminal() -> None:
    """What a name block holds is shown only if it is plausible as a name."""
    evil = "\x1b[2Jevil\x07"
    whole = Heard([syn(1)], captured={WEB: [evil, "good.example"]})
    name = whole.name(50000, WEB)
    assert name is None or name.text.isprintable()


@pytest.mark.parametrize(
    "owner", [r"\027[2J.example.", r"a\000b.example.", "<b>.example.", r"a\032b.example.", "."]
)
def test_no_name_of_dns_can_write_to_the_terminal(owner: str) -> None:
    whole = Heard([at(0, datagram(address_of(owner))), syn(1)])
    text = whole.text(50000, WEB)
    assert text is None or (text.isascii() and text.isprintable() and "<" not in text)


def test_addresses_are_no_names() -> None:
    whole = Heard(
        [
            syn(0),
            at(1, segment(b"GET / HTTP/1.1\r\nHost: 198.51.100.7\r\n\r\n", ports=(50000, 443))),
        ]
    )
    assert whole.name(50000, WEB) is None


# --- by address, by name ------------------------------------------------------------------------


def test_a_host_that_listens() -> None:
    whole = Heard([at(0, datagram(told(WEB, "self.local"), 5353, WEB, GROUP, 5353, group=True))])
    connection = whole.connection(5353)
    low = connection.a_low if connection.group == 1 else connection.b_low
    name = whole.hosts.of_address(4, 0, low)
    assert name is not None
    assert (name.text, name.source) == ("self.local", "mdns")


def test_addresses_of_a_name() -> None:
    both = reply("www.example", ("www.example", 9, "A", WEB), ("www.example", 9, "A", OTHER))
    whole = Heard(
        [at(0, datagram(both)), at(1, datagram(dns_messages.address_of("www2.example", RESOLVER)))]
    )
    found = whole.hosts.addresses_of("WWW.example.")
    assert found == [(4, 0, 0xFFFFC6336407), (4, 0, 0xFFFFC0A80106)]
    assert not whole.hosts.addresses_of("example")


# --- again and again ----------------------------------------------------------------------------


def test_what_is_heard_later_is_shown_then() -> None:
    whole = Heard([syn(1)])
    assert whole.name(50000, WEB) is None
    feed(whole.meter, [at(2, segment(spoken("said.example")))])
    assert whole.text(50000, WEB) == "said.example"
    feed(
        whole.meter, [at(3, datagram(told(WEB, "self.local"), 5353, WEB, GROUP, 5353, group=True))]
    )
    assert whole.text(50000, WEB) == "said.example"


def test_a_new_connection_between_the_same_sockets_has_its_own_name() -> None:
    rst = 4
    whole = Heard(
        [
            syn(0),
            at(1, segment(spoken("one.example"))),
            at(2, segment(b"", flags=rst, sequence=2000)),
            at(400, segment(b"", flags=SYN, sequence=700_000_000)),
            at(401, segment(spoken("two.example"), sequence=700_000_001)),
        ]
    )
    assert whole.text(50000, WEB) == "two.example"
