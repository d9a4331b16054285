"""`tracker explain`: what it says of each frame, in which form, and of which frames."""

import io
import json
import re
import unicodedata
from pathlib import Path

import pytest
from captures import PCAPS, Outcome, pcap, run_here, timed
from exchange import FLAGS, parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packets import ethernet, ipv4, tcp
from test_rfc_figures import OPEN

from tracker.lesson.paint import coloured, lines_for, paint_for, plain, safe

NAMES = sorted(path.name for path in PCAPS.glob("*.pcap*"))
CLOSED_FIRST = PCAPS / "client-closes-first.pcap"
WIDTH = 80


def explain(*arguments: str | Path) -> Outcome:
    """Run `tracker explain` in this process."""
    return run_here("explain", *arguments)


# --- the figures of RFC 9293 ----------------------------------------------------------------------

FIGURES = {
    "figure 6": """
        SYN-SENT    --> <SEQ=100><CTL=SYN>               --> (SYN-RECEIVED)
        ESTABLISHED <-- <SEQ=300><ACK=101><CTL=SYN,ACK>  <-- SYN-RECEIVED
        ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK>      --> ESTABLISHED
        ESTABLISHED --> <SEQ=101><ACK=301><CTL=ACK><DATA=10> --> ESTABLISHED
    """,
    "figure 7": """
        SYN-SENT     --> <SEQ=100><CTL=SYN>              --> (SYN-RECEIVED)
        SYN-RECEIVED <-- <SEQ=300><CTL=SYN>              <-- SYN-RECEIVED
        SYN-RECEIVED --> <SEQ=100><ACK=301><CTL=SYN,ACK> --> ESTABLISHED
        ESTABLISHED  <-- <SEQ=300><ACK=101><CTL=SYN,ACK> <-- ESTABLISHED
    """,
    "figure 12": OPEN.replace("--> SYN-RECEIVED", "--> (SYN-RECEIVED)")
    + """
        FIN-WAIT-1 --> <SEQ=100><ACK=300><CTL=FIN,ACK>  --> CLOSE-WAIT
        FIN-WAIT-2 <-- <SEQ=300><ACK=101><CTL=ACK>      <-- CLOSE-WAIT
        TIME-WAIT  <-- <SEQ=300><ACK=101><CTL=FIN,ACK>  <-- LAST-ACK
        TIME-WAIT  --> <SEQ=101><ACK=301><CTL=ACK>      --> CLOSED
    """,
    "figure 13": OPEN.replace("--> SYN-RECEIVED", "--> (SYN-RECEIVED)")
    + """
        FIN-WAIT-1 --> <SEQ=100><ACK=300><CTL=FIN,ACK>  --> CLOSE-WAIT
        CLOSING    <-- <SEQ=300><ACK=100><CTL=FIN,ACK>  <-- CLOSING
        CLOSING    --> <SEQ=101><ACK=301><CTL=ACK>      --> TIME-WAIT
        TIME-WAIT  <-- <SEQ=301><ACK=101><CTL=ACK>      <-- TIME-WAIT
    """,
}


def capture_of(figure: str) -> bytes:
    """Return a capture of the segments that a figure draws."""
    frames = []
    for line in parse(figure.replace("(", "").replace(")", "")):
        assert line.segment is not None
        left_to_right = line.text.split()[1] == "-->"
        flags = sum(FLAGS[name] for name in re.findall(r"CTL=([A-Z,]+)", line.text)[0].split(","))
        ends = (("192.168.1.5", 1099), ("192.168.1.7", 80))
        source, destination = ends if left_to_right else ends[::-1]
        segment = tcp(
            bytes(line.segment.payload),
            flags,
            source[1],
            destination[1],
            sequence=line.segment.sequence,
            acknowledgment=line.segment.acknowledgment,
        )
        frames.append(ethernet(ipv4(segment, 6, source[0], destination[0])))
    return pcap(timed(frames))


@pytest.mark.parametrize("name", FIGURES)
def test_brief_is_the_figure(name: str, tmp_path: Path) -> None:
    path = tmp_path / "figure.pcap"
    path.write_bytes(capture_of(FIGURES[name]))
    lines = explain("--brief", "--absolute", path).stdout.splitlines()
    found = [line.split()[1:] for line in lines if re.match(r" +\d+  ", line)]
    assert found == [line.split() for line in FIGURES[name].strip().splitlines() if line.strip()]


def test_numbers_count_from_the_syn(tmp_path: Path) -> None:
    path = tmp_path / "figure.pcap"
    path.write_bytes(capture_of(FIGURES["figure 6"]))
    found = re.findall(r"<SEQ=(\d+)>(?:<ACK=(\d+)>)?", explain("--brief", path).stdout)
    assert found == [("0", ""), ("0", "1"), ("1", "1"), ("1", "1")]


# --- forms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", [(), ("--brief",), ("--absolute",)])
def test_lines_fit_eighty_columns_and_are_safe(name: str, form: tuple[str, ...]) -> None:
    outcome = explain(*form, PCAPS / name)
    assert outcome.status == 0
    lines = outcome.stdout.splitlines()
    # A number as on the wire may be ten digits, in a figure's line; nothing is cut.
    limit = WIDTH + 16 if form else WIDTH
    assert [line for line in lines if len(line) > limit] == []
    assert all(character.isprintable() for line in lines for character in line)


@pytest.mark.parametrize("name", NAMES)
def test_json_is_complete(name: str) -> None:
    records = [json.loads(line) for line in explain("--json", PCAPS / name).stdout.splitlines()]
    frames = [record for record in records if record["frame"]]
    assert [record["frame"] for record in frames] == list(range(1, len(frames) + 1))
    for record in frames:
        assert record["layers"]
        for segment in record["segments"]:
            assert segment["told"]
            assert {segment["source"], segment["destination"]} == set(segment["socket_pair"])
            assert all(change["source"] for change in segment["changes"])


def test_json_has_the_numbers_of_the_wire() -> None:
    """As tshark reads them: tcp.seq_raw, tcp.ack_raw, tcp.window_size_value of frame 2."""
    (record,) = [
        json.loads(line)
        for line in explain("--json", "--frame", "2", CLOSED_FIRST).stdout.splitlines()
    ]
    (segment,) = record["segments"]
    assert (segment["sequence"], segment["acknowledgment"]) == (3833646537, 3714758055)
    assert (segment["relative_sequence"], segment["relative_acknowledgment"]) == (0, 1)
    assert segment["control"] == "SYN,ACK"
    assert segment["before"]["server"] == {
        "state": "SYN_RECEIVED",
        "certainty": "inferred",
        "heard": False,
        "row": False,
        "evidence_frame": 1,
        "evidence": "rcv SYN",
    }
    assert segment["after"]["server"]["row"] is True


# --- which frames ---------------------------------------------------------------------------------


def frames_of(outcome: Outcome) -> list[int]:
    """Return the frames that --brief tells of."""
    return [int(number) for number in re.findall(r"^ +(\d+)  ", outcome.stdout, re.MULTILINE)]


def test_frames_are_chosen() -> None:
    assert frames_of(explain("--brief", "--frame", "3-5", "--frame", "9", CLOSED_FIRST)) == [
        3,
        4,
        5,
        9,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2",
        "192.168.1.5:1099,192.168.1.7:80",
        "192.168.1.7:80, 192.168.1.5:1099",
        "192.168.1.7:http 192.168.1.5:1099",
        "192.168.1.5:1099-192.168.1.7:80",
        "192.168.1.5:1099 - 192.168.1.7:80",
        "192.168.1.5:1099 --> 192.168.1.7:80",
        "192.168.1.5:1099",
    ],
)
def test_connections_are_chosen(text: str) -> None:
    outcome = explain("--brief", "--connection", text, PCAPS / "ftp-and-web.pcap")
    assert outcome.status == 0
    headings = set(re.findall(r"^connection .*$", outcome.stdout, re.MULTILINE))
    assert headings == {"connection 2: 192.168.1.5:1099, 192.168.1.7:80"}


def test_ipv6_sockets_stand_in_brackets() -> None:
    text = "[fd00::5]:1099,[FD00:0::7]:80"
    outcome = explain("--brief", "--connection", text, PCAPS / "ipv6.pcap")
    assert "connection 1: [fd00::5]:1099, [fd00::7]:80" in outcome.stdout


def test_frames_that_are_not_decoded_say_why() -> None:
    outcome = explain("--frame", "1", PCAPS / "ftp-and-web.pcap")
    assert "not decoded ARP" in outcome.stdout.replace("other: ", "")
    assert "neither TCP nor UDP" in " ".join(outcome.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--frame", "x"], "--frame x: give a number, or a range such as 3-7"),
        (["--connection", "here"], "'here' is no connection; give a socket pair such as"),
        (
            ["--connection", "192.168.1.5:1099 www.example.org:http"],
            "'www.example.org:http': give the address, not the name; tracker read -n shows it",
        ),
        (["--connection", "1.2.3.4:99999"], "is no connection"),
        (["--connection", "1:1,2:2,3:3"], "is no connection"),
    ],
)
def test_wrong_use_is_told_in_one_line(arguments: list[str], message: str) -> None:
    outcome = explain(*arguments, CLOSED_FIRST)
    assert outcome.status == 2
    assert message in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert outcome.stdout == ""


def test_nothing_to_explain_is_said() -> None:
    outcome = explain("--connection", "10.0.0.1:1", CLOSED_FIRST)
    assert outcome.status == 1
    assert "nothing to explain" in outcome.stderr


# --- terminals ------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert paint_for(Terminal()) is coloured
    assert paint_for(io.StringIO()) is plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint_for(Terminal()) is plain


def test_lines_are_drawn_where_they_can_be_shown() -> None:
    assert lines_for(Terminal()).across == "─"
    assert lines_for(io.StringIO()).across == "-"


@given(st.text())
def test_no_text_reaches_a_terminal_that_it_might_obey(text: str) -> None:
    shown = safe(text)
    assert not [c for c in shown if unicodedata.category(c) == "Cc"]
    assert safe(shown) == shown


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(frames=st.lists(st.binary(max_size=120), min_size=1, max_size=4))
def test_any_octets_are_explained(tmp_path: Path, frames: list[bytes]) -> None:
    path = tmp_path / "any.pcap"
    path.write_bytes(pcap(timed(frames)))
    for form in ([], ["--brief"], ["--json"]):
        outcome = explain(*form, path)
        assert outcome.status == 0
        assert all(line.isprintable() for line in outcome.stdout.splitlines())
