"""Tables as other tools print them, held against what `netstat` and `ss` printed of a host.

`pcaps/tools/states-and-queues.txt` is what the tools said at the end of the capture of that name.
What Windows and BSD print is taken from their documentation and sources; neither runs here.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from captures import PCAPS, Outcome, pcap, run_here, timed
from metering import metered
from packets import ACK, FIN, PSH, RST, SYN, tcp_frame

from tracker import cli
from tracker.connection import Connection
from tracker.names.name import DNS, SOURCES, Name
from tracker.names.services import Services
from tracker.report import sides
from tracker.report.rows import RowMaker, Rows, Wanted
from tracker.report.styles import STYLES, styled
from tracker.tcp_state import State

CAPTURE = PCAPS / "states-and-queues.pcap"
ADDRESSES = ("192.168.1.5", "fd00::5", "2001:db8:1111:2222:3333:4444:5555:5")
LOCAL = [word for address in ADDRESSES for word in ("--local", address)]

#: Its peer reads nothing, so that the kernel keeps what the program wrote: no wire tells of that.
NOT_ALL_SENT = "192.168.1.5:3004"

Cells = tuple[str, ...]


def printed() -> dict[str, list[str]]:
    """Return the lines that each command printed."""
    text = (PCAPS / "tools" / "states-and-queues.txt").read_text(encoding="utf-8")
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
    outputs = zip(parts[::2], parts[1::2], strict=True)
    return {command: lines.splitlines() for command, lines in outputs}


def ours(style: str, *options: str | Path) -> list[str]:
    """Return the lines of our table of the same host."""
    return run_here("read", CAPTURE, "-n", *LOCAL, "--style", style, *options).stdout.splitlines()


# --- Linux --------------------------------------------------------------------------------------


def without_queues(line: str) -> str:
    """Return a line of netstat without Recv-Q, which is not known, and Send-Q where we differ."""
    return line[:6] + line[13 if NOT_ALL_SENT not in line else 20 :].rstrip()


@pytest.mark.parametrize(
    ("command", "options"), [("netstat -tan", "-a"), ("netstat -tn", ""), ("netstat -ltn", "-l")]
)
def test_lines_of_ipv4_are_those_of_netstat(command: str, options: str) -> None:
    """Every octet but Recv-Q, and the blanks at the end."""
    theirs = printed()[command]
    found = ours("linux", "-t4", *options.split())
    assert [line.rstrip() for line in theirs[:2]] == found[:2]
    rows = [line for line in theirs[2:] if line.startswith("tcp ")]
    assert sorted(map(without_queues, rows)) == sorted(map(without_queues, found[2:]))
    assert len(rows) > 0


def netstat_cells(line: str) -> Cells:
    """Return protocol, Send-Q, sockets and state; ours have brackets that netstat leaves out."""
    proto, _, queue, local, foreign, *state = line.split()
    local, foreign = (re.sub(r"[][]", "", socket) for socket in (local, foreign))
    return proto, "" if local == NOT_ALL_SENT else queue, local, foreign, *state


def test_rows_are_those_of_netstat_that_cuts_nothing() -> None:
    theirs, found = printed()["netstat -tanW"], ours("linux", "-ta")
    assert sorted(map(netstat_cells, theirs[2:])) == sorted(map(netstat_cells, found[2:]))
    assert any("2001:db8:1111:2222:3333:4444:5555:5:3001" in line for line in theirs)


def test_what_netstat_cuts_is_not_cut_here() -> None:
    """Without -W, netstat shows 22 characters."""
    assert not any("3333:4444:5555" in line for line in printed()["netstat -tan"])
    sockets = (
        "[2001:db8:1111:2222:3333:4444:5555:5]:3001 [2001:db8:1111:2222:3333:4444:5555:7]:8080"
    )
    assert any(sockets in line for line in ours("linux", "-t"))


def test_datagrams_have_the_sockets_that_netstat_knows() -> None:
    """Ours have no state and always a foreign socket: a wire does not tell who is connected."""
    theirs = [netstat_cells(line) for line in printed()["netstat -tuan"] if line[:4] == "udp "]
    found = [netstat_cells(line) for line in ours("linux", "-u4")[2:]]
    assert {cells[:3] for cells in theirs} == {cells[:3] for cells in found}
    connected = {cells[2:4] for cells in theirs if cells[-1] == "ESTABLISHED"}
    assert connected == {("192.168.1.5:1305", "192.168.1.7:7")}
    assert connected < {cells[2:4] for cells in found}
    assert all(len(cells) == 4 for cells in found)


# --- ss -----------------------------------------------------------------------------------------


def ss_cells(line: str) -> Cells:
    """Return the columns but Recv-Q, which is not known.

    Send-Q of a listening socket is how many connections may wait there: not known, either.
    """
    *head, _, queue, local, foreign = line.split()
    if head[-1] == "LISTEN" or local == NOT_ALL_SENT:
        queue = ""
    return *head, queue, local, foreign


def test_rows_are_those_of_ss() -> None:
    theirs, found = printed()["ss -tan"], ours("ss", "-ta")
    assert sorted(map(ss_cells, theirs[1:])) == sorted(map(ss_cells, found[1:]))
    assert len(found) > 1


def test_how_many_may_wait_at_a_listening_socket_is_not_known() -> None:
    """8 here, the number that the program gave to listen(2)."""
    for lines, told in ((printed()["ss -tan"], ["0", "8"]), (ours("ss", "-tl"), ["-", "-"])):
        listening = [line.split()[1:3] for line in lines if line.startswith("LISTEN")]
        assert listening == [told, told]


def test_rows_of_both_protocols_are_those_of_ss() -> None:
    """Of UDP, ours never say ESTAB and always a peer: a wire does not tell who is connected."""
    theirs = [ss_cells(line) for line in printed()["ss -tuan"][1:]]
    found = [ss_cells(line) for line in ours("ss", "-a")[1:]]
    for netid, length in (("tcp", 5), ("udp", 0)):
        assert sorted(cells[:length] for cells in theirs if cells[0] == netid) == sorted(
            cells[:length] for cells in found if cells[0] == netid
        )
    datagrams = [cells for cells in theirs if cells[0] == "udp"]
    assert {cells[3] for cells in datagrams} == {cells[3] for cells in found if cells[0] == "udp"}
    assert {cells[3:] for cells in datagrams if cells[1] == "ESTAB"} < {
        cells[3:] for cells in found
    }
    assert {cells[1] for cells in found if cells[0] == "udp"} == {"UNCONN"}


@pytest.mark.parametrize(("command", "options"), [("ss -tan", "-ta"), ("ss -tuan", "-a")])
def test_heading_of_ss(command: str, options: str) -> None:
    """The names are the same; where peers' ports are short, ss leaves no blank before the last."""
    theirs, found = printed()[command][0], ours("ss", options)[0]
    assert theirs.replace("PortProcess", "Port Process").split() == found.split()
    until = theirs.index("Send-Q") + len("Send-Q")
    assert theirs[:until] == found[:until]


def test_colons_of_ss_stand_below_each_other() -> None:
    for lines in (printed()["ss -tuan"], ours("ss", "-a")):
        heading = lines[0]
        here = heading.index("Local Address:") + len("Local Address")
        there = heading.index("Peer Address:") + len("Peer Address")
        for line in lines[1:]:
            local, peer = re.findall(r"\S+:(?=[\w*]+ |[\w*]+$)", line.rstrip())
            assert line.index(local) + len(local) - 1 == here
            assert line.rindex(peer) + len(peer) - 1 == there


# --- Windows and BSD: from their documentation --------------------------------------------------

#: RFC 9293's states in the order of `State`: FreeBSD, sys/netinet/tcp_fsm.h, tcpstates[]; Windows,
#: documentation of MIB_TCP_STATE and of netstat; net-tools, tcp_state[]; iproute2, sstate_name[].
SPELLINGS = {
    "bsd": "CLOSED LISTEN SYN_SENT SYN_RCVD ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT CLOSING "
    "LAST_ACK TIME_WAIT",
    "windows": "CLOSED LISTENING SYN_SENT SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 "
    "CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT",
    "linux": "CLOSE LISTEN SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSE_WAIT CLOSING "
    "LAST_ACK TIME_WAIT",
    "ss": "UNCONN LISTEN SYN-SENT SYN-RECV ESTAB FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT CLOSING "
    "LAST-ACK TIME-WAIT",
}


@pytest.mark.parametrize("name", STYLES)
def test_spellings(name: str) -> None:
    style = STYLES[name](maker())
    for state, spelling in zip(State, SPELLINGS[name].split(), strict=True):
        assert style.states[state + 1].split()[0] == spelling


def test_windows() -> None:
    """Learn.microsoft.com, netstat: two blanks before the protocol, port 0 where none is."""
    lines = ours("windows", "-t4", "-a")
    assert lines[:5] == [
        "",
        "Active Connections",
        "",
        "  Proto  Local Address          Foreign Address        State",
        "  TCP    192.168.1.5:3000       192.168.1.7:8080       ESTABLISHED",
    ]
    assert lines[-1] == "  TCP    192.168.1.5:80         0.0.0.0:0              LISTENING"
    (listening,) = ours("windows", "-6l")[4:]
    assert listening.split() == ["TCP", "[fd00::5]:80", "[::]:0", "LISTENING"]


def test_bsd() -> None:
    """FreeBSD, usr.bin/netstat/inet.c: columns of 5, 6, 6, 22 and 22, a dot before the port."""
    lines = ours("bsd", "-t4", "-a")
    assert lines[:3] == [
        "Active Internet connections (including servers)",
        "Proto Recv-Q Send-Q Local Address          Foreign Address        (state)",
        "tcp4       -      0 192.168.1.5.3000       192.168.1.7.8080       ESTABLISHED",
    ]
    assert lines[-1] == "tcp4       -      0 192.168.1.5.80         *.*                    LISTEN"
    assert ours("bsd", "-6")[0] == "Active Internet connections"
    assert any("[fd00::5].3009" in line for line in ours("bsd", "-6"))


def test_bsd_does_not_count_syn_and_fin() -> None:
    """There, Send-Q is so_snd.sb_cc: octets of data; SYN and FIN have none."""
    theirs = {cells[2]: int(cells[1]) for line in printed()["netstat -tanW"][2:]
              if (cells := netstat_cells(line))[1] and cells[4] != "LISTEN"}  # fmt: skip
    flags = {"3005", "3006", "3007", "3010", "3011"}  # in SYN_SENT, or behind their FIN
    for line in ours("bsd", "-t")[2:]:
        _, _, queue, local, _, _ = line.split()
        host, _, port = re.sub(r"[][]", "", local).rpartition(".")
        if f"{host}:{port}" != NOT_ALL_SENT:
            assert int(queue) == theirs[f"{host}:{port}"] - (port in flags)


# --- the example of the textbook ----------------------------------------------------------------

EXAMPLE = """
  TCP    192.168.1.124:3126  192.168.0.2:netbios-ssn  ESTABLISHED
  TCP    192.168.1.124:3158  207.138.126.152:http     ESTABLISHED
  TCP    192.168.1.124:3159  207.138.126.169:http     ESTABLISHED
  TCP    192.168.1.124:3160  207.138.126.169:http     ESTABLISHED
  TCP    192.168.1.124:3161  sc.msn.com:http          ESTABLISHED
  TCP    192.168.1.124:3166  www.cisco.com:http       ESTABLISHED
"""
NAMED = {"192.0.2.1": "sc.msn.com", "192.0.2.2": "www.cisco.com"}


class Hosts:
    """Knows two names, as `names.hosts.HostNames` does."""

    def of(self, connection: Connection, side: int) -> Name | None:
        low = connection.b_low if side else connection.a_low
        text = ".".join(str(octet) for octet in (low & 0xFFFFFFFF).to_bytes(4))
        return Name(NAMED[text], SOURCES[DNS]) if text in NAMED else None


def test_example_of_the_textbook() -> None:
    """Row for row, once names are known."""
    addresses = {name: address for address, name in NAMED.items()}
    frames = []
    for line in EXAMPLE.split("\n")[1:-1]:
        _, local, foreign, _ = line.split()
        host, service = foreign.split(":")
        ports = int(local.split(":")[1]), 139 if service == "netbios-ssn" else 80
        frames += handshake(ports, "192.168.1.124", addresses.get(host, host))
    services = Services({(80, "tcp"): "http", (139, "tcp"): "netbios-ssn"})
    rows = rows_of(frames, services, Hosts())
    lines = list(styled(rows, "windows"))
    assert lines[3].split() == ["Proto", "Local", "Address", "Foreign", "Address", "State"]
    assert [line.split() for line in lines[4:]] == [
        line.split() for line in EXAMPLE.strip().split("\n")
    ]
    starts = {line.index(line.split()[2]) for line in lines[4:]} | {lines[3].index("Foreign")}
    assert len(starts) == 1


# --- Send-Q -------------------------------------------------------------------------------------


def handshake(
    ports: tuple[int, int], client: str = "192.168.1.5", server: str = "192.168.1.7"
) -> list[bytes]:
    """Return the frames of RFC 9293 figure 6 between two hosts."""
    frames = [
        tcp_frame(SYN, ports=ports, sequence=99, acknowledgment=0),
        tcp_frame(SYN | ACK, back=True, ports=ports, sequence=299, acknowledgment=100),
        tcp_frame(ports=ports),
    ]
    pairs = ((client, server), (server, client), (client, server))
    return [
        frame[:26] + b"".join(bytes(map(int, host.split("."))) for host in hosts) + frame[34:]
        for frame, hosts in zip(frames, pairs, strict=True)
    ]


def maker(services: Services | None = None, hosts: object = None, **wanted: Any) -> RowMaker:
    """Return what makes rows of both sides."""
    whose = sides.stated(["192.168.1.0/24"], "test")
    made = RowMaker(Wanted(2_000_000_000_000_000_000, **wanted), whose, frozenset(), services)
    made.hosts = hosts
    return made


def rows_of(frames: list[bytes], services: Services | None = None, hosts: object = None) -> Rows:
    """Return the rows of frames."""
    meter = metered(timed(frames))
    return maker(services, hosts).rows(lambda: iter(list(meter.table.connections())))


def queues(frames: list[bytes], style: str = "linux") -> dict[str, str]:
    """Return Send-Q by local socket."""
    lines = list(styled(rows_of(frames), style))[2:]
    return {line.split()[3]: line.split()[2] for line in lines}


CLIENT, SERVER = "192.168.1.5:1099", "192.168.1.7:80"


def test_send_queue_is_what_is_not_acknowledged() -> None:
    """RFC 9293 section 3.3.1: SND.NXT less SND.UNA; what is sent again counts once."""
    frames = [
        *handshake((1099, 80)),
        tcp_frame(PSH | ACK, b"GET / HTTP", sequence=100),
        tcp_frame(ACK, back=True, sequence=300, acknowledgment=104),
        tcp_frame(PSH | ACK, b"GET / HTTP", sequence=100),
    ]
    assert queues(frames) == {CLIENT: "6", SERVER: "0"}


def test_send_queue_counts_on_across_zero() -> None:
    """RFC 9293 section 3.4: sequence numbers are modulo 2**32."""
    first = 2**32 - 3
    frames = [
        tcp_frame(SYN, sequence=first - 1, acknowledgment=0),
        tcp_frame(SYN | ACK, back=True, sequence=299, acknowledgment=first),
        tcp_frame(sequence=first),
        tcp_frame(PSH | ACK, b"0123456789", sequence=first),
    ]
    assert queues(frames) == {CLIENT: "10", SERVER: "0"}


def test_send_queue_of_one_who_calls() -> None:
    """RFC 7413: data on a SYN waits with it."""
    assert queues([tcp_frame(SYN, b"GET /", sequence=99, acknowledgment=0)]) == {CLIENT: "6"}


def moments(capture: str, label: str) -> str:
    """Return the moment of a snapshot of `pcaps/truth.jsonl`."""
    lines = (PCAPS / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    (at,) = {
        row["at"]
        for row in map(json.loads, lines)
        if row["capture"] == capture and row["label"] == label and row["host"] == "client"
    }
    return str(at)


@pytest.mark.parametrize(
    ("label", "state"),
    [("SYN sent, nothing has come", "SYN_SENT"), ("SYNs have crossed", "SYN_RECV")],
)
def test_send_queue_of_two_who_call_each_other(label: str, state: str) -> None:
    """In a simultaneous open Linux 6 shows a 1 in both states: the SYN (asked by `ss -tan`)."""
    capture = "simultaneous-open.pcap"
    words = ("--local", "192.168.1.5", "--at", moments(capture, label), "--style", "linux", "-n")
    outcome = run_here("read", PCAPS / capture, *words)
    assert outcome.stdout.splitlines()[2].split()[2::3] == ["1", state]


def test_send_queue_of_one_who_answers() -> None:
    """RFC 7413: it may send before its SYN,ACK is acknowledged; Linux 6 shows only the data."""
    frames = [
        tcp_frame(SYN, b"GET /", sequence=99, acknowledgment=0),
        tcp_frame(SYN | ACK, back=True, sequence=299, acknowledgment=105),
    ]
    assert queues(frames)[SERVER] == "0"
    frames.append(tcp_frame(PSH | ACK, bytes(100), back=True, sequence=300, acknowledgment=105))
    assert queues(frames)[SERVER] == "100"


def test_send_queue_when_the_acknowledgment_of_a_fin_is_lost() -> None:
    """The kernel is still in LAST_ACK, as `truth.jsonl` says: its FIN waits, SND.UNA is at it."""
    options = ("-n", "--local", "192.168.1.7", "--style", "linux")
    outcome = run_here("read", PCAPS / "fin-repeated.pcap", *options)
    assert outcome.stdout.splitlines()[2].split()[2::3] == ["1", "LAST_ACK"]


def test_send_queue_when_what_was_never_sent_is_acknowledged() -> None:
    """RFC 9293 section 3.10.7.3: that is answered with a reset, and acknowledges nothing."""
    frames = [
        tcp_frame(SYN, sequence=99, acknowledgment=0),
        tcp_frame(ACK, back=True, sequence=299, acknowledgment=50),
    ]
    assert queues(frames)[CLIENT] == "1"


def test_send_queue_of_what_begins_in_the_middle() -> None:
    """Where the peer was never heard, nobody knows what it has acknowledged."""
    asks = tcp_frame(PSH | ACK, b"GET /", sequence=500, acknowledgment=900)
    assert queues([asks])[CLIENT] == "-"
    answers = tcp_frame(ACK, back=True, sequence=900, acknowledgment=502)
    assert queues([asks, answers]) == {CLIENT: "3", SERVER: "0"}


def test_send_queue_where_only_one_side_is_captured() -> None:
    """Its ACK tells that the peer has answered the SYN, but not what it has acknowledged since."""
    frames = [*handshake((1099, 80))[::2], tcp_frame(PSH | ACK, b"GET /")]
    assert queues(frames)[CLIENT] == "-"


def test_nothing_waits_when_it_is_over(tmp_path: Path) -> None:
    """RFC 9293 section 3.10.7.4: a reset flushes the queues."""
    file = tmp_path / "reset.pcap"
    reset = tcp_frame(RST, back=True, sequence=300)
    frames = [*handshake((1099, 80)), tcp_frame(PSH | ACK, b"GET /"), reset]
    file.write_bytes(pcap(timed(frames)))
    (row,) = run_here("read", file, "-n", "--closed", "--style", "linux").stdout.splitlines()[2:]
    assert row.split()[2::3] == ["0", "CLOSE"]


def test_send_queue_when_more_is_acknowledged_than_was_seen() -> None:
    frames = [*handshake((1099, 80)), tcp_frame(back=True, sequence=300, acknowledgment=777)]
    assert queues(frames) == {CLIENT: "0", SERVER: "0"}


def test_send_queue_of_a_fin_is_one() -> None:
    frames = [*handshake((1099, 80)), tcp_frame(FIN | ACK, b"bye")]
    lost = {CLIENT: "4", SERVER: "0"}
    assert queues(frames) == lost
    assert queues(frames, "bsd") == {"192.168.1.5.1099": "3", "192.168.1.7.80": "0"}


@pytest.mark.parametrize(
    ("style", "heading", "client"),
    [
        ("linux", "Local", "192.168.1.5:"),
        ("bsd", "Local", "192.168.1.5."),
        ("ss", ":Port", ":1099"),
    ],
)
def test_columns_are_as_wide_as_the_longest_send_queue(
    style: str, heading: str, client: str
) -> None:
    """Seven digits in a column of six; begun in the middle, there is no window to be beyond."""
    frames = [
        tcp_frame(PSH | ACK, b"x"),
        tcp_frame(ACK, back=True, sequence=300, acknowledgment=101),
        tcp_frame(PSH | ACK, b"x", sequence=101 + 3_000_000 - 1),
    ]
    *_, names, row, _ = styled(rows_of(frames), style)
    assert "3000000" in row
    assert names.index(heading) == row.index(client)


# --- options ------------------------------------------------------------------------------------


def test_names_of_styles() -> None:
    assert tuple(STYLES) == cli.STYLES


@pytest.mark.parametrize("option", ["--wide", "--history", "--json", "--csv"])
def test_style_is_for_the_plain_table(option: str) -> None:
    outcome = run_here("read", CAPTURE, "--style", "ss", option)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert "--style" in outcome.stderr
    assert option in outcome.stderr


def test_style_is_not_for_events() -> None:
    outcome = run_here("live", "-i", "nowhere0", "--events", "--style", "ss")
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert "--events" in outcome.stderr


def test_unknown_style() -> None:
    outcome = run_here("read", CAPTURE, "--style", "solaris")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert "'solaris'" in outcome.stderr.splitlines()[-1]


@pytest.mark.parametrize("style", STYLES)
def test_nothing_to_show(tmp_path: Path, style: str) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(pcap([]))
    outcome: Outcome = run_here("read", empty, "--style", style)
    assert outcome.status == 1
    assert "Address" in outcome.stdout.splitlines()[-1]


@pytest.mark.parametrize("style", STYLES)
def test_moment(style: str) -> None:
    rows = rows_of(handshake((1099, 80)))
    lines = list(styled(rows, style, as_of=True))
    (line,) = (line for line in lines if "as of 2033-05-18T03:33:20.000000000Z" in line)
    without = list(styled(rows, style))
    assert len(lines) == len(without) + (style == "ss")
    assert line == "as of 2033-05-18T03:33:20.000000000Z" or line.startswith("Active ")


class Programs:
    """Knows one program, as `host.Programs` does."""

    def of(self, _proto: str, _here: str, port: int, *_: object) -> tuple[int, str] | None:
        return (4711, "firefox") if port == 1099 else None


#: As `netstat -bo`, `netstat -p`, `ss -p` and macOS' `netstat -v` tell programs.
OWNERS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "windows": ("PID", lambda text: text.endswith(" ESTABLISHED     4711\n [firefox]")),
    "linux": ("PID/Program name", lambda text: text.endswith(" ESTABLISHED 4711/firefox")),
    "ss": ("Process", lambda text: text.endswith('users:(("firefox",pid=4711))')),
    "bsd": ("process:pid", lambda text: text.endswith(" ESTABLISHED firefox:4711")),
}


@pytest.mark.parametrize("style", STYLES)
def test_programs(style: str) -> None:
    rows = rows_of(handshake((1099, 80)))
    rows.maker.programs = Programs()
    name, is_told = OWNERS[style]
    heading, client, server = list(styled(rows, style))[-3:]
    assert heading.endswith(name)
    assert is_told(client)
    start = heading.index(name)
    assert re.match("4711|users|firefox", client[start:])
    assert server[start:] == ("" if style == "ss" else "-")


def each_row() -> Iterator[str]:
    """Return the lines of all styles of all captures."""
    for path in sorted(PCAPS.glob("*.pcap*")):
        for style in STYLES:
            yield from run_here("read", path, "-a", "--closed", "--style", style).stdout.split("\n")


def test_no_line_ends_in_blanks() -> None:
    lines = list(each_row())
    assert len(lines) > 1000
    assert all(line == line.rstrip() for line in lines)
