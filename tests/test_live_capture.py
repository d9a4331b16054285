"""`tracker live` on an interface of a network namespace: what it captures, and how it ends."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from captures import PCAPS, Row, read, run_here
from interface import Link, Live, link, need_namespaces
from packets import IPV6, VLAN, ethernet, ipv4, ipv6, tcp, udp, vlan

from tracker.capture.saved import SavedCapture

CAPTURE = PCAPS / "ftp-and-web.pcap"
CLIENT = "192.168.1.5"
ARP = 0x0806

#: What differs between a live table and that of a saved capture of the same frames: the times.
TIMES = ("first_seen", "last_seen")


@pytest.fixture(scope="module")
def wire() -> Iterator[Link]:
    need_namespaces()
    with link() as made:
        yield made


def frames_of(path: Path) -> list[bytes]:
    """The frames of a capture."""
    found = []
    for block in SavedCapture(str(path)):
        data, starts, lengths = bytes(block.data), block.starts, block.lengths
        found += [data[starts[i] : starts[i] + lengths[i]] for i in range(block.count)]
    return found


def without_times(rows: list[Row]) -> list[Row]:
    return [{key: row[key] for key in row if key not in TIMES} for row in rows]


def datagram(number: int, payload: bytes = b"x" * 30) -> bytes:
    return ethernet(ipv4(udp(payload, 20000 + number, 53), 17))


# --- the same rows as from a file -----------------------------------------------------------------


@pytest.mark.parametrize("how", [(), ("--ring", "0"), ("--ring", "2")])
@pytest.mark.parametrize(
    "name", ["ftp-and-web.pcap", "client-closes-first.pcap", "vxlan.pcap", "udp-fragments.pcap"]
)
def test_rows_are_those_of_the_saved_capture(wire: Link, name: str, how: tuple[str, ...]) -> None:
    frames = frames_of(PCAPS / name)
    local = ("--local", CLIENT)
    with Live(
        wire.here, "-i", "eth0", "-n", "--json", *local, "--count", len(frames), *how
    ) as live:
        wire.send(frames)
        rows = live.end().rows
    assert rows
    assert without_times(rows) == without_times(read(*local, PCAPS / name).rows)


@pytest.mark.parametrize("how", [(), ("--ring", "0")])
def test_names_are_those_of_the_saved_capture(wire: Link, how: tuple[str, ...]) -> None:
    """Also of frames that are long: all is kept of what may name hosts."""
    capture = PCAPS / "names.pcap"
    frames = frames_of(capture)
    options = ("--json", "--closed", "--local", "192.168.1.0/24,fd00::/64")
    with Live(wire.here, "-i", "eth0", *options, "--count", len(frames), *how) as live:
        wire.send(frames)
        rows = live.end().rows
    names = {(row["local_port"], row["local_name"], row["foreign_name"]) for row in rows}
    saved = run_here("read", *options, capture).rows
    assert names == {(row["local_port"], row["local_name"], row["foreign_name"]) for row in saved}
    assert len({name for _, *both in names for name in both}) > 10


def test_all_interfaces_at_once(wire: Link) -> None:
    frames = frames_of(CAPTURE)
    with Live(
        wire.here, "-i", "any", "-n", "--json", "--local", CLIENT, "--count", len(frames)
    ) as live:
        wire.send(frames)
        rows = live.end().rows
    cooked = 20 - 14  # what a header of LINUX_SLL2 is longer than that of Ethernet
    expected = without_times(read("--local", CLIENT, CAPTURE).rows)
    for row in expected:
        for side in ("local", "foreign"):
            row[f"{side}_bytes"] += cooked * row[f"{side}_packets"]
    assert without_times(rows) == expected


def test_loopback_counts_each_segment_once(wire: Link) -> None:
    """Three for the handshake, one with data, one that acknowledges it."""
    for ring in ("1", "0"):
        with Live(wire.here, "-i", "lo", "--json", "--ring", ring) as live:
            listener = wire.open_socket(wire.here)
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            client = wire.open_socket(wire.here)
            client.connect(listener.getsockname())
            client.send(b"x")
            time.sleep(0.2)
            rows = live.end(signal.SIGINT).rows
        assert [row["state"] for row in rows] == ["ESTABLISHED"] * 2
        for row in rows:
            assert row["local_packets"] + row["foreign_packets"] == 5
            assert row["notes"] == []


# --- what is captured -----------------------------------------------------------------------------


#: No frame is cut.
WHOLE = ("-s", "65535")


def recorded(
    wire: Link, tmp_path: Path, frames: list[bytes], *options: str, snap: tuple[str, ...] = WHOLE
) -> list[bytes]:
    """Return what `-w` has of the frames sent."""
    path = tmp_path / "recorded.pcapng"
    with Live(wire.here, "-i", "eth0", "-w", path, *snap, *options) as live:
        wire.send(frames)
        time.sleep(0.3)
        live.end(signal.SIGTERM)
    return frames_of(path)


def test_vlan_tags_are_there_again(wire: Link, tmp_path: Path) -> None:
    """The kernel takes them out of the frames; tcpdump shows them, too."""
    plain = frames_of(CAPTURE)
    tagged = [frame[:12] + b"\x81\x00\x20\x05" + frame[12:] for frame in plain]
    double = [frame[:12] + b"\x88\xa8\x00\x07" + frame[12:] for frame in tagged]
    assert recorded(wire, tmp_path, tagged + double) == tagged + double


def test_the_kernel_filters(wire: Link, tmp_path: Path) -> None:
    frames = frames_of(CAPTURE)
    kept = recorded(wire, tmp_path, frames, "--filter", "tcp dst port 80")
    assert kept == [frame for frame in frames if frame[36:38] == (80).to_bytes(2)]
    assert 0 < len(kept) < len(frames)


def test_a_filter_can_ask_for_a_vlan(wire: Link, tmp_path: Path) -> None:
    plain = frames_of(CAPTURE)
    tagged = [frame[:12] + b"\x81\x00\x20\x05" + frame[12:] for frame in plain]
    assert recorded(wire, tmp_path, plain + tagged, "--filter", "vlan 5 and tcp") == [
        frame for frame in tagged if frame[27] == 6
    ]


def test_a_filter_works_on_all_interfaces(wire: Link) -> None:
    with Live(wire.here, "-i", "any", "--json", "--filter", "udp dst port 53", "-n") as live:
        wire.send([datagram(1), *frames_of(CAPTURE)])
        time.sleep(0.3)
        outcome = live.end(signal.SIGTERM)
    assert "any: 1 frame until" in outcome.stderr


def test_frames_are_cut_at_the_snap_length(wire: Link, tmp_path: Path) -> None:
    frame = datagram(1, bytes(range(200)))
    for octets in (42, 100, len(frame), 1000):
        assert recorded(wire, tmp_path, [frame], snap=("-s", str(octets))) == [frame[:octets]]


DATA = bytes(range(0x40, 0x40 + 150)) * 8
KEPT = 256  # octets of a frame, by default

#: What may name hosts (all of it is kept), and what looks much like it.
TELLING = {
    "a question to DNS": (17, udp(DATA, 20000, 53)),
    "an answer of DNS": (17, udp(DATA, 53, 20000)),
    "mDNS": (17, udp(DATA, 5353, 5353)),
    "NetBIOS": (17, udp(DATA, 137, 137)),
    "DHCP": (17, udp(DATA, 67, 68)),
    "the first datagram of QUIC": (17, udp(b"\xc0" + DATA, 20000, 443)),
    "a client of HTTP": (6, tcp(DATA, source=20000, destination=80)),
    "a client of TLS, with options": (6, tcp(DATA, source=2, destination=443, options=bytes(12))),
    "an answer of DNS over TCP": (6, tcp(DATA, source=53, destination=20000)),
}
TELLING_NOTHING = {
    "a later datagram of QUIC": (17, udp(b"\x40" + DATA, 20000, 443)),
    "a server of QUIC": (17, udp(b"\xc0" + DATA, 443, 20000)),
    "other UDP": (17, udp(DATA, 20000, 20001)),
    "a server of HTTP": (6, tcp(DATA, source=80, destination=20000)),
    "other TCP": (6, tcp(DATA, source=20000, destination=22)),
    "neither": (47, DATA),
}


def in_packets(protocol: int, octets: bytes) -> list[bytes]:
    """Return frames with this in an IP packet of each kind."""
    packet = ipv4(octets, protocol)
    return [
        ethernet(packet),
        ethernet(ipv4(octets, protocol, options=bytes(24))),
        ethernet(ipv6(octets, protocol), IPV6),
        ethernet(vlan(packet, 5), VLAN),
    ]


def test_all_is_kept_of_what_may_name_hosts(wire: Link, tmp_path: Path) -> None:
    """So is what is short; of everything else the headers are."""
    whole = [frame for carried in TELLING.values() for frame in in_packets(*carried)]
    whole += [frame[:length] for frame in whole[:4] for length in (34, 40, 60, 90, 97)]
    cut = [frame for carried in TELLING_NOTHING.values() for frame in in_packets(*carried)]
    cut += [ethernet(ipv4(udp(DATA, 53, 53), 17, offset=100)), ethernet(DATA, ARP)]
    kept = recorded(wire, tmp_path, whole + cut, snap=())
    assert kept == whole + [frame[: KEPT + (4 if frame[12] == 0x81 else 0)] for frame in cut]


def test_only_headers_are_kept_without_names(wire: Link, tmp_path: Path) -> None:
    frames = [frame for carried in TELLING.values() for frame in in_packets(*carried)]
    kept = recorded(wire, tmp_path, frames, "-n", snap=())
    assert {len(frame) for frame in kept} == {KEPT, KEPT + 4}


def test_a_filter_goes_before_what_is_kept(wire: Link, tmp_path: Path) -> None:
    whole = [frame for carried in TELLING.values() for frame in in_packets(*carried)]
    kept = recorded(
        wire, tmp_path, whole, "--filter", "udp src port 53 or udp dst port 53", snap=()
    )
    assert kept == whole[:8]


def test_it_ends_after_so_many_frames(wire: Link) -> None:
    with Live(wire.here, "-i", "eth0", "--count", "3", "-u", "--local", "0.0.0.0/0") as live:
        wire.send([datagram(number) for number in range(10)])
        outcome = live.end()
    assert len([line for line in outcome.stdout.splitlines() if line.startswith("  UDP")]) == 6
    assert "eth0: 3 frames until" in outcome.stderr


def test_promiscuous_only_when_asked(wire: Link) -> None:
    for options, expected in (((), "promiscuity 0"), (("--promiscuous",), "promiscuity 1")):
        with Live(wire.here, "-i", "eth0", *options) as live:
            assert expected in wire.here.ip("-d", "link", "show", "eth0")
            live.end(signal.SIGTERM)
    assert "promiscuity 0" in wire.here.ip("-d", "link", "show", "eth0")


# --- how it ends ----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", ["all.pcap", "all.pcapng"])
def test_a_signal_ends_it_with_the_table_and_the_whole_file(
    wire: Link, tmp_path: Path, how: signal.Signals, name: str
) -> None:
    path = tmp_path / name
    frames = frames_of(CAPTURE)
    with Live(wire.here, "-i", "eth0", "-n", "--local", CLIENT, *WHOLE, "-w", path) as live:
        wire.send(frames)
        outcome = live.end(how)
    assert outcome.status == 0
    assert "ESTABLISHED" in outcome.stdout
    assert frames_of(path) == frames
    assert "Traceback" not in outcome.stderr


def test_a_table_every_so_often(wire: Link) -> None:
    """As `netstat -c`: each with its moment; the states are those of that moment."""
    frames = frames_of(PCAPS / "client-closes-first.pcap")
    with Live(wire.here, "-i", "eth0", "--json", "-c", "0.3", "--local", CLIENT) as live:
        for frame in frames[:4]:
            wire.send([frame])
        time.sleep(0.8)
        wire.send(frames[4:])
        time.sleep(0.8)
        rows = live.end(signal.SIGTERM).rows
    states = [row["state"] for row in rows]
    assert states == sorted(states, key=["ESTABLISHED", "TIME_WAIT"].index)
    assert set(states) == {"ESTABLISHED", "TIME_WAIT"}
    moments = [row["as_of"] for row in rows]
    assert moments == sorted(moments)
    assert len(set(moments)) == len(moments)


def test_what_was_recorded_before_a_kill_can_be_read(wire: Link, tmp_path: Path) -> None:
    path = tmp_path / "killed.pcapng"
    frames = [datagram(number) for number in range(1000)]
    with Live(wire.here, "-i", "eth0", "-w", path) as live:
        wire.send(frames)
        limit = time.monotonic() + 10
        while time.monotonic() < limit and path.stat().st_size < 1000 * len(frames[0]):
            time.sleep(0.05)
        live.process.kill()
    assert frames_of(path) == frames
    assert len(read("--local", "192.168.1.0/24", path).rows) == 2 * len(frames)


# --- events ---------------------------------------------------------------------------------------


def test_events_tell_what_the_table_would_show(wire: Link) -> None:
    """The last event of each connection has the states of its row."""
    name = PCAPS / "client-closes-first.pcap"
    with Live(wire.here, "-i", "eth0", "--events", "-n", "--local", CLIENT) as live:
        wire.send(frames_of(name))
        time.sleep(0.3)
        events = live.end(signal.SIGTERM).rows
    assert events[0]["event"] == "opened"
    moved = [event for event in events if event["event"] == "changed"]
    assert {"ESTABLISHED", "FIN_WAIT_1", "TIME_WAIT"} <= {event["after"] for event in moved}
    assert all(event["evidence"] and event["frame"] for event in moved)
    [row] = read("--local", CLIENT, name).rows
    last = events[-1]
    for key in ("state", "foreign_state", "local_port", "foreign_port"):
        assert last[key] == row[key]


# --- the host's own view --------------------------------------------------------------------------


def connected(wire: Link) -> tuple[socket.socket, socket.socket]:
    """Return both ends of a connection over the loopback interface, the client's first."""
    listener = wire.open_socket(wire.here)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    client = wire.open_socket(wire.here)
    client.connect(listener.getsockname())
    server, _ = listener.accept()
    wire.keep(server)
    return client, server


def test_programs_are_named(wire: Link) -> None:
    with Live(wire.here, "-i", "lo", "--json", "-p", "-n") as live:
        client, _ = connected(wire)
        rows = live.end(signal.SIGINT).rows
    ports = {row["local_port"]: row["pid"] for row in rows}
    assert ports[client.getsockname()[1]] == os.getpid()
    assert {row["program"] for row in rows} == {Path("/proc/self/comm").read_text().strip()}


def test_what_was_open_before_is_assumed(wire: Link) -> None:
    client, server = connected(wire)
    with Live(wire.here, "-i", "lo", "--json", "-n") as live:
        client.send(b"x")
        server.recv(1)
        time.sleep(0.2)
        rows = live.end(signal.SIGINT).rows
    assert [row["state"] for row in rows] == ["ESTABLISHED"] * 2
    assert {row["certainty"] for row in rows} == {"assumed"}


def test_events_begin_with_the_kernels_table(wire: Link) -> None:
    client, _ = connected(wire)
    with Live(wire.here, "-i", "lo", "--events", "-n", "--with-kernel", "--for", "0.3") as live:
        events = live.end().rows
    ports = {event["local_port"] for event in events if event["event"] == "opened"}
    assert client.getsockname()[1] in ports


def test_the_kernels_table_can_be_the_beginning(wire: Link) -> None:
    """A connection of which nothing is seen at first, half closed; then its other half closes."""
    client, server = connected(wire)
    client.shutdown(socket.SHUT_WR)
    time.sleep(0.2)
    states = {client.getsockname()[1]: "FIN_WAIT_2", server.getsockname()[1]: "CLOSE_WAIT"}

    def shown(rows: list[Row]) -> dict[int, str]:
        ports = {client.getsockname()[1], server.getsockname()[1]}
        pairs = [row for row in rows if {row["local_port"], row["foreign_port"]} == ports]
        return {row["local_port"]: row["state"] for row in pairs}

    arguments = ("-i", "lo", "--json", "-n", "--with-kernel")
    with Live(wire.here, *arguments, "--for", "0.5") as live:
        rows = live.end().rows
    assert shown(rows) == states
    assert all("from the kernel's table" in row["notes"] for row in rows)
    with Live(wire.here, *arguments) as live:
        time.sleep(0.3)
        addresses = client.getsockname()[1]
        server.close()
        time.sleep(0.3)
        rows = live.end(signal.SIGINT).rows
        states = {row["local_port"]: row["state"] for row in rows if row["local_port"] == addresses}
    assert states == {addresses: "TIME_WAIT"}


# --- interfaces come and go -----------------------------------------------------------------------


def test_an_interface_that_goes_and_comes_back(wire: Link) -> None:
    with Live(wire.here, "-i", "eth0", "-n", "-u", "--json", "--local", "192.168.1.0/24") as live:
        wire.send([datagram(1)])
        wire.here.ip("link", "set", "eth0", "down")
        time.sleep(1.5)
        wire.here.ip("link", "set", "eth0", "up")
        time.sleep(0.5)
        wire.send([datagram(2)])
        wire.here.ip("link", "del", "eth0")
        time.sleep(1.5)
        wire.plug()
        time.sleep(1.5)
        wire.send([datagram(3)])
        time.sleep(0.3)
        outcome = live.end(signal.SIGINT)
    ports = {row["local_port"] for row in outcome.rows} - {53}
    assert ports == {20001, 20002, 20003}
    assert outcome.stderr.count("eth0 is down or gone") == 2
    assert outcome.stderr.count("eth0 is back") == 2


# --- loss -----------------------------------------------------------------------------------------


def test_what_the_kernel_drops_is_told_and_weakens_states(wire: Link) -> None:
    """It is stopped while more comes than the ring holds; all frames are accounted for."""
    handshake = frames_of(CAPTURE)
    flood = [datagram(1, bytes(200))] * 20_000
    arguments = ("-i", "eth0", "--json", "--local", CLIENT, "--ring", "2", "-t")
    with Live(wire.here, *arguments) as live:
        wire.send(handshake)
        time.sleep(0.5)
        live.process.send_signal(signal.SIGSTOP)
        wire.send(flood)
        live.process.send_signal(signal.SIGCONT)
        time.sleep(1.5)
        outcome = live.end(signal.SIGINT)
    said = outcome.stderr.partition("frames until")
    kept = int(said[0].split()[-1])
    dropped = int(said[2].partition("dropped by the kernel ")[2].split(",")[0])
    assert dropped > 0
    assert kept + dropped == len(handshake) + len(flood)
    assert outcome.rows
    for row in outcome.rows:
        assert row["state"] == "ESTABLISHED"
        assert row["certainty"] == "assumed"
        assert any("dropped" in note for note in row["notes"])


# --- who may, and what goes wrong -----------------------------------------------------------------


def refused(wire: Link, *arguments: str, prefix: tuple[str, ...] = ()) -> str:
    """Run it, which must refuse; return the one line that it says."""
    live = Live(wire.here, *arguments, prefix=prefix)
    process = subprocess.run(live.command, capture_output=True, text=True, timeout=20, check=False)
    assert process.returncode == 2
    assert process.stdout == ""
    [line] = process.stderr.splitlines()
    return line


def test_without_privileges_it_says_what_to_do(wire: Link) -> None:
    line = refused(
        wire,
        "-i",
        "eth0",
        prefix=("setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all"),
    )
    assert "CAP_NET_RAW" in line
    assert "sudo " in line
    assert "setcap cap_net_raw" in line


def test_an_unknown_interface_is_refused(wire: Link) -> None:
    line = refused(wire, "-i", "eth9")
    assert "eth9" in line
    assert "eth0" in line


def test_without_a_default_route_an_interface_must_be_named(wire: Link) -> None:
    assert "-i" in refused(wire)


def test_a_wrong_filter_is_refused(wire: Link) -> None:
    assert "--filter" in refused(wire, "-i", "eth0", "--filter", "tcp port")


def test_by_sudo_the_file_belongs_to_the_user(wire: Link) -> None:
    """As sudo leaves it: root, and in the environment who called."""
    nobody = 65534
    folder = Path("/tmp") / f"tracker-{os.getpid()}"  # noqa: S108 - where nobody may write
    folder.mkdir()
    try:
        os.chown(folder, nobody, nobody)
        path = folder / "mine.pcapng"
        sudo = ("env", f"SUDO_UID={nobody}", f"SUDO_GID={nobody}")
        with Live(wire.here, "-i", "eth0", "-w", path, prefix=sudo) as live:
            status = Path(f"/proc/{live.process.pid}/status").read_text(encoding="ascii")
            wire.send([datagram(1)])
            time.sleep(0.2)
            outcome = live.end(signal.SIGTERM)
        assert f"Uid:\t{nobody}\t{nobody}\t{nobody}\t{nobody}" in status
        assert f"Gid:\t{nobody}\t{nobody}\t{nobody}\t{nobody}" in status
        assert "CapEff:\t0000000000000000" in status
        assert frames_of(path) == [datagram(1)], outcome.stderr
        assert path.stat().st_uid == path.stat().st_gid == nobody
    finally:
        for each in folder.iterdir():
            each.unlink()
        folder.rmdir()
