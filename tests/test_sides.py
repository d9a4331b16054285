"""Whose table it is: what is said, what is guessed, and what follows for the rows."""

from pathlib import Path

import pytest
from captures import PCAPS, Outcome, read, run_here

CLIENT, SERVER, CLIENT6 = "192.168.1.5", "192.168.1.7", "fd00::5"
BOTH_VERSIONS = (PCAPS / "ftp-and-web.pcap", PCAPS / "ipv6.pcap")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings in which client and server have a name, and both of their addresses."""
    path = tmp_path / "settings.yaml"
    path.write_text(
        f"hosts:\n  workstation: [{CLIENT}, '{CLIENT6}']\n  files.example: [{SERVER}, 'fd00::7']\n"
    )
    return path


def table(*arguments: str | Path) -> Outcome:
    return run_here("read", *arguments)


def locals_of(outcome: Outcome) -> set[str]:
    return {str(row["local_address"]) for row in outcome.rows}


# --- said -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [f"{CLIENT},{SERVER}", f"{CLIENT}, {SERVER}", "192.168.1.0/24"])
def test_local_takes_a_list(said: str) -> None:
    outcome = read(PCAPS / "ftp-and-web.pcap", "--local", said)
    assert locals_of(outcome) == {CLIENT, SERVER}


def test_local_may_be_repeated() -> None:
    outcome = read(PCAPS / "ftp-and-web.pcap", "--local", CLIENT, "--local", f"{SERVER},10.0.0.1")
    assert locals_of(outcome) == {CLIENT, SERVER}
    assert f"local: {CLIENT}, {SERVER}, 10.0.0.1 (--local)" in outcome.stderr


def test_local_takes_the_private_networks(tmp_path: Path) -> None:
    capture = PCAPS / "ftp-and-web.pcap"
    assert locals_of(read(capture, "--local", "private")) == {CLIENT, SERVER}
    narrow = tmp_path / "narrow.yaml"
    narrow.write_text(f"private_networks: [{SERVER}/32]\nlocal: [private]\n")
    outcome = read(capture, "--config", narrow)
    assert locals_of(outcome) == {SERVER}
    assert f"local: private ({SERVER}/32)" in outcome.stderr


def test_local_takes_hosts_of_the_settings(settings: Path) -> None:
    outcome = read(*BOTH_VERSIONS, "--config", settings, "--local", "workstation")
    assert locals_of(outcome) == {CLIENT, CLIENT6}
    assert f"local: workstation ({CLIENT}, {CLIENT6}) (--local)" in outcome.stderr


@pytest.mark.parametrize("host", [SERVER, "fd00::7"])
def test_as_takes_an_address(host: str) -> None:
    outcome = read(*BOTH_VERSIONS, "--as", host, "--closed")
    assert locals_of(outcome) == {host}
    assert f"local: {host} (--as)" in outcome.stderr


def test_as_takes_a_host_of_the_settings_with_all_its_addresses(settings: Path) -> None:
    outcome = read(*BOTH_VERSIONS, "--config", settings, "--as", "files.example", "--closed")
    assert locals_of(outcome) == {SERVER, "fd00::7"}
    assert f"local: files.example ({SERVER}, fd00::7) (--as)" in outcome.stderr


@pytest.mark.parametrize("numeric", [(), ("-n",)])
@pytest.mark.parametrize("host", ["files.example", "1234567", "192.168.1.300", "fd00::x"])
def test_as_nobody_is_refused(host: str, numeric: tuple[str, ...]) -> None:
    outcome = table(PCAPS / "ftp-and-web.pcap", "--as", host, *numeric)
    assert (outcome.status, outcome.stdout) == (2, "")
    (line,) = outcome.stderr.splitlines()
    assert host in line


@pytest.mark.parametrize(
    "options",
    [
        ("--as", CLIENT, "--local", CLIENT),
        ("--as", ""),
        ("--local", "10.0.0.0/33"),
        ("--local", "x"),
    ],
)
def test_what_makes_no_sense_is_refused(options: tuple[str, ...]) -> None:
    outcome = table(PCAPS / "ftp-and-web.pcap", *options)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert len(outcome.stderr.splitlines()) == 1


# --- guessed --------------------------------------------------------------------------------------


def test_a_host_with_two_addresses_takes_part_in_all_connections(settings: Path) -> None:
    settings.write_text(f"hosts: {{workstation: [{CLIENT}, '{CLIENT6}']}}\n")
    outcome = read(*BOTH_VERSIONS, "--config", settings)
    assert "local: workstation (takes part in all connections)" in outcome.stderr
    assert locals_of(outcome) == {CLIENT, CLIENT6}
    assert "the initiator of each connection" in read(*BOTH_VERSIONS).stderr


def test_loopback_has_both_rows_as_netstat_has() -> None:
    """What `ss` said when this was captured: pcaps/truth.jsonl, "second closed by both"."""
    outcome = table(PCAPS / "loopback.pcap", "-n")
    assert outcome.table == [
        ["TCP", "127.0.0.1:80", "127.0.0.1:1099", "ESTABLISHED"],
        ["TCP", "127.0.0.1:1099", "127.0.0.1:80", "ESTABLISHED"],
        ["TCP", "127.0.0.1:1100", "127.0.0.1:80", "TIME_WAIT"],
    ]
    assert "local: loopback (takes part in all connections)" in outcome.stderr
    (listening,) = read(PCAPS / "loopback.pcap", "-l").rows
    assert (listening["local_address"], listening["local_port"]) == ("127.0.0.1", 80)


def test_loopback_beside_others_has_both_rows() -> None:
    rows = read(PCAPS / "loopback.pcap", PCAPS / "ipv6.pcap").rows
    loops = [row for row in rows if row["local_address"] == "127.0.0.1"]
    assert {row["local_port"] for row in loops} == {80, 1099, 1100}
    assert {row["initiator"] for row in rows if row not in loops} == {"local"}


def test_a_list_of_all_connections_has_each_once() -> None:
    """Netstat has no such list, so it is no question of whose it is; unless that is said."""
    once = read(PCAPS / "loopback.pcap", "--closed").rows
    assert [(row["local_port"], row["foreign_port"]) for row in once] == [(1099, 80), (1100, 80)]
    said = read(PCAPS / "loopback.pcap", "--closed", "--local", "127.0.0.1").rows
    assert len(said) == 4
