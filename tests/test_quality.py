"""What is said about the quality of a capture: each weakness when it is there, and only then.

The captures are those of `pcaps/` with frames taken out, put in twice or given other times.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from captures import NS_IN_S, PCAPS, Record, conversation, pcap, read_pcap, run_here, timed
from metering import connections, metered
from packets import SYN, ethernet, fragment, ipv6, tcp_frame, udp

from tracker.report.quality import lines, missing, weaknesses
from tracker.report.tally import Tally, tally
from tracker.tcp_state import State

MILLISECOND = NS_IN_S // 1000
CLIENT_SENT = bytes((192, 168, 1, 5))
SOURCE = slice(26, 30)

#: Handshake, request of 18 octets (frame 4), reply of 25 (frame 6), both FINs (frames 8 and 10).
CLOSED = read_pcap(PCAPS / "client-closes-first.pcap")


def told(frames: Sequence[Record]) -> list[str]:
    """Return the lines about what is weak."""
    meter = metered(frames)
    return list(weaknesses(meter, tally(connections(meter)), ""))


def tallied(frames: Sequence[Record]) -> Tally:
    """Return what the connections tell."""
    return tally(connections(metered(frames)))


def summed_up(frames: Sequence[Record]) -> list[str]:
    """Return the lines of --summary."""
    meter = metered(frames)
    return list(lines(meter, tally(connections(meter)), "", True))


def without(*numbers: int) -> list[Record]:
    """Return the frames but those with these numbers."""
    return [frame for number, frame in enumerate(CLOSED, 1) if number not in numbers]


def moved(frame: Record, step: int) -> Record:
    """Return a frame captured `step` ns later."""
    return frame._replace(time=frame.time + step)


# --- nothing is wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "client-closes-first.pcap",
        "port-reused.pcap",
        "refused.pcap",
        "unanswered.pcap",
        "syn-ack-repeated.pcap",
        "fin-repeated.pcap",
        "out-of-window-rst.pcap",
        "unreachable.pcap",
        "prohibited-later.pcap",
        "frag-needed.pcap",
        "loopback.pcap",
        "udp-fragments.pcap",
        "tunnels-in-ip.pcap",
    ],
)
def test_a_good_capture_has_no_weakness(name: str) -> None:
    """Not even where segments are repeated, forged, refused, or lost behind the capture."""
    frames = read_pcap(PCAPS / name)
    assert told(frames) == []
    assert summed_up(frames)[-1] == "nothing was found wrong with the capture"


def test_each_prefix_of_a_good_capture_has_no_weakness() -> None:
    for length in range(1, len(CLOSED) + 1):
        assert told(CLOSED[:length]) == []


def test_no_frames() -> None:
    assert told([]) == []
    assert summed_up([]) == ["no frames", "nothing was found wrong with the capture"]


# --- capture loss -------------------------------------------------------------------------------


@pytest.mark.parametrize(("lost", "octets"), [((4,), 18), ((6,), 25), ((4, 6), 43)])
def test_octets_acknowledged_and_never_seen(lost: tuple[int, ...], octets: int) -> None:
    found = tallied(without(*lost))
    assert (found.missed, found.missed_in) == (octets, 1)
    (line,) = told(without(*lost))
    assert line == (
        f"capture loss: at least {octets} octets acknowledged and never seen, in 1 connection; "
        "states follow from the acknowledgments"
    )


@pytest.mark.parametrize("fin", [8, 10])
def test_a_lost_fin_looks_like_one_octet(fin: int) -> None:
    """FIN takes a number as an octet does, and the acknowledgment does not say which it was."""
    found = tallied(without(fin))
    assert (found.missed, found.missed_in) == (1, 1)


def test_without_the_syn_nobody_knows_how_much_is_missing() -> None:
    assert tallied(without(1, 2, 3, 6)).missed == 0
    (line,) = told(without(1, 2, 3, 6))
    assert line.startswith("capture loss: segments acknowledged and never seen, in 1 connection;")


def test_a_lost_acknowledgment_is_not_missed() -> None:
    """Acknowledgments are cumulative: nobody can know of one that the next one covers."""
    assert told(without(5)) == []


def test_loss_of_what_is_sent_again_is_no_loss() -> None:
    """Data that did not arrive was lost on the wire, as its repetition shows."""
    frames = read_pcap(PCAPS / "prohibited-later.pcap")
    assert told([*frames[:7], *frames[13:]]) == []


def test_connections_are_counted_once_each() -> None:
    ports = (1099, 1100, 1101)
    frames = [
        frame
        for port in ports
        for number, frame in enumerate(conversation(port))
        if port == 1101 or number not in (3, 4)
    ]
    found = tallied(timed(frames))
    assert (found.tcp, found.missed, found.missed_in) == (3, 2 * (5 + 7), 2)


def test_picked_up_in_the_middle_nobody_knows_what_is_missing_before() -> None:
    assert told(CLOSED[4:]) == []


# --- one-way traffic ----------------------------------------------------------------------------


@pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
def test_only_one_side_was_captured(client: bool) -> None:
    frames = [frame for frame in CLOSED if (frame.octets[SOURCE] == CLIENT_SENT) == client]
    assert tallied(frames).one_way == 1
    assert any(
        line.startswith("one-way traffic: of 1 of 1 TCP connection only one side")
        for line in told(frames)
    )


def test_nobody_answers() -> None:
    """A SYN without an answer, or one refused by RST, is no one-way capture."""
    assert told(timed([tcp_frame(SYN, acknowledgment=0)])) == []


def test_udp_is_one_way_by_nature() -> None:
    frames = read_pcap(PCAPS / "udp-refused.pcap")
    assert told(frames) == []


# --- frames that come twice ---------------------------------------------------------------------


def doubled(step: int) -> list[Record]:
    """Return all frames, each again `step` ns later."""
    return [again for frame in CLOSED for again in (frame, moved(frame, step))]


def test_frames_captured_twice() -> None:
    """All but two of Linux that have the identification 0, which tells nothing (RFC 6864).

    These are the SYN,ACK and the ACK of TIME_WAIT.
    """
    identified = sum(frame.octets[18:20] != bytes(2) for frame in CLOSED)
    assert len(CLOSED) - identified == 2
    (line,) = told(doubled(2000))
    assert line == (
        f"at least {identified} frames captured twice, as on a mirror port, in 1 connection; "
        "counters count both, no state changes"
    )


def test_frames_captured_twice_change_no_state() -> None:
    """Rule 9."""
    (twice,) = connections(metered(doubled(2000)))
    (once,) = connections(metered(CLOSED))
    for a, b in ((twice.a, once.a), (twice.b, once.b)):
        assert (a.state, a.evidence_event) == (b.state, b.evidence_event)
        assert a.packets == 2 * b.packets


def test_what_is_sent_again_was_not_captured_twice() -> None:
    """Linux sends a segment again with another identification, and not at once."""
    assert told(read_pcap(PCAPS / "fin-repeated.pcap")) == []
    request = CLOSED[3]
    assert told([*CLOSED[:4], moved(request, 200 * MILLISECOND)]) == []


# --- time ---------------------------------------------------------------------------------------


def test_frames_out_of_order() -> None:
    """Later frames than 5 were captured 1.5 s before it, by their times."""
    frames = [*CLOSED[:5], *(moved(frame, -3 * NS_IN_S // 2) for frame in CLOSED[5:])]
    (line,) = told(frames)
    assert line == (
        "not in the order of their times: 1 frame, by 1.5 s at most; "
        "states that end by a timer may be off by that"
    )


@pytest.mark.parametrize(("step", "weak"), [(MILLISECOND - 1, False), (MILLISECOND, True)])
def test_less_than_a_millisecond_is_usual(step: int, weak: bool) -> None:
    frames = timed(conversation(), step=0)
    frames[4:] = [moved(frame, -step) for frame in frames[4:]]
    assert bool(told(frames)) == weak


def test_largest_step_is_told() -> None:
    frames = timed(conversation(), step=0)
    frames[2] = moved(frames[2], -20 * MILLISECOND)
    frames[5] = moved(frames[5], -70 * MILLISECOND)
    (line,) = told(frames)
    assert line.startswith("not in the order of their times: 2 frames, by 70 ms at most;")


# --- fragments ----------------------------------------------------------------------------------


def parts(*ranges: tuple[int, int]) -> list[bytes]:
    """Return fragments of one datagram of 1608 octets, from and to these octets."""
    whole = udp(bytes(1600))
    return [
        ethernet(ipv6(fragment(17, start // 8, end < len(whole), 7) + whole[start:end], 44), 0x86DD)
        for start, end in ranges
    ]


def test_fragments_are_summed_up() -> None:
    whole = timed(parts((0, 800), (800, 1608)))
    assert "2 fragments of IP packets; packets not complete: 0" in summed_up(whole)
    assert "1 fragment of IP packets; packets not complete: 1" in summed_up(whole[:1])
    assert told(whole) == []


def test_overlapping_fragments() -> None:
    """RFC 5722."""
    (line,) = told(timed(parts((0, 800), (400, 1200), (1200, 1608))))
    assert line.startswith("1 fragment with octets that another one had held before")


# --- the summary --------------------------------------------------------------------------------


def test_what_was_read() -> None:
    assert summed_up(timed(conversation(), step=NS_IN_S)) == [
        "9 frames from 2026-01-01T00:00:00.000000000Z to 2026-01-01T00:00:08.000000000Z (8.0 s)",
        "9 frames with TCP or UDP, of 1 connection",
        "nothing was found wrong with the capture",
    ]


def test_cut_frames_are_counted() -> None:
    cut = [frame._replace(octets=frame.octets[:66]) for frame in CLOSED]
    number = sum(len(frame.octets) > 66 for frame in CLOSED)
    assert number >= 2
    assert any(
        line.startswith(f"{number} frames cut by the snap length") for line in summed_up(cut)
    )
    assert told(cut) == []


def test_what_the_capture_says_itself() -> None:
    """Counters of pcapng's interface statistics: what is not told, or 0, is not said."""
    meter = metered(CLOSED)
    words = missing(7, 0, None)
    assert words == "7 by the interface"
    assert missing(None, 2, 3) == "2 by the kernel, 3 between frames"
    assert missing(None, None, None) == missing(0, 0, 0) == ""
    (line,) = weaknesses(meter, tally(connections(meter)), words)
    assert line == (
        "frames dropped while capturing: 7 by the interface; where a connection lost some, its "
        "states may lag behind"
    )


# --- the command --------------------------------------------------------------------------------


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Sequence[Record]], Path]:
    """Return what writes a capture."""

    def write(frames: Sequence[Record]) -> Path:
        path = tmp_path / "x.pcap"
        path.write_bytes(pcap(frames))
        return path

    return write


def test_weaknesses_are_told_unasked(written: Callable[[Sequence[Record]], Path]) -> None:
    outcome = run_here("read", written(without(4)))
    assert "tracker: capture loss: at least 18 octets" in outcome.stderr
    assert "with TCP or UDP, of" not in outcome.stderr


def test_summary_goes_to_stderr(written: Callable[[Sequence[Record]], Path]) -> None:
    path = written(CLOSED)
    plain, summarized = run_here("read", path), run_here("read", "--summary", path)
    assert summarized.stdout == plain.stdout
    added = summarized.stderr.removeprefix(plain.stderr).splitlines()
    assert added[1] == f"tracker: {len(CLOSED)} frames with TCP or UDP, of 1 connection"
    assert added[-1] == "tracker: nothing was found wrong with the capture"


def test_states_of_a_capture_with_loss_are_those_of_the_whole() -> None:
    """States follow from the acknowledgments (rule 8)."""
    for lost in ((4,), (6,), (4, 6)):
        (found,) = connections(metered(without(*lost)))
        assert {State(found.a.state).name, State(found.b.state).name} == {"TIME_WAIT", "CLOSED"}
