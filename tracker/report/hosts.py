"""What hosts are called in a row: of all that tells a name, what counts for its connection.

In this order: the settings; what the host at the other side asked for before it connected; what it
said in the connection itself; what the host says of itself; what the capture file says; the way
back (PTR); what others asked for; what the system's resolver says, where it is asked (--resolve).
"""

from collections.abc import Mapping

from tracker.connection import Connection
from tracker.names.answers import Address
from tracker.names.clues import Clue, Clues
from tracker.names.listener import Listener
from tracker.names.name import CAPTURE, DHCP, DNS, HOSTS, LLMNR, MDNS, NETBIOS, SOURCES, Name
from tracker.names.plausible import host_name
from tracker.report.text import address
from tracker.typed import Any

_NS_IN_S = 1_000_000_000

# Of so many connections it is remembered what their first datagrams of QUIC say.
_MOST_INITIALS = 65536

# Of so many addresses the names are remembered, until more is heard.
_MOST_KNOWN = 4096

# So many messages are remembered with what they tell of an address.
_MOST_READ = 65536


class HostNames:
    """The names of hosts.

    resolver    is asked for what nothing else tells, where that is wanted (`names.resolver`)
    """

    def __init__(
        self,
        listener: Listener | None,
        hosts: Mapping[str, tuple[str, ...]],
        captured: Mapping[str, list[str]],
    ) -> None:
        """Take names from `listener`; from the settings' `hosts`, and from those `captured`.

        `hosts` are the addresses of each name, `captured` the names of each address, as the capture
        file has them.
        """
        self.resolver: Any = None
        self._listener = listener
        self._clues: Clues | None = None if listener is None else listener.clues
        self._hosts = {text: name for name, texts in hosts.items() for text in texts}
        self._captured = captured
        self._initials: dict[tuple[int, int, int], Name | None] = {}
        self._known: dict[int, list[tuple[Name, bool]]] = {}
        self._told_of: dict[int, Any] = {}
        self._kept = 0

    def of(self, connection: Connection, side: int) -> Name | None:
        """Return what the host at `side` of a connection is called, None where nothing tells."""
        if connection.group == side or not self._may_know(connection, side):
            return None
        mine, other = _address(connection, side), _address(connection, 1 - side)
        text = address(mine[0], mine[1], mine[2])
        if text in self._hosts:
            return Name(self._hosts[text], HOSTS)
        return self._found(mine, text, connection, other, self._said(connection, side))

    def of_address(self, version: int, high: int, low: int) -> Name | None:
        """Return what a host is called, whoever asks; None where nothing tells."""
        text = address(version, high, low)
        if text in self._hosts:
            return Name(self._hosts[text], HOSTS)
        return self._found((version, high, low), text, None, (0, 0, 0), None)

    def _may_know(self, connection: Connection, side: int) -> bool:
        """Return whether anything may tell: what is asked for each row, and mostly in vain."""
        if self._hosts or self._captured or self.resolver is not None:
            return True
        clues = self._clues
        if clues is None:
            return False
        if side:
            key = clues.address(connection.version, connection.b_high, connection.b_low)
        else:
            key = clues.address(connection.version, connection.a_high, connection.a_low)
        nobody = clues.address(0, 0, 0)
        return clues.has(key) or clues.has(clues.asked(key, nobody)) or self._has_said(connection)

    def _has_said(self, connection: Connection) -> bool:
        if self._clues is None or self._listener is None:
            return False
        key = _key(self._clues, connection)
        return self._clues.has(key) or self._listener.initials.has(key)

    def _said(self, connection: Connection, side: int) -> Name | None:
        """Return what a client called the host at `side` in the connection itself."""
        if not self._has_said(connection):
            return None
        assert self._clues is not None
        assert self._listener is not None
        key = _key(self._clues, connection)
        for clue in self._clues.heard(key):
            if clue.high == side and _is_within(clue, connection):
                return _named(clue, clue.octets.decode("ascii"))
        initials = [
            clue
            for clue in self._listener.initials.heard(key)
            if clue.high == side and _is_within(clue, connection)
        ]
        return self._opened(key, initials[::-1]) if initials else None

    def _opened(self, key: int, initials: list[Clue]) -> Name | None:
        """Return the name in a client's first datagrams of QUIC; to open them takes long."""
        from tracker.names import quic

        known = key, initials[0].frame, len(initials)
        if known not in self._initials:
            if len(self._initials) >= _MOST_INITIALS:
                self._initials.clear()
            text = quic.server_name([clue.octets for clue in initials])
            self._initials[known] = None if text is None else _named(initials[0], text)
        name: Name | None = self._initials[known]
        return name

    def _found(
        self,
        mine: Address,
        text: str,
        connection: Connection | None,
        other: Address,
        said: Name | None,
    ) -> Name | None:
        """Return the best of all names of the address `mine`."""
        return (
            self._asked(mine, connection, other, said)
            or said
            or self._told(mine)
            or _captured(self._captured.get(text))
            or self._back(mine, connection)
            or (None if self.resolver is None else self.resolver.name(text))
        )

    def _asked(
        self,
        mine: Address,
        connection: Connection | None,
        other: Address,
        said: Name | None,
    ) -> Name | None:
        """Return the name that the other side asked for before it connected.

        Of several that which the connection says itself, else the latest that still held, else the
        latest.
        """
        if self._clues is None or connection is None:
            return None
        holding = latest = None
        for clue in self._answers(mine, other, max(connection.first_seen, 0)):
            name, is_back = self._in_message(clue, mine)
            if name is None or is_back:
                continue
            if said is not None and said.text == name.text:
                return name
            latest = latest or name
            if holding is None and name.until >= connection.first_seen:
                holding = name
            if holding is not None and said is None:
                break
        return holding or latest

    def _answers(self, mine: Address, other: Address, until: int) -> list[Clue]:
        """Return what the host of the address `other` got to know of `mine`, the newest first."""
        assert self._clues is not None
        key = self._clues.address(mine[0], mine[1], mine[2])
        found: list[Clue] = []
        askers = self._same_host(other)
        for version, high, low in askers:
            asker = self._clues.address(version, high, low)
            found += self._clues.heard(self._clues.asked(key, asker), until)
        return found if len(askers) == 1 else sorted(found, key=_time, reverse=True)

    def _told(self, mine: Address) -> Name | None:
        """Return the name that a host gives itself, or is given together with its address."""
        if self._clues is None:
            return None
        key, nobody = self._clues.address(mine[0], mine[1], mine[2]), self._clues.address(0, 0, 0)
        for name, is_back in self._names(self._clues.asked(key, nobody), mine):
            if not is_back:
                return name
        return None

    def _back(self, mine: Address, connection: Connection | None) -> Name | None:
        """Return the name of the way back, else what others asked for while it was connected."""
        if self._clues is None:
            return None
        others = None
        for name, is_back in self._names(self._clues.address(mine[0], mine[1], mine[2]), mine):
            if is_back:
                return name
            if others is None and connection is not None and name.time <= connection.last_seen:
                others = name
        return others

    def _names(self, key: int, mine: Address) -> list[tuple[Name, bool]]:
        """Return the names of the address `mine` that were heard with this key, the newest first.

        With each stands whether it is that of the way back.  Many rows ask for the same.
        """
        assert self._clues is not None
        if self._clues.kept != self._kept:
            self._kept = self._clues.kept
            self._known.clear()
            if len(self._told_of) >= _MOST_READ:
                self._told_of.clear()
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        names = self._known.get(key)
        if names is None:
            told = [self._in_message(clue, mine) for clue in self._clues.heard(key)]
            names = [(name, is_back) for name, is_back in told if name is not None]
            self._known[key] = names
        return names

    def _in_message(self, clue: Clue, mine: Address) -> tuple[Name | None, bool]:
        """Return the name that a clue tells of the address `mine`, and whether by the way back."""
        if clue.kind in (NETBIOS, DHCP):
            return _named(clue, clue.octets.decode("ascii")), False
        found = self._read(clue, mine)
        if found is None:
            return None, False
        return _named(clue, found.text, found.seconds), found.is_back

    def _read(self, clue: Clue, mine: Address) -> Any:  # noqa: ANN401 - names.dns.Told, or None
        """Return what a message of DNS tells of the address `mine`.

        A table is gone through twice, to see how wide it gets: so the first are remembered, not the
        last.  A hash does for a message, which may be long.
        """
        from tracker.names import dns

        key = hash((clue.octets, mine, clue.kind))
        if key in self._told_of:
            return self._told_of[key]
        found = dns.asked(clue.octets, mine, clue.kind == MDNS)
        if len(self._told_of) < _MOST_READ:
            self._told_of[key] = found
        return found

    def _same_host(self, other: Address) -> list[Address]:
        """Return the addresses of the host that has this one."""
        if other[0] == 0 or not self._hosts:
            return [other]
        name = self._hosts.get(address(other[0], other[1], other[2]))
        if name is None:
            return [other]
        return [_halves(text) for text, known in self._hosts.items() if known == name]

    def addresses_of(self, name: str) -> list[Address]:
        """Return the addresses of the host that is called `name`, as far as that was heard."""
        wanted = name.lower().removesuffix(".")
        found: dict[Address, None] = {}
        for text, names in self._captured.items():
            if wanted in map(str.lower, names):
                found[_halves(text)] = None
        if self._clues is not None:
            for clue in self._clues.search(wanted.partition(".")[0].encode()):
                for address_ in _addresses(clue, wanted):
                    found[address_] = None
        return list(found)


def _captured(names: list[str] | None) -> Name | None:
    """Return the first name of an address in the capture file that is plausible as one."""
    for name in names or ():
        text = host_name(name.encode())
        if text is not None:
            return Name(text, CAPTURE)
    return None


def _time(clue: Clue) -> int:
    return clue.time


def _named(clue: Clue, text: str, seconds: int = 0) -> Name:
    """Return the name that a clue tells."""
    asker = address(clue.version, clue.high, clue.low) if clue.version else None
    until = clue.time + seconds * _NS_IN_S if clue.kind in (DNS, MDNS, LLMNR) else 0
    return Name(text, SOURCES[clue.kind], clue.frame, clue.time, until, asker)


def _is_within(clue: Clue, connection: Connection) -> bool:
    """Return whether a clue is of this connection, and of no earlier one between its sockets."""
    return connection.first_seen <= clue.time <= connection.last_seen


def _address(connection: Connection, side: int) -> Address:
    if side:
        return connection.version, connection.b_high, connection.b_low
    return connection.version, connection.a_high, connection.a_low


def _key(clues: Clues, connection: Connection) -> int:
    """Return the key of a connection, as the listener makes it."""
    port = connection.b_port
    return clues.connection(
        connection.protocol,
        connection.a_high,
        connection.a_low,
        connection.b_high,
        connection.b_low,
        connection.a_port | port << 16,
    )


def _halves(text: str) -> Address:
    """Return an address in halves."""
    from ipaddress import ip_address  # here, because most runs name no address

    found = ip_address(text)
    number = int(found)
    if found.version == 4:
        return 4, 0, 0xFFFF << 32 | number
    return 6, number >> 64, number & 0xFFFFFFFFFFFFFFFF


def _addresses(clue: Clue, name: str) -> list[Address]:
    """Return the addresses that a clue gives to the host that is called `name`."""
    if clue.kind in (NETBIOS, DHCP):
        version = 4 if not clue.high and clue.low >> 32 == 0xFFFF else 6
        is_its = clue.octets.decode("ascii") == name
        return [(version, clue.high, clue.low)] if is_its else []
    if clue.kind not in (DNS, MDNS, LLMNR):
        return []
    from tracker.names import dns

    return dns.addresses(clue.octets, name, clue.kind == MDNS)
