"""The host's own view, against `ss`, with real sockets in a network namespace.

Kernels leave sockets without an owner in some states, pairs are used again, processes share
sockets: whose they are is tested with sockets made up for it, and with real ones.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from namespaces import Namespace, namespace

from tracker import host
from tracker.errors import UserError
from tracker.host import KernelSocket, Programs, address, hidden, sockets
from tracker.tcp_state import State

pytest.importorskip("psutil", reason="the host's own view comes from psutil")

SECOND = 1_000_000_000

# --- against ss ---------------------------------------------------------------------------------

#: Makes sockets in as many states as one process can bring about on loopback, and waits.
MAKE = """
import socket, struct, sys, time
keep = []

def listener(family=socket.AF_INET, host="127.0.0.1", backlog=8):
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, 0))
    made.listen(backlog)
    keep.append(made)
    return made

def pair(server, family=socket.AF_INET, host="127.0.0.1"):
    client = socket.socket(family)
    client.connect((host, server.getsockname()[1]))
    accepted, _ = server.accept()
    keep.extend((client, accepted))
    return client, accepted

def fill(sender):
    sender.setblocking(False)
    try:
        while True:
            sender.send(bytes(65536))
    except BlockingIOError:
        return

server = listener()
pair(server)                                            # ESTABLISHED, both
client, accepted = pair(server)
client.shutdown(socket.SHUT_WR)                         # FIN_WAIT_2, CLOSE_WAIT
client, accepted = pair(server)
client.close(); accepted.close()                        # TIME_WAIT
client, accepted = pair(server)
fill(client); client.close()                            # FIN_WAIT_1: the FIN waits behind the data
client, accepted = pair(server)
fill(accepted); client.shutdown(socket.SHUT_WR); time.sleep(0.2)
accepted.close()                                        # LAST_ACK, FIN_WAIT_2
waiting = socket.socket(); waiting.connect(server.getsockname()); keep.append(waiting)  # no accept
deferring = listener()
deferring.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
early = socket.socket(); early.connect(deferring.getsockname()); keep.append(early)  # SYN_RECEIVED
full = listener(backlog=0)
for _ in range(3):                                      # SYN_SENT: the queue is full
    asking = socket.socket(); asking.setblocking(False); asking.connect_ex(full.getsockname())
    keep.append(asking)
    time.sleep(0.1)
server6 = listener(socket.AF_INET6, "::1")
pair(server6, socket.AF_INET6, "::1")
both = listener(socket.AF_INET6, "::")                  # IPv4 mapped into IPv6
pair(both)
four, six = socket.AF_INET, socket.AF_INET6
for family, at in ((four, "127.0.0.1"), (six, "::1"), (six, "::")):
    bound = socket.socket(family, socket.SOCK_DGRAM); bound.bind((at, 0))
    connected = socket.socket(family, socket.SOCK_DGRAM)
    connected.connect(("::1" if family == six else at, bound.getsockname()[1]))
    keep.extend((bound, connected))
print("made", flush=True)
sys.stdin.read()
"""

LOOK = """
import json
from tracker.host import sockets
found = sockets(programs=True)
print(json.dumps([[*each] for each in found]))
"""

#: How `ss` spells the states.
SS_STATES = {
    "LISTEN": State.LISTEN,
    "SYN-SENT": State.SYN_SENT,
    "SYN-RECV": State.SYN_RECEIVED,
    "ESTAB": State.ESTABLISHED,
    "FIN-WAIT-1": State.FIN_WAIT_1,
    "FIN-WAIT-2": State.FIN_WAIT_2,
    "CLOSE-WAIT": State.CLOSE_WAIT,
    "LAST-ACK": State.LAST_ACK,
    "TIME-WAIT": State.TIME_WAIT,
    "CLOSING": State.CLOSING,
}
OWNER = re.compile(r'\(\("([^"]*)",pid=(\d+)')


def end(text: str) -> tuple[str | None, int]:
    """Return address and port of a socket as `ss -n` prints it."""
    where, _, port = text.rpartition(":")
    where = where.strip("[]").removeprefix("::ffff:")
    return {"*": "::"}.get(where, where), 0 if port == "*" else int(port)


def told_by_ss(space: Namespace) -> Counter[tuple[object, ...]]:
    """Return the sockets of `ss` in the form of ours."""
    rows: Counter[tuple[object, ...]] = Counter()
    for line in space.run("ss", "-Htuanp").splitlines():
        protocol, state, _, _, local, foreign, *rest = line.split(maxsplit=6)
        address, port = end(foreign)
        owner = OWNER.search(rest[0]) if rest else None
        program, pid = (owner[1], int(owner[2])) if owner else (None, None)
        other = (None, 0) if port == 0 else (address, port)
        tcp_state = int(SS_STATES[state]) if protocol == "tcp" else None
        rows[protocol, *end(local), *other, tcp_state, pid, program] += 1
    return rows


@pytest.fixture(scope="module")
def space() -> Iterator[Namespace]:
    with namespace("host") as made:
        made.run("ip", "link", "set", "lo", "up")
        yield made


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Start a script that says when it is ready, and end it by closing its input."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    try:
        assert process.stdout.readline() == "made\n"
        yield process
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def made(space: Namespace) -> Iterator[subprocess.Popen[str]]:
    """Keep the sockets of MAKE open in the namespace."""
    with running(space.inside(sys.executable, "-P", "-c", MAKE)) as process:
        yield process


def looked(space: Namespace, script: str = LOOK) -> list[KernelSocket]:
    return [KernelSocket(*row) for row in space.python(script)]


@pytest.mark.usefixtures("made")
def test_sockets_are_those_of_ss(space: Namespace) -> None:
    """Between two looks of `ss` that agree nothing has changed."""
    for _ in range(20):
        before = told_by_ss(space)
        found = looked(space)
        if before == told_by_ss(space):
            break
    assert Counter(tuple(each) for each in found) == before
    states = {State(each.state) for each in found if each.state is not None}
    assert states == set(SS_STATES.values()) - {State.CLOSING}
    versions = Counter(
        (each.protocol, ":" in each.local_address, each.foreign_address is None) for each in found
    )
    assert len(versions) == 8  # TCP and UDP, IPv4 and IPv6, with another end and without


def test_owners(space: Namespace, made: subprocess.Popen[str]) -> None:
    """`ip netns exec` becomes the program, so the process is the one that was started."""
    by_state: dict[int | None, set[int | None]] = {}
    for each in looked(space):
        by_state.setdefault(each.state, set()).add(each.pid)
    owned = {State.LISTEN, State.SYN_SENT, State.CLOSE_WAIT, None}
    assert all(by_state[state] == {made.pid} for state in owned)
    assert by_state[State.ESTABLISHED] == {made.pid, None}  # one is not accepted yet
    for state in (State.FIN_WAIT_1, State.LAST_ACK, State.TIME_WAIT, State.SYN_RECEIVED):
        assert by_state[state] == {None}


@pytest.mark.usefixtures("made")
def test_ipv4_in_ipv6_shows_as_ipv4(space: Namespace) -> None:
    found = looked(space)
    dual = {each.local_port for each in found if each[:2] == ("tcp", "::")}
    ends = {each.local_address for each in found if each.local_port in dual and each.foreign_port}
    assert ends == {"127.0.0.1"}


ENTER = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
import psutil
psutil.net_connections()
assert libc.setns(os.open(PATH, os.O_RDONLY), 0x40000000) == 0  # CLONE_NEWNET
"""


@pytest.mark.usefixtures("made")
def test_namespace_is_that_of_the_process(space: Namespace) -> None:
    """Whoever entered the namespace later sees what one started in it sees."""
    script = ENTER.replace("PATH", repr(space.path)) + LOOK
    entered = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    )
    inside = {each[:5] for each in looked(space)}
    assert {tuple(row[:5]) for row in json.loads(entered.stdout)} == inside
    assert not inside & {each[:5] for each in sockets(programs=False) if each.foreign_port}


HIDDEN = """
import json, os
from tracker.host import hidden, sockets
counts = []
for user in (0, 65534):
    os.setuid(user)
    found = sockets(programs=True)
    counts.append([hidden(found), sum(each.pid is not None for each in found)])
print(json.dumps(counts))
"""


@pytest.mark.usefixtures("made")
def test_what_privileges_hide_is_counted(space: Namespace) -> None:
    """As nobody, each socket that root saw an owner of is hidden, but not those that lack one."""
    (as_root, owned), (as_nobody, visible) = space.python(HIDDEN)
    found = looked(space)
    finishing = sum(each.state == State.FIN_WAIT_2 and each.pid is not None for each in found)
    unaccepted = sum(each.state == State.ESTABLISHED and each.pid is None for each in found)
    assert (as_root, visible) == (0, 0)
    assert as_nobody == owned - finishing + unaccepted


def test_names_only_when_asked_for() -> None:
    assert all(each.program is None for each in sockets(programs=False))


def test_without_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.raises(UserError) as caught:
        sockets(programs=False)
    assert str(caught.value) == (
        "-p and --with-kernel need psutil: pip install 'socket-tracker[processes]'"
    )


def test_psutil_that_may_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    def refuse(_kind: str) -> list[Any]:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    with pytest.raises(UserError, match="does not show its sockets"):
        sockets(programs=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::1", "::1"),
        ("::", "::"),
        ("::10.0.0.1", "::a00:1"),  # as the engine writes it, which knows no dots in IPv6
        ("2001:DB8::0:1", "2001:db8::1"),
    ],
)
def test_address(text: str, expected: str) -> None:
    assert address(text) == expected


# --- whose a connection is ----------------------------------------------------------------------

CLIENT = """
import socket, sys
here, there = ("127.0.0.1", int(sys.argv[1])), ("127.0.0.1", int(sys.argv[2]))
client = socket.create_connection(there, source_address=here)
print("made", flush=True)
sys.stdin.read()
"""
OWNERS = """
import json, socket, subprocess, sys, time
from tracker.host import Programs, sockets
server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]
pair = ("tcp", "127.0.0.1", 40001, "127.0.0.1", port)
programs = Programs()
client = subprocess.Popen(
    [sys.executable, "-c", sys.argv[1], "40001", str(port)],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
client.stdout.readline()
accepted, _ = server.accept()
programs.refresh()
seen = [client.pid, programs.of(*pair), programs.of("tcp", "127.0.0.1", port, *pair[1:3])]
client.communicate()
accepted.close()
programs.refresh()
states = [each.state for each in sockets(False) if each.pair() == pair]
print(json.dumps([*seen, states, programs.of(*pair), programs.of(*pair, time.time_ns())]))
"""


def test_owner_is_known_after_the_socket_is_gone(space: Namespace) -> None:
    pid, owner, server_owner, states, after, later = space.python(OWNERS, CLIENT)
    assert owner[0] == pid != server_owner[0]
    assert owner[1].startswith("python")
    assert states == [State.TIME_WAIT]  # which has no owner
    assert after == owner
    assert later is None  # a connection that opens now is somebody else's


class Kernel:
    """Stands in for the kernel: lists the sockets that it is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0
        self.listed: list[KernelSocket] = []
        monkeypatch.setattr(host, "sockets", lambda **_: self.listed)
        monkeypatch.setattr(host, "time_ns", lambda: self.now)

    def looked_at(self, programs: Programs, second: int, *listed: KernelSocket) -> None:
        """Let `programs` look when there are these sockets."""
        self.now, self.listed = second * SECOND, list(listed)
        programs.refresh()


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    return Kernel(monkeypatch)


ANYWHERE = "0.0.0.0"  # noqa: S104
HERE, THERE = ("10.0.0.1", 4000), ("10.0.0.2", 80)
PAIR = ("tcp", *HERE, *THERE)


def tcp(state: State, pid: int | None, program: str | None = None) -> KernelSocket:
    return KernelSocket(*PAIR, state, pid, program)


def listening(at: str, port: int, pid: int | None, program: str | None) -> KernelSocket:
    return KernelSocket("tcp", at, port, None, 0, State.LISTEN, pid, program)


def bound(at: str, port: int, pid: int | None, program: str | None) -> KernelSocket:
    return KernelSocket("udp", at, port, None, 0, None, pid, program)


def test_old_owner_is_not_that_of_a_new_connection(kernel: Kernel) -> None:
    """The pair is used again, and nobody looked while its new owner had it."""
    programs = Programs()
    kernel.looked_at(programs, 10, tcp(State.ESTABLISHED, 7, "old"))
    kernel.looked_at(programs, 20)
    assert programs.of(*PAIR, 5 * SECOND) == (7, "old")
    assert programs.of(*PAIR, 15 * SECOND) is None
    kernel.looked_at(programs, 30, tcp(State.ESTABLISHED, 8, "new"))
    assert programs.of(*PAIR, 15 * SECOND) == (8, "new")


def test_old_owner_ends_where_the_kernel_shows_a_new_beginning(kernel: Kernel) -> None:
    for state in (State.SYN_SENT, State.SYN_RECEIVED):
        programs = Programs()
        kernel.looked_at(programs, 10, tcp(State.ESTABLISHED, 7, "old"))
        kernel.looked_at(programs, 20, tcp(State.TIME_WAIT, None))
        assert programs.of(*PAIR) == (7, "old")
        kernel.looked_at(programs, 30, tcp(state, None))
        assert programs.of(*PAIR) is None


def test_name_is_that_of_the_time(kernel: Kernel) -> None:
    """A process id that is used again changes nothing about what it was before."""
    programs = Programs()
    kernel.looked_at(programs, 10, tcp(State.ESTABLISHED, 7, "old"))
    kernel.looked_at(programs, 20, listening("::", 22, 7, "new"))
    assert programs.of(*PAIR) == (7, "old")


def test_who_listens_is_the_owner_of_what_has_none(kernel: Kernel) -> None:
    programs = Programs()
    kernel.looked_at(
        programs, 10, listening(ANYWHERE, 80, 5, "web"), listening("127.0.0.1", 80, 6, "test")
    )
    assert programs.of("tcp", "10.0.0.2", 80, "10.0.0.1", 4000) == (5, "web")
    assert programs.of("tcp", "127.0.0.1", 80, "127.0.0.1", 4000) == (6, "test")
    assert programs.of("tcp", "10.0.0.2", 81, "10.0.0.1", 4000) is None
    assert programs.of("udp", "10.0.0.2", 80, "10.0.0.1", 4000) is None
    assert programs.of("tcp", "fd00::2", 80, "fd00::1", 4000) is None
    # It may have stopped before.
    assert programs.of("tcp", "10.0.0.2", 80, "10.0.0.1", 4000, 11 * SECOND) is None


def test_ipv6_wildcard_takes_both_versions(kernel: Kernel) -> None:
    programs = Programs()
    kernel.looked_at(programs, 10, listening("::", 22, 5, "sshd"), bound("::", 53, 6, "dns"))
    assert programs.of("tcp", "10.0.0.2", 22, "10.0.0.1", 4000) == (5, "sshd")
    assert programs.of("tcp", "fd00::2", 22, "fd00::1", 4000) == (5, "sshd")
    assert programs.of("udp", "10.0.0.2", 53, "10.0.0.1", 4000) == (6, "dns")


def test_of_those_who_share_a_socket_it_is_always_the_same(kernel: Kernel) -> None:
    """SO_REUSEPORT: `sockets` puts the lowest process id first."""
    programs = Programs()
    kernel.looked_at(programs, 10, bound(ANYWHERE, 53, 5, "a"), bound(ANYWHERE, 53, 6, "b"))
    assert programs.of("udp", "10.0.0.2", 53, None, 0) == (5, "a")


def test_memory_is_bounded(kernel: Kernel) -> None:
    """Those that were not seen for longest go first."""
    programs = Programs(limit=10)
    stays = listening(ANYWHERE, 1, 5, "stays")
    for second in range(100):
        kernel.looked_at(programs, second, stays, bound("10.0.0.1", 100 + second, 6, "goes"))
    known = [programs.of("udp", "10.0.0.1", 100 + second, None, 0) for second in range(100)]
    assert [second for second, owner in enumerate(known) if owner] == list(range(91, 100))
    assert programs.of("tcp", "10.0.0.9", 1, None, 0) == (5, "stays")


def test_hidden_counts_what_should_have_an_owner() -> None:
    unowned = [tcp(state, None) for state in (*State, State.LISTEN)]
    counted = [each.state for each in unowned if hidden([each])]
    assert counted == [
        State.LISTEN,
        State.SYN_SENT,
        State.ESTABLISHED,
        State.CLOSE_WAIT,
        State.LISTEN,
    ]
    assert hidden(unowned) == 5
    assert hidden([bound(ANYWHERE, 53, None, None)]) == 1
    assert hidden([bound(ANYWHERE, 53, 6, "dns")]) == 0


def test_what_waits_to_be_accepted_is_not_hidden() -> None:
    waits = KernelSocket("tcp", "10.0.0.2", 80, *HERE, State.ESTABLISHED, None, None)
    assert hidden([waits, listening("::", 80, 5, "web")]) == 0
    assert hidden([waits, listening("::", 80, None, None)]) == 2
