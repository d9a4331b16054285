"""Saved tables of kernels: what `ss`, netstat and /proc/net said of one host at one moment.

They are of the same host (`audit_kernel/`, recorded by audit_kernel_hosts.py), so they have to
agree.  What Windows, BSD and macOS print is from their manuals.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from captures import PCAPS
from hypothesis import given, settings
from hypothesis import strategies as st
from test_truth import SS_STATES, snapshots

from tracker.audit import dumps_rows
from tracker.audit.dumps import moment_of, read_dumps
from tracker.audit.dumps_rows import ANY4, DumpError, Found
from tracker.host import KernelSocket, Pair
from tracker.moment import MomentError
from tracker.tcp_state import State

RECORDED = Path(__file__).resolve().parent / "audit_kernel"
SECOND = 1_000_000_000


def recorded(*names: str) -> Found:
    """Return what these files of the recording say together."""
    return read_dumps(str(RECORDED / name) for name in names)


def said(tmp_path: Path, text: str, name: str = "table.txt") -> Found:
    """Return what a table with this text says."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_dumps([str(path)])


def pairs(found: Found) -> dict[Pair, State | None]:
    return {each.pair(): each.state for each in found.sockets}


# --- the same host, in every form ---------------------------------------------------------------


def test_ss_netstat_and_proc_agree() -> None:
    ss = pairs(recorded("ss.txt"))
    assert len(ss) == 19
    assert pairs(recorded("netstat.txt")) == ss
    assert pairs(recorded("proc-tcp.txt", "proc-tcp6.txt", "proc-udp.txt", "proc-udp6.txt")) == ss


def test_ss_and_netstat_name_the_same_processes() -> None:
    owners = {each.pair(): (each.pid, each.program) for each in recorded("ss.txt").sockets}
    assert {(each.pid, each.program) for each in recorded("netstat.txt").sockets} == set(
        owners.values()
    )
    assert (None, None) in owners.values()  # what was not accepted yet belongs to nobody


def test_ages_stand_in_the_line_below() -> None:
    """The connection that was raced for began 2.6 s before: `ss -i` says 2620 ms."""
    found = recorded("ssi.txt")
    (heard,) = (age for pair, age in found.heard.items() if pair[4] == 31000)
    text = (RECORDED / "ssi.txt").read_text(encoding="utf-8")
    assert re.search(rf":31000 *\n.*lastrcv:{heard // 1_000_000} ", text)


def test_a_full_queue_is_noted() -> None:
    assert recorded("ss.txt").full == {("tcp", "192.168.1.5", 7002, None, 0): (1, 0)}


def test_raw_and_packet_sockets() -> None:
    found = {(each.kind, each.protocol, each.program) for each in recorded("raw.txt").raw}
    assert ("raw", "255", "python") in found
    assert ("packet", "2048", "python") in found
    assert {program for *_, program in found} == {"python", "tcpdump"}
    proc = {(each.kind, each.protocol) for each in recorded("proc-raw.txt", "proc-packet.txt").raw}
    assert proc == {(kind, protocol) for kind, protocol, _ in found}


def test_tracked_connections() -> None:
    tracked = {each.original: each for each in recorded("conntrack.txt").tracked}
    masqueraded = tracked["10.9.0.2", 4000, "192.168.1.7", 80]
    assert masqueraded.translated
    assert masqueraded.answered == ("192.168.1.5", 4000, "192.168.1.7", 80)
    published = tracked["192.168.1.7", 4002, "192.168.1.5", 8080]
    assert published.answered == ("192.168.1.7", 4002, "10.9.0.2", 80)
    assert not tracked["10.9.0.2", 4001, "192.168.1.7", 81].translated
    assert tracked["192.168.1.5", 7777, "192.168.1.7", 7778].state == "CLOSE"


@pytest.mark.parametrize("command", ["netstat -tanW", "ss -tan", "ss -tuan"])
def test_every_state_as_the_kernel_said(command: str, tmp_path: Path) -> None:
    """The host of states-and-queues.pcap, in the words of the tools and in truth.jsonl."""
    (snapshot,) = (
        each
        for each in snapshots()
        if each["capture"] == "states-and-queues.pcap" and each["host"] == "client"
    )
    printed = (PCAPS / "tools" / "states-and-queues.txt").read_text(encoding="utf-8")
    text = printed.split(f"$ {command}\n")[1].split("$ ")[0]
    found = said(tmp_path, f"$ {command}\n{text}")
    assert sorted(
        (text_of(each), each.state.name)
        for each in found.sockets
        if each.state is not None and each.foreign_address is not None
    ) == sorted(
        (f"{row['local']} {row['foreign']}", SS_STATES[row["state"]])
        for row in snapshot["sockets"]
        if row["proto"] == "tcp" and row["state"] != "LISTEN"
    )


def text_of(each: KernelSocket) -> str:
    """Return both ends as `ss` prints them."""
    near, far = each.local_address, each.foreign_address or ""
    ends = ((near, each.local_port), (far, each.foreign_port))
    return " ".join(f"[{at}]:{port}" if ":" in at else f"{at}:{port}" for at, port in ends)


# --- other systems, other spellings -------------------------------------------------------------

WINDOWS = """
Active Connections

  Proto  Local Address          Foreign Address        State           PID
  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       912
  TCP    192.168.1.5:49701      192.168.1.7:443        ESTABLISHED     4711
  TCP    192.168.1.5:49702      192.168.1.7:443        TIME_WAIT       0
  TCP    192.168.1.5:49703      192.168.1.7:443        SYN_SENT        4711
  TCP    [fe80::5%12]:49704     [fe80::7%12]:445       FIN_WAIT_2      4
  UDP    0.0.0.0:5353           *:*                                    1200
  UDP    [::]:5353              *:*                                    1200
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_windows(encoding: str, tmp_path: Path) -> None:
    """As `netstat -ano > FILE` writes it, and PowerShell, which writes UTF-16."""
    path = tmp_path / "netstat.txt"
    path.write_text(WINDOWS, encoding=encoding, newline="\r\n")
    found = read_dumps([str(path)])
    assert found.sockets == [
        KernelSocket("tcp", ANY4, 135, None, 0, State.LISTEN, 912, None),
        KernelSocket(
            "tcp", "192.168.1.5", 49701, "192.168.1.7", 443, State.ESTABLISHED, 4711, None
        ),
        KernelSocket("tcp", "192.168.1.5", 49702, "192.168.1.7", 443, State.TIME_WAIT, None, None),
        KernelSocket("tcp", "192.168.1.5", 49703, "192.168.1.7", 443, State.SYN_SENT, 4711, None),
        KernelSocket("tcp", "fe80::5", 49704, "fe80::7", 445, State.FIN_WAIT_2, 4, None),
        KernelSocket("udp", ANY4, 5353, None, 0, None, 1200, None),
        KernelSocket("udp", "::", 5353, None, 0, None, 1200, None),
    ]


BSD = """
Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)
tcp4       0      0  192.168.1.5.49701      192.168.1.7.443        ESTABLISHED
tcp4       0     31  192.168.1.5.49702      192.168.1.7.443        CLOSE_WAIT
tcp6       0      0  fe80::5%em0.49703      fe80::7%em0.22         SYN_RCVD
tcp46      0      0  *.80                   *.*                    LISTEN
udp4       0      0  *.5353                 *.*
icm4       0      0  *.*                    *.*
Active Multipath Internet connections (including servers)
Proto/ID  Flags      Local Address          Foreign Address        (state)
Active LOCAL (UNIX) domain sockets
Address          Type   Recv-Q Send-Q            Inode             Conn             Refs
c1a2b3c4d5e6f708 stream      0      0                0 c1a2b3c4d5e6f7a8                0
"""


def test_bsd_and_macos(tmp_path: Path) -> None:
    found = said(tmp_path, BSD)
    assert pairs(found) == {
        ("tcp", "192.168.1.5", 49701, "192.168.1.7", 443): State.ESTABLISHED,
        ("tcp", "192.168.1.5", 49702, "192.168.1.7", 443): State.CLOSE_WAIT,
        ("tcp", "fe80::5", 49703, "fe80::7", 22): State.SYN_RECEIVED,
        ("tcp", "::", 80, None, 0): State.LISTEN,
        ("udp", ANY4, 5353, None, 0): None,
    }
    assert found.unsent == {("tcp", "192.168.1.5", 49702, "192.168.1.7", 443)}
    assert [each.kind for each in found.raw] == ["raw"]


def test_ss_without_heading_with_interfaces_and_old_brackets(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        'ESTAB 0 0 192.168.1.5%eth0:22 192.168.1.7:5000 users:(("sshd",pid=7,fd=3),("sh",pid=9))\n'
        "LISTEN 0 128 *:80 *:*\n"
        "ESTAB 0 0 [fe80::5]%eth0.7:22 [fe80::7]:5000\n"
        "ESTAB 0 0 [::ffff:192.168.1.5]:22 [::ffff:192.168.1.7]:5001\n"
        "LISTEN 0 128 :::22 :::*\n",
    )
    assert found.sockets == [
        KernelSocket("tcp", "192.168.1.5", 22, "192.168.1.7", 5000, State.ESTABLISHED, 7, "sshd"),
        KernelSocket("tcp", "::", 80, None, 0, State.LISTEN, None, None),
        KernelSocket("tcp", "fe80::5", 22, "fe80::7", 5000, State.ESTABLISHED, None, None),
        KernelSocket("tcp", "192.168.1.5", 22, "192.168.1.7", 5001, State.ESTABLISHED, None, None),
        KernelSocket("tcp", "::", 22, None, 0, State.LISTEN, None, None),
    ]


def test_ss_of_udp_alone_is_told_by_its_states(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        "State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
        "UNCONN 0      0            0.0.0.0:68        0.0.0.0:*\n"
        "ESTAB  0      0        192.168.1.5:40000 192.168.1.7:53\n",
    )
    assert pairs(found) == {
        ("udp", ANY4, 68, None, 0): None,
        ("udp", "192.168.1.5", 40000, "192.168.1.7", 53): None,
    }
    assert found.covered == {"udp", "udp6"}


@pytest.mark.parametrize(
    ("row", "address"),
    [
        ("0501A8C0:0016 0701A8C0:1388", "192.168.1.5"),  # as 127.0.0.1 tells: little-endian
        ("C0A80105:0016 C0A80107:1388", "192.168.1.5"),  # big-endian
    ],
)
def test_proc_in_both_byte_orders(row: str, address: str, tmp_path: Path) -> None:
    loopback = "0100007F" if row.startswith("05") else "7F000001"
    found = said(
        tmp_path,
        f"   0: {loopback}:1771 00000000:0000 0A 00000000:00000000 00:0 0 0 0 1 1\n"
        f"   1: {row} 01 00000010:00000000 00:0 0 0 0 1 1\n",
        "tcp",
    )
    socket = found.sockets[1]
    assert socket[:5] == ("tcp", address, 22, "192.168.1.7", 5000)
    assert found.unsent == {socket.pair()}


def test_proc_carries_ipv4_in_ipv6_sockets(tmp_path: Path) -> None:
    """The addresses of net/ipv6/tcp_ipv6.c: four words of 32 bits, each in the host's order."""
    near, far = "0000000000000000FFFF00000501A8C0", "0000000000000000FFFF00000701A8C0"
    row = f"  0: {near}:0050 {far}:1388 01 00000000:00000000 00:00000000 00000000 0 0 1"
    found = said(tmp_path, row + "\n")
    assert pairs(found) == {("tcp", "192.168.1.5", 80, "192.168.1.7", 5000): State.ESTABLISHED}
    assert found.covered == {"tcp6"}


def test_a_table_from_a_pipe() -> None:
    """As shells make it of `<(ss -tanp)`: it can be read once."""
    if not Path("/dev/fd").exists():
        pytest.skip("no /dev/fd here")
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w") as pipe:
        pipe.write("LISTEN 0 5 192.168.1.5:80 0.0.0.0:*\n")
        pipe.close()
        found = read_dumps([f"/dev/fd/{reading}"])
    assert pairs(found) == {("tcp", "192.168.1.5", 80, None, 0): State.LISTEN}


def test_what_a_table_speaks_of() -> None:
    assert recorded("proc-tcp.txt").covered == {"tcp"}
    assert recorded("proc-udp6.txt").covered == {"udp6"}  # it is empty, but it is there
    assert recorded("ssi.txt").covered == {"tcp", "tcp6"}


# --- what is wrong ------------------------------------------------------------------------------

WRONG = [
    ("tcp ESTAB 0 0 192.168.1.5:ssh 192.168.1.7:5000", "with -n"),
    ("tcp ESTAB 0 0 192.168.1.5:22 192.168.1.7:70000", "port in numbers"),
    ("tcp 0 0 web.example:443 192.168.1.7:5000 ESTABLISHED", "whole address"),
    ("tcp 0 0 192.168.1.5:22 192.168.1.7:5000 HERGESTELLT", "in English"),
    ("tcp6 0 0 2001:db8:1111:2222:3001 ::1:80 ESTABLISHED", "--wide"),
    ("tcp6 0 0 2001:db8::1111:222:3001 ::1:80 ESTABLISHED", "may be cut"),
    ("tcp ESTAB 0 0 192.168.1.5:22", "at least 5 columns"),
    ("tcp ESTAB x 0 192.168.1.5:22 192.168.1.7:5000", "no number"),
    ("0: 0501A8C0:16 0701A8C0:1388 01 0:0 0 0 0 0 1 1", "hexadecimal"),
    ("0: 0501A8C0:0016 0701A8C0:1388 0D 0:0 0 0 0 0 1 1", "01 to 0C"),
    ("tcp 6 9 ESTABLISHED src=1.2.3.4 dst=1.2.3.5 sport=1 dport=2", "both ways"),
    ("Kernel IP routing table\n0.0.0.0 192.168.1.1 0.0.0.0 UG 0 0 0 eth0", ""),
    ("10.0.0.0/8 via 192.168.1.1", "no row of a table of sockets"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(DumpError) as error:
        said(tmp_path, f"# a comment\n{text}\n")
    message = str(error.value)
    assert message.startswith(f"{tmp_path / 'table.txt'}")
    assert "line 2: " in message or "no table of sockets" in message
    assert told in message
    assert "\n" not in message


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "nothing at all\n"])
def test_a_file_without_a_table_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="no table of sockets; expected are rows of `ss -tuanp`"):
        said(tmp_path, text)


def test_a_capture_is_no_table() -> None:
    path = str(PCAPS / "refused.pcap")
    with pytest.raises(DumpError, match=r"refused\.pcap, line 1: this is no text"):
        read_dumps([path])


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="No such file"):
        read_dumps([str(tmp_path / "nothing")])


def test_a_table_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dumps_rows, "MOST_ROWS", 3)
    row = "tcp LISTEN 0 5 0.0.0.0:80 0.0.0.0:*\n"
    with pytest.raises(DumpError, match=r"line 4: more than 3 sockets"):
        said(tmp_path, row * 5)


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="line 1: this is no text"):
        said(tmp_path, "tcp " + "x" * 100_000)


PIECES = [
    *("Netid", "State", "Recv-Q", "Proto", "Active", "Internet", "UNIX", "sl", "sk", "RefCnt"),
    *("tcp", "udp", "TCP", "raw", "p_raw", "nl", "ESTAB", "UNCONN", "ESTABLISHED", "0", "-1", "07"),
    *("1:", "0501A8C0:0016", "00000000:0000", "192.168.1.5:22", "*:*", "[::1]:80", "1.2.3.4.5"),
    *("src=1.2.3.4", "dst=::1", "sport=x", "dport=9", "drops", "remote_address", "\t", "  ", "%"),
    *('users:(("a",pid=1', "lastrcv:9", "12/sh", "-", ":", ".", "[", "\u0660:\u0661", "²"),
]


@given(
    st.lists(
        st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=14).map(" ".join),
        max_size=6,
    ).map("\n".join)
)
@settings(max_examples=300, deadline=None)
def test_no_text_gives_a_traceback(text: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.txt"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        with suppress(DumpError):
            read_dumps([str(path)])


def test_any_octets_give_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    for start in (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe\x00", b"tcp \x80\x81"):
        path.write_bytes(start + b"\xd8\x00tcp ESTAB 1")
        with pytest.raises(DumpError):
            read_dumps([str(path)])


# --- when a table was taken ---------------------------------------------------------------------


def test_the_moment_is_said_or_the_last_change_or_the_end(tmp_path: Path) -> None:
    path = tmp_path / "ss.txt"
    path.write_text("tcp LISTEN 0 5 0.0.0.0:80 0.0.0.0:*\n", encoding="utf-8")
    begun, ended = 1_000_000 * SECOND, 1_000_100 * SECOND
    os.utime(path, ns=(0, begun + 50 * SECOND))
    paths = [str(path)]
    assert moment_of(paths, "1000010.5", begun, ended) == (begun + 10_500_000_000, "as said")
    assert moment_of(paths, "+7", begun, ended) == (begun + 7 * SECOND, "as said")
    assert moment_of(paths, None, begun, ended) == (begun + 50 * SECOND, "the file's last change")
    os.utime(path, ns=(0, ended + 3600 * SECOND))
    assert moment_of(paths, None, begun, ended) == (ended, "the capture's end")


def test_a_moment_that_is_none_is_refused() -> None:
    with pytest.raises(MomentError):
        moment_of([], "yesterday", 0, 1)
    with pytest.raises(DumpError, match="give a time"):
        moment_of([], "#12", 0, 1)
