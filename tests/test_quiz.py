"""The quiz: its answers worked out again by other ways than the steps that it is made from."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from captures import PCAPS, Outcome, command, read, read_pcap, run_here, socket
from test_lesson_steps import steps

from tracker.lesson.questions import Question, questions
from tracker.tcp_state import State

NAMES = sorted(path.name for path in PCAPS.glob("*.pcap"))
PLAIN = ["client-closes-first.pcap", "simultaneous-close.pcap", "ftp-and-web.pcap", "scan.pcap"]
SEEDS = range(4)
ALL = ("--local", "0.0.0.0/0", "--local", "::/0")


def asked(name: str, seed: int, count: int = 30) -> list[Question]:
    """Return questions about a capture."""
    return questions(steps(PCAPS / name), seed, count)


def right(question: Question) -> str:
    """Return the right choice."""
    return question.choices[question.answer]


def of_kind(name: str, kind: str) -> list[Question]:
    """Return all questions of a kind, of several seeds."""
    return [each for seed in SEEDS for each in asked(name, seed, 60) if each.kind == kind]


@pytest.mark.parametrize("name", NAMES)
def test_questions_are_sound(name: str) -> None:
    """One right choice, none twice, a reason; the same seed asks the same."""
    for seed in SEEDS:
        found = asked(name, seed)
        assert found
        assert found == asked(name, seed)
        assert len({question.text for question in found}) == len(found)
        for question in found:
            assert 2 <= len(question.choices) <= 4
            assert len(set(question.choices)) == len(question.choices)
            assert re.fullmatch(r"[A-Z].*[?]", question.text)
            assert question.reason.endswith((".", ")"))
            assert "{" not in question.reason
    assert asked(name, 1) != asked(name, 2) or len(asked(name, 1)) < 3


# --- answers, worked out again --------------------------------------------------------------------


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
    for seed in SEEDS:
        for question in asked(name, seed):
            if question.kind == "state":
                (mine,) = re.findall(r"\((\S+)\)", question.text)
                closed = ["--closed"] if right(question) == "CLOSED" else []
                found = rows(name, question.frame, *closed)
                states = {state for (local, _), state in found.items() if local == mine}
                assert right(question) in states
            if question.kind == "netstat":
                pair = re.findall(r"from (\S+) to (\S+)\?", question.text)[0]
                assert right(question) == rows(name, question.frame).get(pair, "no row for it")


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


#: RFC 9293 figures 6, 12 and 13, one segment lost on its way: its sender has moved, nobody else.
LOST = {
    ("client-closes-first.pcap", 1): "client SYN_SENT, server LISTEN",
    ("client-closes-first.pcap", 3): "client ESTABLISHED, server SYN_RECEIVED",
    ("client-closes-first.pcap", 8): "client FIN_WAIT_1, server ESTABLISHED",
    ("client-closes-first.pcap", 9): "client FIN_WAIT_1, server CLOSE_WAIT",
    ("client-closes-first.pcap", 10): "client FIN_WAIT_2, server LAST_ACK",
    ("client-closes-first.pcap", 11): "client TIME_WAIT, server LAST_ACK",
    ("simultaneous-close.pcap", 9): "client FIN_WAIT_1, server CLOSING",
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


def test_lost_frames_leave_what_kernels_had() -> None:
    """In fin-repeated.pcap frame 11, the last ACK, never arrives: `ss` said so at the end."""
    found = [each for each in of_kind("fin-repeated.pcap", "lost") if each.frame == 11]
    assert {right(each) for each in found} == {"client TIME_WAIT, server LAST_ACK"}
    lines = (PCAPS / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines if '"fin-repeated.pcap"' in line]
    states = {row["state"] for each in told for row in each["sockets"]}
    assert {"TIME-WAIT", "LAST-ACK"} <= states


@pytest.mark.parametrize("name", PLAIN[:2])
def test_frames_are_those_of_the_history(name: str) -> None:
    (row,) = read("--history", "--closed", PCAPS / name).rows
    moved = {(each["endpoint"], each["after"]): each["frame"] for each in row["transitions"]}
    found = of_kind(name, "frame")
    assert found
    for question in found:
        end, state = re.findall(r"moved the (client|server) \S+ to (\w+)\?", question.text)[0]
        place = "local" if end == "client" else "foreign"
        assert right(question) == f"frame {moved[place, state]}"


def test_kinds_take_turns() -> None:
    kinds = {question.kind for question in asked("ftp-and-web.pcap", 1, 10)}
    assert kinds >= {"state", "socket pair", "lost", "netstat", "socket", "ports"}


# --- the command ----------------------------------------------------------------------------------


def quiz(answers: str, *arguments: str | Path) -> Outcome:
    """Run the installed command with answers on standard input."""
    import subprocess

    process = subprocess.run(
        command("quiz", *arguments),
        input=answers,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Outcome(process.returncode, process.stdout, process.stderr)


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
    assert f"No: {'abcd'[first.answer]}, {right(first)}." in text
    assert " ".join(first.reason.split()) in text
    assert text.endswith("0 of 1 right.")


def test_end_of_answers_ends_it() -> None:
    outcome = quiz("", PCAPS / PLAIN[0])
    assert outcome.status == 0
    assert outcome.stdout.rstrip().endswith("0 of 0 right.")
    assert re.search(r"--seed \d+ repeats them", outcome.stdout)
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


def test_nothing_to_ask_is_said() -> None:
    outcome = run_here("quiz", PCAPS / PLAIN[0], "--connection", "10.0.0.1:1")
    assert outcome.status == 1
    assert "nothing to ask" in outcome.stderr


def test_all_states_have_their_names() -> None:
    """A choice is a state of RFC 9293, no other spelling."""
    names = {state.name for state in State}
    for question in of_kind(PLAIN[0], "state"):
        assert set(question.choices) <= names
