"""Names of hosts in rows: which one counts, of all that were told; and nothing is asked of anybody.

What `pcaps/names.pcap` tells stands in `named.py`.
"""

import shlex
import socket
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from captures import PCAPS, pcap, run_here, timed
from interface import link, need_namespaces
from named import INITIATOR, NAMED, Named
from packets import ACK, IPV6, PSH, RST, SYN, ethernet, ipv4, ipv6, tcp, udp

from hosts import run
from tracker.names import dns as names_dns
from tracker.names.name import SOURCES

dns = pytest.importorskip("dns.message", reason="dnspython is not installed")

HOST, OTHER, SERVER, RESOLVER = "192.168.1.5", "192.168.1.6", "198.51.100.15", "192.168.1.7"


@cache
def rows_of(capture: str) -> list[dict[str, Any]]:
    """The rows of a capture, with names."""
    outcome = run_here("read", "--json", "--closed", PCAPS / capture)
    return outcome.rows


@pytest.mark.parametrize("named", NAMED, ids=lambda named: f"{named.initiator[1]} {named.name}")
def test_names_are_those_that_were_told(named: Named) -> None:
    (row,) = (
        row
        for row in rows_of(named.capture)
        if row["proto"] == named.protocol
        and (row["local_address"], row["local_port"]) == named.initiator
        and (row["foreign_address"], row["foreign_port"]) == named.responder
    )
    end = "local" if named.side == INITIATOR else "foreign"
    assert row[f"{end}_name"] == named.name
    source = row[f"{end}_name_from"]
    assert (source and source["source"]) == (named.source and SOURCES[named.source])


def test_the_textbooks_table() -> None:
    """Example B, row for row."""
    outcome = run_here("read", PCAPS / "netstat-example.pcap")
    assert outcome.table == [
        ["TCP", "192.168.1.124:3126", "192.168.0.2:netbios-ssn", "ESTABLISHED"],
        ["TCP", "192.168.1.124:3158", "207.138.126.152:http", "ESTABLISHED"],
        ["TCP", "192.168.1.124:3159", "207.138.126.169:http", "ESTABLISHED"],
        ["TCP", "192.168.1.124:3160", "207.138.126.169:http", "ESTABLISHED"],
        ["TCP", "192.168.1.124:3161", "sc.msn.com:http", "ESTABLISHED"],
        ["TCP", "192.168.1.124:3166", "www.cisco.com:http", "ESTABLISHED"],
    ]


# --- which of several ---------------------------------------------------------------------------


def answer(asker: str, name: str, address: str, ttl: int = 300, *, alias: str = "") -> bytes:
    """A frame with an answer of DNS: the address of a host, or that of its alias."""
    kind = "AAAA" if ":" in address else "A"
    lines = [f"{name}. {ttl} IN {kind} {address}"]
    if alias:
        lines = [f"{name}. {ttl} IN CNAME {alias}.", f"{alias}. 60 IN {kind} {address}"]
    head = f"id 1\nopcode QUERY\nrcode NOERROR\nflags QR RD RA\n;QUESTION\n{name}. IN {kind}"
    message = dns.from_text("\n".join([head, ";ANSWER", *lines])).to_wire()
    if ":" in asker:
        return ethernet(ipv6(udp(message, 53, 40000), 17, "fd00::7", asker), IPV6)
    return ethernet(ipv4(udp(message, 53, 40000), 17, RESOLVER, asker))


def opened(first: int = 99) -> list[bytes]:
    """The frames of a connection that is opened, with this sequence number."""
    there, back, port = (6, HOST, SERVER), (6, SERVER, HOST), 50000
    second = first + 1
    return [
        ethernet(ipv4(tcp(b"", SYN, port, 80, sequence=first), *there)),
        ethernet(ipv4(tcp(b"", SYN | ACK, 80, port, sequence=299, acknowledgment=second), *back)),
        ethernet(ipv4(tcp(b"", ACK, port, 80, sequence=second, acknowledgment=300), *there)),
    ]


def asking(host: str) -> bytes:
    """The request of the connection that was opened."""
    data = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    octets = tcp(data, PSH | ACK, 50000, 80, sequence=100, acknowledgment=300)
    return ethernet(ipv4(octets, 6, HOST, SERVER))


def named(path: Path, frames: list[bytes], *options: str) -> dict[str, Any]:
    """The row of the only connection of TCP."""
    file = path / "some.pcap"
    file.write_bytes(pcap(timed(frames)))
    (row,) = run_here("read", "--json", "-t", *options, file).rows
    return row


def test_what_the_host_itself_asked_for(tmp_path: Path) -> None:
    frames = [answer(HOST, "mine.example", SERVER), answer(OTHER, "others.example", SERVER)]
    row = named(tmp_path, frames + opened())
    assert row["foreign_name"] == "mine.example"
    assert row["foreign_name_from"]["asked_by"] == HOST
    assert row["foreign_name_from"]["frame"] == 1


def test_what_was_asked_for_last(tmp_path: Path) -> None:
    frames = [answer(HOST, "first.example", SERVER), answer(HOST, "last.example", SERVER)]
    assert named(tmp_path, frames + opened())["foreign_name"] == "last.example"


def test_what_was_asked_for_before_connecting(tmp_path: Path) -> None:
    frames = [answer(HOST, "before.example", SERVER), *opened()]
    row = named(tmp_path, [*frames, answer(HOST, "after.example", SERVER)])
    assert row["foreign_name"] == "before.example"


def test_what_still_held(tmp_path: Path) -> None:
    frames = [answer(HOST, "holds.example", SERVER), answer(HOST, "over.example", SERVER, ttl=0)]
    assert named(tmp_path, frames + opened())["foreign_name"] == "holds.example"


def test_what_held_no_longer_is_better_than_nothing(tmp_path: Path) -> None:
    row = named(tmp_path, [answer(HOST, "over.example", SERVER, ttl=0), *opened()])
    assert row["foreign_name"] == "over.example"


def test_of_several_the_one_that_is_meant(tmp_path: Path) -> None:
    frames = [answer(HOST, "meant.example", SERVER), answer(HOST, "other.example", SERVER)]
    row = named(tmp_path, [*frames, *opened(), asking("meant.example")])
    assert (row["foreign_name"], row["foreign_name_from"]["source"]) == ("meant.example", "dns")


def test_what_is_said_where_nobody_asked(tmp_path: Path) -> None:
    row = named(tmp_path, [*opened(), asking("said.example")])
    assert (row["foreign_name"], row["foreign_name_from"]["source"]) == ("said.example", "http")
    frames = [answer(OTHER, "others.example", SERVER), *opened(), asking("said.example")]
    assert named(tmp_path, frames)["foreign_name"] == "said.example"


def test_what_others_asked_for_where_nothing_else_tells(tmp_path: Path) -> None:
    row = named(tmp_path, [answer(OTHER, "others.example", SERVER), *opened()])
    assert row["foreign_name"] == "others.example"
    assert row["foreign_name_from"]["asked_by"] == OTHER


def test_an_alias_is_called_what_was_asked_for(tmp_path: Path) -> None:
    frames = [answer(HOST, "www.example", SERVER, ttl=600, alias="cdn.example.net"), *opened()]
    row = named(tmp_path, frames)
    assert row["foreign_name"] == "www.example"
    # The shortest TTL counts.
    assert row["foreign_name_from"]["until"] == "2026-01-01T00:01:00.000000000Z"


def test_what_an_earlier_connection_said_is_not_said_by_a_later_one(tmp_path: Path) -> None:
    said = asking("earlier.example")
    next_ = 100 + len(said) - 54  # behind the headers
    reset = ethernet(ipv4(tcp(b"", RST, 50000, 80, sequence=next_), 6, HOST, SERVER))
    row = named(tmp_path, [*opened(), said, reset, *opened(100_000)])
    assert (row["generation"], row["foreign_name"]) == (2, None)


def test_settings_go_first(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"hosts: {{server: [{SERVER}], me: [{HOST}]}}")
    frames = [answer(HOST, "www.example", SERVER), *opened()]
    row = named(tmp_path, frames, "--config", str(settings))
    assert (row["local_name"], row["foreign_name"]) == ("me", "server")
    assert row["foreign_name_from"]["source"] == "hosts"


def test_a_host_asks_with_any_of_its_addresses(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"hosts: {{me: [{HOST}, 'fd00::5']}}")
    frames = [answer("fd00::5", "mine.example", SERVER), answer(OTHER, "others.example", SERVER)]
    row = named(tmp_path, frames + opened(), "--config", str(settings))
    assert row["foreign_name"] == "mine.example"


def test_groups_have_no_names(tmp_path: Path) -> None:
    frames = [answer(HOST, "all.example", "224.0.0.1")]
    frames.append(ethernet(ipv4(udp(b"x", 9, 9), 17, HOST, "224.0.0.1")))
    file = tmp_path / "some.pcap"
    file.write_bytes(pcap(timed(frames)))
    rows = run_here("read", "--json", file).rows
    assert [row["foreign_name"] for row in rows if row["foreign_address"] == "224.0.0.1"] == [None]


# --- where they are shown -----------------------------------------------------------------------


def test_numbers_only() -> None:
    for form in ((), ("--wide",), ("--json",), ("--csv",)):
        outcome = run_here("read", "-n", "--closed", *form, PCAPS / "names.pcap")
        assert "example" not in outcome.stdout


def test_wide_tells_where_a_name_is_from() -> None:
    outcome = run_here("read", "--wide", PCAPS / "netstat-example.pcap", "--at", "+60")
    assert "dns #" in outcome.stdout
    assert "Names From" in outcome.stdout
    assert "Names From" not in run_here("read", "--wide", PCAPS / "refused.pcap").stdout


def test_csv_tells_what_json_tells() -> None:
    records = run_here("read", "--csv", "--closed", PCAPS / "names.pcap").csv
    rows = rows_of("names.pcap")
    assert [record["foreign_name"] for record in records] == [
        row["foreign_name"] or "" for row in rows
    ]
    told = [row["foreign_name_from"] for row in rows]
    for record, origin in zip(records, told, strict=True):
        text = record["foreign_name_from"]
        assert bool(text) == bool(origin)
        assert not origin or (f"source {origin['source']}" in text and str(origin["frame"]) in text)


def test_as_takes_a_name_of_the_capture() -> None:
    """The table of the server that two hosts know by two names."""
    outcome = run_here("read", "-n", "--json", "--as", "red.example.com", PCAPS / "names.pcap")
    assert "local: red.example.com, which is 198.51.100.15 (--as)" in outcome.stderr
    assert {row["local_address"] for row in outcome.rows} == {"198.51.100.15"}
    assert {row["local_name"] for row in outcome.rows} == {None}
    assert len(outcome.rows) == 2
    with_names = run_here("read", "--json", "--as", "printer.local", PCAPS / "names.pcap")
    assert {row["local_name"] for row in with_names.rows} == {"printer.local"}


def test_a_listening_socket_has_its_hosts_name() -> None:
    outcome = run_here("read", "-l", "--as", "printer.local", PCAPS / "names.pcap")
    assert outcome.table == [["TCP", "printer.local:ipp", "0.0.0.0:*", "LISTEN"]]


def test_names_of_pcapngs_name_blocks(tmp_path: Path) -> None:
    capture = PCAPS / "two-interfaces.pcapng"
    octets = capture.read_bytes()
    record = b"\x01\x00" + (17).to_bytes(2, "little") + bytes([192, 168, 1, 7]) + b"server.local\0"
    record += bytes(-len(record) % 4) + bytes(4)
    length = (12 + len(record)).to_bytes(4, "little")
    block = b"\x04\x00\x00\x00" + length + record + length
    file = tmp_path / "named.pcapng"
    file.write_bytes(octets + block)
    rows = run_here("read", "--json", "--at", "#14", file).rows
    assert not any(row["foreign_name"] for row in rows)  # the block stands behind that frame
    rows = run_here("read", "--json", "--closed", file).rows
    names = {row["foreign_address"]: row["foreign_name_from"] for row in rows}
    assert names["192.168.1.7"]["source"] == "pcapng"


# --- what is not installed, what is sent --------------------------------------------------------


def test_without_the_library_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dns", None)
    for cached in (names_dns.asked, names_dns._aliases):
        cached.cache_clear()
    outcome = run_here("read", "--json", PCAPS / "netstat-example.pcap")
    assert "no names from DNS: dnspython is not installed" in outcome.stderr
    assert {row["foreign_name"] for row in outcome.rows} == {None}
    for cached in (names_dns.asked, names_dns._aliases):
        cached.cache_clear()


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the system's resolver is asked for, which knows 192.168.0.2 and nothing else."""
    asked: list[str] = []

    def answer_to(socket_: tuple[str, int], _: int) -> tuple[str, str]:
        asked.append(socket_[0])
        if socket_[0] != "192.168.0.2":
            raise socket.gaierror("no name")
        return "files.example", "0"

    monkeypatch.setattr(socket, "getnameinfo", answer_to)
    return asked


def test_nothing_is_looked_up_unless_asked_for(lookups: list[str]) -> None:
    run_here("read", "--closed", PCAPS / "names.pcap")
    assert lookups == []


def test_resolve_looks_up_what_nothing_tells(lookups: list[str]) -> None:
    outcome = run_here("read", "--resolve", PCAPS / "netstat-example.pcap")
    assert [row[2] for row in outcome.table] == [
        "files.example:netbios-ssn",
        "207.138.126.152:http",
        "207.138.126.169:http",
        "207.138.126.169:http",
        "sc.msn.com:http",
        "www.cisco.com:http",
    ]
    assert sorted(lookups) == [
        "192.168.0.2", "192.168.1.124", "207.138.126.152", "207.138.126.169"
    ]  # fmt: skip


def test_resolve_waits_no_longer_than_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("resolve_timeout: 0.1")
    free = threading.Event()
    monkeypatch.setattr(socket, "getnameinfo", lambda *_: (str(free.wait()), ""))
    try:
        begun = time.monotonic()
        options = ("--resolve", "--config", settings)
        outcome = run_here("read", *options, PCAPS / "netstat-example.pcap")
        assert time.monotonic() - begun < 2
    finally:
        free.set()
    assert "4 hosts not resolved within 0.1 s" in outcome.stderr
    assert len(outcome.table) == 6


def test_numbers_and_resolve_do_not_go_together() -> None:
    outcome = run_here("read", "-n", "--resolve", PCAPS / "refused.pcap")
    assert (outcome.status, outcome.stdout) == (2, "")


def test_nothing_is_sent(tmp_path: Path) -> None:
    """A run in a network namespace of its own, on whose only wire somebody else listens."""
    need_namespaces()
    with link() as wire:
        with wire.there.inside():
            listening = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        with listening:
            listening.setblocking(False)
            for address, place, name in (("1", wire.here, "eth0"), ("2", wire.there, "far")):
                place.ip("addr", "add", f"198.51.100.{address}/24", "dev", name)
            wire.here.ip("route", "add", "default", "via", "198.51.100.2")
            command = [sys.executable, "-P", "-m", "tracker", "read", "--wide", "--closed"]
            run("ip", "netns", "exec", wire.here.name, *command, str(PCAPS / "names.pcap"))
            with pytest.raises(BlockingIOError):
                listening.recv(2048)
            # It would be seen: the same with --resolve asks some name server, if only by ARP.
            resolv = tmp_path / "resolv.conf"
            resolv.write_text("nameserver 198.51.100.2\n")
            shell = (
                f"mount --bind {resolv} /etc/resolv.conf && exec {shlex.join(command)} --resolve"
            )
            run("ip", "netns", "exec", wire.here.name, "unshare", "-m", "sh", "-c",
                f"{shell} {PCAPS / 'names.pcap'}")  # fmt: skip
            assert listening.recv(2048)
