"""Settings: what config/tracker.yaml says, what each setting does, and what is refused."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from captures import pcap, read, run_here, timed
from packets import ACK, CLIENT, FIN, RST, SERVER, SYN, UDP, ethernet, ipv4, tcp, tcp_frame, udp

from tracker.config import Config, ConfigError, load, shipped

SHIPPED = Path(shipped("tracker.yaml"))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Return where a test writes its settings."""
    return tmp_path / "settings.yaml"


# --- the file -----------------------------------------------------------------------------------


def test_file_holds_the_defaults() -> None:
    assert load(str(SHIPPED)) == Config()


def test_file_names_every_setting_in_order() -> None:
    names = re.findall(r"^(\w+):", SHIPPED.read_text(), re.MULTILINE)
    assert names == list(Config._fields)


@pytest.mark.parametrize("name", Config._fields)
def test_file_documents(name: str) -> None:
    comment = _comment_above(name)
    assert "Unit: " in comment
    assert "Range: " in comment
    assert "Source: " in comment


def _comment_above(name: str) -> str:
    lines = SHIPPED.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(f"{name}:"))
    start = at
    while lines[start - 1].startswith("#"):
        start -= 1
    return "\n".join(lines[start:at])


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
OTHERS = {
    "rfc1337",
    "max_connections",
    "max_half_open",
    "local",
    "service_ports",
    "fragment_timeout",
}


def test_every_setting_is_tried() -> None:
    assert {timer.setting for timer in TIMERS} | OTHERS == set(Config._fields)


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
    assert [row["local_port"] for row in outcome.rows] == [1306, 1305]
    assert "1 connection dropped" in outcome.stderr
    assert "(max_connections)" in outcome.stderr


@pytest.mark.parametrize(
    ("option", "local"), [((), SERVER), (("--local", CLIENT), CLIENT)], ids=["file", "option"]
)
def test_local(written: Path, option: tuple[str, ...], local: str) -> None:
    written.write_text(f"local: [{SERVER}]")
    (row,) = read(_capture(written, OPENED), *option, "--config", written).rows
    assert row["local_address"] == local


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


# --- what is refused ----------------------------------------------------------------------------

SECONDS = "allowed: seconds, a number from 0 to 1000000000"
COUNT = "allowed: a whole number from 1 to 1000000000"
ADDRESSES = "allowed: a list of addresses and networks, as in [10.0.0.0/8, 'fd00::5']"
PORTS = "allowed: a list of port numbers, 0 to 65535"
KNOWN = "known: " + ", ".join(Config._fields)

REFUSED = [
    ("time_wait: soon", f"line 1: time_wait: 'soon' is not allowed; {SECONDS}"),
    ("\n\ntime_wait: -1", f"line 3: time_wait: -1 is not allowed; {SECONDS}"),
    ("udp_replied: 1000000001", f"line 1: udp_replied: 1000000001 is not allowed; {SECONDS}"),
    ("syn_sent: .nan", f"line 1: syn_sent: nan is not allowed; {SECONDS}"),
    ("syn_sent: .inf", f"line 1: syn_sent: inf is not allowed; {SECONDS}"),
    ("last_ack: true", f"line 1: last_ack: True is not allowed; {SECONDS}"),
    ("last_ack:", f"line 1: last_ack: None is not allowed; {SECONDS}"),
    ("rfc1337: 1", "line 1: rfc1337: 1 is not allowed; allowed: true, false"),
    ("max_connections: 0", f"line 1: max_connections: 0 is not allowed; {COUNT}"),
    ("max_connections: 2.5", f"line 1: max_connections: 2.5 is not allowed; {COUNT}"),
    ("local: 192.168.1.5", f"line 1: local: '192.168.1.5' is not allowed; {ADDRESSES}"),
    ("local: [192.168.1]", f"line 1: local: ['192.168.1'] is not allowed; {ADDRESSES}"),
    ("local: [1.5]", f"line 1: local: [1.5] is not allowed; {ADDRESSES}"),
    ("service_ports: [http]", f"line 1: service_ports: ['http'] is not allowed; {PORTS}"),
    ("service_ports: [65536]", f"line 1: service_ports: [65536] is not allowed; {PORTS}"),
    (f"time_wait: {'x' * 99}", f"line 1: time_wait: '{'x' * 59}... is not allowed; {SECONDS}"),
    ("# a\ntimewait: 1", f"line 2: no setting is called 'timewait'; {KNOWN}"),
    ("1: 2", f"line 1: no setting is called 1; {KNOWN}"),
    ("time_wait: 1\nlocal: []\ntime_wait: 1", "line 3: time_wait stands in line 1 already"),
    ("- time_wait", "line 1: settings are lines of `name: value`"),
    ("time_wait", "line 1: settings are lines of `name: value`"),
]


@pytest.mark.parametrize(("text", "problem"), REFUSED, ids=[repr(text) for text, _ in REFUSED])
def test_refused(written: Path, text: str, problem: str) -> None:
    written.write_text(text)
    assert _refusal(written) == f"{written}: {problem}"


@pytest.mark.parametrize(
    "octets",
    [
        b"\0",
        b"\xff\xfe\xfd",
        b"local: [",
        b"\ttime_wait: 1",
        b"[a]: 1",
        b"? {a: 1}\n: 2",
        b"--- 1\n--- 2",
        b"time_wait: !!python/object:os.system x",
        b"time_wait: 2026-99-99",
        b"time_wait: " + b"9" * 5000,
        b"\xd4\xc3\xb2\xa1\x02\0\4\0",
    ],
    ids=repr,
)
def test_not_yaml(written: Path, octets: bytes) -> None:
    written.write_bytes(octets)
    assert re.match(f"{re.escape(str(written))}: (line [0-9]+: )?not YAML: .", _refusal(written))


def test_unreadable(written: Path) -> None:
    assert _refusal(written) == f"{written}: cannot be read: No such file or directory"
    written.mkdir()
    assert _refusal(written) == f"{written}: cannot be read: Is a directory"


def _refusal(path: Path) -> str:
    """Return what `load` says; the command line says it too, in one line, and exits with 2."""
    with pytest.raises(ConfigError) as refusal:
        load(str(path))
    outcome = run_here("read", "--config", path, _capture(path, OPENED))
    assert outcome.status == 2
    assert outcome.stdout == ""
    assert outcome.stderr == f"tracker: {refusal.value}\n"
    return str(refusal.value)
