"""--filter: the frames that count are those that tcpdump would have shown."""

import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from captures import (
    FILE_HEADER,
    NS_IN_S,
    PCAPS,
    conversation,
    pcap,
    read,
    read_pcap,
    run_here,
    timed,
)
from packets import CLIENT

from tracker.capture.bpf import Filter
from tracker.capture.errors import FilterError
from tracker.capture.saved import SavedCapture

ETHERNET_HEADER = 14
IPV4_BEGINS = b"\x45"
FTP_AND_WEB = PCAPS / "ftp-and-web.pcap"


def _has_libpcap() -> bool:
    try:
        Filter("tcp")
    except FilterError:
        return False
    return True


needs_libpcap = pytest.mark.skipif(not _has_libpcap(), reason="libpcap is not here")
needs_tcpdump = pytest.mark.skipif(
    shutil.which("tcpdump") is None, reason="tcpdump, which says what is right, is not here"
)

EXPRESSIONS = [
    "",
    "tcp",
    "udp",
    "tcp port 80",
    "port 21 or port 1305",
    "src host 192.168.1.5",
    "dst net 192.168.1.0/24 and not icmp",
    "ip6",
    "ip6 host fd00::7",
    "icmp or icmp6",
    "arp",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "tcp[13] == 2",
    "ip[6:2] & 0x3fff != 0",
    "less 70",
    "greater 500",
    "len > 74",
    "portrange 1000-1200",
    "proto 47",
    "ip proto 6 and host 127.0.0.1",
]

CAPTURES = [
    "ftp-and-web.pcap",
    "udp-fragments.pcap",
    "unreachable-ipv6.pcap",
    "icmp-when-open.pcap",
    "tunnels-in-ip.pcap",
    "all-interfaces.pcap",
    "loopback.pcap",
]

#: What stands before the IP packet in files of other link types.
LINKS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "BSD loopback": (0, lambda packet: struct.pack("<I", 2) + packet),
    "OpenBSD loopback": (108, lambda packet: struct.pack(">I", 2) + packet),
    "PPP": (9, lambda packet: b"\xff\x03\x00\x21" + packet),
    "PPP in HDLC": (50, lambda packet: b"\xff\x03\x00\x21" + packet),
    "raw IP": (101, lambda packet: packet),
    "raw IPv4": (228, lambda packet: packet),
    "Cisco HDLC": (104, lambda packet: b"\x0f\x00\x08\x00" + packet),
    "LLC, SNAP": (100, lambda packet: b"\xaa\xaa\x03\x00\x00\x00\x08\x00" + packet),
    "Linux cooked": (113, lambda packet: struct.pack("!HHH8sH", 0, 1, 6, bytes(8), 0x800) + packet),
    "802.11": (105, lambda packet: b"\x08\x00" + bytes(22) + b"\xaa\xaa\3\0\0\0\x08\x00" + packet),
}


def chosen_by_tcpdump(path: Path, expression: str) -> list[tuple[int, bytes]]:
    """Return time (µs) and octets of each frame that tcpdump lets pass."""
    process = subprocess.run(
        ["tcpdump", "-n", "-r", str(path), "-w", "-", expression],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    octets = process.stdout
    found, at = [], FILE_HEADER
    order = "<" if octets[:1] in b"\xd4\x4d" else ">"
    unit = 1000 if octets[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1
    while at < len(octets):
        seconds, rest, length, _ = struct.unpack_from(order + "IIII", octets, at)
        found.append((seconds * 1_000_000 + rest // unit, octets[at + 16 : at + 16 + length]))
        at += 16 + length
    return found


def chosen(path: Path, expression: str) -> list[tuple[int, bytes]]:
    """Return time (µs) and octets of each frame that the filter lets pass."""
    choose = Filter(expression).runs
    found = []
    for frames in SavedCapture(str(path)):
        for first, last in choose(frames, 0, frames.count):
            assert first < last
            for i in range(first, last):
                start, length = frames.starts[i], frames.lengths[i]
                octets = bytes(memoryview(frames.data)[start : start + length])
                found.append((frames.times[i] // 1000, octets))
    return found


# --- the same frames as tcpdump's ---------------------------------------------------------------


@needs_libpcap
@needs_tcpdump
@pytest.mark.parametrize("name", CAPTURES)
def test_same_frames_as_tcpdump(name: str) -> None:
    for expression in EXPRESSIONS:
        expected = chosen_by_tcpdump(PCAPS / name, expression)
        assert chosen(PCAPS / name, expression) == expected, expression


@needs_libpcap
@needs_tcpdump
@pytest.mark.parametrize("link", LINKS)
def test_same_frames_as_tcpdump_of_each_link_type(link: str, tmp_path: Path) -> None:
    number, header = LINKS[link]
    packets = [frame.octets[ETHERNET_HEADER:] for frame in read_pcap(FTP_AND_WEB)]
    frames = [header(packet) for packet in packets if packet[:1] == IPV4_BEGINS]
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed(frames), link_type=number))
    for expression in ("tcp port 80", f"src host {CLIENT}", "tcp[tcpflags] & tcp-syn != 0"):
        expected = chosen_by_tcpdump(path, expression)
        assert chosen(path, expression) == expected, expression
        assert expected


@needs_libpcap
def test_the_captures_say_something_to_each_expression() -> None:
    """So that equal does not mean empty."""
    for expression in EXPRESSIONS:
        assert any(chosen(PCAPS / name, expression) for name in CAPTURES), expression


# --- what is left is what it was ----------------------------------------------------------------


@needs_libpcap
def test_rows_are_those_of_the_frames_that_pass() -> None:
    (row,) = read("--filter", "tcp port 80", FTP_AND_WEB).rows
    assert (row["local_port"], row["foreign_port"]) == (1099, 80)
    (alone,) = [row for row in read(FTP_AND_WEB).rows if row["foreign_port"] == 80]
    assert row == alone


@needs_libpcap
def test_frame_numbers_are_those_of_the_file() -> None:
    """The SYN of the web connection is not the first frame of the file."""
    (row,) = read("--filter", "tcp port 80", "--history", FTP_AND_WEB).rows
    numbers = {change["frame"] for change in row["transitions"]}
    syns = [
        number
        for number, frame in enumerate(read_pcap(FTP_AND_WEB), 1)
        if b"\x04\x4b\x00\x50" in frame.octets[34:38] and frame.octets[47] == 2
    ]
    assert syns[0] > 1
    assert min(numbers) == syns[0]


@needs_libpcap
def test_a_moment_is_that_of_the_file() -> None:
    """`--at '#FRAME'` counts all frames, and +SECONDS from the first of all."""
    whole = {row["foreign_port"]: row["state"] for row in read("--at", "#12", FTP_AND_WEB).rows}
    some = read("--at", "#12", "--filter", "tcp port 21", FTP_AND_WEB).rows
    assert {row["foreign_port"]: row["state"] for row in some} == {21: whole[21]}
    assert read("--at", "+0.001", "--filter", "tcp port 21", FTP_AND_WEB).rows == [
        row for row in read("--at", "+0.001", FTP_AND_WEB).rows if row["foreign_port"] == 21
    ]


@needs_libpcap
@pytest.mark.parametrize(("wait", "status"), [(59, 0), (61, 1)])
def test_time_goes_on(wait: int, status: int, tmp_path: Path) -> None:
    """A frame that does not pass is a moment all the same: TIME_WAIT ends by it (rule 11)."""
    closed = timed(conversation())
    late = closed[-1].time + wait * NS_IN_S
    other = timed(conversation(1100)[:1], start=late)
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap([*closed, *other]))
    outcome = read("--filter", "tcp port 1099", path)
    assert outcome.status == status
    assert [row["state"] for row in outcome.rows] == ["TIME_WAIT"] * (1 - status)


@needs_libpcap
def test_nothing_passes() -> None:
    outcome = run_here("read", "--filter", "tcp port 4711", FTP_AND_WEB)
    assert outcome.status == 1
    assert "nothing to show: no connection seen" in outcome.stderr


@needs_libpcap
def test_each_interface_has_its_link_type() -> None:
    """The expression is compiled for Ethernet and for Linux cooked frames."""
    path = PCAPS / "two-interfaces.pcapng"
    for expression, ports in {
        "tcp": {1099, 1100},
        "port 1099": {1099},
        "port 1100": {1100},
    }.items():
        assert {row["local_port"] for row in read("--filter", expression, path).rows} == ports


# --- what does not work -------------------------------------------------------------------------


@needs_libpcap
@pytest.mark.parametrize(
    "expression",
    ["tcp port", "port eighty", "host 300.1.1.1", "(tcp", "tcp and and udp", "tcp[", "🦊"],
)
def test_an_expression_that_is_none(expression: str) -> None:
    outcome = run_here("read", "--filter", expression, FTP_AND_WEB)
    assert (outcome.status, outcome.stdout) == (2, "")
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("tracker: --filter ")
    assert "man pcap-filter" in line


@needs_libpcap
def test_an_expression_that_makes_no_sense_for_a_link_type(tmp_path: Path) -> None:
    """`ether host` is compiled for Ethernet, and rejected when the first raw IP frame comes."""
    packets = [frame.octets[ETHERNET_HEADER:] for frame in read_pcap(PCAPS / "refused.pcap")]
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(timed(packets), link_type=101))
    outcome = run_here("read", "--filter", "ether host 02:00:00:00:01:07", path)
    assert (outcome.status, outcome.stdout) == (2, "")
    (line,) = outcome.stderr.splitlines()
    assert "for frames of link type RAW (101); " in line


@needs_libpcap
def test_an_expression_that_makes_sense_for_one_of_two_link_types() -> None:
    """Ethernet addresses in a capture that also holds cooked frames: of those, none passes."""
    path = PCAPS / "two-interfaces.pcapng"
    outcome = run_here("read", "-n", "--filter", "ether host 02:00:00:00:01:07", path)
    assert [row[1] for row in outcome.table] == ["192.168.1.5:1099"]
    assert "for frames of link type LINUX_SLL (113); no frame of it passes" in outcome.stderr


@needs_libpcap
@pytest.mark.parametrize(
    "expression",
    [
        "host www.example.com",
        "tcp and (localhost or 10.0.0.1)",
        "example",
        "dst net lab",
        "ip6 a.b",
    ],
)
def test_no_name_is_looked_up(expression: str) -> None:
    """Libpcap would ask the network for it."""
    outcome = run_here("read", "--filter", expression, FTP_AND_WEB)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert "nothing is looked up on the network" in outcome.stderr


@needs_libpcap
@pytest.mark.parametrize(
    "expression",
    [
        "tcp port http or https",
        "udp portrange 1000-2000",
        "ip proto \\tcp",
        "tcp[tcpflags] & tcp-syn != 0 and ip[0] & 0xf != 5",
        "ether host 02:00:00:00:01:07",
        "ip6 net fd00::/8",
        "host fd00::abcd",
    ],
)
def test_words_of_the_language_are_no_names(expression: str) -> None:
    Filter(expression)


@pytest.fixture
def no_libpcap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the import fail that finds libpcap."""
    libs = pytest.importorskip("scapy.libs", reason="scapy is not installed")
    monkeypatch.delattr(libs, "winpcapy", raising=False)
    monkeypatch.setitem(sys.modules, "scapy.libs.winpcapy", None)


@pytest.mark.usefixtures("no_libpcap")
def test_without_libpcap() -> None:
    outcome = run_here("read", "--filter", "tcp", FTP_AND_WEB)
    assert (outcome.status, outcome.stdout) == (2, "")
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("tracker: --filter needs libpcap, which is not on this system; install")


@pytest.mark.usefixtures("no_libpcap")
def test_libpcap_is_not_asked_for_without_a_filter() -> None:
    assert run_here("read", FTP_AND_WEB).status == 0
