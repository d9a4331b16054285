"""Connections between two hosts that live at random, for as long as somebody asks for more.

They are opened from both sides, used, half-closed, closed, aborted, refused, left, opened again on
the same port; both sides open or close at once; segments are lost now and then, or all of a kind
for one connection, so that its endpoints are stuck in the middle of a handshake or a close.

"us" is the host that is watched, "them" the other one.  What nobody can see on the wire is left
out (docs/kernel-agreement.md names it): no program ends a connect that has been going on for
long, none closes a socket later than it shut it down, and one that is left half-closed by us gets
data, which shows that a program still reads.
"""

import errno
import fcntl
import random
import select
import selectors
import socket
import struct
import termios
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from hosts import Host, Lab
from wire import ACK, SYN, ports, tcp_flags

US, THEM = "client", "server"  # the names that the lab has for its hosts
OTHER = {US: THEM, THEM: US}
SERVICES = (80, 443, 8080)
DEAF = 9000  # listens, never accepts
CLOSED_PORT = 7
NOBODY = "192.168.1.99"
FIRST_PORT = 10_000
CROSSING = 0.06  # seconds that segments take which shall cross
PATIENCE = 10.0  # seconds for anything that is not stuck

_LINGER_0 = struct.pack("ii", 1, 0)

#: How connections begin (methods of `Churn`), and how often.
_BEGINNINGS = {
    "opened": 20,
    "opened_and_used": 30,
    "not_accepted": 2,
    "refused": 6,
    "no_answer": 3,
    "given_up": 2,
    "syn_lost": 3,
    "syn_ack_lost": 4,
    "last_ack_of_handshake_lost": 4,
    "crossing_open": 5,
    "crossing_open_stuck": 3,
}
#: What follows when both ends are open, and when one is shut down.
_STEPS = (
    "talked",
    "half_closed",
    "half_closed_in_silence",
    "closed_by_both",
    "closed_by_both",
    "closed_by_one",
    "crossing_close",
    "aborted",
    "aborted_with_data_unread",
    "data_for_an_orphan",
    "opened_again",
    "our_fin_lost",
    "ack_of_our_fin_lost",
    "their_fin_lost",
    "our_ack_of_fin_lost",
    "closing_stuck",
    "closed_in_turn_stuck",
    "both_closed_unheard",
)
_HALF_CLOSED_STEPS = (
    "talked",
    "closed_by_both",
    "aborted",
    "aborted_with_data_unread",
    "data_for_an_orphan",
    "second_close_stuck",
)
#: What follows a handshake that was stuck: its pauses stay long, so that Linux holds an orphan's
#: FIN_WAIT_2 for longer than 60 s (3.5 times its RTO, which nobody sees).
_STEPS_OF_THE_SLOW = (
    "talked",
    "closed_by_both",
    "crossing_close",
    "aborted",
    "aborted_with_data_unread",
    "opened_again",
)
_LEFT_FOR_EVER = 0.25  # share of what is stuck, or an orphan's, that is left to the kernel's timers

FrameFate = Callable[[str, int], bool]
"""Given the sender and the TCP flags: is this segment of the connection lost?"""


class Fates:
    """What becomes of the frames of a connection, by its client's port; `Wire` asks.

    Where frames of a connection are lost by intention, some are repeated all the time, and after
    that, a lost one may be repeated late. `last_free` is when a frame of any other one moved.
    """

    def __init__(self, seed: int) -> None:
        self.loss = 0.0  # share of the other frames that are lost, too
        self.last_free = time.monotonic()
        self.lost = 0
        self._lost_of: dict[int, FrameFate] = {}
        self._late_of: dict[int, float] = {}
        self._healed: dict[int, float] = {}  # when a frame of it moved
        self._random = random.Random(seed)  # noqa: S311

    def lose(self, port: int, fate: FrameFate) -> None:
        self._lost_of[port] = fate

    def delay(self, port: int, seconds: float) -> None:
        self._late_of[port] = seconds

    def heal(self, port: int) -> None:
        self._lost_of.pop(port, None)
        self._late_of.pop(port, None)
        self._healed[port] = time.monotonic()

    def healed_moved(self, port: int, since: float) -> bool:
        """Whether something moved, since then, of a connection whose frames were lost before."""
        return port not in self._lost_of and self._healed.get(port, 0.0) > since

    def lose_frame(self, sender: str, frame: bytes) -> bool:
        now = time.monotonic()
        for port in ports(frame):
            if port in self._lost_of:
                return self._lost_of[port](sender, tcp_flags(frame) or 0)
            if port in self._healed:  # its pauses are long enough already
                self._healed[port] = now
                return False
        self.last_free = now
        if self.loss and self._random.random() < self.loss:
            self.lost += 1
            return True
        return False

    def late(self, _sender: str, frame: bytes) -> float:
        return max(self._late_of.get(port, 0.0) for port in ports(frame))


def from_us(sender: str, _flags: int) -> bool:
    return sender == US


def from_them(sender: str, _flags: int) -> bool:
    return sender == THEM


def last_ack_from_us(sender: str, flags: int) -> bool:
    return sender == US and not flags & SYN


def last_ack_from_them(sender: str, flags: int) -> bool:
    return sender == THEM and not flags & SYN


def syn_ack(_sender: str, flags: int) -> bool:
    return flags & (SYN | ACK) == SYN | ACK


@dataclass
class Life:
    """One connection, and what was done to it."""

    port: int  # the client's
    service: int
    caller: str
    family: socket.AddressFamily
    ends: dict[str, socket.socket] = field(default_factory=dict)
    shut: list[str] = field(default_factory=list)
    stuck: bool = False
    calling: bool = False
    slow: bool = False
    story: list[str] = field(default_factory=list)
    since: float = 0.0  # when something was done to it

    def tell(self, what: str) -> None:
        self.since = time.monotonic()
        self.story.append(f"{time.time():.3f} {what}")


class Listeners:
    """Accepts what comes, on both hosts; the other end of a connection is known by its port."""

    def __init__(self, hosts: dict[str, Host]) -> None:
        self._accepted: dict[int, socket.socket] = {}
        self._came = threading.Condition()
        self._selector = selectors.DefaultSelector()
        self._hosts = hosts
        self._ended = False
        for role, host in hosts.items():
            for family in (socket.AF_INET, socket.AF_INET6):
                for service in SERVICES:
                    made = self._listen(host, family, service)
                    self._selector.register(made, selectors.EVENT_READ, role)
                self._listen(host, family, DEAF)
        self._thread = threading.Thread(target=self._accept_all, name="listeners", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended = True
        self._thread.join()

    def accepted(self, port: int) -> socket.socket:
        """Wait for the connection from that port."""
        with self._came:
            if not self._came.wait_for(lambda: port in self._accepted, PATIENCE):
                raise TimeoutError(f"nothing was accepted from port {port}")
            return self._accepted.pop(port)

    def was_accepted(self, port: int) -> socket.socket | None:
        with self._came:
            return self._accepted.pop(port, None)

    @staticmethod
    def _listen(host: Host, family: socket.AddressFamily, service: int) -> socket.socket:
        made = host.open_socket(family)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(("", service))
        made.listen(1000)
        made.setblocking(False)
        return made

    def _accept_all(self) -> None:
        while not self._ended:
            for key, _ in self._selector.select(0.05):
                assert isinstance(key.fileobj, socket.socket)
                with suppress(OSError):
                    made, peer = key.fileobj.accept()
                    made.settimeout(PATIENCE)
                    self._hosts[key.data].keep(made)  # what nobody refers to would be closed
                    with self._came:
                        self._accepted[peer[1]] = made
                        self._came.notify_all()


class Churn:
    """All connections so far, and what happens to them next."""

    def __init__(self, lab: Lab, seed: int) -> None:
        self.fates = Fates(seed)
        self.done: Counter[str] = Counter()
        self.story_of: dict[int, list[str]] = {}
        self._lab = lab
        self._random = random.Random(seed)  # noqa: S311
        self._lives: list[Life] = []
        self._ports: Iterator[int] = iter(range(FIRST_PORT, 65_000))
        self._lock = threading.Lock()
        self._nobody_known()
        lab.wire.loses_frame = self.fates.lose_frame
        lab.wire.late = self.fates.late
        self._listeners = Listeners(lab.hosts)
        lab.at_the_end(self._listeners.close)

    @property
    def connections(self) -> int:
        """How many connections have been begun."""
        return sum(count for what, count in self.done.items() if what in _BEGINNINGS)

    def burst(self, new: int, loss: float) -> None:
        """Begin so many connections, and go on with about half of those that there are."""
        self.fates.loss = loss
        self.begin(*self._random.choices(list(_BEGINNINGS), list(_BEGINNINGS.values()), k=new))
        self.fates.loss = 0.0

    def begin(self, *beginnings: str) -> None:
        """Begin a connection in each of these ways, and go on with others."""
        jobs: list[Callable[[], None]] = [self._beginning(name) for name in beginnings]
        waiting, self._lives = self._lives, []
        for life in waiting:
            if self._due(life):
                jobs.append(self._going_on(life))
            else:
                self._lives.append(life)
        self._random.shuffle(jobs)
        with ThreadPoolExecutor(4) as pool:
            for job in [pool.submit(job) for job in jobs]:
                job.result()
        self._lab.wire.frames.clear()

    def _due(self, life: Life) -> bool:
        """Whether something happens to it now; before an orphan's timer could run out, it does."""
        orphan = life.shut == [US] and US not in life.ends
        return (orphan and time.monotonic() - life.since > 20) or self._random.random() < 0.5

    def _nobody_known(self) -> None:
        # fmt: off
        self._lab.hosts[US].ip("neighbour", "replace", NOBODY, "lladdr", "02:00:00:00:01:99",
                               "dev", "eth0", "nud", "permanent")
        # fmt: on

    # ---- one job --------------------------------------------------------------------------------

    def _beginning(self, name: str) -> Callable[[], None]:
        chosen = self._random.random()
        family = socket.AF_INET6 if chosen < 0.3 else socket.AF_INET
        caller = self._random.choice((US, THEM))
        life = Life(next(self._ports), self._random.choice(SERVICES), caller, family)
        seed = self._random.random()

        def begin() -> None:
            life.tell(f"{name}, from {'us' if caller == US else 'them'}")
            self.story_of[life.port] = life.story
            self._count(name)
            with self._failing(life):
                getattr(self, name)(life)
                if not life.stuck and len(life.ends) == 2 and seed < 0.6:
                    self._go_on(life)
            self._keep(life)

        return begin

    def _going_on(self, life: Life) -> Callable[[], None]:
        def go_on() -> None:
            with self._failing(life):
                self._go_on(life)
            self._keep(life)

        return go_on

    @contextmanager
    def _failing(self, life: Life) -> Iterator[None]:
        """Where segments are lost, a step may take too long: then both ends are aborted."""
        try:
            yield
        except OSError as error:
            life.tell(f"failed: {error}")
            self._count("failed")
            for who in list(life.ends):
                self._abort(life, who)

    def _keep(self, life: Life) -> None:
        with self._lock:
            left = self._random.random() < _LEFT_FOR_EVER
            waits = life.stuck or len(life.ends) == 1
            if (life.ends or life.stuck) and not (waits and left):
                self._lives.append(life)

    def _count(self, name: str) -> None:
        with self._lock:
            self.done[name] += 1

    def _go_on(self, life: Life) -> None:
        """Do what can be done with it, at random."""
        if life.stuck:
            self._heal(life)
        elif life.calling and not self._opened_meanwhile(life):
            pass
        elif len(life.ends) < 2:
            self._close_rest(life)
        else:
            self._take_a_step(life)

    def _take_a_step(self, life: Life) -> None:
        with self._lock:
            steps = _HALF_CLOSED_STEPS if life.shut else _STEPS
            name = self._random.choice(_STEPS_OF_THE_SLOW if life.slow else steps)
        life.tell(name)
        self._count(name)
        getattr(self, name)(life)

    # ---- beginnings -----------------------------------------------------------------------------

    def opened(self, life: Life) -> None:
        """The three-way handshake, and the other end accepts."""
        self._connect(life)
        life.ends[OTHER[life.caller]] = self._listeners.accepted(life.port)

    def opened_and_used(self, life: Life) -> None:
        self.opened(life)
        self._talk(life)

    def not_accepted(self, life: Life) -> None:
        """The kernel opens it, the program does not fetch it."""
        life.service = DEAF
        self._connect(life)

    def refused(self, life: Life) -> None:
        life.service = CLOSED_PORT
        with suppress(ConnectionRefusedError):
            self._connect(life)
        self._close(life, life.caller)

    def no_answer(self, life: Life) -> None:
        """A SYN of ours to nobody."""
        life.caller, life.family = US, socket.AF_INET
        self.fates.lose(life.port, from_us)
        self._call(life, NOBODY)
        life.ends.clear()  # nothing more happens to it

    def given_up(self, life: Life) -> None:
        """The same, and the program closes the socket at once."""
        life.caller, life.family = US, socket.AF_INET
        self._call(life, NOBODY)
        self._close(life, US)

    def syn_lost(self, life: Life) -> None:
        self.fates.lose(life.port, from_us if life.caller == US else from_them)
        self._call_stuck(life)

    def syn_ack_lost(self, life: Life) -> None:
        self.fates.lose(life.port, from_them if life.caller == US else from_us)
        self._call_stuck(life)

    def last_ack_of_handshake_lost(self, life: Life) -> None:
        lost = last_ack_from_us if life.caller == US else last_ack_from_them
        self.fates.lose(life.port, lost)
        self._call_stuck(life)

    def crossing_open(self, life: Life) -> None:
        """Both call at once: SYN crosses SYN."""
        self.fates.delay(life.port, CROSSING)
        self._call_each_other(life)
        for made in life.ends.values():
            self._wait_connected(made)
        self.fates.heal(life.port)

    def crossing_open_stuck(self, life: Life) -> None:
        """SYN crosses SYN, and both SYN,ACK are lost."""
        self.fates.lose(life.port, syn_ack)
        self.fates.delay(life.port, CROSSING)
        self._call_each_other(life)
        life.stuck = life.calling = True

    # ---- what follows ---------------------------------------------------------------------------

    def talked(self, life: Life) -> None:
        self._talk(life)

    def half_closed(self, life: Life) -> None:
        """One end shuts its direction down; the other goes on sending."""
        who = self._someone()
        self._shut(life, who)
        self._send(life, OTHER[who])

    def half_closed_in_silence(self, life: Life) -> None:
        """They shut theirs down, and nothing more is said."""
        self._shut(life, THEM)

    def closed_by_both(self, life: Life) -> None:
        who = life.shut[0] if life.shut else self._someone()
        self._shut(life, who)
        self._close(life, OTHER[who])
        self._arrived(life, who)
        self._close(life, who)

    def closed_by_one(self, life: Life) -> None:
        """A program closes its socket; the other one leaves its own open for now."""
        who = self._someone()
        self._close(life, who)
        self._arrived(life, OTHER[who])

    def crossing_close(self, life: Life) -> None:
        self.fates.delay(life.port, CROSSING)
        self._close(life, US)
        self._close(life, THEM)
        time.sleep(3 * CROSSING)
        self.fates.heal(life.port)

    def aborted(self, life: Life) -> None:
        who = self._someone()
        self._abort(life, who)
        self._arrived(life, OTHER[who])
        self._close(life, OTHER[who])

    def aborted_with_data_unread(self, life: Life) -> None:
        who = next((side for side in (US, THEM) if OTHER[side] not in life.shut), US)
        life.ends[OTHER[who]].sendall(bytes(100))
        self._arrived(life, who)
        self._close(life, who)
        self._arrived(life, OTHER[who])
        self._close(life, OTHER[who])

    def data_for_an_orphan(self, life: Life) -> None:
        """One end closes for good; what the other sends then is answered with RST."""
        who = life.shut[0] if life.shut else self._someone()
        self._close(life, who)
        self._arrived(life, OTHER[who])
        life.ends[OTHER[who]].sendall(bytes(100))
        self._close(life, OTHER[who])

    def opened_again(self, life: Life) -> None:
        """The responder closes first, then the caller, who opens a connection from that port."""
        responder = OTHER[life.caller]
        self._close(life, responder)
        self._arrived(life, life.caller)
        self._close(life, life.caller)
        life.shut.clear()
        life.slow = False
        time.sleep(0.02)
        with suppress(TimeoutError, OSError):
            self._connect(life)
            life.ends[responder] = self._listeners.accepted(life.port)
            self._talk(life)

    def our_fin_lost(self, life: Life) -> None:
        """We close; none of our segments arrives any more: FIN_WAIT_1, or LAST_ACK."""
        self._close_stuck(life, from_us, US)

    def ack_of_our_fin_lost(self, life: Life) -> None:
        self._close_stuck(life, from_them, US)

    def their_fin_lost(self, life: Life) -> None:
        self._close_stuck(life, from_them, THEM)

    def our_ack_of_fin_lost(self, life: Life) -> None:
        self._close_stuck(life, from_us, THEM)

    def second_close_stuck(self, life: Life) -> None:
        """The end that is still open closes, and one direction is lost."""
        lost = from_us if self._someone() == US else from_them
        self._close_stuck(life, lost, OTHER[life.shut[0]])

    def closing_stuck(self, life: Life) -> None:
        """We close and are not heard; they close, too: CLOSING."""
        self._close_stuck(life, from_us, US)
        time.sleep(0.01)
        self._close(life, THEM)

    def closed_in_turn_stuck(self, life: Life) -> None:
        """They close, then we do, and are not heard: LAST_ACK."""
        self._close(life, THEM)
        self._arrived(life, US)
        self._close_stuck(life, from_us, US)

    def both_closed_unheard(self, life: Life) -> None:
        """We close, then they do; our ACK of their FIN is lost: TIME_WAIT that begins again."""
        self._close(life, US)
        self._arrived(life, THEM)
        self._close_stuck(life, from_us, THEM)

    # ---- details --------------------------------------------------------------------------------

    def _someone(self) -> str:
        with self._lock:
            return self._random.choice((US, THEM))

    def _bound(self, life: Life, role: str, port: int) -> socket.socket:
        made = self._lab.hosts[role].open_socket(life.family)
        made.settimeout(PATIENCE)
        made.bind((self._address(role, life), port))
        life.ends[role] = made
        return made

    def _address(self, role: str, life: Life) -> str:
        host = self._lab.hosts[role]
        return host.address if life.family == socket.AF_INET else host.address6

    def _connect(self, life: Life) -> None:
        made = self._bound(life, life.caller, life.port)
        made.connect((self._address(OTHER[life.caller], life), life.service))

    def _call(self, life: Life, address: str) -> None:
        """Send a SYN and do not wait."""
        made = self._bound(life, life.caller, life.port)
        made.setblocking(False)
        error = made.connect_ex((address, life.service))
        if error != errno.EINPROGRESS:
            raise OSError(error, f"cannot call {address}")

    def _call_stuck(self, life: Life) -> None:
        self._call(life, self._address(OTHER[life.caller], life))
        life.stuck = life.calling = True

    def _call_each_other(self, life: Life) -> None:
        with self._lock:
            life.service = next(self._ports)
        sides = ((life.caller, life.port), (OTHER[life.caller], life.service))
        made = [self._bound(life, role, port) for role, port in sides]
        for caller, (role, port) in zip(made, reversed(sides), strict=True):
            caller.setblocking(False)
            caller.connect_ex((self._address(role, life), port))

    @staticmethod
    def _wait_connected(made: socket.socket) -> None:
        if not _settled([made], PATIENCE):
            raise TimeoutError("a connection does not open")
        made.settimeout(PATIENCE)

    def _talk(self, life: Life) -> None:
        for who in (life.caller, OTHER[life.caller]):
            if who not in life.shut:
                self._send(life, who)

    def _send(self, life: Life, who: str) -> None:
        with self._lock:
            size = self._random.choice((1, 100, 1448, 5000))
        life.ends[who].sendall(bytes(size))
        while size > 0:
            got = len(life.ends[OTHER[who]].recv(size))
            if not got:
                raise ConnectionError("the other end has closed")
            size -= got

    def _shut(self, life: Life, who: str) -> None:
        if who not in life.shut:
            life.shut.append(who)
            life.ends[who].shutdown(socket.SHUT_WR)
            self._arrived(life, OTHER[who])

    @staticmethod
    def _arrived(life: Life, who: str) -> None:
        """Wait until something has arrived there: data, a FIN or a RST."""
        with suppress(OSError):
            life.ends[who].recv(1, socket.MSG_PEEK)

    @staticmethod
    def _close(life: Life, who: str) -> None:
        made = life.ends.pop(who, None)
        if made is not None:
            made.close()
            if who not in life.shut:
                life.shut.append(who)

    def _abort(self, life: Life, who: str) -> None:
        life.ends[who].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
        self._close(life, who)

    def _close_stuck(self, life: Life, lost: FrameFate, who: str) -> None:
        self._wait_acked(life)
        self.fates.lose(life.port, lost)
        self._close(life, who)
        life.stuck = True

    @staticmethod
    def _wait_acked(life: Life) -> None:
        """Data that is not acknowledged could hold a FIN back, and nobody would see it."""
        limit = time.monotonic() + PATIENCE
        for made in life.ends.values():
            while any(fcntl.ioctl(made, termios.TIOCOUTQ, bytes(4))):
                if time.monotonic() > limit:
                    raise TimeoutError("data is not acknowledged")
                time.sleep(0.001)

    def _close_rest(self, life: Life) -> None:
        life.tell("the other end closes, too")
        for who in list(life.ends):
            self._close(life, who)

    def _heal(self, life: Life) -> None:
        life.tell("nothing is lost any more")
        self.fates.heal(life.port)
        life.stuck = False

    def _opened_meanwhile(self, life: Life) -> bool:
        """Whether what was stuck while it opened is open on both sides now."""
        sockets = list(life.ends.values())
        if not _settled(sockets, 0):
            return False
        if any(made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) for made in sockets):
            life.ends.clear()
            return False
        if len(life.ends) == 1:
            other = self._listeners.was_accepted(life.port)
            if other is None:
                return False
            life.ends[OTHER[life.caller]] = other
        for made in life.ends.values():
            made.settimeout(PATIENCE)
        life.calling = False
        life.slow = True
        return True


def _settled(sockets: list[socket.socket], seconds: float) -> bool:
    """Whether each of them has opened, or failed, within these seconds."""
    for made in sockets:
        poll = select.poll()
        poll.register(made, select.POLLOUT)
        if not poll.poll(seconds * 1000):
            return False
    return True
