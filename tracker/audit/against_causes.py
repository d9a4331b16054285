"""Why the wire shows what a kernel's table does not have: each benign cause has to be shown.

What no evidence explains stays unexplained.  "Some program has a packet socket" would explain
everything, and hide what is looked for; so the connection itself has to show it as well.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

from tracker.audit.against_known import (
    BETWEEN,
    CLOSING,
    COOKIES,
    FORWARDED,
    GONE,
    NAMESPACE,
    NOT_COVERED,
    NS_IN_S,
    OTHERS,
    PARTIAL,
    RAW,
    TRANSLATED,
    Known,
    Reason,
    Table,
    end,
    ends,
    needed,
    pair_of,
)
from tracker.audit.dumps_rows import RawSocket, Tracked
from tracker.audit.subject import Subject
from tracker.host import KernelSocket, Pair

#: States in which this host has sent its FIN: the program may have gone, and Linux drops what is
#: left after `tcp_fin_timeout`, over `tcp_max_orphans` or `tcp_max_tw_buckets`, and reuses it with
#: `tcp_tw_reuse` (Documentation/networking/ip-sysctl.rst).
_CLOSED_HERE = frozenset(("FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "LAST_ACK", "TIME_WAIT"))

#: Programs whose packet sockets listen, or speak DHCP, LLDP or EAPOL, not TCP.
LISTENERS = frozenset(
    (
        *("tcpdump", "dumpcap", "tshark", "wireshark", "tracker", "netsniff-ng", "ngrep"),
        *("suricata", "Suricata-Main", "zeek", "snort", "arkime-capture", "ntopng", "softflowd"),
        *("dhclient", "dhcpcd", "udhcpc", "dhcpd", "NetworkManager", "systemd-network"),
        *("systemd-networkd", "wpa_supplicant", "hostapd", "lldpd", "lldpad", "arpwatch"),
        *("arping", "avahi-autoipd", "keepalived", "connmand", "iwd", "vector"),
    )
)

#: Protocols of raw sockets through which TCP can be spoken: TCP, and IPPROTO_RAW.
_TCP_RAW = frozenset(("6", "tcp", "255", "raw", "", "ipproto-255"))
#: EtherTypes of packet sockets that carry IP: all, IPv4, IPv6; 0 only sends.
_IP_PACKET = frozenset(("", "0", "2048", "34525", "ip", "ipv4", "ipv6"))

#: A router passes a packet on at once; in between, its answer may come.
_SIDE_BY_SIDE = NS_IN_S // 10

#: How many connections are looked at, at most, to find the same one behind a translation.
_MOST_TWINS = 16

#: So many handshakes of one listener that the table lacks are a flood, none is a coincidence.
_FLOOD = 8

#: A quiet wire may have been captured for so long without a frame, ns.
_LONG_AFTER = 60 * NS_IN_S

_ANY_PORT = -1
_Socket = tuple[str, str, int]
_Elsewhere = dict[tuple[str, str, int, int], tuple[str, KernelSocket]]

#: Protocol, address and port of an end; the octets that each side sent, the fewer first.
_Traffic = tuple[str, str, int, int, int]


class Wire:
    """The subjects by pair, the youngest of each; and by their ends, where that is asked for."""

    def __init__(self, subjects: Iterable[Subject]) -> None:
        self.pairs: dict[tuple[str, str, int, str | None, int], Subject] = {}
        for each in subjects:
            before = self.pairs.get(pair_of(each))
            if before is None or each.first_seen >= before.first_seen:
                self.pairs[pair_of(each)] = each
        self.addresses = frozenset(pair[1] for pair in self.pairs)
        self.hears_loopback = any(map(is_loopback, self.addresses))
        self._traffic: dict[_Traffic, list[Subject]] | None = None

    def last(self) -> int:
        """Return when the last frame was, ns since 1970."""
        return max((each.last_seen for each in self.pairs.values()), default=0)

    def twin(self, subject: Subject) -> Subject | None:
        """Return the same connection behind a translation, or before it.

        One end is the same, the other has another address; both began within 0.1 s, and both carry
        the same number of octets, some, either way.
        """
        for end_ in _both_ends(subject):
            alike = self._alike().get(_traffic(subject, end_), ())
            for other in islice(alike, _MOST_TWINS):
                if _near(subject, other) and _is_translated(subject, other):
                    return other
        return None

    def _alike(self) -> dict[_Traffic, list[Subject]]:
        if self._traffic is None:
            self._traffic = {}
            for each in self.pairs.values():
                if each.local_payload or each.foreign_payload:
                    for end_ in _both_ends(each):
                        self._traffic.setdefault(_traffic(each, end_), []).append(each)
        return self._traffic


class Host:
    """The host whose table it is: what tells whose traffic it is, and who else may speak."""

    def __init__(self, wire: Wire, table: Table, known: Known, moment: int) -> None:
        self.wire = wire
        self.table = table
        self.known = known
        self.moment = moment
        self.addresses = known.addresses | table.addresses
        self.tracked = _by_ends(known.tracked)
        self._elsewhere = _by_far_end(known.elsewhere)
        self._speaker = speaker(known.raw, known.own)
        self._offers: Mapping[Pair, bool] | None = None
        self._usual: bool | None = None
        self._half_open: Counter[_Socket] | None = None

    def why(self, subject: Subject) -> Reason:
        """Return why the kernel may lack a socket for `subject`; cause None: nothing tells."""
        for cause in _CAUSES:
            found = cause(self, subject)
            if found is not None:
                return found
        return Reason(None, self._unexplained(subject))

    def _unexplained(self, subject: Subject) -> str:
        """Return what is known of a connection that nothing explains."""
        parts = []
        entry = self.tracked.get((subject.proto, *subject[1:5]))
        if entry is not None:
            parts.append(f"the firewall tracks it ({entry.place})")
        if pair_of(subject) in self.known.other_way:
            parts.append("netlink (ss) lists it, /proc/net does not: something hides it there")
        if subject.opened_by == "foreign" and self.table.bound(subject) is None:
            parts.append(f"nobody listens on port {subject.local_port} in the table")
        if subject.proto == "tcp" and self._speaker is not None:
            parts.append(f"{_said(self._speaker)}, but nothing shows that it speaks here")
        elif subject.proto == "tcp" and (by_hand := self._by_hand(subject)):
            parts.append(f"it may be no kernel's: {by_hand}")
        return "; ".join(parts)

    # --- causes, each None where it does not apply ----------------------------------------------

    def namespace(self, subject: Subject) -> Reason | None:
        """Return NAMESPACE where another one has it, maybe translated."""
        far = (subject.proto, subject.foreign_address, subject.foreign_port)
        label, socket = self._elsewhere.get((*far, subject.local_port), ("", None))
        if socket is None and subject.opened_by == "foreign":
            label, socket = self._elsewhere.get((*far, _ANY_PORT), ("", None))
        if socket is None:
            return None
        program = f", {socket.program} ({socket.pid})" if socket.pid else ""
        return Reason(NAMESPACE, f"{label} has {ends(socket.pair())}{program}")

    def router(self, subject: Subject) -> Reason | None:
        """Return TRANSLATED or FORWARDED where the firewall tracks it so."""
        entry = self.tracked.get((subject.proto, *subject[1:5]))
        if entry is None:
            return None
        if entry.translated:
            return Reason(TRANSLATED, f"{_told(entry)} ({entry.place})")
        if self.addresses.isdisjoint((subject.local_address, subject.foreign_address)):
            return Reason(FORWARDED, f"the firewall tracks it ({entry.place})")
        return None

    def twin(self, subject: Subject) -> Reason | None:
        """Return TRANSLATED where the same octets are on the wire with one address translated."""
        other = self.wire.twin(subject)
        if other is None:
            return None
        return Reason(
            TRANSLATED,
            f"{ends(pair_of(other))} carries the same octets, side by side (frame {other.frame})",
        )

    def others(self, subject: Subject) -> Reason | None:
        """Return OTHERS, or FORWARDED by a router, where neither address is this host's."""
        both = (subject.local_address, subject.foreign_address)
        if not self.addresses.isdisjoint(both) or not self._has_version(subject):
            return None
        if self.known.forwards and not self.tracked:
            return Reason(FORWARDED, "this host forwards, so it may pass through")
        return Reason(OTHERS, f"this host is {_few(self.addresses)}")

    def covered(self, subject: Subject) -> Reason | None:
        """Return NOT_COVERED where the table does not list such sockets."""
        covered = self.known.covered
        missing = [each for each in needed(subject) if covered and each not in covered]
        return Reason(NOT_COVERED, f"no table of {' and '.join(missing)}") if missing else None

    def closing(self, subject: Subject) -> Reason | None:
        """Return CLOSING where this host has closed it: no program needs it any more."""
        if subject.state not in _CLOSED_HERE:
            return None
        return Reason(CLOSING, f"{subject.state} on the wire")

    def flood(self, subject: Subject) -> Reason | None:
        """Return COOKIES where a listener has many handshakes that the table lacks."""
        if subject.state != "SYN_RECEIVED":
            return None
        if self._half_open is None:
            self._half_open = Counter(
                each[:3]
                for each in self.wire.pairs.values()
                if each.state == "SYN_RECEIVED" and pair_of(each) not in self.table.pairs
            )
        count = self._half_open[subject[:3]]
        listener = self.table.bound(subject)
        if count < _FLOOD or listener is None:
            return None
        return Reason(COOKIES, f"{self._listens(listener.pair())}; {count} such handshakes")

    def between(self, subject: Subject) -> Reason | None:
        """Return BETWEEN where it began while the table was taken, or later.

        Or where the table was taken long after the last frame: meanwhile it may have ended.
        """
        late = self.moment - self.known.ended
        if self.known.ended and late > _LONG_AFTER:
            return Reason(BETWEEN, f"the capture had ended {late / NS_IN_S:.0f} s before")
        since = (subject.first_seen - self.moment) / NS_IN_S
        if subject.first_seen <= self.moment - self.known.tolerance:
            return None
        return Reason(BETWEEN, f"it began {_offset(since)} the table was taken")

    def gone(self, subject: Subject) -> Reason | None:
        """Return GONE for what ends without a segment.

        A SYN that nobody answered is forgotten when the program closes its socket; a socket of UDP
        may be closed at any time, unless it was heard before and after the moment.
        """
        if subject.state == "SYN_SENT":
            return Reason(GONE, "its SYN was not answered; closing it then sends nothing")
        if subject.proto != "udp":
            return None
        later = self.moment + self.known.tolerance // 2
        if subject.last_seen > later and subject.local_packets > 1:
            return None
        last = (subject.last_seen - self.moment) / NS_IN_S
        return Reason(GONE, f"last heard {_offset(last)} the table was taken")

    def cookies(self, subject: Subject) -> Reason | None:
        """Return COOKIES where a listener sent its SYN,ACK, and this host no data since."""
        if subject.proto != "tcp" or subject.opened_by != "foreign" or subject.local_payload:
            return None
        listener = self.table.bound(subject)
        if listener is None:
            return None
        if subject.state == "SYN_RECEIVED":
            return Reason(COOKIES, f"the handshake never ended; {self._listens(listener.pair())}")
        full = self.known.full.get(listener.pair())
        if full is None:
            return None
        waiting = f"its queue is full: {full[0]} wait, {full[1]} may"
        return Reason(COOKIES, f"{self._listens(listener.pair())}, {waiting}")

    def partial(self, subject: Subject) -> Reason | None:
        """Return PARTIAL where its end may be missing in the capture: it was quiet before."""
        quiet = subject.last_seen < self.moment - self.known.tolerance
        return Reason(PARTIAL, self.known.partial) if self.known.partial and quiet else None

    def raw(self, subject: Subject) -> Reason | None:
        """Return RAW where a program has such a socket, and its TCP is not the kernel's."""
        if subject.proto != "tcp" or self._speaker is None:
            return None
        by_hand = self._by_hand(subject)
        return Reason(RAW, f"{_said(self._speaker)}; {by_hand}") if by_hand else None

    def _by_hand(self, subject: Subject) -> str:
        """Return what shows that the kernel does not know this connection, "" if nothing does.

        A kernel answers a peer that it does not know with RST (RFC 9293 section 3.10.7.1).  A
        filter keeps that from the wire, but the firewall's own table was told: it has the
        connection as closed.  And its SYNs all offer window scaling (RFC 7323), or none does.
        """
        entry = self.tracked.get((subject.proto, *subject[1:5]))
        if entry is not None and entry.state == "CLOSE" and subject.state == "ESTABLISHED":
            return f"the firewall saw the kernel reset it ({entry.place})"
        if self._offers is None:
            self._offers = self.known.offers() if self.known.offers is not None else {}
            known = [self._offers[pair] for pair in self.table.pairs if pair in self._offers]
            self._usual = known[0] if known and len(set(known)) == 1 else None
        offer = self._offers.get(pair_of(subject), self._usual)
        if self._usual is None or offer == self._usual:
            return ""
        return f"its SYN offers {_scaling(offer)}, all of the kernel's {_scaling(self._usual)}"

    def _has_version(self, subject: Subject) -> bool:
        """Return whether an address of this host is known on this wire, of the same version.

        The table may have lost the only socket with that address: then nothing tells whose it is.
        """
        wide = ":" in subject.local_address
        sure = self.known.addresses | (self.table.addresses & self.wire.addresses)
        return any((":" in address) == wide for address in sure)

    def _listens(self, pair: tuple[str, str, int, str | None, int]) -> str:
        place = self.known.places.get(pair)
        return f"{end(pair[1], pair[2])} listens{f' ({place})' if place else ''}"


#: In this order: what is somebody else's, what is over, what another program does.
_CAUSES: tuple[Callable[[Host, Subject], Reason | None], ...] = (
    *(Host.namespace, Host.router, Host.twin, Host.others, Host.covered, Host.closing),
    *(Host.flood, Host.between, Host.gone, Host.cookies, Host.raw, Host.partial),
)


def speaker(raw: Iterable[RawSocket], own: frozenset[int]) -> RawSocket | None:
    """Return a raw or packet socket through which somebody may speak TCP; None if none is.

    Known sniffers (LISTENERS) do not, and the processes `own` are ours.
    """
    for each in raw:
        listens = each.program in LISTENERS or (each.pid is not None and each.pid in own)
        if not listens and each.protocol in (_TCP_RAW if each.kind == "raw" else _IP_PACKET):
            return each
    return None


def _said(raw: RawSocket) -> str:
    """Return whose raw or packet socket it is."""
    who = f"{raw.program} ({raw.pid})" if raw.pid else "a process not named"
    return f"{who} has a {raw.kind} socket ({raw.place})"


def _scaling(offer: bool | None) -> str:
    return "window scaling" if offer else "no window scaling"


def _by_ends(tracked: Iterable[Tracked]) -> Mapping[tuple[str, str, int, str, int], Tracked]:
    """Return what is tracked by its ends, before and behind the translation, from both sides."""
    found = {}
    for each in tracked:
        for one in (each.original, each.answered):
            found[each.proto, *one] = each
            found[each.proto, *one[2:], *one[:2]] = each
    return found


def _told(entry: Tracked) -> str:
    """Return a translation as people read it."""
    one, other = entry.original, entry.answered
    return (
        f"NAT makes {end(*one[:2])} to {end(*one[2:])} into {end(*other[:2])} to {end(*other[2:])}"
    )


def is_loopback(address: str) -> bool:
    """Return whether an address is the host's own to itself."""
    return address == "::1" or address.startswith("127.")


def _by_far_end(elsewhere: Mapping[str, Sequence[KernelSocket]]) -> _Elsewhere:
    """Return sockets of other namespaces by their foreign end and local port, with the label.

    Masquerading keeps the local port where it can.  What comes from outside is told by its foreign
    end alone, for that has an ephemeral port: it stands under _ANY_PORT, too.
    """
    found: _Elsewhere = {}
    for label, sockets in elsewhere.items():
        for each in sockets:
            if each.foreign_address is not None:
                far = (each.protocol, each.foreign_address, each.foreign_port)
                found[*far, each.local_port] = found[*far, _ANY_PORT] = label, each
    return found


def _both_ends(subject: Subject) -> tuple[tuple[str, int], tuple[str, int]]:
    return (
        (subject.local_address, subject.local_port),
        (subject.foreign_address, subject.foreign_port),
    )


def _traffic(subject: Subject, end_: tuple[str, int]) -> _Traffic:
    octets = sorted((subject.local_payload, subject.foreign_payload))
    return (subject.proto, *end_, octets[0], octets[1])


def _near(one: Subject, other: Subject) -> bool:
    return abs(one.first_seen - other.first_seen) <= _SIDE_BY_SIDE


def _is_translated(one: Subject, other: Subject) -> bool:
    """Return whether one end is the same, and the other has another address.

    Where the end that is the same is the responder's, many connect to it: then the port of the
    initiator has to be the same, too, as masquerading leaves it.
    """
    mine, theirs = set(_both_ends(one)), set(_both_ends(other))
    if len(mine & theirs) != 1:
        return False
    (here,), (there,) = mine - theirs, theirs - mine
    initiator = _both_ends(one)[one.opened_by == "foreign"]
    return here[0] != there[0] and (here != initiator or here[1] == there[1])


def _few(addresses: Iterable[str]) -> str:
    """Return some addresses as text."""
    found = sorted(each for each in addresses if not is_loopback(each))
    return ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")


def _offset(seconds: float) -> str:
    return f"{abs(seconds):.1f} s {'after' if seconds > 0 else 'before'}"
