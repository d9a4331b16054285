"""Which octets are heard first: of each side, in order or not, in bounded memory."""

from captures import NS_IN_S, START, Record
from metering import connections, feed, flow_table
from packets import ACK, CLIENT, PSH, SERVER, SYN, ethernet, ipv4, tcp

from tracker.audit.speech import MOST_BURSTS, Speech
from tracker.meter import Meter

CLIENT_PORT = 1099
FROM_CLIENT, FROM_SERVER = (CLIENT, SERVER), (SERVER, CLIENT)


def frame(
    ends: tuple[str, str],
    flags: int,
    sequence: int,
    data: bytes = b"",
    seconds: float = 0,
    port: int = CLIENT_PORT,
) -> Record:
    """Return a frame of a connection to port 80, so many seconds after the start."""
    ports = (port, 80) if ends == FROM_CLIENT else (80, port)
    octets = tcp(data, flags, *ports, sequence=sequence)
    made = ethernet(ipv4(octets, 6, *ends))
    return Record(START + round(seconds * NS_IN_S), made, len(made))


def opened(port: int = CLIENT_PORT) -> list[Record]:
    """Return a handshake: the client begins with 100, the server with 300."""
    return [
        frame(FROM_CLIENT, SYN, 99, port=port),
        frame(FROM_SERVER, SYN | ACK, 299, port=port),
        frame(FROM_CLIENT, ACK, 100, port=port),
    ]


def heard(records: list[Record], most: int = 1000) -> tuple[Speech, Meter]:
    """Return what hears these frames, and what took them in."""
    meter = Meter(flow_table())
    speech = meter.hearer = Speech(meter.table, None, 1, most)
    feed(meter, records)
    return speech, meter


def openings(records: list[Record]) -> list[bytes | None]:
    """Return what client and server of the only connection are heard to say first."""
    speech, meter = heard(records)
    (connection,) = connections(meter)
    found = [speech.of(connection, side) for side in range(2)]
    return [None if each is None else each.octets for each in found]


def test_the_first_data_of_each_side() -> None:
    talk = [
        frame(FROM_SERVER, ACK | PSH, 300, b"220 first"),
        frame(FROM_CLIENT, ACK | PSH, 100, b"EHLO first"),
        frame(FROM_SERVER, ACK | PSH, 309, b"250 second"),
    ]
    assert openings(opened() + talk) == [b"EHLO first", b"220 first"]


def test_what_is_not_the_first_is_not_taken_for_it() -> None:
    """The first segment with data was not captured."""
    assert openings([*opened(), frame(FROM_CLIENT, ACK, 150, b"later")]) == [None, None]


def test_what_is_picked_up_in_the_middle_has_no_beginning() -> None:
    assert openings([frame(FROM_CLIENT, ACK, 150, b"SSH-2.0-x")]) == [None, None]


def test_the_next_generation_says_its_own() -> None:
    first = [*opened(), frame(FROM_CLIENT, ACK, 100, b"old words")]
    reset = [frame(FROM_CLIENT, 4, 109)]
    again = [
        frame(FROM_CLIENT, SYN, 9999, seconds=1),
        frame(FROM_SERVER, SYN | ACK, 8999, seconds=1),
        frame(FROM_CLIENT, ACK, 10000, b"new words", seconds=1),
    ]
    speech, meter = heard(first + reset + again)
    latest = connections(meter)[-1]
    found = speech.of(latest, 0)
    assert found is not None
    assert found.octets == b"new words"


def test_memory_is_bounded() -> None:
    records = [
        record
        for port in range(2000, 2500)
        for record in [*opened(port), frame(FROM_CLIENT, ACK, 100, b"hello", port=port)]
    ]
    speech, meter = heard(records, most=100)
    kept = [each for each in connections(meter) if speech.of(each, 0) is not None]
    assert 50 <= len(kept) <= 100
    assert speech.forgotten >= 400


def test_bursts_are_data_after_a_silence() -> None:
    """RFC 9293 knows no time: what counts is that nothing was seen for more than 1.5 s."""
    beats = [
        frame(FROM_CLIENT, ACK | PSH, 100 + 4 * number, b"beat", seconds=10 * number)
        for number in range(1, 6)
    ]
    close = [frame(FROM_CLIENT, ACK | PSH, 124, b"more", seconds=50.5)]
    speech, meter = heard(opened() + beats + close)
    (connection,) = connections(meter)
    assert speech.bursts(connection) == [START + 10 * number * NS_IN_S for number in range(2, 6)]


def test_of_many_bursts_the_latest_are_kept() -> None:
    beats = [
        frame(FROM_CLIENT, ACK | PSH, 100 + 4 * number, b"beat", seconds=10 * number)
        for number in range(1, 200)
    ]
    speech, meter = heard(opened() + beats)
    (connection,) = connections(meter)
    assert len(speech.bursts(connection)) == MOST_BURSTS
    assert speech.bursts(connection)[-1] == START + 1990 * NS_IN_S
