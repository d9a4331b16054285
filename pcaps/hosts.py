"""Two hosts and the wire between them, each in a network namespace of its own.

    client 192.168.1.5, fd00::5  ---  wire  ---  server 192.168.1.7, fd00::7

or, where a scenario wants that, a router, the kernel's own, before the server:

    client 192.168.1.5, fd00::5  ---  wire  ---  router 192.168.1.1, fd00::1  ---  server

The hosts are real Linux network stacks; the wire (`wire.py`) is ours. Everything that is made here,
namespaces, processes and sockets, ends with the `with` block that made it.
"""

import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from wire import Wire

CLIENT, SERVER = "192.168.1.5", "192.168.1.7"
CLIENT6, SERVER6 = "fd00::5", "fd00::7"
ROUTER, ROUTER6 = "192.168.1.1", "fd00::1"
FAR_SIDE = "02:00:00:00:02:01"  # the router's MAC address where the server is

_CLONE_NEWNET = 0x40000000
_ETH_P_ALL = 0x0003
# Real segments with real checksums, no giant ones that only exist inside the machine.
_OFFLOADS = ["tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx", "off"]
_libc = ctypes.CDLL(None, use_errno=True)


def run(*command: str) -> str:
    """Run a command; what it printed. A failure shows what the command said."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Namespace:
    """A network namespace: entered for making sockets, and a place for processes to run in."""

    def __init__(self, name: str) -> None:
        self.name = name
        run("ip", "netns", "add", name)

    def remove(self) -> None:
        """End what still runs inside (only we start anything there) and delete the namespace."""
        for pid in run("ip", "netns", "pids", self.name).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        run("ip", "netns", "del", self.name)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets made by this thread, and processes started by it, belong to the namespace."""
        outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        inside = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            _enter(inside)
            yield
        finally:
            _enter(outside)
            os.close(inside)
            os.close(outside)

    def ip(self, *arguments: str) -> str:
        return run("ip", "-n", self.name, *arguments)

    def run(self, *command: str) -> str:
        return run("ip", "netns", "exec", self.name, *command)

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["ip", "netns", "exec", self.name, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def set(self, name: str, value: int) -> None:
        """Set a network parameter of the kernel, for this namespace only."""
        self.run("sysctl", "-qw", f"net.{name}={value}")


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter the network namespace")


class Host(Namespace):
    """One host: `eth0` with an IPv4 and an IPv6 address, `lo`, its sockets, its kernel's word."""

    prefix, prefix6 = 24, 64

    def __init__(self, name: str, role: str, address: str, address6: str) -> None:
        super().__init__(name)
        self.role = role
        self.address = address
        self.address6 = address6
        self.mac = f"02:00:00:00:01:{address.rpartition('.')[2].zfill(2)}"
        self.more_addresses: list[str] = []
        self._sockets: list[socket.socket] = []

    def plug_into(self, other: Namespace, end: str) -> None:
        """Give the host its interfaces. The far end of eth0, in `other`, is named `end`."""
        # fmt: off
        self.ip("link", "add", "eth0", "address", self.mac, "type", "veth",
                "peer", "name", end, "netns", other.name)
        # fmt: on
        self.ip("link", "set", "eth0", "addrgenmode", "none")  # no link-local address, no chatter
        other.ip("link", "set", end, "addrgenmode", "none")
        self.run("ethtool", "-K", "eth0", *_OFFLOADS)
        other.run("ethtool", "-K", end, *_OFFLOADS)
        self.ip("address", "add", f"{self.address}/{self.prefix}", "dev", "eth0")
        self.ip("address", "add", f"{self.address6}/{self.prefix6}", "dev", "eth0", "nodad")
        self.ip("link", "set", "lo", "up")
        other.ip("link", "set", end, "up")
        self.ip("link", "set", "eth0", "up")

    def knows(self, neighbour: "Host", mac: str = "", interface: str = "eth0") -> None:
        """No ARP and no neighbour discovery needed for this neighbour."""
        for address in (neighbour.address, neighbour.address6):
            # fmt: off
            self.ip("neighbour", "replace", address, "lladdr", mac or neighbour.mac,
                    "dev", interface, "nud", "permanent")
            # fmt: on

    # ---- sockets -----------------------------------------------------------------------------

    def open_socket(
        self, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM
    ) -> socket.socket:
        """A socket of this host; it stays open until the scenario closes it or the hosts go."""
        with self.inside():
            made = socket.socket(family, kind)
        made.settimeout(10)
        if kind == socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.keep(made)
        return made

    def keep(self, made: socket.socket) -> None:
        self._sockets.append(made)

    def close_sockets(self) -> None:
        for made in self._sockets:
            made.close()

    def socket_rows(self) -> list[dict[str, str]]:
        """What the kernel says: the rows of `ss`, TCP first, without interface names."""
        rows = []
        for proto, letters in (("tcp", "-tan"), ("udp", "-uan")):
            for line in self.run("ss", "-H", letters).splitlines():
                state, _, _, local, foreign, *_ = line.split()
                local, foreign = (re.sub(r"%[\w.-]+", "", name) for name in (local, foreign))
                rows.append({"proto": proto, "state": state, "local": local, "foreign": foreign})
        return rows


class Router(Host):
    """Stands before the server, a hop that both hosts take for each other.

    Its `eth0` is on the wire, `server` leads to the server. It sends as many ICMP errors as there
    are reasons for.
    """

    prefix, prefix6 = 32, 128

    def stand_between(self, client: Host, server: Host) -> None:
        """Forward between the wire, into which this is plugged already, and the server."""
        self.set("ipv4.ip_forward", 1)
        self.set("ipv6.conf.all.forwarding", 1)
        self.set("ipv4.icmp_ratelimit", 0)
        self.set("ipv6.icmp.ratelimit", 0)
        server.plug_into(self, "server")
        self.ip("link", "set", "server", "address", FAR_SIDE)
        for neighbour, interface in ((client, "eth0"), (server, "server")):
            for address in (neighbour.address, neighbour.address6):
                self.ip("route", "add", address, "dev", interface)
            self.knows(neighbour, interface=interface)
        client.knows(server, self.mac)
        server.knows(client, FAR_SIDE)


class Lab:
    """The client, the server and the wire, for the time of one scenario."""

    def __init__(self, stack: ExitStack, neighbours_known: bool, routed: bool) -> None:
        prefix = f"pcaps{os.getpid()}"
        self._stack = stack
        wire = Namespace(f"{prefix}-wire")
        stack.callback(wire.remove)
        wire.set("ipv6.conf.all.disable_ipv6", 1)
        wire.set("ipv6.conf.default.disable_ipv6", 1)
        self.client = self._added(Host(f"{prefix}-client", "client", CLIENT, CLIENT6))
        self.server = self._added(Host(f"{prefix}-server", "server", SERVER, SERVER6))
        self.hosts = {"client": self.client, "server": self.server}
        self.client.plug_into(wire, "client")
        if routed:
            self.router = Router(f"{prefix}-router", "router", ROUTER, ROUTER6)
            stack.callback(self.router.remove)
            self.router.plug_into(wire, "server")
            self.router.stand_between(self.client, self.server)
        else:
            self.server.plug_into(wire, "server")
        if neighbours_known and not routed:
            self.client.knows(self.server)
            self.server.knows(self.client)
        self.wire = Wire({role: _packet_socket(wire, role) for role in self.hosts})
        stack.callback(self.wire.close)

    def _added(self, host: Host) -> Host:
        self._stack.callback(host.remove)
        self._stack.callback(host.close_sockets)
        return host

    def at_the_end(self, callback: Callable[[], None]) -> None:
        """Call it when the lab is closed, before the hosts are."""
        self._stack.callback(callback)

    def folder(self) -> Path:
        """A folder for a daemon's files, readable for its user, gone with the lab."""
        made = Path(tempfile.mkdtemp(prefix="pcaps-"))
        self._stack.callback(shutil.rmtree, made)
        made.chmod(0o755)
        return made

    def daemon(self, port: int, *command: str) -> None:
        """Start a daemon on the server and wait until it listens."""
        process = self.server.start(*command)
        self._stack.callback(stop, process, signal.SIGTERM)
        limit = time.monotonic() + 5
        while f"{SERVER}:{port} " not in self.server.run("ss", "-H", "-tln"):
            if process.poll() is not None or time.monotonic() > limit:
                stop(process, signal.SIGTERM)
                said = process.stderr.read() if process.stderr else ""
                raise RuntimeError(f"{command[0]} does not listen on port {port}: {said.strip()}")
            time.sleep(0.05)

    # ---- what most scenarios begin with ------------------------------------------------------

    def listener(self, port: int) -> socket.socket:
        """A listening TCP socket of the server."""
        made = self.server.open_socket()
        made.bind((SERVER, port))
        made.listen(8)
        return made

    def connect(self, client_port: int, server_port: int) -> socket.socket:
        """A TCP connection from the client, from exactly that port."""
        made = self.client.open_socket()
        made.bind((CLIENT, client_port))
        made.connect((SERVER, server_port))
        return made

    def accept(self, listener: socket.socket) -> socket.socket:
        """The server's end of the connection that was just opened."""
        accepted, _ = listener.accept()
        accepted.settimeout(10)
        self.server.keep(accepted)
        return accepted


def _packet_socket(namespace: Namespace, interface: str) -> socket.socket:
    with namespace.inside():
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    made.bind((interface, 0))
    return made


def stop(process: subprocess.Popen[str], how: signal.Signals) -> None:
    """End a process that we started; by force if it does not go."""
    process.send_signal(how)
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def two_hosts(neighbours_known: bool = True, routed: bool = False) -> Iterator[Lab]:
    """Two fresh hosts on a wire, with a router between them if wanted.

    They know each other's MAC address or must ask for it (ARP).
    """
    with ExitStack() as stack:
        yield Lab(stack, neighbours_known, routed)
