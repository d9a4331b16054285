"""The quiz: its answers worked out again by other ways than the steps that it is made from."""

import json
import os
import re
import shutil
import signal
import subprocess
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from captures import (
    PCAPS,
    Outcome,
    command,
    conversation,
    pcap,
    read,
    read_pcap,
    run_here,
    socket,
    timed,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from test_lesson_steps import steps
from test_truth import SS_STATES

from tracker.lesson.questions import Question, questions
from tracker.lesson.steps import Step
from tracker.moment import LAST, Moment
from tracker.tcp_state import State

needs_tshark = pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark")

NAMES = sorted(path.name for path in PCAPS.glob("*.pcap"))
PLAIN = ["client-closes-first.pcap", "simultaneous-close.pcap", "ftp-and-web.pcap", "scan.pcap"]
SEEDS = range(4)
ALL = ("--local", "0.0.0.0/0", "--local", "::/0")


@cache
def asked(name: str, seed: int, count: int = 30) -> list[Question]:
    """Return questions about a whole capture, and about the time after it."""
    return questions(steps(PCAPS / name, Moment(time=LAST)), seed, count, whole=True)


def right(question: Question) -> str:
    """Return the right choice."""
    return question.choices[question.answer]


def of_kind(name: str, kind: str) -> list[Question]:
    """Return all questions of a kind, of several seeds."""
    return [each for seed in SEEDS for each in asked(name, seed, 60) if each.kind == kind]


@pytest.mark.parametrize("name", NAMES)
def test_questions_are_sound(name: str) -> None:
    """One right choice, none twice, a reason that names the frame; the same seed asks the same."""
    for seed in SEEDS:
        found = asked(name, seed)
        assert found
        assert found == asked.__wrapped__(name, seed)
        assert len({question.text for question in found}) == len(found)
        for question in found:
            check_sound(question)
    assert asked(name, 1) != asked(name, 2) or len(asked(name, 1)) < 3


def check_sound(question: Question) -> None:
    """Check what holds for any question."""
    assert 2 <= len(question.choices) <= 4
    assert len(set(question.choices)) == len(question.choices)
    assert 0 <= question.answer < len(question.choices)
    assert re.fullmatch(r"[A-Z].*[?]( [(].*[)])?", question.text)
    assert question.reason.endswith((".", ")"))
    assert "{" not in question.text + question.reason
    assert not question.frame or f"rame {question.frame}" in question.text + question.reason
    assert question.kind in ("count", "socket") or re.search(r"[Ff]rame \d", question.reason)


@cache
def steps_of(name: str) -> list[Step]:
    """Return the steps of a capture."""
    return list(steps(PCAPS / name, Moment(time=LAST)))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(NAMES), st.integers(0, 2**64), st.integers(1, 40), st.booleans())
def test_any_seed_and_count(name: str, seed: int, count: int, whole: bool) -> None:
    found = questions(steps_of(name), seed, count, whole)
    assert found == questions(iter(steps_of(name)), seed, count, whole)
    assert 1 <= len(found) <= count
    assert len({(each.kind, each.choices[each.answer]) for each in found}) == len(found)
    for question in found:
        check_sound(question)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_any_part_of_a_capture(data: st.DataObject) -> None:
    """Steps that were chosen, as for a lesson about some connections, are enough for questions."""
    played = steps_of(data.draw(st.sampled_from(NAMES)))
    first = data.draw(st.integers(0, len(played) - 1))
    last = data.draw(st.integers(first, len(played)))
    for question in questions(played[first:last], 1, 20):
        check_sound(question)
        assert question.kind != "count"


# --- answers, worked out again --------------------------------------------------------------------


@cache
def rows(name: str, frame: int, *options: str) -> dict[tuple[str, str], str]:
    """Return the states of all rows as `read` has them after a frame, by sockets."""
    found = read("-t", *ALL, *options, "--at", f"#{frame}", PCAPS / name).rows
    return {
        (
            socket(row["local_address"], row["local_port"]),
            socket(row["foreign_address"], row["foreign_port"]),
        ): row["state"]
        for row in found
    }


@pytest.mark.parametrize("name", NAMES)
def test_states_and_rows_are_those_of_read(name: str) -> None:
    """The right choice is what `read` shows, and no other choice is."""
    for question in (each for seed in SEEDS for each in asked(name, seed)):
        shown = rows(name, question.frame)
        if question.kind == "state":
            (mine,) = re.findall(r"\((\S+)\)", question.text)
            closed = ["--closed"] if right(question) == "CLOSED" else []
            table = rows(name, question.frame, *closed).items()
            assert right(question) in {state for (local, _), state in table if local == mine}
        if question.kind == "netstat":
            pair = re.findall(r"from (\S+) to (\S+)\?", question.text)[0]
            assert right(question) == shown.get(pair, "no row for it")
        if question.kind == "table":
            (host,) = re.findall(r"table on (\S+) after", question.text)
            lines = {"  ".join((*pair, state)) for pair, state in shown.items()}
            own = {line for line in lines if line.startswith((f"{host}:", f"[{host}]:"))}
            assert own & set(question.choices) == {right(question)}


@pytest.mark.parametrize("name", NAMES)
def test_reasons_name_the_frame_that_caused_the_state(name: str) -> None:
    """That is the evidence of the row in `read`, not what the frame did to the other end."""
    kinds = ("state", "netstat")
    found = [each for seed in SEEDS for each in asked(name, seed) if each.kind in kinds]
    for question in found:
        told = read("-t", *ALL, "--closed", "--at", f"#{question.frame}", PCAPS / name).rows
        mine = re.findall(r"\((\S+)\) in after|from (\S+) to", question.text)[0]
        causes = {
            row["evidence_frame"]
            for row in told
            if socket(row["local_address"], row["local_port"]) in mine
        }
        named = {int(number) for number in re.findall(r"[Ff]rame (\d+)", question.reason)}
        assert named & causes


@cache
def ended(name: str) -> list[dict[str, Any]]:
    """Return all TCP connections of a capture with their history, when all timers have run out."""
    return read("-t", "--history", "--closed", PCAPS / name).rows


def moves(name: str, mine: str, other: str, state: str) -> set[str]:
    """Return the frames that moved an end into a state, as `read --history` has them."""
    found = set()
    for row in ended(name):
        local = socket(row["local_address"], row["local_port"])
        foreign = socket(row["foreign_address"], row["foreign_port"])
        if {local, foreign} == {mine, other}:
            end = "local" if local == mine else "foreign"
            told = [each for each in row["transitions"] if each["endpoint"] == end]
            found |= {f"frame {each['frame']}" for each in told if each["after"] == state}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_frames_are_those_of_the_history(name: str) -> None:
    """The frame of each move is the one of `read --history`, and the only one."""
    pattern = r"moved the \w+ \((\S+)\) to (\w+), in its connection with (\S+)\?"
    for question in (each for seed in SEEDS for each in asked(name, seed) if each.kind == "frame"):
        mine, state, other = re.findall(pattern, question.text)[0]
        assert moves(name, mine, other, state) & set(question.choices) == {right(question)}


def lost_states(name: str, question: Question) -> str:
    """Return the states after a frame is lost: its sender's after it, its receiver's before it."""
    receiver = re.findall(r"lost on its way to the (\w+) \((\S+)\)", question.text)[0]
    sender = "client" if receiver[0] == "server" else "server"
    after = rows(name, question.frame, "--closed")
    before = rows(name, question.frame - 1, "--closed") if question.frame > 1 else {}
    peer = packet(name, question.frame).source
    mine = after.get((peer, receiver[1]), "CLOSED")
    if "both states" not in question.text:
        return mine
    states = {sender: mine, receiver[0]: before.get((receiver[1], peer), "LISTEN")}
    return f"client {states['client']}, server {states['server']}"


class Packet(NamedTuple):
    """What tshark says of a frame, its innermost sockets."""

    source: str
    destination: str
    next_sequence: str


@cache
def packets(name: str) -> dict[int, Packet]:
    """Return what tshark says of the frames of a capture that have ports."""
    fields = ["frame.number", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst"]
    fields += ["tcp.srcport", "udp.srcport", "tcp.dstport", "udp.dstport", "tcp.nxtseq"]
    asked_for = [word for field in fields for word in ("-e", field)]
    # fmt: off
    command = ["tshark", "-n", "-r", str(PCAPS / name), "-Y", "tcp or udp", "-T", "fields",
               "-E", "occurrence=l", *asked_for]
    # fmt: on
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found = {}
    for line in done.stdout.splitlines():
        frame, ip4, ip6, to4, to6, tcp, udp, to_tcp, to_udp, following = line.split("\t")
        source = socket(ip4 or ip6, int(tcp or udp))
        found[int(frame)] = Packet(source, socket(to4 or to6, int(to_tcp or to_udp)), following)
    return found


def packet(name: str, frame: int) -> Packet:
    """Return what tshark says of a frame."""
    return packets(name)[frame]


#: Captures without packets in packets, where "the last" fields of a frame are those of one packet.
PACKED = "tunnel|vxlan|routing|fragment|icmp|unreach|prohib|frag-|big|udp-"
FLAT = [name for name in NAMES if not re.search(PACKED, name)]


@needs_tshark
@pytest.mark.parametrize("name", FLAT)
def test_frames_are_as_tshark_has_them(name: str) -> None:
    """Socket pairs, acknowledgment numbers and how many connections frames belong to."""
    for question in (each for seed in SEEDS for each in asked(name, seed)):
        if question.kind == "socket pair":
            frame = packet(name, question.frame)
            both = {f"{frame.source}, {frame.destination}", f"{frame.destination}, {frame.source}"}
            assert both & set(question.choices) == {right(question)}
        if question.kind == "acknowledgment":
            assert right(question) == packet(name, question.frame).next_sequence
        if question.kind == "frames" and name != "port-reused.pcap":
            (listed,) = re.findall(r"frames (.*) belong", question.text)
            frames = [packet(name, int(number)) for number in re.findall(r"\d+", listed)]
            pairs = {frozenset((each.source, each.destination)) for each in frames}
            assert right(question) == str(len(pairs))
        if question.kind == "lost":
            assert right(question) == lost_states(name, question)


def tcp_numbers(name: str, frame: int) -> dict[str, int]:
    """Return what the TCP header of a frame says, read without the code under test."""
    octets = read_pcap(PCAPS / name)[frame - 1].octets[14:]
    assert octets[0] >> 4 == 4
    header = octets[(octets[0] & 15) * 4 :]
    total = int.from_bytes(octets[2:4])
    length = total - (octets[0] & 15) * 4 - (header[12] >> 4) * 4
    return {
        "source": int.from_bytes(header[0:2]),
        "destination": int.from_bytes(header[2:4]),
        "sequence": int.from_bytes(header[4:8]),
        "takes": length + (header[13] & 1) + (header[13] >> 1 & 1),
    }


@pytest.mark.parametrize("name", ["client-closes-first.pcap", "simultaneous-close.pcap"])
def test_acknowledgments_are_by_rfc_9293(name: str) -> None:
    """SEG.SEQ + SEG.LEN (section 3.4), counted from the SYN of the same end."""
    first = {tcp_numbers(name, frame)["source"]: tcp_numbers(name, frame) for frame in (2, 1)}
    found = of_kind(name, "acknowledgment")
    assert found
    for question in found:
        header = tcp_numbers(name, question.frame)
        base = first[header["source"]]["sequence"]
        assert int(right(question)) == (header["sequence"] + header["takes"] - base) % 2**32


@pytest.mark.parametrize("name", PLAIN)
def test_socket_pairs_are_in_the_frame(name: str) -> None:
    found = of_kind(name, "socket pair")
    assert found
    for question in found:
        header = tcp_numbers(name, question.frame)
        ports = {int(port) for port in re.findall(r":(\d+)", right(question))}
        assert ports == {header["source"], header["destination"]}
        assert "192.168.1.5:" in right(question)
        assert "192.168.1.7:" in right(question)


@pytest.mark.parametrize("name", NAMES)
def test_connections_are_counted_as_read_does(name: str) -> None:
    found = of_kind(name, "count")
    told = [
        json.loads(line)
        for line in run_here("read", "-n", "--json", "--closed", PCAPS / name).stdout.splitlines()
    ]
    assert {right(question) for question in found} == {str(len(told))}


#: RFC 9293 figures 6, 12 and 13 and section 3.5.3, one segment lost on its way: its sender has
#: moved, nobody else.  Where nobody answers a SYN, nobody may be listening.
LOST = {
    ("client-closes-first.pcap", 1): "client SYN_SENT, server LISTEN",
    ("client-closes-first.pcap", 3): "client ESTABLISHED, server SYN_RECEIVED",
    ("client-closes-first.pcap", 8): "client FIN_WAIT_1, server ESTABLISHED",
    ("client-closes-first.pcap", 9): "client FIN_WAIT_1, server CLOSE_WAIT",
    ("client-closes-first.pcap", 10): "client FIN_WAIT_2, server LAST_ACK",
    ("client-closes-first.pcap", 11): "client TIME_WAIT, server LAST_ACK",
    ("aborted-by-client.pcap", 2): "client SYN_SENT, server SYN_RECEIVED",
    ("refused.pcap", 1): "SYN_SENT",
    ("refused.pcap", 2): "client SYN_SENT, server CLOSED",
    ("unanswered.pcap", 1): "SYN_SENT",
    ("simultaneous-close.pcap", 10): "client CLOSING, server CLOSING",
}


@pytest.mark.parametrize(("name", "frame"), LOST)
def test_lost_segments_move_their_sender_only(name: str, frame: int) -> None:
    found = [
        question
        for seed in range(40)
        for question in asked(name, seed, 60)
        if (question.kind, question.frame) == ("lost", frame)
    ]
    assert {right(question) for question in found} == {LOST[name, frame]}


#: Frames that got lost when these were captured, and at which record of `ss` that still showed.
REALLY_LOST = {
    ("fin-repeated.pcap", 11): "FIN repeated three times",
    ("syn-ack-repeated.pcap", 3): "SYN,ACK repeated once",
    ("unanswered.pcap", 1): "one SYN sent",
}


@pytest.mark.parametrize(("name", "frame"), REALLY_LOST)
def test_lost_frames_leave_what_kernels_had(name: str, frame: int) -> None:
    """What `ss` showed when a frame had really been lost is what the quiz expects then."""
    found = [each for each in of_kind(name, "lost") if each.frame == frame]
    assert found
    lines = (PCAPS / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines if f'"{name}"' in line]
    states = {
        each["host"]: SS_STATES[row["state"]]
        for each in told
        if each["label"] == REALLY_LOST[name, frame]
        for row in each["sockets"]
        if row["state"] != "LISTEN"
    }
    both = f"client {states['client']}, server {states.get('server')}"
    for question in found:
        assert right(question) == (both if "server" in states else states["client"])


@pytest.mark.parametrize("name", ["simultaneous-open.pcap", "simultaneous-close.pcap"])
def test_what_crossed_is_not_certain(name: str) -> None:
    """Whether a SYN or FIN was sent before the other one arrived, its loss alone does not tell."""
    found = [each for seed in range(20) for each in asked(name, seed, 60)]
    uncertain = {"simultaneous-open.pcap": {1, 2, 3, 4}, "simultaneous-close.pcap": {9}}[name]
    assert not [each for each in found if each.kind == "lost" and each.frame in uncertain]
    if "open" in name:
        assert not [each for each in found if each.kind == "socket"]


def test_what_a_later_segment_disproves_is_not_asked() -> None:
    """In fin-repeated.pcap the server's kernel never saw frame 11: that moved it nowhere."""
    found = [each for seed in range(20) for each in asked("fin-repeated.pcap", seed, 60)]
    assert not [each for each in found if each.kind == "frame" and each.frame == 11]
    about_server = [each for each in found if "server (192.168.1.7:80) in after" in each.text]
    assert about_server
    assert "CLOSED" not in {right(each) for each in about_server}


def test_rows_that_nothing_proves_are_not_asked() -> None:
    """The kernel of the server in unanswered.pcap had no socket at all."""
    for name in ("unanswered.pcap", "refused.pcap"):
        found = [each for seed in range(20) for each in asked(name, seed, 60)]
        first = [each.text for each in found if each.frame == 1]
        assert not [text for text in first if re.search("(netstat|table) on 192.168.1.7", text)]


def test_udp_has_no_states() -> None:
    found = of_kind("dns-lookup.pcap", "udp")
    assert found
    assert {right(question) for question in found} == {"none: UDP has no states"}


#: What time alone does (RFC 9293 sections 3.6 and 3.8.3), after the last frame of a connection.
TIMES = {
    "client-closes-first.pcap": ("client", "TIME_WAIT", "CLOSED", 11),
    "unanswered.pcap": ("client", "SYN_SENT", "CLOSED", 3),
}


@pytest.mark.parametrize("name", TIMES)
def test_time_is_asked_about(name: str) -> None:
    end, before, after, frame = TIMES[name]
    found = of_kind(name, "time")
    assert found
    for question in found:
        assert re.search(rf"the {end} \(\S+\) goes from {before} to {after}\.", question.text)
        assert question.frame == frame
        assert not re.search("FIN|RST|SYN has|router", right(question))


def test_kinds_take_turns() -> None:
    kinds = {question.kind for question in asked("ftp-and-web.pcap", 1, 10)}
    assert kinds >= {"state", "socket pair", "lost", "netstat", "socket", "ports"}


# --- the command ----------------------------------------------------------------------------------


def quiz(answers: str, *arguments: str | Path) -> Outcome:
    """Run the installed command with answers on standard input."""
    process = subprocess.run(
        command("quiz", *arguments),
        input=answers.encode("utf-8", "surrogateescape"),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Outcome(process.returncode, process.stdout.decode(), process.stderr.decode())


def test_answers_are_checked_by_letter_number_and_text() -> None:
    found = asked("ftp-and-web.pcap", 7, 3)
    first, second, third = found
    answers = ["abcd"[first.answer], str(second.answer + 1), right(third)]
    outcome = quiz("\n".join(answers) + "\n", PCAPS / PLAIN[2], "--seed", "7", "--questions", "3")
    assert outcome.status == 0
    assert outcome.stdout.count("Right.") == 3
    assert outcome.stdout.rstrip().endswith("3 of 3 right.")


def test_wrong_answers_are_told_with_the_reason() -> None:
    (first,) = asked("ftp-and-web.pcap", 7, 1)
    wrong = "abcd"[(first.answer + 1) % len(first.choices)]
    outcome = quiz(f"z\n{wrong}\n", PCAPS / PLAIN[2], "--seed", "7", "--questions", "1")
    text = " ".join(outcome.stdout.split())
    assert "Answer with a, b" in text
    assert "\n   No: " in outcome.stdout
    assert f"No: {'abcd'[first.answer]}, {right(first)}." in text
    assert " ".join(first.reason.split()) in text
    assert text.endswith("0 of 1 right.")


def test_end_of_answers_ends_it() -> None:
    outcome = quiz("", PCAPS / PLAIN[0])
    assert outcome.status == 0
    assert outcome.stdout.rstrip().endswith("0 of 0 right.")
    assert re.search(r"--seed \d+ asks the same again", outcome.stdout)
    assert all(len(line) <= 80 for line in outcome.stdout.splitlines())


def words(path: Path) -> str:
    """Return the text of a sheet, in one line."""
    return " ".join(unescape(path.read_text(encoding="utf-8")).split())


@pytest.mark.parametrize("extension", [".txt", ".html"])
def test_sheet_does_not_tell_the_answers(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"sheet{extension}"
    arguments: list[Any] = ["quiz", PCAPS / PLAIN[2], "--seed", "7", "--export", path]
    assert run_here(*arguments).status == 0
    sheet = words(path)
    answers = words(tmp_path / f"sheet-key{extension}")
    for question in asked(PLAIN[2], 7, 10):
        assert question.reason not in sheet
        assert question.reason in answers
        assert question.text in sheet
        assert f"{'abcd'[question.answer]}: " in answers


def test_a_sheet_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    outcome = run_here("quiz", PCAPS / PLAIN[0], "--export", tmp_path / "no" / "sheet.txt")
    assert outcome.status == 2
    assert outcome.stderr.count("\n") == 1


@pytest.mark.parametrize("taken", ["sheet.pcap", "sheet-key.pcap"])
def test_a_capture_is_not_overwritten(tmp_path: Path, taken: str) -> None:
    """Neither by the sheet nor by its key."""
    capture = tmp_path / taken
    octets = (PCAPS / "handshake.pcap").read_bytes()
    capture.write_bytes(octets)
    outcome = run_here("quiz", capture, "--export", tmp_path / "sheet.pcap")
    assert outcome.status == 2
    assert "give another name" in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert capture.read_bytes() == octets
    assert [path.name for path in tmp_path.iterdir()] == [taken]


def test_nothing_to_ask_is_said() -> None:
    outcome = run_here("quiz", PCAPS / PLAIN[0], "--connection", "10.0.0.1:1")
    assert outcome.status == 1
    assert "nothing to ask" in outcome.stderr


def test_connections_of_a_part_are_not_counted(tmp_path: Path) -> None:
    """--connection looks at some of them: how many the capture holds cannot be told."""
    sheet = tmp_path / "sheet.txt"
    arguments: list[Any] = [PCAPS / PLAIN[2], "--questions", "60", "--seed", "1", "--export", sheet]
    assert run_here("quiz", *arguments).status == 0
    assert "connections does the capture hold" in words(sheet)
    assert run_here("quiz", *arguments, "--connection", "1").status == 0
    assert "connections does the capture hold" not in words(sheet)


def test_octets_that_are_no_text_are_wrong_answers() -> None:
    outcome = quiz("\udcff\udcfe\n\x1b[31m\n", PCAPS / PLAIN[0], "--seed", "1")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout.count("Answer with a, b") == 2
    assert "\x1b" not in outcome.stdout


def test_names_of_files_neither_steer_nor_break(tmp_path: Path) -> None:
    """A name may be any octets but "/" and NUL (POSIX); a sheet is UTF-8 all the same."""
    capture = tmp_path / os.fsdecode(b"x\xff\x1b[31m<b>.pcap")
    capture.write_bytes((PCAPS / "handshake.pcap").read_bytes())
    for extension in (".txt", ".html"):
        path = tmp_path / f"sheet{extension}"
        assert quiz("", capture, "--export", path).status == 0
        text = path.read_text(encoding="utf-8")
        assert "\x1b" not in text
        assert "x\\udcff\\x1b[31m" in unescape(text)
        assert extension == ".txt" or "<b>" not in text


def test_one_frame_and_none(tmp_path: Path) -> None:
    """A capture with one segment has something to ask; one without any says so in one line."""
    one, none = tmp_path / "one.pcap", tmp_path / "none.pcap"
    one.write_bytes(pcap(timed(conversation()[:1])))
    none.write_bytes(pcap(timed([b"\xff" * 12 + b"\x08\x06" + bytes(46)])))
    outcome = quiz("", one)
    assert outcome.status == 0
    assert "1. " in outcome.stdout
    outcome = quiz("", none)
    assert (outcome.status, outcome.stdout) == (1, "")
    assert outcome.stderr.count("\n") == 1
    assert "nothing to ask" in outcome.stderr


def test_interrupt_ends_it_with_the_score() -> None:
    """Ctrl-C, at a question, is no failure."""
    process = subprocess.Popen(
        command("quiz", PCAPS / PLAIN[0]), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    while process.stdout.read(1) != b">":
        pass
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    assert process.stdout.read().decode().endswith("0 of 0 right.\n")
    process.stdin.close()
    process.stdout.close()


def test_all_states_have_their_names() -> None:
    """A choice is a state of RFC 9293, no other spelling."""
    names = {state.name for state in State}
    for question in of_kind(PLAIN[0], "state"):
        assert set(question.choices) <= names
