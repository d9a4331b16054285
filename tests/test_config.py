"""Settings: what `config/` says, and what each setting does."""

import os
import pty
import re
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

import pytest
import yaml
from captures import START, pcap, read, run_here, timed
from interface import Link, Live, link, need_namespaces
from packets import (
    ACK,
    CLIENT,
    FIN,
    PSH,
    RST,
    SERVER,
    SYN,
    UDP,
    ethernet,
    ipv4,
    tcp,
    tcp_frame,
    udp,
)

from tracker.config import Config, plain, shipped
from tracker.config.explained import explanations
from tracker.config.given import load
from tracker.config.schema import of_setting

SHIPPED = Path(shipped("tracker.yaml"))
PROFILES = yaml.safe_load(Path(shipped("profiles.yaml")).read_text(encoding="utf-8"))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Return where a test writes its settings."""
    return tmp_path / "settings.yaml"


# --- the file -----------------------------------------------------------------------------------


def as_yaml_has_it(value: object) -> object:
    """Return a value of `Config` with lists for tuples, and the like."""
    if isinstance(value, tuple):
        return [as_yaml_has_it(item) for item in value]
    return value if isinstance(value, str | int | float) else dict(value)  # type: ignore[call-overload]


def test_defaults_are_what_yaml_reads() -> None:
    """The plain reader of what is shipped means what YAML means."""
    settings = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    assert list(settings) == list(Config._fields)
    for name, value in settings.items():
        default = as_yaml_has_it(getattr(Config(), name))
        assert default == value
        assert type(default) is type(value)


def test_profiles_are_what_yaml_reads() -> None:
    assert {name: dict(values) for name, values in plain("profiles.yaml").items()} == PROFILES


def test_the_shipped_file_can_be_used_as_ones_own() -> None:
    assert load(str(SHIPPED)) == Config()


def test_every_setting_is_explained() -> None:
    assert list(explanations()) == list(Config._fields)
    assert all(len(part) > 2 for told in explanations().values() for part in told)


def test_profiles_that_are_allowed_are_those_that_there_are() -> None:
    assert of_setting("profile")["enum"] == list(PROFILES)


@pytest.mark.parametrize("text", ["", "# nothing", "---"])
def test_what_is_left_out_keeps_its_default(written: Path, text: str) -> None:
    written.write_text(text)
    assert load(str(written)) == Config()


def test_times_are_exact_to_the_nanosecond() -> None:
    assert Config(time_wait=0.000000001).nanoseconds("time_wait") == 1
    assert Config(time_wait=1e9).nanoseconds("time_wait") == 10**18


# --- what each setting does ---------------------------------------------------------------------

OPENED = [
    tcp_frame(SYN, sequence=100, acknowledgment=0),
    tcp_frame(SYN | ACK, back=True, sequence=300, acknowledgment=101),
    tcp_frame(ACK, sequence=101, acknowledgment=301),
]
FIN_SENT = [*OPENED, tcp_frame(FIN | ACK, sequence=101, acknowledgment=301)]
FIN_ACKED = [*FIN_SENT, tcp_frame(ACK, back=True, sequence=301, acknowledgment=102)]
BOTH_SENT = [*FIN_ACKED, tcp_frame(FIN | ACK, back=True, sequence=301, acknowledgment=102)]
CLOSED = [*BOTH_SENT, tcp_frame(ACK, sequence=102, acknowledgment=302)]
CROSSED = [*FIN_SENT, tcp_frame(FIN | ACK, back=True, sequence=301, acknowledgment=101)]

DATAGRAM = ethernet(ipv4(udp(b"?"), UDP))
REPLY = ethernet(ipv4(udp(b"!", 7, 1305), UDP, SERVER, CLIENT))


class Timer(NamedTuple):
    """A timer, what brings an endpoint to wait for it, whose, and the state shown meanwhile."""

    setting: str
    frames: list[bytes]
    local: str
    state: str | None


TIMERS = [
    Timer("syn_sent", OPENED[:1], CLIENT, "SYN_SENT"),
    Timer("syn_received", OPENED[:2], SERVER, "SYN_RECEIVED"),
    Timer("fin_wait_1", FIN_SENT, CLIENT, "FIN_WAIT_1"),
    Timer("fin_wait_2", FIN_ACKED, CLIENT, "FIN_WAIT_2"),
    Timer("closing", CROSSED, CLIENT, "CLOSING"),
    Timer("last_ack", BOTH_SENT, SERVER, "LAST_ACK"),
    Timer("time_wait", CLOSED, CLIENT, "TIME_WAIT"),
    Timer("initial_rto", OPENED[:1], CLIENT, "SYN_SENT"),
    Timer("udp_unreplied", [DATAGRAM], CLIENT, None),
    Timer("udp_replied", [DATAGRAM, REPLY], CLIENT, None),
]


def test_every_setting_is_tried() -> None:
    """By a test that is named for it, or as a timer."""
    tried = {name for name in Config._fields if f"test_{name}" in globals()}
    tried |= {timer.setting for timer in TIMERS}
    assert tried == set(Config._fields)


@pytest.mark.parametrize("timer", TIMERS, ids=lambda timer: timer.setting)
def test_timer_rule_11(written: Path, timer: Timer) -> None:
    capture = _capture(written, timer.frames)
    asked = (capture, "--local", timer.local, "--at", "+1", "--config", written)
    written.write_text("")
    (row,) = read(*asked).rows
    assert row["state"] == timer.state
    written.write_text(f"{timer.setting}: 0.5")
    assert read(*asked).rows == []


def test_timer_0_is_for_ever(written: Path) -> None:
    capture = _capture(written, CLOSED)
    asked = (capture, "--local", CLIENT, "--at", "+100000", "--config", written)
    written.write_text("")
    assert read(*asked).rows == []
    written.write_text("time_wait: 0")
    (row,) = read(*asked).rows
    assert row["state"] == "TIME_WAIT"


@pytest.mark.parametrize(("value", "states"), [("false", []), ("true", ["TIME_WAIT"])])
def test_rfc1337(written: Path, value: str, states: list[str]) -> None:
    capture = _capture(written, [*CLOSED, tcp_frame(RST, back=True, sequence=302)])
    written.write_text(f"rfc1337: {value}")
    rows = read(capture, "--local", CLIENT, "--config", written).rows
    assert [row["state"] for row in rows] == states


def test_max_half_open(written: Path) -> None:
    """The oldest SYNs go; an open connection stays, and --closed keeps all."""
    syns = [
        tcp_frame(SYN, ports=(port, 80), sequence=100, acknowledgment=0)
        for port in range(2000, 2009)
    ]
    capture = _capture(written, [*OPENED, *syns])
    written.write_text("max_half_open: 3")
    outcome = read(capture, "--config", written)
    states = [row["state"] for row in outcome.rows]
    assert sorted(states) == ["ESTABLISHED", "SYN_SENT", "SYN_SENT", "SYN_SENT"]
    assert {row["local_port"] for row in outcome.rows} >= {2006, 2007, 2008}
    assert "6 connections dropped because more than 3 were half open" in outcome.stderr
    assert len(read(capture, "--closed", "--config", written).rows) == 10


def test_max_connections(written: Path) -> None:
    frames = [
        tcp_frame(SYN, ports=(port, 80), sequence=100, acknowledgment=0)
        for port in (1099, 1305, 1306)
    ]
    written.write_text("max_connections: 2")
    outcome = read(_capture(written, frames), "--config", written)
    assert [row["local_port"] for row in outcome.rows] == [1305, 1306]
    assert "1 connection dropped" in outcome.stderr
    assert "(max_connections)" in outcome.stderr


@pytest.mark.parametrize(
    ("option", "local"), [((), SERVER), (("--local", CLIENT), CLIENT)], ids=["file", "option"]
)
def test_local(written: Path, option: tuple[str, ...], local: str) -> None:
    written.write_text(f"local: [{SERVER}]")
    (row,) = read(_capture(written, OPENED), *option, "--config", written).rows
    assert row["local_address"] == local


@pytest.mark.parametrize("local", [CLIENT, SERVER])
def test_private_networks(written: Path, local: str) -> None:
    """Whose table `private` asks for; more in test_sides.py."""
    written.write_text(f"private_networks: [{local}/32]\nlocal: [private]")
    (row,) = read(_capture(written, OPENED), "--config", written).rows
    assert row["local_address"] == local


def test_hosts(written: Path) -> None:
    """What a host is called; more in test_sides.py."""
    written.write_text(f"hosts: {{the.server: [{SERVER}]}}")
    (row,) = read(_capture(written, OPENED), "--config", written, "--as", "the.server").rows
    assert row["local_address"] == SERVER


def test_names_memory(written: Path) -> None:
    """The answers of the first host that was asked for had to make room for those of the others."""
    kept = []
    answers = 8000
    path = written.parent / "answers.pcap"
    frames = [_answer(number) for number in range(answers)]
    frames += [ethernet(ipv4(udp(b"x", 9, 9), UDP, CLIENT, "10.9.0.0"))]
    path.write_bytes(pcap(timed(frames)))
    for memory in (1, 64):
        written.write_text(f"names_memory: {memory}")
        outcome = run_here("read", "--json", "--config", written, path)
        kept += [row["foreign_name"] for row in outcome.rows if row["foreign_port"] == 9]
        is_told = "forgotten (names_memory)" in outcome.stderr
        assert is_told == (memory == 1)
    assert kept == [None, "host0.example"]


def _answer(number: int) -> bytes:
    """A frame with an answer of DNS about host `number` (RFC 1035 section 4)."""
    label = f"host{number}".encode()
    name = bytes([len(label)]) + label + b"\x07example\0"
    address = bytes([10, 9, number >> 8, number & 255])
    record = b"\xc0\x0c\0\x01\0\x01\0\0\x0e\x10\0\x04" + address
    header = b"\0\x01\x81\x80\0\x01\0\x01\0\0\0\0"
    message = header + name + b"\0\x01\0\x01" + record
    return ethernet(ipv4(udp(message, 53, 40000), UDP, SERVER, CLIENT))


def test_resolve_timeout(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More in test_host_names.py."""
    free = threading.Event()
    monkeypatch.setattr(socket, "getnameinfo", lambda *_: (str(free.wait()), ""))
    written.write_text("resolve_timeout: 0.05")
    outcome = run_here("read", "--resolve", "--config", written, _capture(written, OPENED))
    free.set()
    assert "2 hosts not resolved within 0.05 s" in outcome.stderr


@pytest.mark.parametrize(
    ("ports", "initiator", "basis"),
    [("[]", "local", "first-packet"), ("[40000]", "foreign", "service-port")],
)
def test_service_ports(written: Path, ports: str, initiator: str, basis: str) -> None:
    capture = _capture(written, [ethernet(ipv4(tcp(b"x", ACK, 40000, 50000)))])
    written.write_text(f"service_ports: {ports}")
    (row,) = read(capture, "--local", CLIENT, "--config", written).rows
    assert (row["initiator"], row["initiator_basis"]) == (initiator, basis)


def _capture(written: Path, frames: list[bytes]) -> Path:
    path = written.parent / "frames.pcap"
    path.write_bytes(pcap(timed(frames)))
    return path


def test_linger(written: Path) -> None:
    """A late segment finds what has ended; once that is forgotten, it passes for a new one."""
    closed = [*OPENED, tcp_frame(RST, sequence=101)]
    other = tcp_frame(SYN, ports=(1305, 80), sequence=100, acknowledgment=0)
    late = tcp_frame(PSH | ACK, back=True, sequence=301, acknowledgment=101, payload=b"late")
    frames = timed(closed)
    frames += timed([other], start=START + 5_000_000_000)
    frames += timed([late], start=START + 6_000_000_000)
    capture = written.parent / "frames.pcap"
    capture.write_bytes(pcap(frames))
    for linger, ports in (("6", {1305}), ("1", {1305, 1099})):
        written.write_text(f"linger: {linger}")
        rows = read(capture, "--local", CLIENT, "--config", written).rows
        assert {row["local_port"] for row in rows} == ports


@pytest.mark.parametrize(("seconds", "is_lost"), [("2", False), ("0.5", True)])
def test_fragment_timeout(written: Path, seconds: str, is_lost: bool) -> None:
    """The second part of a datagram comes 1 s before its first."""
    payload = udp(b"x" * 16)
    parts = [
        ethernet(ipv4(payload[:16], UDP, identification=7, more_fragments=True)),
        ethernet(ipv4(payload[16:], UDP, identification=7, offset=2)),
    ]
    capture = written.parent / "frames.pcap"
    capture.write_bytes(pcap(timed(parts[::-1], step=1_000_000_000)))
    written.write_text(f"fragment_timeout: {seconds}")
    outcome = read(capture, "--config", written)
    assert [row["local_packets"] for row in outcome.rows] == [1 if is_lost else 2]
    assert ("no TCP or UDP in 1 of 2 frames" in outcome.stderr) == is_lost


# --- profiles -----------------------------------------------------------------------------------


def test_profile(written: Path) -> None:
    """TIME_WAIT, 100 s after it began: over for Linux (60 s), not for Windows (120 s)."""
    capture = _capture(written, CLOSED)
    asked = (capture, "--local", CLIENT, "--at", "+100")
    assert read(*asked).rows == []
    written.write_text("profile: windows")
    (row,) = read(*asked, "--config", written).rows
    assert row["state"] == "TIME_WAIT"
    (again,) = read(*asked, "--profile", "windows").rows
    assert again == row


def test_the_option_goes_before_the_profile_of_the_file(written: Path) -> None:
    capture = _capture(written, CLOSED)
    asked = (capture, "--local", CLIENT, "--at", "+100", "--config", written)
    written.write_text("profile: windows")
    assert read(*asked, "--profile", "linux").rows == []


def test_what_a_file_sets_goes_before_any_profile(written: Path) -> None:
    capture = _capture(written, CLOSED)
    asked = (capture, "--local", CLIENT, "--at", "+100", "--config", written)
    for first, second in (("profile: windows", "time_wait: 1"), ("time_wait: 1", "profile: bsd")):
        written.write_text(f"{first}\n{second}")
        assert read(*asked).rows == []
        assert read(*asked, "--profile", "windows").rows == []


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_sets_what_it_says(written: Path, profile: str) -> None:
    """All of it is allowed; what it does not say is the default."""
    written.write_text(f"profile: {profile}")
    values = {"profile": profile, **PROFILES[profile]}
    assert load(str(written)) == Config()._replace(**values)
    written.write_text(yaml.safe_dump(values))
    assert load(str(written)) == Config()._replace(**values)


#: Seconds in TIME_WAIT: Linux' TCP_TIMEWAIT_LEN, Microsoft's TcpTimedWaitDelay, FreeBSD's 2 * msl,
#: 2 MSL of RFC 9293 sections 3.4.2 and 3.6.1.
TIME_WAITS = {"linux": 60, "windows": 120, "bsd": 60, "rfc9293": 240}


@pytest.mark.parametrize("profile", TIME_WAITS)
def test_time_wait_of_each_family(written: Path, profile: str) -> None:
    capture = _capture(written, CLOSED)
    for beyond, states in ((-1, ["TIME_WAIT"]), (1, [])):
        at = f"+{TIME_WAITS[profile] + beyond}"
        rows = read(capture, "--local", CLIENT, "--at", at, "--profile", profile).rows
        assert [row["state"] for row in rows] == states


def test_an_unknown_profile(written: Path) -> None:
    outcome = read(_capture(written, OPENED), "--profile", "beos")
    assert outcome == (
        2,
        "",
        "tracker: --profile: 'beos' is not allowed; allowed: linux, windows, bsd, rfc9293\n",
    )


# --- live ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wire() -> Iterator[Link]:
    need_namespaces()
    with link() as made:
        yield made


@pytest.mark.parametrize(("option", "octets"), [((), 100), (("-s", "99"), 99)])
def test_snap_length(wire: Link, written: Path, option: tuple[str, ...], octets: int) -> None:
    written.write_text("snap_length: 100")
    file = written.parent / "recorded.pcap"
    frame = ethernet(ipv4(udp(bytes(200)), UDP))
    asked = ("-i", "eth0", "--count", 1, "-w", file, "--config", written, *option)
    with Live(wire.here, *asked) as live:
        wire.send([frame])
        said = live.end().stderr
    assert f"capturing, {octets} octets" in said
    assert file.read_bytes()[40:] == frame[:octets]  # the headers of file and record take 40


@pytest.mark.parametrize(("option", "mib"), [((), 3), (("--ring", "5"), 5), (("--ring", "0"), 0)])
def test_ring(wire: Link, written: Path, option: tuple[str, ...], mib: int) -> None:
    """The ring is memory that the process has in common with a socket."""
    written.write_text("ring: 3")
    with Live(wire.here, "-i", "eth0", "--config", written, *option) as live:
        maps = Path(f"/proc/{live.process.pid}/maps").read_text(encoding="ascii")
    found = re.findall("^(\\w+)-(\\w+) .* socket:", maps, re.MULTILINE)
    assert [int(end, 16) - int(start, 16) for start, end in found] == [mib << 20] * bool(mib)


@pytest.mark.parametrize(("seconds", "is_drawn"), [("0.2", True), ("1000", False)])
def test_refresh(wire: Link, written: Path, seconds: str, is_drawn: bool) -> None:
    """What comes after the table was drawn is in the next one: 2 s later, were it the default."""
    written.write_text(f"refresh: {seconds}")
    with _OnScreen(wire, "-n", "--local", CLIENT, "--config", written) as screen:
        assert screen.shows(b"eth0", 10)
        wire.send([ethernet(ipv4(udp(b"x", 23456), UDP))])
        assert screen.shows(b"23456", 10 if is_drawn else 3) == is_drawn


class _OnScreen:
    """`tracker live` on a pseudo-terminal."""

    def __init__(self, wire: Link, *arguments: object) -> None:
        self._ours, theirs = pty.openpty()
        command = ["ip", "netns", "exec", wire.here.name, sys.executable, "-P", "-m", "tracker"]
        self._process = subprocess.Popen(
            [*command, "live", "-i", "eth0", *map(str, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TERM": "xterm", "LINES": "24", "COLUMNS": "80"},
        )
        os.close(theirs)
        self._shown = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def shows(self, word: bytes, patience: float) -> bool:
        """Return whether a word is shown within `patience` (s)."""
        until = time.monotonic() + patience
        while word not in self._shown:
            if not select.select([self._ours], [], [], max(0, until - time.monotonic()))[0]:
                return False
            self._shown += os.read(self._ours, 1 << 16)
        return True
