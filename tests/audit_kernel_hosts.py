#!/usr/bin/env python3
"""Record a host with ordinary connections and each benign cause once, beside its kernel's tables.

    python tests/audit_kernel_hosts.py FOLDER

Needs root, Linux, iproute2, nftables and tcpdump.  Four network namespaces are made and removed:

    stranger 192.168.1.9 --+
    peer     192.168.1.7 --+-- hub --- host 192.168.1.5, router and NAT --- inner 10.9.0.2

The hub carries every frame to everybody, as a mirror port does.  In FOLDER are then

    eth0.pcap      captured at the host, promiscuous
    any.pcap       at the host, all interfaces
    hub.pcap       off the host
    ss.txt         `ss -tuanp` of the host
    ssi.txt        `ss -tani`, with the ages of the last segments
    raw.txt        `ss -0wanp`, raw and packet sockets
    proc-*.txt     /proc/net/tcp, tcp6, udp, udp6, raw, packet
    conntrack.txt  /proc/net/nf_conntrack, where this kernel has one
    netstat.txt    `netstat -tuanpW`, where there is one
    inner.txt      `ss -tuanp` of the inner host
    moment         when the tables were taken, ns since 1970
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

# The namespaces are those of the recordings.
sys.path.append(str(Path(__file__).resolve().parent.parent / "pcaps"))

from hosts import Namespace

HOST, PEER, STRANGER = "192.168.1.5", "192.168.1.7", "192.168.1.9"
HOST6, PEER6 = "fd00::5", "fd00::7"
INNER, HOST_INSIDE = "10.9.0.2", "10.9.0.1"
NOBODY, SPOOFED = "192.168.1.98", "192.168.1.91"

NEEDED = ("ip", "ss", "nft", "tcpdump", "sysctl")

#: Ports of the host, or of the other end, by what happens there.
WEB, MAIL, DNS = 80, 25, 53
RAW_PORT, MASQUERADED, PLAIN, PUBLISHED = 7777, 4000, 4001, 8080
COOKIE, CROWDED = 7001, 7002
SILENT, BLOCKED = 7003, 9
FLOOD_FROM, RACE_FROM = 30000, 31000

_RULES = f"""
table ip nat {{
    chain post {{
        type nat hook postrouting priority 100
        ip saddr {INNER} tcp dport {WEB} masquerade
    }}
    chain pre {{
        type nat hook prerouting priority -100
        ip daddr {HOST} tcp dport {PUBLISHED} dnat to {INNER}:{WEB}
    }}
}}
table inet filter {{
    chain out {{
        type filter hook output priority 0
        tcp sport {RAW_PORT} tcp flags & rst == rst drop
        tcp dport {BLOCKED} drop
    }}
}}
"""

_SPEAKER = Path(__file__).resolve().parent / "audit_raw_speaker.py"
_TABLES = ("tcp", "tcp6", "udp", "udp6", "raw", "packet")
_SETTLED = 2.5  # seconds, more than the tolerance: what came before counts


class Place(Namespace):
    """A host: its sockets stay open until the stage is struck."""

    def __init__(self, label: str, stack: ExitStack) -> None:
        super().__init__(f"audit{os.getpid()}-{label}")
        stack.callback(self.remove)
        self._stack = stack
        self.ip("link", "set", "lo", "up")

    def open_socket(
        self, kind: int = socket.SOCK_STREAM, family: int = socket.AF_INET
    ) -> socket.socket:
        with self.inside():
            made = socket.socket(family, kind)
        made.settimeout(5)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._stack.callback(made.close)
        return made

    def listener(self, address: str, port: int, backlog: int = 16) -> socket.socket:
        made = self.open_socket(family=socket.AF_INET6 if ":" in address else socket.AF_INET)
        made.bind((address, port))
        made.listen(backlog)
        return made

    def connect(self, address: str, port: int, own: int = 0) -> socket.socket:
        made = self.open_socket(family=socket.AF_INET6 if ":" in address else socket.AF_INET)
        if own:
            made.bind(("", own))
        made.connect((address, port))
        return made

    def plug(self, end: str, other: Namespace, far: str, *addresses: str) -> None:
        """Lay a cable from `end` here to `far` there."""
        self.ip("link", "add", end, "type", "veth", "peer", "name", far, "netns", other.name)
        for address in addresses:
            more = ("nodad",) if ":" in address else ()
            self.ip("address", "add", address, "dev", end, *more)
        for place, name in ((self, end), (other, far)):
            place.ip("link", "set", name, "addrgenmode", "none")  # no chatter
            place.ip("link", "set", name, "up")

    def speak(self, *words: str) -> None:
        """Run the raw speaker here; it stays until the stage is struck."""
        command = ["ip", "netns", "exec", self.name, sys.executable, "-P", str(_SPEAKER), *words]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(_SPEAKER.parent), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        self._stack.callback(_end, process)
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n", words


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    process.wait(5)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


class Stage:
    """The hosts and what is captured of them, into `folder`."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self.wire = Place("wire", stack)
        self.host, self.peer = Place("host", stack), Place("peer", stack)
        self.stranger, self.inner = Place("stranger", stack), Place("inner", stack)
        self._hub()
        self._inside()
        self.kept: list[socket.socket] = []

    def _hub(self) -> None:
        """Connect host, peer and stranger: a bridge that learns nothing is a hub."""
        self.wire.ip("link", "add", "hub", "type", "bridge")
        self.wire.ip("link", "set", "hub", "type", "bridge", "ageing_time", "0")
        self.wire.set("ipv6.conf.all.disable_ipv6", 1)
        self.wire.set("ipv6.conf.default.disable_ipv6", 1)
        self.wire.ip("link", "set", "hub", "up")
        self.host.plug("eth0", self.wire, "to-host", f"{HOST}/24", f"{HOST6}/64")
        self.peer.plug("eth0", self.wire, "to-peer", f"{PEER}/24", f"{PEER6}/64")
        self.stranger.plug("eth0", self.wire, "to-stranger", f"{STRANGER}/24")
        for port in ("to-host", "to-peer", "to-stranger"):
            self.wire.ip("link", "set", port, "master", "hub")
        for nobody in (NOBODY, SPOOFED):
            mac = f"02:00:00:00:00:{nobody[-2:]}"
            self.host.ip("neighbour", "add", nobody, "lladdr", mac, "dev", "eth0")

    def _inside(self) -> None:
        """Put the inner host behind the host, which routes and translates."""
        self.host.plug("inside", self.inner, "eth0", f"{HOST_INSIDE}/24")
        self.inner.ip("address", "add", f"{INNER}/24", "dev", "eth0")
        self.inner.ip("route", "add", "default", "via", HOST_INSIDE)
        self.peer.ip("route", "add", f"{INNER}/32", "via", HOST)
        self.host.set("ipv4.ip_forward", 1)
        self.host.set("ipv4.tcp_syncookies", 2)
        self.host.set("ipv4.tcp_max_tw_buckets", 0)
        subprocess.run(
            ["ip", "netns", "exec", self.host.name, "nft", "-f", "-"],
            input=_RULES,
            text=True,
            check=True,
        )

    def capture(self, place: Place, interface: str, name: str) -> None:
        """Capture until the stage is struck."""
        path = self._folder / f"{name}.pcap"
        options = ["--nano", "--immediate-mode", "-U", "-s", "200", "-Z", "root", "-w", str(path)]
        process = place.start("tcpdump", "-n", "-i", interface, *options, "ip", "or", "ip6")
        self._stack.callback(_stop, process)
        limit = time.monotonic() + 5
        while not path.exists() or path.stat().st_size < 24:
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"tcpdump does not begin on {interface}")
            time.sleep(0.02)

    def pair(
        self, client: Place, server: Place, at: str, port: int, *, own: int = 0
    ) -> tuple[socket.socket, socket.socket]:
        """Return both ends of a new connection that has carried some octets, either way."""
        listener = server.listener(at if server is not self.inner else INNER, self._at(at, port))
        near = client.connect(at, port, own)
        far, _ = listener.accept()
        self._stack.callback(far.close)
        talk(near, far)
        self.kept += [near, far]
        return near, far

    def _at(self, address: str, port: int) -> int:
        return WEB if (address, port) == (HOST, PUBLISHED) else port

    def save(self, name: str, place: Place, *command: str) -> None:
        (self._folder / name).write_text(place.run(*command))


def talk(near: socket.socket, far: socket.socket, count: int = 1) -> None:
    """Let both ends say something, so often."""
    for _ in range(count):
        near.sendall(b"question\n")
        far.recv(100)
        far.sendall(b"the answer\n")
        near.recv(100)


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    process.communicate(timeout=5)


def before_capture(stage: Stage) -> None:
    """Open what then says nothing: idle since before the capture."""
    stage.pair(stage.host, stage.peer, PEER, 6000, own=5000)


def ordinary(stage: Stage) -> None:
    """Play what a host does all day, both ways, over IPv4 and IPv6."""
    stage.pair(stage.host, stage.peer, PEER, 443, own=5001)
    stage.pair(stage.host, stage.peer, PEER, MAIL, own=5002)
    stage.pair(stage.peer, stage.host, HOST, 22, own=5003)
    stage.pair(stage.host, stage.peer, PEER6, 443)
    stage.pair(stage.peer, stage.host, HOST6, WEB)
    server = stage.peer.open_socket(socket.SOCK_DGRAM)
    server.bind((PEER, DNS))
    asking = stage.host.open_socket(socket.SOCK_DGRAM)
    asking.connect((PEER, DNS))
    asking.send(b"question")
    _, sender = server.recvfrom(100)
    server.sendto(b"answer", sender)
    asking.recv(100)
    stage.kept += [server, asking]


def benign(stage: Stage) -> None:
    """Play each benign cause once."""
    host, peer, inner, stranger = stage.host, stage.peer, stage.inner, stage.stranger
    peer.listener(PEER, RAW_PORT + 1)
    host.speak("talk", HOST, str(RAW_PORT), PEER, str(RAW_PORT + 1))  # raw socket
    stage.pair(inner, peer, PEER, WEB, own=MASQUERADED)  # NAT, another namespace
    stage.pair(peer, inner, HOST, PUBLISHED, own=4002)  # NAT from outside
    stage.pair(inner, peer, PEER, 81, own=PLAIN)  # forwarded as it is
    stage.pair(stranger, peer, PEER, 82)  # others
    host.listener(HOST, COOKIE)
    stranger.speak("flood", SPOOFED, str(FLOOD_FROM), HOST, str(COOKIE))
    host.listener(HOST, CROWDED, backlog=0)
    stranger.speak("race", SPOOFED, str(RACE_FROM), HOST, str(CROWDED))
    near, far = stage.pair(host, peer, PEER, 83, own=5010)  # TIME_WAIT without a bucket
    near.close()
    far.close()
    given_up(stage)
    quiet(stage)


def given_up(stage: Stage) -> None:
    """Close what the wire does not tell: a SYN without answer, a socket of UDP."""
    asking = stage.host.open_socket()
    asking.setblocking(False)
    asking.bind((HOST, 5011))
    asking.connect_ex((NOBODY, 80))
    time.sleep(0.1)
    asking.close()
    sending = stage.host.open_socket(socket.SOCK_DGRAM)
    sending.sendto(b"anybody?", (NOBODY, 514))
    sending.close()


def quiet(stage: Stage) -> None:
    """Make sockets that this wire never shows."""
    connected = stage.host.open_socket(socket.SOCK_DGRAM)
    connected.connect((PEER, SILENT))
    blocked = stage.host.open_socket()
    blocked.setblocking(False)
    blocked.connect_ex((PEER, BLOCKED))
    stage.pair(stage.host, stage.host, "127.0.0.1", 6001)
    stage.pair(stage.inner, stage.host, HOST_INSIDE, 6002)
    stage.kept += [connected, blocked]


def tables(stage: Stage, folder: Path) -> None:
    """Save what the kernel says, in every form."""
    host = stage.host
    (folder / "moment").write_text(f"{time.time_ns()}\n")
    stage.save("ss.txt", host, "ss", "-tuanp")
    stage.save("raw.txt", host, "ss", "-0wanp")
    stage.save("ssi.txt", host, "ss", "-tani")
    stage.save("inner.txt", stage.inner, "ss", "-tuanp")
    for name in _TABLES:
        stage.save(f"proc-{name}.txt", host, "cat", f"/proc/net/{name}")
    if Path("/proc/net/nf_conntrack").exists():
        stage.save("conntrack.txt", host, "cat", "/proc/net/nf_conntrack")
    if shutil.which("netstat"):
        stage.save("netstat.txt", host, "netstat", "-tuanpW")


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Set the stage for the time of a `with`."""
    with ExitStack() as stack:
        yield Stage(folder, stack)


def record(folder: Path) -> None:
    """Play everything and record it in `folder`."""
    with staged(folder) as stage:
        before_capture(stage)
        stage.capture(stage.wire, "hub", "hub")
        stage.capture(stage.host, "eth0", "eth0")
        stage.capture(stage.host, "any", "any")
        time.sleep(0.2)
        ordinary(stage)
        benign(stage)
        time.sleep(_SETTLED)
        tables(stage, folder)
        stage.pair(stage.host, stage.peer, PEER, 84, own=5012)  # in the moment between
        time.sleep(_SETTLED)


if __name__ == "__main__":
    record(Path(sys.argv[1]))
