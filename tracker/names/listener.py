"""Hears, among all segments and datagrams, those that tell names of hosts.

Most are neither: one look at the ports, or at the first octet of the data, must do.  What may tell
a name is kept by `clues`, for whoever asks for one.
"""

from tracker.names.answers import Answers
from tracker.names.clues import Asker, Clues
from tracker.names.name import DHCP, DNS, HTTP, LLMNR, MDNS, NETBIOS, QUIC, TLS
from tracker.names.openings import PATIENCE, Openings, host, server_name
from tracker.socket_pairs import side_of_sender
from tracker.wire.segment import UDP, Frame, Hearer, Segment

_DNS, _DHCP_SERVER, _DHCP_CLIENT = 53, 67, 68
_NETBIOS_NAMES, _NETBIOS_DATAGRAMS = 137, 138
_HTTPS = 443
_DHCPV6_CLIENT, _DHCPV6_SERVER = 546, 547
_MDNS, _LLMNR = 5353, 5355

_UDP_HEADER, _TCP_DATA_OFFSET = 8, 12

# The length before a message of DNS over TCP, and that of its header (RFC 1035 section 4.1.1).
_DNS_LENGTH, _SHORTEST_DNS = 2, 12

# The first octets of a TLS record with a ClientHello (RFC 8446 sections 5.1 and 4).
_HANDSHAKE, _MAJOR, _CLIENT_HELLO = 0x16, 0x03, 0x01
_HELLO_AT = 5

# A long header of QUIC (RFC 9000 section 17.2), and the versions that `names.quic` knows.  Initial
# packets have the type 0, in version 2 the type 1 (RFC 9369 section 3.2).  A client fills datagrams
# with them up to 1200 octets at least (RFC 9000 section 14.1).
_LONG_HEADER = 0xC0
_QUIC1, _QUIC2, _FIRST_DRAFT, _LAST_DRAFT = 1, 0x6B3343CF, 0xFF000017, 0xFF000022
_SHORTEST_INITIAL = 1200

# The octets that the methods of HTTP begin with which have a Host: GET, POST, PUT, PATCH, HEAD,
# DELETE, OPTIONS.
_METHODS = (0x47455420, 0x504F5354, 0x50555420, 0x50415443, 0x48454144, 0x44454C45, 0x4F505449)

_FIRST_OF_METHODS, _LAST_OF_METHODS = 0x44, 0x50

# So many octets a second are taken apart at once, each message as if it had some more; what comes
# then says nothing.  The worst that can be sent takes a second to read.
_MOST_PARSED, _EACH = 16_000_000, 400
_NS_IN_S = 1_000_000_000

# One that was heard of a connection is not asked for again so soon, ns.
_ENOUGH = 10_000_000_000


class Listener(Hearer):
    """Hears names.

    clues       what was heard
    initials    first datagrams of QUIC, which are taken apart only when a name is asked for
    openings    streams that begin with a name, and are not yet there as far as that
    unheard     how many messages came too fast to be taken apart
    """

    def __init__(self, memory: int, seed: int) -> None:
        """Hear with up to `memory` octets; `seed`: 64 bits that nobody outside can know."""
        self.clues = Clues(memory - memory // 4, seed)
        self.initials = Clues(memory // 4, seed)
        self.openings = Openings({TLS: server_name, HTTP: host})
        self.unheard = 0
        self._answers = Answers()
        self._asker = Asker()
        self._second = 0
        self._parsed = 0
        self._waiting = 0
        self._patience = 0

    def hear(self, frame: Frame, segment: Segment) -> None:
        """Hear a segment or datagram with data, decoded from `frame`."""
        start = segment.transport_at
        end = min(start + segment.transport_length, frame.end)
        if segment.protocol == UDP:
            start += _UDP_HEADER
            end = min(end, start + segment.payload)
            if start < end:
                self._hear_datagram(frame, segment, start, end)
        elif start + _TCP_DATA_OFFSET < end:
            start += (frame.data[start + _TCP_DATA_OFFSET] >> 4) * 4
            if start < end:
                self._hear_stream(frame, segment, start, end)

    # --- datagrams ------------------------------------------------------------------------------

    def _hear_datagram(self, frame: Frame, segment: Segment, start: int, end: int) -> None:
        source = segment.source_port
        if source == _DNS:
            self._hear_answers(frame, segment, start, end, DNS)
        elif source == _MDNS:
            self._hear_answers(frame, segment, start, end, MDNS)
        elif source == _LLMNR:
            self._hear_answers(frame, segment, start, end, LLMNR)
        elif source == _NETBIOS_NAMES or source == _NETBIOS_DATAGRAMS:
            self._hear_told(frame, segment, start, end, NETBIOS)
        elif source == _DHCP_SERVER or source == _DHCP_CLIENT:
            self._hear_told(frame, segment, start, end, DHCP)
        elif source == _DHCPV6_SERVER or source == _DHCPV6_CLIENT:
            self._hear_told(frame, segment, start, end, DHCP)
        elif segment.payload >= _SHORTEST_INITIAL and self._is_initial(frame, segment, start, end):
            self._hear_initial(frame, segment, start, end)

    def _is_initial(self, frame: Frame, segment: Segment, start: int, end: int) -> bool:
        """Return whether a client's datagram begins with an Initial packet, and is there whole."""
        data = frame.data
        if data[start] & _LONG_HEADER != _LONG_HEADER or segment.source_port == _HTTPS:
            return False
        if end - start < segment.payload:
            return False
        kind = data[start] >> 4 & 3
        version = self._number(frame, start + 1)
        if version == _QUIC2:
            return kind == 1
        is_known = version == _QUIC1 or _FIRST_DRAFT <= version <= _LAST_DRAFT
        return is_known and kind == 0

    def _number(self, frame: Frame, at: int) -> int:
        """Return the 32 bits at an offset."""
        high = frame.data[at] << 8 | frame.data[at + 1]
        return high << 16 | frame.data[at + 2] << 8 | frame.data[at + 3]

    def _hear_answers(
        self, frame: Frame, segment: Segment, start: int, end: int, kind: int
    ) -> None:
        """Keep a message of DNS or its relatives, if it tells of addresses."""
        if self._answers.read(frame, start, end, kind == MDNS):
            self._keep(segment, kind, frame.data, start)

    def _keep(
        self,
        segment: Segment,
        kind: int,
        data: bytes | bytearray | memoryview,
        start: int,
    ) -> None:
        """Keep a message that `answers` has read, to be found by its addresses, and who asked."""
        answers, asker, clues = self._answers, self._asker, self.clues
        if kind == MDNS or segment.to_group:
            asker.be(0, 0, 0)
        else:
            asker.be(segment.version, segment.destination_high, segment.destination_low)
        who = clues.address(asker.version, asker.high, asker.low)
        if clues.put(kind, segment, asker, data, start, answers.end, 2 * answers.count):
            for i in range(answers.count):
                key = clues.address(answers.version(i), answers.high(i), answers.low(i))
                clues.tell(key)
                clues.tell(clues.asked(key, who))

    def _name(self, kind: int, segment: Segment, name: bytes, key: int) -> None:
        """Keep a name, to be found by a key; `_asker` says whom it names."""
        if self.clues.put(kind, segment, self._asker, name, 0, len(name), 1):
            self.clues.tell(key)

    def _hear_told(self, frame: Frame, segment: Segment, start: int, end: int, kind: int) -> None:
        """Keep the names that hosts give themselves, or are given, one by one."""
        if not self._may_parse(segment.time):
            return
        self._parsed += end - start + _EACH
        octets = bytes(frame.data[start:end])
        if kind == NETBIOS:
            from tracker.names.netbios import told

            pairs = told(octets, segment.source_port)
        else:
            from tracker.names import dhcp

            pairs = dhcp.told(octets, segment.version)
        for name, address in pairs:
            number = int.from_bytes(address)
            version = 4 if len(address) == 4 else 6
            low = 0xFFFF << 32 | number if version == 4 else number & 0xFFFFFFFFFFFFFFFF
            high = number >> 64
            self._asker.be(0, high, low)
            nobody = self.clues.address(0, 0, 0)
            key = self.clues.asked(self.clues.address(version, high, low), nobody)
            self._name(kind, segment, name.encode("ascii"), key)

    def _may_parse(self, time: int) -> bool:
        """Return whether there is time to take a message apart at once."""
        second = time // _NS_IN_S
        if second != self._second:
            self._second = second
            self._parsed = 0
        if self._parsed > _MOST_PARSED:
            self.unheard += 1
            return False
        return True

    def _hear_initial(self, frame: Frame, segment: Segment, start: int, end: int) -> None:
        """Keep a client's first datagram of QUIC."""
        self._asker.be(0, 1 - side_of_sender(segment), 0)
        initials = self.initials
        if initials.put(QUIC, segment, self._asker, frame.data, start, end, 1):
            initials.tell(self._connection(segment))

    def _connection(self, segment: Segment) -> int:
        """Return the key of the connection of a segment, as of both of its sides."""
        if side_of_sender(segment) == 0:
            return self.clues.connection(
                segment.protocol,
                segment.source_high,
                segment.source_low,
                segment.destination_high,
                segment.destination_low,
                segment.source_port | segment.destination_port << 16,
            )
        return self.clues.connection(
            segment.protocol,
            segment.destination_high,
            segment.destination_low,
            segment.source_high,
            segment.source_low,
            segment.destination_port | segment.source_port << 16,
        )

    # --- streams --------------------------------------------------------------------------------

    def _hear_stream(self, frame: Frame, segment: Segment, start: int, end: int) -> None:
        if segment.source_port == _DNS:
            if self._waiting or self._may_be_message(frame, start, end):
                self._open(frame, segment, start, end, DNS)
        elif self._is_hello(frame, start, end):
            self._open(frame, segment, start, end, TLS)
        elif self._is_request(frame, start, end):
            self._open(frame, segment, start, end, HTTP)
        elif self._waiting:
            if segment.time > self._patience:
                self._forget(segment.time)
            self._open(frame, segment, start, end, 0)

    def _forget(self, time: int) -> None:
        """Forget streams that have not gone on for too long: while some wait, all data costs."""
        self._patience = self.openings.forget(time)
        self._waiting = self.openings.count

    def _may_be_message(self, frame: Frame, start: int, end: int) -> bool:
        """Return whether the length of a message of DNS may stand there, if any is whole."""
        if start + _DNS_LENGTH > end:
            return True
        return frame.data[start] != 0 or frame.data[start + 1] >= _SHORTEST_DNS

    def _is_hello(self, frame: Frame, start: int, end: int) -> bool:
        if frame.data[start] != _HANDSHAKE:
            return False
        if start + 1 < end and frame.data[start + 1] != _MAJOR:
            return False
        return start + _HELLO_AT >= end or frame.data[start + _HELLO_AT] == _CLIENT_HELLO

    def _is_request(self, frame: Frame, start: int, end: int) -> bool:
        first = frame.data[start]
        if first < _FIRST_OF_METHODS or first > _LAST_OF_METHODS or start + 4 > end:
            return False
        return self._number(frame, start) in _METHODS

    def _open(self, frame: Frame, segment: Segment, start: int, end: int, kind: int) -> None:
        """Take in a part of a stream that begins with a name, or goes on to one."""
        key, side = self._connection(segment), side_of_sender(segment)
        openings = self.openings
        waits = self._waiting != 0 and openings.waits(key ^ side)
        if not kind and not waits:
            return
        if kind != DNS and not waits and self.clues.has(key):
            latest = self.clues.heard(key)[0]
            if segment.time - latest.time < _ENOUGH:
                return
        if not self._may_parse(segment.time):
            return
        start_of = segment.sequence, segment.time
        whole = end - start == segment.payload
        data = bytes(frame.data[start:end])
        before = openings.parsed
        kind, found = openings.take(key ^ side, kind, start_of, data, whole)
        self._parsed += openings.parsed - before + _EACH
        if not self._waiting:
            self._patience = segment.time + PATIENCE
        self._waiting = openings.count
        for octets in found:
            if kind == DNS:
                self._hear_message(segment, octets)
            else:
                self._asker.be(0, 1 - side, 0)
                self._name(kind, segment, octets, key)

    def _hear_message(self, segment: Segment, message: bytes) -> None:
        """Keep a message of DNS that came over TCP, if it tells of addresses."""
        frame = Frame()
        frame.data = message
        if self._answers.read(frame, 0, len(message), False):
            self._keep(segment, DNS, message, 0)
