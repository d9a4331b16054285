"""`tracker why`: the frames that led to a state, how sure it is, what comes next, what to do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from captures import PCAPS, Outcome, run_here
from test_truth import SS_STATES, identity, snapshots

from tracker.tcp_state import TABLE, State

HALF_CLOSED = PCAPS / "half-closed.pcap"
PAIR = ("192.168.1.5:1099", "192.168.1.7:http")


def why(*arguments: str | Path) -> Outcome:
    """Run `tracker why` in this process."""
    return run_here("why", *arguments)


def record(*arguments: str | Path) -> dict[str, Any]:
    """Return what it says of one connection."""
    (told,) = why("--json", *arguments).rows
    return told


def test_close_wait_is_explained() -> None:
    text = " ".join(why(HALF_CLOSED, *PAIR).stdout.split())
    assert "The client is in FIN_WAIT_2" in text
    assert "The server is in CLOSE_WAIT: the other end has closed its side" in text
    assert "frame 8" in text
    assert "ESTABLISHED --> CLOSE_WAIT. The server learns that the client sends no more." in text
    assert "its program closes the socket: it sends a FIN --> LAST_ACK" in text
    assert "ss -tnp state close-wait" in text


def test_history_is_that_of_the_exchange() -> None:
    """RFC 9293 figures 6 and 12, as far as they were played."""
    told = record(HALF_CLOSED, *PAIR)
    history = [(each["end"], each["before"], each["after"]) for each in told["history"]]
    assert history == [
        ("client", "CLOSED", "SYN_SENT"),
        ("server", "LISTEN", "SYN_RECEIVED"),
        ("client", "SYN_SENT", "SYN_RECEIVED"),
        ("client", "SYN_RECEIVED", "ESTABLISHED"),
        ("server", "SYN_RECEIVED", "ESTABLISHED"),
        ("client", "ESTABLISHED", "FIN_WAIT_1"),
        ("server", "ESTABLISHED", "CLOSE_WAIT"),
        ("client", "FIN_WAIT_1", "FIN_WAIT_2"),
    ]
    assert all(each["source"] and each["text"] and each["frame"] for each in told["history"])


@pytest.mark.parametrize("snapshot", snapshots(), ids=identity)
def test_states_are_those_of_the_kernel(snapshot: dict[str, Any]) -> None:
    """What is told of each connection that the kernel had, at that moment."""
    for row in snapshot["sockets"]:
        if row["proto"] != "tcp" or row["state"] == "LISTEN":
            continue
        capture = PCAPS / snapshot["capture"]
        told = record("--at", snapshot["at"], capture, row["local"], row["foreign"])
        name = "client" if told["client"] == row["local"] else "server"
        end = told["states"][name]
        assert (end["state"], end["row"]) == (SS_STATES[row["state"]], True)


def test_what_comes_next_is_the_state_table() -> None:
    told = record(HALF_CLOSED, *PAIR)
    for name, end in told["states"].items():
        following = {each["state"] for each in told["next"][name]}
        assert following == {
            after.name for after in TABLE[State[end["state"]]] if after is not None
        }


def test_a_timer_is_told_with_its_end() -> None:
    """FIN_WAIT_2 since frame 9 at 0.338 s, 60 s by net.ipv4.tcp_fin_timeout."""
    (line,) = [
        each["text"]
        for each in record(HALF_CLOSED, *PAIR)["next"]["client"]
        if each["event"] == "timeout"
    ]
    assert re.search(r"60\.0 s after .* at 60\.338 s \(setting fin_wait_2\)", line)


def test_a_moment_is_asked_for() -> None:
    told = record(HALF_CLOSED, *PAIR, "--at", "#2")
    assert told["states"]["client"]["state"] == "ESTABLISHED"
    assert told["states"]["server"]["state"] == "SYN_RECEIVED"


def test_an_end_that_was_never_heard_is_presumed() -> None:
    text = " ".join(why(PCAPS / "unanswered.pcap", "1").stdout.split())
    assert "The server is in (SYN_RECEIVED)" in text
    assert "presumed: nothing of this end was seen" in text
    assert "no netstat shows a row of it" in text


def test_udp_has_no_states() -> None:
    told = record(PCAPS / "udp-refused.pcap", "2")
    assert told["states"]["pseudo_state"] == "refused"
    assert told["states"]["client"]["state"] is None
    assert told["next"] == {}
    assert "nobody has this port" in told["advice"]["both"]


def test_the_latest_generation_is_told() -> None:
    """The older one too only where a kernel still has it."""
    told = why("--json", PCAPS / "port-reused.pcap", "192.168.1.5:1099,192.168.1.7:80").rows
    assert [each["generation"] for each in told] == [2]


def test_no_such_connection_is_said() -> None:
    outcome = why(HALF_CLOSED, "10.0.0.1:1")
    assert outcome.status == 1
    assert "no connection 10.0.0.1:1 in the capture" in outcome.stderr


def test_wrong_use_is_told_in_one_line() -> None:
    outcome = why(HALF_CLOSED, "nonsense")
    assert outcome.status == 2
    assert outcome.stderr.count("\n") == 1


def test_json_is_one_object_a_line() -> None:
    lines = why("--json", PCAPS / "ftp-and-web.pcap", "192.168.1.7:21").stdout.splitlines()
    assert [json.loads(line)["client"] for line in lines] == ["192.168.1.5:1305"]
