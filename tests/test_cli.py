"""The command: whose table, which rows, which form, which exit status."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from captures import (
    PCAPS,
    START,
    Outcome,
    command,
    conversation,
    pcap,
    read,
    run,
    run_here,
    socket,
    sockets,
    timed,
)
from packets import ACK, IPV6, RST, SYN, UDP, ethernet, ipv4, ipv6, tcp, tcp_frame, udp

import tracker
from tracker.tcp_state import EVENTS, State

FTP_AND_WEB = PCAPS / "ftp-and-web.pcap"
LOOPBACK = PCAPS / "loopback.pcap"
PORT_REUSED = PCAPS / "port-reused.pcap"

#: The names of the record, as in the design, and where the states' evidence and the notes stand.
FIELDS = [
    "proto",
    "local_address",
    "local_port",
    "foreign_address",
    "foreign_port",
    "state",
    "foreign_state",
    "certainty",
    "foreign_certainty",
    "evidence_frame",
    "evidence",
    "foreign_evidence_frame",
    "foreign_evidence",
    "initiator",
    "initiator_basis",
    "generation",
    "pseudo_state",
    "tunnel",
    "first_seen",
    "last_seen",
    "local_packets",
    "foreign_packets",
    "local_bytes",
    "foreign_bytes",
    "local_payload_bytes",
    "foreign_payload_bytes",
    "local_name",
    "local_name_from",
    "foreign_name",
    "foreign_name_from",
    "service",
    "history",
    "conn_state",
    "community_id",
    "end_reason",
    "notes",
]

OPEN4, CLOSED4, OPEN6, UDP4, UDP6 = 1099, 1100, 1101, 1305, 1306
LISTENING4, LISTENING6 = 80, 443


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a capture with a connection of each kind, told apart by the client's port."""
    opened = conversation(OPEN4)[:3]
    refused = [
        tcp_frame(SYN, ports=(CLOSED4, 81), acknowledgment=0),
        tcp_frame(RST | ACK, back=True, ports=(CLOSED4, 81), sequence=0, acknowledgment=101),
    ]
    opened6 = [
        ethernet(ipv6(tcp(b"", SYN, OPEN6, 443, acknowledgment=0)), IPV6),
        ethernet(
            ipv6(
                tcp(b"", SYN | ACK, 443, OPEN6, sequence=300, acknowledgment=101),
                source="fd00::7",
                destination="fd00::5",
            ),
            IPV6,
        ),
        ethernet(ipv6(tcp(b"", ACK, OPEN6, 443, sequence=101, acknowledgment=301)), IPV6),
    ]
    datagrams = [
        ethernet(ipv4(udp(b"hello", UDP4, 53), UDP)),
        ethernet(ipv6(udp(b"hello", UDP6, 53), UDP), IPV6),
    ]
    path = tmp_path_factory.mktemp("mixed") / "mixed.pcap"
    path.write_bytes(pcap(timed([*opened, *refused, *opened6, *datagrams])))
    return path


def ports(outcome: Outcome) -> set[int]:
    """Return the local ports of the rows."""
    return {row["local_port"] for row in outcome.rows}


# --- which rows ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", {OPEN4, OPEN6, UDP4, UDP6}),
        ("-t", {OPEN4, OPEN6}),
        ("-u", {UDP4, UDP6}),
        ("-tu", {OPEN4, OPEN6, UDP4, UDP6}),
        ("-4", {OPEN4, UDP4}),
        ("-6", {OPEN6, UDP6}),
        ("-46", {OPEN4, OPEN6, UDP4, UDP6}),
        ("-t4", {OPEN4}),
        ("-t6", {OPEN6}),
        ("-u4", {UDP4}),
        ("-u6", {UDP6}),
        ("--tcp --ipv6", {OPEN6}),
        ("--udp --ipv4", {UDP4}),
        ("--closed", {OPEN4, CLOSED4, OPEN6, UDP4, UDP6}),
        ("--closed -t4", {OPEN4, CLOSED4}),
        ("-l", {LISTENING4, LISTENING6}),
        ("-l4", {LISTENING4}),
        ("-l6", {LISTENING6}),
        ("-lt --closed", {LISTENING4, LISTENING6}),
        ("-lu", set()),
        ("-a", {OPEN4, OPEN6, UDP4, UDP6, LISTENING4, LISTENING6}),
        ("-at4", {OPEN4, LISTENING4}),
        ("--all --tcp --closed", {OPEN4, CLOSED4, OPEN6, LISTENING4, LISTENING6}),
        ("--listening --ipv6", {LISTENING6}),
    ],
)
def test_which_rows(mixed: Path, options: str, expected: set[int]) -> None:
    outcome = read(*options.split(), mixed)
    assert ports(outcome) == expected
    assert len(outcome.rows) == len(expected)
    assert outcome.status == (0 if expected else 1)


@pytest.mark.parametrize("form", ["", "--wide", "--csv", "--json"])
@pytest.mark.parametrize("options", ["", "-t", "-6", "-a", "-l", "--closed"])
def test_same_rows_in_every_form(mixed: Path, options: str, form: str) -> None:
    expected = {(row["proto"], row["local_port"]) for row in read(*options.split(), mixed).rows}
    outcome = run_here("read", "-n", *options.split(), *form.split(), mixed)
    if form == "--csv":
        found = {(row["proto"], int(row["local_port"])) for row in outcome.csv}
    elif form == "--json":
        found = {(row["proto"], row["local_port"]) for row in outcome.rows}
    else:
        found = {(row[0].lower(), int(row[1].rpartition(":")[2])) for row in outcome.table}
    assert found == expected


def test_listening_row(mixed: Path) -> None:
    """Told from a SYN,ACK: nobody else knows which sockets listen."""
    (row,) = read("-l4", mixed).rows
    known = {name: value for name, value in row.items() if value not in (None, [])}
    assert known == {
        "proto": "tcp",
        "local_address": "192.168.1.7",
        "local_port": 80,
        "state": "LISTEN",
        "certainty": "inferred",
    }
    assert run_here("read", "-nl4", mixed).table == [
        ["TCP", "192.168.1.7:80", "0.0.0.0:*", "LISTEN"]
    ]
    assert run_here("read", "-nl6", mixed).table == [["TCP", "[fd00::7]:443", "[::]:*", "LISTEN"]]


def test_listening_belongs_to_the_local_side(mixed: Path) -> None:
    assert ports(read("-l", "--local", "192.168.1.7", mixed)) == {80}
    assert read("-l", "--local", "192.168.1.5", mixed).status == 1


def test_refused_is_not_listening() -> None:
    assert read("-l", PCAPS / "refused.pcap").status == 1
    assert read("-l", PCAPS / "unanswered.pcap").status == 1


# --- whose table --------------------------------------------------------------------------------

CLIENT_ROW = ("192.168.1.5:1099", "192.168.1.7:80", "ESTABLISHED")
SERVER_ROW = ("192.168.1.7:80", "192.168.1.5:1099", "ESTABLISHED")


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        (["192.168.1.5"], {CLIENT_ROW}),
        (["192.168.1.7"], {SERVER_ROW}),
        (["192.168.1.5", "192.168.1.7"], {CLIENT_ROW, SERVER_ROW}),
        (["192.168.1.0/24"], {CLIENT_ROW, SERVER_ROW}),
        (["192.168.1.4/31"], {CLIENT_ROW}),
        (["192.168.1.5/24"], {CLIENT_ROW, SERVER_ROW}),
        (["192.168.1.6/31"], {SERVER_ROW}),
        (["0.0.0.0/0"], {CLIENT_ROW, SERVER_ROW}),
        (["10.0.0.0/8", "192.168.1.5/32"], {CLIENT_ROW}),
        (["10.0.0.0/8"], set()),
        (["::/0"], set()),
        (["::ffff:192.168.1.5"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_local(local: list[str], expected: set[tuple[str, str, str]], tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed(conversation()[:3])))
    options = [word for address in local for word in ("--local", address)]
    outcome = read(*options, path)
    assert sockets(outcome.rows) == expected
    assert f"local: {', '.join(local)} (--local)" in outcome.stderr


@pytest.mark.parametrize("local", ["fd00::5", "FD00:0::5", "fd00::4/127", "fd00::5%eth0"])
def test_local_ipv6(local: str) -> None:
    (row,) = read("--local", local, PCAPS / "ipv6.pcap").rows
    assert (row["local_address"], row["local_port"]) == ("fd00::5", 1099)
    assert (row["state"], row["foreign_state"]) == ("TIME_WAIT", "CLOSED")


@pytest.mark.parametrize(
    "local", ["", "host", "192.168.1", "192.168.1.5/33", "fd00::/129", "1.2.3.4:5"]
)
def test_local_that_is_no_address(local: str) -> None:
    outcome = read("--local", local, FTP_AND_WEB)
    assert (outcome.status, outcome.stdout) == (2, "")
    (line,) = outcome.stderr.splitlines()
    assert line.startswith(f"tracker: {local!r} is no address and no network; give one like ")


def test_both_ends_local_two_rows() -> None:
    """As netstat has them for connections of a host with itself."""
    rows = read("--local", "127.0.0.1", "--at", "#12", LOOPBACK).rows
    assert sockets(rows) == {
        (socket("127.0.0.1", near), socket("127.0.0.1", far), "ESTABLISHED")
        for client in (1099, 1100)
        for near, far in ((client, 80), (80, client))
    }
    assert [row["initiator"] for row in rows] == ["foreign", "local"] * 2


@pytest.mark.parametrize("client", [1099, 9999])
def test_listening_on_loopback_whichever_port_is_lower(client: int, tmp_path: Path) -> None:
    frames = [
        ethernet(ipv4(segment, 6, "127.0.0.1", "127.0.0.1"))
        for segment in (
            tcp(b"", SYN, client, 8080, acknowledgment=0),
            tcp(b"", SYN | ACK, 8080, client, sequence=300, acknowledgment=101),
        )
    ]
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed(frames)))
    assert ports(read("-l", path)) == {8080}


def test_nobody_said_one_host_takes_part_in_all(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    there = conversation()[:3]
    elsewhere = [frame.replace(bytes((192, 168, 1, 7)), bytes((192, 168, 1, 9))) for frame in there]
    path.write_bytes(pcap(timed(there + elsewhere)))
    outcome = read(path)
    assert "local: 192.168.1.5 (takes part in all connections)" in outcome.stderr
    assert {row["local_address"] for row in outcome.rows} == {"192.168.1.5"}


def test_nobody_said_and_no_host_takes_part_in_all(mixed: Path) -> None:
    outcome = read(mixed)
    assert "local: the initiator of each connection" in outcome.stderr
    assert {row["initiator"] for row in outcome.rows} == {"local"}


# --- as of when ---------------------------------------------------------------------------------

#: START is 2026-01-01T00:00:00Z; the frames of a conversation are 1 ms apart.
STATES_AT = {
    "#1": "SYN_SENT",
    "#2": "ESTABLISHED",
    "#6": "FIN_WAIT_1",
    "#7": "FIN_WAIT_2",
    "#8": "TIME_WAIT",
    "#9": "TIME_WAIT",
    "#1000": "TIME_WAIT",
    "+0": "SYN_SENT",
    "+0.000999999": "SYN_SENT",
    "+0.001": "ESTABLISHED",
    "+.005": "FIN_WAIT_1",
    "+0.007": "TIME_WAIT",
    "+60.006": "TIME_WAIT",
    "+61": None,
    "+4600000000": None,
    "1767225600": "SYN_SENT",
    "1767225600.0": "SYN_SENT",
    "1767225600.005999999": "FIN_WAIT_1",
    "1767225600.006": "FIN_WAIT_2",
    "4611686018.427387903": None,
    "2026-01-01T00:00:00Z": "SYN_SENT",
    "2026-01-01T00:00:00.005Z": "FIN_WAIT_1",
    "2026-01-01T00:00:00.005999999Z": "FIN_WAIT_1",
    "2026-01-01T00:00:00,006Z": "FIN_WAIT_2",
    "2026-01-01T00:00:00.006": "FIN_WAIT_2",
    "2026-01-01 01:00:00.006+01:00": "FIN_WAIT_2",
    "2025-12-31T19:00:00.006-05:00": "FIN_WAIT_2",
    "2026-01-01": "SYN_SENT",
    "20260101T000000.006Z": "FIN_WAIT_2",
}


@pytest.mark.parametrize(("at", "state"), STATES_AT.items(), ids=STATES_AT)
def test_at(at: str, state: str | None, tmp_path: Path) -> None:
    """The client's states are those of RFC 9293 figures 6 and 12, then TIME_WAIT's 60 s pass."""
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed(conversation()), nano=True))
    outcome = read("--at", at, "--local", "192.168.1.5", path)
    assert [row["state"] for row in outcome.rows] == ([state] if state else [])
    assert outcome.status == (0 if state else 1)


@pytest.mark.parametrize("at", ["#0", "1767225599.999999999", "0", "2025-12-31T23:59:59Z"])
def test_at_before_the_first_frame(at: str, tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed(conversation()), nano=True))
    outcome = read("--at", at, "--closed", path)
    assert (outcome.status, outcome.stdout) == (1, "")
    assert "nothing to show: no connection seen" in outcome.stderr


@pytest.mark.parametrize(
    "at",
    [
        "", "#", "#x", "#-1", "#1.5", "+", "++1", "+-1", "+1e3", "+1.2.3", "1.2.3", ".", "1e9",
        "now", "12:00", "2026-13-01", "2026-01-01T25:00", "\u00b2", "9" * 30, "+" + "9" * 30,
        "4611686018.427387904", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
        "1969-12-31T23:59:59Z",
    ],
)  # fmt: skip
def test_at_that_is_no_moment(at: str) -> None:
    outcome = read(f"--at={at}", FTP_AND_WEB)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        f"tracker: {at!r} is no moment; give epoch seconds, ISO 8601, +SECONDS from the first "
        "frame, or #FRAME\n"
    )


def test_at_counts_frames_over_several_files(tmp_path: Path) -> None:
    frames = timed(conversation())
    for number in range(2):
        (tmp_path / f"{number}.pcap").write_bytes(pcap(frames[number::2]))
    paths = (tmp_path / "0.pcap", tmp_path / "1.pcap")
    assert [row["state"] for row in read("--at", "#6", *paths).rows] == ["FIN_WAIT_1"]


def test_at_a_moment_between_generations() -> None:
    """The first connection is in TIME_WAIT at the server until the port is used again."""
    states = {}
    for at in ("#11", "#12", "#14"):
        rows = read("--at", at, "--local", "192.168.1.7", PORT_REUSED).rows
        states[at] = [(row["generation"], row["state"]) for row in rows]
    first, second = (1, "TIME_WAIT"), (2, "ESTABLISHED")
    assert states == {"#11": [first], "#12": [first], "#14": [second]}


# --- in which form ------------------------------------------------------------------------------


@pytest.mark.parametrize("options", ["", "-a", "-l", "--closed", "-u"])
def test_json_names(mixed: Path, options: str) -> None:
    rows = read(*options.split(), mixed).rows
    assert rows
    assert {tuple(row) for row in rows} == {tuple(FIELDS)}


def test_csv_names_and_values_are_those_of_json(mixed: Path) -> None:
    outcome = run_here("read", "-na", "--closed", "--csv", mixed)
    assert outcome.stdout.splitlines()[0] == ",".join(FIELDS)
    rows = read("-a", "--closed", mixed).rows
    assert len(outcome.csv) == len(rows)
    for text, row in zip(outcome.csv, rows, strict=True):
        row["notes"] = "; ".join(row["notes"])
        assert text == {name: "" if value is None else str(value) for name, value in row.items()}


def test_csv_of_notes_with_more_than_one() -> None:
    (row,) = run_here("read", "-n", "--csv", PCAPS / "out-of-window-rst.pcap").csv
    assert row["notes"] == "challenge ACK due; RST outside the window"


def test_json_values(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed(conversation())))
    (row,) = read("--local", "192.168.1.7", "--closed", path).rows
    assert row == {
        "proto": "tcp",
        "local_address": "192.168.1.7",
        "local_port": 80,
        "foreign_address": "192.168.1.5",
        "foreign_port": 1099,
        "state": "CLOSED",
        "foreign_state": "TIME_WAIT",
        "certainty": "observed",
        "foreign_certainty": "observed",
        "evidence_frame": 9,
        "evidence": "rcv ACK of FIN",
        "foreign_evidence_frame": 8,
        "foreign_evidence": "rcv FIN",
        "initiator": "foreign",
        "initiator_basis": "syn",
        "generation": 1,
        "pseudo_state": None,
        "tunnel": None,
        "first_seen": "2026-01-01T00:00:00.000000000Z",
        "last_seen": "2026-01-01T00:00:00.008000000Z",
        "local_packets": 4,
        "foreign_packets": 5,
        "local_bytes": 4 * 54 + 7,
        "foreign_bytes": 5 * 54 + 5,
        "local_payload_bytes": 7,
        "foreign_payload_bytes": 5,
        "local_name": None,
        "local_name_from": None,
        "foreign_name": None,
        "foreign_name_from": None,
        "service": None,
        "history": "ShADdFaf",
        "conn_state": "SF",
        "community_id": row["community_id"],  # test_community_id.py
        "end_reason": None,
        "notes": [],
    }


def test_end_reason_is_null_while_open(mixed: Path) -> None:
    reasons = {row["local_port"]: row["end_reason"] for row in read("--closed", mixed).rows}
    assert reasons == {
        OPEN4: None, CLOSED4: "end of flow detected", OPEN6: None, UDP4: None, UDP6: None
    }  # fmt: skip


def test_service_is_in_the_record_unless_numeric(mixed: Path) -> None:
    rows = run_here("read", "--json", mixed).rows
    assert {row["local_port"]: row["service"] for row in rows} == {
        OPEN4: "http", OPEN6: "https", UDP4: "domain", UDP6: "domain"
    }  # fmt: skip
    assert {row["service"] for row in read(mixed).rows} == {None}


def test_table_names_services_at_the_responder(mixed: Path) -> None:
    rows = {row[1]: row[2] for row in run_here("read", "-4", mixed).table}
    assert rows == {
        "192.168.1.5:1099": "192.168.1.7:http",
        "192.168.1.5:1305": "192.168.1.7:domain",
    }
    server = run_here("read", "-t4", "--local", "192.168.1.7", mixed).table
    assert [row[1:3] for row in server] == [["192.168.1.7:http", "192.168.1.5:1099"]]


def test_table_as_in_the_classic_example() -> None:
    assert run("read", "-n", FTP_AND_WEB).stdout == (
        "Active Connections\n"
        "\n"
        "  Proto  Local Address          Foreign Address        State\n"
        "  TCP    192.168.1.5:1305       192.168.1.7:21         ESTABLISHED\n"
        "  TCP    192.168.1.5:1099       192.168.1.7:80         ESTABLISHED\n"
    )


def test_table_is_never_cut(tmp_path: Path) -> None:
    address = "2001:db8:1111:2222:3333:4444:5555:6666"
    frame = ethernet(ipv6(udp(b"", 65535, 53), UDP, address, address), IPV6)
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed([frame])))
    lines = run("read", "-n", path, env={"COLUMNS": "20"}).stdout.splitlines()
    assert ["UDP", f"[{address}]:65535", f"[{address}]:53"] in map(str.split, lines)
    assert lines[2].index("Foreign Address") == lines[3].rindex("[")


def test_wide_table(mixed: Path) -> None:
    lines = run_here("read", "-n", "--wide", "--closed", mixed).stdout.splitlines()
    columns = (
        "Proto", "Local Address", "Foreign Address", "State", "Foreign State", "Certainty",
        "Opened By", "Gen", "Packets", "Bytes", "Age", "Idle", "Evidence", "Notes",
    )  # fmt: skip
    starts = [lines[2].index(f"  {name}") + 2 for name in columns]
    assert starts == sorted(starts)
    cells = [
        [line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)]
        for line in lines[3:]
    ]
    assert cells[0] == [
        "TCP", "192.168.1.5:1099", "192.168.1.7:80", "ESTABLISHED", "ESTABLISHED",
        "observed/observed", "local (syn)", "1", "2/1", "108/54", "9 ms", "7 ms",
        "#2 rcv ACK of SYN", "",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["", "--wide", "--json", "--csv"])
def test_output_to_a_pipe_is_plain(mixed: Path, form: str) -> None:
    outcome = run("read", "-a", "--closed", *form.split(), mixed)
    assert outcome.status == 0
    assert outcome.stdout.isascii()
    assert all(line.isprintable() and line == line.rstrip() for line in outcome.stdout.splitlines())
    assert outcome.stdout.endswith("\n")
    assert all(line.startswith("tracker: ") for line in outcome.stderr.splitlines())


def test_output_is_the_same_every_time(mixed: Path) -> None:
    outcomes = {run("read", "-a", "--closed", "--json", mixed) for _ in range(3)}
    assert len(outcomes) == 1


def test_what_is_not_in_the_table_is_said() -> None:
    """Two ARP frames of 32 (tshark -Y arp)."""
    outcome = run_here("read", "-n", FTP_AND_WEB)
    assert outcome.stderr.splitlines() == [
        "tracker: local: the initiator of each connection, or who is left of it (or use --local)",
        "tracker: no TCP or UDP in 2 of 32 frames: other: ARP 2",
    ]


# --- exit status --------------------------------------------------------------------------------


def test_status_0_with_rows() -> None:
    assert run("read", FTP_AND_WEB).status == 0


def test_status_1_without_rows() -> None:
    outcome = run("read", "-n", "-u", FTP_AND_WEB)
    assert outcome.status == 1
    assert "nothing to show: 2 connections seen" in outcome.stderr
    assert len(outcome.stdout.splitlines()) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["read"],
        ["wrong"],
        ["read", "--wrong", "x"],
        ["read", "--json", "--csv", "x"],
        ["read", "x", "--at"],
        ["read", "x", "--at", "-5"],
        ["states", "x"],
    ],
    ids=" ".join,
)
def test_status_2_wrong_use(arguments: list[str]) -> None:
    outcome = run(*arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("tracker") and line.endswith("--help")


def test_status_2_for_settings_that_cannot_be_read(tmp_path: Path) -> None:
    outcome = run("read", "--config", tmp_path / "missing.yaml", FTP_AND_WEB)
    assert (outcome.status, outcome.stdout) == (2, "")
    problem = "cannot be read: No such file or directory"
    assert outcome.stderr == f"tracker: {tmp_path}/missing.yaml: {problem}\n"


def test_reader_that_has_seen_enough(tmp_path: Path) -> None:
    """`tracker read ... | head -1`: no complaint, whatever is left unread."""
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed([tcp_frame(SYN, ports=(port, 80)) for port in range(1024, 4000)])))
    with subprocess.Popen(
        command("read", "-n", "--json", path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert json.loads(process.stdout.readline())["state"] == "SYN_SENT"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


# --- the other commands -------------------------------------------------------------------------


def test_version() -> None:
    outcome = run("--version")
    assert outcome.stdout == f"tracker {tracker.__version__} (engine: {tracker.engine()})\n"
    assert (outcome.status, outcome.stderr) == (0, "")


def test_installed_command_is_the_module() -> None:
    script = Path(sys.executable).with_name("tracker")
    if not script.exists():
        pytest.skip("the command is not beside this Python")
    process = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert process.stdout == run("--version").stdout


@pytest.mark.parametrize(
    "arguments", [["--help"], ["read", "--help"], ["states", "--help"]], ids=" ".join
)
def test_help(arguments: list[str]) -> None:
    outcome = run(*arguments)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith("usage: tracker")


def test_help_is_as_wide_as_the_terminal() -> None:
    lines = run("read", "--help", env={"COLUMNS": "50"}).stdout.splitlines()
    assert 40 < max(map(len, lines)) <= 50


def test_help_says_every_option() -> None:
    words = run("read", "--help").stdout.replace(",", " ").split()
    for option in [
        "-n",
        "-t",
        "-u",
        "-4",
        "-6",
        "-a",
        "-l",
        "--closed",
        "--wide",
        "--json",
        "--csv",
        "--at",
        "--local",
        "--config",
    ]:
        assert option in words


def test_states_prints_every_state_and_event() -> None:
    outcome = run("states")
    assert (outcome.status, outcome.stderr) == (0, "")
    lines = outcome.stdout.splitlines()
    for state in State:
        assert any(line.startswith(f"{state.name} ") or line == state.name for line in lines)
    for name, source in EVENTS.values():
        assert any(line.startswith(name) and line.endswith(source) for line in lines), name


def test_start_of_the_captures_made_here() -> None:
    """What the moments above rest on."""
    assert START == 1767225600 * 10**9


def test_csv_quotes_what_holds_a_comma() -> None:
    """The event "snd FIN, crossing" stands in one column."""
    outcome = run(
        "read", "-n", "--closed", "--csv", PCAPS / "simultaneous-close.pcap", "--at", "#9"
    )
    (row,) = csv.DictReader(outcome.stdout.splitlines())
    assert (row["foreign_evidence"], row["initiator"]) == ("snd FIN, crossing", "local")
    assert None not in row


def test_json_is_what_the_standard_library_would_write(mixed: Path) -> None:
    """Each line, parsed and written again, is the same line."""
    for options in ((), ("--history",), ("--closed",)):
        lines = run("read", "--json", "-a", *options, mixed).stdout.splitlines()
        assert lines
        assert [json.dumps(json.loads(line)) for line in lines] == lines
